//! What a management session does in turn, deferred deliveries, and the serial rule: no second MESSAGE to a client
//! while one is pending (RFC 3428 section 8; policy `serial_window`).

use super::push_mode::address;
use super::queue::{Item, ItemState, Settled};
use super::{Delivery, Own, Pf};
use crate::agents::observation::{Fact, Fate};
use crate::agents::outbox::Context;
use crate::agents::policies::{DeliverTo, Snapshot};
use crate::agents::procedure::Procedure;
use crate::agents::proxy::Owner;
use crate::kernel::EntityId;
use crate::wire::sip::body::{CpmAction, Notification};
use crate::wire::sip::{AcceptContact, Body, FeatureTags, Method, Party, Route, RouteKind, SipMessage, Uri};
use crate::wire::{Token, UserId};
use std::collections::VecDeque;
use std::sync::Arc;

/// A MESSAGE that waits for its turn.
#[derive(Clone, Debug)]
pub(super) enum Job {
    /// A notification.
    Notification(Arc<Notification>),
    /// A deferred message, for a management session.
    Delivery { session: u32, id: Token },
}

/// The MESSAGEs to one client.
#[derive(Clone, Debug)]
pub(super) struct ClientOutbox {
    terminal: EntityId,
    pending: u32,
    waiting: VecDeque<Job>,
}

impl ClientOutbox {
    pub(super) fn push(&mut self, job: Job) {
        self.waiting.push_back(job);
    }

    /// Whether a delivery of `session` to `terminal` waits here.
    pub(super) fn holds(&self, terminal: EntityId, session: u32) -> bool {
        self.terminal == terminal
            && self.waiting.iter().any(|job| match job {
                Job::Delivery { session: of, .. } => *of == session,
                Job::Notification(_) => false,
            })
    }

    /// MESSAGEs that are pending or wait.
    pub(super) fn open(&self) -> u64 {
        u64::from(self.pending) + self.waiting.len() as u64
    }

    /// MESSAGEs that are pending.
    pub(super) fn pending(&self) -> u32 {
        self.pending
    }

    /// The client.
    pub(super) fn terminal(&self) -> EntityId {
        self.terminal
    }

    pub(super) fn is_idle(&self) -> bool {
        self.pending == 0 && self.waiting.is_empty()
    }
}

impl Pf {
    pub(super) fn outbox(&mut self, user: UserId, terminal: EntityId) -> &mut ClientOutbox {
        let outboxes = &mut self.deferred(user).outboxes;
        let at = outboxes.iter().position(|outbox| outbox.terminal == terminal).unwrap_or_else(|| {
            outboxes.push(ClientOutbox { terminal, pending: 0, waiting: VecDeque::new() });
            outboxes.len() - 1
        });
        &mut outboxes[at]
    }

    /// Sends what the window allows.
    // req: O-12
    pub(super) fn pump(&mut self, ctx: &mut Context<'_>, user: UserId, terminal: EntityId) {
        let window = ctx.policies().serial_window;
        loop {
            let outbox = self.outbox(user, terminal);
            if outbox.pending >= window {
                return;
            }
            let Some(job) = outbox.waiting.pop_front() else { return };
            outbox.pending += 1;
            match job {
                Job::Notification(notification) => self.send_notification(ctx, user, terminal, notification),
                Job::Delivery { session, id } => self.send_delivery(ctx, user, terminal, session, id),
            }
        }
    }

    /// A MESSAGE to a client has its final response or timed out.
    pub(super) fn message_settled(&mut self, ctx: &mut Context<'_>, user: UserId, terminal: EntityId, to_all: bool) {
        ctx.observe(Fact::MessageSettled(address(user, terminal, to_all)));
        self.slot_freed(ctx, user, terminal);
    }

    /// The next of what waits for a client has its turn.
    pub(super) fn slot_freed(&mut self, ctx: &mut Context<'_>, user: UserId, terminal: EntityId) {
        let outbox = self.outbox(user, terminal);
        outbox.pending = outbox.pending.saturating_sub(1);
        self.pump(ctx, user, terminal);
        self.tidy_up(user);
    }

    /// Begins what a session has to do next, deliveries as many as the window takes.
    // req: CPM-PF-13, CPM-PF-14, CPM-PF-15, CPM-PF-16a
    pub(super) fn advance(&mut self, ctx: &mut Context<'_>, at: u32) {
        let (window, snapshot) = (ctx.policies().serial_window, ctx.policies().snapshot);
        let Some(session) = self.sessions.get(at) else { return };
        let user = session.user;
        // To all at once one goes after the other: RFC 3428 section 8 speaks of one URI.
        let window = match (session.to_all, self.is_reporting_to(user)) {
            (true, true) => 0,
            (true, false) => 1,
            (false, _) => window,
        };
        while let Some(session) = self.sessions.get_mut(at) {
            let takes_all = session.listed.is_none() && !session.is_push();
            let dequeues = snapshot == Snapshot::AtDequeue && takes_all && !session.failed;
            let next = match session.todo.front().copied() {
                Some((_, CpmAction::Deliver)) | None if session.outstanding >= window => break,
                Some(next) => {
                    session.todo.pop_front();
                    Some(next)
                }
                None if dequeues => self.claim_next(user).map(|id| (id, CpmAction::Deliver)),
                None => None,
            };
            let Some((id, action)) = next else { break };
            match action {
                CpmAction::Deliver => self.begin_delivery(ctx, at, id),
                CpmAction::Delete => self.delete(ctx, at, id),
                CpmAction::Store => self.begin_exchange(ctx, user, id, Some(at), Fate::Stored),
                CpmAction::Interwork => self.begin_exchange(ctx, user, id, Some(at), Fate::Interworked),
            }
        }
    }

