//! How deferred messages leave the queue other than by a delivery: deletion, expiry, and what their senders are told.

use super::Pf;
use super::queue::{Item, ItemState};
use crate::agents::observation::{Fact, Fate};
use crate::agents::outbox::Context;
use crate::agents::policies::ExpiryAction;
use crate::agents::timer::PfTimer;
use crate::kernel::Time;
use crate::wire::sip::body::{Disposition, NotificationKind};
use crate::wire::{Token, UserId};

impl Pf {
    /// Takes a message out of the queue and reports on it. False where it is not in the queue.
    // req: CPM-PF-13, CPM-PF-15
    pub(super) fn decide(&mut self, ctx: &mut Context<'_>, user: UserId, id: Token, fate: Fate) -> bool {
        let Some(item) = self.deferred(user).queue.take(id, fate) else { return false };
        self.note_gone(ctx, user, &item, fate);
        let asked = item.cpim.dispositions;
        let disposition = match fate {
            Fate::Deleted | Fate::Expired => asked.negative_delivery.then_some(Disposition::Failed),
            Fate::Stored => {
                let counts = ctx.policies().deferral.stored_counts_as_delivered;
                (asked.positive_delivery && counts).then_some(Disposition::Delivered)
            }
            // The client, or the far side, reports itself.
            Fate::Delivered | Fate::Interworked => None,
        };
        if let Some(disposition) = disposition {
            self.report_on(ctx, &item.cpim, item.class, disposition);
        }
        true
    }

    pub(super) fn note_gone(&self, ctx: &mut Context<'_>, user: UserId, item: &Item, fate: Fate) {
        let overdue = item.expires_at <= ctx.now;
        ctx.observe(Fact::Dequeued {
            user,
            message: item.cpim.message_id,
            fate,
            was_sent: item.sent > 0,
            overdue,
            class: item.class,
            deferred_at: item.deferred_at,
            stranded: item.stranded,
        });
    }

    /// A client wants a message deleted.
    pub(super) fn delete(&mut self, ctx: &mut Context<'_>, at: u32, id: Token) {
        let Some(user) = self.sessions.get(at).map(|session| session.user) else { return };
        let in_flight = self.deferred(user).queue.get(id).is_some_and(|item| item.state == ItemState::Delivering);
        let deleted = self.decide(ctx, user, id, Fate::Deleted);
        if deleted && in_flight {
            ctx.observe(Fact::DeletedInFlight);
        }
        self.deferred(user).queue.release(id);
        self.note_handled(at, deleted);
    }

    /// An instruction other than delivery has been worked off, or came too late.
    pub(super) fn note_handled(&mut self, at: u32, done: bool) {
        if let Some(session) = self.sessions.get_mut(at) {
            session.handled += u32::from(done);
            session.ignored += u32::from(!done);
        }
    }

    /// A delivery of a message failed: it waits for the next trigger, or is given up.
    // req: O-3, O-5
    pub(super) fn on_failed_delivery(&mut self, ctx: &mut Context<'_>, user: UserId, item: &Item) {
        if !item.is_live() {
            return;
        }
        let attempts = ctx.policies().deferral.delivery_attempts_max;
        if item.is_addressable() && attempts.is_some_and(|most| item.failures >= most) {
            return self.give_up(ctx, user, item.id);
        }
        if ctx.policies().notify_on.failed_delivery {
            self.notify_again(ctx, user);
        }
    }

    /// Sees to it that the PF wakes up when the next message of a user expires.
    // req: CPM-PF-22
    pub(super) fn arm_expiry(&mut self, ctx: &mut Context<'_>, user: UserId) {
        let (lock, grace) = (ctx.policies().deferral.message_lock, ctx.policies().deferral.expiry_grace);
        let Some(deferred) = self.user(user).deferred.as_mut() else { return };
        let due = |item: &Item| if item.expiry_told { item.expires_at.saturating_add(grace) } else { item.expires_at };
        let Some(next) = deferred.queue.live().filter(|item| item.can_expire(lock)).map(due).min() else { return };
        if next < Time::MAX && (deferred.expiry_at <= ctx.now || next < deferred.expiry_at) {
            deferred.expiry_at = next.max(ctx.now);
            ctx.set_timer(deferred.expiry_at.since(ctx.now), PfTimer::MessageExpiry, user.0);
        }
    }

    pub(super) fn on_expiry(&mut self, ctx: &mut Context<'_>, user: UserId) {
        let (lock, grace) = (ctx.policies().deferral.message_lock, ctx.policies().deferral.expiry_grace);
        let tells = ctx.policies().deferral.expiry_notification;
        let Some(deferred) = self.user(user).deferred.as_mut().filter(|deferred| deferred.expiry_at == ctx.now) else {
            return;
        };
        let mut expired = Vec::new();
        let mut over = Vec::new();
        for item in deferred.queue.live_mut().filter(|item| item.expires_at <= ctx.now && item.can_expire(lock)) {
            if tells && !item.expiry_told {
                item.expiry_told = true;
                expired.push(item.entry());
            }
            if !item.expiry_told || item.expires_at.saturating_add(grace) <= ctx.now {
                over.push((item.id, item.state));
            }
        }
        if !expired.is_empty() {
            let kind = if over.is_empty() { NotificationKind::Expiring } else { NotificationKind::Expired };
            self.notify_expiry(ctx, user, &expired, kind);
        }
        for (id, state) in over {
            if state == ItemState::Delivering || state == ItemState::InService {
                ctx.observe(Fact::ExpiredInService);
            }
            self.give_up(ctx, user, id);
        }
        self.arm_expiry(ctx, user);
        self.tidy_up(user);
    }

    /// What the operator does with a message that nobody took in time.
    fn give_up(&mut self, ctx: &mut Context<'_>, user: UserId, id: Token) {
        match ctx.policies().deferral.expiry_action {
            ExpiryAction::Discard => {
                self.decide(ctx, user, id, Fate::Expired);
            }
            ExpiryAction::Store => {
                self.deferred(user).queue.give_up(id);
                self.begin_exchange(ctx, user, id, None, Fate::Stored);
            }
            ExpiryAction::Interwork => {
                self.deferred(user).queue.give_up(id);
                self.begin_exchange(ctx, user, id, None, Fate::Interworked);
            }
        }
    }
}
