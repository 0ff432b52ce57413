//! Short messages, multimedia messages and the mailbox at a terminal.
//!
//! A terminal that is on is attached to its MSC and takes short messages, registered or not. What a short message
//! carries goes to the application that it is for: MMS notifications to the MMS client, mailbox records to the MEM
//! client, news of deferred messages to the CPM client, text to the people. The MMS client fetches MMs, and
//! hands those with the application id `MEM` to the MEM client, with `CPM` to the CPM client; all others land in the
//! people's inbox. The MEM client opens its mailbox over IMAP and resynchronises; the CPM client registers and pulls.

use super::registration::RegistrationState;
use super::{Own, Terminals, dress};
use crate::agents::Fact;
use crate::agents::messaging::fact::MessagingFact;
use crate::agents::messaging::settings::Retrieval as RetrievalPolicy;
use crate::agents::messaging::{open, send};
use crate::agents::outbox::{Context, PullWishes};
use crate::agents::procedure::{Meta, Procedure};
use crate::agents::timer::TerminalTimer;
use crate::kernel::{EntityId, EventHandle, Purpose, Span, Time};
use crate::wire::imap::{Imap, ImapCommand, ImapLine};
use crate::wire::mms::{Mm1, Mm1Line, MmStatus, NotificationInd};
use crate::wire::notice::Notice;
use crate::wire::sip::{Body, FeatureTags, Method, Party, SipMessage, Uri};
use crate::wire::sms::{Radio, RadioLine, Rp, ShortContent, ShortMessage};
use crate::wire::wap_push::WapPush;
use crate::wire::{Message, Token};
use std::collections::VecDeque;
use std::sync::Arc;

/// MMs that a client remembers to recognise notifications of them.
const MEMORY: usize = 16;
/// A fetch, or a step of a session with the mailbox, without an answer for this long has failed.
const ANSWER_TIMEOUT: Span = Span::from_secs(60);
/// Waits before the second, third, … attempt to fetch an MM.
const FETCH_WAITS: [Span; 4] = [Span::from_secs(60), Span::from_secs(300), Span::from_secs(600), Span::from_secs(1800)];

/// An MM that the terminal was told of and does not have yet.
#[derive(Clone, Copy, Debug)]
struct Retrieval {
    notification: NotificationInd,
    /// Names it in timers.
    number: u32,
    /// Attempts that failed.
    failed: usize,
    /// The terminal has said that it fetches later.
    deferred: bool,
    /// An attempt is under way.
    fetching: bool,
    /// The attempt under way began then.
    fetched: Time,
    /// Until the next attempt, or until the attempt under way has failed.
    timer: EventHandle,
    meta: Meta,
}

/// A session with the mailbox.
#[derive(Clone, Copy, Debug)]
struct Session {
    connection: Token,
    /// The command that waits for its answer; `None` while the client stays to be told of events.
    command: Option<ImapCommand>,
    /// The event that the session is about.
    began: Time,
    class: u16,
    /// An event came too late for what was asked: synchronise once more.
    again: bool,
    timer: EventHandle,
    meta: Meta,
}

/// What the terminal has under way outside of SIP.
#[derive(Clone, Debug, Default)]
pub(super) struct Handset {
    retrievals: Vec<Retrieval>,
    numbers: u32,
    seen: VecDeque<Token>,
    session: Option<Session>,
    /// An out-of-band notification woke the terminal, which pulls once it is registered.
    pull_when_registered: bool,
}

impl Handset {
    pub(super) fn is_idle(&self) -> bool {
        self.retrievals.is_empty() && self.session.is_none() && self.seen.is_empty() && !self.pull_when_registered
    }

    /// Sessions with mailboxes and MMs to fetch.
    pub(super) fn under_way(&self) -> u64 {
        self.retrievals.len() as u64 + u64::from(self.session.is_some())
    }

    /// The terminal lost power.
    pub(super) fn abandon(&mut self, ctx: &mut Context<'_>) {
        let timers = self.retrievals.iter_mut().map(|retrieval| &mut retrieval.timer);
        for timer in timers.chain(self.session.as_mut().map(|session| &mut session.timer)) {
            ctx.cancel_timer(timer);
        }
    }

    fn retrieval(&mut self, fits: impl Fn(&Retrieval) -> bool) -> Option<&mut Retrieval> {
        self.retrievals.iter_mut().find(|retrieval| fits(retrieval))
    }
}

