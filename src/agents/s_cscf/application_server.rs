//! The way of a request over an application server and back, with the original dialog identifier that marks where it
//! goes on, and what happens when the server is late: another instance, or default handling (3GPP TS 24.229 section
//! 5.4.3). A server that sends the request back is there, however long the rest takes.

use super::filter_criteria::SessionCase;
use super::{OriginalDialog, SCscf, Visit};
use crate::agents::observation::{Fact, PassedOver};
use crate::agents::outbox::Context;
use crate::agents::p_cscf::record_route;
use crate::agents::policies::{DefaultHandling, PfFailover};
use crate::agents::timer::SCscfTimer;
use crate::agents::transactions::ServerTx;
use crate::kernel::{EntityId, EventHandle};
use crate::wire::sip::headers::ServedUser;
use crate::wire::sip::{ManagementUri, Method, Route, RouteKind, Sip, Uri};

impl SCscf {
    pub(super) fn visit_application_server(
        &mut self,
        ctx: &mut Context<'_>,
        mut request: Sip,
        dialog: OriginalDialog,
        server: EntityId,
    ) {
        let originating = dialog.session_case == SessionCase::Originating;
        request.headers.p_served_user = Some(ServedUser { user: dialog.user, originating });
        let token = self.tokens.next(ctx.me);
        self.original_dialogs.insert(token, dialog);
        let limit = match request.method() {
            Method::Invite => ctx.policies().as_timeout_invite,
            Method::Register
            | Method::Ack
            | Method::Bye
            | Method::Cancel
            | Method::Message
            | Method::Subscribe
            | Method::Notify
            | Method::Options => ctx.policies().as_timeout,
        };
        let _ = request.route.try_push(Route { node: ctx.me, kind: RouteKind::OriginalDialog(token) });
        let _ = request.route.try_push(Route { node: server, kind: RouteKind::Plain });
        let (transactions, tokens) = (&mut self.transactions, &mut self.tokens);
        let context = self.proxy.forward_to(ctx, transactions, dialog.tx, server, request, tokens);
        let subject = dialog.tx.index();
        let timer =
            limit.map_or(EventHandle::NONE, |limit| ctx.set_timer(limit, SCscfTimer::ApplicationServer, subject));
        self.at_application_server.insert(subject, Visit { dialog, token, server, context, timer });
    }

    /// A request came back from its application server.
    pub(super) fn came_back(&mut self, ctx: &mut Context<'_>, tx: ServerTx) {
        if let Some(visit) = self.at_application_server.get_mut(&tx.index()) {
            ctx.cancel_timer(&mut visit.timer);
        }
    }

    /// A request that was at an application server has its final response, or none will come.
    pub(super) fn end_visit(&mut self, ctx: &mut Context<'_>, tx: ServerTx) {
        if let Some(mut visit) = self.at_application_server.remove(&tx.index()) {
            ctx.cancel_timer(&mut visit.timer);
            self.original_dialogs.remove(&visit.token);
        }
    }

    /// An application server is late. What it does later with the request finds no original dialog.
    pub(super) fn on_late_server(&mut self, ctx: &mut Context<'_>, subject: u32) {
        let Some(visit) = self.at_application_server.remove(&subject) else { return };
        self.original_dialogs.remove(&visit.token);
        self.proxy.abandon(ctx, &mut self.transactions, visit.context);
        let OriginalDialog { session_case, user, next_criterion, tx } = visit.dialog;
        let Some(mut request) = self.transactions.request(tx).cloned() else { return };
        let message = request.body.cpim().map(|cpim| cpim.message_id);
        self.transactions.reroute(tx);
        if request.route.last().is_some_and(|route| route.node == ctx.me) {
            request.route.pop();
        }
        request.headers.p_served_user = None;
        record_route(ctx, &mut request);
        let policies = ctx.policies();
        let handling = match session_case {
            SessionCase::Originating => policies.default_handling_originating,
            SessionCase::Terminating => policies.default_handling_terminating,
        };
        let is_pinned = matches!(request.uri(), Some(Uri::DeferredManagement(ManagementUri::Hostname(_))));
        let next = match policies.pf_failover {
            PfFailover::NextInstance if is_pinned => None,
            PfFailover::NextInstance => {
                ctx.shared.next_pf_of(user).filter(|_| ctx.shared.pf_of(user) == Some(visit.server))
            }
            PfFailover::None => None,
        };
        let handled = match (next, handling) {
            (Some(_), _) => PassedOver::FailedOver,
            (None, DefaultHandling::Continue) => PassedOver::Continued,
            (None, DefaultHandling::Terminate) => PassedOver::Terminated,
        };
        ctx.observe(Fact::ServerPassedOver { message, handling: handled });
        match (next, handled, session_case) {
            (Some(server), ..) => self.visit_application_server(ctx, request, visit.dialog, server),
            (None, PassedOver::Terminated, _) => self.refuse(ctx, tx, 504),
            (None, _, SessionCase::Originating) => self.originating(ctx, tx, request, user, next_criterion),
            (None, _, SessionCase::Terminating) => self.terminating(ctx, tx, request, user, next_criterion),
        }
    }
}
