//! Management INVITEs: who is served when (policy `overlap`), 200, 480 and 488, the work on what they ask for, and the
//! end of their dialogs. The work is not tied to the dialog: ACK and BYE may come at any time after the 200
//! (CPM-PF-20n).
//!
//! ```text
//!                ┌─ nothing in service ────────────▶ serve
//! INVITE ────────┤              ┌─ decline480 ─────▶ 480
//!                └─ in service ─┼─ hold ───────────▶ (100 only) … its turn: serve
//!                               ├─ accept_ignore ──▶ 200 … its turn: serve
//!                               └─ merge ──────────▶ 200, serve beside the one in service
//! serve: nothing left ▶ 488 (or an empty success after a 200); else 200 ▶ deliver ▶ complete (policy `completion`)
//! ```

use super::Pf;
use crate::agents::observation::{Fact, OverlapOutcome};
use crate::agents::outbox::{Context, TimerReason};
use crate::agents::policies::{ByeSide, Completion, DeliveryStart, EmptyTest, Overlap, Snapshot};
use crate::agents::procedure::{Meta, Procedure, Scope};
use crate::agents::proxy::Owner;
use crate::agents::transactions::{ServerTx, retry_after_seconds};
use crate::kernel::{EntityId, EventHandle, Purpose, Time};
use crate::protocol::sip::{AckWait, Dialog, DialogId, SuccessResponse};
use crate::wire::sip::body::{CpmAction, MediaDirection, Sdp};
use crate::wire::sip::headers::{Product, Warning};
use crate::wire::sip::{Body, Contact, ContactHeader, FeatureTags, Method, SipMessage, Uri};
use crate::wire::{Token, UserId};
use std::collections::VecDeque;

/// How far the work on a management INVITE is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Phase {
    /// Waits for its turn.
    Waiting,
    /// Its turn came; the deliveries have not begun.
    Serving,
    /// Delivers, or has delivered.
    Delivering,
}

/// A 200 that may have to be sent again.
#[derive(Clone, Debug)]
struct UnacknowledgedSuccess {
    machine: SuccessResponse,
    response: Box<SipMessage>,
    timer: EventHandle,
}

/// A management INVITE and the session that it set up.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) user: UserId,
    pub(super) terminal: EntityId,
    /// The messages listed for delivery; `None` is all.
    pub(super) listed: Option<Vec<Token>>,
    /// Claimed and not yet handed to the client's outbox.
    pub(super) to_deliver: VecDeque<Token>,
    /// Handed over and not yet answered.
    pub(super) outstanding: u32,
    /// A delivery failed: the rest went back to the queue.
    pub(super) failed: bool,
    /// Messages that came while it was in service and that it delivered.
    pub(super) included: u32,
    tx: ServerTx,
    meta: Meta,
    arrived_at: Time,
    phase: Phase,
    /// It met another session in service.
    overlapped: bool,
    /// Complete in the sense of the policy.
    complete: bool,
    /// Its work has been reported.
    reported: bool,
    delivered: u32,
    ignored: u32,
    left_behind: u32,
    success: Option<UnacknowledgedSuccess>,
    dialog: Option<Dialog>,
    opened_at: Time,
    acked: bool,
    bye_received: bool,
    bye_sent: bool,
    guard: EventHandle,
}

/// Names a management INVITE for good: its sender and the sender's number of it.
pub(super) type SessionName = (Scope, u32);

impl Session {
    pub(super) fn name(&self) -> SessionName {
        (self.meta.origin, self.meta.number)
    }

    fn is_accepted(&self) -> bool {
        self.dialog.is_some() || self.bye_received
    }

    fn all_sent(&self) -> bool {
        self.phase >= Phase::Delivering && self.to_deliver.is_empty()
    }

    fn all_answered(&self) -> bool {
        self.all_sent() && self.outstanding == 0
    }
}

