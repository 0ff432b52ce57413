//! Plain roles: a source starts datagrams or SIP transactions, relays and proxies pass them on along their path, a sink
//! takes or answers them. Queueing and loss systems are built from these.

use super::census::Census;
use super::observation::Fact;
use super::outbox::{Context, Input, Outgoing};
use super::procedure::{Meta, Procedure, Scope};
use super::proxy::{Incoming, Lapse, Owner, Proxy, TokenCounter, refuse_statelessly, reply};
use super::timer::TimerReason;
use super::transactions::{ServerTx, Transactions, send_ack};
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::{Distribution, EntityId, EventHandle, Purpose};
use crate::protocol::sip::{AckWait, SuccessResponse};
use crate::wire::datagram::Datagram;
use crate::wire::sip::{Contact, ContactHeader, Method, Party, Route, RouteKind, Sip, SipMessage, Uri};
use crate::wire::{Message, Token};

/// A workload of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct PlainWorkload {
    /// Instances of each node behind the source in order, the sink last. An item takes the instances by its number.
    pub path: Vec<Vec<EntityId>>,
    /// What an item is.
    pub kind: PlainKind,
}

/// What an item of a plain workload is.
#[derive(Clone, Debug, PartialEq)]
pub enum PlainKind {
    /// A datagram of this many octets.
    Datagram {
        /// Octets.
        size: Distribution,
    },
    /// A SIP transaction.
    Transaction {
        /// INVITE, else MESSAGE.
        invite: bool,
        /// Final status that the sink gives.
        status: u16,
        /// Time from request to final response, seconds.
        answer_delay: Distribution,
        /// Whether the sink answers at once with a provisional response: an INVITE with 180, a MESSAGE with 100.
        provisional: bool,
    },
}

impl PlainWorkload {
    /// The node at a position of the path for an item.
    fn hop(&self, position: usize, number: u32) -> Option<EntityId> {
        let instances = self.path.get(position)?;
        let count = u32::try_from(instances.len()).ok().filter(|count| *count > 0)?;
        Some(instances[(number % count) as usize])
    }
}

/// An item under way at a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Item {
    workload: u16,
    number: u32,
}

/// A request at a sink that is not answered, or whose 2xx is not acknowledged.
#[derive(Clone, Debug)]
struct Served {
    tx: ServerTx,
    meta: Meta,
    response: Sip,
    machine: Option<SuccessResponse>,
    timer: EventHandle,
}

/// A source, relay, proxy or sink.
#[derive(Clone, Debug, Default)]
pub struct Plain {
    transactions: Transactions<Owner<Item>>,
    proxy: Proxy,
    served: Slab<Served>,
    /// 2xx waiting for their ACK, by Call-ID.
    unacknowledged: Lookup<Token, u32>,
    tokens: TokenCounter,
}

