//! Terminals: the CPM clients of users. All terminals of a run share one dense table; the state of a terminal is
//! touched only by inputs to that terminal. An idle terminal is a few words; what is under way lives in its
//! `Activity`.
//!
//! | file | what it does |
//! |---|---|
//! | `registration` | register, refresh, de-register, reg-event subscription |
//! | `handset` | short messages, multimedia messages, the mailbox |
//! | `messaging` | send and receive pager messages, reports, notifications |
//! | `pull` | the management session with the PF |
//! | `large` | send large messages by sessions |
//! | `push_receiver` | take files and large messages by sessions |
//! | `do_not_disturb` | the user's rule at the XDMS |
//! | `push` | take the content of pushes |

mod do_not_disturb;
mod handset;
mod large;
mod messaging;
mod pull;
mod push;
mod push_receiver;
mod registration;

use super::census::Census;
use super::observation::Fact;
use super::outbox::{Command, Context, Input};
use super::procedure::{Meta, Procedure, Scope};
use super::proxy::{Owner, TokenCounter};
use super::session::{Line, Receivers, Senders, SessionEnd, SessionRequest};
use super::subscriptions::Watches;
use super::timer::{TerminalTimer, TimerReason};
use super::transactions::{ClientTx, Expired, Received, ServerTx, Transactions};
use crate::kernel::slab::Slab;
use crate::kernel::{EntityId, EventHandle, Purpose, Time};
use crate::wire::http::HttpUse;
use crate::wire::sip::headers::{OptionTags, Product};
use crate::wire::sip::{Body, Headers, Method, Sip, SipMessage, Uri};
use crate::wire::{Message, Token, UserId};
use do_not_disturb::Wish;
use handset::Handset;
use large::{Large, LargeRequest};
use messaging::{Messaging, Pager};
use pull::Pull;
use registration::RegistrationState;

/// A request of a terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Own {
    /// REGISTER.
    Register,
    /// A pager message or a report with this imdn.Message-ID.
    Message(Token),
    /// The management INVITE.
    Pull,
    /// The BYE of the management session.
    Bye { began: Time },
    /// A SUBSCRIBE with this Call-ID.
    Subscribe(Token),
    /// The MESSAGE that acknowledges a short message.
    ShortAcknowledgement,
    /// A disposition notification about pushed content.
    PushReport,
    /// A request of a session that carries files.
    Session(SessionRequest),
}

impl From<SessionRequest> for Own {
    fn from(request: SessionRequest) -> Own {
        Own::Session(request)
    }
}

/// One terminal.
#[derive(Clone, Debug)]
struct Terminal {
    registration: RegistrationState,
    /// CSeq of the last REGISTER.
    cseq: u32,
    /// Requests made.
    numbers: u32,
    /// Draws about its answers made.
    answers: u32,
    tokens: TokenCounter,
    /// Call-ID of its REGISTERs.
    call_id: Option<Token>,
    /// Nonce of the last challenge.
    nonce: Option<Token>,
    /// Refresh or retry.
    timer: EventHandle,
    /// The registration is valid until then, as far as the terminal knows.
    registered_until: Time,
    activity: Option<Box<Activity>>,
}

/// What a terminal has under way or remembers.
#[derive(Clone, Debug, Default)]
struct Activity {
    /// When the registration exchange under way began.
    registration_began: Time,
    messaging: Messaging,
    pull: Pull,
    handset: Handset,
    /// The features that it can lose are lost.
    reduced: bool,
    /// What it can do has changed since it registered.
    unregistered_change: bool,
    large: Large,
    wish: Wish,
}

impl Activity {
    fn is_idle(&self) -> bool {
        self.messaging.is_idle()
            && self.pull.is_idle()
            && self.handset.is_idle()
            && self.large.is_idle()
            && self.wish.is_idle()
            && !self.reduced
            && !self.unregistered_change
    }
}

/// An answer that waits for the time that its sender takes.
#[derive(Clone, Debug)]
struct DelayedAnswer {
    terminal: EntityId,
    tx: ServerTx,
    response: SipMessage,
    timer: EventHandle,
}

