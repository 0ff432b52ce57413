//! Push Sender Agent: an application server on ISC that delivers content to the terminals of users (seeds 001 and 003).
//! It serves the users of its home network, so its requests go straight to their S-CSCF.
//!
//! | file | what it does |
//! |---|---|
//! | `order` | what is asked of it: class, method, targets |
//! | `broadcast` | one content to a community, user after user |
//! | `delivery` | a push: its targets, one delivery for each, its outcome |
//! | `message` | the pager method: MESSAGE |
//!
//! A method takes a delivery in [`PushSender::begin`] and gives its end to [`PushSender::on_delivery_end`].

mod broadcast;
mod delivery;
mod message;
pub mod order;

use super::census::Census;
use super::observation::Fact;
use super::outbox::{Command, Context, Input, TimerReason};
use super::procedure::{Meta, Procedure, Scope};
use super::proxy::{Owner, TokenCounter, refuse_statelessly, reply};
use super::transactions::{Expired, Received, ServerTx, Transactions};
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::table::Table;
use crate::wire::sip::{Method, Sip, Uri};
use crate::wire::{Message, UserId};
use broadcast::Broadcast;
use delivery::{Delivery, Push};
pub use order::{Audience, Interests, MethodChoice, PushClass, PushOrder, Targets};
use std::collections::VecDeque;

/// A request of the push sender.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Own {
    /// The MESSAGE of a delivery.
    Message { delivery: u32 },
}

/// What the sender keeps of a user.
#[derive(Clone, Copy, Debug, Default)]
struct Recipient {
    /// Requests made to the user.
    numbers: u32,
}

/// One Push Sender Agent.
#[derive(Clone, Debug, Default)]
pub struct PushSender {
    transactions: Transactions<Owner<Own>>,
    /// By the user's number over `instances`: an instance serves every so many-th user.
    recipients: Table<Recipient>,
    instances: u32,
    broadcasts: Slab<Broadcast>,
    pushes: Slab<Push>,
    deliveries: Slab<Delivery>,
    /// Deliveries that wait for the MESSAGE pending to their address (RFC 3428 section 8).
    pending: Lookup<Uri, VecDeque<u32>>,
    tokens: TokenCounter,
}

impl PushSender {
    /// One of `instances` that share the users of their network.
    pub fn new(instances: u32) -> PushSender {
        PushSender { instances, ..PushSender::default() }
    }

    /// What is open.
    pub fn census(&self) -> Census {
        Census {
            transactions: self.transactions.open() as u64,
            pushes: (self.broadcasts.len() + self.pushes.len() + self.deliveries.len()) as u64,
            ..Census::default()
        }
    }

    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Command(Command::Push { to, size, order }) => self.push(ctx, to, size, order),
            Input::Command(Command::Broadcast { size, order }) => self.broadcast(ctx, size, order),
            Input::Message { from, message: Message::Sip(message), meta, tcp } => {
                match self.transactions.receive(ctx, from, message, meta, tcp) {
                    Received::Request { tx, request } => self.on_request(ctx, tx, &request),
                    Received::Response { owner: Owner::Own(own), response, .. } => {
                        self.on_response(ctx, own, &response)
                    }
                    Received::Response { owner: Owner::Cancel | Owner::Proxied { .. }, .. }
                    | Received::Ack(_)
                    | Received::Nothing => {}
                }
            }
            Input::Overload { from, message: Message::Sip(request), meta, retry_after } => {
                refuse_statelessly(ctx, from, &request, meta, retry_after);
            }
            Input::Timer { reason, subject } => self.on_timer(ctx, reason, subject),
            Input::Message { .. } | Input::Overload { .. } | Input::Command(_) => ctx.observe(Fact::Stray),
        }
    }

    fn on_request(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &Sip) {
        match request.method() {
            Method::Register
            | Method::Invite
            | Method::Ack
            | Method::Bye
            | Method::Cancel
            | Method::Message
            | Method::Subscribe
            | Method::Notify
            | Method::Options => reply(ctx, &mut self.transactions, &mut self.tokens, tx, 405),
        }
    }

    fn on_response(&mut self, ctx: &mut Context<'_>, own: Own, response: &Sip) {
        let status = response.status().unwrap_or(0);
        if status < 200 {
            return;
        }
        match own {
            Own::Message { delivery } => self.on_message_final(ctx, delivery, Some(status)),
        }
    }

    fn on_timer(&mut self, ctx: &mut Context<'_>, reason: TimerReason, subject: u32) {
        match reason {
            TimerReason::Pace => self.on_pace(ctx, subject),
            TimerReason::Client(_) | TimerReason::Server(_) => {
                if let Expired::Request { owner: Owner::Own(own), .. } =
                    self.transactions.on_timer(ctx, reason, subject)
                {
                    match own {
                        Own::Message { delivery } => self.on_message_final(ctx, delivery, None),
                    }
                }
            }
            TimerReason::ProxyInvite
            | TimerReason::Query
            | TimerReason::SuccessResponse
            | TimerReason::Refresh
            | TimerReason::RegistrationRetry
            | TimerReason::BindingExpiry
            | TimerReason::NotifyRate
            | TimerReason::Subscription
            | TimerReason::Think
            | TimerReason::PullRetry
            | TimerReason::Answer
            | TimerReason::PullService
            | TimerReason::SessionGuard => ctx.observe(Fact::Stray),
        }
    }

    fn recipient(&mut self, user: UserId) -> &mut Recipient {
        self.recipients.entry(user.index() / self.instances.max(1) as usize)
    }

    /// What travels with a request to a user.
    fn own_meta(&mut self, ctx: &Context<'_>, user: UserId, procedure: Procedure, class: u16) -> Meta {
        let recipient = self.recipient(user);
        recipient.numbers += 1;
        Meta::new(procedure, class, ctx.now, Scope::push_user(user), recipient.numbers)
    }
}
