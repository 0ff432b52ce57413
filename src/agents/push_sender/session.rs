//! The session method: INVITE, files over MSRP, BYE (seed 001 section 6.5.2). A delivery may carry several files, in
//! one session or in several; a session that lingers takes the files of a further delivery to the same address.

use super::{Own, PushSender};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::procedure::{Procedure, Scope, Subject};
use crate::agents::session::{Call, Content, Line, Origin, SenderEvent, Senders, SessionRequest, SessionWait, stray};
use crate::agents::transactions::ServerTx;
use crate::agents::{Meta, proxy};
use crate::protocol::sip::DialogId;
use crate::wire::msrp::Msrp;
use crate::wire::sip::{Contact, ContactHeader, FeatureTags, Method, Route, RouteKind, Sip, SipMessage, Uri};
use crate::wire::{ContentType, UserId};

impl From<SessionRequest> for Own {
    fn from(request: SessionRequest) -> Own {
        Own::Session(request)
    }
}

impl PushSender {
    /// The sessions, and what they need of this sender on behalf of a user.
    fn sessions(&mut self, user: UserId) -> (&mut Senders, Line<'_, Own>) {
        let numbers = self.numbers.entry(user.index() / self.instances.max(1) as usize);
        let line = Line { transactions: &mut self.transactions, tokens: &mut self.tokens, numbers };
        (&mut self.senders, line)
    }

    /// Sends the files of a delivery by sessions.
    // req: PUSH-S-1, PUSH-S-3, PUSH-S-9, PUSH-S-14, PUSH-S-27, MT-6, MT-7, PUSH-G-10
    pub(super) fn begin_session(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(&delivery) = self.deliveries.get(at) else { return };
        let Some(push) = self.pushes.get(delivery.push) else { return };
        let (content, octets, user, order) = (push.content, push.size, push.user, push.order);
        let spec = &ctx.shared.pushes[usize::from(order)];
        // What was refused as it is goes as plain octets.
        let kind = if delivery.other_sdp { ContentType::Octets } else { spec.media.kind };
        let mut contents: Vec<Content> = Vec::new();
        for number in 0..spec.media.files {
            let id = if number == 0 { content } else { self.tokens.next(ctx.me) };
            let presentation = spec.media.presentation;
            let name = content;
            contents.push(Content { id, name, kind, octets, presentation, described: true, cpim: None, tag: at });
            ctx.observe(Fact::PushSent { content, octets });
        }
        if let Some(delivery) = self.deliveries.get_mut(at) {
            delivery.files = spec.media.files;
        }
        let limit = ctx.policies().session.files_per_session;
        let standing = self.senders.to(ctx.me, delivery.address).filter(|_| limit.is_none());
        if let Some(session) = standing {
            contents = self.join(ctx, user, session, contents);
        }
        let size = limit.map_or(contents.len(), |limit| limit as usize).max(1);
        for group in contents.chunks(size) {
            self.invite(ctx, at, user, delivery.address, group.to_vec());
        }
    }

    /// Adds contents to a session that stands; gives back those that came too late for it.
    fn join(&mut self, ctx: &mut Context<'_>, user: UserId, session: DialogId, contents: Vec<Content>) -> Vec<Content> {
        let mut left = Vec::new();
        for content in contents {
            let (senders, mut line) = self.sessions(user);
            match senders.add(ctx, &mut line, session, content) {
                Ok(events) => self.on_session_events(ctx, events),
                Err(content) => left.push(content),
            }
        }
        left
    }

    // req: PUSH-S-4, PUSH-S-5, PUSH-S-6, PUSH-S-10
    fn invite(&mut self, ctx: &mut Context<'_>, at: u32, user: UserId, address: Uri, contents: Vec<Content>) {
        let spec = &ctx.shared.pushes[usize::from(self.order_of(at))];
        let Some(s_cscf) = ctx.shared.s_cscf_of(user) else { return };
        let mut invite = self.request(ctx, Method::Invite, address, FeatureTags::PUSH.union(spec.require));
        invite.route.push(Route { node: s_cscf, kind: RouteKind::Plain });
        let contact = Contact { features: FeatureTags::PUSH, ..Contact::plain(Uri::Node(ctx.me)) };
        invite.contact = ContactHeader::One(contact);
        let origin =
            Origin { scope: Scope::push_user(user), procedure: Procedure::Push, class: spec.class, began: ctx.now };
        let call = Call { invite, to: s_cscf, origin, patience: spec.media.cancel_after };
        let (senders, mut line) = self.sessions(user);
        senders.start(ctx, &mut line, call, contents);
    }