impl Terminals {
    /// Switches on without registering: the terminal is attached and takes short messages.
    pub(super) fn switch_on(&mut self, ctx: &mut Context<'_>) {
        if self.is_off(ctx.me) {
            self.terminal(ctx.me).registration = RegistrationState::Unregistered;
            ctx.observe(Fact::Power(true));
            self.attach(ctx, RadioLine::Attach);
        }
    }

    /// Tells the MSC, where there is one, that the terminal comes or leaves.
    pub(super) fn attach(&mut self, ctx: &mut Context<'_>, line: RadioLine) {
        let me = ctx.me;
        let Some(msc) = ctx.shared.msc_of(me) else { return };
        let class = ctx.shared.class_of_terminal(me);
        let meta = self.own_meta(ctx, Procedure::Attachment, class);
        send(ctx, msc, Message::Sms(Box::new(Radio { terminal: me, line, relay: None })), meta);
    }

    fn handset(&mut self, entity: EntityId) -> &mut Handset {
        &mut self.activity(entity).handset
    }

    pub(super) fn on_radio(&mut self, ctx: &mut Context<'_>, from: EntityId, radio: &Radio, meta: Meta) {
        let terminal = ctx.me;
        match (radio.line, radio.relay) {
            (RadioLine::Data, Some(Rp::Data { message, .. })) => {
                let relay = Some(Rp::Ack { id: message.id, segment: message.segment });
                let mut meta = meta;
                for line in [RadioLine::Acknowledgement, RadioLine::Report] {
                    meta = meta.next_hop();
                    send(ctx, from, Message::Sms(Box::new(Radio { terminal, line, relay })), meta);
                }
                self.on_segment(ctx, &message, meta);
            }
            (RadioLine::Acknowledgement | RadioLine::Attached, _) => {}
            (RadioLine::Data | RadioLine::Report | RadioLine::Attach | RadioLine::Detach, _) => {
                ctx.observe(Fact::Stray);
            }
        }
    }

    /// A short message over IMS: it is acknowledged by a MESSAGE of its own (3GPP TS 24.341 section 5.3.2.4).
    pub(super) fn on_short_over_ip(&mut self, ctx: &mut Context<'_>, request: &SipMessage, relay: Rp, meta: Meta) {
        let (Rp::Data { message, .. }, Uri::Node(gateway)) = (relay, request.from.uri) else {
            return ctx.observe(Fact::Stray);
        };
        let (user, _) = ctx.shared.names.terminal_owner(ctx.me);
        let from = Party { uri: Uri::User(user), tag: Some(self.token(ctx.me)) };
        let uri = Uri::Node(gateway);
        let call_id = self.token(ctx.me);
        let mut answer = SipMessage::request(Method::Message, uri, from, Party { uri, tag: None }, call_id, 1);
        dress(ctx, &mut answer);
        answer.body = Body::Sms(Arc::new(Rp::Ack { id: message.id, segment: message.segment }));
        let meta = Meta { leg: 0, ..meta };
        self.terminal(ctx.me).numbers += 1;
        let origin = crate::agents::procedure::Scope::entity(ctx.me);
        let own = Meta { origin, number: self.terminal(ctx.me).numbers, ..meta };
        self.send(ctx, answer, own, Own::ShortAcknowledgement);
        self.on_segment(ctx, &message, own);
    }

    /// A segment is here; the service centre sends them in order, so the last one completes the message.
    fn on_segment(&mut self, ctx: &mut Context<'_>, message: &ShortMessage, meta: Meta) {
        if message.segment < message.segments {
            return;
        }
        match message.content {
            ShortContent::Text(_) => {}
            ShortContent::Deferred(_) => self.on_wake_up(ctx, meta),
            ShortContent::Mailbox(notice) | ShortContent::Push(WapPush::Email(notice)) => {
                self.on_notice(ctx, notice.at, meta);
            }
            ShortContent::Push(WapPush::Mms(notification)) => self.on_mm_notification(ctx, notification, meta),
        }
    }

    // req: O-6
    /// The PF says out of band that messages are deferred: the terminal registers and pulls.
    fn on_wake_up(&mut self, ctx: &mut Context<'_>, meta: Meta) {
        let registered = self.terminal(ctx.me).registered_until > ctx.now;
        ctx.observe(Fact::Messaging(MessagingFact::WakeUp { began: meta.began, class: meta.class, registered }));
        if !ctx.shared.device_of(ctx.me).features.contains(FeatureTags::DEFERRED) {
            // No client on the device handles deferred messages.
            return;
        }
        if registered {
            self.pull_now(ctx, false, PullWishes::default());
        } else {
            // Where the PF tells clients that register, its in-band notification makes the client pull.
            let policies = ctx.policies();
            let told_in_band = policies.notify_on.new_registration && policies.deferral.in_band_after_out_of_band;
            self.handset(ctx.me).pull_when_registered = !told_in_band;
            self.power_on(ctx);
        }
    }

