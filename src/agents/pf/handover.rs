//! Deferred messages that the PF hands to the message store (IMAP APPEND) or to the interworking selection (MESSAGE).

use super::{Own, Pf};
use crate::agents::observation::{Fact, Fate};
use crate::agents::outbox::{Context, Outgoing};
use crate::agents::procedure::{Meta, Procedure};
use crate::agents::proxy::Owner;
use crate::agents::timer::PfTimer;
use crate::kernel::{EntityId, EventHandle};
use crate::wire::append::{Append, AppendStep};
use crate::wire::sip::body::Cpim;
use crate::wire::sip::{Body, FeatureTags, Method, Party, SipMessage, Uri};
use crate::wire::{Message, Token, UserId};

/// A handover under way.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    user: UserId,
    message: Token,
    cpim: Cpim,
    /// The management session that asked; none when the message expired.
    session: Option<u32>,
    fate: Fate,
    /// Tag of the APPEND.
    tag: Token,
    meta: Meta,
    timer: EventHandle,
}

impl Pf {
    /// Hands over a message that has been claimed for it.
    pub(super) fn begin_exchange(
        &mut self,
        ctx: &mut Context<'_>,
        user: UserId,
        id: Token,
        session: Option<u32>,
        fate: Fate,
    ) {
        let (peer, procedure) = match fate {
            Fate::Stored => (ctx.shared.message_store_of(user), Procedure::Storage),
            Fate::Interworked | Fate::Delivered | Fate::Deleted | Fate::Expired => {
                (ctx.shared.isf_of(user), Procedure::Interworking)
            }
        };
        if let Some(session) = session.and_then(|at| self.sessions.get_mut(at)) {
            session.exchanges += 1;
        }
        let item = self.deferred(user).queue.get(id).filter(|item| item.is_live()).cloned();
        let tag = self.tokens.next(ctx.me);
        let (class, cpim) = item.as_ref().map_or((0, None), |item| (item.class, Some(item.cpim)));
        let meta = self.own_meta(ctx, user, procedure, class);
        let (Some(cpim), Some(peer)) = (cpim, peer) else {
            return self.end_handover(ctx, user, id, session, fate, false);
        };
        let exchange = Exchange { user, message: id, cpim, session, fate, tag, meta, timer: EventHandle::NONE };
        let at = self.exchanges.insert(exchange);
        if procedure == Procedure::Storage {
            self.begin_append(ctx, at, peer);
        } else {
            self.send_to_isf(ctx, at, peer);
        }
    }

    // req: CPM-PF-15
    fn begin_append(&mut self, ctx: &mut Context<'_>, at: u32, store: EntityId) {
        let timer = ctx.set_timer(ctx.shared.sip.core_timers.transaction_timeout(), PfTimer::Handover, at);
        let Some(exchange) = self.exchanges.get_mut(at) else { return };
        exchange.timer = timer;
        let octets = u32::try_from(Body::Cpim(exchange.cpim).len(&ctx.shared.names)).unwrap_or(u32::MAX);
        let append = Append { tag: exchange.tag, step: AppendStep::Command(octets) };
        self.by_append.insert(exchange.tag, at);
        let meta = exchange.meta;
        send_append(ctx, store, append, meta);
    }

    /// The message store goes on with an APPEND.
    pub(super) fn on_append(&mut self, ctx: &mut Context<'_>, from: EntityId, append: &Append) {
        let Some(&at) = self.by_append.get(&append.tag) else { return ctx.observe(Fact::Stray) };
        let Some(exchange) = self.exchanges.get(at) else { return };
        match append.step {
            AppendStep::Continue => {
                let literal = Append { tag: append.tag, step: AppendStep::Literal(exchange.cpim) };
                let meta = exchange.meta.query();
                send_append(ctx, from, literal, meta);
            }
            AppendStep::Done(done) => self.end_exchange(ctx, at, done),
            AppendStep::Command(_) | AppendStep::Literal(_) => ctx.observe(Fact::Stray),
        }
    }

    // req: CPM-PF-14
    fn send_to_isf(&mut self, ctx: &mut Context<'_>, at: u32, isf: EntityId) {
        let Some(exchange) = self.exchanges.get(at) else { return };
        let (cpim, meta) = (exchange.cpim, exchange.meta);
        let from = Party { uri: Uri::User(cpim.from), tag: Some(self.tokens.next(ctx.me)) };
        let uri = Uri::User(cpim.to);
        let call_id = self.tokens.next(ctx.me);
        let mut request = SipMessage::request(Method::Message, uri, from, Party { uri, tag: None }, call_id, 1);
        request.headers.p_asserted_identity = Some(Uri::User(cpim.from));
        request.headers.p_asserted_service = FeatureTags::MSG;
        request.headers.conversation = Some(cpim.message_id);
        request.body = Body::Cpim(cpim);
        let branch = self.tokens.next(ctx.me);
        self.transactions.send(ctx, isf, request, branch, meta, Owner::Own(Own::Interwork(at)));
    }

    /// A handover has its answer, or has waited for too long.
    pub(super) fn end_exchange(&mut self, ctx: &mut Context<'_>, at: u32, done: bool) {
        let Some(mut exchange) = self.exchanges.remove(at) else { return };
        ctx.cancel_timer(&mut exchange.timer);
        self.by_append.remove(&exchange.tag);
        self.end_handover(ctx, exchange.user, exchange.message, exchange.session, exchange.fate, done);
    }

    /// A message that cannot be handed over stays where it is; one that had expired is discarded.
    fn end_handover(
        &mut self,
        ctx: &mut Context<'_>,
        user: UserId,
        id: Token,
        session: Option<u32>,
        fate: Fate,
        done: bool,
    ) {
        let done = done && self.decide(ctx, user, id, fate);
        if !done && session.is_none() {
            let about = self.deferred(user).queue.get(id).map(|item| item.cpim.message_id);
            if self.decide(ctx, user, id, Fate::Expired)
                && fate == Fate::Interworked
                && let Some(about) = about
            {
                self.given_up.insert(about, ());
            }
        }
        self.deferred(user).queue.release(id);
        self.arm_expiry(ctx, user);
        if let Some(at) = session {
            self.note_handled(at, done);
            if let Some(session) = self.sessions.get_mut(at) {
                session.exchanges = session.exchanges.saturating_sub(1);
            }
            self.go_on(ctx, at);
        }
        self.tidy_up(user);
    }
}

fn send_append(ctx: &mut Context<'_>, to: EntityId, append: Append, meta: Meta) {
    let (from, message) = (ctx.me, Message::Append(Box::new(append)));
    ctx.out.send(Outgoing { from, to, message, meta, transmission: 0, tcp: true, opens: false });
}
