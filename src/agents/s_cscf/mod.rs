//! Serving-CSCF: registrar, filter criteria, routing to and from users, notifier of the reg-event package (3GPP TS
//! 24.229 section 5.4). `registrar` has the registrations, `routing` the requests, `application_server` their way
//! over application servers, this file the state and the dispatch.

mod application_server;
pub mod filter_criteria;
mod registrar;
mod routing;

use super::census::Census;
use super::cx::Queries;
use super::outbox::{Context, Input};
use super::proxy::{Incoming, Lapse, Owner, Proxy, Step, TokenCounter, refuse_statelessly, reply};
use super::reg_event::Notifier;
use super::timer::{SCscfTimer, TimerReason};
use super::transactions::{ServerTx, Transactions};
use crate::kernel::lookup::Lookup;
use crate::kernel::table::Table;
use crate::kernel::{EntityId, EventHandle, Time};
use crate::wire::diameter::DiameterMessage;
use crate::wire::sip::{FeatureTags, Method, Sip, SipMessage};
use crate::wire::{Message, Token, UserId};
use filter_criteria::SessionCase;
use smallvec::SmallVec;

/// A request of the S-CSCF itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Own {
    /// Third-party REGISTER.
    ThirdPartyRegister,
    /// NOTIFY of the subscription with this Call-ID.
    Notify(Token),
}

/// What a Cx query holds up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum HeldUp {
    /// A REGISTER that will be challenged.
    Challenge(ServerTx),
    /// A REGISTER that is accepted.
    Registration(ServerTx),
    /// A REGISTER that removes a binding.
    Deregistration(ServerTx),
    /// A request to a user whose profile is not here.
    Terminating(ServerTx),
    /// Nothing: an expiry is only told.
    Expiry,
}

/// A binding of a terminal (the contact that it registered).
#[derive(Clone, Debug)]
struct Binding {
    terminal: EntityId,
    features: FeatureTags,
    /// A refresh is being processed.
    refreshing: bool,
    /// Number of the registration: its temporary GRUU.
    gruu: u32,
    /// Nonce that the terminal answers with inside its security association.
    nonce: Option<Token>,
    expires_at: Time,
    timer: EventHandle,
}

/// What the S-CSCF keeps of a user.
#[derive(Clone, Debug, Default)]
struct UserRecord {
    bindings: SmallVec<[Binding; 1]>,
    /// Whether the profile is here.
    profile: bool,
    /// Requests made on the user's behalf.
    numbers: u32,
}

/// Where a request continues when it comes back from an application server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct OriginalDialog {
    session_case: SessionCase,
    user: UserId,
    next_criterion: u8,
    /// Transaction whose request is at the application server.
    tx: ServerTx,
}

/// A request at an application server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Visit {
    dialog: OriginalDialog,
    token: Token,
    server: EntityId,
    /// Its response context.
    context: u32,
    /// Until when the server is to answer, or to send the request back.
    timer: EventHandle,
}

/// One S-CSCF instance.
#[derive(Clone, Debug, Default)]
pub struct SCscf {
    transactions: Transactions<Owner<Own>>,
    proxy: Proxy,
    queries: Queries<HeldUp>,
    notifier: Notifier,
    /// By the user's number over `instances`: an instance serves every so many-th user.
    records: Table<UserRecord>,
    instances: u32,
    /// Nonces of challenges that wait for their answer, by terminal.
    challenges: Lookup<EntityId, Token>,
    /// When the last binding of a terminal expired, until it registers again.
    expired: Lookup<EntityId, Time>,
    original_dialogs: Lookup<Token, OriginalDialog>,
    /// Each request that is at an application server, by server transaction.
    at_application_server: Lookup<u32, Visit>,
    tokens: TokenCounter,
}

impl SCscf {
    /// One of `instances` that share the users of their network.
    pub fn new(instances: u32) -> SCscf {
        SCscf { instances, ..SCscf::default() }
    }