    /// The terminal has registered.
    pub(super) fn pull_if_woken(&mut self, ctx: &mut Context<'_>) {
        let woken = self
            .terminal(ctx.me)
            .activity
            .as_mut()
            .is_some_and(|activity| std::mem::take(&mut activity.handset.pull_when_registered));
        if woken {
            self.pull_now(ctx, false, PullWishes::default());
        }
    }

    fn on_mm_notification(&mut self, ctx: &mut Context<'_>, notification: NotificationInd, meta: Meta) {
        let dedupe = ctx.shared.messaging.mms.client_dedupe;
        let now = ctx.now;
        let handset = self.handset(ctx.me);
        let known = handset.seen.contains(&notification.message);
        let under_way = handset.retrieval(|other| other.notification.message == notification.message).is_some();
        let (began, class) = (meta.began, meta.class);
        ctx.observe(Fact::Messaging(MessagingFact::MmNotification { began, class, stale: known }));
        if under_way {
            return;
        }
        handset.numbers += 1;
        let number = handset.numbers;
        let mut retrieval = Retrieval {
            notification,
            number,
            failed: 0,
            deferred: false,
            fetching: false,
            fetched: now,
            timer: EventHandle::NONE,
            meta,
        };
        if known && dedupe {
            // The server has missed that the terminal has the MM.
            return self.answer_server(ctx, &retrieval, Mm1Line::NotifyResp(MmStatus::Retrieved), true);
        }
        match &ctx.shared.messaging.mms.retrieval {
            RetrievalPolicy::Immediate => {
                self.handset(ctx.me).retrievals.push(retrieval);
                self.fetch_mm(ctx, number);
            }
            RetrievalPolicy::Deferred(wait) => {
                self.answer_server(ctx, &retrieval, Mm1Line::NotifyResp(MmStatus::Deferred), true);
                let at = self.draw_number(ctx.me);
                let streams = &ctx.shared.streams;
                let wait = wait.span(|| streams.draw(ctx.me.0, Purpose::ThinkTime, at)).max(Span::from_nanos(1));
                retrieval.deferred = true;
                retrieval.timer = ctx.set_timer(wait, TerminalTimer::MmRetrieval, number);
                self.handset(ctx.me).retrievals.push(retrieval);
            }
        }
    }

    /// Numbers draws of the terminal that have no message of their own.
    fn draw_number(&mut self, entity: EntityId) -> u64 {
        let terminal = self.terminal(entity);
        terminal.answers += 1;
        u64::from(terminal.answers)
    }

    /// Fetches an MM over a new connection.
    fn fetch_mm(&mut self, ctx: &mut Context<'_>, number: u32) {
        let (now, me) = (ctx.now, ctx.me);
        let Some(retrieval) = self.handset(me).retrieval(|retrieval| retrieval.number == number) else { return };
        (retrieval.fetched, retrieval.fetching) = (now, true);
        retrieval.timer = ctx.set_timer(ANSWER_TIMEOUT, TerminalTimer::MmRetrieval, number);
        retrieval.meta = retrieval.meta.next_hop();
        let message = mm1(me, &retrieval.notification, Mm1Line::Get);
        open(ctx, retrieval.notification.server, message, retrieval.meta);
    }

    /// The next attempt to fetch is due, or the one under way has failed.
    pub(super) fn on_mm_timer(&mut self, ctx: &mut Context<'_>, number: u32) {
        let Some(retrieval) = self.handset(ctx.me).retrieval(|retrieval| retrieval.number == number) else { return };
        retrieval.timer = EventHandle::NONE;
        if !std::mem::take(&mut retrieval.fetching) {
            return self.fetch_mm(ctx, number);
        }
        match FETCH_WAITS.get(retrieval.failed).copied() {
            Some(wait) => {
                retrieval.failed += 1;
                retrieval.timer = ctx.set_timer(wait, TerminalTimer::MmRetrieval, number);
            }
            None => {
                self.handset(ctx.me).retrievals.retain(|retrieval| retrieval.number != number);
                ctx.observe(Fact::Messaging(MessagingFact::MmRetrievalFailed));
                self.drop_idle_activity(ctx);
            }
        }
    }

