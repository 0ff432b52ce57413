//! Short Message Service Centre: stores and forwards (3GPP TS 23.040). It asks the HLR who serves a terminal, forwards
//! segment by segment, and tries again by its schedule, or as soon as the HLR says that the terminal is back, until the
//! message expires.

use super::Fact;
use super::census::Census;
use super::messaging::{MessagingFact, send};
use super::outbox::{Context, Input};
use super::procedure::Meta;
use super::proxy::TokenCounter;
use super::timer::{MessagingTimer, TimerReason};
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::{EntityId, EventHandle, Span, Time};
use crate::wire::map::{Map, Operation, Step};
use crate::wire::smpp::{self, Smpp, SmppLine};
use crate::wire::sms::ShortMessage;
use crate::wire::{Message, Token};

/// A MAP operation without an answer for this long has failed.
const MAP_TIMEOUT: Span = Span::from_secs(120);

/// Where a short message stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// The HLR is asked.
    Routing,
    /// A segment is on its way to the node that serves the terminal.
    Forwarding(EntityId),
    /// The next segment has not been submitted yet.
    Incomplete(EntityId),
    /// Attempts failed; the next is due later.
    Waiting,
}

/// A short message in store.
#[derive(Clone, Copy, Debug)]
struct Item {
    /// Its first segment.
    message: ShortMessage,
    /// Segments that were submitted.
    have: u8,
    /// Segment to forward next.
    next: u8,
    /// Attempts that failed.
    failed: u32,
    taken: Time,
    state: State,
    timer: EventHandle,
    meta: Meta,
}

/// One SMSC instance.
#[derive(Clone, Debug, Default)]
pub struct Smsc {
    items: Slab<Item>,
    by_id: Lookup<Token, u32>,
    tokens: TokenCounter,
}

