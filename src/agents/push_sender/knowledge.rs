//! What the sender knows of a user's terminals: GRUUs from provisioning, capabilities by OPTIONS, or both by a
//! subscription to the user's registrations. Knowledge from OPTIONS is kept for a while and may be stale by then.

use super::{Own, PushSender};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::policies::PushKnowledge;
use crate::agents::procedure::Procedure;
use crate::agents::proxy::Owner;
use crate::agents::timer::PushSenderTimer;
use crate::kernel::{EntityId, Time};
use crate::wire::UserId;
use crate::wire::sip::body::{ContactEvent, RegInfo};
use crate::wire::sip::headers::EventPackage;
use crate::wire::sip::{FeatureTags, Method, Route, RouteKind, SipMessage, Uri};

/// A terminal as the sender knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct KnownDevice {
    pub(super) terminal: EntityId,
    /// What it can do, where that was learned.
    pub(super) features: Option<FeatureTags>,
    /// Its temporary GRUU, where that was learned.
    pub(super) gruu: Option<u32>,
}

/// What is known of a user.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    devices: Vec<KnownDevice>,
    /// Until when it may be used; `None` is not yet or no more.
    fresh_until: Option<Time>,
    /// OPTIONS without a final response, or one for the first notification of a subscription.
    outstanding: u32,
    /// Pushes that wait for it.
    waiting: Vec<u32>,
}

impl PushSender {
    /// Looks for the terminals of a user on behalf of a push; [`PushSender::on_devices`] continues.
    pub(super) fn find_devices(&mut self, ctx: &mut Context<'_>, user: UserId, push: u32) {
        let knowledge = ctx.policies().push.knowledge;
        let (first, count) = ctx.shared.names.terminals_of(user);
        let provisioned = (first.0..first.0 + count).map(EntityId);
        if knowledge == PushKnowledge::None {
            let devices: Vec<KnownDevice> =
                provisioned.map(|terminal| KnownDevice { terminal, features: None, gruu: None }).collect();
            return self.on_devices(ctx, push, &devices);
        }
        let now = ctx.now;
        let known = self.known.entry(user);
        if known.fresh_until.is_some_and(|until| until > now) {
            let devices = known.devices.clone();
            return self.on_devices(ctx, push, &devices);
        }
        known.waiting.push(push);
        if known.outstanding > 0 {
            return;
        }
        known.devices.clear();
        known.fresh_until = None;
        let class = self.pushes.get(push).map_or(0, |push| ctx.shared.pushes[usize::from(push.order)].class);
        match knowledge {
            PushKnowledge::None => {}
            PushKnowledge::OptionsGruu => {
                self.known.entry(user).outstanding = count;
                provisioned.for_each(|terminal| self.ask(ctx, user, Uri::PublicGruu(terminal), class));
            }
            PushKnowledge::OptionsAor => {
                self.known.entry(user).outstanding = 1;
                self.ask(ctx, user, Uri::User(user), class);
            }
            PushKnowledge::RegEvent => {
                self.known.entry(user).outstanding = 1;
                // The SUBSCRIBE, and then its first NOTIFY.
                let wait = ctx.shared.sip.core_timers.transaction_timeout() * 2;
                ctx.set_timer(wait, PushSenderTimer::Discovery, user.0);
                self.watch(ctx, user, class);
            }
        }
    }

    fn ask(&mut self, ctx: &mut Context<'_>, user: UserId, address: Uri, class: u16) {
        let mut request = self.request(ctx, Method::Options, address, FeatureTags::PUSH);
        request.headers.accept = true;
        self.send_to_s_cscf(ctx, user, request, Procedure::Options, class, Own::Options { user });
    }

    // req: MT-13
    pub(super) fn on_options_final(&mut self, ctx: &mut Context<'_>, user: UserId, response: Option<&SipMessage>) {
        let answer = response.filter(|response| matches!(response.status(), Some(200..300)));
        let contact = answer.and_then(|response| response.contact.first());
        let lifetime = ctx.policies().push.cache_lifetime;
        let known = self.known.entry(user);
        if let Some(contact) = contact
            && let Some(terminal) = contact.instance
        {
            ctx.observe(Fact::CapabilitiesLearned);
            known.devices.push(KnownDevice { terminal, features: Some(contact.features), gruu: contact.gruu });
        }
        known.outstanding -= 1;
        if known.outstanding == 0 {
            known.devices.sort_by_key(|device| device.terminal);
            // Nothing is no knowledge: the next push asks anew.
            known.fresh_until = (!known.devices.is_empty()).then(|| ctx.now + lifetime);
            self.tell_waiting(ctx, user);
        }
    }

