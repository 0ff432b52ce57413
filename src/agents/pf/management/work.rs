//! The work on what a management INVITE asks for, and when it counts as complete.

use super::{Phase, Session};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::pf::Pf;
use crate::agents::policies::{ByeSide, Completion};
use crate::agents::timer::PfTimer;
use crate::kernel::{EntityId, Purpose};
use crate::wire::UserId;
use crate::wire::sip::body::CpmAction;
use std::collections::VecDeque;

impl Pf {
    pub(super) fn begin_work(&mut self, ctx: &mut Context<'_>, at: u32) {
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
            ctx.set_timer(time, PfTimer::PullService, at);
        }
    }

    /// The PF has worked a session off up to its first delivery.
    pub(in crate::agents::pf) fn on_service_done(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        if !session.is_accepted() {
            return self.decline_empty(ctx, at);
        }
        session.phase = Phase::Delivering;
        self.go_on(ctx, at);
    }

    /// A delivery of a session left the client's outbox.
    pub(in crate::agents::pf) fn on_delivery_sent(&mut self, ctx: &mut Context<'_>, at: u32) {
        if ctx.policies().completion == Completion::OnActionsSent {
            self.check_completion(ctx, at);
        }
    }

    /// A delivery of a session was overtaken: the message has left the queue.
    pub(in crate::agents::pf) fn on_delivery_gone(&mut self, ctx: &mut Context<'_>, at: u32, terminal: EntityId) {
        if let Some(session) = self.sessions.get_mut(at) {
            session.ignored += u32::from(session.terminal == terminal);
        }
        self.end_delivery(ctx, at, terminal);
    }

    /// A delivery of a session has its final response or timed out. After a failure at the client that asked, the other
    /// messages to deliver go back to the queue (O-3).
    pub(in crate::agents::pf) fn on_delivery_settled(
        &mut self,
        ctx: &mut Context<'_>,
        at: u32,
        terminal: EntityId,
        delivered: bool,
    ) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let asked = session.terminal == terminal;
        if asked && delivered {
            session.delivered += 1;
        } else if asked {
            session.failed = true;
            let user = session.user;
            let (back, rest): (VecDeque<_>, VecDeque<_>) =
                std::mem::take(&mut session.todo).into_iter().partition(|(_, action)| *action == CpmAction::Deliver);
            session.todo = rest;
            for (id, _) in back {
                self.deferred(user).queue.release(id);
            }
            self.arm_expiry(ctx, user);
        }
        self.end_delivery(ctx, at, terminal);
    }

    fn end_delivery(&mut self, ctx: &mut Context<'_>, at: u32, terminal: EntityId) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let count = if session.terminal == terminal { &mut session.outstanding } else { &mut session.copies };
        *count = count.saturating_sub(1);
        let (user, to_all) = (session.user, session.to_all);
        if to_all {
            self.pump_reports(ctx, user);
        }
        self.go_on(ctx, at);
    }

    /// Part of the work of a session is over.
    pub(in crate::agents::pf) fn go_on(&mut self, ctx: &mut Context<'_>, at: u32) {
        self.advance(ctx, at);
        self.check_completion(ctx, at);
        self.forget_if_over(ctx, at);
    }

    /// Takes a session out of service once it is complete in the sense of the policy, and reports its work once that is
    /// done.
    pub(super) fn check_completion(&mut self, ctx: &mut Context<'_>, at: u32) {
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

    pub(super) fn report_work(&mut self, ctx: &mut Context<'_>, at: u32, answered: bool) {
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
                handled: session.handled,
                empty_success: session.delivered + session.handled == 0,
            });
        }
    }

    pub(super) fn has_unsent(&self, user: UserId, terminal: EntityId, at: u32) -> bool {
        let record = self.adopted.get(&user).or_else(|| self.users.get(self.seat(user)));
        let Some(deferred) = record.and_then(|record| record.deferred.as_ref()) else { return false };
        deferred.outboxes.iter().any(|outbox| outbox.holds(terminal, at))
    }

    /// RACE-7: of the messages that came while the session was in service, how many stay behind.
    pub(super) fn note_left_behind(&mut self, user: UserId, at: u32) -> u32 {
        let mut left = 0;
        let Some(name) = self.sessions.get(at).map(Session::name) else { return left };
        for item in self.deferred(user).queue.live_mut() {
            if item.came_during == Some(name) && !item.stranded && item.is_addressable() {
                item.stranded = true;
                left += 1;
            }
        }
        left
    }

    /// A session is no longer in service: the next one has its turn.
    pub(super) fn leave_service(&mut self, ctx: &mut Context<'_>, user: UserId, at: u32) {
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
}