    pub(super) fn on_mm1(&mut self, ctx: &mut Context<'_>, response: &Mm1, meta: Meta) {
        let handset = self.handset(ctx.me);
        let position = handset.retrievals.iter().position(|other| other.notification.message == response.message);
        match (response.line, position) {
            (Mm1Line::RetrieveConf, Some(at)) => {
                let mut retrieval = handset.retrievals.remove(at);
                retrieval.meta = meta.next_hop();
                if handset.seen.len() == MEMORY {
                    handset.seen.pop_front();
                }
                handset.seen.push_back(response.message);
                ctx.cancel_timer(&mut retrieval.timer);
                let line =
                    if retrieval.deferred { Mm1Line::Acknowledge } else { Mm1Line::NotifyResp(MmStatus::Retrieved) };
                self.answer_server(ctx, &retrieval, line, false);
                self.dispatch_mm(ctx, response, &retrieval);
            }
            (Mm1Line::Refused(_), Some(at)) => {
                let mut retrieval = handset.retrievals.remove(at);
                ctx.cancel_timer(&mut retrieval.timer);
                ctx.observe(Fact::Messaging(MessagingFact::MmRetrievalFailed));
            }
            (Mm1Line::Ok | Mm1Line::RetrieveConf | Mm1Line::Refused(_), _) => {}
            (Mm1Line::Get | Mm1Line::NotifyResp(_) | Mm1Line::Acknowledge, _) => ctx.observe(Fact::Stray),
        }
        self.drop_idle_activity(ctx);
    }

    /// Answers the server, unless the answer is lost on the way to it.
    fn answer_server(&mut self, ctx: &mut Context<'_>, retrieval: &Retrieval, line: Mm1Line, opens: bool) {
        let share = ctx.shared.messaging.mms.answer_loss;
        let number = self.draw_number(ctx.me);
        if share > 0.0 && ctx.shared.streams.draw(ctx.me.0, Purpose::AnswerLoss, number).chance(share) {
            return;
        }
        let message = mm1(ctx.me, &retrieval.notification, line);
        let (server, meta) = (retrieval.notification.server, retrieval.meta.next_hop());
        if opens { open(ctx, server, message, meta) } else { send(ctx, server, message, meta) }
    }

    /// Hands an MM to the application that it is for.
    // req: MEM-11
    fn dispatch_mm(&mut self, ctx: &mut Context<'_>, response: &Mm1, retrieval: &Retrieval) {
        let Some(mm) = response.retrieved else { return ctx.observe(Fact::Stray) };
        let inbox = mm.applic_id != Some(mm.notice.application());
        let Meta { began, class, .. } = retrieval.meta;
        let fetched = retrieval.fetched;
        ctx.observe(Fact::Messaging(MessagingFact::MmReceived { began, fetched, class, inbox }));
        match mm.notice {
            _ if inbox => {}
            Notice::Mailbox(notice) => self.on_notice(ctx, notice.at, retrieval.meta),
            Notice::Deferred(_) => self.on_wake_up(ctx, retrieval.meta),
        }
    }

    /// The MEM client is told of an event: it synchronises.
    // req: MEM-13
    pub(super) fn on_notice(&mut self, ctx: &mut Context<'_>, began: Time, meta: Meta) {
        let (me, class) = (ctx.me, meta.class);
        ctx.observe(Fact::Messaging(MessagingFact::NoticeReceived { began, class }));
        if let Some(session) = &mut self.handset(me).session {
            session.again = true;
            return;
        }
        let (user, _) = ctx.shared.names.terminal_owner(me);
        let Some(server) = ctx.shared.mem_server_of(user) else { return };
        let connection = self.token(me);
        let meta = Meta { procedure: Procedure::MailboxSynchronisation, began: ctx.now, ..meta.next_hop() };
        let timer = ctx.set_timer(ANSWER_TIMEOUT, TerminalTimer::Mailbox, 0);
        let session =
            Session { connection, command: Some(ImapCommand::Login), began, class, again: false, timer, meta };
        self.handset(me).session = Some(session);
        open(ctx, server, imap(ctx, connection, server, ImapLine::Connect), meta);
    }

