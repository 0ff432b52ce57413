//! How the S-CSCF routes requests: originating and terminating services by filter criteria, to bindings by caller
//! preferences, inside dialogs by the route set.

use super::filter_criteria::{SessionCase, first_match};
use super::{Binding, OriginalDialog, SCscf};
use crate::agents::i_cscf::user_of;
use crate::agents::outbox::Context;
use crate::agents::p_cscf::{next_hop_in_dialog, record_route};
use crate::agents::procedure::Meta;
use crate::agents::proxy::BRANCH_MAX;
use crate::agents::transactions::{ServerTx, send_ack};
use crate::kernel::EntityId;
use crate::protocol::sip::caller_preferences::rank_by_features;
use crate::wire::UserId;
use crate::wire::sip::{FeatureTags, ManagementUri, Route, RouteKind, Sip, SipMessage, Uri};
use arrayvec::ArrayVec;

/// Where a request stands when it arrives.
enum Arrival {
    /// From the served user.
    Originating(UserId),
    /// To the served user.
    Terminating(UserId),
    /// Back from an application server.
    Continues(OriginalDialog),
    /// From an application server on its own behalf, to a user of this S-CSCF: no criteria apply, so no loop arises.
    FromApplicationServer,
    /// From an application server on its own behalf, on to another user: the originating leg without its criteria.
    Outward(UserId),
    /// Inside a dialog.
    InDialog,
    /// Nowhere.
    Unroutable,
}

impl SCscf {
    pub(super) fn route(&mut self, ctx: &mut Context<'_>, from: EntityId, tx: ServerTx, mut request: Sip) {
        let arrival = self.classify(ctx, from, &mut request);
        record_route(ctx, &mut request);
        match arrival {
            Arrival::Originating(user) => self.originating(ctx, tx, request, user, 0),
            Arrival::Terminating(user) => self.terminating(ctx, tx, request, user, 0),
            Arrival::Continues(OriginalDialog {
                session_case: SessionCase::Originating, user, next_criterion, ..
            }) => {
                self.originating(ctx, tx, request, user, next_criterion);
            }
            Arrival::Continues(OriginalDialog {
                session_case: SessionCase::Terminating, user, next_criterion, ..
            }) => {
                self.terminating(ctx, tx, request, user, next_criterion);
            }
            Arrival::FromApplicationServer => self.reach_bindings(ctx, tx, request),
            Arrival::Outward(user) => self.towards_user(ctx, tx, request, user),
            Arrival::InDialog => match next_hop_in_dialog(ctx, &mut request) {
                Some(next) => self.forward_one(ctx, tx, next, request),
                None => self.refuse(ctx, tx, 481),
            },
            Arrival::Unroutable => self.refuse(ctx, tx, 404),
        }
    }

    fn classify(&mut self, ctx: &mut Context<'_>, from: EntityId, request: &mut SipMessage) -> Arrival {
        if request.to.tag.is_some() {
            return Arrival::InDialog;
        }
        let own_route = request.route.last().copied().filter(|route| route.node == ctx.me);
        if own_route.is_some() {
            request.route.pop();
        }
        request.headers.p_served_user = None;
        let target = request.uri().and_then(|uri| user_of(ctx, uri));
        match own_route.map(|route| route.kind) {
            Some(RouteKind::OriginalDialog(token)) => match self.original_dialogs.remove(&token) {
                Some(dialog) => {
                    self.came_back(ctx, dialog.tx);
                    Arrival::Continues(dialog)
                }
                None => Arrival::Unroutable,
            },
            Some(RouteKind::Originating) if ctx.shared.is_application_server(from) => {
                target.map_or(Arrival::Unroutable, Arrival::Outward)
            }
            Some(RouteKind::Originating) => match request.headers.p_asserted_identity {
                Some(Uri::User(user)) => Arrival::Originating(user),
                Some(_) | None => Arrival::Unroutable,
            },
            Some(RouteKind::Plain) | None if ctx.shared.is_application_server(from) => {
                target.map_or(Arrival::Unroutable, |_| Arrival::FromApplicationServer)
            }
            Some(RouteKind::Plain) | None => target.map_or(Arrival::Unroutable, Arrival::Terminating),
        }
    }

    pub(super) fn originating(
        &mut self,
        ctx: &mut Context<'_>,
        tx: ServerTx,
        request: Sip,
        user: UserId,
        from_criterion: u8,
    ) {
        let case = SessionCase::Originating;
        // What a terminal sends to an application server of its home goes there directly.
        if let Some(Uri::Node(server)) = request.uri()
            && ctx.shared.is_application_server(server)
        {
            return self.forward_one(ctx, tx, server, request);
        }
        // A host name in the management URI pins the request to its PF instance.
        let server = match request.uri() {
            Some(Uri::DeferredManagement(ManagementUri::Hostname(pf))) => Some(pf),
            _ => ctx.shared.pf_of(user),
        };
        if let (Some(at), Some(pf)) = (first_match(&request, case, from_criterion), server) {
            let dialog = OriginalDialog { session_case: case, user, next_criterion: at + 1, tx };
            return self.visit_application_server(ctx, request, dialog, pf);
        }
        match request.uri().and_then(|uri| user_of(ctx, uri)) {
            Some(target) => self.towards_user(ctx, tx, request, target),
            None => match request.uri() {
                // A public service identity of an application server of this network.
                Some(Uri::Node(server)) if ctx.shared.is_application_server(server) => {
                    self.forward_one(ctx, tx, server, request);
                }
                Some(_) | None => self.refuse(ctx, tx, 404),
            },
        }
    }