impl Pf {
    // req: CPM-PF-10, CPM-PF-21
    pub(super) fn on_management_invite(
        &mut self,
        ctx: &mut Context<'_>,
        tx: ServerTx,
        request: &SipMessage,
        meta: Meta,
    ) {
        let asks_for_deferred =
            request.headers.accept_contact.is_some_and(|accept| accept.features.contains(FeatureTags::DEFERRED));
        let (Some(Uri::User(user)), Some(contact), true) =
            (request.headers.p_asserted_identity, request.contact.first(), asks_for_deferred)
        else {
            return self.refuse(ctx, tx, 404);
        };
        let Uri::Contact(terminal) = contact.uri else { return self.refuse(ctx, tx, 404) };
        let (listed, other_actions) = listed_for_delivery(&request.body);
        let ahead = self.user(user).deferred.as_ref().map_or(0, |deferred| deferred.managed.len());
        ctx.observe(Fact::PullArrived { user, ahead: ahead as u32 });
        let at = self.sessions.insert(Session {
            user,
            terminal,
            listed,
            to_deliver: VecDeque::new(),
            outstanding: 0,
            failed: false,
            included: 0,
            tx,
            meta,
            arrived_at: ctx.now,
            phase: Phase::Waiting,
            overlapped: ahead > 0,
            complete: false,
            reported: false,
            delivered: 0,
            ignored: other_actions,
            left_behind: 0,
            success: None,
            dialog: None,
            opened_at: ctx.now,
            acked: false,
            bye_received: false,
            bye_sent: false,
            guard: EventHandle::NONE,
        });
        self.admit(ctx, at, ahead > 0);
    }

    /// Applies the empty test on arrival and the overlap policy.
    // req: POL-OVERLAP, O-4, O-8, O-13
    fn admit(&mut self, ctx: &mut Context<'_>, at: u32, in_service: bool) {
        let on_arrival = ctx.policies().empty_test == EmptyTest::OnArrival;
        if on_arrival && !self.has_messages(at) {
            return self.decline_empty(ctx, at);
        }
        let session = self.sessions.get(at).expect("the session was just made");
        let user = session.user;
        if !in_service {
            self.deferred(user).managed.push(at);
            return self.serve(ctx, at);
        }
        match ctx.policies().overlap {
            Overlap::Decline480 => self.decline_overlap(ctx, at),
            Overlap::Hold => self.deferred(user).managed.push(at),
            Overlap::AcceptIgnore => {
                self.deferred(user).managed.push(at);
                self.accept(ctx, at);
            }
            Overlap::Merge => {
                self.deferred(user).managed.push(at);
                ctx.observe(Fact::Overlap(OverlapOutcome::Merged));
                self.accept(ctx, at);
                self.serve(ctx, at);
            }
        }
    }

    /// Whether a session on its own would find something to manage: any message for no list, a listed one otherwise.
    fn has_messages(&mut self, at: u32) -> bool {
        let Some(session) = self.sessions.get(at) else { return false };
        let (user, listed) = (session.user, session.listed.clone());
        let Some(deferred) = self.user(user).deferred.as_ref() else { return false };
        deferred.queue.iter().any(|item| listed.as_ref().is_none_or(|ids| ids.contains(&item.id)))
    }

    fn decline_overlap(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(session) = self.sessions.remove(at) else { return };
        ctx.observe(Fact::Overlap(OverlapOutcome::Declined));
        let tag = self.tokens.next(ctx.me);
        if let Some(request) = self.transactions.request(session.tx) {
            let mut response = SipMessage::response_to(request, 480, Some(tag));
            response.headers.product = Some(Product::CpmPf);
            response.headers.retry_after = ctx.policies().decline_retry_after.map(retry_after_seconds);
            self.transactions.respond(ctx, session.tx, response);
        }
    }

    // req: CPM-PF-11, O-10
    fn decline_empty(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(session) = self.sessions.remove(at) else { return };
        if session.overlapped {
            ctx.observe(Fact::Overlap(OverlapOutcome::HeldThenEmpty));
        } else {
            ctx.observe(Fact::PullServed(false));
        }
        let tag = self.tokens.next(ctx.me);
        if let Some(request) = self.transactions.request(session.tx) {
            let mut response = SipMessage::response_to(request, 488, Some(tag));
            response.headers.product = Some(Product::CpmPf);
            response.headers.warning = Some(Warning::NoMessages);
            self.transactions.respond(ctx, session.tx, response);
        }
        self.leave_service(ctx, session.user, at);
    }

