//! A push to a user: which terminals it goes to, one delivery for each address, and what became of it.

use super::PushSender;
use super::order::{MethodChoice, Targets};
use crate::agents::observation::{Fact, PushOutcome};
use crate::agents::outbox::Context;
use crate::kernel::{EntityId, Time};
use crate::wire::sip::Uri;
use crate::wire::{Token, UserId};

/// A push to one user.
#[derive(Clone, Debug)]
pub(super) struct Push {
    /// Content-ID.
    pub(super) content: Token,
    pub(super) user: UserId,
    pub(super) order: u16,
    pub(super) size: u32,
    pub(super) submitted_at: Time,
    /// Deliveries that have not ended.
    open: u32,
    outcome: Option<PushOutcome>,
}

/// The content on its way to one address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delivery {
    pub(super) push: u32,
    pub(super) address: Uri,
}

impl PushSender {
    /// Takes on a push of `size` octets to a user.
    pub(super) fn push(&mut self, ctx: &mut Context<'_>, user: UserId, size: u32, order: u16) {
        let spec = &ctx.shared.pushes[usize::from(order)];
        let selected = ctx.shared.interests_of(user).contains(spec.interests);
        ctx.observe(Fact::PushConsidered { kind: spec.kind, selected });
        if !selected {
            return;
        }
        let content = self.tokens.next(ctx.me);
        ctx.observe(Fact::PushSubmitted { content, class: spec.class, kind: spec.kind });
        let push = Push { content, user, order, size, submitted_at: ctx.now, open: 0, outcome: None };
        let at = self.pushes.insert(push);
        let addresses = targets(ctx, user, spec.targets);
        self.deliver(ctx, at, &addresses);
    }

    /// Sends a push to its addresses; to none means that it is over.
    fn deliver(&mut self, ctx: &mut Context<'_>, at: u32, addresses: &[Uri]) {
        let Some(push) = self.pushes.get_mut(at) else { return };
        // One more, so that a delivery that ends at once does not end the push before the others have begun.
        push.open += addresses.len() as u32 + 1;
        for &address in addresses {
            let delivery = self.deliveries.insert(Delivery { push: at, address });
            self.begin(ctx, delivery);
        }
        self.close_one(ctx, at);
    }

    /// Hands a delivery to its method.
    // req: MT-9
    fn begin(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(delivery) = self.deliveries.get(at) else { return };
        let Some(push) = self.pushes.get(delivery.push) else { return };
        match ctx.shared.pushes[usize::from(push.order)].method {
            MethodChoice::Message => self.queue_message(ctx, at),
        }
    }

    /// A delivery has ended: its final status, or none where nothing answered.
    pub(super) fn on_delivery_end(&mut self, ctx: &mut Context<'_>, at: u32, status: Option<u16>) {
        let Some(delivery) = self.deliveries.remove(at) else { return };
        let outcome = PushOutcome::of(status);
        if let Some(push) = self.pushes.get_mut(delivery.push) {
            push.outcome = Some(push.outcome.map_or(outcome, |other| other.min(outcome)));
        }
        self.close_one(ctx, delivery.push);
    }

    fn close_one(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(push) = self.pushes.get_mut(at) else { return };
        push.open -= 1;
        if push.open > 0 {
            return;
        }
        let outcome = push.outcome.unwrap_or(PushOutcome::Unregistered);
        let content = push.content;
        self.pushes.remove(at);
        ctx.observe(Fact::PushEnded { content, outcome });
    }
}

/// The addresses that reach the terminals that a push is for. Public GRUUs are known from provisioning.
// req: PUSH-S-9, MT-11
fn targets(ctx: &Context<'_>, user: UserId, targets: Targets) -> Vec<Uri> {
    let (first, count) = ctx.shared.names.terminals_of(user);
    let gruus = |count: u32| (first.0..first.0 + count).map(|terminal| Uri::PublicGruu(EntityId(terminal))).collect();
    match targets {
        Targets::All => vec![Uri::User(user)],
        Targets::Each => gruus(count),
        Targets::First(k) => gruus(count.min(u32::from(k))),
    }
}
