//! Push Sender Agent: an application server on ISC that delivers content to the terminals of users (seeds 001 and 003).
//! It serves the users of its home network, so its requests go straight to their S-CSCF.
//!
//! | file | what it does |
//! |---|---|
//! | `order` | what is asked of it: class, method, targets |
//! | `policies` | how it goes about it |
//! | `broadcast` | one content to a community, user after user |
//! | `knowledge` | which terminals a user has and what they can do: provisioning, OPTIONS, reg-event |
//! | `delivery` | a push: its targets, one delivery for each, fall-back, evidence, outcome |
//! | `message` | the pager methods: MESSAGE with content or with where it is |
//! | `session` | the method by INVITE and MSRP |
//! | `subscription` | the method by NOTIFY, and the subscriptions of terminals |
//!
//! A method takes a delivery in `begin` and gives its end to `on_delivery_end`.

mod broadcast;
mod delivery;
mod knowledge;
mod message;
pub mod order;
pub mod policies;
mod session;
mod subscription;

use super::census::Census;
use super::observation::Fact;
use super::outbox::{Command, Context, Input};
use super::procedure::{Meta, Procedure, Scope};
use super::proxy::{Owner, TokenCounter, refuse_statelessly, reply};
use super::session::{Senders, SessionEnd, SessionRequest};
use super::subscriptions::{Subscriptions, Watches};
use super::timer::{PushSenderTimer, TimerReason};
use super::transactions::{Expired, Received, ServerTx, Transactions};
use crate::kernel::EntityId;
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::table::Table;
use crate::wire::sip::{Body, Method, Sip, SipMessage, Uri};
use crate::wire::{Message, Token, UserId};
use broadcast::Broadcast;
use delivery::{Delivery, Push};
use knowledge::Known;
pub use order::{Audience, Interests, Media, MethodChoice, PushClass, PushOrder, Targets};
use std::collections::VecDeque;
use subscription::Feed;

/// A request of the push sender.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Own {
    /// The MESSAGE of a delivery.
    Message { delivery: u32 },
    /// The NOTIFY of the subscription with this Call-ID.
    Notify { call_id: Token },
    /// An OPTIONS about a user.
    Options { user: UserId },
    /// A SUBSCRIBE to a user's registrations.
    Watch { user: UserId, call_id: Token },
    /// A request of a session.
    Session(SessionRequest),
}

/// One Push Sender Agent.
#[derive(Clone, Debug, Default)]
pub struct PushSender {
    transactions: Transactions<Owner<Own>>,
    /// Requests made to each user, by the user's number over `instances`: an instance serves every so many-th user.
    numbers: Table<u32>,
    instances: u32,
    broadcasts: Slab<Broadcast>,
    pushes: Slab<Push>,
    deliveries: Slab<Delivery>,
    /// Deliveries that wait for the MESSAGE pending to their address (RFC 3428 section 8).
    pending: Lookup<Uri, VecDeque<u32>>,
    /// Pushes that want disposition notifications, by their content.
    by_content: Lookup<Token, u32>,
    known: Lookup<UserId, Known>,
    watches: Watches,
    feeds: Subscriptions<Feed>,
    /// Deliveries that wait for a terminal of their user to subscribe.
    awaiting: Lookup<UserId, VecDeque<u32>>,
    /// How many those are.
    awaiting_count: u64,
    senders: Senders,
    tokens: TokenCounter,
}

impl PushSender {
    /// One of `instances` that share the users of their network.
    pub fn new(instances: u32) -> PushSender {
        PushSender { instances, ..PushSender::default() }
    }

