//! Large messages at the PF. A terminating INVITE with the large-message tag goes on where a client can take what it
//! offers; else the PF accepts it, takes the message over MSRP and defers it. From the queue a large message goes to
//! its client by a session of its own (seed 004 section 8.3.1.6.7).

use super::do_not_disturb::Waiting;
use super::queue::Item;
use super::standalone::{Passing, expires_at};
use super::{Delivery, Own, Pf};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::policies::{QueueOverflow, ReportAt};
use crate::agents::procedure::{Meta, Procedure, Scope, Subject};
use crate::agents::session::{
    Call, Content, Invited, Line, Origin, Receivers, SenderEvent, Senders, SessionEnd, SessionRequest, SessionWait,
    answer_send, stray,
};
use crate::agents::shared::Role;
use crate::agents::transactions::ServerTx;
use crate::kernel::EntityId;
use crate::protocol::sip::DialogId;
use crate::wire::msrp::{Msrp, Presentation};
use crate::wire::sip::body::Cpim;
use crate::wire::sip::headers::{Product, ServedUser};
use crate::wire::sip::{Body, Contact, ContactHeader, FeatureTags, Headers, Sip, SipMessage, Uri};
use crate::wire::{ContentType, UserId};

/// Octets of a message with its CPIM headers.
pub(super) fn octets(ctx: &Context<'_>, cpim: &Cpim) -> u32 {
    u32::try_from(cpim.len(&ctx.shared.names)).unwrap_or(u32::MAX)
}

/// Whether an INVITE opens a session for a large message to a user of the PF.
pub(super) fn is_terminating(request: &SipMessage) -> bool {
    let asks = request.headers.accept_contact.is_some_and(|accept| accept.features.contains(FeatureTags::LARGE_MSG));
    let terminating = request.headers.p_served_user.is_some_and(|served| !served.originating);
    asks && terminating && request.to.tag.is_none()
}

/// Whether a final status of an INVITE says that no client was there, in contrast to one that did not want it.
pub(super) const fn is_absence(status: u16) -> bool {
    matches!(status, 408 | 480 | 500..600)
}

fn own_contact(ctx: &Context<'_>) -> ContactHeader {
    ContactHeader::One(Contact { features: FeatureTags::LARGE_MSG, ..Contact::plain(Uri::Node(ctx.me)) })
}

impl Pf {
    /// The sessions with clients, and what they need on behalf of a user.
    fn senders(&mut self, user: UserId) -> (&mut Senders, Line<'_, Own>) {
        let seat = self.seat(user);
        let record = match self.adopted.get_mut(&user) {
            Some(record) => record,
            None => self.users.entry(seat),
        };
        let line =
            Line { transactions: &mut self.transactions, tokens: &mut self.tokens, numbers: &mut record.numbers };
        (&mut self.senders, line)
    }

    /// The sessions in which the PF takes messages, and what they need.
    fn receivers(&mut self) -> (&mut Receivers, Line<'_, Own>) {
        let numbers = &mut self.receiver_numbers;
        let line = Line { transactions: &mut self.transactions, tokens: &mut self.tokens, numbers };
        (&mut self.receivers, line)
    }

    pub(super) fn on_large_invite(&mut self, ctx: &mut Context<'_>, from: EntityId, tx: ServerTx, mut request: Sip) {
        let Some(ServedUser { user, .. }) = request.headers.p_served_user else { return self.refuse(ctx, tx, 404) };
        if ctx.shared.role(from) != Some(Role::SCscf) {
            return self.refuse(ctx, tx, 403);
        }
        self.adopt(ctx, user);
        let offered = if let Body::Sdp(offer) = &request.body {
            offer.streams().filter_map(|(_, stream)| stream.file?.selector.octets).max().unwrap_or(0)
        } else {
            0
        };
        if !self.has_client(ctx, user, |client| client.is_suitable_for_large(ctx, offered)) {
            return self.take_invite(ctx, tx);
        }
        match self.may_pass(ctx, user, || Waiting::Invite { from, tx, request: request.clone() }) {
            Some(true) => {
                if request.route.last().is_some_and(|route| route.node == ctx.me) {
                    request.route.pop();
                }
                self.inviting.insert(tx.index());
                self.pass(ctx, from, tx, request);
            }
            Some(false) => self.take_invite(ctx, tx),
            None => {}
        }
    }

