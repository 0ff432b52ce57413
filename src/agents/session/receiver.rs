//! The end that is invited and takes: whether it accepts and which files, 180, 200, re-INVITE, CANCEL, BYE.
//!
//! ```text
//! INVITE ─┬─ no type of content that it takes ─▶ 488
//!         ├─ too many sessions ────────────────▶ 486
//!         └─▶ (180) ─acceptance delay─┬─ refused ▶ 480, 486, 603, 606
//!                        │            └─▶ (path over a relay) ─▶ 200 ──ACK──▶ takes files ──BYE──▶ (gone)
//!                        └─CANCEL─▶ 487
//! ```

use super::leg::{Leg, Timers};
use super::policies::SessionProfile;
use super::taking::Inflow;
use super::use_path::{UsePaths, Way};
use super::{Line, Origin, RequestKind, SessionEnd, SessionRequest, SessionWait};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::procedure::{Meta, Scope};
use crate::agents::transactions::ServerTx;
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::{Distribution, EntityId, Purpose, Span, Time};
use crate::protocol::sip::{Dialog, DialogId};
use crate::wire::msrp::Presentation;
use crate::wire::sip::body::{Cpim, Sdp, Stream};
use crate::wire::sip::{Body, ContactHeader, Headers, Method, Sip, SipMessage};
use crate::wire::{ContentType, Token};

/// Who is invited.
pub struct Invited<'a> {
    /// The Contact that it answers with.
    pub contact: ContactHeader,
    /// What its requests and responses repeat.
    pub headers: Headers,
    /// Whether it has a content already.
    pub knows: &'a dyn Fn(Token) -> bool,
}

/// A content that has arrived whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TakenContent {
    /// Its hash, as its selector gave it.
    pub content: Option<Token>,
    /// Its name, as its selector gave it.
    pub name: Option<Token>,
    /// Its beginning, when it was wrapped in CPIM.
    pub cpim: Option<Cpim>,
    /// Its type.
    pub kind: ContentType,
    /// Octets.
    pub octets: u32,
    /// How it is to be presented.
    pub presentation: Presentation,
    /// On whose account it came.
    pub origin: Origin,
}

/// What a receiver has decided about an INVITE.
#[derive(Clone, Debug)]
struct Decision {
    status: u16,
    request: Sip,
    /// By m-line: whether it is taken.
    taken: Vec<bool>,
    contact: ContactHeader,
    headers: Headers,
}

/// One session.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) me: EntityId,
    id: DialogId,
    pub(super) origin: Origin,
    tx: ServerTx,
    timers: Timers,
    /// Until its final response.
    decision: Option<Box<Decision>>,
    leg: Option<Leg>,
    sdp: (Token, u32),
    pub(super) inflows: Vec<Option<Inflow>>,
    /// SEND is taken from then on.
    pub(super) ready_at: Time,
    /// The relay that its streams are reached over.
    relay: Option<Token>,
    /// Whether any SEND has come.
    pub(super) heard: bool,
}

/// The sessions of an agent in which it takes content.
#[derive(Clone, Debug, Default)]
pub struct Receivers {
    pub(super) sessions: Slab<Session>,
    by_dialog: Lookup<DialogId, u32>,
    /// Local end of an MSRP stream to its session.
    pub(super) by_path: Lookup<Token, u32>,
    pub(super) use_paths: UsePaths,
}

impl Receivers {
    /// Paths over relays that it has or asks for.
    pub fn use_paths(&self) -> u64 {
        self.use_paths.open()
    }

    /// Sessions under way, and those whose user plane stands.
    pub fn open(&self) -> (u64, u64) {
        let user_planes = self.sessions.iter().filter(|(_, session)| session.leg.is_some()).count();
        (self.sessions.len() as u64, user_planes as u64)
    }

    /// Whether a dialog is one of these sessions.
    pub fn has(&self, dialog: DialogId) -> bool {
        self.by_dialog.contains(&dialog)
    }