/// All terminals of a run.
#[derive(Clone, Debug)]
pub struct Terminals {
    first: EntityId,
    list: Vec<Terminal>,
    transactions: Transactions<Owner<Own>>,
    watches: Watches,
    answers: Slab<DelayedAnswer>,
    fetches: push::Fetches,
    senders: Senders,
    receivers: Receivers,
}

impl Terminals {
    /// `count` terminals that are switched off, with entities from `first` on.
    pub fn new(first: EntityId, count: u32) -> Terminals {
        let terminal = Terminal {
            registration: RegistrationState::Off,
            cseq: 0,
            numbers: 0,
            answers: 0,
            tokens: TokenCounter::default(),
            call_id: None,
            nonce: None,
            timer: EventHandle::NONE,
            registered_until: Time::ZERO,
            activity: None,
        };
        Terminals {
            first,
            list: vec![terminal; count as usize],
            transactions: Transactions::of_many(),
            watches: Watches::default(),
            answers: Slab::default(),
            fetches: push::Fetches::default(),
            senders: Senders::default(),
            receivers: Receivers::default(),
        }
    }

    /// What is open.
    pub fn census(&self) -> Census {
        let activities = || self.list.iter().filter_map(|terminal| terminal.activity.as_deref());
        let pulls = activities().filter(|activity| activity.pull.is_under_way()).count() as u64;
        let (sent, sending_planes) = self.senders.open();
        let (taken, taking_planes) = self.receivers.open();
        Census {
            transactions: self.transactions.open() as u64,
            sessions: pulls + sent + taken,
            user_planes: sending_planes + taking_planes,
            delayed_answers: self.answers.len() as u64,
            handsets: activities().map(|activity| activity.handset.under_way()).sum(),
            fetches: self.fetches.open(),
            use_paths: self.receivers.use_paths(),
            unanswered: activities()
                .map(|activity| activity.messaging.unanswered() + activity.large.unanswered())
                .sum(),
            waiting_for_registration: activities().map(|activity| activity.messaging.waiting()).sum(),
            ..Census::default()
        }
    }