    /// Sends the 200 and opens the dialog.
    // req: CPM-PF-12
    fn accept(&mut self, ctx: &mut Context<'_>, at: u32) {
        let tag = self.tokens.next(ctx.me);
        let sdp_session = self.tokens.next(ctx.me);
        let guard_after = ctx.shared.sip.access_timers.transaction_timeout() * 2;
        let guard = ctx.set_timer(guard_after, TimerReason::SessionGuard, at);
        let Some(session) = self.sessions.get_mut(at) else { return };
        let Some(request) = self.transactions.request(session.tx).cloned() else { return };
        let mut response = SipMessage::response_to(&request, 200, Some(tag));
        response.contact =
            ContactHeader::One(Contact { features: FeatureTags::DEFERRED, ..Contact::plain(Uri::Node(ctx.me)) });
        response.headers.product = Some(Product::CpmPf);
        response.body = Body::Sdp(Sdp {
            owner: ctx.me,
            session: sdp_session,
            version: 1,
            direction: MediaDirection::SendOnly,
            accept_any: false,
        });
        let dialog = Dialog::of_callee(&request, tag);
        let timers = dialog
            .as_ref()
            .and_then(Dialog::first_hop)
            .map_or(ctx.shared.sip.core_timers, |hop| ctx.shared.timers(ctx.me, hop));
        let machine = SuccessResponse::sent(ctx.now, timers);
        let timer = ctx.set_timer(machine.first_wait(), TimerReason::SuccessResponse, at);
        session.success = Some(UnacknowledgedSuccess { machine, response: Box::new(response.clone()), timer });
        session.opened_at = ctx.now;
        session.guard = guard;
        if let Some(dialog) = &dialog {
            self.by_dialog.insert(dialog.id(), at);
            ctx.observe(Fact::DialogOpened);
        }
        session.dialog = dialog;
        let tx = session.tx;
        self.transactions.respond(ctx, tx, response);
    }

    /// The turn of a session came: claims what it asks for, answers it, and starts the work.
    fn serve(&mut self, ctx: &mut Context<'_>, at: u32) {
        let claims = self.claims_of(ctx, at);
        let Some(session) = self.sessions.get_mut(at) else { return };
        session.phase = Phase::Serving;
        let (accepted, overlapped, merged) =
            (session.is_accepted(), session.overlapped, ctx.policies().overlap == Overlap::Merge);
        if claims.is_empty() && !accepted && ctx.policies().empty_test == EmptyTest::AtService {
            return self.serve_empty(ctx, at);
        }
        if overlapped && !merged {
            let outcome = match (accepted, claims.is_empty()) {
                (false, _) => OverlapOutcome::HeldThenServed,
                (true, true) => OverlapOutcome::EmptySuccess,
                (true, false) => OverlapOutcome::AcceptedThenServed,
            };
            ctx.observe(Fact::Overlap(outcome));
            ctx.observe(Fact::Held { since: session.arrived_at, class: session.meta.class });
        } else if !overlapped {
            ctx.observe(Fact::PullServed(true));
        }
        let dequeues = ctx.policies().snapshot == Snapshot::AtDequeue && session.listed.is_none();
        let user = session.user;
        if !dequeues || merged {
            session.to_deliver = claims.iter().copied().collect();
            for id in &claims {
                self.deferred(user).queue.claim(*id);
            }
        }
        if !accepted {
            self.accept(ctx, at);
        }
        let session = self.sessions.get_mut(at).expect("a served session stays until its dialog ends");
        let start_now = match ctx.policies().delivery_start {
            DeliveryStart::On200 => true,
            DeliveryStart::OnAck => session.acked || session.bye_received,
            DeliveryStart::OnBye => session.bye_received,
        };
        if start_now {
            self.begin_work(ctx, at);
        }
        self.check_completion(ctx, at);
    }

