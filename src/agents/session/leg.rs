//! What both ends of an established session do: requests inside the dialog, re-INVITE and its 2xx, the session timer.

use super::{Line, Origin, RequestKind, SessionEnd, SessionRequest, SessionWait};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::procedure::Meta;
use crate::agents::timer::TimerReason;
use crate::agents::transactions::{ClientTx, ServerTx};
use crate::kernel::{EventHandle, Purpose, Span, Time};
use crate::protocol::sip::{AckWait, Dialog, Negotiation, SessionDue, SessionTimer, SuccessResponse};
use crate::wire::sip::body::Sdp;
use crate::wire::sip::headers::{OptionTags, Refresher, SessionExpires};
use crate::wire::sip::{Body, ContactHeader, Headers, Method, SipMessage};
use std::sync::Arc;

/// The timers of a session, one of each kind.
#[derive(Clone, Debug)]
pub(super) struct Timers {
    end: SessionEnd,
    /// Position of the session in its agent's table.
    at: u32,
    handles: [EventHandle; 8],
}

impl Timers {
    pub(super) fn new(end: SessionEnd, at: u32) -> Timers {
        Timers { end, at, handles: [EventHandle::NONE; 8] }
    }

    /// Sets a timer in place of the one of its kind.
    pub(super) fn set(&mut self, ctx: &mut Context<'_>, kind: SessionWait, after: Span) {
        let handle = ctx.set_timer(after, TimerReason::Session(self.end, kind), self.at);
        ctx.out.cancel_timer(std::mem::replace(&mut self.handles[kind as usize], handle));
    }

    pub(super) fn cancel(&mut self, ctx: &mut Context<'_>, kind: SessionWait) {
        ctx.cancel_timer(&mut self.handles[kind as usize]);
    }

    pub(super) fn cancel_all(&mut self, ctx: &mut Context<'_>) {
        for handle in &mut self.handles {
            ctx.cancel_timer(handle);
        }
    }

    pub(super) fn is_set(&self, kind: SessionWait) -> bool {
        self.handles[kind as usize] != EventHandle::NONE
    }

    /// A timer fired.
    pub(super) fn fired(&mut self, kind: SessionWait) {
        self.handles[kind as usize] = EventHandle::NONE;
    }
}

/// A 2xx that may have to be sent again.
#[derive(Clone, Debug)]
struct Unacknowledged {
    machine: SuccessResponse,
    tx: ServerTx,
    response: Box<SipMessage>,
}

/// A re-INVITE of this end.
#[derive(Clone, Copy, Debug)]
struct ReInvite {
    tx: ClientTx,
    cseq: u32,
    meta: Meta,
    /// ACKs sent for it.
    acks: u16,
}

/// One end of a dialog.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    pub(super) dialog: Dialog,
    pub(super) opened_at: Time,
    pub(super) negotiation: Negotiation,
    origin: Origin,
    /// What every request of this end repeats.
    headers: Headers,
    contact: ContactHeader,
    interval: Option<SessionTimer>,
    /// The last re-INVITE of this end.
    reinvite: Option<ReInvite>,
    unacknowledged: Option<Unacknowledged>,
    /// When BYE went out.
    bye_at: Option<Time>,
}

impl Leg {
    pub(super) fn new(
        ctx: &mut Context<'_>,
        dialog: Dialog,
        origin: Origin,
        headers: Headers,
        contact: ContactHeader,
    ) -> Leg {
        ctx.observe(Fact::DialogOpened);
        ctx.observe(Fact::UserPlane(true));
        Leg {
            dialog,
            opened_at: ctx.now,
            negotiation: Negotiation::Stable,
            origin,
            headers,
            contact,
            interval: None,
            reinvite: None,
            unacknowledged: None,
            bye_at: None,
        }
    }

    /// The dialog is over and its user plane is free.
    // req: PUSH-R-15, PUSH-S-26
    pub(super) fn close(self, ctx: &mut Context<'_>, orderly: bool) {
        if let Some(began) = self.bye_at.filter(|_| orderly) {
            ctx.observe(Fact::ByeAnswered { began });
        }
        ctx.observe(Fact::UserPlane(false));
        ctx.observe(Fact::DialogClosed { opened_at: self.opened_at, orderly });
    }