    /// What is open.
    pub fn census(&self) -> Census {
        Census {
            transactions: self.transactions.open() as u64,
            contexts: self.proxy.open() as u64,
            queries: self.queries.open() as u64,
            at_application_server: (self.original_dialogs.len() + self.at_application_server.len()) as u64,
            ..Census::default()
        }
    }

    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Message { from, message: Message::Sip(message), meta, tcp } => {
                match self.proxy.receive(ctx, &mut self.transactions, from, message, meta, tcp) {
                    Incoming::Request { tx, request } => self.on_request(ctx, from, tx, request),
                    Incoming::Ack(ack) => self.on_ack(ctx, ack, meta),
                    Incoming::Own { owner, response, .. } => self.on_response(ctx, owner, &response),
                    Incoming::Proxied(step) => self.relay(ctx, step),
                    Incoming::Nothing => {}
                }
            }
            Input::Message { message: Message::Diameter(answer), .. } => self.on_answer(ctx, &answer),
            Input::Overload { from, message: Message::Sip(request), meta, retry_after } => {
                refuse_statelessly(ctx, from, &request, meta, retry_after);
            }
            Input::Timer { reason, subject } => self.on_timer(ctx, reason, subject),
            Input::Restart { keeps_data } => self.restart(ctx, keeps_data),
            Input::Message { .. } | Input::Overload { .. } | Input::Command(_) => {
                ctx.observe(super::Fact::Stray);
            }
        }
    }

    fn on_request(&mut self, ctx: &mut Context<'_>, from: EntityId, tx: ServerTx, request: Sip) {
        match request.method() {
            Method::Register => self.register(ctx, tx, &request),
            Method::Cancel => {
                self.proxy.on_cancel(ctx, &mut self.transactions, tx, &request, &mut self.tokens);
            }
            Method::Subscribe if self.is_own_subscription(ctx, &request) => {
                self.subscribe(ctx, from, tx, &request);
            }
            Method::Invite
            | Method::Ack
            | Method::Bye
            | Method::Message
            | Method::Subscribe
            | Method::Notify
            | Method::Options => self.route(ctx, from, tx, request),
        }
    }

    fn on_timer(&mut self, ctx: &mut Context<'_>, reason: TimerReason, subject: u32) {
        match reason {
            TimerReason::SCscf(SCscfTimer::BindingExpiry) => self.on_binding_expiry(ctx, EntityId(subject)),
            TimerReason::SCscf(SCscfTimer::NotifyRate) => self.on_notify_rate(ctx, subject),
            TimerReason::SCscf(SCscfTimer::ApplicationServer) => self.on_late_server(ctx, subject),
            TimerReason::SubscriptionExpiry => self.notifier.drop_subscription(ctx, subject),
            TimerReason::Query => {
                if let Some(held_up) = self.queries.timed_out(subject) {
                    self.on_query_failure(ctx, held_up);
                }
            }
            TimerReason::ProxyInvite => {
                let step = self.proxy.on_timer(ctx, &mut self.transactions, subject);
                self.relay(ctx, step);
            }
            TimerReason::Transaction(timer) => {
                match self.proxy.on_transaction_timer(ctx, &mut self.transactions, timer, subject) {
                    Lapse::Own(Own::Notify(call_id)) => self.notifier.on_notify_failure(ctx, call_id),
                    Lapse::Proxied(step) => self.relay(ctx, step),
                    Lapse::Own(Own::ThirdPartyRegister) | Lapse::Nothing => {}
                }
            }
            TimerReason::SuccessResponse
            | TimerReason::Subscription
            | TimerReason::Answer
            | TimerReason::SessionGuard
            | TimerReason::Fetch
            | TimerReason::Session(..)
            | TimerReason::RuleSubscription
            | TimerReason::Xcap
            | TimerReason::Terminal(_)
            | TimerReason::Pf(_)
            | TimerReason::PushSender(_)
            | TimerReason::Messaging(_)
            | TimerReason::MsrpRelay(_) => ctx.observe(super::Fact::Stray),
        }
    }

    fn on_response(&mut self, ctx: &mut Context<'_>, own: Own, response: &SipMessage) {
        match own {
            Own::Notify(call_id) => {
                // The failures that end a subscription (RFC 6665 section 4.2.2).
                if matches!(response.status(), Some(404 | 405 | 410 | 416 | 480..=485 | 489 | 501 | 604)) {
                    self.notifier.on_notify_failure(ctx, call_id);
                }
            }
            Own::ThirdPartyRegister => {}
        }
    }

    fn on_answer(&mut self, ctx: &mut Context<'_>, answer: &DiameterMessage) {
        match self.queries.answered(ctx, answer) {
            Some(HeldUp::Challenge(tx)) => self.challenge(ctx, tx),
            Some(HeldUp::Registration(tx)) => self.complete_registration(ctx, tx),
            Some(HeldUp::Deregistration(tx)) => self.complete_deregistration(ctx, tx),
            Some(HeldUp::Terminating(tx)) => self.resume_terminating(ctx, tx, answer.user),
            Some(HeldUp::Expiry) => {}
            None => ctx.observe(super::Fact::Stray),
        }
    }

    fn on_query_failure(&mut self, ctx: &mut Context<'_>, held_up: HeldUp) {
        match held_up {
            HeldUp::Challenge(tx) | HeldUp::Registration(tx) | HeldUp::Deregistration(tx) => {
                self.clear_refreshing(ctx, tx);
                self.refuse(ctx, tx, 504);
            }
            HeldUp::Terminating(tx) => self.refuse(ctx, tx, 504),
            HeldUp::Expiry => {}
        }
    }

    fn relay(&mut self, ctx: &mut Context<'_>, step: Step) {
        match &step {
            Step::Relay { server, response } if response.status().is_none_or(|status| status < 200) => {}
            Step::Relay { server, .. } | Step::Exhausted { server } => self.end_visit(ctx, *server),
            Step::Wait => {}
        }
        step.carry_out(ctx, &mut self.transactions);
    }

    fn refuse(&mut self, ctx: &mut Context<'_>, tx: ServerTx, status: u16) {
        reply(ctx, &mut self.transactions, &mut self.tokens, tx, status);
    }

    fn record(&mut self, user: UserId) -> &mut UserRecord {
        self.records.entry(user.index() / self.instances.max(1) as usize)
    }
}
