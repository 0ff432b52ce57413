//! The Push Receiver Agent of a terminal: takes files and large messages by sessions (seed 001 section 6.5.1).

use super::{Terminals, own_headers};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::policies::ReportAt;
use crate::agents::procedure::Meta;
use crate::agents::session::{Invited, SessionRequest, TakenContent, stray};
use crate::agents::transactions::ServerTx;
use crate::protocol::sip::DialogId;
use crate::wire::Token;
use crate::wire::msrp::Msrp;
use crate::wire::sip::{Body, Contact, ContactHeader, FeatureTags, Method, Sip, SipMessage, Uri};
use smallvec::SmallVec;

impl Terminals {
    /// An INVITE, or a request inside the dialog of a session, arrived. Whether it is about one.
    // req: PUSH-R-12, PUSH-R-16: sessions are set up and released through the IMS core.
    pub(super) fn on_session_request(
        &mut self,
        ctx: &mut Context<'_>,
        tx: ServerTx,
        request: &Sip,
        meta: Meta,
    ) -> bool {
        let dialog = DialogId::of_request(request);
        if self.senders.origin(dialog).is_some() {
            let (senders, _, mut line) = self.sessions(ctx.me);
            let events = senders.on_request(ctx, &mut line, tx, request);
            self.on_sender_events(ctx, events.unwrap_or_default());
            return true;
        }
        let known = self.known_content(ctx, request);
        let contact = Contact {
            features: FeatureTags::LARGE_MSG,
            instance: Some(ctx.me),
            ..Contact::plain(Uri::Contact(ctx.me))
        };
        let invited = Invited {
            contact: ContactHeader::One(contact),
            headers: own_headers(ctx),
            knows: &|content| known.contains(&content),
        };
        let opens = request.method() == Method::Invite && dialog.local_tag.is_none();
        if opens && ctx.policies().deferral.report_at == ReportAt::Invitation {
            self.report_invitation(ctx, request, meta.class);
        }
        let (_, receivers, mut line) = self.sessions(ctx.me);
        if opens {
            receivers.on_invite(ctx, &mut line, tx, request, meta, invited);
            return true;
        }
        receivers.on_request(ctx, &mut line, tx, request, invited)
    }

    /// The contents of an offer that the terminal has.
    fn known_content(&mut self, ctx: &Context<'_>, request: &SipMessage) -> SmallVec<[Token; 4]> {
        let (Body::Sdp(offer), Some(activity)) = (&request.body, self.terminal(ctx.me).activity.as_ref()) else {
            return SmallVec::new();
        };
        let hashes = offer.streams().filter_map(|(_, stream)| stream.file?.selector.hash);
        hashes.filter(|hash| activity.messaging.has(*hash)).collect()
    }

    /// A CANCEL arrived.
    pub(super) fn on_cancel(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &Sip) {
        let product = own_headers(ctx).product;
        let (_, receivers, mut line) = self.sessions(ctx.me);
        line.reply(ctx, tx, request, 200, product);
        if let Some(invite) = line.transactions.cancelled_invite(request) {
            receivers.on_cancel(ctx, &mut line, invite);
        }
    }

    pub(super) fn on_session_ack(&mut self, ctx: &mut Context<'_>, ack: &Sip) {
        let (senders, receivers, mut line) = self.sessions(ctx.me);
        if !receivers.on_ack(ctx, ack)
            && let Some(events) = senders.on_ack(ctx, &mut line, ack)
        {
            self.on_sender_events(ctx, events);
        }
    }

    /// A request of a session was answered, or was not (`None`).
    pub(super) fn on_session_response(
        &mut self,
        ctx: &mut Context<'_>,
        request: SessionRequest,
        response: Option<&SipMessage>,
    ) {
        let (senders, receivers, mut line) = self.sessions(ctx.me);
        if receivers.on_final(ctx, &mut line, request, response) {
            return;
        }
        let events = match response {
            Some(response) => senders.on_response(ctx, &mut line, request, response),
            None => senders.on_timeout(ctx, &mut line, request),
        };
        self.on_sender_events(ctx, events);
    }

    pub(super) fn on_msrp(&mut self, ctx: &mut Context<'_>, message: &Msrp, meta: Meta) {
        if self.takes_binding_answer(ctx, message) {
            return;
        }
        let (senders, receivers, mut line) = self.sessions(ctx.me);
        if let Some(events) = senders.on_msrp(ctx, &mut line, message) {
            return self.on_sender_events(ctx, events);
        }
        match receivers.on_msrp(ctx, &mut line, message, meta) {
            (_, Some(content)) => self.on_content(ctx, &content),
            (true, None) => {}
            (false, None) => stray(ctx, message, meta),
        }
    }

    /// A content has arrived whole.
    fn on_content(&mut self, ctx: &mut Context<'_>, taken: &TakenContent) {
        if let Some(cpim) = taken.cpim {
            return self.on_large_message(ctx, &cpim, taken.origin);
        }
        let Some(content) = taken.content else { return };
        let duplicate = self.activity(ctx.me).messaging.is_copy(content);
        // Of several files of one push, the first has its name and stands for it.
        if taken.name == Some(content) {
            ctx.observe(Fact::PushReceived { content, octets: taken.octets, duplicate });
        }
    }
}
