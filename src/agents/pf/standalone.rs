//! Pager messages at the PF (seed 004 section 8.3.1.1): the originating side passes them on; the terminating side
//! passes them to suitable clients and defers what nobody can take.

use super::Pf;
use super::management::Session;
use super::queue::{Item, ItemState};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::procedure::Meta;
use crate::agents::proxy::BRANCH_MAX;
use crate::agents::shared::Role;
use crate::agents::transactions::ServerTx;
use crate::kernel::EntityId;
use crate::wire::UserId;
use crate::wire::sip::body::{Cpim, CpimContent};
use crate::wire::sip::headers::ServedUser;
use crate::wire::sip::{Body, Sip};
use arrayvec::ArrayVec;
use smallvec::SmallVec;

/// A terminating message on its way to the clients of `user`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passing {
    user: UserId,
    cpim: Cpim,
    meta: Meta,
}

impl Passing {
    /// The user whose clients it goes to.
    pub(super) fn user(&self) -> UserId {
        self.user
    }
}

impl Pf {
    pub(super) fn on_message(
        &mut self,
        ctx: &mut Context<'_>,
        from: EntityId,
        tx: ServerTx,
        mut request: Sip,
        meta: Meta,
    ) {
        if request.route.last().is_some_and(|route| route.node == ctx.me) {
            request.route.pop();
        }
        if ctx.shared.role(from) != Some(Role::SCscf) {
            return self.refuse(ctx, tx, 403);
        }
        let served = request.headers.p_served_user;
        if let Some(ServedUser { user, originating: false }) = served {
            self.adopt(ctx, user);
        }
        match (served, &request.body) {
            (Some(ServedUser { user, originating: false }), Body::Cpim(cpim)) => {
                let passing = Passing { user, cpim: *cpim, meta };
                self.terminating(ctx, from, tx, request, passing);
            }
            (Some(_) | None, _) => self.pass(ctx, from, tx, request),
        }
    }

    pub(super) fn terminating(
        &mut self,
        ctx: &mut Context<'_>,
        from: EntityId,
        tx: ServerTx,
        request: Sip,
        passing: Passing,
    ) {
        let is_report = matches!(passing.cpim.content, CpimContent::Imdn(_));
        if self.has_suitable_client(ctx, &passing) {
            match is_report.then_some(true).or_else(|| self.may_pass(ctx, from, tx, &request, passing)) {
                Some(true) => {
                    self.passing.insert(tx.index(), passing);
                    self.pass(ctx, from, tx, request);
                }
                Some(false) => self.defer_with_202(ctx, tx, passing),
                None => {}
            }
        } else if is_report {
            ctx.observe(Fact::ReportDiscarded);
            self.refuse(ctx, tx, 480);
        } else {
            self.defer_with_202(ctx, tx, passing);
        }
    }

    /// Whether a client can take the message. A PF that knows users but no clients goes by the user's registration.
    fn has_suitable_client(&mut self, ctx: &Context<'_>, passing: &Passing) -> bool {
        let size = match passing.cpim.content {
            CpimContent::Text(octets) => octets,
            CpimContent::Imdn(_) => 0,
        };
        let knows_clients = ctx.policies().reg_event.pf
            || ctx.policies().third_party_register == crate::agents::policies::ThirdPartyRegister::Embedded;
        let record = self.user(passing.user);
        if knows_clients {
            record.clients.iter().any(|client| client.is_suitable(ctx, size))
        } else {
            record.registered_until > ctx.now
        }
    }

    fn pass(&mut self, ctx: &mut Context<'_>, s_cscf: EntityId, tx: ServerTx, request: Sip) {
        let mut targets = ArrayVec::<_, BRANCH_MAX>::new();
        targets.push((s_cscf, request));
        self.proxy.forward(ctx, &mut self.transactions, tx, targets, &mut self.tokens);
    }

    /// A message that was passed on reached nobody, as far as the PF can tell.
    pub(super) fn pass_failed(&mut self, ctx: &mut Context<'_>, tx: ServerTx, passing: Passing, response: Option<Sip>) {
        match (passing.cpim.content, response) {
            (CpimContent::Text(_), _) => self.defer_with_202(ctx, tx, passing),
            (CpimContent::Imdn(_), Some(response)) => {
                ctx.observe(Fact::ReportDiscarded);
                self.transactions.respond(ctx, tx, response);
            }
            (CpimContent::Imdn(_), None) => {
                ctx.observe(Fact::ReportDiscarded);
                self.transactions.give_up(ctx, tx);
            }
        }
    }

    fn defer_with_202(&mut self, ctx: &mut Context<'_>, tx: ServerTx, passing: Passing) {
        self.refuse(ctx, tx, 202);
        // A copy that waited here for longer than its transaction lived is no second message.
        let queued = &self.deferred(passing.user).queue;
        if queued.iter().any(|item| item.cpim.message_id == passing.cpim.message_id) {
            return;
        }
        let id = self.tokens.next(ctx.me);
        let in_service = self.deferred(passing.user).managed.first().copied();
        let came_during = in_service.and_then(|at| self.sessions.get(at)).map(Session::name);
        self.deferred(passing.user).queue.push(Item {
            id,
            cpim: passing.cpim,
            class: passing.meta.class,
            deferred_at: ctx.now,
            state: ItemState::Queued,
            claims: 0,
            had_by: SmallVec::new(),
            came_during,
            stranded: false,
        });
        ctx.observe(Fact::Deferred {
            user: passing.user,
            message: passing.cpim.message_id,
            id,
            class: passing.meta.class,
            in_service: came_during.is_some(),
        });
        self.on_new_deferral(ctx, passing.user);
    }
}