    /// Hands a delivery to the outbox of the client that asked, and copies to those of other clients by policy.
    // req: O-1
    fn begin_delivery(&mut self, ctx: &mut Context<'_>, at: u32, id: Token) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        session.outstanding += 1;
        let (user, terminal, is_push) = (session.user, session.terminal, session.is_push());
        self.outbox(user, terminal).push(Job::Delivery { session: at, id });
        self.pump(ctx, user, terminal);
        if is_push || ctx.policies().deferral.deliver_to == DeliverTo::Requester {
            return;
        }
        let Some(item) = self.deferred(user).queue.get(id).cloned() else { return };
        let others: Vec<EntityId> = self
            .user(user)
            .clients
            .iter()
            .filter(|client| client.takes(ctx, &item))
            .map(|client| client.terminal)
            .filter(|other| *other != terminal && !item.had_by.contains(other))
            .collect();
        for other in others {
            let Some(session) = self.sessions.get_mut(at) else { return };
            session.copies += 1;
            self.deferred(user).queue.claim(id);
            self.outbox(user, other).push(Job::Delivery { session: at, id });
            self.pump(ctx, user, other);
        }
    }

    fn claim_next(&mut self, user: UserId) -> Option<Token> {
        let queue = &mut self.deferred(user).queue;
        let id = queue.iter().find(|item| item.is_addressable()).map(|item| item.id)?;
        queue.claim(id);
        Some(id)
    }

    // req: CPM-PF-16a
    fn send_delivery(&mut self, ctx: &mut Context<'_>, user: UserId, terminal: EntityId, session: u32, id: Token) {
        let item = self.deferred(user).queue.get(id).filter(|item| item.is_shared()).cloned();
        let (Some(item), Some(s_cscf)) = (item, ctx.shared.s_cscf_of(user)) else {
            // Another session or its expiry has taken the message meanwhile: nothing is left to send.
            self.deferred(user).queue.release(id);
            let outbox = self.outbox(user, terminal);
            outbox.pending = outbox.pending.saturating_sub(1);
            return self.on_delivery_gone(ctx, session, terminal);
        };
        let to_all = self.sessions.get(session).is_some_and(|session| session.to_all);
        let uri = address(user, terminal, to_all);
        let delivery = Delivery { user, terminal, to_all, session, message: id };
        let mut request = self.build_delivery(ctx, user, uri, &item);
        request.route.push(Route { node: s_cscf, kind: RouteKind::Plain });
        self.deferred(user).queue.sent(id);
        if item.large {
            self.send_large(ctx, s_cscf, request, &item, delivery);
            return self.on_delivery_sent(ctx, session);
        }
        ctx.observe(Fact::MessagePending(uri));
        let meta = self.own_meta(ctx, user, Procedure::DeferredDelivery, item.class);
        let owner = Owner::Own(Own::Delivery(delivery));
        let branch = self.tokens.next(ctx.me);
        self.transactions.send(ctx, s_cscf, request, branch, meta, owner);
        self.on_delivery_sent(ctx, session);
    }

    fn build_delivery(&mut self, ctx: &Context<'_>, user: UserId, uri: Uri, item: &Item) -> SipMessage {
        let from = Party { uri: Uri::User(item.cpim.from), tag: Some(self.tokens.next(ctx.me)) };
        let to = Party { uri: Uri::User(user), tag: None };
        let (method, features) =
            if item.large { (Method::Invite, FeatureTags::LARGE_MSG) } else { (Method::Message, FeatureTags::MSG) };
        let mut request = SipMessage::request(method, uri, from, to, self.tokens.next(ctx.me), 1);
        request.headers.accept_contact = Some(AcceptContact { features, require: true, explicit: true });
        request.headers.p_asserted_identity = Some(Uri::User(item.cpim.from));
        request.headers.p_asserted_service = features;
        request.headers.p_charging_vector = Some(self.tokens.next(ctx.me));
        request.headers.conversation = Some(item.cpim.message_id);
        if !item.large {
            request.body = Body::Cpim(item.cpim);
        }
        request
    }

    /// A delivery got its final response or timed out.
    // req: O-3
    pub(super) fn on_delivery_final(&mut self, ctx: &mut Context<'_>, delivery: Delivery, status: Option<u16>) {
        let Delivery { user, terminal, to_all: _, session: at, message: id } = delivery;
        let delivered = status.is_some_and(|status| (200..300).contains(&status));
        let settled = self.deferred(user).queue.delivered(id, delivered.then_some(terminal));
        if let Some(Settled { item, newly_gone }) = settled {
            let message = item.cpim.message_id;
            if newly_gone {
                self.note_gone(ctx, user, &item, Fate::Delivered);
                let session = self.sessions.get_mut(at).filter(|session| item.came_during == Some(session.name()));
                if let Some(session) = session {
                    session.included += 1;
                }
            } else if let (true, ItemState::Gone(fate)) = (delivered, item.state) {
                ctx.observe(Fact::DeliveredAfter { message, fate });
            }
            if !delivered {
                ctx.observe(Fact::DeliveryFailed { message, status });
                self.on_failed_delivery(ctx, user, &item);
            }
        }
        self.on_delivery_settled(ctx, at, terminal, delivered);
    }
}
