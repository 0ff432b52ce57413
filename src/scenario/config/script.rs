//! `[[script]]`: timed actions of users at terminals, and of nodes.

use super::decode::{Cursor, Fields};
use super::error::Result;
use super::names::{only_node_of_role, user};
use super::population::WISH_NAMES;
use super::push::push;
use crate::agents::outbox::PullWishes;
use crate::scenario::model::{Action, Actor, GroupSpec, NodeSpec, Role, ScriptStep};
use crate::wire::mailbox::MailboxEvent;

#[derive(Clone, Copy)]
enum Do {
    Register,
    ReRegister,
    DeRegister,
    PowerOff,
    SendPager,
    SendLarge,
    Pull,
    SwitchOn,
    MailboxEvent,
    Subscribe,
    Unsubscribe,
    LoseFeatures,
    RegainFeatures,
    EndSubscriptions,
    Push,
    SetDnd,
    ClearDnd,
}

const ACTIONS: [(&str, Do); 17] = [
    ("register", Do::Register),
    ("re_register", Do::ReRegister),
    ("de_register", Do::DeRegister),
    ("power_off", Do::PowerOff),
    ("send_pager", Do::SendPager),
    ("send_large", Do::SendLarge),
    ("pull", Do::Pull),
    ("switch_on", Do::SwitchOn),
    ("mailbox_event", Do::MailboxEvent),
    ("subscribe", Do::Subscribe),
    ("unsubscribe", Do::Unsubscribe),
    ("lose_features", Do::LoseFeatures),
    ("regain_features", Do::RegainFeatures),
    ("end_subscriptions", Do::EndSubscriptions),
    ("push", Do::Push),
    ("set_dnd", Do::SetDnd),
    ("clear_dnd", Do::ClearDnd),
];
const STEP_KEYS: [&str; 2] = ["name", "at"];
const TERMINAL_KEYS: [&str; 2] = ["user", "terminal"];
const NODE_KEYS: [&str; 1] = ["node"];

impl Do {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Do::MailboxEvent => &["event"],
            Do::Register
            | Do::SwitchOn
            | Do::ReRegister
            | Do::DeRegister
            | Do::PowerOff
            | Do::SetDnd
            | Do::ClearDnd
            | Do::Subscribe
            | Do::Unsubscribe
            | Do::LoseFeatures
            | Do::RegainFeatures => &[],
            Do::EndSubscriptions => &["to"],
            Do::SendPager => &["to", "size", "report", "expires"],
            Do::SendLarge => &["to", "size", "report", "cancel_after"],
            Do::Pull => &["listed", "actions"],
            Do::Push => &[
                "to",
                "size",
                "class",
                "method",
                "targets",
                "k",
                "require",
                "interests",
                "files",
                "content_type",
                "disposition",
                "cancel_after",
            ],
        }
    }

    /// The keys that say who acts, and those of the arguments.
    fn keys(self) -> Vec<&'static str> {
        let actor = if self.by_node().is_some() { &NODE_KEYS[..] } else { &TERMINAL_KEYS[..] };
        [&STEP_KEYS[..], actor, &["do"], self.arguments()].concat()
    }

    /// The role of the node that acts, where no terminal does.
    fn by_node(self) -> Option<Role> {
        match self {
            Do::Push | Do::EndSubscriptions => Some(Role::PushSender),
            Do::Register
            | Do::ReRegister
            | Do::DeRegister
            | Do::PowerOff
            | Do::SendPager
            | Do::Pull
            | Do::SwitchOn
            | Do::MailboxEvent
            | Do::Subscribe
            | Do::Unsubscribe
            | Do::LoseFeatures
            | Do::RegainFeatures
            | Do::SetDnd
            | Do::ClearDnd
            | Do::SendLarge => None,
        }
    }
}