    pub(super) fn on_imap(&mut self, ctx: &mut Context<'_>, from: EntityId, answer: &Imap, meta: Meta) {
        let Some(mut session) = self.handset(ctx.me).session else { return ctx.observe(Fact::Stray) };
        if session.connection != answer.connection {
            return ctx.observe(Fact::Stray);
        }
        session.meta = Meta { procedure: Procedure::MailboxSynchronisation, ..meta.next_hop() };
        let next = match answer.line {
            ImapLine::Greeting => Some(ImapCommand::Login),
            ImapLine::Ok(ImapCommand::Login) => Some(ImapCommand::Select),
            ImapLine::Ok(ImapCommand::Select) if answer.messages > 0 => Some(ImapCommand::Fetch),
            ImapLine::Ok(ImapCommand::Select) => Some(self.synchronised(ctx, &mut session, true)),
            ImapLine::Ok(ImapCommand::Fetch) => Some(self.synchronised(ctx, &mut session, false)),
            ImapLine::Ok(ImapCommand::Notify) => None,
            ImapLine::Ok(ImapCommand::Logout) => {
                ctx.cancel_timer(&mut session.timer);
                self.handset(ctx.me).session = None;
                if session.again {
                    self.on_notice(ctx, session.began, session.meta);
                }
                return self.drop_idle_activity(ctx);
            }
            // In band: an event while the client stays is fetched at once, one that comes meanwhile is not lost.
            ImapLine::Event if session.command.is_none() => {
                (session.began, session.class) = (meta.began, meta.class);
                ctx.observe(Fact::Messaging(MessagingFact::NoticeReceived { began: meta.began, class: meta.class }));
                Some(ImapCommand::Fetch)
            }
            ImapLine::Event => {
                session.again = true;
                self.handset(ctx.me).session = Some(session);
                return;
            }
            ImapLine::Connect | ImapLine::Command(_) => return ctx.observe(Fact::Stray),
        };
        session.command = next;
        ctx.cancel_timer(&mut session.timer);
        let wait = if next.is_some() { ANSWER_TIMEOUT } else { ctx.shared.messaging.mem.connection };
        session.timer = ctx.set_timer(wait, TerminalTimer::Mailbox, 0);
        self.handset(ctx.me).session = Some(session);
        if let Some(command) = next {
            let message = imap(ctx, session.connection, from, ImapLine::Command(command));
            send(ctx, from, message, session.meta);
        }
    }

    /// The client knows what is in its mailbox; what it does next.
    fn synchronised(&mut self, ctx: &mut Context<'_>, session: &mut Session, useless: bool) -> ImapCommand {
        let Session { began, class, .. } = *session;
        ctx.observe(Fact::Messaging(MessagingFact::Synchronised { began, class, useless }));
        if std::mem::take(&mut session.again) {
            ImapCommand::Select
        } else if ctx.shared.messaging.mem.connection.is_zero() {
            ImapCommand::Logout
        } else {
            ImapCommand::Notify
        }
    }

    /// The client has stayed long enough, or the server has not answered.
    pub(super) fn on_mailbox_timer(&mut self, ctx: &mut Context<'_>) {
        let Some(mut session) = self.handset(ctx.me).session else { return };
        session.timer = EventHandle::NONE;
        let (user, _) = ctx.shared.names.terminal_owner(ctx.me);
        match (session.command, ctx.shared.mem_server_of(user)) {
            (None, Some(server)) => {
                session.command = Some(ImapCommand::Logout);
                session.timer = ctx.set_timer(ANSWER_TIMEOUT, TerminalTimer::Mailbox, 0);
                session.meta = session.meta.next_hop();
                self.handset(ctx.me).session = Some(session);
                let message = imap(ctx, session.connection, server, ImapLine::Command(ImapCommand::Logout));
                send(ctx, server, message, session.meta);
            }
            (Some(_) | None, _) => {
                self.handset(ctx.me).session = None;
                self.drop_idle_activity(ctx);
            }
        }
    }
}

fn mm1(terminal: EntityId, notification: &NotificationInd, line: Mm1Line) -> Message {
    Message::Mms(Box::new(Mm1 {
        terminal,
        server: notification.server,
        message: notification.message,
        transaction: notification.transaction,
        line,
        url_octets: notification.url_octets,
        retrieved: None,
    }))
}

fn imap(ctx: &Context<'_>, connection: Token, server: EntityId, line: ImapLine) -> Message {
    let (user, _) = ctx.shared.names.terminal_owner(ctx.me);
    Message::Imap(Box::new(Imap { connection, server, user, line, messages: 0, octets: 0 }))
}
