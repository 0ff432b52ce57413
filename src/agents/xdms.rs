//! XML Document Management Server: keeps the do-not-disturb rule of each user (enabler CPM, allow-do-not-disturb),
//! which terminals set and clear by XCAP (RFC 4825), and tells the PFs that subscribed to changes (`xcap-diff`,
//! RFC 5875).
//! Terminals and PFs reach it directly: no aggregation proxy, no SIP/IP core on the way of its NOTIFYs. Of a document
//! only the one rule is modelled.

use super::census::Census;
use super::observation::Fact;
use super::outbox::{Context, Input};
use super::procedure::{Meta, Procedure, Scope};
use super::proxy::{Owner, TokenCounter, refuse_statelessly, reply};
use super::timer::TimerReason;
use super::transactions::{Expired, Received, ServerTx, Transactions};
use super::xcap;
use crate::kernel::{EntityId, EventHandle, Span};
use crate::protocol::sip::Dialog;
use crate::wire::http::{Http, HttpMethod, HttpStart};
use crate::wire::sip::body::XcapDiff;
use crate::wire::sip::headers::{EventPackage, SubscriptionState};
use crate::wire::sip::{Body, Contact, ContactHeader, Method, Sip, SipMessage, Uri};
use crate::wire::{Message, Token, UserId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A request of the XDMS: the NOTIFY of the subscription with this Call-ID.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Notify(Token);

/// A PF that is told about the users that it serves.
#[derive(Clone, Debug)]
struct Subscription {
    subscriber: EntityId,
    dialog: Dialog,
    expires: EventHandle,
    /// A NOTIFY has no answer yet; the next one waits for it, so that none overtakes another.
    pending: bool,
    /// The next NOTIFY names every user with the rule.
    full: bool,
    /// Changes that the next NOTIFY tells of.
    changes: BTreeMap<UserId, bool>,
}

/// One XDMS instance.
#[derive(Clone, Debug, Default)]
pub struct Xdms {
    transactions: Transactions<Owner<Notify>>,
    /// Users with the rule.
    rules: BTreeSet<UserId>,
    /// In order of their first SUBSCRIBE; there is one for each PF instance.
    subscriptions: Vec<Subscription>,
    tokens: TokenCounter,
    numbers: u32,
}

impl Xdms {
    /// What is open.
    pub fn census(&self) -> Census {
        Census { transactions: self.transactions.open() as u64, ..Census::default() }
    }

    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Message { from, message: Message::Http(http), meta, .. } => self.on_http(ctx, from, &http, meta),
            Input::Message { from, message: Message::Sip(message), meta, tcp } => {
                match self.transactions.receive(ctx, from, message, meta, tcp) {
                    Received::Request { tx, request } => self.on_request(ctx, from, tx, &request),
                    Received::Response { owner: Owner::Own(notify), response, .. } => {
                        self.on_notify_answer(ctx, notify, response.status());
                    }
                    Received::Response { owner: Owner::Proxied { .. } | Owner::Cancel, .. } | Received::Ack(_) => {
                        ctx.observe(Fact::Stray);
                    }
                    Received::Nothing => {}
                }
            }
            Input::Overload { from, message: Message::Http(http), meta, .. } => {
                ctx.observe(Fact::Rejected);
                xcap::respond(ctx, from, &http, 503, false, meta);
            }
            Input::Overload { from, message: Message::Sip(request), meta, retry_after } => {
                refuse_statelessly(ctx, from, &request, meta, retry_after);
            }
            Input::Timer { reason: TimerReason::RuleSubscription, subject } => {
                self.subscriptions.retain(|subscription| subscription.subscriber != EntityId(subject));
            }
            Input::Timer { reason: TimerReason::Transaction(timer), subject } => {
                if let Expired::Request { owner: Owner::Own(notify), .. } =
                    self.transactions.on_timer(ctx, timer, subject)
                {
                    self.on_notify_answer(ctx, notify, None);
                }
            }
            Input::Restart { keeps_data } => self.restart(ctx, keeps_data),
            Input::Message { .. } | Input::Overload { .. } | Input::Timer { .. } | Input::Command(_) => {
                ctx.observe(Fact::Stray);
            }
        }
    }

    /// Starts anew, with or without the rules. Subscriptions are gone either way.
    fn restart(&mut self, ctx: &mut Context<'_>, keeps_data: bool) {
        let rules = std::mem::take(&mut self.rules);
        if !keeps_data {
            rules.iter().for_each(|user| ctx.observe(Fact::RuleChanged { user: *user, is_set: false }));
        }
        let rules = if keeps_data { rules } else { BTreeSet::new() };
        *self = Xdms { rules, tokens: self.tokens, numbers: self.numbers, ..Xdms::default() };
    }

    // req: CPM-PF-1
    fn on_http(&mut self, ctx: &mut Context<'_>, from: EntityId, http: &Http, meta: Meta) {
        let HttpStart::RuleRequest(method, user) = http.start else { return ctx.observe(Fact::Stray) };
        let is_set = self.rules.contains(&user);
        let (status, with_rule) = match method {
            HttpMethod::Get if is_set => (200, true),
            HttpMethod::Put => (200, false),
            HttpMethod::Delete if is_set => (200, false),
            HttpMethod::Get | HttpMethod::Delete => (404, false),
            HttpMethod::Post => (405, false),
        };
        xcap::respond(ctx, from, http, status, with_rule, meta);
        match method {
            HttpMethod::Put if !is_set => self.change(ctx, user, true),
            HttpMethod::Delete if is_set => self.change(ctx, user, false),
            HttpMethod::Get | HttpMethod::Post | HttpMethod::Put | HttpMethod::Delete => {}
        }
    }

    fn change(&mut self, ctx: &mut Context<'_>, user: UserId, is_set: bool) {
        if is_set {
            self.rules.insert(user);
        } else {
            self.rules.remove(&user);
        }
        ctx.observe(Fact::RuleChanged { user, is_set });
        let serving = ctx.shared.pf_of(user);
        for at in 0..self.subscriptions.len() {
            if Some(self.subscriptions[at].subscriber) == serving {
                self.subscriptions[at].changes.insert(user, is_set);
                self.tell(ctx, at);
            }
        }
    }

    /// Sends the NOTIFY that is due to a subscriber, unless one before it is pending.
    // req: CPM-PF-2
    fn tell(&mut self, ctx: &mut Context<'_>, at: usize) {
        let subscription = &mut self.subscriptions[at];
        if subscription.pending || !subscription.full && subscription.changes.is_empty() {
            return;
        }
        let changes = std::mem::take(&mut subscription.changes);
        let full = std::mem::take(&mut subscription.full);
        let subscriber = subscription.subscriber;
        let rules = if full {
            let served = self.rules.iter().filter(|user| ctx.shared.pf_of(**user) == Some(subscriber));
            served.map(|user| (*user, true)).collect()
        } else {
            changes.into_iter().collect()
        };
        subscription.pending = true;
        let mut request = subscription.dialog.request(Method::Notify);
        request.headers.event = Some(EventPackage::XcapDiff);
        let left = u32::try_from(ctx.policies().reg_event_expires.as_secs()).unwrap_or(u32::MAX);
        request.headers.subscription_state = Some(SubscriptionState::Active(left));
        request.contact = ContactHeader::One(Contact::plain(Uri::Node(ctx.me)));
        request.body = Body::XcapDiff(Arc::new(XcapDiff { full, rules }));
        self.numbers += 1;
        let meta = Meta::new(Procedure::DoNotDisturb, 0, ctx.now, Scope::entity(ctx.me), self.numbers);
        let (branch, owner) = (self.tokens.next(ctx.me), Owner::Own(Notify(request.call_id)));
        self.transactions.send(ctx, subscriber, request, branch, meta, owner);
    }

    fn on_notify_answer(&mut self, ctx: &mut Context<'_>, Notify(call_id): Notify, status: Option<u16>) {
        let Some(at) = self.subscriptions.iter().position(|known| known.dialog.call_id == call_id) else { return };
        if status.is_some_and(|status| (200..300).contains(&status)) {
            self.subscriptions[at].pending = false;
            return self.tell(ctx, at);
        }
        // The subscriber is gone (RFC 6665 section 4.2.2); it subscribes anew when its refresh is refused.
        let mut subscription = self.subscriptions.remove(at);
        ctx.cancel_timer(&mut subscription.expires);
    }

    fn on_request(&mut self, ctx: &mut Context<'_>, from: EntityId, tx: ServerTx, request: &Sip) {
        match request.method() {
            Method::Subscribe => self.subscribe(ctx, from, tx, request),
            Method::Register
            | Method::Invite
            | Method::Ack
            | Method::Bye
            | Method::Cancel
            | Method::Message
            | Method::Notify
            | Method::Options => reply(ctx, &mut self.transactions, &mut self.tokens, tx, 405),
        }
    }

    fn subscribe(&mut self, ctx: &mut Context<'_>, from: EntityId, tx: ServerTx, request: &SipMessage) {
        let known = self.subscriptions.iter().position(|known| known.dialog.call_id == request.call_id);
        if known.is_none() && request.to.tag.is_some() {
            return reply(ctx, &mut self.transactions, &mut self.tokens, tx, 481);
        }
        let tag = request.to.tag.unwrap_or_else(|| self.tokens.next(ctx.me));
        let Some(dialog) = Dialog::of_callee(request, tag) else {
            return reply(ctx, &mut self.transactions, &mut self.tokens, tx, 400);
        };
        let asked = Span::from_secs(u64::from(request.expires.unwrap_or(0)));
        let granted = asked.min(ctx.policies().reg_event_expires);
        let mut response = SipMessage::response_to(request, 200, Some(tag));
        response.expires = Some(u32::try_from(granted.as_secs()).unwrap_or(u32::MAX));
        response.contact = ContactHeader::One(Contact::plain(Uri::Node(ctx.me)));
        self.transactions.respond(ctx, tx, response);
        let at = known.unwrap_or_else(|| {
            // A new subscription of a PF takes the place of one that it has forgotten.
            if let Some(old) = self.subscriptions.iter().position(|old| old.subscriber == from) {
                let mut old = self.subscriptions.remove(old);
                ctx.cancel_timer(&mut old.expires);
            }
            self.subscriptions.push(Subscription {
                subscriber: from,
                dialog,
                expires: EventHandle::NONE,
                pending: false,
                full: true,
                changes: BTreeMap::new(),
            });
            self.subscriptions.len() - 1
        });
        let timer = ctx.set_timer(granted, TimerReason::RuleSubscription, from.0);
        let subscription = &mut self.subscriptions[at];
        ctx.cancel_timer(&mut subscription.expires);
        subscription.expires = timer;
        subscription.full = true;
        self.tell(ctx, at);
    }
}
