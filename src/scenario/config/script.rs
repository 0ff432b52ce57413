//! `[[script]]`: timed actions of users at terminals.

use super::decode::{Cursor, Fields};
use super::error::Result;
use super::names::user;
use crate::scenario::model::{Action, GroupSpec, ScriptStep};
use crate::wire::mailbox::MailboxEvent;

#[derive(Clone, Copy)]
enum Do {
    Register,
    ReRegister,
    DeRegister,
    PowerOff,
    SendPager,
    Pull,
    SwitchOn,
    MailboxEvent,
    SetDnd,
    ClearDnd,
}

const ACTIONS: [(&str, Do); 10] = [
    ("register", Do::Register),
    ("re_register", Do::ReRegister),
    ("de_register", Do::DeRegister),
    ("power_off", Do::PowerOff),
    ("send_pager", Do::SendPager),
    ("pull", Do::Pull),
    ("switch_on", Do::SwitchOn),
    ("mailbox_event", Do::MailboxEvent),
    ("set_dnd", Do::SetDnd),
    ("clear_dnd", Do::ClearDnd),
];
const COMMON_KEYS: [&str; 5] = ["name", "at", "user", "terminal", "do"];

impl Do {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Do::MailboxEvent => &["event"],
            Do::SwitchOn
            | Do::Register
            | Do::ReRegister
            | Do::DeRegister
            | Do::PowerOff
            | Do::SetDnd
            | Do::ClearDnd => &[],
            Do::SendPager => &["to", "size", "report"],
            Do::Pull => &["listed"],
        }
    }
}

/// The steps in file order.
pub fn script(top: &Fields<'_>, groups: &[GroupSpec]) -> Result<Vec<ScriptStep>> {
    let Some(cursor) = top.get("script") else { return Ok(Vec::new()) };
    cursor.tables()?.iter().map(|cursor| step(cursor, groups)).collect()
}

fn step(cursor: &Cursor<'_>, groups: &[GroupSpec]) -> Result<ScriptStep> {
    let mut keys = COMMON_KEYS.to_vec();
    keys.extend(ACTIONS.iter().flat_map(|(_, action)| action.arguments()));
    let expected = super::decode::one_of(ACTIONS.iter().map(|(name, _)| *name));
    let action = cursor.fields(&keys)?.need("do", &expected)?.choice(&ACTIONS)?;
    let mut keys = COMMON_KEYS.to_vec();
    keys.extend(action.arguments());
    let fields = cursor.fields(&keys)?;
    let user = user(&fields.need("user", "the user who acts")?, groups)?;
    let terminals = groups[user.group].devices.len();
    let terminal = fields.or("terminal", 1, |cursor| cursor.integer(1..=terminals as u64))?;
    Ok(ScriptStep {
        at: fields.need("at", "an instant such as \"10s\"")?.time()?,
        user,
        terminal: (terminal - 1) as u8,
        action: arguments(action, &fields, groups)?,
    })
}

fn arguments(action: Do, fields: &Fields<'_>, groups: &[GroupSpec]) -> Result<Action> {
    Ok(match action {
        Do::Register => Action::Register,
        Do::ReRegister => Action::ReRegister,
        Do::DeRegister => Action::DeRegister,
        Do::PowerOff => Action::PowerOff,
        Do::SendPager => Action::SendPager {
            to: user(&fields.need("to", "the user who receives")?, groups)?,
            size: fields.or("size", 60, |cursor| cursor.octets())?,
            report: fields.or("report", false, |cursor| cursor.boolean())?,
        },
        Do::SetDnd => Action::SetDoNotDisturb(true),
        Do::ClearDnd => Action::SetDoNotDisturb(false),
        Do::SwitchOn => Action::SwitchOn,
        Do::MailboxEvent => {
            Action::MailboxEvent { event: fields.or("event", MailboxEvent::MessageNew, super::messaging::event)? }
        }
        Do::Pull => Action::Pull { listed: fields.or("listed", false, |cursor| cursor.boolean())? },
    })
}
