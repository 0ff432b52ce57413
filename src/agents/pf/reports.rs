//! Disposition notifications (RFC 5438) at the PF: those that it makes itself, those of the interworking, and what it
//! does with several of the same user's clients about one message.

use super::management::Session;
use super::{Own, Pf};
use crate::agents::observation::{Fact, Fate};
use crate::agents::outbox::Context;
use crate::agents::policies::ImdnSuppression;
use crate::agents::procedure::Procedure;
use crate::agents::proxy::Owner;
use crate::agents::timer::PfTimer;
use crate::agents::transactions::ServerTx;
use crate::wire::sip::body::{Cpim, CpimContent, Disposition, DispositionRequest, Imdn};
use crate::wire::sip::{AcceptContact, Body, FeatureTags, Method, Party, Route, RouteKind, SipMessage, Uri};
use crate::wire::{Token, UserId};
use std::collections::VecDeque;

/// Messages per user that the PF remembers a report about.
const MEMORY: usize = 64;

/// A disposition notification of the PF.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report {
    cpim: Cpim,
    class: u16,
}

/// Reports to one user: RFC 3428 section 8 lets only one be pending.
#[derive(Clone, Debug, Default)]
pub(super) struct ReportOutbox {
    pending: bool,
    waiting: VecDeque<Report>,
}

impl Pf {
    /// Tells the sender of a message what became of it.
    // req: CPM-PF-13, CPM-PF-15
    pub(super) fn report_on(&mut self, ctx: &mut Context<'_>, about: &Cpim, class: u16, disposition: Disposition) {
        if disposition == Disposition::Delivered && self.is_reported(ctx, about.to, about.message_id) {
            return;
        }
        let imdn = Imdn { about: about.message_id, sent_at: about.sent_at, disposition };
        self.send_report(ctx, about.to, about.from, imdn, class);
    }

    fn send_report(&mut self, ctx: &mut Context<'_>, from: UserId, to: UserId, imdn: Imdn, class: u16) {
        let message_id = self.tokens.next(ctx.me);
        let dispositions = DispositionRequest::default();
        let content = CpimContent::Imdn(imdn);
        let cpim = Cpim { from, to, message_id, sent_at: ctx.now, dispositions, content };
        ctx.observe(Fact::ReportSent {
            about: imdn.about,
            positive: imdn.disposition == Disposition::Delivered,
            by_pf: true,
        });
        self.reports_open += 1;
        self.reports.entry(to).or_default().waiting.push_back(Report { cpim, class });
        self.pump_reports(ctx, to);
    }

    pub(super) fn pump_reports(&mut self, ctx: &mut Context<'_>, to: UserId) {
        // A push to all clients goes to the same URI, and only one MESSAGE does at a time (RFC 3428 section 8).
        if self.pushes_to_all(ctx, to).any(|(_, session)| session.outstanding > 0) {
            return;
        }
        let Some(outbox) = self.reports.get_mut(&to).filter(|outbox| !outbox.pending) else { return };
        let Some(Report { cpim, class }) = outbox.waiting.pop_front() else {
            self.reports.remove(&to);
            return;
        };
        let Some(s_cscf) = ctx.shared.s_cscf_of(cpim.from) else { return };
        outbox.pending = true;
        let uri = Uri::User(to);
        let from = Party { uri: Uri::User(cpim.from), tag: Some(self.tokens.next(ctx.me)) };
        let call_id = self.tokens.next(ctx.me);
        let mut request = SipMessage::request(Method::Message, uri, from, Party { uri, tag: None }, call_id, 1);
        request.route.push(Route { node: s_cscf, kind: RouteKind::Originating });
        request.headers.accept_contact =
            Some(AcceptContact { features: FeatureTags::MSG, require: true, explicit: true });
        request.headers.p_asserted_identity = Some(Uri::User(cpim.from));
        request.headers.p_asserted_service = FeatureTags::MSG;
        request.headers.p_charging_vector = Some(self.tokens.next(ctx.me));
        request.headers.conversation = Some(cpim.message_id);
        request.body = Body::Cpim(cpim);
        ctx.observe(Fact::MessagePending(uri));
        let meta = self.own_meta(ctx, cpim.from, Procedure::Report, class);
        let branch = self.tokens.next(ctx.me);
        self.transactions.send(ctx, s_cscf, request, branch, meta, Owner::Own(Own::Report(to)));
    }

