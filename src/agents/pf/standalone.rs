//! Pager messages at the PF (seed 004 section 8.3.1.1): the originating side passes them on; the terminating side
//! passes them to suitable clients and defers what nobody can take.

use super::Pf;
use super::clients::Client;
use super::do_not_disturb::Waiting;
use super::management::Session;
use super::queue::{Item, ItemState};
use crate::agents::observation::{Fact, Fate};
use crate::agents::outbox::Context;
use crate::agents::policies::QueueOverflow;
use crate::agents::procedure::Meta;
use crate::agents::shared::Role;
use crate::agents::transactions::ServerTx;
use crate::kernel::{EntityId, Span, Time};
use crate::wire::UserId;
use crate::wire::sip::body::{Cpim, CpimContent};
use crate::wire::sip::headers::ServedUser;
use crate::wire::sip::{Body, Sip};
use smallvec::SmallVec;

/// A terminating message on its way to the clients of `user`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passing {
    pub(super) user: UserId,
    pub(super) cpim: Cpim,
    /// Class for measurement.
    pub(super) class: u16,
    /// It is of use until then.
    pub(super) expires_at: Time,
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
        match (ctx.shared.role(from), &request.body) {
            (Some(Role::SCscf), _) => {}
            (Some(Role::Isf), Body::Cpim(cpim)) => return self.on_far_side_report(ctx, tx, cpim, meta.class),
            (Some(_) | None, _) => return self.refuse(ctx, tx, 403),
        }
        let served = request.headers.p_served_user;
        if let Some(ServedUser { user, originating: false }) = served {
            self.adopt(ctx, user);
        }
        match (served, &request.body) {
            (Some(ServedUser { user, originating: false }), Body::Cpim(cpim)) => {
                let expires_at = expires_at(ctx, request.expires);
                let passing = Passing { user, cpim: *cpim, class: meta.class, expires_at };
                self.terminating(ctx, from, tx, request, passing);
            }
            (Some(ServedUser { originating: true, .. }), Body::Cpim(cpim))
                if self.keeps_report(ctx, tx, cpim, meta.class) => {}
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
            let waiting = || Waiting::Pass { from, tx, request: request.clone(), passing };
            match is_report.then_some(true).or_else(|| self.may_pass(ctx, passing.user, waiting)) {
                Some(true) => {
                    self.passing.insert(tx.index(), passing);
                    self.pass(ctx, from, tx, request);
                }
                Some(false) => self.defer(ctx, tx, passing),
                None => {}
            }
        } else if is_report {
            ctx.observe(Fact::ReportDiscarded);
            self.refuse(ctx, tx, 480);
        } else {
            self.defer(ctx, tx, passing);
        }
    }

    /// Whether a client can take the message.
    fn has_suitable_client(&mut self, ctx: &Context<'_>, passing: &Passing) -> bool {
        let size = match passing.cpim.content {
            CpimContent::Text(octets) => octets,
            CpimContent::Imdn(_) => 0,
        };
        self.has_client(ctx, passing.user, |client| client.is_suitable(ctx, size))
    }

    /// Whether a client of a user is one that `is_suitable` picks. A PF that knows users but no clients goes by the
    /// user's registration.
    pub(super) fn has_client(
        &mut self,
        ctx: &Context<'_>,
        user: UserId,
        is_suitable: impl Fn(&Client) -> bool,
    ) -> bool {
        let knows_clients = self.knows_clients(ctx);
        let record = self.user(user);
        if knows_clients { record.clients.iter().any(is_suitable) } else { record.registered_until > ctx.now }
    }

    pub(super) fn pass(&mut self, ctx: &mut Context<'_>, s_cscf: EntityId, tx: ServerTx, request: Sip) {
        self.proxy.forward_to(ctx, &mut self.transactions, tx, s_cscf, request, &mut self.tokens);
    }

    /// A message that was passed on reached nobody, as far as the PF can tell.
    pub(super) fn pass_failed(&mut self, ctx: &mut Context<'_>, tx: ServerTx, passing: Passing, response: Option<Sip>) {
        match (passing.cpim.content, response) {
            (CpimContent::Text(_), _) => self.defer(ctx, tx, passing),
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

    /// Puts a message into the queue and takes responsibility for it by 202, unless the queue is full.
    fn defer(&mut self, ctx: &mut Context<'_>, tx: ServerTx, passing: Passing) {
        if !self.has_room(ctx, passing.user) {
            ctx.observe(Fact::QueueFull);
            return self.refuse(ctx, tx, 480);
        }
        self.refuse(ctx, tx, 202);
        self.enqueue(ctx, passing, false);
    }

    /// Puts a message into the queue.
    pub(super) fn enqueue(&mut self, ctx: &mut Context<'_>, passing: Passing, large: bool) {
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
            large,
            class: passing.class,
            deferred_at: ctx.now,
            expires_at: passing.expires_at,
            state: ItemState::Queued,
            claims: 0,
            had_by: SmallVec::new(),
            sent: 0,
            failures: 0,
            expiry_told: false,
            given_up: false,
            came_during,
            stranded: false,
        });
        ctx.observe(Fact::Deferred {
            user: passing.user,
            message: passing.cpim.message_id,
            id,
            class: passing.class,
            in_service: came_during.is_some(),
        });
        self.arm_expiry(ctx, passing.user);
        self.on_new_deferral(ctx, passing.user);
    }

    /// Whether the queue of a user takes a further message, if need be in place of its oldest.
    pub(super) fn has_room(&mut self, ctx: &mut Context<'_>, user: UserId) -> bool {
        let policies = &ctx.policies().deferral;
        let (limit, overflow) = (policies.queue_limit, policies.queue_overflow);
        let Some(deferred) = self.user(user).deferred.as_ref() else { return true };
        if limit.is_none_or(|limit| deferred.queue.len() < limit as usize) {
            return true;
        }
        let oldest = deferred.queue.live().find(|item| item.is_addressable()).map(|item| item.id);
        match (overflow, oldest) {
            (QueueOverflow::DropOldest, Some(oldest)) => self.decide(ctx, user, oldest, Fate::Deleted),
            (QueueOverflow::DropOldest, None) | (QueueOverflow::Refuse, _) => false,
        }
    }
}

/// When a message expires: by its Expires, and by the operator's limit.
pub(super) fn expires_at(ctx: &Context<'_>, expires: Option<u32>) -> Time {
    let own = expires.map(|seconds| Span::from_secs(u64::from(seconds)));
    let lifetime = own.into_iter().chain(ctx.policies().deferral.expiry_max).min();
    lifetime.map_or(Time::MAX, |lifetime| ctx.now.saturating_add(lifetime))
}
