//! The end that invites and sends: INVITE, its responses, forks, cancellation and late successes.
//!
//! ```text
//! Calling ──2xx──▶ Established ──BYE──▶ Ending ──answer──▶ Over ──no late 2xx can come──▶ (gone)
//!    │ ╲─300-699, time-out──▶ (gone)
//!    └─patience──▶ Cancelling ──487──▶ (gone)
//!                      └──late 2xx: ACK, BYE──▶ Ending
//! ```
//!
//! Every 2xx to the INVITE is acknowledged. The first makes the session; those of other branches of a fork are released
//! with BYE (RFC 3261 section 13.2.2.4), also when they come after the session is over.

use super::established::FileLine;
use super::leg::{Leg, Timers};
use super::{Line, Origin, RequestKind, SessionEnd, SessionRequest, SessionWait, headers_in_dialog};
use crate::agents::observation::{CancelOutcome, Fact};
use crate::agents::outbox::Context;
use crate::agents::procedure::Meta;
use crate::agents::transactions::{ClientTx, ServerTx};
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::{EntityId, Span, Time};
use crate::protocol::sip::{Dialog, DialogId};
use crate::wire::msrp::Presentation;
use crate::wire::sip::body::Cpim;
use crate::wire::sip::headers::{OptionTags, SessionExpires};
use crate::wire::sip::{Body, Method, SipMessage, Uri};
use crate::wire::{ContentType, Token};
use std::sync::Arc;

/// A file or large message to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Content {
    /// Equal numbers are equal content: the hash of its selector.
    pub id: Token,
    /// The name of its selector.
    pub name: Token,
    /// Its type.
    pub kind: ContentType,
    /// Octets, the CPIM headers included where it is wrapped.
    pub octets: u32,
    /// How it is to be presented.
    pub presentation: Presentation,
    /// Whether it carries a description.
    pub described: bool,
    /// Its beginning, when it is wrapped in CPIM.
    pub cpim: Option<Cpim>,
    /// What the agent knows it by.
    pub tag: u32,
}

/// What a session begins with.
#[derive(Clone, Debug)]
pub struct Call {
    /// The INVITE without its offer.
    pub invite: SipMessage,
    /// Where it goes first.
    pub to: EntityId,
    /// On whose account.
    pub origin: Origin,
    /// The INVITE is cancelled when it has no final response after this.
    pub patience: Option<Span>,
}

/// Why a file was not delivered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The receiver refused it by its selector.
    Refused,
    /// The user plane failed with this status; 413 also where the receiver had announced less, 408 is a time-out.
    UserPlane(u16),
    /// The session ended before.
    Ended,
}

impl Failure {
    /// The status that says so in signalling; none for a time-out and for a session that ended.
    pub const fn status(self) -> Option<u16> {
        match self {
            Failure::Refused => Some(603),
            Failure::UserPlane(408) | Failure::Ended => None,
            Failure::UserPlane(status) => Some(status),
        }
    }
}

/// What a sender tells its agent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SenderEvent {
    /// A content is delivered.
    Delivered(Content),
    /// A content is not delivered, while its session was accepted.
    Failed(Content, Failure),
    /// The INVITE was refused or cancelled, or timed out (no status): nothing of it is delivered.
    Refused {
        /// Final status.
        status: Option<u16>,
        /// What it was to carry.
        contents: Vec<Content>,
    },
}

/// Where a session stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum State {
    /// The INVITE has no final response.
    Calling,
    /// It is to be cancelled, or was.
    Cancelling,
    /// It was accepted.
    Established,
    /// BYE has no answer.
    Ending,
    /// Only late successes are waited for.
    Over,
}

/// A branch of a fork that answered 2xx and is not wanted.
#[derive(Clone, Debug)]
struct Fork {
    dialog: Dialog,
    acks: u16,
}

