//! CPM Participating Function: an application server that passes messages of its users on, defers those that nobody can
//! take, tells clients about them and works off their management INVITEs (seed 004 section 8.3.1.6.3, pull mode).
//!
//! | file | what it does |
//! |---|---|
//! | `clients` | what the PF knows of its users' clients |
//! | `standalone` | pager messages on their way: suitability, pass on or defer |
//! | `large` | large messages on their way and from the queue: sessions with either end |
//! | `queue` | the deferred messages of a user |
//! | `do_not_disturb` | rules that make notifications wait |
//! | `notification` | in-band notifications |
//! | `out_of_band` | notifications by short message or MMS where no client is suitable |
//! | `push_mode` | delivery without an INVITE, and hybrid |
//! | `management` | management INVITEs: overlap policies, 200, 480, 488, ACK, BYE |
//! | `delivery` | what a management session does in turn, deferred deliveries, the serial rule |
//! | `fate` | deletion, expiry, giving up |
//! | `handover` | message store and interworking |
//! | `reports` | disposition notifications |
//! | `restart` | what is left after a failure |

mod clients;
mod delivery;
mod do_not_disturb;
mod fate;
mod handover;
mod large;
mod management;
mod notification;
mod out_of_band;
mod push_mode;
mod queue;
mod reports;
mod restart;
mod standalone;

use super::census::Census;
use super::messaging::mail::MailSender;
use super::observation::Fact;
use super::outbox::{Command, Context, Input};
use super::procedure::{Meta, Procedure, Scope};
use super::proxy::{Incoming, Lapse, Owner, Proxy, Step, TokenCounter, refuse_statelessly, reply};
use super::session::{Receivers, Senders, SessionRequest};
use super::subscriptions::Watches;
use super::timer::{MessagingTimer, PfTimer, TimerReason};
use super::transactions::{ServerTx, Transactions};
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::table::Table;
use crate::kernel::{EntityId, Time};
use crate::protocol::sip::DialogId;
use crate::wire::sip::body::Cpim;
use crate::wire::sip::headers::EventPackage;
use crate::wire::sip::{Method, Sip, SipMessage};
use crate::wire::{Message, Token, UserId};
use clients::Client;
use delivery::ClientOutbox;
use do_not_disturb::DoNotDisturb;
use handover::Exchange;
use management::Session;
use queue::Queue;
use reports::ReportOutbox;
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A request of the PF itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Own {
    /// A notification to a client.
    Notification { user: UserId, terminal: EntityId, began: Time },
    /// A deferred message to a client, for a management session.
    Delivery(Delivery),
    /// A deferred message to the interworking selection, by its exchange.
    Interwork(u32),
    /// A disposition notification to this user.
    Report(UserId),
    /// The BYE of the management session with this dialog.
    Bye(DialogId),
    /// A SUBSCRIBE with this Call-ID.
    Subscribe(Token),
    /// A SUBSCRIBE to rules, by the position of its subscription.
    RuleSubscription(u32),
    /// A request of a session that carries large messages.
    Session(SessionRequest),
}

impl From<SessionRequest> for Own {
    fn from(request: SessionRequest) -> Own {
        Own::Session(request)
    }
}

/// A deferred message on its way to a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Delivery {
    user: UserId,
    terminal: EntityId,
    /// It went to all clients of the user.
    to_all: bool,
    session: u32,
    message: Token,
}

/// What the PF keeps of a user.
#[derive(Clone, Debug, Default)]
struct PfUser {
    /// The user is registered until then, as far as the third-party REGISTER says.
    registered_until: Time,
    /// Clients known from embedded REGISTERs or reg-event.
    clients: SmallVec<[Client; 1]>,
    /// Requests made on the user's behalf.
    numbers: u32,
    /// Messages that somebody has reported on, the last ones; kept only where the policy needs it.
    #[expect(clippy::box_collection, reason = "an idle user has one word for it")]
    reported: Option<Box<VecDeque<Token>>>,
    /// Present while something is deferred or in service.
    deferred: Option<Box<Deferred>>,
}

/// The deferred messages of a user and the work on them.
#[derive(Clone, Debug, Default)]
struct Deferred {
    queue: Queue,
    /// Management sessions that are not complete, in order of arrival.
    managed: Vec<u32>,
    outboxes: Vec<ClientOutbox>,
    /// Pushes under way.
    pushes: Vec<u32>,
    /// A notification waits for the end of service.
    notify_after_service: bool,
    /// Devices were told out of band of what is queued.
    told_out_of_band: bool,
    /// The PF wakes up then to see what has expired.
    expiry_at: Time,
    /// The PF wakes up then to notify again.
    renotify_at: Time,
}

