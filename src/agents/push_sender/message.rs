//! The pager method: a MESSAGE that stands alone (RFC 3428). No second one goes to an address while one is pending.

use super::{Own, PushSender};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::procedure::Procedure;
use crate::agents::proxy::Owner;
use crate::wire::sip::body::{Carriage, Push};
use crate::wire::sip::headers::Product;
use crate::wire::sip::{AcceptContact, Body, FeatureTags, Method, Party, Route, RouteKind, SipMessage, Uri};
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
        let Some(delivery) = self.deliveries.get(at).copied() else { return };
        let Some(push) = self.pushes.get(delivery.push) else { return };
        let (user, began, order) = (push.user, push.submitted_at, usize::from(push.order));
        let body = Push {
            id: push.content,
            to: user,
            sent_at: began,
            octets: push.size,
            carriage: Carriage::Inline,
            report: false,
        };
        let mut request = self.request(ctx, Method::Message, address, order);
        request.body = Body::Push(body);
        ctx.observe(Fact::MessagePending(address));
        ctx.observe(Fact::PushSent { content: body.id, octets: body.octets });
        let Some(s_cscf) = ctx.shared.s_cscf_of(user) else { return self.on_message_final(ctx, at, None) };
        request.route.push(Route { node: s_cscf, kind: RouteKind::Plain });
        let mut meta = self.own_meta(ctx, user, Procedure::Push, ctx.shared.pushes[order].class);
        meta.began = began;
        let branch = self.tokens.next(ctx.me);
        let owner = Owner::Own(Own::Message { delivery: at });
        self.transactions.send(ctx, s_cscf, request, branch, meta, owner);
    }

    /// A request outside of any dialog, with what every request of this sender carries.
    // req: PUSH-S-4, PUSH-S-5, PUSH-S-6, PUSH-REF
    pub(super) fn request(&mut self, ctx: &Context<'_>, method: Method, address: Uri, order: usize) -> SipMessage {
        let me = Uri::Node(ctx.me);
        let from = Party { uri: me, tag: Some(self.tokens.next(ctx.me)) };
        let to = Party { uri: address, tag: None };
        let mut request = SipMessage::request(method, address, from, to, self.tokens.next(ctx.me), 1);
        let features = FeatureTags::PUSH.union(ctx.shared.pushes[order].require);
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