/// One session.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) me: EntityId,
    pub(super) id: DialogId,
    pub(super) state: State,
    pub(super) origin: Origin,
    pub(super) timers: Timers,
    pub(super) leg: Option<Leg>,
    pub(super) files: Vec<FileLine>,
    /// Contents that no offer has named.
    pub(super) waiting: Vec<Content>,
    /// Whether a connection of the user plane exists.
    pub(super) connected: bool,
    /// Since when nothing is to be sent.
    pub(super) idle_since: Option<Time>,
    /// Session id and version of the SDP.
    pub(super) sdp: (Token, u32),
    target: Uri,
    invite: Box<SipMessage>,
    invite_meta: Meta,
    invited_at: Time,
    tx: Option<ClientTx>,
    acks: u16,
    forks: Vec<Fork>,
    /// Until then a 2xx to the INVITE can come.
    late_until: Time,
}

/// The sessions of an agent in which it sends.
#[derive(Clone, Debug, Default)]
pub struct Senders {
    pub(super) sessions: Slab<Session>,
    by_dialog: Lookup<DialogId, u32>,
    /// Local end of an MSRP stream to its session.
    pub(super) by_path: Lookup<Token, u32>,
    /// Who sends to whom: the last session.
    by_target: Lookup<(EntityId, Uri), DialogId>,
}

impl Senders {
    /// Sessions under way, and those whose user plane stands.
    pub fn open(&self) -> (u64, u64) {
        let live = self.sessions.iter().filter(|(_, session)| session.state != State::Over).count();
        let user_planes = self.sessions.iter().filter(|(_, session)| session.leg.is_some()).count();
        (live as u64, user_planes as u64)
    }

    /// On whose account a session is.
    pub fn origin(&self, session: DialogId) -> Option<Origin> {
        self.by_dialog.get(&session).and_then(|at| self.sessions.get(*at)).map(|session| session.origin)
    }

    /// The same, of the session of a timer.
    pub fn origin_of_timer(&self, at: u32) -> Option<Origin> {
        self.sessions.get(at).map(|session| session.origin)
    }

    /// The same, of the session that an MSRP message goes to.
    pub fn origin_of_path(&self, path: Token) -> Option<Origin> {
        self.by_path.get(&path).and_then(|at| self.sessions.get(*at)).map(|session| session.origin)
    }

    pub(super) fn position(&self, session: DialogId) -> Option<u32> {
        self.by_dialog.get(&session).copied()
    }

    /// The last session of `me` to a target, while it stands.
    pub fn to(&self, me: EntityId, target: Uri) -> Option<DialogId> {
        self.by_target.get(&(me, target)).copied()
    }