    /// The user on whose behalf a session is.
    fn user_of_origin(origin: Option<Origin>) -> Option<UserId> {
        match origin?.scope.subject() {
            Subject::User(user) => Some(user),
            Subject::Entity(_) | Subject::Terminal(_) | Subject::Workload(_) => None,
        }
    }

    /// A request of a session was answered, or was not (`None`).
    pub(super) fn on_session_response(
        &mut self,
        ctx: &mut Context<'_>,
        request: SessionRequest,
        response: Option<&SipMessage>,
    ) {
        let Some(user) = Self::user_of_origin(self.senders.origin(request.session)) else { return };
        let (senders, mut line) = self.sessions(user);
        let events = match response {
            Some(response) => senders.on_response(ctx, &mut line, request, response),
            None => senders.on_timeout(ctx, &mut line, request),
        };
        self.on_session_events(ctx, events);
    }

    /// A request inside a dialog arrived.
    pub(super) fn on_session_request(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &Sip) {
        let origin = self.senders.origin(DialogId::of_request(request));
        let Some(user) = Self::user_of_origin(origin) else {
            return proxy::reply(ctx, &mut self.transactions, &mut self.tokens, tx, 481);
        };
        let (senders, mut line) = self.sessions(user);
        let events = senders.on_request(ctx, &mut line, tx, request);
        self.on_session_events(ctx, events.unwrap_or_default());
    }

    pub(super) fn on_session_ack(&mut self, ctx: &mut Context<'_>, ack: &Sip) {
        let origin = self.senders.origin(DialogId::of_request(ack));
        let Some(user) = Self::user_of_origin(origin) else { return };
        let (senders, mut line) = self.sessions(user);
        let events = senders.on_ack(ctx, &mut line, ack);
        self.on_session_events(ctx, events.unwrap_or_default());
    }

    pub(super) fn on_msrp(&mut self, ctx: &mut Context<'_>, message: &Msrp, meta: Meta) {
        let origin = self.senders.origin_of_path(message.to.next.session);
        let Some(user) = Self::user_of_origin(origin) else { return stray(ctx, message, meta) };
        let (senders, mut line) = self.sessions(user);
        let events = senders.on_msrp(ctx, &mut line, message);
        self.on_session_events(ctx, events.unwrap_or_default());
    }

    pub(super) fn on_session_timer(&mut self, ctx: &mut Context<'_>, wait: SessionWait, at: u32) {
        let Some(user) = Self::user_of_origin(self.senders.origin_of_timer(at)) else { return };
        let (senders, mut line) = self.sessions(user);
        let events = senders.on_timer(ctx, &mut line, wait, at);
        self.on_session_events(ctx, events);
    }

    fn on_session_events(&mut self, ctx: &mut Context<'_>, events: Vec<SenderEvent>) {
        for event in events {
            match event {
                SenderEvent::Delivered(content) => self.on_file_end(ctx, content.tag, Some(200)),
                SenderEvent::Failed(content, failure) => self.on_file_end(ctx, content.tag, failure.status()),
                SenderEvent::Refused { status, contents } => {
                    for content in contents {
                        self.on_file_end(ctx, content.tag, status);
                    }
                }
            }
        }
    }

    /// A file of a delivery is delivered or failed. A delivery of which any file failed has failed with it.
    fn on_file_end(&mut self, ctx: &mut Context<'_>, at: u32, status: Option<u16>) {
        let Some(delivery) = self.deliveries.get_mut(at) else { return };
        delivery.files = delivery.files.saturating_sub(1);
        if !matches!(status, Some(200..300)) {
            delivery.failed.get_or_insert(status);
        }
        if delivery.files == 0 {
            let status = delivery.failed.take().unwrap_or(Some(200));
            self.on_delivery_end(ctx, at, status);
        }
    }
}
