//! Who is served when: the overlap policy, 200, 480 and 488, and what a session claims when its turn comes.

use super::{Phase, UnacknowledgedSuccess};
use crate::agents::observation::{Fact, OverlapOutcome};
use crate::agents::outbox::Context;
use crate::agents::pf::Pf;
use crate::agents::pf::queue::rank;
use crate::agents::policies::{DeliveryStart, EmptyTest, ManagementMedia, Overlap, SameClient, Snapshot};
use crate::agents::timer::{PfTimer, TimerReason};
use crate::agents::transactions::retry_after_seconds;
use crate::kernel::Purpose;
use crate::protocol::sip::{Dialog, SuccessResponse};
use crate::wire::sip::body::{CpmAction, MediaDirection, Sdp, Setup, Stream};
use crate::wire::sip::headers::{Product, Warning};
use crate::wire::sip::{Body, Contact, ContactHeader, FeatureTags, SipMessage, Uri};
use crate::wire::{ContentType, ContentTypes, Token};
use std::sync::Arc;

impl Pf {
    /// Applies the empty test on arrival and the overlap policy.
    // req: POL-OVERLAP, O-4, O-8, O-13
    pub(super) fn admit(&mut self, ctx: &mut Context<'_>, at: u32, in_service: bool) {
        let on_arrival = ctx.policies().empty_test == EmptyTest::OnArrival;
        if on_arrival && !self.has_messages(at) {
            return self.decline_empty(ctx, at);
        }
        let session = self.sessions.get(at).expect("the session was just made");
        let user = session.user;
        // req: O-8
        if in_service && ctx.policies().deferral.same_client == SameClient::Decline480 && self.is_repeated(at) {
            return self.decline_overlap(ctx, at);
        }
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
    pub(super) fn has_messages(&mut self, at: u32) -> bool {
        let Some(session) = self.sessions.get(at) else { return false };
        let (user, listed) = (session.user, session.listed.clone());
        let Some(deferred) = self.user(user).deferred.as_ref() else { return false };
        let is_listed = |id| listed.as_ref().is_none_or(|list| list.iter().any(|(listed, _)| *listed == id));
        deferred.queue.live().any(|item| is_listed(item.id))
    }

    /// Whether a session in service is of the same client.
    fn is_repeated(&mut self, at: u32) -> bool {
        let Some((user, terminal)) = self.sessions.get(at).map(|session| (session.user, session.terminal)) else {
            return false;
        };
        let managed = self.deferred(user).managed.clone();
        managed.iter().any(|other| self.sessions.get(*other).is_some_and(|session| session.terminal == terminal))
    }

    pub(super) fn decline_overlap(&mut self, ctx: &mut Context<'_>, at: u32) {
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
    pub(super) fn decline_empty(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(session) = self.sessions.remove(at) else { return };
        let queued = self.user(session.user).deferred.as_ref().map_or(0, |deferred| deferred.queue.len() as u32);
        ctx.observe(Fact::NoMessages { user: session.user, queued });
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
    pub(super) fn accept(&mut self, ctx: &mut Context<'_>, at: u32) {
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
        response.headers.allow = true;
        let accept = ContentTypes::of(ContentType::Cpim);
        let stream = Stream::of_messages(sdp_session, Setup::Passive, MediaDirection::SendOnly, accept);
        response.body = Body::Sdp(Arc::new(Sdp::of_one(ctx.me, sdp_session, stream)));
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
            if ctx.policies().deferral.management_media == ManagementMedia::MsrpBind {
                session.media = Some(sdp_session);
                self.by_media.insert(sdp_session, at);
            }
            self.by_dialog.insert(dialog.id(), at);
            ctx.observe(Fact::DialogOpened);
        }
        session.dialog = dialog;
        let tx = session.tx;
        self.transactions.respond(ctx, tx, response);
    }

    /// The turn of a session came: claims what it asks for, answers it, and starts the work.
    pub(super) fn serve(&mut self, ctx: &mut Context<'_>, at: u32) {
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
            session.todo = claims.iter().copied().collect();
            for (id, _) in &claims {
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
    pub(super) fn serve_empty(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let (origin, number) = (session.meta.origin, session.meta.number);
        let streams = &ctx.shared.streams;
        let time =
            ctx.policies().empty_service_time.span(|| streams.draw(origin.0, Purpose::PullService, u64::from(number)));
        if time.is_zero() {
            self.decline_empty(ctx, at);
        } else {
            session.guard = ctx.set_timer(time, PfTimer::PullService, at);
        }
    }

    // req: O-2, CPM-C-0b, CPM-PF-16c, CPM-C-6n
    /// What a session asks for and can have, in the order of work (O-7) and then of the queue. Counts listed messages
    /// that it cannot have (CPM-PF-18).
    pub(super) fn claims_of(&mut self, ctx: &mut Context<'_>, at: u32) -> Vec<(Token, CpmAction)> {
        let Some(session) = self.sessions.get(at) else { return Vec::new() };
        let (user, terminal, listed) = (session.user, session.terminal, session.listed.clone());
        let shares = ctx.policies().overlap == Overlap::Merge && session.overlapped;
        let (lock, order) = (ctx.policies().deferral.message_lock, ctx.policies().deferral.instruction_order);
        let mut claims = Vec::new();
        for item in self.deferred(user).queue.iter() {
            let action = match &listed {
                None => Some(CpmAction::Deliver),
                Some(list) => list.iter().find(|(id, _)| *id == item.id).map(|(_, action)| *action),
            };
            let Some(action) = action else { continue };
            let can_have = match action {
                CpmAction::Deliver => {
                    item.is_addressable() || shares && item.is_shared() && !item.had_by.contains(&terminal)
                }
                CpmAction::Delete | CpmAction::Interwork | CpmAction::Store => item.yields(lock),
            };
            if can_have {
                claims.push((item.id, action));
            } else if action == CpmAction::Delete && item.is_live() {
                ctx.observe(Fact::DeleteLockedOut);
            }
        }
        // req: O-7
        claims.sort_by_key(|(_, action)| rank(&order, *action));
        let asked = listed.as_ref().map_or(claims.len(), Vec::len);
        // req: CPM-PF-18
        let ignored = asked.saturating_sub(claims.len());
        if let Some(session) = self.sessions.get_mut(at) {
            session.ignored += u32::try_from(ignored).unwrap_or(u32::MAX);
        }
        claims
    }
}