    /// Invites to a session with these contents.
    // req: PUSH-S-3, PUSH-S-7, PUSH-S-8, PUSH-S-10, PUSH-S-14
    pub fn start<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        call: Call,
        contents: Vec<Content>,
    ) -> DialogId {
        let Call { mut invite, to, origin, patience } = call;
        let policies = &ctx.shared.policies.session;
        invite.headers.allow = true;
        invite.headers.supported = invite.headers.supported.union(OptionTags::TIMER);
        invite.headers.session_expires = policies.session_expires.map(|interval| SessionExpires {
            interval: u16::try_from(interval.as_secs()).unwrap_or(u16::MAX),
            refresher: policies.refresher,
        });
        let id = DialogId { call_id: invite.call_id, local_tag: invite.from.tag };
        let target = invite.uri().unwrap_or(invite.to.uri);
        let sdp = (line.token(ctx), 1);
        let files: Vec<FileLine> = contents.iter().map(|content| FileLine::offered(ctx, line, *content)).collect();
        let meta = line.meta(origin);
        let at = self.sessions.insert(Session {
            me: ctx.me,
            id,
            state: State::Calling,
            origin,
            timers: Timers::new(SessionEnd::Sender, 0),
            leg: None,
            files,
            waiting: Vec::new(),
            connected: false,
            idle_since: None,
            sdp,
            target,
            invite: Box::new(invite),
            invite_meta: meta,
            invited_at: ctx.now,
            tx: None,
            acks: 0,
            forks: Vec::new(),
            late_until: Time::ZERO,
        });
        self.by_dialog.insert(id, at);
        self.by_target.insert((ctx.me, target), id);
        let session = self.sessions.get_mut(at).expect("the session was just made");
        for file in &session.files {
            self.by_path.insert(file.path(), at);
        }
        session.timers = Timers::new(SessionEnd::Sender, at);
        session.invite.body = Body::Sdp(Arc::new(session.description()));
        ctx.observe(Fact::SessionInvited);
        let request = SessionRequest { session: id, kind: RequestKind::Invite };
        let tx = line.send(ctx, to, (*session.invite).clone(), meta, request);
        session.tx = Some(tx);
        // The network answers an INVITE before Timer C is over, unless its answer is lost.
        let limit = ctx.shared.sip.timer_c.saturating_add(ctx.shared.sip.access_timers.transaction_timeout());
        let patience = patience.map_or(limit, |patience| patience.min(limit)).max(Span::from_nanos(1));
        session.timers.set(ctx, SessionWait::Patience, patience);
        id
    }

    /// A response to a request of a session arrived.
    pub fn on_response<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        request: SessionRequest,
        response: &SipMessage,
    ) -> Vec<SenderEvent> {
        let mut events = Vec::new();
        let Some(&at) = self.by_dialog.get(&request.session) else { return events };
        let status = response.status().unwrap_or(0);
        match request.kind {
            RequestKind::Invite | RequestKind::ReInvite if status < 200 => {}
            RequestKind::Invite if status < 300 => self.on_success(ctx, line, at, response, &mut events),
            RequestKind::Invite => self.on_refusal(ctx, at, Some(status), &mut events),
            RequestKind::ReInvite => self.on_reinvite_final(ctx, line, at, response, &mut events),
            RequestKind::Bye if status >= 200 => self.finish(ctx, at, status == 200),
            RequestKind::Bye | RequestKind::Release => {}
        }
        events
    }

    /// A request of a session timed out.
    pub fn on_timeout<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        request: SessionRequest,
    ) -> Vec<SenderEvent> {
        let mut events = Vec::new();
        let Some(&at) = self.by_dialog.get(&request.session) else { return events };
        match request.kind {
            RequestKind::Invite => self.on_refusal(ctx, at, None, &mut events),
            RequestKind::ReInvite => self.bye(ctx, line, at, &mut events),
            RequestKind::Bye => self.finish(ctx, at, false),
            RequestKind::Release => {}
        }
        events
    }

    /// Gives up an INVITE that has no final response: CANCEL goes out once a provisional one is there.
    // req: PUSH-S-19
    pub fn cancel<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        session: DialogId,
    ) {
        let Some(&at) = self.by_dialog.get(&session) else { return };
        let Some(session) = self.sessions.get_mut(at) else { return };
        if session.state == State::Calling {
            session.state = State::Cancelling;
            session.timers.cancel(ctx, SessionWait::Patience);
            if let Some(tx) = session.tx {
                line.transactions.cancel(ctx, tx);
            }
        }
    }

    /// The INVITE failed: `None` is a time-out.
    fn on_refusal(&mut self, ctx: &mut Context<'_>, at: u32, status: Option<u16>, events: &mut Vec<SenderEvent>) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let cancelled = session.state == State::Cancelling;
        if session.state > State::Cancelling {
            return;
        }
        if cancelled {
            ctx.observe(Fact::Cancelled(CancelOutcome::of(status)));
        }
        let class = session.origin.class;
        ctx.observe(Fact::SessionAnswered { status, began: session.invited_at, class, cancelled });
        let contents = session.files.iter().map(|file| file.content).chain(session.waiting.drain(..)).collect();
        events.push(SenderEvent::Refused { status, contents });
        self.remove(ctx, at);
    }

    /// A 2xx to the INVITE: the first, a copy, or that of another branch.
    fn on_success<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        at: u32,
        response: &SipMessage,
        events: &mut Vec<SenderEvent>,
    ) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let (cseq, meta) = (session.invite.cseq, session.invite_meta);
        if let Some(leg) = session.leg.as_mut().filter(|leg| leg.dialog.remote.tag == response.to.tag) {
            line.acknowledge(ctx, &mut leg.dialog, cseq, meta, session.acks);
            session.acks += 1;
            return;
        }
        if let Some(fork) = session.forks.iter_mut().find(|fork| fork.dialog.remote.tag == response.to.tag) {
            line.acknowledge(ctx, &mut fork.dialog, cseq, meta, fork.acks);
            fork.acks += 1;
            return;
        }
        let Some(dialog) = Dialog::of_caller(&session.invite, response) else { return };
        match session.state {
            State::Calling | State::Cancelling if session.leg.is_none() => {
                self.accept(ctx, line, at, dialog, response, events);
            }
            State::Calling | State::Cancelling | State::Established | State::Ending | State::Over => {
                self.release(ctx, line, at, dialog);
            }
        }
    }

    // req: PUSH-S-15, PUSH-S-16, PUSH-S-17
    fn accept<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        at: u32,
        mut dialog: Dialog,
        response: &SipMessage,
        events: &mut Vec<SenderEvent>,
    ) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let cancelled = session.state == State::Cancelling;
        if cancelled {
            ctx.observe(Fact::Cancelled(CancelOutcome::LateSuccess));
        }
        line.acknowledge(ctx, &mut dialog, session.invite.cseq, session.invite_meta, 0);
        session.acks = 1;
        session.state = State::Established;
        session.late_until = ctx.now + ctx.shared.sip.access_timers.transaction_timeout();
        session.timers.cancel(ctx, SessionWait::Patience);
        let (class, began) = (session.origin.class, session.invited_at);
        ctx.observe(Fact::SessionAnswered { status: response.status(), began, class, cancelled });
        let headers = headers_in_dialog(&session.invite.headers);
        let mut leg = Leg::new(ctx, dialog, session.origin, headers, session.invite.contact.clone());
        leg.restart_interval(ctx, &mut session.timers, response.headers.session_expires, true);
        session.leg = Some(leg);
        if cancelled {
            return self.bye(ctx, line, at, events);
        }
        self.apply_answer(ctx, at, &response.body, events);
        self.advance(ctx, line, at, events);
    }

    /// Acknowledges the 2xx of a branch that is not wanted and ends its dialog.
    fn release<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        at: u32,
        mut dialog: Dialog,
    ) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        line.acknowledge(ctx, &mut dialog, session.invite.cseq, session.invite_meta, 0);
        let mut bye = dialog.request(Method::Bye);
        bye.headers = headers_in_dialog(&session.invite.headers);
        let request = SessionRequest { session: session.id, kind: RequestKind::Release };
        let meta = line.meta(session.origin);
        if let Some(hop) = dialog.first_hop() {
            line.send(ctx, hop, bye, meta, request);
        }
        session.forks.push(Fork { dialog, acks: 1 });
        ctx.observe(Fact::ForkReleased);
    }

    /// A request inside a dialog arrived: `None` where the dialog is not one of these sessions.
    pub fn on_request<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        tx: ServerTx,
        request: &SipMessage,
    ) -> Option<Vec<SenderEvent>> {
        let at = *self.by_dialog.get(&DialogId::of_request(request))?;
        let session = self.sessions.get_mut(at)?;
        let product = session.invite.headers.product;
        let mut events = Vec::new();
        match (request.method(), &mut session.leg) {
            (Method::Bye, Some(leg)) => {
                leg.give_up_offer(ctx, line);
                line.reply(ctx, tx, request, 200, product);
                self.fail_the_rest(ctx, at, &mut events);
                self.finish(ctx, at, true);
            }
            (Method::Invite, Some(leg)) => {
                if leg.negotiation.receive_offer() {
                    let answer = session.description_of(&session.files);
                    let leg = session.leg.as_mut().expect("the session has a dialog");
                    leg.accept(ctx, line, &mut session.timers, tx, request, answer);
                } else {
                    line.reply(ctx, tx, request, 491, product);
                }
            }
            (method, _) => {
                let fits = matches!(method, Method::Bye | Method::Invite);
                line.reply(ctx, tx, request, if fits { 481 } else { 405 }, product);
            }
        }
        Some(events)
    }

    /// The ACK of a 2xx of this end arrived: `None` where it belongs to none of these sessions.
    pub fn on_ack<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        ack: &SipMessage,
    ) -> Option<Vec<SenderEvent>> {
        let at = self.position(DialogId::of_request(ack))?;
        let session = self.sessions.get_mut(at)?;
        if let Some(leg) = &mut session.leg {
            leg.on_ack(ctx, &mut session.timers);
        }
        let mut events = Vec::new();
        self.advance(ctx, line, at, &mut events);
        Some(events)
    }

    /// A timer of a session fired.
    pub fn on_timer<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        kind: SessionWait,
        at: u32,
    ) -> Vec<SenderEvent> {
        let mut events = Vec::new();
        let Some(session) = self.sessions.get_mut(at) else { return events };
        session.timers.fired(kind);
        match kind {
            SessionWait::Patience if session.state == State::Established => self.bye(ctx, line, at, &mut events),
            SessionWait::Patience => {
                let id = session.id;
                self.cancel(ctx, line, id);
            }
            SessionWait::Interval => self.on_interval(ctx, line, at, &mut events),
            SessionWait::Linger => self.on_linger(ctx, line, at, &mut events),
            SessionWait::Glare => {
                if session.leg.as_ref().is_some_and(|leg| leg.owes_refresh(&session.timers)) {
                    self.on_interval(ctx, line, at, &mut events);
                }
                self.advance(ctx, line, at, &mut events);
            }
            SessionWait::Answer => self.on_answer_wait(ctx, line, at, &mut events),
            SessionWait::Late => self.remove(ctx, at),
            SessionWait::Ack => {
                let leg = session.leg.as_mut();
                if leg.is_some_and(|leg| leg.on_ack_wait(ctx, line, &mut session.timers)) {
                    self.bye(ctx, line, at, &mut events);
                }
            }
            SessionWait::Decision => {}
        }
        events
    }

    /// Ends every session of an entity at once: it lost power. Gives the contents that were not delivered.
    pub fn drop_all(&mut self, ctx: &mut Context<'_>, entity: EntityId) -> Vec<Content> {
        let of_entity = |(at, session): (u32, &Session)| (session.me == entity).then_some(at);
        let dropped: Vec<u32> = self.sessions.iter().filter_map(of_entity).collect();
        let mut contents = Vec::new();
        for at in dropped {
            if let Some(session) = self.sessions.get_mut(at) {
                contents.append(&mut session.undelivered());
                if let Some(leg) = session.leg.take() {
                    leg.close(ctx, false);
                }
            }
            self.remove(ctx, at);
        }
        contents
    }

    fn forget_target(&mut self, at: u32) {
        let Some(session) = self.sessions.get(at) else { return };
        let key = (session.me, session.target);
        if self.by_target.get(&key) == Some(&session.id) {
            self.by_target.remove(&key);
        }
    }

    /// The dialog is over: frees its user plane, and waits for what may still come to the INVITE.
    pub(super) fn finish(&mut self, ctx: &mut Context<'_>, at: u32, orderly: bool) {
        self.forget_target(at);
        let Some(session) = self.sessions.get_mut(at) else { return };
        let Some(leg) = session.leg.take() else { return };
        session.end_idleness(ctx);
        session.timers.cancel_all(ctx);
        session.state = State::Over;
        session.forks.push(Fork { dialog: leg.dialog.clone(), acks: session.acks });
        leg.close(ctx, orderly);
        for file in session.files.drain(..) {
            self.by_path.remove(&file.path());
        }
        if session.late_until > ctx.now {
            let wait = session.late_until.since(ctx.now);
            session.timers.set(ctx, SessionWait::Late, wait);
        } else {
            self.remove(ctx, at);
        }
    }

    fn remove(&mut self, ctx: &mut Context<'_>, at: u32) {
        self.forget_target(at);
        if let Some(mut session) = self.sessions.remove(at) {
            session.timers.cancel_all(ctx);
            self.by_dialog.remove(&session.id);
            for file in &session.files {
                self.by_path.remove(&file.path());
            }
        }
    }
}
