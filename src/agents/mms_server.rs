//! MMS server: takes mail over ME-3, makes multimedia messages of it and delivers them over MM1 (seed 000).
//!
//! The mapping of a mail to an MM is that of RFC 4356 section 2.1.3.3: sender, recipient by the envelope, date, subject
//! and content; a request for a delivery status notification becomes X-Mms-Delivery-Report. Applic-ID becomes
//! X-Mms-Applic-ID; RFC 4356 knows no such header, and its row in 3GPP TS 23.140 could not be checked.
//!
//! Not modelled: MM4 to other MMS servers, MM7 to value added service providers, MMs that terminals send. An MM whose
//! terminal does not answer is notified again, at ticks of the queue; behaviour and defaults are those of a deployed
//! server (Mbuni).

use super::Fact;
use super::census::Census;
use super::messaging::fact::{MessagingFact, MmEnd};
use super::messaging::mail::MailSender;
use super::messaging::settings::StopNotifying;
use super::messaging::{send, submit};
use super::outbox::{Context, Input};
use super::procedure::Meta;
use super::proxy::TokenCounter;
use super::timer::{MessagingTimer, TimerReason};
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::{EntityId, EventHandle, Span, Time};
use crate::wire::mail::{ApplicId, Mail, MailContent, StatusAction};
use crate::wire::mms::{Mm1, Mm1Line, MmStatus, NotificationInd, RetrieveConf};
use crate::wire::notice::Notice;
use crate::wire::sms::ShortContent;
use crate::wire::smtp::{Smtp, SmtpCommand, SmtpLine};
use crate::wire::wap_push::WapPush;
use crate::wire::{Message, Token};

/// Where an MM stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MmState {
    /// It waits for the next tick of the queue.
    Pending,
    /// The terminal was notified so many times.
    Notified(u32),
    /// The terminal has fetched it, after so many notifications, and has not said so.
    Retrieved(u32),
    /// The terminal has said that it has it.
    Acknowledged,
    /// Its time is over.
    Expired,
}

/// A multimedia message.
#[derive(Clone, Copy, Debug)]
struct Mm {
    /// Message-ID, also the last part of its URL.
    id: Token,
    /// X-Mms-Transaction-Id.
    transaction: Token,
    /// Message-ID of the mail.
    mail: Token,
    from: EntityId,
    terminal: EntityId,
    date: Time,
    notice: Notice,
    applic_id: Option<ApplicId>,
    report: bool,
    state: MmState,
    expires: Time,
    timer: EventHandle,
    meta: Meta,
}

/// One MMS server instance.
#[derive(Clone, Debug, Default)]
pub struct MmsServer {
    mms: Slab<Mm>,
    by_id: Lookup<Token, u32>,
    by_transaction: Lookup<Token, u32>,
    mail: MailSender,
    tokens: TokenCounter,
}

