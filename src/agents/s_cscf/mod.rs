//! Serving-CSCF: registrar, filter criteria, routing to and from users, notifier of the reg-event package (3GPP TS
//! 24.229 section 5.4). `registrar` has the registrations, `routing` the requests, `application_server` their way
//! over application servers, this file the state and the dispatch.

mod application_server;
pub mod filter_criteria;
mod registrar;
mod routing;

use super::census::Census;
use super::cx::Queries;
use super::outbox::{Context, Input, TimerReason};
use super::proxy::{Owner, Proxy, Step, TokenCounter, refuse_statelessly, reply};
use super::reg_event::Notifier;
use super::transactions::{Expired, Received, ServerTx, Transactions};
use crate::kernel::lookup::Lookup;
use crate::kernel::table::Table;
use crate::kernel::{EntityId, EventHandle, Time};
use crate::wire::diameter::DiameterMessage;
use crate::wire::sip::{FeatureTags, Method, Sip};
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
                match self.transactions.receive(ctx, from, message, meta, tcp) {
                    Received::Request { tx, request } => self.on_request(ctx, from, tx, request),
                    Received::Ack(ack) => self.on_ack(ctx, ack, meta),
                    Received::Response { owner, response, .. } => self.on_response(ctx, owner, response),
                    Received::Nothing => {}
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
                self.refuse(ctx, tx, 200);
                if let Some(invite) = self.transactions.cancelled_invite(&request) {
                    self.proxy.on_cancel(ctx, &mut self.transactions, invite);
                }
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
            TimerReason::BindingExpiry => self.on_binding_expiry(ctx, EntityId(subject)),
            TimerReason::NotifyRate => self.on_notify_rate(ctx, subject),
            TimerReason::SubscriptionExpiry => self.notifier.drop_subscription(ctx, subject),
            TimerReason::Query => {
                if let Some(held_up) = self.queries.timed_out(subject) {
                    self.on_query_failure(ctx, held_up);
                }
            }
            TimerReason::ApplicationServer => self.on_late_server(ctx, subject),
            TimerReason::ProxyInvite => {
                let step = self.proxy.on_timer(ctx, &mut self.transactions, subject);
                self.relay(ctx, step);
            }
            TimerReason::Client(_) | TimerReason::Server(_) => match self.transactions.on_timer(ctx, reason, subject) {
                Expired::Request { owner: Owner::Proxied { context, branch }, .. } => {
                    let step = self.proxy.on_timeout(ctx, context, branch);
                    self.relay(ctx, step);
                }
                Expired::Request { owner: Owner::Own(Own::Notify(call_id)), .. } => {
                    self.notifier.on_notify_failure(ctx, call_id);
                }
                Expired::Request { owner: Owner::Own(Own::ThirdPartyRegister) | Owner::Cancel, .. }
                | Expired::Nothing => {}
            },
            TimerReason::SuccessResponse
            | TimerReason::Subscription
            | TimerReason::Refresh
            | TimerReason::RegistrationRetry
            | TimerReason::Think
            | TimerReason::Mail
            | TimerReason::Mm
            | TimerReason::ShortMessage
            | TimerReason::Paging
            | TimerReason::MmRetrieval
            | TimerReason::Mailbox
            | TimerReason::PullRetry
            | TimerReason::Answer
            | TimerReason::PullService
            | TimerReason::SessionGuard
            | TimerReason::PushFallback
            | TimerReason::Pace
            | TimerReason::Fetch
            | TimerReason::Evidence
            | TimerReason::Discovery
            | TimerReason::MessageExpiry
            | TimerReason::Renotify
            | TimerReason::Handover
            | TimerReason::ReportsCollected
            | TimerReason::FarSide
            | TimerReason::Session(..)
            | TimerReason::RuleSubscription
            | TimerReason::RulePoll
            | TimerReason::Xcap => ctx.observe(super::Fact::Stray),
        }
    }

    fn on_response(&mut self, ctx: &mut Context<'_>, owner: Owner<Own>, response: Sip) {
        match owner {
            Owner::Proxied { context, branch } => {
                let step = self.proxy.on_response(ctx, &mut self.transactions, context, branch, response);
                self.relay(ctx, step);
            }
            Owner::Own(Own::Notify(call_id)) => {
                // The failures that end a subscription (RFC 6665 section 4.2.2).
                if matches!(response.status(), Some(404 | 405 | 410 | 416 | 480..=485 | 489 | 501 | 604)) {
                    self.notifier.on_notify_failure(ctx, call_id);
                }
            }
            Owner::Own(Own::ThirdPartyRegister) | Owner::Cancel => {}
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
        match step {
            Step::Relay { server, response } => {
                if response.status().is_some_and(|status| status >= 200) {
                    self.end_visit(ctx, server);
                }
                self.transactions.respond(ctx, server, response);
            }
            Step::Exhausted { server } => {
                self.end_visit(ctx, server);
                self.transactions.give_up(ctx, server);
            }
            Step::Wait => {}
        }
    }

    fn refuse(&mut self, ctx: &mut Context<'_>, tx: ServerTx, status: u16) {
        reply(ctx, &mut self.transactions, &mut self.tokens, tx, status);
    }

    fn record(&mut self, user: UserId) -> &mut UserRecord {
        self.records.entry(user.index() / self.instances.max(1) as usize)
    }
}
