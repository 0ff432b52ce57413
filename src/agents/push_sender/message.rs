//! The pager method: a MESSAGE that stands alone (RFC 3428), with the content or with where it is (RFC 4483). No second
//! one goes to an address while one is pending.

use super::delivery::DeliveryMethod;
use super::{Own, PushSender};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::policies::PushEvidence;
use crate::agents::procedure::Procedure;
use crate::wire::UserId;
use crate::wire::sip::body::{Carriage, Push, ReportWanted};
use crate::wire::sip::headers::Product;
use crate::wire::sip::{AcceptContact, Body, FeatureTags, Method, Party, SipMessage, Uri};
use std::collections::VecDeque;

impl PushSender {
    /// Sends the MESSAGE of a delivery once none is pending to its address.
    pub(super) fn queue_message(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(address) = self.deliveries.get(at).map(|delivery| delivery.address) else { return };
        match self.pending.get_mut(&address) {
            Some(waiting) => waiting.push_back(at),
            None => {
                self.pending.insert(address, VecDeque::new());
                self.send_message(ctx, at, address);
            }
        }
    }

    // req: PUSH-G-8, MT-5
    fn send_message(&mut self, ctx: &mut Context<'_>, at: u32, address: Uri) {
        let Some(body) = self.content_of(ctx, at) else { return };
        let order = self.order_of(at);
        let spec = &ctx.shared.pushes[usize::from(order)];
        let mut request = self.request(ctx, Method::Message, address, FeatureTags::PUSH.union(spec.require));
        request.body = Body::Push(body);
        ctx.observe(Fact::MessagePending(address));
        let Some(user) = self.user_of(at) else { return };
        self.send_to_s_cscf(ctx, user, request, Procedure::Push, spec.class, Own::Message { delivery: at });
    }

    fn user_of(&self, at: u32) -> Option<UserId> {
        Some(self.pushes.get(self.deliveries.get(at)?.push)?.user)
    }

    /// The order that a delivery is part of.
    pub(super) fn order_of(&self, at: u32) -> u16 {
        let push = self.deliveries.get(at).and_then(|delivery| self.pushes.get(delivery.push));
        push.map_or(0, |push| push.order)
    }

    /// What a delivery carries.
    // req: MT-3
    pub(super) fn content_of(&mut self, ctx: &mut Context<'_>, at: u32) -> Option<Push> {
        let delivery = self.deliveries.get(at)?;
        let push = self.pushes.get(delivery.push)?;
        let (carriage, octets) = match delivery.method {
            DeliveryMethod::Reference => {
                let server = ctx.shared.http_server_of(push.user);
                (Carriage::Reference(server.expect("a model with references has a content server")), 0)
            }
            DeliveryMethod::Message | DeliveryMethod::Notify | DeliveryMethod::Session => (Carriage::Inline, push.size),
        };
        ctx.observe(Fact::PushSent { content: push.content, octets });
        let asked = ctx.policies().push.evidence == PushEvidence::Imdn;
        Some(Push {
            id: push.content,
            octets: push.size,
            carriage,
            report: asked.then_some(ReportWanted { to: push.user, sent_at: push.submitted_at }),
        })
    }

    /// A request outside of any dialog, with what every request of this sender carries.
    // req: PUSH-S-4, PUSH-S-5, PUSH-S-6, PUSH-REF
    pub(super) fn request(
        &mut self,
        ctx: &Context<'_>,
        method: Method,
        address: Uri,
        features: FeatureTags,
    ) -> SipMessage {
        let me = Uri::Node(ctx.me);
        let from = Party { uri: me, tag: Some(self.tokens.next(ctx.me)) };
        let to = Party { uri: address, tag: None };
        let mut request = SipMessage::request(method, address, from, to, self.tokens.next(ctx.me), 1);
        request.headers.accept_contact = Some(AcceptContact { features, require: false, explicit: false });
        request.headers.p_asserted_identity = Some(me);
        request.headers.p_asserted_service = FeatureTags::PUSH;
        request.headers.p_charging_vector = Some(self.tokens.next(ctx.me));
        request.headers.allow = true;
        request.headers.product = Some(Product::PushSender);
        request
    }

    /// The MESSAGE of a delivery has its final response, or timed out: the next one to the address may go.
    pub(super) fn on_message_final(&mut self, ctx: &mut Context<'_>, at: u32, status: Option<u16>) {
        let Some(address) = self.deliveries.get(at).map(|delivery| delivery.address) else { return };
        ctx.observe(Fact::MessageSettled(address));
        match self.pending.get_mut(&address).and_then(VecDeque::pop_front) {
            Some(next) => self.send_message(ctx, next, address),
            None => {
                self.pending.remove(&address);
            }
        }
        self.on_delivery_end(ctx, at, status);
    }
}