impl MmsServer {
    /// What is open.
    pub fn census(&self) -> Census {
        Census { mails: self.mail.open() as u64, mms: self.mms.len() as u64, ..Census::default() }
    }

    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Message { from, message: Message::Smtp(smtp), meta, .. } => self.on_smtp(ctx, from, &smtp, meta),
            Input::Message { from, message: Message::Mms(mm1), meta, .. } => self.on_mm1(ctx, from, &mm1, meta),
            Input::Message { message: Message::Smpp(_), .. } => {}
            Input::Timer { reason: TimerReason::Messaging(MessagingTimer::Mail), subject } => {
                self.mail.on_timer(ctx, subject);
            }
            Input::Timer { reason: TimerReason::Messaging(MessagingTimer::Mm), subject } => self.on_timer(ctx, subject),
            Input::Restart { keeps_data } => self.restart(ctx, keeps_data),
            Input::Message { .. } | Input::Overload { .. } | Input::Timer { .. } | Input::Command(_) => {
                ctx.observe(Fact::Stray);
            }
        }
    }

    /// What the queue holds on disk goes on where it stood; sessions are gone.
    fn restart(&mut self, ctx: &mut Context<'_>, keeps_data: bool) {
        let kept = if keeps_data { std::mem::take(&mut self.mms) } else { Slab::default() };
        let (tokens, mail) = (self.tokens, std::mem::take(&mut self.mail));
        *self = MmsServer { tokens, mail, ..MmsServer::default() };
        self.mail.restart(ctx, keeps_data);
        for (_, mm) in kept.iter() {
            let at = self.store(Mm { timer: EventHandle::NONE, ..*mm });
            self.wait(ctx, at, Span::ZERO);
        }
    }

    fn on_smtp(&mut self, ctx: &mut Context<'_>, from: EntityId, smtp: &Smtp, meta: Meta) {
        match smtp.line {
            SmtpLine::Command(command) => {
                let full = ctx.shared.messaging.mms.queue.is_some_and(|most| self.mms.len() >= most as usize);
                let code = if full && command == SmtpCommand::Rcpt { 452 } else { command.success() };
                let reply = Smtp { line: SmtpLine::Reply(code, command), ..*smtp };
                send(ctx, from, Message::Smtp(Box::new(reply)), meta.next_hop());
                if command == SmtpCommand::Content {
                    self.take(ctx, &smtp.mail, meta.next_hop());
                }
            }
            SmtpLine::Reply(code, command) => self.mail.on_reply(ctx, smtp, command, code, meta),
        }
    }

    /// Makes an MM of a mail.
    // req: MEM-6, MEM-9, MEM-12
    fn take(&mut self, ctx: &mut Context<'_>, mail: &Mail, meta: Meta) {
        let MailContent::Notice { notice, applic_id, report } = mail.content else { return };
        let settings = &ctx.shared.messaging.mms;
        let mapped = applic_id.filter(|_| settings.map_applic_id);
        let id_lost = mapped.is_none();
        ctx.observe(Fact::Messaging(MessagingFact::MmTaken { id_lost }));
        let mm = Mm {
            id: self.tokens.next(ctx.me),
            transaction: self.tokens.next(ctx.me),
            mail: mail.id,
            from: mail.from,
            terminal: mail.terminal,
            date: mail.date,
            notice,
            applic_id: mapped,
            report,
            state: MmState::Pending,
            expires: ctx.now + settings.expiry,
            timer: EventHandle::NONE,
            meta,
        };
        let at = self.store(mm);
        if settings.tick.is_zero() {
            self.notify(ctx, at);
        } else {
            self.wait(ctx, at, Span::ZERO);
        }
    }

    fn store(&mut self, mm: Mm) -> u32 {
        let at = self.mms.insert(mm);
        self.by_id.insert(mm.id, at);
        self.by_transaction.insert(mm.transaction, at);
        at
    }

    /// Waits for the first tick after `after`, or for the end of the MM's time.
    fn wait(&mut self, ctx: &mut Context<'_>, at: u32, after: Span) {
        let tick = ctx.shared.messaging.mms.tick.as_nanos();
        let Some(mm) = self.mms.get_mut(at) else { return };
        let due = (ctx.now + after).as_nanos();
        let due = if tick == 0 { due } else { due.div_ceil(tick).saturating_mul(tick) };
        let due = Time::from_nanos(due).min(mm.expires);
        ctx.cancel_timer(&mut mm.timer);
        mm.timer = ctx.set_timer(due.since(ctx.now).max(Span::from_nanos(1)), MessagingTimer::Mm, at);
    }

    /// Waits for the end of the MM's time.
    fn wait_for_expiry(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(mm) = self.mms.get_mut(at) else { return };
        ctx.cancel_timer(&mut mm.timer);
        mm.timer = ctx.set_timer(mm.expires.since(ctx.now).max(Span::from_nanos(1)), MessagingTimer::Mm, at);
    }

    // req: MEM-10
    fn notify(&mut self, ctx: &mut Context<'_>, at: u32) {
        let settings = &ctx.shared.messaging.mms;
        let Some(mm) = self.mms.get_mut(at) else { return };
        let before = match mm.state {
            MmState::Pending | MmState::Acknowledged | MmState::Expired => 0,
            MmState::Notified(before) | MmState::Retrieved(before) => before,
        };
        mm.state = match mm.state {
            MmState::Retrieved(_) => MmState::Retrieved(before + 1),
            MmState::Pending | MmState::Notified(_) | MmState::Acknowledged | MmState::Expired => {
                MmState::Notified(before + 1)
            }
        };
        ctx.observe(Fact::Messaging(MessagingFact::MmNotified { before }));
        let notification = NotificationInd {
            transaction: mm.transaction,
            message: mm.id,
            server: ctx.me,
            from: mm.from,
            size: u32::try_from(retrieve_conf(mm).len(&ctx.shared.names)).unwrap_or(u32::MAX),
            expiry: u32::try_from(mm.expires.since(ctx.now).as_secs()).unwrap_or(u32::MAX),
            applic_id: mm.applic_id,
            url_octets: settings.url,
            report: mm.report,
        };
        mm.meta = mm.meta.next_hop();
        let (id, terminal, meta) = (self.tokens.next(ctx.me), mm.terminal, mm.meta);
        submit(ctx, id, terminal, ShortContent::Push(WapPush::Mms(notification)), meta);
        if before + 1 < settings.attempts {
            let after = settings.back_off.as_nanos().saturating_mul(u64::from(before) + 1);
            self.wait(ctx, at, Span::from_nanos(after));
        } else {
            self.wait_for_expiry(ctx, at);
        }
    }

    fn on_timer(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(mm) = self.mms.get_mut(at) else { return };
        mm.timer = EventHandle::NONE;
        if ctx.now < mm.expires {
            return self.notify(ctx, at);
        }
        let end = match mm.state {
            MmState::Retrieved(_) => MmEnd::Retrieved,
            MmState::Pending | MmState::Notified(_) | MmState::Acknowledged | MmState::Expired => {
                mm.state = MmState::Expired;
                MmEnd::Expired
            }
        };
        self.end(ctx, at, end);
    }

    fn on_mm1(&mut self, ctx: &mut Context<'_>, from: EntityId, request: &Mm1, meta: Meta) {
        let meta = meta.next_hop();
        let answer = |line, retrieved| Message::Mms(Box::new(Mm1 { line, retrieved, ..*request }));
        match request.line {
            Mm1Line::Get => {
                let Some(&at) = self.by_id.get(&request.message) else {
                    return send(ctx, from, answer(Mm1Line::Refused(404), None), meta);
                };
                let mm = self.mms.get_mut(at).expect("the table names items that exist");
                send(ctx, from, answer(Mm1Line::RetrieveConf, Some(retrieve_conf(mm))), meta);
                mm.state = match mm.state {
                    MmState::Notified(times) | MmState::Retrieved(times) => MmState::Retrieved(times),
                    MmState::Pending | MmState::Acknowledged | MmState::Expired => MmState::Retrieved(0),
                };
                mm.meta = meta;
                ctx.observe(Fact::Messaging(MessagingFact::MmFetched));
                if ctx.shared.messaging.mms.stop == StopNotifying::Fetched {
                    self.wait_for_expiry(ctx, at);
                }
            }
            Mm1Line::NotifyResp(MmStatus::Deferred) => {
                send(ctx, from, answer(Mm1Line::Ok, None), meta);
                if let Some(&at) = self.by_transaction.get(&request.transaction) {
                    self.wait_for_expiry(ctx, at);
                }
            }
            Mm1Line::NotifyResp(MmStatus::Retrieved) | Mm1Line::Acknowledge => {
                send(ctx, from, answer(Mm1Line::Ok, None), meta);
                if let Some(&at) = self.by_transaction.get(&request.transaction) {
                    let mm = self.mms.get_mut(at).expect("the table names items that exist");
                    mm.state = MmState::Acknowledged;
                    mm.meta = meta;
                    self.end(ctx, at, MmEnd::Acknowledged);
                }
            }
            Mm1Line::RetrieveConf | Mm1Line::Refused(_) | Mm1Line::Ok => ctx.observe(Fact::Stray),
        }
    }

    fn end(&mut self, ctx: &mut Context<'_>, at: u32, end: MmEnd) {
        let Some(mut mm) = self.mms.remove(at) else { return };
        ctx.cancel_timer(&mut mm.timer);
        self.by_id.remove(&mm.id);
        self.by_transaction.remove(&mm.transaction);
        ctx.observe(Fact::Messaging(MessagingFact::MmOver(end)));
        if mm.report {
            let action = if end == MmEnd::Expired { StatusAction::Failed } else { StatusAction::Delivered };
            let mail = Mail {
                id: self.tokens.next(ctx.me),
                from: ctx.me,
                to: mm.from,
                terminal: mm.terminal,
                date: ctx.now,
                content: MailContent::Status { about: mm.mail, action },
            };
            self.mail.send(ctx, &mut self.tokens, mail, mm.meta.next_hop());
        }
    }
}

fn retrieve_conf(mm: &Mm) -> RetrieveConf {
    RetrieveConf {
        transaction: mm.transaction,
        message: mm.id,
        from: mm.from,
        terminal: mm.terminal,
        date: mm.date,
        applic_id: mm.applic_id,
        report: mm.report,
        notice: mm.notice,
    }
}
