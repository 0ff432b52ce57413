//! One content to a community: the users of a group one after the other, at a pace that spares the network.

use super::PushSender;
use crate::agents::outbox::Context;
use crate::agents::timer::PushSenderTimer;
use crate::wire::UserId;

/// A broadcast under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Broadcast {
    order: u16,
    size: u32,
    /// The next user, by position in the audience.
    next: u32,
}

impl PushSender {
    /// Begins a broadcast. Several instances share the audience and keep the common pace.
    pub(super) fn broadcast(&mut self, ctx: &mut Context<'_>, size: u32, order: u16) {
        let Some(audience) = ctx.shared.pushes[usize::from(order)].audience else { return };
        let spec = &ctx.shared.pushes[usize::from(order)];
        let mine = (0..audience.users).find(|at| spec.sender_of(UserId(audience.first.0 + at)) == ctx.me);
        let Some(next) = mine else { return };
        let at = self.broadcasts.insert(Broadcast { order, size, next });
        ctx.set_timer(audience.gap * u64::from(next), PushSenderTimer::Pace, at);
    }

    /// The turn of the next user, and of those behind it that need not wait.
    pub(super) fn on_pace(&mut self, ctx: &mut Context<'_>, at: u32) {
        while let Some(broadcast) = self.broadcasts.get_mut(at) {
            let spec = &ctx.shared.pushes[usize::from(broadcast.order)];
            let (Some(audience), step) = (spec.audience, spec.senders.len() as u32) else { return };
            let user = UserId(audience.first.0 + broadcast.next);
            let (size, order) = (broadcast.size, broadcast.order);
            broadcast.next += step;
            let is_last = broadcast.next >= audience.users;
            if is_last {
                self.broadcasts.remove(at);
            } else if !audience.gap.is_zero() {
                ctx.set_timer(audience.gap * u64::from(step), PushSenderTimer::Pace, at);
            }
            self.push(ctx, user, size, order);
            if is_last || !audience.gap.is_zero() {
                return;
            }
        }
    }
}