    /// Handles one input for the terminal `ctx.me`.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Command(command) => self.on_command(ctx, command),
            Input::Message { .. } if self.is_off(ctx.me) => {}
            Input::Message { from, message: Message::Sip(message), meta, tcp } => {
                match self.transactions.receive(ctx, from, message, meta, tcp) {
                    Received::Request { tx, request } => self.on_request(ctx, tx, &request, meta),
                    Received::Response { owner, response, .. } => self.on_response(ctx, owner, &response),
                    Received::Ack(ack) => self.on_session_ack(ctx, &ack),
                    Received::Nothing => {}
                }
            }
            Input::Message { from, message: Message::Sms(radio), meta, .. } => self.on_radio(ctx, from, &radio, meta),
            Input::Message { message: Message::Mms(mm1), meta, .. } => self.on_mm1(ctx, &mm1, meta),
            Input::Message { from, message: Message::Imap(imap), meta, .. } => self.on_imap(ctx, from, &imap, meta),
            Input::Message { message: Message::Msrp(message), meta, .. } => self.on_msrp(ctx, &message, meta),
            Input::Message { message: Message::Http(http), .. } => match http.usage {
                HttpUse::Content => self.on_fetched(ctx, &http),
                HttpUse::Xcap => self.on_xcap_answer(ctx, &http),
            },
            Input::Timer { reason, subject } => self.on_timer(ctx, reason, subject),
            Input::Message { .. } | Input::Overload { .. } | Input::Restart { .. } => ctx.observe(Fact::Stray),
        }
    }

    fn on_command(&mut self, ctx: &mut Context<'_>, command: Command) {
        match command {
            Command::PowerOn => self.power_on(ctx),
            Command::SwitchOn => self.switch_on(ctx),
            Command::ReRegister => self.refresh(ctx),
            Command::DeRegister { power_off } => self.de_register(ctx, power_off),
            Command::PowerOff => self.power_off(ctx),
            Command::SendPager { to, size, report, expires, class } => {
                self.send_pager(ctx, Pager { to, size, report, expires, class });
            }
            Command::SendLarge { to, size, report, class, cancel_after } => {
                self.send_large(ctx, to, LargeRequest { size, report, class, cancel_after });
            }
            Command::Pull { listed, wishes } => self.pull_now(ctx, listed, wishes),
            Command::SetDoNotDisturb(wanted) => self.set_do_not_disturb(ctx, wanted),
            Command::Subscribe => self.subscribe_to_content(ctx),
            Command::Unsubscribe => self.unsubscribe_from_content(ctx),
            Command::ChangeCapability { present } => self.change_capability(ctx, present),
            Command::WatchRules
            | Command::MailboxEvent { .. }
            | Command::Start { .. }
            | Command::Push { .. }
            | Command::Broadcast { .. }
            | Command::EndSubscriptions { .. } => ctx.observe(Fact::Stray),
        }
    }

    fn on_request(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &Sip, meta: Meta) {
        match request.method() {
            Method::Message => self.on_message(ctx, tx, request, meta),
            Method::Notify => {
                let known = self.watches.on_notify(ctx, request);
                self.answer(ctx, tx, request, if known { 200 } else { 481 });
                if let (true, Body::Push(push)) = (known, &request.body) {
                    self.take_push(ctx, push, meta);
                }
            }
            Method::Bye | Method::Invite if self.on_session_request(ctx, tx, request, meta) => {}
            Method::Bye => self.on_bye(ctx, tx, request),
            Method::Options => self.tell_capabilities(ctx, tx, request),
            Method::Invite => self.answer(ctx, tx, request, 481),
            Method::Cancel => self.on_cancel(ctx, tx, request),
            Method::Register | Method::Ack | Method::Subscribe => {
                self.answer(ctx, tx, request, 405);
            }
        }
    }

    fn on_response(&mut self, ctx: &mut Context<'_>, owner: Owner<Own>, response: &SipMessage) {
        let status = response.status().unwrap_or(0);
        match owner {
            Owner::Own(Own::Subscribe(call_id)) => self.watches.on_response(ctx, call_id, response),
            Owner::Own(Own::Session(request)) => self.on_session_response(ctx, request, Some(response)),
            Owner::Own(_) if status < 200 => {}
            Owner::Own(Own::Register) => self.on_register_response(ctx, response),
            Owner::Own(Own::Message(id)) => self.on_message_settled(ctx, id, Some(status)),
            Owner::Own(Own::Pull) => self.on_pull_response(ctx, response),
            Owner::Own(Own::Bye { began }) => self.on_bye_settled(ctx, began, status == 200),
            Owner::Own(Own::ShortAcknowledgement | Own::PushReport) | Owner::Cancel => {}
            Owner::Proxied { .. } => ctx.observe(Fact::Stray),
        }
    }

    fn on_timer(&mut self, ctx: &mut Context<'_>, reason: TimerReason, subject: u32) {
        match reason {
            TimerReason::Terminal(timer) => self.on_own_timer(ctx, timer, subject),
            TimerReason::Answer => self.on_answer_due(ctx, subject),
            TimerReason::Subscription => self.refresh_subscription(ctx, subject),
            TimerReason::Transaction(timer) => {
                if let Expired::Request { owner: Owner::Own(own), .. } = self.transactions.on_timer(ctx, timer, subject)
                {
                    self.on_request_timeout(ctx, own);
                }
            }
            TimerReason::SessionGuard => self.on_session_limit(ctx),
            TimerReason::Fetch => self.on_fetch_timeout(ctx, subject),
            TimerReason::Session(SessionEnd::Sender, wait) => {
                let (senders, _, mut line) = self.sessions(ctx.me);
                let events = senders.on_timer(ctx, &mut line, wait, subject);
                self.on_sender_events(ctx, events);
            }
            TimerReason::Session(SessionEnd::Receiver, wait) => {
                let (_, receivers, mut line) = self.sessions(ctx.me);
                receivers.on_timer(ctx, &mut line, wait, subject);
            }
            TimerReason::Xcap => self.on_xcap_timer(ctx),
            TimerReason::ProxyInvite
            | TimerReason::Query
            | TimerReason::SuccessResponse
            | TimerReason::SubscriptionExpiry
            | TimerReason::RuleSubscription
            | TimerReason::SCscf(_)
            | TimerReason::Pf(_)
            | TimerReason::PushSender(_)
            | TimerReason::Messaging(_)
            | TimerReason::MsrpRelay(_) => ctx.observe(Fact::Stray),
        }
    }

    fn on_own_timer(&mut self, ctx: &mut Context<'_>, timer: TerminalTimer, subject: u32) {
        match timer {
            TerminalTimer::Refresh => self.refresh(ctx),
            TerminalTimer::RegistrationRetry => self.retry_registration(ctx),
            TerminalTimer::Think => self.on_think(ctx),
            TerminalTimer::PullRetry => self.on_pull_retry(ctx),
            TerminalTimer::MmRetrieval => self.on_mm_timer(ctx, subject),
            TerminalTimer::Mailbox => self.on_mailbox_timer(ctx),
            TerminalTimer::UsePath => {
                let (_, receivers, mut line) = self.sessions(ctx.me);
                receivers.on_use_path_due(ctx, &mut line);
            }
        }
    }

    fn on_request_timeout(&mut self, ctx: &mut Context<'_>, own: Own) {
        match own {
            // The gateway tells the service centre that the message may not have arrived.
            Own::ShortAcknowledgement => {}
            Own::Register => self.on_registration_failure(ctx, None),
            Own::Message(id) => self.on_message_settled(ctx, id, None),
            Own::Pull => self.on_pull_failure(ctx, None, None, false),
            Own::Bye { began } => self.on_bye_settled(ctx, began, false),
            Own::Subscribe(call_id) => self.watches.on_timeout(ctx, call_id),
            Own::PushReport => {}
            Own::Session(request) => self.on_session_response(ctx, request, None),
        }
    }

    /// The sessions, and what they need of a terminal.
    fn sessions(&mut self, me: EntityId) -> (&mut Senders, &mut Receivers, Line<'_, Own>) {
        let terminal = &mut self.list[(me.0 - self.first.0) as usize];
        let line =
            Line { transactions: &mut self.transactions, tokens: &mut terminal.tokens, numbers: &mut terminal.numbers };
        (&mut self.senders, &mut self.receivers, line)
    }

    /// Answers a request with a status, after the time that the device takes.
    fn answer(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &SipMessage, status: u16) {
        let me = ctx.me;
        let terminal = self.terminal(me);
        let tag = terminal.tokens.next(me);
        let response = SipMessage::response_to(request, status, Some(tag));
        self.give(ctx, tx, response);
    }

    /// Gives an answer after the time that the device takes.
    fn give(&mut self, ctx: &mut Context<'_>, tx: ServerTx, mut response: SipMessage) {
        let me = ctx.me;
        let terminal = self.terminal(me);
        terminal.answers += 1;
        let number = u64::from(terminal.answers);
        response.headers.product = Some(Product::CpmClient);
        let streams = &ctx.shared.streams;
        let delay = ctx.shared.device_of(me).answer_delay.span(|| streams.draw(me.0, Purpose::AnswerDelay, number));
        if delay.is_zero() {
            self.transactions.respond(ctx, tx, response);
        } else {
            let answer = DelayedAnswer { terminal: me, tx, response, timer: EventHandle::NONE };
            let at = self.answers.insert(answer);
            let timer = ctx.set_timer(delay, TimerReason::Answer, at);
            self.answers.get_mut(at).expect("the answer was just stored").timer = timer;
        }
    }

    fn on_answer_due(&mut self, ctx: &mut Context<'_>, at: u32) {
        if let Some(answer) = self.answers.remove(at) {
            self.transactions.respond(ctx, answer.tx, answer.response);
        }
    }

    /// Loses power: no signalling, everything under way is gone.
    fn power_off(&mut self, ctx: &mut Context<'_>) {
        if self.is_off(ctx.me) {
            return;
        }
        let me = ctx.me;
        self.transactions.drop_all(ctx, me);
        self.drop_answers(ctx, me);
        self.receivers.drop_all(ctx, me);
        // What they were sending is abandoned with the rest of the activity.
        self.senders.drop_all(ctx, me);
        let (user, _) = ctx.shared.names.terminal_owner(me);
        self.watches.forget(ctx, me, Uri::User(user));
        if let Some(sender) = ctx.shared.push_sender_of(user) {
            self.watches.forget(ctx, me, Uri::Node(sender));
        }
        self.fetches.drop_all(ctx, me);
        let terminal = self.terminal(me);
        // Registrations of one boot cycle share a Call-ID (RFC 3261 section 10.2).
        terminal.call_id = None;
        terminal.registration = RegistrationState::Off;
        terminal.registered_until = Time::ZERO;
        ctx.cancel_timer(&mut terminal.timer);
        if let Some(mut activity) = terminal.activity.take() {
            activity.pull.abandon(ctx);
            activity.messaging.abandon(ctx);
            activity.handset.abandon(ctx);
            if activity.reduced {
                self.activity(me).reduced = true;
            }
            activity.large.abandon(ctx);
            let wish = activity.wish.abandon(ctx);
            if !wish.is_idle() {
                self.activity(me).wish = wish;
            }
        }
        ctx.observe(Fact::Power(false));
    }

    /// Forgets the answers that a terminal has not given: their transactions are gone.
    fn drop_answers(&mut self, ctx: &mut Context<'_>, terminal: EntityId) {
        let of_terminal = |(at, answer): (u32, &DelayedAnswer)| (answer.terminal == terminal).then_some(at);
        let dropped: Vec<u32> = self.answers.iter().filter_map(of_terminal).collect();
        for at in dropped {
            if let Some(mut answer) = self.answers.remove(at) {
                ctx.cancel_timer(&mut answer.timer);
            }
        }
    }

    fn terminal(&mut self, entity: EntityId) -> &mut Terminal {
        &mut self.list[(entity.0 - self.first.0) as usize]
    }

    fn activity(&mut self, entity: EntityId) -> &mut Activity {
        self.terminal(entity).activity.get_or_insert_default()
    }

    fn is_off(&self, entity: EntityId) -> bool {
        matches!(self.list[(entity.0 - self.first.0) as usize].registration, RegistrationState::Off)
    }

    fn token(&mut self, entity: EntityId) -> Token {
        self.terminal(entity).tokens.next(entity)
    }

    fn own_meta(&mut self, ctx: &Context<'_>, procedure: Procedure, class: u16) -> Meta {
        let terminal = self.terminal(ctx.me);
        terminal.numbers += 1;
        Meta::new(procedure, class, ctx.now, Scope::entity(ctx.me), terminal.numbers)
    }

    /// Sends a request to the terminal's P-CSCF.
    fn send(&mut self, ctx: &mut Context<'_>, request: SipMessage, meta: Meta, own: Own) -> Option<ClientTx> {
        let p_cscf = ctx.shared.p_cscf_of(ctx.me)?;
        let branch = self.token(ctx.me);
        Some(self.transactions.send(ctx, p_cscf, request, branch, meta, Owner::Own(own)))
    }
}

/// Adds what every request of a client carries.
fn dress(ctx: &Context<'_>, request: &mut SipMessage) {
    let own = own_headers(ctx);
    request.headers.p_preferred_identity = own.p_preferred_identity;
    request.headers.p_access_network_info = own.p_access_network_info;
    request.headers.product = own.product;
    request.headers.security_agreement = own.security_agreement;
    request.headers.require = request.headers.require.union(own.require);
}

/// What every request of a client carries.
fn own_headers(ctx: &Context<'_>) -> Headers {
    Headers {
        p_preferred_identity: Some(Uri::User(own_user(ctx))),
        p_access_network_info: true,
        product: Some(Product::CpmClient),
        security_agreement: true,
        require: OptionTags::SEC_AGREE,
        ..Headers::default()
    }
}

/// The user of the acting terminal.
fn own_user(ctx: &Context<'_>) -> UserId {
    ctx.shared.names.terminal_owner(ctx.me).0
}