/// One PF instance.
#[derive(Clone, Debug, Default)]
pub struct Pf {
    transactions: Transactions<Owner<Own>>,
    proxy: Proxy,
    watches: Watches,
    /// By the user's number over `instances`: an instance serves every so many-th user.
    users: Table<PfUser>,
    instances: u32,
    /// Users of other instances that this one has had to serve.
    adopted: BTreeMap<UserId, PfUser>,
    sessions: Slab<Session>,
    by_dialog: Lookup<DialogId, u32>,
    /// Media planes of management sessions.
    by_media: Lookup<Token, u32>,
    /// Terminating messages on their way to clients, by server transaction, to be deferred should they fail.
    passing: Lookup<u32, standalone::Passing>,
    /// The same of INVITEs with large messages: the PF takes those itself should they fail.
    inviting: BTreeSet<u32>,
    /// Sessions with clients for deferred large messages, and with senders of large messages that nobody can take.
    senders: Senders,
    receivers: Receivers,
    /// Requests of the latter.
    receiver_numbers: u32,
    /// Deferred large messages on their way to clients.
    large: Slab<Delivery>,
    /// Handovers to message store and interworking selection.
    exchanges: Slab<Exchange>,
    by_append: Lookup<Token, u32>,
    /// Messages that expired because nobody answered for their interworking, which may have them all the same.
    given_up: Lookup<Token, ()>,
    /// Reports by the user who gets them.
    reports: BTreeMap<UserId, ReportOutbox>,
    reports_open: u64,
    /// Reports of clients that wait for others about the same message.
    collected: Slab<(Cpim, u16)>,
    dnd: DoNotDisturb,
    /// Users whose notified messages are pushed when nobody pulls them in time.
    fallbacks: BTreeSet<UserId>,
    /// Out-of-band notifications on their way to MMS servers.
    mail: MailSender,
    tokens: TokenCounter,
}

impl Pf {
    /// One of `instances` that share the users of their network.
    pub fn new(instances: u32) -> Pf {
        Pf { instances, ..Pf::default() }
    }

