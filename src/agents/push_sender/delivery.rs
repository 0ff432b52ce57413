//! A push to a user: which terminals it goes to, one delivery for each address, and what became of it.

use super::PushSender;
use super::knowledge::KnownDevice;
use super::order::{MethodChoice, PushOrder, Targets};
use crate::agents::observation::{Fact, PushOutcome};
use crate::agents::outbox::Context;
use crate::agents::policies::{PushEvidence, PushFallback, PushGruu};
use crate::agents::timer::PushSenderTimer;
use crate::kernel::{EventHandle, Time};
use crate::wire::sip::Uri;
use crate::wire::{Token, UserId};
use smallvec::SmallVec;
use std::collections::VecDeque;

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
    /// Addresses that are tried one after the other, of those that are left.
    next: VecDeque<Uri>,
    /// Whether the addresses were chosen by capability.
    by_capability: bool,
    outcome: Option<PushOutcome>,
    /// Disposition notifications that no delivery has claimed.
    told: u32,
    /// Deliveries that wait for one.
    awaiting_evidence: SmallVec<[u32; 1]>,
}

/// How a delivery carries its content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum DeliveryMethod {
    /// MESSAGE with the content.
    Message,
    /// MESSAGE with a reference to the content.
    Reference,
    /// NOTIFY inside a subscription.
    Notify,
    /// INVITE and MSRP.
    Session,
}

/// The content on its way to one address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delivery {
    pub(super) push: u32,
    pub(super) address: Uri,
    pub(super) method: DeliveryMethod,
    /// Files of a session that have no outcome.
    pub(super) files: u32,
    /// The first failure of one.
    pub(super) failed: Option<Option<u16>>,
    /// Whether its session was refused with 488 and is offered anew.
    pub(super) other_sdp: bool,
    /// Runs while a disposition notification is awaited.
    evidence: EventHandle,
}

impl PushSender {
    /// Takes on a push of `size` octets to a user.
    pub(super) fn push(&mut self, ctx: &mut Context<'_>, user: UserId, size: u32, order: u16) {
        let spec = &ctx.shared.pushes[usize::from(order)];
        // req: PUSH-G-3
        let selected = ctx.shared.interests_of(user).contains(spec.interests);
        ctx.observe(Fact::PushConsidered { kind: spec.kind, selected });
        if !selected {
            return;
        }
        let content = self.tokens.next(ctx.me);
        ctx.observe(Fact::PushSubmitted { content, class: spec.class, kind: spec.kind });
        let at = self.pushes.insert(Push {
            content,
            user,
            order,
            size,
            submitted_at: ctx.now,
            open: 0,
            next: VecDeque::new(),
            by_capability: spec.targets == Targets::Capable,
            outcome: None,
            told: 0,
            awaiting_evidence: SmallVec::new(),
        });
        if ctx.policies().push.evidence == PushEvidence::Imdn {
            self.by_content.insert(content, at);
        }
        match (method_of(ctx, spec, size), spec.targets) {
            (DeliveryMethod::Notify, _) => self.deliver(ctx, at, &[Uri::User(user)]),
            (DeliveryMethod::Message | DeliveryMethod::Reference | DeliveryMethod::Session, Targets::All) => {
                self.deliver(ctx, at, &[Uri::User(user)]);
            }
            (
                DeliveryMethod::Message | DeliveryMethod::Reference | DeliveryMethod::Session,
                Targets::Each | Targets::First(_) | Targets::FirstAvailable | Targets::Capable,
            ) => self.find_devices(ctx, user, at),
        }
    }

    /// The terminals of the user are as far known as they will be.
    // req: PUSH-S-9, MT-10, MT-11
    pub(super) fn on_devices(&mut self, ctx: &mut Context<'_>, at: u32, devices: &[KnownDevice]) {
        let Some(push) = self.pushes.get_mut(at) else { return };
        let spec = &ctx.shared.pushes[usize::from(push.order)];
        let count = if let Targets::First(k) = spec.targets { usize::from(k) } else { devices.len() };
        let is_meant = |device: &&KnownDevice| {
            spec.targets != Targets::Capable || device.features.is_none_or(|features| features.contains(spec.require))
        };
        let addresses = devices.iter().filter(is_meant).take(count).map(|device| match ctx.policies().push.gruu {
            PushGruu::Public => Uri::PublicGruu(device.terminal),
            PushGruu::Temporary => {
                device.gruu.map_or(Uri::PublicGruu(device.terminal), |gruu| Uri::TemporaryGruu(device.terminal, gruu))
            }
        });
        let mut addresses: VecDeque<Uri> = addresses.collect();
        if spec.targets == Targets::FirstAvailable {
            let first: Vec<Uri> = addresses.pop_front().into_iter().collect();
            push.next = addresses;
            self.deliver(ctx, at, &first);
        } else {
            self.deliver(ctx, at, addresses.make_contiguous());
        }
    }

    /// Sends a push to its addresses; to none means that it is over.
    fn deliver(&mut self, ctx: &mut Context<'_>, at: u32, addresses: &[Uri]) {
        let Some(push) = self.pushes.get_mut(at) else { return };
        let method = method_of(ctx, &ctx.shared.pushes[usize::from(push.order)], push.size);
        // One more, so that a delivery that ends at once does not end the push before the others have begun.
        push.open += addresses.len() as u32 + 1;
        for &address in addresses {
            let delivery = self.deliveries.insert(Delivery {
                push: at,
                address,
                method,
                files: 0,
                failed: None,
                other_sdp: false,
                evidence: EventHandle::NONE,
            });
            self.begin(ctx, delivery);
        }
        self.close_one(ctx, at);
    }