    /// Sends a request to the home network of its target, by its I-CSCF.
    fn towards_user(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: Sip, target: UserId) {
        match ctx.shared.i_cscf_of(target) {
            Some(i_cscf) => self.forward_one(ctx, tx, i_cscf, request),
            None => self.refuse(ctx, tx, 404),
        }
    }

    pub(super) fn terminating(
        &mut self,
        ctx: &mut Context<'_>,
        tx: ServerTx,
        request: Sip,
        user: UserId,
        from_criterion: u8,
    ) {
        if !self.record(user).profile {
            return self.fetch_profile(ctx, tx, user);
        }
        let case = SessionCase::Terminating;
        match (first_match(&request, case, from_criterion), ctx.shared.pf_of(user)) {
            (Some(at), Some(pf)) => {
                let dialog = OriginalDialog { session_case: case, user, next_criterion: at + 1, tx };
                self.visit_application_server(ctx, request, dialog, pf);
            }
            (Some(_), None) | (None, _) => self.reach_bindings(ctx, tx, request),
        }
    }

    /// The profile of an unregistered user is here: the request that waited for it goes on.
    pub(super) fn resume_terminating(&mut self, ctx: &mut Context<'_>, tx: ServerTx, user: UserId) {
        self.record(user).profile = true;
        if let Some(mut request) = self.transactions.request(tx).cloned() {
            if request.route.last().is_some_and(|route| route.node == ctx.me) {
                request.route.pop();
            }
            record_route(ctx, &mut request);
            self.terminating(ctx, tx, request, user, 0);
        }
    }

    /// Sends a request to the bindings that its URI and its caller preferences select (RFC 3841 section 7.2.4); to all
    /// of them in parallel when there are several.
    // req: IMN-7
    fn reach_bindings(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: Sip) {
        let selected = self.select_bindings(ctx, &request);
        if selected.is_empty() {
            let status = if self.is_void_gruu(ctx, &request) { 404 } else { 480 };
            return self.refuse(ctx, tx, status);
        }
        let mut targets = ArrayVec::<_, BRANCH_MAX>::new();
        for terminal in selected {
            let Some(p_cscf) = ctx.shared.p_cscf_of(terminal) else { continue };
            let mut branch = request.clone();
            branch.set_uri(Uri::Contact(terminal));
            branch.route.clear();
            branch.route.push(Route { node: p_cscf, kind: RouteKind::Plain });
            targets.push((p_cscf, branch));
        }
        self.proxy.forward(ctx, &mut self.transactions, tx, targets, &mut self.tokens);
    }

    /// Whether a request goes to a temporary GRUU that is valid no more: the registration that it came with is over, or
    /// another took its place (RFC 5627 section 5.3).
    fn is_void_gruu(&mut self, ctx: &Context<'_>, request: &SipMessage) -> bool {
        let Some(Uri::TemporaryGruu(terminal, number)) = request.uri() else { return false };
        let (user, _) = ctx.shared.names.terminal_owner(terminal);
        let now = ctx.now;
        let gave_it =
            |binding: &Binding| binding.terminal == terminal && binding.gruu == number && binding.expires_at > now;
        !self.record(user).bindings.iter().any(gave_it)
    }

    fn select_bindings(&mut self, ctx: &Context<'_>, request: &SipMessage) -> ArrayVec<EntityId, BRANCH_MAX> {
        let Some(uri) = request.uri() else { return ArrayVec::new() };
        let Some(user) = user_of(ctx, uri) else { return ArrayVec::new() };
        let now = ctx.now;
        let bindings = self.record(user).bindings.iter().filter(|binding| binding.expires_at > now);
        let addressed = bindings.filter(|binding| match uri {
            Uri::User(_) => true,
            Uri::PublicGruu(terminal) | Uri::Contact(terminal) => binding.terminal == terminal,
            Uri::TemporaryGruu(terminal, number) => binding.terminal == terminal && binding.gruu == number,
            Uri::Domain(_) | Uri::Node(_) | Uri::DeferredManagement(_) => false,
        });
        let contacts = addressed.map(|binding| (binding.terminal, binding.features)).take(BRANCH_MAX);
        match request.headers.accept_contact {
            Some(accept) if accept.features != FeatureTags::NONE => rank_by_features(contacts, accept),
            Some(_) | None => contacts.map(|(terminal, _)| terminal).collect(),
        }
    }

    fn forward_one(&mut self, ctx: &mut Context<'_>, tx: ServerTx, to: EntityId, request: Sip) {
        self.proxy.forward_to(ctx, &mut self.transactions, tx, to, request, &mut self.tokens);
    }

    pub(super) fn on_ack(&mut self, ctx: &mut Context<'_>, mut ack: Sip, meta: Meta) {
        match next_hop_in_dialog(ctx, &mut ack) {
            Some(next) => send_ack(ctx, next, ack, self.tokens.next(ctx.me), meta.next_hop()),
            None => ctx.observe(crate::agents::Fact::Stray),
        }
    }
}
