//! Mobile Switching Centre, as far as short messages need it: which terminals are attached, and the exchange of a short
//! message with one of them, one at a time (3GPP TS 23.040, 24.011). A terminal that does not answer is absent; when it
//! attaches again, the HLR is told.

use super::census::Census;
use super::messaging::send;
use super::outbox::{Context, Input};
use super::procedure::Meta;
use super::proxy::TokenCounter;
use super::timer::{MessagingTimer, TimerReason};
use crate::kernel::lookup::Lookup;
use crate::kernel::{EntityId, EventHandle, Purpose};
use crate::wire::Message;
use crate::wire::map::{Map, Operation, Step};
use crate::wire::sms::{Radio, RadioLine, Rp};
use std::collections::VecDeque;

/// A delivery that an MSC was asked for.
#[derive(Clone, Copy, Debug)]
struct Delivery {
    from: EntityId,
    map: Map,
    meta: Meta,
}

/// What an MSC knows of a terminal that got a short message, or left.
#[derive(Clone, Debug, Default)]
struct Subscriber {
    /// The terminal has said that it leaves.
    detached: bool,
    /// A delivery failed: the HLR wants to know when the terminal is back.
    missed: bool,
    attempts: u32,
    /// Deliveries in order; the first is under way.
    queue: VecDeque<Delivery>,
    timer: Option<EventHandle>,
}

/// One MSC instance.
#[derive(Clone, Debug, Default)]
pub struct Msc {
    subscribers: Lookup<EntityId, Subscriber>,
    under_way: u64,
    tokens: TokenCounter,
}