    /// The turn of a session came and found nothing: 488, after the work that the policies say it takes.
    fn serve_empty(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let (origin, number) = (session.meta.origin, session.meta.number);
        let streams = &ctx.shared.streams;
        let time =
            ctx.policies().empty_service_time.span(|| streams.draw(origin.0, Purpose::PullService, u64::from(number)));
        if time.is_zero() {
            self.decline_empty(ctx, at);
        } else {
            session.guard = ctx.set_timer(time, TimerReason::PullService, at);
        }
    }

    // req: O-2, CPM-C-0b, CPM-PF-16c, CPM-C-6n
    /// What a session asks for and can have, in queue order. Counts listed messages that are gone (CPM-PF-18).
    fn claims_of(&mut self, ctx: &Context<'_>, at: u32) -> Vec<Token> {
        let Some(session) = self.sessions.get(at) else { return Vec::new() };
        let (user, terminal, listed) = (session.user, session.terminal, session.listed.clone());
        let shares = ctx.policies().overlap == Overlap::Merge && session.overlapped;
        let queue = &self.deferred(user).queue;
        let available = queue.iter().filter(|item| item.is_addressable() || shares && !item.had_by.contains(&terminal));
        let claims: Vec<Token> =
            available.map(|item| item.id).filter(|id| listed.as_ref().is_none_or(|ids| ids.contains(id))).collect();
        let asked = listed.as_ref().map_or(claims.len(), Vec::len);
        // req: CPM-PF-18
        let ignored = asked.saturating_sub(claims.len());
        if let Some(session) = self.sessions.get_mut(at) {
            session.ignored += u32::try_from(ignored).unwrap_or(u32::MAX);
        }
        claims
    }

    fn begin_work(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        if session.phase != Phase::Serving {
            return;
        }
        let (origin, number) = (session.meta.origin, session.meta.number);
        let streams = &ctx.shared.streams;
        let time =
            ctx.policies().pull_service_time.span(|| streams.draw(origin.0, Purpose::PullService, u64::from(number)));
        if time.is_zero() {
            self.on_service_done(ctx, at);
        } else {
            ctx.set_timer(time, TimerReason::PullService, at);
        }
    }

    /// The PF has worked a session off up to its first delivery.
    pub(super) fn on_service_done(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        if !session.is_accepted() {
            return self.decline_empty(ctx, at);
        }
        session.phase = Phase::Delivering;
        self.fill(ctx, at);
        self.check_completion(ctx, at);
        self.forget_if_over(ctx, at);
    }

    /// A delivery of a session left the client's outbox.
    pub(super) fn on_delivery_sent(&mut self, ctx: &mut Context<'_>, at: u32) {
        if ctx.policies().completion == Completion::OnActionsSent {
            self.check_completion(ctx, at);
        }
    }

    /// A delivery of a session was overtaken: another session has delivered the message.
    pub(super) fn on_delivery_gone(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        session.outstanding = session.outstanding.saturating_sub(1);
        session.ignored += 1;
        self.fill(ctx, at);
        self.check_completion(ctx, at);
        self.forget_if_over(ctx, at);
    }

    /// A delivery of a session has its final response or timed out. After a failure the rest goes back to the queue
    /// (O-3).
    // req: O-3
    pub(super) fn on_delivery_settled(&mut self, ctx: &mut Context<'_>, at: u32, delivered: bool) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        session.outstanding = session.outstanding.saturating_sub(1);
        if delivered {
            session.delivered += 1;
        } else {
            session.failed = true;
            let (user, rest) = (session.user, std::mem::take(&mut session.to_deliver));
            for id in rest {
                self.deferred(user).queue.release(id, None);
            }
        }
        self.fill(ctx, at);
        self.check_completion(ctx, at);
        self.forget_if_over(ctx, at);
    }

    /// Takes a session out of service once it is complete in the sense of the policy, and reports its work once that is
    /// done.
    fn check_completion(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(session) = self.sessions.get(at) else { return };
        if session.phase == Phase::Waiting {
            return;
        }
        let complete = match ctx.policies().completion {
            Completion::On200 => true,
            Completion::OnActionsSent => session.all_sent() && !self.has_unsent(session.user, session.terminal, at),
            Completion::OnLastFinalResponse => session.all_answered(),
            Completion::OnBye => session.all_answered() && session.bye_received,
        };
        let (user, answered) = (session.user, session.all_answered());
        let newly_complete = complete && !session.complete;
        if newly_complete {
            let left_behind = self.note_left_behind(user, at);
            let session = self.sessions.get_mut(at).expect("the session exists");
            session.complete = true;
            session.left_behind = left_behind;
        }
        self.report_work(ctx, at, answered);
        if newly_complete {
            if ctx.policies().bye_side == ByeSide::Pf {
                self.send_bye(ctx, at);
            }
            self.leave_service(ctx, user, at);
        }
    }

