//! IP Short Message Gateway (3GPP TS 23.204, 24.341): takes short messages like an MSC and sends them as SIP MESSAGEs
//! through the S-CSCF. The terminal acknowledges each with a MESSAGE of its own (RP-ACK), apart from the 200. One that
//! cannot be reached over IMS is tried over its MSC.
//!
//! Not modelled: the registration of the gateway at the HLR when a terminal registers. With `over_ip` the HLR names the
//! gateway for every terminal, and the gateway finds out.

use super::Fact;
use super::census::Census;
use super::messaging::send;
use super::outbox::{Context, Input};
use super::procedure::Meta;
use super::proxy::{Owner, TokenCounter, reply};
use super::timer::{MessagingTimer, TimerReason};
use super::transactions::{Expired, Received, Transactions};
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::{EntityId, EventHandle, Span};
use crate::wire::map::{Map, Operation, Step};
use crate::wire::sip::{Body, Method, Party, Route, RouteKind, SipMessage, Uri};
use crate::wire::sms::{Rp, ShortMessage};
use crate::wire::{Message, Token};
use std::sync::Arc;

/// The terminal has this long for its RP-ACK after its 200 (TR1N of 3GPP TS 24.011).
const ACKNOWLEDGEMENT_TIMEOUT: Span = Span::from_secs(40);

/// The MSC has this long for what the gateway hands to it.
const MSC_TIMEOUT: Span = Span::from_secs(120);

/// A short message on its way over IMS or, failing that, over the MSC.
#[derive(Clone, Copy, Debug)]
struct Delivery {
    from: EntityId,
    map: Map,
    meta: Meta,
    /// Runs from the 200 to the RP-ACK, or until the MSC answers.
    timer: EventHandle,
}

/// One IP-SM-GW instance.
#[derive(Clone, Debug, Default)]
pub struct IpSmGw {
    transactions: Transactions<Owner<(Token, u8)>>,
    deliveries: Slab<Delivery>,
    by_message: Lookup<(Token, u8), u32>,
    tokens: TokenCounter,
}

