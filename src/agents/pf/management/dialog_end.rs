//! The dialog of a management session from its 200 on: ACK, BYE from either side, CANCEL, and clients that are gone.

use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::pf::{Own, Pf};
use crate::agents::policies::DeliveryStart;
use crate::agents::procedure::Procedure;
use crate::agents::proxy::Owner;
use crate::agents::timer::TimerReason;
use crate::agents::transactions::ServerTx;
use crate::kernel::EventHandle;
use crate::protocol::sip::{AckWait, DialogId};
use crate::wire::sip::{Method, SipMessage};

impl Pf {
    // req: CPM-PF-19
    pub(in crate::agents::pf) fn on_ack(&mut self, ctx: &mut Context<'_>, ack: &SipMessage) {
        let Some(&at) = self.by_dialog.get(&DialogId::of_request(ack)) else { return };
        self.stop_retransmission(ctx, at);
        if ctx.policies().delivery_start == DeliveryStart::OnAck {
            self.begin_work(ctx, at);
        }
    }

    pub(super) fn stop_retransmission(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        session.acked = true;
        if let Some(mut success) = session.success.take() {
            ctx.cancel_timer(&mut success.timer);
        }
    }

    // req: CPM-PF-20, CPM-PF-20n
    pub(in crate::agents::pf) fn on_bye(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &SipMessage) {
        let Some(&at) = self.by_dialog.get(&DialogId::of_request(request)) else {
            ctx.observe(Fact::ByeUnknown);
            return self.refuse(ctx, tx, 481);
        };
        if let Some(session) = self.sessions.get(at) {
            ctx.observe(Fact::ByeArrived { working: !session.all_answered(), acked: session.acked });
        }
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
    pub(in crate::agents::pf) fn on_cancel(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &SipMessage) {
        self.refuse(ctx, tx, 200);
        let Some(invite) = self.transactions.cancelled_invite(request) else { return };
        // Of a large message that was passed on.
        self.proxy.cancel(ctx, &mut self.transactions, invite);
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
    pub(in crate::agents::pf) fn on_ack_wait(&mut self, ctx: &mut Context<'_>, at: u32) {
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
    pub(in crate::agents::pf) fn on_session_guard(&mut self, ctx: &mut Context<'_>, at: u32) {
        if let Some(session) = self.sessions.get_mut(at) {
            session.guard = EventHandle::NONE;
            self.send_bye(ctx, at);
        }
    }

    pub(super) fn send_bye(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let Some(dialog) = session.dialog.as_mut().filter(|_| !session.bye_sent) else { return };
        session.bye_sent = true;
        let request = dialog.request(Method::Bye);
        let id = dialog.id();
        let (to, user, class) = (dialog.first_hop(), session.user, session.meta.class);
        let Some(to) = to else { return self.close_dialog(ctx, at, false) };
        let meta = self.own_meta(ctx, user, Procedure::Management, class);
        let branch = self.tokens.next(ctx.me);
        self.transactions.send(ctx, to, request, branch, meta, Owner::Own(Own::Bye(id)));
    }

    /// The dialog of a session is over. Without a BYE from the client the session counts as ended by it, so that
    /// nothing waits for a client that is gone.
    pub(in crate::agents::pf) fn close_dialog(&mut self, ctx: &mut Context<'_>, at: u32, orderly: bool) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        ctx.cancel_timer(&mut session.guard);
        if let Some(dialog) = session.dialog.take() {
            session.bye_received = true;
            let opened_at = session.opened_at;
            if let Some(media) = session.media.take() {
                self.by_media.remove(&media);
            }
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
    pub(super) fn forget_if_over(&mut self, ctx: &mut Context<'_>, at: u32) {
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
            let session = self.sessions.remove(at);
            if let Some(push) = session.filter(super::Session::is_push) {
                self.on_push_over(ctx, at, &push);
            }
        }
    }
}