    fn request(&mut self, method: Method) -> SipMessage {
        let mut request = self.dialog.request(method);
        request.headers = self.headers.clone();
        request
    }

    fn send<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        request: SipMessage,
        kind: RequestKind,
    ) -> Option<ReInvite> {
        let to = self.dialog.first_hop()?;
        let meta = line.meta(self.origin);
        let cseq = request.cseq;
        let tx = line.send(ctx, to, request, meta, SessionRequest { session: self.dialog.id(), kind });
        Some(ReInvite { tx, cseq, meta, acks: 0 })
    }

    /// Sends a re-INVITE with this offer, unless another offer is open.
    pub(super) fn reinvite<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        timers: &mut Timers,
        offer: Sdp,
    ) {
        if !self.negotiation.offer() {
            return;
        }
        let mut request = self.request(Method::Invite);
        request.contact = self.contact.clone();
        request.headers.allow = true;
        request.headers.supported = OptionTags::TIMER;
        request.headers.session_expires = self.wanted_interval();
        request.body = Body::Sdp(Arc::new(offer));
        self.reinvite = self.send(ctx, line, request, RequestKind::ReInvite);
        // A node on the way may have forgotten it.
        let limit = ctx.shared.sip.timer_c.saturating_add(ctx.shared.sip.access_timers.transaction_timeout());
        timers.set(ctx, SessionWait::Patience, limit);
        ctx.observe(Fact::ReInvited);
    }

    /// Session-Expires of a re-INVITE: whoever refreshes goes on doing so.
    fn wanted_interval(&self) -> Option<SessionExpires> {
        let interval = self.interval?;
        let refresher = if interval.next().0 == SessionDue::Refresh { Refresher::Uac } else { Refresher::Uas };
        Some(SessionExpires { interval: interval.seconds(), refresher })
    }

    /// Acknowledges a 2xx to a re-INVITE, copies too.
    pub(super) fn acknowledge_reinvite<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        response: &SipMessage,
    ) {
        if let Some(reinvite) = &mut self.reinvite {
            line.acknowledge(ctx, &mut self.dialog, response.cseq, reinvite.meta, reinvite.acks);
            reinvite.acks += 1;
        }
    }

    /// Whether a final response is the one that the offer of this end waits for. A success of an earlier re-INVITE may
    /// come again.
    pub(super) fn awaits(&self, response: &SipMessage) -> bool {
        let is_last = self.reinvite.is_some_and(|reinvite| reinvite.cseq == response.cseq);
        self.negotiation == Negotiation::HaveLocalOffer && is_last
    }

    /// A re-INVITE of this end that has no final response is given up: the session is over.
    pub(super) fn give_up_offer<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
    ) {
        if let Some(reinvite) = self.reinvite.filter(|_| self.negotiation == Negotiation::HaveLocalOffer) {
            line.transactions.cancel(ctx, reinvite.tx);
        }
    }

    /// Sends BYE. Whether it could be sent.
    // req: PUSH-S-22, PUSH-S-23: the Request-URI is the Contact that the dialog keeps.
    pub(super) fn bye<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
    ) -> bool {
        self.give_up_offer(ctx, line);
        self.unacknowledged = None;
        self.bye_at = Some(ctx.now);
        let request = self.request(Method::Bye);
        self.send(ctx, line, request, RequestKind::Bye).is_some()
    }

    /// A 2xx agreed on the session timer: starts it anew.
    // req: PUSH-S-16
    pub(super) fn restart_interval(
        &mut self,
        ctx: &mut Context<'_>,
        timers: &mut Timers,
        header: Option<SessionExpires>,
        sent_request: bool,
    ) {
        self.interval = header.map(|header| SessionTimer::agreed(header, sent_request));
        match self.interval {
            Some(interval) => timers.set(ctx, SessionWait::Interval, interval.next().1),
            None => timers.cancel(ctx, SessionWait::Interval),
        }
    }

    /// The session timer fired: refreshes the session with `offer` where that is this end's part. Whether the session
    /// is over instead.
    pub(super) fn on_interval<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        timers: &mut Timers,
        offer: Sdp,
    ) -> bool {
        match self.interval_due() {
            Some(SessionDue::Refresh) => self.reinvite(ctx, line, timers, offer),
            Some(SessionDue::Expire) => ctx.observe(Fact::SessionExpired),
            None => {}
        }
        self.interval_due() == Some(SessionDue::Expire)
    }

    fn interval_due(&self) -> Option<SessionDue> {
        self.interval.map(|interval| interval.next().0)
    }

    /// Answers a re-INVITE, or the INVITE itself, with 200 and an answer; sends it again until the ACK.
    pub(super) fn accept<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        timers: &mut Timers,
        tx: ServerTx,
        request: &SipMessage,
        answer: Sdp,
    ) {
        let mut response = SipMessage::response_to(request, 200, self.dialog.local.tag);
        response.contact = self.contact.clone();
        response.headers.product = self.headers.product;
        response.headers.allow = true;
        // Whoever asks for a session timer gets it as asked; nobody adds one.
        if request.headers.supported.contains(OptionTags::TIMER) {
            response.headers.supported = OptionTags::TIMER;
            response.headers.session_expires = request.headers.session_expires;
            if request.headers.session_expires.is_some_and(|header| header.refresher == Refresher::Uac) {
                response.headers.require = OptionTags::TIMER;
            }
        }
        response.body = Body::Sdp(Arc::new(answer));
        let values = match self.dialog.first_hop() {
            Some(hop) => ctx.shared.timers(ctx.me, hop),
            None => ctx.shared.sip.core_timers,
        };
        let machine = SuccessResponse::sent(ctx.now, values);
        timers.set(ctx, SessionWait::Ack, machine.first_wait());
        self.restart_interval(ctx, timers, response.headers.session_expires, false);
        self.unacknowledged = Some(Unacknowledged { machine, tx, response: Box::new(response.clone()) });
        line.transactions.respond(ctx, tx, response);
    }

    /// The ACK of a 2xx of this end arrived.
    pub(super) fn on_ack(&mut self, ctx: &mut Context<'_>, timers: &mut Timers) {
        if self.unacknowledged.take().is_some() {
            timers.cancel(ctx, SessionWait::Ack);
            if self.negotiation == Negotiation::HaveRemoteOffer {
                self.negotiation.settle();
            }
        }
    }

    /// The wait for an ACK is over for now. Whether it was in vain, so that the session ends.
    pub(super) fn on_ack_wait<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        timers: &mut Timers,
    ) -> bool {
        let Some(waiting) = &mut self.unacknowledged else { return false };
        match waiting.machine.on_timer(ctx.now) {
            AckWait::Retransmit(wait) => {
                timers.set(ctx, SessionWait::Ack, wait);
                line.transactions.respond(ctx, waiting.tx, (*waiting.response).clone());
                false
            }
            AckWait::GiveUp => true,
        }
    }

    /// Whether a refresh is due that a glare has put off.
    pub(super) fn owes_refresh(&self, timers: &Timers) -> bool {
        self.interval_due() == Some(SessionDue::Refresh) && !timers.is_set(SessionWait::Interval)
    }

    /// Waits before a re-INVITE that met 491 is tried again (RFC 3261 section 14.1): 2.1 to 4 s at the end that made
    /// the Call-ID, up to 2 s at the other, in steps of 10 ms.
    pub(super) fn wait_after_glare<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        timers: &mut Timers,
    ) {
        ctx.observe(Fact::Glare);
        let owner = self.dialog.call_id.entity() == ctx.me;
        let mut draw = ctx.shared.streams.draw(self.origin.scope.0, Purpose::Retry, u64::from(line.number()));
        let steps = if owner { 210 + draw.below(191) } else { draw.below(201) };
        timers.set(ctx, SessionWait::Glare, Span::from_millis(10 * steps).max(Span::from_nanos(1)));
    }
}