impl IpSmGw {
    /// What is open.
    pub fn census(&self) -> Census {
        let (short_deliveries, transactions) = (self.deliveries.len() as u64, self.transactions.open() as u64);
        Census { short_deliveries, transactions, ..Census::default() }
    }

    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Message { from, message: Message::Map(map), meta, .. } => self.on_map(ctx, from, *map, meta),
            Input::Message { from, message: Message::Sip(message), meta, tcp } => {
                match self.transactions.receive(ctx, from, message, meta, tcp) {
                    Received::Request { tx, request } => {
                        // The RP-ACK is taken with 202: it goes on to the service centre.
                        let status = if request.method() == Method::Message { 202 } else { 405 };
                        reply(ctx, &mut self.transactions, &mut self.tokens, tx, status);
                        if let Body::Sms(relay) = &request.body
                            && let Rp::Ack { id, segment } = **relay
                        {
                            self.on_acknowledged(ctx, id, segment, meta);
                        }
                    }
                    Received::Response { owner: Owner::Own(about), response, .. } => {
                        let status = response.status().unwrap_or(0);
                        if let Some(&at) = self.by_message.get(&about) {
                            self.on_final(ctx, at, status);
                        }
                    }
                    Received::Response { .. } | Received::Ack(_) | Received::Nothing => {}
                }
            }
            Input::Timer { reason: TimerReason::Transaction(timer), subject } => {
                if let Expired::Request { owner: Owner::Own(about), .. } =
                    self.transactions.on_timer(ctx, timer, subject)
                    && let Some(&at) = self.by_message.get(&about)
                {
                    self.fall_back(ctx, at);
                }
            }
            Input::Timer { reason: TimerReason::Messaging(MessagingTimer::ShortMessage), subject } => {
                if let Some(delivery) = self.deliveries.get_mut(subject) {
                    delivery.timer = EventHandle::NONE;
                    self.finish(ctx, subject, Step::Absent);
                }
            }
            Input::Restart { .. } => *self = IpSmGw { tokens: self.tokens, ..IpSmGw::default() },
            Input::Message { .. } | Input::Overload { .. } | Input::Timer { .. } | Input::Command(_) => {
                ctx.observe(Fact::Stray);
            }
        }
    }

    fn on_map(&mut self, ctx: &mut Context<'_>, from: EntityId, map: Map, meta: Meta) {
        match (map.operation, map.step, map.message) {
            (Operation::Forward, Step::Request, Some(message)) => {
                // One that is still under way was given up by the service centre, which tries again.
                if let Some(&before) = self.by_message.get(&(message.id, message.segment)) {
                    self.take(ctx, before);
                }
                let at = self.deliveries.insert(Delivery { from, map, meta, timer: EventHandle::NONE });
                let before = self.by_message.insert((message.id, message.segment), at);
                // A service centre that tries again has given up the attempt before.
                if let Some(mut given_up) = before.and_then(|before| self.deliveries.remove(before)) {
                    ctx.cancel_timer(&mut given_up.timer);
                }
                self.send_over_ip(ctx, at, message, meta);
            }
            // What the MSC says after the gateway has fallen back to it.
            (Operation::Forward, Step::Done | Step::Absent, Some(message)) => {
                if let Some(&at) = self.by_message.get(&(message.id, message.segment)) {
                    self.finish(ctx, at, map.step);
                }
            }
            (
                Operation::Forward
                | Operation::RoutingInfo
                | Operation::ReportStatus
                | Operation::Ready
                | Operation::Alert,
                _,
                _,
            ) => ctx.observe(Fact::Stray),
        }
    }

    fn send_over_ip(&mut self, ctx: &mut Context<'_>, at: u32, message: ShortMessage, meta: Meta) {
        let (user, _) = ctx.shared.names.terminal_owner(message.to);
        let Some(s_cscf) = ctx.shared.s_cscf_of(user) else { return self.fall_back(ctx, at) };
        let me = Uri::Node(ctx.me);
        let from = Party { uri: me, tag: Some(self.tokens.next(ctx.me)) };
        let to = Party { uri: Uri::User(user), tag: None };
        let call_id = self.tokens.next(ctx.me);
        let mut request = SipMessage::request(Method::Message, Uri::PublicGruu(message.to), from, to, call_id, 1);
        request.headers.p_asserted_identity = Some(me);
        request.headers.p_charging_vector = Some(self.tokens.next(ctx.me));
        let centre = self.deliveries.get(at).map_or(ctx.me, |delivery| delivery.map.centre);
        request.body = Body::Sms(Arc::new(Rp::Data { centre, message }));
        request.route.push(Route { node: s_cscf, kind: RouteKind::Plain });
        let branch = self.tokens.next(ctx.me);
        self.transactions.send(
            ctx,
            s_cscf,
            request,
            branch,
            meta.next_hop(),
            Owner::Own((message.id, message.segment)),
        );
    }

    fn on_final(&mut self, ctx: &mut Context<'_>, at: u32, status: u16) {
        match status {
            0..200 => {}
            200..300 => {
                // The RP-ACK may have come before the 200.
                if let Some(delivery) = self.deliveries.get_mut(at) {
                    ctx.cancel_timer(&mut delivery.timer);
                    delivery.timer = ctx.set_timer(ACKNOWLEDGEMENT_TIMEOUT, MessagingTimer::ShortMessage, at);
                }
            }
            _ => self.fall_back(ctx, at),
        }
    }

    /// Hands the short message to the MSC.
    fn fall_back(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(delivery) = self.deliveries.get_mut(at) else { return };
        ctx.cancel_timer(&mut delivery.timer);
        delivery.timer = ctx.set_timer(MSC_TIMEOUT, MessagingTimer::ShortMessage, at);
        let delivery = *delivery;
        match ctx.shared.msc_of(delivery.map.terminal) {
            Some(msc) => send(ctx, msc, Message::Map(Box::new(delivery.map)), delivery.meta.next_hop()),
            None => self.finish(ctx, at, Step::Absent),
        }
    }

    fn on_acknowledged(&mut self, ctx: &mut Context<'_>, id: Token, segment: u8, meta: Meta) {
        if let Some(&at) = self.by_message.get(&(id, segment)) {
            if let Some(delivery) = self.deliveries.get_mut(at) {
                delivery.meta = meta;
            }
            self.finish(ctx, at, Step::Done);
        }
    }

    /// Forgets a delivery.
    fn take(&mut self, ctx: &mut Context<'_>, at: u32) -> Option<Delivery> {
        let mut delivery = self.deliveries.remove(at)?;
        ctx.cancel_timer(&mut delivery.timer);
        if let Some(message) = delivery.map.message {
            self.by_message.remove(&(message.id, message.segment));
        }
        Some(delivery)
    }

    fn finish(&mut self, ctx: &mut Context<'_>, at: u32, step: Step) {
        let Some(delivery) = self.take(ctx, at) else { return };
        let answer = Map { step, ..delivery.map };
        send(ctx, delivery.from, Message::Map(Box::new(answer)), delivery.meta.next_hop());
    }
}