    /// The pushes of this PF to all clients of a user.
    fn pushes_to_all(&self, ctx: &Context<'_>, user: UserId) -> impl Iterator<Item = (u32, &Session)> {
        let own = ctx.shared.pf_of(user) == Some(ctx.me);
        let record = self.adopted.get(&user).or_else(|| self.users.get(self.seat(user)).filter(|_| own));
        let pushes = record.and_then(|record| record.deferred.as_ref()).into_iter().flat_map(|held| &held.pushes);
        pushes.filter_map(|at| Some((*at, self.sessions.get(*at)?))).filter(|(_, session)| session.to_all)
    }

    /// Whether a report to a user is pending.
    pub(super) fn is_reporting_to(&self, user: UserId) -> bool {
        self.reports.get(&user).is_some_and(|outbox| outbox.pending)
    }

    /// Users who have a report pending to them.
    pub(super) fn reports_pending(&self) -> Vec<UserId> {
        self.reports.iter().filter(|(_, outbox)| outbox.pending).map(|(to, _)| *to).collect()
    }

    /// A report has its final response, or none: it is not sent again.
    pub(super) fn on_report_settled(&mut self, ctx: &mut Context<'_>, to: UserId, status: Option<u16>) {
        if status.is_none() {
            ctx.observe(Fact::ReportTimedOut);
        }
        ctx.observe(Fact::MessageSettled(Uri::User(to)));
        self.reports_open -= 1;
        if let Some(outbox) = self.reports.get_mut(&to) {
            outbox.pending = false;
        }
        self.pump_reports(ctx, to);
        let held: Vec<u32> = self.pushes_to_all(ctx, to).map(|(at, _)| at).collect();
        held.into_iter().for_each(|at| self.go_on(ctx, at));
    }

    /// A report of the far side of an interworking. It also tells that the hand-over worked, where its answer was lost.
    pub(super) fn on_far_side_report(&mut self, ctx: &mut Context<'_>, tx: ServerTx, cpim: &Cpim, class: u16) {
        let CpimContent::Imdn(imdn) = cpim.content else { return self.refuse(ctx, tx, 415) };
        self.refuse(ctx, tx, 200);
        // The sender has heard that the message is given up, as the answer to the hand-over was lost and not the
        // message; or that a client has it, though the PF heard that too late and had it interworked as well.
        let repeats = imdn.disposition == Disposition::Delivered && self.is_reported(ctx, cpim.from, imdn.about);
        if self.given_up.remove(&imdn.about).is_some() || repeats {
            return ctx.observe(Fact::ReportDiscarded);
        }
        let queue = self.user(cpim.from).deferred.as_ref().map(|deferred| &deferred.queue);
        let waits = queue.and_then(|queue| queue.live().find(|item| item.cpim.message_id == imdn.about));
        if let Some(id) = waits.map(|item| item.id) {
            self.decide(ctx, cpim.from, id, Fate::Interworked);
        }
        self.send_report(ctx, cpim.from, cpim.to, imdn, class);
    }

    /// Whether the PF keeps a report of one of its user's clients to itself. It is answered then.
    // req: O-1
    pub(super) fn keeps_report(&mut self, ctx: &mut Context<'_>, tx: ServerTx, cpim: &Cpim, class: u16) -> bool {
        let CpimContent::Imdn(imdn) = cpim.content else { return false };
        let policy = ctx.policies().deferral.imdn_suppression;
        if policy == ImdnSuppression::None {
            return false;
        }
        let repeated = self.is_reported(ctx, cpim.from, imdn.about);
        if policy == ImdnSuppression::First && !repeated {
            return false;
        }
        self.refuse(ctx, tx, 202);
        ctx.observe(Fact::ReportSuppressed);
        if policy == ImdnSuppression::Aggregate && !repeated {
            let at = self.collected.insert((*cpim, class));
            ctx.set_timer(ctx.policies().deferral.imdn_aggregate_time, PfTimer::ReportsCollected, at);
        }
        true
    }

    /// The reports of all clients about a message are in, or late.
    pub(super) fn on_reports_collected(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some((cpim, class)) = self.collected.remove(at) else { return };
        if let CpimContent::Imdn(imdn) = cpim.content {
            self.send_report(ctx, cpim.from, cpim.to, imdn, class);
        }
    }

    /// Whether a report about a message has been seen before; remembers it where the policy needs that.
    fn is_reported(&mut self, ctx: &Context<'_>, user: UserId, about: Token) -> bool {
        if ctx.policies().deferral.imdn_suppression == ImdnSuppression::None {
            return false;
        }
        let reported = self.user(user).reported.get_or_insert_default();
        if reported.contains(&about) {
            return true;
        }
        if reported.len() == MEMORY {
            reported.pop_front();
        }
        reported.push_back(about);
        false
    }
}