    fn watch(&mut self, ctx: &mut Context<'_>, user: UserId, class: u16) {
        let (node, resource) = (Uri::Node(ctx.me), Uri::User(user));
        if self.watches.watches(ctx.me, resource) {
            return;
        }
        let request = self.watches.subscribe(ctx, &mut self.tokens, EventPackage::Reg, resource, node, node);
        self.send_watch(ctx, user, request, class);
    }

    fn send_watch(&mut self, ctx: &mut Context<'_>, user: UserId, mut request: SipMessage, class: u16) {
        request.headers.p_asserted_identity = Some(Uri::Node(ctx.me));
        let own = Own::Watch { user, call_id: request.call_id };
        self.send_to_s_cscf(ctx, user, request, Procedure::RegEvent, class, own);
    }

    /// A subscription to a user's registrations is due for refresh.
    pub(super) fn refresh_watch(&mut self, ctx: &mut Context<'_>, at: u32) {
        if let Some((Uri::User(user), request)) = self.watches.on_refresh(ctx, at, Uri::Node(ctx.me)) {
            let class = ctx.shared.class_of_terminal(ctx.shared.names.terminals_of(user).0);
            self.send_watch(ctx, user, request, class);
        }
    }

    /// The SUBSCRIBE to a user's registrations has its final response, or none.
    pub(super) fn on_watch_final(&mut self, ctx: &mut Context<'_>, user: UserId, response: Option<&SipMessage>) {
        if response.is_some_and(|response| matches!(response.status(), Some(200..300))) {
            return;
        }
        let known = self.known.entry(user);
        known.fresh_until = None;
        self.give_up_discovery(ctx, user);
    }

    /// The first notification has not come: there may be no subscription.
    pub(super) fn on_discovery_timeout(&mut self, ctx: &mut Context<'_>, user: UserId) {
        if self.known.get(&user).is_some_and(|known| known.outstanding > 0) {
            let me = ctx.me;
            self.watches.forget(ctx, me, Uri::User(user));
            self.give_up_discovery(ctx, user);
        }
    }

    fn give_up_discovery(&mut self, ctx: &mut Context<'_>, user: UserId) {
        let known = self.known.entry(user);
        if known.outstanding > 0 {
            known.outstanding = 0;
            self.tell_waiting(ctx, user);
        }
    }

    /// A notification tells the registrations of a user. It is good for as long as the subscription is.
    pub(super) fn learn_registrations(&mut self, ctx: &mut Context<'_>, info: &RegInfo) {
        let is_there = |event| matches!(event, ContactEvent::Registered | ContactEvent::Refreshed);
        let contacts = info.contacts.iter().filter(|contact| is_there(contact.event));
        let devices = contacts.map(|contact| KnownDevice {
            terminal: contact.terminal,
            features: Some(contact.features),
            gruu: Some(contact.gruu),
        });
        let watched = self.watches.watches(ctx.me, Uri::User(info.user));
        let known = self.known.entry(info.user);
        known.devices = devices.collect();
        known.devices.sort_by_key(|device| device.terminal);
        known.fresh_until = watched.then_some(Time::from_nanos(u64::MAX));
        known.outstanding = 0;
        self.tell_waiting(ctx, info.user);
    }

    fn tell_waiting(&mut self, ctx: &mut Context<'_>, user: UserId) {
        let known = self.known.entry(user);
        let (waiting, devices) = (std::mem::take(&mut known.waiting), known.devices.clone());
        for push in waiting {
            self.on_devices(ctx, push, &devices);
        }
    }

    /// Sends a request about a user to the user's S-CSCF.
    pub(super) fn send_to_s_cscf(
        &mut self,
        ctx: &mut Context<'_>,
        user: UserId,
        mut request: SipMessage,
        procedure: Procedure,
        class: u16,
        own: Own,
    ) {
        let s_cscf = ctx.shared.s_cscf_of(user).expect("a network with users has an S-CSCF");
        if request.to.tag.is_none() {
            request.route.push(Route { node: s_cscf, kind: RouteKind::Plain });
        }
        let mut meta = self.own_meta(ctx, user, procedure, class);
        if let Own::Message { delivery } = own {
            let push = self.deliveries.get(delivery).and_then(|delivery| self.pushes.get(delivery.push));
            meta.began = push.map_or(ctx.now, |push| push.submitted_at);
        }
        let branch = self.tokens.next(ctx.me);
        self.transactions.send(ctx, s_cscf, request, branch, meta, Owner::Own(own));
    }
}