    /// Hands a delivery to its method, which gives its end to [`PushSender::on_delivery_end`].
    // req: MT-9
    fn begin(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(delivery) = self.deliveries.get(at) else { return };
        match delivery.method {
            DeliveryMethod::Message | DeliveryMethod::Reference => self.queue_message(ctx, at),
            DeliveryMethod::Notify => self.queue_notify(ctx, at),
            DeliveryMethod::Session => self.begin_session(ctx, at),
        }
    }

    /// A delivery has its final status, or none where nothing answered.
    pub(super) fn on_delivery_end(&mut self, ctx: &mut Context<'_>, at: u32, status: Option<u16>) {
        let Some(&Delivery { push, address, method, .. }) = self.deliveries.get(at) else { return };
        let taken = matches!(status, Some(200..300));
        let refused = matches!(status, Some(413 | 415 | 488)) && method != DeliveryMethod::Reference;
        let fresh = self.deliveries.get(at).is_some_and(|delivery| !delivery.other_sdp);
        let falls_back = refused
            && match ctx.policies().push.fallback {
                PushFallback::GiveUp => false,
                PushFallback::Indirection => true,
                PushFallback::OtherSdp => method == DeliveryMethod::Session && fresh,
            };
        ctx.observe(Fact::PushAnswered {
            status,
            temporary_gruu: matches!(address, Uri::TemporaryGruu(..)),
            by_capability: self.pushes.get(push).is_some_and(|push| push.by_capability),
            falls_back,
        });
        let (Some(delivery), Some(push)) = (self.deliveries.get_mut(at), self.pushes.get_mut(push)) else { return };
        if falls_back {
            match ctx.policies().push.fallback {
                PushFallback::OtherSdp => delivery.other_sdp = true,
                PushFallback::GiveUp | PushFallback::Indirection => delivery.method = DeliveryMethod::Reference,
            }
            return self.begin(ctx, at);
        }
        // Of a file, the user plane is evidence enough.
        let wants_evidence = ctx.policies().push.evidence == PushEvidence::Imdn && method != DeliveryMethod::Session;
        if taken && wants_evidence {
            if push.told == 0 {
                delivery.evidence = ctx.set_timer(ctx.policies().push.evidence_timeout, PushSenderTimer::Evidence, at);
                return push.awaiting_evidence.push(at);
            }
            push.told -= 1;
        }
        self.settle(ctx, at, PushOutcome::of(status));
    }

    /// A terminal says that it has the content: evidence of one delivery.
    // req: PUSH-G-7
    pub(super) fn on_evidence(&mut self, ctx: &mut Context<'_>, content: Token) {
        let Some(push) = self.by_content.get(&content).and_then(|at| self.pushes.get_mut(*at)) else { return };
        match push.awaiting_evidence.first().copied() {
            Some(at) => self.settle(ctx, at, PushOutcome::Taken),
            // It overtook the 2xx.
            None => push.told += 1,
        }
    }

    /// No evidence came.
    pub(super) fn on_evidence_timeout(&mut self, ctx: &mut Context<'_>, at: u32) {
        if let Some(delivery) = self.deliveries.get_mut(at) {
            delivery.evidence = EventHandle::NONE;
            self.settle(ctx, at, PushOutcome::TimedOut);
        }
    }

    /// A further delivery of the same push, of one that goes to several subscribers.
    pub(super) fn copy_of(&mut self, at: u32) -> Option<u32> {
        let delivery = *self.deliveries.get(at)?;
        self.pushes.get_mut(delivery.push)?.open += 1;
        Some(self.deliveries.insert(delivery))
    }

    /// The sender loses its memory: no push will be heard of again.
    pub(super) fn abandon_all(&mut self, ctx: &mut Context<'_>) {
        for (_, delivery) in self.deliveries.iter() {
            let by_message = matches!(delivery.method, DeliveryMethod::Message | DeliveryMethod::Reference);
            if by_message && self.pending.remove(&delivery.address).is_some() {
                ctx.observe(Fact::MessageSettled(delivery.address));
            }
        }
        for (_, push) in self.pushes.iter() {
            ctx.observe(Fact::PushEnded { content: push.content, outcome: PushOutcome::TimedOut });
        }
    }

    fn settle(&mut self, ctx: &mut Context<'_>, at: u32, outcome: PushOutcome) {
        let Some(mut delivery) = self.deliveries.remove(at) else { return };
        ctx.cancel_timer(&mut delivery.evidence);
        let Some(push) = self.pushes.get_mut(delivery.push) else { return };
        push.outcome = Some(push.outcome.map_or(outcome, |other| other.min(outcome)));
        push.awaiting_evidence.retain(|other| *other != at);
        let next = if outcome == PushOutcome::Taken { None } else { push.next.pop_front() };
        if let Some(address) = next {
            self.deliver(ctx, delivery.push, &[address]);
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
        self.by_content.remove(&content);
        ctx.observe(Fact::PushEnded { content, outcome });
    }
}

/// The delivery method that an order asks for.
// req: PUSH-S-1, PUSH-G-4, MT-4
fn method_of(ctx: &Context<'_>, order: &PushOrder, size: u32) -> DeliveryMethod {
    match order.method {
        MethodChoice::Message => DeliveryMethod::Message,
        MethodChoice::Reference => DeliveryMethod::Reference,
        MethodChoice::Notify => DeliveryMethod::Notify,
        MethodChoice::Session => DeliveryMethod::Session,
        MethodChoice::BySize | MethodChoice::BySizeReference if size <= ctx.policies().size_limit => {
            DeliveryMethod::Message
        }
        MethodChoice::BySize => DeliveryMethod::Session,
        MethodChoice::BySizeReference => DeliveryMethod::Reference,
    }
}
