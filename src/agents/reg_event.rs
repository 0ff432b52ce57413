//! The notifier of the registration event package (RFC 3680) in the S-CSCF, with its rate limit (section 4.10). The
//! watchers are in terminals, P-CSCFs, PFs and push senders.

use super::outbox::Context;
use super::procedure::{Meta, Procedure, Scope};
use super::subscriptions::Subscriptions;
use super::timer::SCscfTimer;
use crate::kernel::{EntityId, EventHandle, Span, Time};
use crate::wire::sip::body::{RegInfo, RegInfoContact};
use crate::wire::sip::headers::{EventPackage, TerminationReason};
use crate::wire::sip::{Body, SipMessage};
use crate::wire::{Token, UserId};
use std::sync::Arc;

/// What the package keeps of a subscription.
#[derive(Clone, Debug, Default)]
struct Told {
    version: u32,
    sent_at: Option<Time>,
    rate_timer: EventHandle,
}

/// A NOTIFY to send.
#[derive(Clone, Debug)]
pub struct Notify {
    /// Next hop.
    pub to: EntityId,
    /// The request.
    pub request: SipMessage,
    /// What travels with it.
    pub meta: Meta,
}

/// The subscriptions that an S-CSCF serves as notifier.
#[derive(Clone, Debug, Default)]
pub struct Notifier {
    subscriptions: Subscriptions<Told>,
}

/// A user's registration as the notifier shows it.
#[derive(Clone, Debug)]
pub struct Document {
    /// Contacts, those that just ended included.
    pub contacts: Vec<RegInfoContact>,
    /// Whether no binding is left.
    pub gone: bool,
    /// Class of the user for measurement.
    pub class: u16,
}

impl Notifier {
    /// A SUBSCRIBE arrived from `from`: makes or refreshes a subscription. Gives its position, or `None` where the
    /// request is in a dialog that does not exist (answer 481).
    pub fn on_subscribe(
        &mut self,
        ctx: &mut Context<'_>,
        request: &SipMessage,
        from: EntityId,
        user: UserId,
        tag: Token,
        granted: Span,
    ) -> Option<u32> {
        self.subscriptions.on_subscribe(ctx, request, from, user, tag, granted)
    }

    /// The registration of `user` changed: the NOTIFYs to send now. Those inside the rate limit wait for their timer.
    pub fn on_change(
        &mut self,
        ctx: &mut Context<'_>,
        user: UserId,
        document: &Document,
        numbers: &mut u32,
    ) -> Vec<Notify> {
        let list = self.subscriptions.of_user(user);
        list.into_iter().filter_map(|at| self.notify(ctx, at, document, numbers, document.gone)).collect()
    }

    /// The NOTIFY that answers a SUBSCRIBE, or that was held back.
    pub fn notify(
        &mut self,
        ctx: &mut Context<'_>,
        at: u32,
        document: &Document,
        numbers: &mut u32,
        terminate: bool,
    ) -> Option<Notify> {
        let interval = ctx.policies().reg_event_interval;
        let subscription = self.subscriptions.get_mut(at)?;
        let (user, told) = (subscription.user, &mut subscription.state);
        if let Some(sent_at) = told.sent_at.filter(|_| !terminate)
            && ctx.now < sent_at + interval
        {
            if told.rate_timer == EventHandle::NONE {
                let wait = (sent_at + interval).since(ctx.now);
                told.rate_timer = ctx.set_timer(wait, SCscfTimer::NotifyRate, at);
            }
            return None;
        }
        told.sent_at = Some(ctx.now);
        told.version += 1;
        let version = told.version - 1;
        *numbers += 1;
        let ended = terminate.then_some(TerminationReason::NoResource);
        let (to, mut request) = self.subscriptions.notify(ctx, at, EventPackage::Reg, ended)?;
        let contacts = document.contacts.clone();
        request.body = Body::RegInfo(Arc::new(RegInfo { user, version, contacts }));
        let meta = Meta::new(Procedure::RegEvent, document.class, ctx.now, Scope::s_cscf_user(user), *numbers);
        if terminate {
            self.drop_subscription(ctx, at);
        }
        Some(Notify { to, request, meta })
    }

    /// The rate limit of a subscription has passed: its user.
    pub fn on_rate_timer(&mut self, at: u32) -> Option<UserId> {
        let subscription = self.subscriptions.get_mut(at)?;
        subscription.state.rate_timer = EventHandle::NONE;
        Some(subscription.user)
    }

    /// A NOTIFY found no subscription, or got no answer.
    pub fn on_notify_failure(&mut self, ctx: &mut Context<'_>, call_id: Token) {
        if let Some(at) = self.subscriptions.with_call_id(call_id) {
            self.drop_subscription(ctx, at);
        }
    }

    /// A subscription expired without refresh.
    pub fn drop_subscription(&mut self, ctx: &mut Context<'_>, at: u32) {
        if let Some(mut subscription) = self.subscriptions.remove(ctx, at) {
            ctx.cancel_timer(&mut subscription.state.rate_timer);
        }
    }
}
