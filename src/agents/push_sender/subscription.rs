//! The subscription method: terminals subscribe to content, and it comes in NOTIFY (RFC 6665). Each subscription is a
//! channel of its own from the sender to one terminal; content for a user without one waits for the next.

use super::{Own, PushSender};
use crate::agents::outbox::Context;
use crate::agents::procedure::Procedure;
use crate::agents::proxy::{Owner, reply};
use crate::agents::transactions::ServerTx;
use crate::kernel::{EntityId, Span};
use crate::wire::sip::headers::{EventPackage, TerminationReason};
use crate::wire::sip::{Body, Contact, ContactHeader, SipMessage, Uri};
use crate::wire::{Token, UserId};
use std::collections::VecDeque;

/// What the sender keeps of a subscription: one NOTIFY is under way at a time, in the order of the pushes.
#[derive(Clone, Debug, Default)]
pub(super) struct Feed {
    /// A NOTIFY has no final response, and the delivery that it makes.
    pending: Option<Option<u32>>,
    waiting: VecDeque<u32>,
}

impl PushSender {
    // req: PUSH-G-5, PUSH-G-6
    pub(super) fn on_subscribe(&mut self, ctx: &mut Context<'_>, from: EntityId, tx: ServerTx, request: &SipMessage) {
        let (Uri::User(user), Some(EventPackage::Push)) = (request.from.uri, request.headers.event) else {
            return reply(ctx, &mut self.transactions, &mut self.tokens, tx, 489);
        };
        let asked = Span::from_secs(u64::from(request.expires.unwrap_or(0)));
        let granted = asked.min(ctx.policies().push.subscription_expires);
        let tag = request.to.tag.unwrap_or_else(|| self.tokens.next(ctx.me));
        let Some(at) = self.feeds.on_subscribe(ctx, request, from, user, tag, granted) else {
            return reply(ctx, &mut self.transactions, &mut self.tokens, tx, 481);
        };
        let mut response = SipMessage::response_to(request, 200, Some(tag));
        response.expires = Some(u32::try_from(granted.as_secs()).unwrap_or(u32::MAX));
        response.contact = ContactHeader::One(Contact::plain(Uri::Node(ctx.me)));
        self.transactions.respond(ctx, tx, response);
        if granted.is_zero() {
            return self.end_feed(ctx, at, Some(TerminationReason::Timeout));
        }
        let mut waiting = self.awaiting.remove(&user).unwrap_or_default();
        self.awaiting_count -= waiting.len() as u64;
        if let Some(feed) = self.feeds.get_mut(at) {
            feed.state.waiting.append(&mut waiting);
            if feed.state.pending.is_none() {
                // Every SUBSCRIBE is answered by a notification, with or without content.
                let next = feed.state.waiting.pop_front();
                self.send_notify(ctx, at, next);
            }
        }
    }

    /// Sends a delivery to the terminals of its user that have subscribed; one delivery for each.
    pub(super) fn queue_notify(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(Uri::User(user)) = self.deliveries.get(at).map(|delivery| delivery.address) else { return };
        let feeds = self.feeds.of_user(user);
        let Some((&first, others)) = feeds.split_first() else {
            self.awaiting_count += 1;
            return self.awaiting.entry(user).push_back(at);
        };
        for &feed in others {
            if let Some(copy) = self.copy_of(at) {
                self.enqueue(ctx, feed, copy);
            }
        }
        self.enqueue(ctx, first, at);
    }

    fn enqueue(&mut self, ctx: &mut Context<'_>, at: u32, delivery: u32) {
        let Some(feed) = self.feeds.get_mut(at) else { return };
        if feed.state.pending.is_some() {
            feed.state.waiting.push_back(delivery);
        } else {
            self.send_notify(ctx, at, Some(delivery));
        }
    }

    fn send_notify(&mut self, ctx: &mut Context<'_>, at: u32, delivery: Option<u32>) {
        let Some(feed) = self.feeds.get_mut(at) else { return };
        feed.state.pending = Some(delivery);
        let user = feed.user;
        let Some((to, mut request)) = self.feeds.notify(ctx, at, EventPackage::Push, None) else { return };
        if let Some(push) = delivery.and_then(|delivery| self.content_of(ctx, delivery)) {
            request.body = Body::Push(push);
        }
        let class = match delivery {
            Some(delivery) => ctx.shared.pushes[usize::from(self.order_of(delivery))].class,
            None => ctx.shared.class_of_terminal(ctx.shared.names.terminals_of(user).0),
        };
        self.send_in_feed(ctx, user, to, request, class);
    }

    fn send_in_feed(&mut self, ctx: &mut Context<'_>, user: UserId, to: EntityId, request: SipMessage, class: u16) {
        let meta = self.own_meta(ctx, user, Procedure::Subscription, class);
        let owner = Owner::Own(Own::Notify { call_id: request.call_id });
        let branch = self.tokens.next(ctx.me);
        self.transactions.send(ctx, to, request, branch, meta, owner);
    }

    /// A NOTIFY has its final response, or none. The failures end the subscription (RFC 6665 section 4.2.2).
    // req: PUSH-G-7
    pub(super) fn on_notify_final(&mut self, ctx: &mut Context<'_>, call_id: Token, status: Option<u16>) {
        let Some(at) = self.feeds.with_call_id(call_id) else { return };
        let Some(feed) = self.feeds.get_mut(at) else { return };
        let delivery = feed.state.pending.take().flatten();
        if let Some(delivery) = delivery {
            self.on_delivery_end(ctx, delivery, status);
        }
        let is_over = matches!(status, None | Some(404 | 405 | 410 | 416 | 480..=485 | 489 | 501 | 604));
        if is_over {
            return self.end_feed(ctx, at, None);
        }
        let next = self.feeds.get_mut(at).and_then(|feed| feed.state.waiting.pop_front());
        if next.is_some() {
            self.send_notify(ctx, at, next);
        }
    }

    /// A subscription expired without refresh.
    pub(super) fn on_feed_expiry(&mut self, ctx: &mut Context<'_>, at: u32) {
        self.end_feed(ctx, at, Some(TerminationReason::Timeout));
    }

    /// The notifier ends all subscriptions of a user's terminals.
    // req: PUSH-G-5
    pub(super) fn end_subscriptions(&mut self, ctx: &mut Context<'_>, user: UserId) {
        for at in self.feeds.of_user(user) {
            self.end_feed(ctx, at, Some(TerminationReason::Deactivated));
        }
    }

    /// Ends a subscription, by a last NOTIFY where `reason` is given; what it had not delivered is lost.
    fn end_feed(&mut self, ctx: &mut Context<'_>, at: u32, reason: Option<TerminationReason>) {
        if let Some(reason) = reason
            && let Some((to, request)) = self.feeds.notify(ctx, at, EventPackage::Push, Some(reason))
            && let Some(user) = self.feeds.get_mut(at).map(|feed| feed.user)
        {
            let class = ctx.shared.class_of_terminal(ctx.shared.names.terminals_of(user).0);
            self.send_in_feed(ctx, user, to, request, class);
        }
        let Some(feed) = self.feeds.remove(ctx, at) else { return };
        for delivery in feed.state.pending.flatten().into_iter().chain(feed.state.waiting) {
            self.on_delivery_end(ctx, delivery, Some(481));
        }
    }
}