    /// An INVITE that opens a session arrived.
    // req: PUSH-R-1, PUSH-R-2, PUSH-R-4, MT-8, PUSH-G-11
    pub fn on_invite<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        tx: ServerTx,
        request: &Sip,
        meta: Meta,
        invited: Invited<'_>,
    ) {
        let profile = ctx.shared.session_profile(ctx.me);
        let media = if let Body::Sdp(offer) = &request.body { offer.streams().collect() } else { Vec::new() };
        let acceptable = media.iter().any(|(_, stream)| takes_type(profile, stream));
        let held = self.sessions.iter().filter(|(_, session)| session.me == ctx.me).count() as u64;
        let full = profile.max_sessions.is_some_and(|limit| held >= u64::from(limit));
        let (status, at_once) = match (acceptable, full) {
            (false, _) => (488, true),
            (true, true) => (486, true),
            (true, false) => (refusal(ctx, line, profile), false),
        };
        let taken = if let Body::Sdp(offer) = &request.body {
            choose(ctx, line, profile, offer, invited.knows)
        } else {
            Vec::new()
        };
        // Nothing is left of an offer whose files are all refused.
        let status = if status == 200 && !taken.contains(&true) { 603 } else { status };
        let tag = line.token(ctx);
        let id = DialogId { call_id: request.call_id, local_tag: Some(tag) };
        let origin =
            Origin { scope: Scope::entity(ctx.me), procedure: meta.procedure, class: meta.class, began: meta.began };
        let Invited { contact, headers, .. } = invited;
        let sdp = (line.token(ctx), 1);
        let decision = Decision { status, request: request.clone(), taken, contact, headers };
        let at = self.sessions.insert(Session {
            me: ctx.me,
            id,
            origin,
            tx,
            timers: Timers::new(SessionEnd::Receiver, 0),
            decision: Some(Box::new(decision)),
            leg: None,
            sdp,
            inflows: Vec::new(),
            ready_at: Time::ZERO,
            relay: None,
            heard: false,
        });
        self.by_dialog.insert(id, at);
        let delay = if at_once { Span::ZERO } else { chosen_span(ctx, line, &profile.acceptance_delay) };
        if delay.is_zero() {
            return self.decide(ctx, line, at);
        }
        let session = self.sessions.get_mut(at).expect("the session was just made");
        session.timers = Timers::new(SessionEnd::Receiver, at);
        session.timers.set(ctx, SessionWait::Decision, delay);
        if !profile.alerting {
            return;
        }
        let mut ringing = SipMessage::response_to(request, 180, Some(tag));
        if let Some(decision) = &session.decision {
            ringing.contact = decision.contact.clone();
            ringing.headers.product = decision.headers.product;
        }
        line.transactions.respond(ctx, tx, ringing);
    }

    /// Gives the final response, once the way is known that its streams are reached by.
    fn decide<U: Copy + From<SessionRequest>>(&mut self, ctx: &mut Context<'_>, line: &mut Line<'_, U>, at: u32) {
        let Some(session) = self.sessions.get(at) else { return };
        let accepts = session.decision.as_ref().is_some_and(|decision| decision.status == 200);
        let way = if accepts { self.use_paths.ask(ctx, line, session.origin) } else { Way::Known(None) };
        match way {
            Way::Known(relay) => self.answer(ctx, line, at, relay),
            Way::Asked => {}
        }
    }

    /// The way is known that sessions waited for: they are answered.
    pub(super) fn go_on<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        relay: Option<Token>,
    ) {
        let me = ctx.me;
        let waits = |session: &Session| {
            session.me == me && session.decision.is_some() && !session.timers.is_set(SessionWait::Decision)
        };
        let waiting: Vec<u32> = self.sessions.iter().filter_map(|(at, session)| waits(session).then_some(at)).collect();
        for at in waiting {
            self.answer(ctx, line, at, relay);
        }
    }

    /// Gives the final response; SEND comes over `relay`.
    // req-not-modelled: PUSH-R-6 Accept-Contact belongs to requests (RFC 3841): a response with it selects nobody
    // req: PUSH-R-3, PUSH-R-5, PUSH-R-7, PUSH-R-10, PUSH-R-11
    fn answer<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        at: u32,
        relay: Option<Token>,
    ) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let Some(decision) = session.decision.take() else { return };
        let Decision { status, request, taken, contact, headers } = *decision;
        let tag = session.id.local_tag.expect("a receiver's dialog has a tag of its own");
        ctx.observe(Fact::SessionDecided { status, message: request.headers.conversation });
        let dialog = Dialog::of_callee(&request, tag).filter(|_| status == 200);
        let (Some(dialog), Body::Sdp(offer)) = (dialog, &request.body) else {
            let mut response = SipMessage::response_to(&request, status, Some(tag));
            response.headers.product = headers.product;
            line.transactions.respond(ctx, session.tx, response);
            return self.remove(ctx, at);
        };
        let profile = ctx.shared.session_profile(ctx.me);
        session.relay = relay;
        session.ready_at = ctx.now + chosen_span(ctx, line, &profile.ready_delay);
        session.timers = Timers::new(SessionEnd::Receiver, at);
        let mut leg = Leg::new(ctx, dialog, session.origin, headers, contact);
        leg.negotiation.receive_offer();
        session.leg = Some(leg);
        self.take_offer(ctx, line, at, offer, &taken);
        self.accept(ctx, line, at, &request);
    }

    /// Sends the 200 with the answer as the session stands.
    fn accept<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        at: u32,
        request: &Sip,
    ) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let (tx, answer) = (session.tx, session.description());
        if let Some(leg) = &mut session.leg {
            leg.accept(ctx, line, &mut session.timers, tx, request, answer);
        }
    }

    /// Makes the streams of an offer: those that go on, those that are new and taken, and none for the rest.
    fn take_offer<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        at: u32,
        offer: &Sdp,
        taken: &[bool],
    ) {
        let limit = ctx.shared.session_profile(ctx.me).max_size;
        let Some(session) = self.sessions.get_mut(at) else { return };
        let mut before = std::mem::take(&mut session.inflows);
        for inflow in before.iter().flatten() {
            self.by_path.remove(&inflow.path());
        }
        // One line for each line of the offer; a zero is never revived (RFC 3264 section 6).
        let mut inflows: Vec<Option<Inflow>> = vec![None; offer.media.len()];
        for (number, stream) in offer.streams() {
            let goes_on = before.get_mut(number).and_then(Option::take).filter(|inflow| inflow.is_of(stream));
            inflows[number] = match goes_on {
                Some(inflow) => Some(inflow),
                None if taken.get(number) == Some(&true) => {
                    Some(Inflow::new(line.token(ctx), session.relay, stream, limit))
                }
                None => None,
            };
        }
        for inflow in inflows.iter().flatten() {
            self.by_path.insert(inflow.path(), at);
        }
        session.inflows = inflows;
    }

    /// A request inside a dialog arrived. Whether the dialog is one of these sessions.
    // req: PUSH-R-13, PUSH-R-14
    pub fn on_request<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        tx: ServerTx,
        request: &Sip,
        invited: Invited<'_>,
    ) -> bool {
        let Some(&at) = self.by_dialog.get(&DialogId::of_request(request)) else { return false };
        let product = invited.headers.product;
        let Some(session) = self.sessions.get_mut(at) else { return false };
        match (request.method(), &mut session.leg) {
            (Method::Bye, Some(leg)) => {
                leg.give_up_offer(ctx, line);
                line.reply(ctx, tx, request, 200, product);
                self.finish(ctx, at, true);
            }
            (Method::Invite, Some(leg)) => {
                let Body::Sdp(offer) = &request.body else {
                    line.reply(ctx, tx, request, 488, product);
                    return true;
                };
                if !leg.negotiation.receive_offer() {
                    line.reply(ctx, tx, request, 491, product);
                    return true;
                }
                session.tx = tx;
                session.sdp.1 += 1;
                let profile = ctx.shared.session_profile(ctx.me);
                let taken = choose(ctx, line, profile, offer, invited.knows);
                self.take_offer(ctx, line, at, offer, &taken);
                self.accept(ctx, line, at, request);
            }
            (method, _) => {
                let fits = matches!(method, Method::Bye | Method::Invite);
                line.reply(ctx, tx, request, if fits { 481 } else { 405 }, product);
            }
        }
        true
    }

    /// A CANCEL arrived and is answered; the INVITE that it is about ends with 487 where it has no final response.
    pub fn on_cancel<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        invite: ServerTx,
    ) {
        let undecided = self.sessions.iter().find(|(_, session)| session.tx == invite && session.decision.is_some());
        if let Some((at, tag)) = undecided.map(|(at, session)| (at, session.id.local_tag))
            && let Some(decision) = self.sessions.get_mut(at).and_then(|session| session.decision.take())
        {
            let mut response = SipMessage::response_to(&decision.request, 487, tag);
            response.headers.product = decision.headers.product;
            line.transactions.respond(ctx, invite, response);
            ctx.observe(Fact::InvitationVanished);
            self.remove(ctx, at);
        }
    }

    /// The ACK of a 2xx arrived. Whether it belongs to one of these sessions.
    pub fn on_ack(&mut self, ctx: &mut Context<'_>, ack: &SipMessage) -> bool {
        let at = self.by_dialog.get(&DialogId::of_request(ack));
        let Some(session) = at.and_then(|at| self.sessions.get_mut(*at)) else { return false };
        if let Some(leg) = &mut session.leg {
            leg.on_ack(ctx, &mut session.timers);
        }
        true
    }

    /// A response to a request of a session arrived, or none came (`None`). Whether it belongs to one of these.
    pub fn on_final<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        request: SessionRequest,
        response: Option<&SipMessage>,
    ) -> bool {
        let Some(&at) = self.by_dialog.get(&request.session) else { return false };
        let status = response.and_then(SipMessage::status);
        match (request.kind, status) {
            (_, Some(..200)) => {}
            (RequestKind::Bye, _) => self.finish(ctx, at, status == Some(200)),
            (RequestKind::ReInvite, _) => self.on_refreshed(ctx, line, at, response),
            (RequestKind::Invite | RequestKind::Release, _) => ctx.observe(Fact::Stray),
        }
        true
    }

    /// The refresh of this end has its final response, or none.
    fn on_refreshed<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        at: u32,
        response: Option<&SipMessage>,
    ) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let Some(leg) = &mut session.leg else { return };
        let status = response.and_then(SipMessage::status);
        if let Some(response) = response.filter(|_| matches!(status, Some(200..300))) {
            leg.acknowledge_reinvite(ctx, line, response);
        }
        if response.is_some_and(|response| !leg.awaits(response)) {
            return;
        }
        leg.negotiation.settle();
        session.timers.cancel(ctx, SessionWait::Patience);
        match (status, response) {
            (Some(200..300), Some(response)) => {
                leg.restart_interval(ctx, &mut session.timers, response.headers.session_expires, true);
            }
            (Some(491), _) => leg.wait_after_glare(ctx, line, &mut session.timers),
            // Without a refresh the session is over.
            (Some(_) | None, _) => self.bye(ctx, line, at),
        }
    }

    /// A timer of a session fired.
    pub fn on_timer<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        kind: SessionWait,
        at: u32,
    ) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        session.timers.fired(kind);
        match kind {
            SessionWait::Decision => self.decide(ctx, line, at),
            SessionWait::Ack => {
                let leg = session.leg.as_mut();
                if leg.is_some_and(|leg| leg.on_ack_wait(ctx, line, &mut session.timers)) {
                    self.bye(ctx, line, at);
                }
            }
            SessionWait::Interval | SessionWait::Glare => {
                let offer = session.description();
                let leg = session.leg.as_mut();
                if leg.is_some_and(|leg| leg.on_interval(ctx, line, &mut session.timers, offer)) {
                    self.bye(ctx, line, at);
                }
            }
            SessionWait::Patience => self.bye(ctx, line, at),
            SessionWait::Linger | SessionWait::Answer | SessionWait::Late => {}
        }
    }

    /// A relay has not answered, or the path that it gave is due for refresh, which sessions that stand want.
    pub fn on_use_path_due<U: Copy + From<SessionRequest>>(&mut self, ctx: &mut Context<'_>, line: &mut Line<'_, U>) {
        let stands = |session: &&Session| session.me == ctx.me && session.relay.is_some();
        let origin = self.sessions.iter().map(|(_, session)| session).find(stands).map(|session| session.origin);
        if self.use_paths.on_timer(ctx, line, origin) {
            self.go_on(ctx, line, None);
        }
    }

    /// Ends a session of its own accord.
    fn bye<U: Copy + From<SessionRequest>>(&mut self, ctx: &mut Context<'_>, line: &mut Line<'_, U>, at: u32) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        session.timers.cancel_all(ctx);
        let sent = session.leg.as_mut().is_some_and(|leg| leg.bye(ctx, line));
        if !sent {
            self.finish(ctx, at, false);
        }
    }

    /// Ends every session of an entity at once: it lost power.
    pub fn drop_all(&mut self, ctx: &mut Context<'_>, entity: EntityId) {
        let of_entity = |(at, session): (u32, &Session)| (session.me == entity).then_some(at);
        let dropped: Vec<u32> = self.sessions.iter().filter_map(of_entity).collect();
        for at in dropped {
            self.finish(ctx, at, false);
        }
        self.use_paths.forget(ctx);
    }

    /// The dialog is over: frees its user plane.
    // req: PUSH-R-15
    fn finish(&mut self, ctx: &mut Context<'_>, at: u32, orderly: bool) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let unheard = session.relay.filter(|_| !session.heard);
        if let Some(leg) = session.leg.take() {
            leg.close(ctx, orderly);
        }
        if let Some(path) = unheard {
            self.use_paths.doubt(ctx, path);
        }
        self.remove(ctx, at);
    }

    fn remove(&mut self, ctx: &mut Context<'_>, at: u32) {
        if let Some(mut session) = self.sessions.remove(at) {
            session.timers.cancel_all(ctx);
            self.by_dialog.remove(&session.id);
            for inflow in session.inflows.iter().flatten() {
                self.by_path.remove(&inflow.path());
            }
        }
    }
}