    fn report_work(&mut self, ctx: &mut Context<'_>, at: u32, answered: bool) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        if answered && session.complete && !session.reported {
            session.reported = true;
            ctx.observe(Fact::PullCompleted {
                began: session.arrived_at,
                class: session.meta.class,
                delivered: session.delivered,
                ignored: session.ignored,
                left_behind: session.left_behind,
                included: session.included,
                empty_success: session.delivered == 0,
            });
        }
    }

    fn has_unsent(&self, user: UserId, terminal: EntityId, at: u32) -> bool {
        let record = self.users.get(self.seat(user));
        let Some(deferred) = record.and_then(|record| record.deferred.as_ref()) else { return false };
        deferred.outboxes.iter().any(|outbox| outbox.holds(terminal, at))
    }

    /// RACE-7: of the messages that came while the session was in service, how many stay behind.
    fn note_left_behind(&mut self, user: UserId, at: u32) -> u32 {
        let mut left = 0;
        let Some(name) = self.sessions.get(at).map(Session::name) else { return left };
        for item in self.deferred(user).queue.iter_mut() {
            if item.came_during == Some(name) && !item.stranded && item.is_addressable() {
                item.stranded = true;
                left += 1;
            }
        }
        left
    }

    /// A session is no longer in service: the next one has its turn.
    fn leave_service(&mut self, ctx: &mut Context<'_>, user: UserId, at: u32) {
        let deferred = self.deferred(user);
        let was_in_service = deferred.managed.contains(&at);
        deferred.managed.retain(|other| *other != at);
        let next = deferred.managed.first().copied();
        if let Some(next) = next.filter(|_| was_in_service)
            && self.sessions.get(next).is_some_and(|session| session.phase == Phase::Waiting)
        {
            self.serve(ctx, next);
        }
        if self.deferred(user).managed.is_empty() {
            self.notify_after_service(ctx, user);
        }
        self.tidy_up(user);
    }

    // req: CPM-PF-19
    pub(super) fn on_ack(&mut self, ctx: &mut Context<'_>, ack: &SipMessage) {
        let Some(&at) = self.by_dialog.get(&DialogId::of_request(ack)) else { return };
        self.stop_retransmission(ctx, at);
        if ctx.policies().delivery_start == DeliveryStart::OnAck {
            self.begin_work(ctx, at);
        }
    }

    fn stop_retransmission(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        session.acked = true;
        if let Some(mut success) = session.success.take() {
            ctx.cancel_timer(&mut success.timer);
        }
    }

    // req: CPM-PF-20, CPM-PF-20n
    pub(super) fn on_bye(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &SipMessage) {
        let Some(&at) = self.by_dialog.get(&DialogId::of_request(request)) else {
            return self.refuse(ctx, tx, 481);
        };
        self.refuse(ctx, tx, 200);
        self.stop_retransmission(ctx, at);
        if let Some(session) = self.sessions.get_mut(at) {
            session.bye_received = true;
        }
        self.close_dialog(ctx, at, true);
        if ctx.policies().delivery_start == DeliveryStart::OnBye {
            self.begin_work(ctx, at);
        }
        self.check_completion(ctx, at);
        self.forget_if_over(ctx, at);
    }

    /// A CANCEL of a held INVITE takes it out of the queue; a served one is answered already.
    pub(super) fn on_cancel(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &SipMessage) {
        self.refuse(ctx, tx, 200);
        let Some(invite) = self.transactions.cancelled_invite(request) else { return };
        let held = self.sessions.iter().find(|(_, session)| session.tx == invite && !session.is_accepted());
        if let Some((at, user)) = held.map(|(at, session)| (at, session.user)) {
            self.refuse(ctx, invite, 487);
            if let Some(mut session) = self.sessions.remove(at) {
                ctx.cancel_timer(&mut session.guard);
            }
            self.leave_service(ctx, user, at);
        }
    }

    /// The wait for an ACK is over for now (RFC 3261 section 13.3.1.4).
    pub(super) fn on_ack_wait(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let Some(success) = &mut session.success else { return };
        match success.machine.on_timer(ctx.now) {
            AckWait::Retransmit(wait) => {
                success.timer = ctx.set_timer(wait, TimerReason::SuccessResponse, at);
                let (tx, response) = (session.tx, (*success.response).clone());
                self.transactions.respond(ctx, tx, response);
            }
            AckWait::GiveUp => {
                session.success = None;
                self.send_bye(ctx, at);
            }
        }
    }

    /// No BYE came in 128·T1 of the access: the client is gone, so the PF ends the session.
    pub(super) fn on_session_guard(&mut self, ctx: &mut Context<'_>, at: u32) {
        if let Some(session) = self.sessions.get_mut(at) {
            session.guard = EventHandle::NONE;
            self.send_bye(ctx, at);
        }
    }

    fn send_bye(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let Some(dialog) = session.dialog.as_mut().filter(|_| !session.bye_sent) else { return };
        session.bye_sent = true;
        let request = dialog.request(Method::Bye);
        let id = dialog.id();
        let (to, user, class) = (dialog.first_hop(), session.user, session.meta.class);
        let Some(to) = to else { return self.close_dialog(ctx, at, false) };
        let meta = self.own_meta(ctx, user, Procedure::Management, class);
        let branch = self.tokens.next(ctx.me);
        self.transactions.send(ctx, to, request, branch, meta, Owner::Own(super::Own::Bye(id)));
    }

    /// The dialog of a session is over. Without a BYE from the client the session counts as ended by it, so that
    /// nothing waits for a client that is gone.
    pub(super) fn close_dialog(&mut self, ctx: &mut Context<'_>, at: u32, orderly: bool) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        ctx.cancel_timer(&mut session.guard);
        if let Some(dialog) = session.dialog.take() {
            session.bye_received = true;
            let opened_at = session.opened_at;
            self.by_dialog.remove(&dialog.id());
            ctx.observe(Fact::DialogClosed { opened_at, orderly });
        }
        if ctx.policies().delivery_start != DeliveryStart::On200 {
            self.begin_work(ctx, at);
        }
        self.check_completion(ctx, at);
        self.forget_if_over(ctx, at);
    }

    /// Frees a session whose work, dialog and deliveries are over.
    fn forget_if_over(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let worked_off = session.all_answered();
        let in_service = {
            let user = session.user;
            self.user(user).deferred.as_ref().is_some_and(|deferred| deferred.managed.contains(&at))
        };
        let Some(session) = self.sessions.get_mut(at) else { return };
        if session.dialog.is_none() && session.is_accepted() && worked_off && !in_service {
            if let Some(mut success) = session.success.take() {
                ctx.cancel_timer(&mut success.timer);
            }
            ctx.cancel_timer(&mut session.guard);
            self.sessions.remove(at);
        }
    }
}

/// The messages that a management INVITE lists for delivery (`None` is all), and how many other instructions it has.
/// Delete, interwork and store are not modelled: their messages stay deferred.
fn listed_for_delivery(body: &Body) -> (Option<Vec<Token>>, u32) {
    match body {
        Body::Management(management) => {
            let deliver = management.entries.iter().filter(|(_, action)| *action == CpmAction::Deliver);
            let ids: Vec<Token> = deliver.map(|(id, _)| *id).collect();
            let others = management.entries.len() - ids.len();
            (Some(ids), u32::try_from(others).unwrap_or(u32::MAX))
        }
        Body::Empty
        | Body::Sdp(_)
        | Body::Cpim(_)
        | Body::Notification(_)
        | Body::RegInfo(_)
        | Body::Register(_)
        | Body::RuleDocuments
        | Body::XcapDiff(_) => (None, 0),
    }
}