    /// What is open.
    pub fn census(&self) -> Census {
        let under_way = self.broadcasts.len() + self.pushes.len() + self.deliveries.len();
        // Each belongs to a push that waits as well.
        let waiting = 2 * self.awaiting_count;
        let (sessions, user_planes) = self.senders.open();
        Census {
            sessions,
            user_planes,
            transactions: self.transactions.open() as u64,
            pushes: under_way as u64 - waiting,
            waiting_for_subscriber: waiting,
            ..Census::default()
        }
    }

    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Command(Command::Push { to, size, order }) => self.push(ctx, to, size, order),
            Input::Command(Command::Broadcast { size, order }) => self.broadcast(ctx, size, order),
            Input::Command(Command::EndSubscriptions { user }) => self.end_subscriptions(ctx, user),
            Input::Message { from, message: Message::Sip(message), meta, tcp } => {
                match self.transactions.receive(ctx, from, message, meta, tcp) {
                    Received::Request { tx, request } => self.on_request(ctx, from, tx, &request),
                    Received::Response { owner: Owner::Own(Own::Session(request)), response, .. } => {
                        self.on_session_response(ctx, request, Some(&response));
                    }
                    Received::Response { owner: Owner::Own(own), response, .. } => {
                        if response.status().is_some_and(|status| status >= 200) {
                            self.on_final(ctx, own, Some(&response));
                        }
                    }
                    Received::Response { owner: Owner::Cancel | Owner::Proxied { .. }, .. } | Received::Nothing => {}
                    Received::Ack(ack) => self.on_session_ack(ctx, &ack),
                }
            }
            Input::Message { message: Message::Msrp(message), meta, .. } => self.on_msrp(ctx, &message, meta),
            Input::Overload { from, message: Message::Sip(request), meta, retry_after } => {
                refuse_statelessly(ctx, from, &request, meta, retry_after);
            }
            Input::Timer { reason, subject } => self.on_timer(ctx, reason, subject),
            Input::Restart { .. } => self.restart(ctx),
            Input::Message { .. } | Input::Overload { .. } | Input::Command(_) => ctx.observe(Fact::Stray),
        }
    }

    /// Starts anew: what was under way, known and subscribed is gone.
    fn restart(&mut self, ctx: &mut Context<'_>) {
        self.abandon_all(ctx);
        self.senders.drop_all(ctx, ctx.me);
        let numbers = std::mem::take(&mut self.numbers);
        *self = PushSender { numbers, tokens: self.tokens, ..PushSender::new(self.instances) };
    }

    fn on_request(&mut self, ctx: &mut Context<'_>, from: EntityId, tx: ServerTx, request: &Sip) {
        let status = match (request.method(), &request.body) {
            (Method::Subscribe, _) => return self.on_subscribe(ctx, from, tx, request),
            (Method::Message, Body::PushReport(report)) => {
                self.on_evidence(ctx, report.imdn.about);
                200
            }
            (Method::Notify, body) => {
                let known = self.watches.on_notify(ctx, request);
                if let (true, Body::RegInfo(info)) = (known, body) {
                    self.learn_registrations(ctx, info);
                }
                if known { 200 } else { 481 }
            }
            (Method::Invite | Method::Bye, _) => return self.on_session_request(ctx, tx, request),
            (Method::Register | Method::Ack | Method::Cancel | Method::Message | Method::Options, _) => 405,
        };
        reply(ctx, &mut self.transactions, &mut self.tokens, tx, status);
    }

    /// A request has its final response, or none.
    fn on_final(&mut self, ctx: &mut Context<'_>, own: Own, response: Option<&SipMessage>) {
        let status = response.and_then(SipMessage::status);
        match own {
            Own::Message { delivery } => self.on_message_final(ctx, delivery, status),
            Own::Notify { call_id } => self.on_notify_final(ctx, call_id, status),
            Own::Options { user } => self.on_options_final(ctx, user, response),
            Own::Watch { user, call_id } => {
                match response {
                    Some(response) => self.watches.on_response(ctx, call_id, response),
                    None => self.watches.on_timeout(ctx, call_id),
                }
                self.on_watch_final(ctx, user, response);
            }
            Own::Session(request) => self.on_session_response(ctx, request, response),
        }
    }

    fn on_timer(&mut self, ctx: &mut Context<'_>, reason: TimerReason, subject: u32) {
        match reason {
            TimerReason::PushSender(PushSenderTimer::Pace) => self.on_pace(ctx, subject),
            TimerReason::PushSender(PushSenderTimer::Evidence) => self.on_evidence_timeout(ctx, subject),
            TimerReason::PushSender(PushSenderTimer::Discovery) => self.on_discovery_timeout(ctx, UserId(subject)),
            TimerReason::Session(SessionEnd::Sender, wait) => self.on_session_timer(ctx, wait, subject),
            TimerReason::Subscription => self.refresh_watch(ctx, subject),
            TimerReason::SubscriptionExpiry => self.on_feed_expiry(ctx, subject),
            TimerReason::Transaction(timer) => {
                if let Expired::Request { owner: Owner::Own(own), .. } = self.transactions.on_timer(ctx, timer, subject)
                {
                    self.on_final(ctx, own, None);
                }
            }
            TimerReason::ProxyInvite
            | TimerReason::Query
            | TimerReason::SuccessResponse
            | TimerReason::Answer
            | TimerReason::SessionGuard
            | TimerReason::Fetch
            | TimerReason::Session(SessionEnd::Receiver, _)
            | TimerReason::RuleSubscription
            | TimerReason::Xcap
            | TimerReason::SCscf(_)
            | TimerReason::Terminal(_)
            | TimerReason::Pf(_)
            | TimerReason::Messaging(_)
            | TimerReason::MsrpRelay(_) => ctx.observe(Fact::Stray),
        }
    }

    /// What travels with a request to a user.
    fn own_meta(&mut self, ctx: &Context<'_>, user: UserId, procedure: Procedure, class: u16) -> Meta {
        let number = self.numbers.entry(user.index() / self.instances.max(1) as usize);
        *number += 1;
        Meta::new(procedure, class, ctx.now, Scope::push_user(user), *number)
    }
}