/// The steps in file order.
pub fn script(top: &Fields<'_>, nodes: &[NodeSpec], groups: &[GroupSpec]) -> Result<Vec<ScriptStep>> {
    let Some(cursor) = top.get("script") else { return Ok(Vec::new()) };
    cursor.tables()?.iter().map(|cursor| step(cursor, nodes, groups)).collect()
}

fn step(cursor: &Cursor<'_>, nodes: &[NodeSpec], groups: &[GroupSpec]) -> Result<ScriptStep> {
    let keys: Vec<&str> = ACTIONS.iter().flat_map(|(_, action)| action.keys()).collect();
    let expected = super::decode::one_of(ACTIONS.iter().map(|(name, _)| *name));
    let action = cursor.fields(&keys)?.need("do", &expected)?.choice(&ACTIONS)?;
    let fields = cursor.fields(&action.keys())?;
    let actor = match action.by_node() {
        Some(role) => Actor::Node(only_node_of_role(&fields, "node", nodes, role)?),
        None => terminal(&fields, groups)?,
    };
    Ok(ScriptStep {
        at: fields.need("at", "an instant such as \"10s\"")?.time()?,
        actor,
        action: arguments(action, &fields, groups)?,
    })
}

fn terminal(fields: &Fields<'_>, groups: &[GroupSpec]) -> Result<Actor> {
    let user = user(&fields.need("user", "the user who acts")?, groups)?;
    let terminals = groups[user.group].devices.len();
    let terminal = fields.or("terminal", 1, |cursor| cursor.integer(1..=terminals as u64))?;
    Ok(Actor::Terminal(user, (terminal - 1) as u8))
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
            expires: fields.or("expires", None, |cursor| cursor.unless("none", |cursor| cursor.positive_span()))?,
        },
        Do::Subscribe => Action::Subscribe,
        Do::Unsubscribe => Action::Unsubscribe,
        Do::LoseFeatures => Action::ChangeCapability { present: false },
        Do::RegainFeatures => Action::ChangeCapability { present: true },
        Do::EndSubscriptions => {
            Action::EndSubscriptions { to: user(&fields.need("to", "the user whose terminals subscribed")?, groups)? }
        }
        Do::Push => Action::Push {
            to: user(&fields.need("to", "the user who receives")?, groups)?,
            size: fields.or("size", 500, |cursor| cursor.octets())?,
            push: push(fields)?,
        },
        Do::SendLarge => Action::SendLarge {
            to: user(&fields.need("to", "the user who receives")?, groups)?,
            size: fields.or("size", 100_000, |cursor| cursor.octets())?,
            report: fields.or("report", false, |cursor| cursor.boolean())?,
            cancel_after: fields.or("cancel_after", None, |cursor| cursor.unless("never", |cursor| cursor.span()))?,
        },
        Do::SetDnd => Action::SetDoNotDisturb(true),
        Do::ClearDnd => Action::SetDoNotDisturb(false),
        Do::SwitchOn => Action::SwitchOn,
        Do::MailboxEvent => {
            Action::MailboxEvent { event: fields.or("event", MailboxEvent::MessageNew, super::messaging::event)? }
        }
        Do::Pull => pull(fields)?,
    })
}

fn pull(fields: &Fields<'_>) -> Result<Action> {
    let actions = fields.or("actions", Vec::new(), |cursor| {
        cursor.list()?.iter().map(|item| item.choice(&WISH_NAMES)).collect::<Result<Vec<_>>>()
    })?;
    let listed = fields.or("listed", !actions.is_empty(), |cursor| cursor.boolean())?;
    match fields.get("actions") {
        Some(cursor) if !listed => Err(cursor.found("`actions` beside `listed = false`", "`actions` with a list only")),
        Some(cursor) if actions.len() > PullWishes::MAX => {
            Err(cursor.fail(format!("a list of at most {} actions", PullWishes::MAX)))
        }
        Some(_) | None => Ok(Action::Pull { listed, actions }),
    }
}