    /// Accepts an INVITE to defer what it brings, unless the queue is full.
    pub(super) fn take_invite(&mut self, ctx: &mut Context<'_>, tx: ServerTx) {
        let (Some(request), Some(meta)) = (self.transactions.request(tx).cloned(), self.transactions.meta(tx)) else {
            return;
        };
        let Some(ServedUser { user, .. }) = request.headers.p_served_user else { return self.refuse(ctx, tx, 404) };
        // Room for it is made when it is there.
        if ctx.policies().deferral.queue_overflow == QueueOverflow::Refuse && !self.has_room(ctx, user) {
            ctx.observe(Fact::QueueFull);
            return self.refuse(ctx, tx, 480);
        }
        let invited = Invited { contact: own_contact(ctx), headers: own_headers(), knows: &|_| false };
        let (receivers, mut line) = self.receivers();
        receivers.on_invite(ctx, &mut line, tx, &request, meta, invited);
    }

    /// A message that the PF accepted is here.
    fn on_large_message(&mut self, ctx: &mut Context<'_>, cpim: Cpim, class: u16) {
        let user = cpim.to;
        if ctx.policies().deferral.queue_overflow == QueueOverflow::DropOldest {
            self.has_room(ctx, user);
        }
        let passing = Passing { user, cpim, class, expires_at: expires_at(ctx, None) };
        self.enqueue(ctx, passing, true);
    }

    /// Sends a deferred message to a client; `invite` has no offer yet.
    // req: CPM-PF-16b
    pub(super) fn send_large(
        &mut self,
        ctx: &mut Context<'_>,
        s_cscf: EntityId,
        mut invite: SipMessage,
        item: &Item,
        delivery: Delivery,
    ) {
        invite.contact = own_contact(ctx);
        invite.headers.product = Some(Product::CpmPf);
        let user = delivery.user;
        let content = Content {
            id: item.cpim.message_id,
            name: item.cpim.message_id,
            kind: ContentType::Cpim,
            octets: octets(ctx, &item.cpim),
            presentation: Presentation::Render,
            described: false,
            cpim: Some(item.cpim),
            tag: self.large.insert(delivery),
        };
        // RACE-15
        if ctx.policies().deferral.report_at == ReportAt::Invitation {
            invite.headers.date = Some(item.cpim.sent_at);
        }
        let (scope, procedure) = (Scope::pf_user(user), Procedure::DeferredDelivery);
        let origin = Origin { scope, procedure, class: item.class, began: ctx.now };
        let call = Call { invite, to: s_cscf, origin, patience: None };
        let (senders, mut line) = self.senders(user);
        senders.start(ctx, &mut line, call, vec![content]);
    }

    fn on_sender_events(&mut self, ctx: &mut Context<'_>, events: Vec<SenderEvent>) {
        for event in events {
            match event {
                SenderEvent::Delivered(content) => self.settle_large(ctx, &content, Some(200)),
                SenderEvent::Failed(content, failure) => self.settle_large(ctx, &content, failure.status()),
                SenderEvent::Refused { status, contents } => {
                    contents.iter().for_each(|content| self.settle_large(ctx, content, status));
                }
            }
        }
    }

    /// A large message is delivered, or is not: what follows is as with a MESSAGE. Its session may linger.
    fn settle_large(&mut self, ctx: &mut Context<'_>, content: &Content, status: Option<u16>) {
        if let Some(delivery) = self.large.remove(content.tag) {
            self.slot_freed(ctx, delivery.user, delivery.terminal);
            self.on_delivery_final(ctx, delivery, status);
        }
    }