impl Session {
    fn description(&self) -> Sdp {
        let media = self.inflows.iter().map(|inflow| Inflow::description(inflow.as_ref())).collect();
        Sdp { owner: self.me, session: self.sdp.0, version: self.sdp.1, media }
    }
}

/// Whether any type that a stream will carry is taken.
fn takes_type(profile: &SessionProfile, stream: &Stream) -> bool {
    let by_list = !profile.accept_types.common(stream.accept).is_empty();
    by_list && stream.file.and_then(|file| file.selector.kind).is_none_or(|kind| profile.accept_types.accepts(kind))
}

/// Which m-lines of an offer are taken, by the selectors of their files.
// req: PUSH-R-4
fn choose<U: Copy + From<SessionRequest>>(
    ctx: &Context<'_>,
    line: &mut Line<'_, U>,
    profile: &SessionProfile,
    offer: &Sdp,
    knows: &dyn Fn(Token) -> bool,
) -> Vec<bool> {
    let mut taken = vec![false; offer.media.len()];
    for (at, stream) in offer.streams() {
        let selector = stream.file.map(|file| file.selector).unwrap_or_default();
        let too_large = profile.max_size.zip(selector.octets).is_some_and(|(limit, octets)| octets > limit);
        let known = profile.refuse_known && selector.hash.is_some_and(knows);
        let disliked = profile.file_refusal > 0.0
            && ctx
                .shared
                .streams
                .draw(ctx.me.0, Purpose::Acceptance, u64::from(line.number()))
                .chance(profile.file_refusal);
        taken[at] = takes_type(profile, stream) && !too_large && !known && !disliked;
    }
    taken
}

/// The status that the user answers with.
// req: PUSH-R-2n
fn refusal<U: Copy + From<SessionRequest>>(ctx: &Context<'_>, line: &mut Line<'_, U>, profile: &SessionProfile) -> u16 {
    if profile.refusal == [0.0; 4] {
        return 200;
    }
    let mut draw = ctx.shared.streams.draw(ctx.me.0, Purpose::Acceptance, u64::from(line.number()));
    let mut left = draw.uniform();
    for (share, status) in profile.refusal.into_iter().zip(SessionProfile::REFUSALS) {
        left -= share;
        if left < 0.0 {
            return status;
        }
    }
    200
}

/// A time by a distribution of the profile.
pub(super) fn chosen_span<U: Copy + From<SessionRequest>>(
    ctx: &Context<'_>,
    line: &mut Line<'_, U>,
    distribution: &Distribution,
) -> Span {
    let number = u64::from(line.number());
    distribution.span(|| ctx.shared.streams.draw(ctx.me.0, Purpose::Acceptance, number))
}