impl Plain {
    /// What is open.
    pub fn census(&self) -> Census {
        Census {
            transactions: self.transactions.open() as u64,
            contexts: self.proxy.open() as u64,
            ..Census::default()
        }
    }

    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Command(super::outbox::Command::Start { workload, number }) => self.start(ctx, workload, number),
            Input::Message { message: Message::Datagram(datagram), meta, .. } => pass_datagram(ctx, datagram, meta),
            Input::Message { from, message: Message::Sip(message), meta, tcp } => {
                match self.proxy.receive(ctx, &mut self.transactions, from, message, meta, tcp) {
                    Incoming::Request { tx, request } => self.on_request(ctx, tx, request, meta),
                    Incoming::Ack(ack) => self.on_ack(ctx, ack, meta),
                    Incoming::Own { owner, response, successes } => {
                        self.on_response(ctx, owner, response, Meta { copy: successes, ..meta });
                    }
                    Incoming::Proxied(step) => step.carry_out(ctx, &mut self.transactions),
                    Incoming::Nothing => {}
                }
            }
            Input::Overload { from, message: Message::Sip(request), meta, retry_after } => {
                refuse_statelessly(ctx, from, &request, meta, retry_after);
            }
            Input::Timer { reason, subject } => self.on_timer(ctx, reason, subject),
            Input::Restart { .. } => *self = Plain { tokens: self.tokens, ..Plain::default() },
            Input::Message { .. } | Input::Overload { .. } | Input::Command(_) => ctx.observe(Fact::Stray),
        }
    }

    fn start(&mut self, ctx: &mut Context<'_>, workload: u16, number: u32) {
        let Some(plan) = ctx.shared.plain.get(usize::from(workload)).and_then(Option::as_ref) else { return };
        let transaction = matches!(plan.kind, PlainKind::Transaction { .. });
        ctx.observe(Fact::ItemSent { workload, number, transaction });
        let origin = Scope::workload(u32::from(workload));
        match &plan.kind {
            PlainKind::Datagram { size } => {
                let streams = &ctx.shared.streams;
                let octets = size.count(|| streams.draw(origin.0, Purpose::MessageSize, u64::from(number)));
                let octets = u32::try_from(octets).unwrap_or(u32::MAX);
                let Some(to) = plan.hop(0, number) else { return };
                let meta = Meta::new(Procedure::Datagram, workload, ctx.now, origin, number);
                send_datagram(ctx, to, Datagram { workload, hop: 0, octets }, meta);
            }
            PlainKind::Transaction { invite, .. } => {
                let meta = Meta::new(Procedure::Transaction, workload, ctx.now, origin, number);
                let request = self.build_request(ctx, plan, *invite, number);
                let Some(to) = plan.hop(0, number) else { return };
                let branch = self.tokens.next(ctx.me);
                let owner = Owner::Own(Item { workload, number });
                self.transactions.send(ctx, to, request, branch, meta, owner);
            }
        }
    }

    fn build_request(&mut self, ctx: &Context<'_>, plan: &PlainWorkload, invite: bool, number: u32) -> SipMessage {
        let sink = plan.hop(plan.path.len() - 1, number).unwrap_or(ctx.me);
        let method = if invite { Method::Invite } else { Method::Message };
        let from = Party { uri: Uri::Node(ctx.me), tag: Some(self.tokens.next(ctx.me)) };
        let to = Party { uri: Uri::Node(sink), tag: None };
        let call_id = self.tokens.next(ctx.me);
        let mut request = SipMessage::request(method, Uri::Node(sink), from, to, call_id, 1);
        request.contact = ContactHeader::One(Contact::plain(Uri::Node(ctx.me)));
        for position in (0..plan.path.len() - 1).rev() {
            if let Some(node) = plan.hop(position, number) {
                let _ = request.route.try_push(Route { node, kind: RouteKind::Plain });
            }
        }
        request
    }

    fn on_request(&mut self, ctx: &mut Context<'_>, tx: ServerTx, mut request: Sip, meta: Meta) {
        if request.uri() != Some(Uri::Node(ctx.me)) {
            return self.pass_request(ctx, tx, request);
        }
        request.route.clear();
        if request.method() == Method::Cancel {
            return reply(ctx, &mut self.transactions, &mut self.tokens, tx, 200);
        }
        ctx.observe(Fact::RequestReceived { workload: meta.class, number: meta.number });
        let Some(PlainKind::Transaction { status, answer_delay, provisional, invite }) =
            ctx.shared.plain.get(usize::from(meta.class)).and_then(Option::as_ref).map(|plan| &plan.kind)
        else {
            return reply(ctx, &mut self.transactions, &mut self.tokens, tx, 404);
        };
        let tag = self.tokens.next(ctx.me);
        if *provisional {
            let (status, tag) = if *invite { (180, Some(tag)) } else { (100, None) };
            let progress = SipMessage::response_to(&request, status, tag);
            self.transactions.respond(ctx, tx, progress);
        }
        let mut response = SipMessage::response_to(&request, *status, Some(tag));
        response.contact = ContactHeader::One(Contact::plain(Uri::Node(ctx.me)));
        let streams = &ctx.shared.streams;
        let delay = answer_delay.span(|| streams.draw(meta.origin.0, Purpose::AnswerDelay, u64::from(meta.number)));
        let response = response.into();
        let at = self.served.insert(Served { tx, meta, response, machine: None, timer: EventHandle::NONE });
        if delay.is_zero() {
            self.answer(ctx, at);
        } else {
            ctx.set_timer(delay, TimerReason::Answer, at);
        }
    }

    fn answer(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(served) = self.served.get_mut(at) else { return };
        let (tx, response) = (served.tx, served.response.clone());
        let is_success = response.status().is_some_and(|status| status < 300);
        if response.method() == Method::Invite && is_success {
            let peer = response.top_via().map_or(ctx.me, |via| via.branch.entity());
            let machine = SuccessResponse::sent(ctx.now, ctx.shared.timers(ctx.me, peer));
            served.timer = ctx.set_timer(machine.first_wait(), TimerReason::SuccessResponse, at);
            served.machine = Some(machine);
            self.unacknowledged.insert(response.call_id, at);
        } else {
            self.served.remove(at);
        }
        self.transactions.respond(ctx, tx, response);
    }

    fn on_ack(&mut self, ctx: &mut Context<'_>, mut ack: Sip, meta: Meta) {
        if ack.uri() == Some(Uri::Node(ctx.me)) {
            if let Some(at) = self.unacknowledged.remove(&ack.call_id)
                && let Some(mut served) = self.served.remove(at)
            {
                ctx.cancel_timer(&mut served.timer);
            }
        } else if let Some(next) = super::p_cscf::next_hop_in_dialog(ctx, &mut ack) {
            let branch = self.tokens.next(ctx.me);
            send_ack(ctx, next, ack, branch, meta.next_hop());
        }
    }

    fn on_ack_wait(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(served) = self.served.get_mut(at) else { return };
        match served.machine.as_mut().map(|machine| machine.on_timer(ctx.now)) {
            Some(AckWait::Retransmit(wait)) => {
                served.timer = ctx.set_timer(wait, TimerReason::SuccessResponse, at);
                let (tx, response) = (served.tx, served.response.clone());
                self.transactions.respond(ctx, tx, response);
            }
            Some(AckWait::GiveUp) | None => {
                if let Some(served) = self.served.remove(at) {
                    self.unacknowledged.remove(&served.response.call_id);
                    ctx.observe(Fact::NoAck { workload: served.meta.class, began: served.meta.began });
                }
            }
        }
    }

    /// Passes a request on along its Route.
    fn pass_request(&mut self, ctx: &mut Context<'_>, tx: ServerTx, mut request: Sip) {
        if request.method() == Method::Cancel {
            return self.proxy.on_cancel(ctx, &mut self.transactions, tx, &request, &mut self.tokens);
        }
        if request.max_forwards == 0 {
            return reply(ctx, &mut self.transactions, &mut self.tokens, tx, 483);
        }
        super::p_cscf::record_route(ctx, &mut request);
        match super::p_cscf::next_hop_in_dialog(ctx, &mut request) {
            Some(next) => {
                self.proxy.forward_to(ctx, &mut self.transactions, tx, next, request, &mut self.tokens);
            }
            None => reply(ctx, &mut self.transactions, &mut self.tokens, tx, 404),
        }
    }

    fn on_response(&mut self, ctx: &mut Context<'_>, item: Item, response: Sip, meta: Meta) {
        let status = response.status().unwrap_or(0);
        let Item { workload, number } = item;
        ctx.observe(Fact::ItemAnswered { workload, number, began: meta.began, status });
        if response.method() == Method::Invite && (200..300).contains(&status) {
            self.acknowledge(ctx, &response, meta);
        }
    }

    fn acknowledge(&mut self, ctx: &mut Context<'_>, response: &SipMessage, meta: Meta) {
        let Some(contact) = response.contact.first() else { return };
        let mut ack =
            SipMessage::request(Method::Ack, contact.uri, response.from, response.to, response.call_id, response.cseq);
        for node in response.record_route.iter().rev() {
            let _ = ack.route.try_push(Route { node: *node, kind: RouteKind::Plain });
        }
        let next = match (ack.route.last(), contact.uri) {
            (Some(route), _) => Some(route.node),
            (None, Uri::Node(node)) => Some(node),
            (None, _) => None,
        };
        if let Some(next) = next {
            let branch = self.tokens.next(ctx.me);
            let meta = Meta { leg: 0, ..meta };
            send_ack(ctx, next, ack, branch, meta);
        }
    }

    fn on_timer(&mut self, ctx: &mut Context<'_>, reason: TimerReason, subject: u32) {
        match reason {
            TimerReason::Answer => self.answer(ctx, subject),
            TimerReason::SuccessResponse => self.on_ack_wait(ctx, subject),
            TimerReason::ProxyInvite => {
                self.proxy.on_timer(ctx, &mut self.transactions, subject).carry_out(ctx, &mut self.transactions);
            }
            TimerReason::Transaction(timer) => {
                match self.proxy.on_transaction_timer(ctx, &mut self.transactions, timer, subject) {
                    Lapse::Own(Item { workload, number }) => ctx.observe(Fact::ItemFailed { workload, number }),
                    Lapse::Proxied(step) => step.carry_out(ctx, &mut self.transactions),
                    Lapse::Nothing => {}
                }
            }
            TimerReason::Query
            | TimerReason::Subscription
            | TimerReason::SubscriptionExpiry
            | TimerReason::SessionGuard
            | TimerReason::Fetch
            | TimerReason::Session(..)
            | TimerReason::RuleSubscription
            | TimerReason::Xcap
            | TimerReason::SCscf(_)
            | TimerReason::Terminal(_)
            | TimerReason::Pf(_)
            | TimerReason::PushSender(_)
            | TimerReason::Messaging(_)
            | TimerReason::MsrpRelay(_) => ctx.observe(Fact::Stray),
        }
    }
}

/// Passes a datagram on to the next node of its path, or takes it at the end.
fn pass_datagram(ctx: &mut Context<'_>, datagram: Datagram, meta: Meta) {
    let plan = ctx.shared.plain.get(usize::from(datagram.workload)).and_then(Option::as_ref);
    let next = plan.and_then(|plan| plan.hop(usize::from(datagram.hop) + 1, meta.number));
    match next {
        Some(to) => send_datagram(ctx, to, Datagram { hop: datagram.hop + 1, ..datagram }, meta.next_hop()),
        None => {
            let (workload, number) = (datagram.workload, meta.number);
            ctx.observe(Fact::ItemDone { workload, number, began: meta.began });
        }
    }
}

fn send_datagram(ctx: &mut Context<'_>, to: EntityId, datagram: Datagram, meta: Meta) {
    let from = ctx.me;
    let message = Message::Datagram(datagram);
    ctx.out.send(Outgoing { from, to, message, meta, transmission: 0, tcp: false, opens: false });
}