    /// Whether a dialog is one of a session that carries large messages.
    pub(super) fn has_session(&self, dialog: DialogId) -> bool {
        self.senders.origin(dialog).is_some() || self.receivers.has(dialog)
    }

    /// A request inside the dialog of such a session arrived.
    pub(super) fn on_session_request(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &Sip) {
        if let Some(user) = user_of(self.senders.origin(DialogId::of_request(request))) {
            let (senders, mut line) = self.senders(user);
            let events = senders.on_request(ctx, &mut line, tx, request);
            return self.on_sender_events(ctx, events.unwrap_or_default());
        }
        let invited = Invited { contact: own_contact(ctx), headers: own_headers(), knows: &|_| false };
        let (receivers, mut line) = self.receivers();
        receivers.on_request(ctx, &mut line, tx, request, invited);
    }

    pub(super) fn on_session_ack(&mut self, ctx: &mut Context<'_>, ack: &Sip) {
        let Some(user) = user_of(self.senders.origin(DialogId::of_request(ack))) else {
            self.receivers.on_ack(ctx, ack);
            return;
        };
        let (senders, mut line) = self.senders(user);
        let events = senders.on_ack(ctx, &mut line, ack);
        self.on_sender_events(ctx, events.unwrap_or_default());
    }

    /// A request of a session was answered, or was not (`None`).
    pub(super) fn on_session_response(
        &mut self,
        ctx: &mut Context<'_>,
        request: SessionRequest,
        response: Option<&SipMessage>,
    ) {
        let Some(user) = user_of(self.senders.origin(request.session)) else {
            let (receivers, mut line) = self.receivers();
            receivers.on_final(ctx, &mut line, request, response);
            return;
        };
        let (senders, mut line) = self.senders(user);
        let events = match response {
            Some(response) => senders.on_response(ctx, &mut line, request, response),
            None => senders.on_timeout(ctx, &mut line, request),
        };
        self.on_sender_events(ctx, events);
    }

    pub(super) fn on_session_timer(&mut self, ctx: &mut Context<'_>, end: SessionEnd, wait: SessionWait, at: u32) {
        match (end, user_of(self.senders.origin_of_timer(at))) {
            (SessionEnd::Sender, Some(user)) => {
                let (senders, mut line) = self.senders(user);
                let events = senders.on_timer(ctx, &mut line, wait, at);
                self.on_sender_events(ctx, events);
            }
            (SessionEnd::Sender, None) => ctx.observe(Fact::Stray),
            (SessionEnd::Receiver, _) => {
                let (receivers, mut line) = self.receivers();
                receivers.on_timer(ctx, &mut line, wait, at);
            }
        }
    }

    pub(super) fn on_msrp(&mut self, ctx: &mut Context<'_>, message: &Msrp, meta: Meta) {
        // The media plane of a management session carries nothing.
        if self.by_media.contains(&message.to.next.session) {
            return answer_send(ctx, message, meta, 200);
        }
        if let Some(user) = user_of(self.senders.origin_of_path(message.to.next.session)) {
            let (senders, mut line) = self.senders(user);
            let events = senders.on_msrp(ctx, &mut line, message);
            return self.on_sender_events(ctx, events.unwrap_or_default());
        }
        let (receivers, mut line) = self.receivers();
        match receivers.on_msrp(ctx, &mut line, message, meta) {
            (_, Some(taken)) => {
                if let Some(cpim) = taken.cpim {
                    self.on_large_message(ctx, cpim, taken.origin.class);
                }
            }
            (true, None) => {}
            (false, None) => stray(ctx, message, meta),
        }
    }
}

/// What requests and responses of the PF in a session repeat.
fn own_headers() -> Headers {
    Headers { product: Some(Product::CpmPf), ..Headers::default() }
}

/// The user on whose behalf a session with a client is.
fn user_of(origin: Option<Origin>) -> Option<UserId> {
    match origin?.scope.subject() {
        Subject::User(user) => Some(user),
        Subject::Entity(_) | Subject::Terminal(_) | Subject::Workload(_) => None,
    }
}