    /// What is open.
    pub fn census(&self) -> Census {
        let (sending, taking) = (self.senders.open(), self.receivers.open());
        Census {
            transactions: self.transactions.open() as u64,
            contexts: self.proxy.open() as u64,
            sessions: self.sessions.len() as u64 + sending.0 + taking.0,
            user_planes: sending.1 + taking.1,
            at_application_server: (self.passing.len() + self.inviting.len()) as u64,
            outboxes: self
                .deferred_states()
                .flat_map(|deferred| &deferred.outboxes)
                .map(ClientOutbox::open)
                .sum::<u64>()
                + self.reports_open
                + self.collected.len() as u64,
            queries: self.dnd.open() + self.exchanges.len() as u64,
            queued: self.queued(),
            mails: self.mail.open() as u64,
            ..Census::default()
        }
    }

    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Message { from, message: Message::Sip(message), meta, tcp } => {
                match self.proxy.receive(ctx, &mut self.transactions, from, message, meta, tcp) {
                    Incoming::Request { tx, request } => self.on_request(ctx, from, tx, request, meta),
                    Incoming::Ack(ack) if self.by_dialog.contains(&DialogId::of_request(&ack)) => {
                        self.on_ack(ctx, &ack);
                    }
                    Incoming::Ack(ack) => self.on_session_ack(ctx, &ack),
                    Incoming::Own { owner, response, .. } => self.on_response(ctx, owner, &response),
                    Incoming::Proxied(step) => self.pass_on(ctx, step),
                    Incoming::Nothing => {}
                }
            }
            Input::Overload { from, message: Message::Sip(request), meta, retry_after } => {
                refuse_statelessly(ctx, from, &request, meta, retry_after);
            }
            Input::Message { message: Message::Msrp(message), meta, .. } => self.on_msrp(ctx, &message, meta),
            Input::Message { from, message: Message::Append(append), .. } => self.on_append(ctx, from, &append),
            Input::Message { message: Message::Http(http), .. } => self.on_http(ctx, &http),
            Input::Command(Command::WatchRules) => self.watch_rules(ctx),
            // The service centre has a short message of an out-of-band notification.
            Input::Message { message: Message::Smpp(_), .. } => {}
            Input::Message { message: Message::Smtp(smtp), meta, .. } => self.on_smtp(ctx, &smtp, meta),
            Input::Timer { reason, subject } => self.on_timer(ctx, reason, subject),
            Input::Restart { keeps_data } => self.restart(ctx, keeps_data),
            Input::Message { .. } | Input::Overload { .. } | Input::Command(_) => ctx.observe(Fact::Stray),
        }
    }

    fn on_request(&mut self, ctx: &mut Context<'_>, from: EntityId, tx: ServerTx, request: Sip, meta: Meta) {
        match request.method() {
            Method::Invite | Method::Bye if self.has_session(DialogId::of_request(&request)) => {
                self.on_session_request(ctx, tx, &request);
            }
            Method::Invite if large::is_terminating(&request) => self.on_large_invite(ctx, from, tx, request),
            Method::Register => self.on_third_party_register(ctx, from, tx, &request),
            Method::Message => self.on_message(ctx, from, tx, request, meta),
            Method::Invite => self.on_management_invite(ctx, tx, &request, meta),
            Method::Bye => self.on_bye(ctx, tx, &request),
            Method::Notify if request.headers.event == Some(EventPackage::XcapDiff) => self.on_rules(ctx, tx, &request),
            Method::Notify => self.on_notify(ctx, tx, &request),
            Method::Cancel => self.on_cancel(ctx, tx, &request),
            Method::Ack | Method::Subscribe | Method::Options => self.refuse(ctx, tx, 405),
        }
    }

    fn on_response(&mut self, ctx: &mut Context<'_>, own: Own, response: &SipMessage) {
        let status = response.status().unwrap_or(0);
        match own {
            Own::Subscribe(call_id) => self.watches.on_response(ctx, call_id, response),
            Own::Session(request) => self.on_session_response(ctx, request, Some(response)),
            Own::RuleSubscription(at) => self.on_rule_subscription(ctx, at, Some(response)),
            _ if status >= 200 => self.on_final(ctx, own, Some(status)),
            _ => {}
        }
    }

    fn on_final(&mut self, ctx: &mut Context<'_>, own: Own, status: Option<u16>) {
        match own {
            Own::Notification { user, terminal, began } => {
                let class = clients::class_of_user(ctx, user);
                ctx.observe(Fact::NotificationAnswered { user, status, began, class });
                self.message_settled(ctx, user, terminal, false);
            }
            Own::Delivery(delivery) => {
                self.message_settled(ctx, delivery.user, delivery.terminal, delivery.to_all);
                self.on_delivery_final(ctx, delivery, status);
            }
            Own::Interwork(exchange) => {
                self.end_exchange(ctx, exchange, status.is_some_and(|status| (200..300).contains(&status)));
            }
            Own::Report(to) => self.on_report_settled(ctx, to, status),
            Own::Bye(dialog) => {
                if let Some(&session) = self.by_dialog.get(&dialog) {
                    self.close_dialog(ctx, session, status == Some(200));
                }
            }
            Own::Subscribe(call_id) => self.watches.on_timeout(ctx, call_id),
            Own::RuleSubscription(at) => self.on_rule_subscription(ctx, at, None),
            Own::Session(request) => self.on_session_response(ctx, request, None),
        }
    }

    fn on_timer(&mut self, ctx: &mut Context<'_>, reason: TimerReason, subject: u32) {
        match reason {
            TimerReason::Pf(timer) => self.on_own_timer(ctx, timer, subject),
            TimerReason::SuccessResponse => self.on_ack_wait(ctx, subject),
            TimerReason::SessionGuard => self.on_session_guard(ctx, subject),
            TimerReason::Subscription => self.refresh_subscription(ctx, subject),
            TimerReason::RuleSubscription => self.on_rule_subscription_due(ctx, subject),
            TimerReason::Xcap => self.on_xcap_timeout(ctx, UserId(subject)),
            TimerReason::Messaging(MessagingTimer::Mail) => self.mail.on_timer(ctx, subject),
            TimerReason::Session(end, wait) => self.on_session_timer(ctx, end, wait, subject),
            TimerReason::ProxyInvite => {
                let step = self.proxy.on_timer(ctx, &mut self.transactions, subject);
                self.pass_on(ctx, step);
            }
            TimerReason::Transaction(timer) => {
                match self.proxy.on_transaction_timer(ctx, &mut self.transactions, timer, subject) {
                    Lapse::Own(own) => self.on_final(ctx, own, None),
                    Lapse::Proxied(step) => self.pass_on(ctx, step),
                    Lapse::Nothing => {}
                }
            }
            TimerReason::Query
            | TimerReason::SubscriptionExpiry
            | TimerReason::Answer
            | TimerReason::Fetch
            | TimerReason::SCscf(_)
            | TimerReason::Terminal(_)
            | TimerReason::PushSender(_)
            | TimerReason::Messaging(_)
            | TimerReason::MsrpRelay(_) => ctx.observe(Fact::Stray),
        }
    }

    fn on_own_timer(&mut self, ctx: &mut Context<'_>, timer: PfTimer, subject: u32) {
        match timer {
            PfTimer::PullService => self.on_service_done(ctx, subject),
            PfTimer::MessageExpiry => self.on_expiry(ctx, UserId(subject)),
            PfTimer::Renotify => self.on_renotify(ctx, UserId(subject)),
            PfTimer::Handover => self.end_exchange(ctx, subject, false),
            PfTimer::ReportsCollected => self.on_reports_collected(ctx, subject),
            PfTimer::PushFallback => self.on_push_fallback(ctx, UserId(subject)),
            PfTimer::RulePoll => self.on_rule_poll(ctx, UserId(subject)),
        }
    }

    /// Passes on the outcome of a proxied message, or defers the message when it failed.
    fn pass_on(&mut self, ctx: &mut Context<'_>, step: Step) {
        match step {
            Step::Wait => {}
            Step::Relay { server, response } => {
                let status = response.status().unwrap_or(0);
                if status >= 200 && self.inviting.remove(&server.index()) && large::is_absence(status) {
                    return self.take_invite(ctx, server);
                }
                match self.passing.remove(&server.index()) {
                    Some(passing) if status >= 300 => self.pass_failed(ctx, server, passing, Some(response)),
                    Some(_) | None => self.transactions.respond(ctx, server, response),
                }
            }
            Step::Exhausted { server } => match self.passing.remove(&server.index()) {
                Some(passing) => self.pass_failed(ctx, server, passing, None),
                None => self.transactions.give_up(ctx, server),
            },
        }
    }

    fn refuse(&mut self, ctx: &mut Context<'_>, tx: ServerTx, status: u16) {
        reply(ctx, &mut self.transactions, &mut self.tokens, tx, status);
    }

    fn seat(&self, user: UserId) -> usize {
        user.index() / self.instances.max(1) as usize
    }

    fn user(&mut self, user: UserId) -> &mut PfUser {
        if !self.adopted.is_empty() && self.adopted.contains_key(&user) {
            return self.adopted.entry(user).or_default();
        }
        self.users.entry(self.seat(user))
    }

    /// A request about a user arrived. One of another instance's users gets a record of his own, and the PF asks for
    /// his registrations where it is to know clients by reg-event.
    fn adopt(&mut self, ctx: &mut Context<'_>, user: UserId) {
        if ctx.shared.pf_of(user) == Some(ctx.me) || self.adopted.contains_key(&user) {
            return;
        }
        self.adopted.insert(user, PfUser::default());
        if let Some(s_cscf) = ctx.shared.s_cscf_of(user).filter(|_| ctx.policies().reg_event.pf) {
            self.subscribe(ctx, user, s_cscf);
        }
    }

    fn deferred(&mut self, user: UserId) -> &mut Deferred {
        self.user(user).deferred.get_or_insert_default()
    }

    /// Frees the deferral state of a user when nothing is left in it.
    fn tidy_up(&mut self, user: UserId) {
        let record = self.user(user);
        if record.deferred.as_ref().is_some_and(|deferred| deferred.is_idle()) {
            record.deferred = None;
        }
    }

    fn own_meta(&mut self, ctx: &Context<'_>, user: UserId, procedure: Procedure, class: u16) -> Meta {
        let record = self.user(user);
        record.numbers += 1;
        Meta::new(procedure, class, ctx.now, Scope::pf_user(user), record.numbers)
    }

    /// Messages that are deferred, over all users.
    pub fn queued(&self) -> u64 {
        self.deferred_states().map(|deferred| deferred.queue.len() as u64).sum()
    }

    fn deferred_states(&self) -> impl Iterator<Item = &Deferred> {
        self.users.iter().chain(self.adopted.values()).filter_map(|user| user.deferred.as_deref())
    }
}

impl Deferred {
    /// Whose messages they are.
    fn user(&self) -> Option<UserId> {
        self.queue.live().next().map(|item| item.cpim.to)
    }

    fn is_idle(&self) -> bool {
        self.queue.is_empty()
            && self.managed.is_empty()
            && self.pushes.is_empty()
            && self.outboxes.iter().all(ClientOutbox::is_idle)
    }
}