impl Smsc {
    /// What is open.
    pub fn census(&self) -> Census {
        Census { short_messages: self.items.len() as u64, ..Census::default() }
    }

    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Message { from, message: Message::Smpp(smpp), meta, .. } => self.on_submit(ctx, from, &smpp, meta),
            Input::Message { from, message: Message::Map(map), meta, .. } => self.on_map(ctx, from, &map, meta),
            Input::Timer { reason: TimerReason::Messaging(MessagingTimer::ShortMessage), subject } => {
                self.on_timer(ctx, subject);
            }
            Input::Restart { keeps_data } => {
                // What was under way is tried again at once where the store is kept.
                let kept = if keeps_data { std::mem::take(&mut self.items) } else { Slab::default() };
                *self = Smsc { tokens: self.tokens, ..Smsc::default() };
                for (_, item) in kept.iter() {
                    let at = self.items.insert(Item { timer: EventHandle::NONE, ..*item });
                    self.by_id.insert(item.message.id, at);
                    self.route(ctx, at);
                }
            }
            Input::Message { .. } | Input::Overload { .. } | Input::Timer { .. } | Input::Command(_) => {
                ctx.observe(Fact::Stray);
            }
        }
    }

    fn on_submit(&mut self, ctx: &mut Context<'_>, from: EntityId, submitted: &Smpp, meta: Meta) {
        if submitted.line != SmppLine::Submit {
            return ctx.observe(Fact::Stray);
        }
        let line = SmppLine::Response(smpp::OK);
        send(ctx, from, Message::Smpp(Box::new(Smpp { line, ..*submitted })), meta.answer());
        let message = submitted.message;
        if let Some(&at) = self.by_id.get(&message.id) {
            let Some(item) = self.items.get_mut(at) else { return };
            item.have = item.have.saturating_add(1);
            if let State::Incomplete(serving) = item.state {
                item.state = State::Forwarding(serving);
                self.forward(ctx, at, meta);
            }
            return;
        }
        ctx.observe(Fact::Messaging(MessagingFact::ShortTaken));
        let message = ShortMessage { segment: 1, at: ctx.now, ..message };
        let item = Item {
            message,
            have: 1,
            next: 1,
            failed: 0,
            taken: ctx.now,
            state: State::Routing,
            timer: EventHandle::NONE,
            meta,
        };
        let at = self.items.insert(item);
        self.by_id.insert(message.id, at);
        self.route(ctx, at);
    }

    /// Asks who serves the terminal.
    fn route(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(item) = self.items.get_mut(at) else { return };
        ctx.cancel_timer(&mut item.timer);
        let terminal = item.message.to;
        let Some(hlr) = ctx.shared.hlr_of(terminal) else { return ctx.observe(Fact::Stray) };
        item.state = State::Routing;
        item.timer = ctx.set_timer(MAP_TIMEOUT, MessagingTimer::ShortMessage, at);
        item.meta = item.meta.next_hop();
        let meta = item.meta;
        let request = self.request(ctx, at, Operation::RoutingInfo);
        send(ctx, hlr, request, meta);
    }

    fn request(&mut self, ctx: &Context<'_>, at: u32, operation: Operation) -> Message {
        let transaction = self.tokens.next(ctx.me);
        let item = self.items.get(at).expect("the caller has looked the item up");
        let message = ShortMessage { segment: item.next, ..item.message };
        Message::Map(Box::new(Map {
            transaction,
            centre: ctx.me,
            terminal: item.message.to,
            operation,
            step: Step::Request,
            serving: None,
            // Every operation says in the simulator what it is about; only MT-ForwardSM carries it on the wire.
            message: Some(message),
        }))
    }

    fn forward(&mut self, ctx: &mut Context<'_>, at: u32, meta: Meta) {
        let Some(item) = self.items.get_mut(at) else { return };
        let State::Forwarding(serving) = item.state else { return };
        ctx.cancel_timer(&mut item.timer);
        item.meta = meta.next_hop();
        if item.next > item.have {
            item.state = State::Incomplete(serving);
            item.timer = ctx.set_timer(MAP_TIMEOUT, MessagingTimer::ShortMessage, at);
            return;
        }
        item.timer = ctx.set_timer(MAP_TIMEOUT, MessagingTimer::ShortMessage, at);
        let meta = item.meta;
        let request = self.request(ctx, at, Operation::Forward);
        send(ctx, serving, request, meta);
    }

    fn on_map(&mut self, ctx: &mut Context<'_>, from: EntityId, map: &Map, meta: Meta) {
        match (map.operation, map.step) {
            (Operation::Alert, Step::Request) => {
                let answer = Map { step: Step::Done, ..*map };
                send(ctx, from, Message::Map(Box::new(answer)), meta.next_hop());
                self.on_alert(ctx, map.terminal);
            }
            (Operation::RoutingInfo, Step::Done) => {
                let Some(at) = self.position(map, |state| state == State::Routing) else { return };
                let item = self.items.get_mut(at).expect("the position was just found");
                match map.serving {
                    Some(serving) => {
                        item.state = State::Forwarding(serving);
                        self.forward(ctx, at, meta);
                    }
                    None => self.on_failure(ctx, at, meta, false),
                }
            }
            (Operation::Forward, Step::Done) => {
                let Some(at) = self.position(map, |state| matches!(state, State::Forwarding(_))) else { return };
                self.on_segment_delivered(ctx, at, meta);
            }
            (Operation::Forward, Step::Absent) => {
                let Some(at) = self.position(map, |state| matches!(state, State::Forwarding(_))) else { return };
                self.on_failure(ctx, at, meta, true);
            }
            (Operation::ReportStatus, Step::Done | Step::Absent) => {}
            (Operation::RoutingInfo, Step::Request | Step::Absent)
            | (Operation::Forward | Operation::ReportStatus, Step::Request)
            | (Operation::Alert, Step::Done | Step::Absent)
            | (Operation::Ready, _) => ctx.observe(Fact::Stray),
        }
    }

    /// The item that an answer is about, if it is still in such a state and at that segment.
    fn position(&self, map: &Map, fits: impl Fn(State) -> bool) -> Option<u32> {
        let message = map.message?;
        let at = *self.by_id.get(&message.id)?;
        self.items.get(at).filter(|item| fits(item.state) && item.next == message.segment).map(|_| at)
    }

    fn on_segment_delivered(&mut self, ctx: &mut Context<'_>, at: u32, meta: Meta) {
        let item = self.items.get_mut(at).expect("the caller has found the item");
        if item.next < item.message.segments {
            item.next += 1;
            return self.forward(ctx, at, meta);
        }
        let (taken, class) = (item.taken, item.meta.class);
        self.remove(ctx, at);
        ctx.observe(Fact::Messaging(MessagingFact::ShortDelivered { taken, class }));
    }

    fn on_failure(&mut self, ctx: &mut Context<'_>, at: u32, meta: Meta, absent: bool) {
        let settings = &ctx.shared.messaging.sms;
        let item = self.items.get_mut(at).expect("the caller has found the item");
        ctx.cancel_timer(&mut item.timer);
        ctx.observe(Fact::Messaging(MessagingFact::ShortAttemptFailed { first: item.failed == 0 }));
        let last = settings.retry.len().saturating_sub(1);
        let wait = settings.retry.get((item.failed as usize).min(last)).copied().unwrap_or(settings.validity);
        item.failed += 1;
        item.state = State::Waiting;
        item.meta = meta.next_hop();
        let left = (item.taken + settings.validity).since(ctx.now);
        item.timer = ctx.set_timer(wait.min(left).max(Span::from_nanos(1)), MessagingTimer::ShortMessage, at);
        let (meta, terminal) = (item.meta, item.message.to);
        if let (true, Some(hlr)) = (absent && settings.alert, ctx.shared.hlr_of(terminal)) {
            let report = self.request(ctx, at, Operation::ReportStatus);
            send(ctx, hlr, report, meta);
        }
    }

    fn on_alert(&mut self, ctx: &mut Context<'_>, terminal: EntityId) {
        let is_waiting = |item: &Item| item.message.to == terminal && item.state == State::Waiting;
        let waiting: Vec<u32> = self.items.iter().filter(|(_, item)| is_waiting(item)).map(|(at, _)| at).collect();
        for at in waiting {
            self.route(ctx, at);
        }
    }

    fn on_timer(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(item) = self.items.get_mut(at) else { return };
        item.timer = EventHandle::NONE;
        if ctx.now >= item.taken + ctx.shared.messaging.sms.validity {
            self.remove(ctx, at);
            return ctx.observe(Fact::Messaging(MessagingFact::ShortExpired));
        }
        match item.state {
            State::Waiting => self.route(ctx, at),
            State::Routing | State::Forwarding(_) | State::Incomplete(_) => {
                let meta = item.meta;
                self.on_failure(ctx, at, meta, false);
            }
        }
    }

    fn remove(&mut self, ctx: &mut Context<'_>, at: u32) {
        if let Some(mut item) = self.items.remove(at) {
            ctx.cancel_timer(&mut item.timer);
            self.by_id.remove(&item.message.id);
        }
    }
}