impl Msc {
    /// What is open.
    pub fn census(&self) -> Census {
        Census { short_deliveries: self.under_way, ..Census::default() }
    }

    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Message { from, message: Message::Map(map), meta, .. } => self.on_map(ctx, from, *map, meta),
            Input::Message { message: Message::Sms(radio), meta, .. } => self.on_radio(ctx, &radio, meta),
            Input::Timer { reason: TimerReason::Messaging(MessagingTimer::Paging), subject } => {
                let terminal = EntityId(subject);
                self.subscribers.entry(terminal).timer = None;
                self.finish(ctx, terminal, Step::Absent, None);
            }
            Input::Restart { .. } => *self = Msc { tokens: self.tokens, ..Msc::default() },
            Input::Message { .. } | Input::Overload { .. } | Input::Timer { .. } | Input::Command(_) => {
                ctx.observe(super::Fact::Stray);
            }
        }
    }

    fn on_map(&mut self, ctx: &mut Context<'_>, from: EntityId, map: Map, meta: Meta) {
        match (map.operation, map.step) {
            (Operation::Forward, Step::Request) => {
                self.under_way += 1;
                let subscriber = self.subscribers.entry(map.terminal);
                subscriber.queue.push_back(Delivery { from, map, meta });
                if subscriber.queue.len() == 1 {
                    self.begin(ctx, map.terminal);
                }
            }
            (Operation::Ready, Step::Done | Step::Absent) => {}
            (Operation::RoutingInfo | Operation::ReportStatus | Operation::Alert | Operation::Ready, _)
            | (Operation::Forward, Step::Done | Step::Absent) => ctx.observe(super::Fact::Stray),
        }
    }

    /// Begins the first delivery of a terminal's queue. Those of a detached terminal are answered at once.
    fn begin(&mut self, ctx: &mut Context<'_>, terminal: EntityId) {
        let settings = &ctx.shared.messaging.sms;
        while self.subscribers.entry(terminal).detached && self.answer(ctx, terminal, Step::Absent, None) {}
        let subscriber = self.subscribers.entry(terminal);
        let Some(delivery) = subscriber.queue.front().copied() else { return };
        subscriber.attempts += 1;
        let attempt = u64::from(subscriber.attempts);
        subscriber.timer = Some(ctx.set_timer(settings.paging_timeout, MessagingTimer::Paging, terminal.0));
        let share = settings.radio_failure;
        let fails = share > 0.0 && ctx.shared.streams.draw(terminal.0, Purpose::RadioFailure, attempt).chance(share);
        if let (false, Some(message)) = (fails, delivery.map.message) {
            let relay = Some(Rp::Data { centre: delivery.map.centre, message });
            let radio = Radio { terminal, line: RadioLine::Data, relay };
            send(ctx, terminal, Message::Sms(Box::new(radio)), delivery.meta.next_hop());
        }
    }

    /// Answers the delivery under way, and begins the next.
    fn finish(&mut self, ctx: &mut Context<'_>, terminal: EntityId, step: Step, meta: Option<Meta>) {
        if self.answer(ctx, terminal, step, meta) {
            self.begin(ctx, terminal);
        }
    }

    /// Answers the first delivery of a terminal's queue. Whether there was one.
    fn answer(&mut self, ctx: &mut Context<'_>, terminal: EntityId, step: Step, meta: Option<Meta>) -> bool {
        let subscriber = self.subscribers.entry(terminal);
        let Some(delivery) = subscriber.queue.pop_front() else { return false };
        subscriber.missed |= step == Step::Absent;
        if let Some(mut timer) = subscriber.timer.take() {
            ctx.cancel_timer(&mut timer);
        }
        self.under_way -= 1;
        let answer = Map { step, ..delivery.map };
        let meta = meta.unwrap_or(delivery.meta).next_hop();
        send(ctx, delivery.from, Message::Map(Box::new(answer)), meta);
        true
    }

    fn on_radio(&mut self, ctx: &mut Context<'_>, radio: &Radio, meta: Meta) {
        let terminal = radio.terminal;
        match radio.line {
            RadioLine::Report => {
                let answer = Radio { terminal, line: RadioLine::Acknowledgement, relay: radio.relay };
                let meta = meta.next_hop();
                send(ctx, terminal, Message::Sms(Box::new(answer)), meta);
                if self.is_under_way(terminal, radio.relay) {
                    self.finish(ctx, terminal, Step::Done, Some(meta));
                }
            }
            RadioLine::Attach => {
                let answer = Radio { terminal, line: RadioLine::Attached, relay: None };
                send(ctx, terminal, Message::Sms(Box::new(answer)), meta.next_hop());
                self.on_attached(ctx, terminal, meta.next_hop());
            }
            RadioLine::Detach => self.subscribers.entry(terminal).detached = true,
            RadioLine::Acknowledgement => {}
            RadioLine::Data | RadioLine::Attached => ctx.observe(super::Fact::Stray),
        }
    }

    fn is_under_way(&mut self, terminal: EntityId, relay: Option<Rp>) -> bool {
        let front = self.subscribers.entry(terminal).queue.front().and_then(|delivery| delivery.map.message);
        match (front, relay) {
            (Some(message), Some(Rp::Ack { id, segment })) => message.id == id && message.segment == segment,
            (Some(_) | None, Some(Rp::Ack { .. } | Rp::Data { .. }) | None) => false,
        }
    }

    fn on_attached(&mut self, ctx: &mut Context<'_>, terminal: EntityId, meta: Meta) {
        let Some(subscriber) = self.subscribers.get_mut(&terminal) else { return };
        subscriber.detached = false;
        if !std::mem::take(&mut subscriber.missed) || !ctx.shared.messaging.sms.alert {
            return;
        }
        let Some(hlr) = ctx.shared.hlr_of(terminal) else { return };
        let (transaction, centre) = (self.tokens.next(ctx.me), ctx.me);
        let (operation, step) = (Operation::Ready, Step::Request);
        let ready = Map { transaction, centre, terminal, operation, step, serving: None, message: None };
        send(ctx, hlr, Message::Map(Box::new(ready)), meta.next_hop());
    }
}
