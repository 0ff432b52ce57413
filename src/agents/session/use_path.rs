//! The path over an MSRP relay that a terminal is reached by (RFC 4976 section 5.1), where its network has a relay. The
//! terminal asks for one when an INVITE comes that it takes; all its sessions share it.
//!
//! ```text
//! (none) ──AUTH──▶ Asking ──401: AUTH with credentials──▶ Authorizing ──200──▶ Granted
//!                   │  ▲                                       │                │  │
//!                   │  └─────────refresh while sessions stand on it─────────────┘  │
//!                   └──────time-out, refusal───────────────────┴───────no session──┴──▶ (none)
//! ```
//!
//! The refresh is due when nine tenths of the lifetime are over.
//!
//! Without an answer the terminal is reached directly. A session that ends without a SEND makes it doubt the path: the
//! relay may have forgotten it, so the next session asks anew.

use super::{Line, Origin, SessionRequest, send_msrp};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::timer::TerminalTimer;
use crate::kernel::lookup::Lookup;
use crate::kernel::{EntityId, EventHandle, Span};
use crate::wire::Token;
use crate::wire::msrp::{Msrp, MsrpStart, MsrpUri};
use crate::wire::sip::body::Setup;

/// How a terminal is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// Over a relay by the path that it gave, or directly.
    Known(Option<Token>),
    /// The relay is asked, or has nothing new to say.
    Asked,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// The AUTH without credentials has no answer.
    Asking,
    /// The AUTH with credentials has none.
    Authorizing,
    /// The relay gave this path.
    Granted(Token),
}

/// What a terminal has agreed on with its relay.
#[derive(Clone, Copy, Debug)]
struct UsePath {
    state: State,
    relay: EntityId,
    /// The terminal's end of its connection to the relay.
    local: MsrpUri,
    /// The last AUTH.
    transaction: Token,
    /// On whose account it asks.
    origin: Origin,
    timer: EventHandle,
}

/// The paths of terminals.
#[derive(Clone, Debug, Default)]
pub(super) struct UsePaths(Lookup<EntityId, UsePath>);

impl UsePaths {
    /// Paths that are there or asked for.
    pub(super) fn open(&self) -> u64 {
        self.0.len() as u64
    }

    /// How the entity is reached for a session of this origin; asks its relay where that is not known.
    pub(super) fn ask<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        origin: Origin,
    ) -> Way {
        // A server has an address of its own that everybody reaches.
        if ctx.shared.role(ctx.me).is_some() {
            return Way::Known(None);
        }
        let Some(relay) = ctx.shared.msrp_relay_of(ctx.me) else { return Way::Known(None) };
        match self.0.get(&ctx.me).map(|path| path.state) {
            Some(State::Granted(path)) => Way::Known(Some(path)),
            Some(State::Asking | State::Authorizing) => Way::Asked,
            None => {
                let local = MsrpUri { session: line.token(ctx), setup: Setup::Passive };
                let transaction = line.token(ctx);
                let timer = EventHandle::NONE;
                let mut path = UsePath { state: State::Asking, relay, local, transaction, origin, timer };
                path.send(ctx, line, None, true);
                self.0.insert(ctx.me, path);
                Way::Asked
            }
        }
    }

    /// An MSRP message arrived: `None` where it is none of the relay about a path, else how the terminal is reached
    /// where that is known now.
    pub(super) fn on_msrp<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        message: &Msrp,
    ) -> Option<Way> {
        let path = self.0.get_mut(&ctx.me).filter(|path| path.local == message.to.next)?;
        if message.transaction != path.transaction {
            ctx.observe(Fact::Stray);
            return Some(Way::Asked);
        }
        match (path.state, message.start) {
            (State::Asking, MsrpStart::Challenge(nonce)) => {
                path.state = State::Authorizing;
                path.transaction = line.token(ctx);
                path.send(ctx, line, Some(nonce), false);
                Some(Way::Asked)
            }
            (State::Authorizing, MsrpStart::Grant(grant)) => {
                path.state = State::Granted(grant.path);
                let lifetime = Span::from_secs(u64::from(grant.expires));
                path.wait(ctx, Span::from_nanos(lifetime.as_nanos() / 10 * 9));
                ctx.observe(Fact::UsePath(true));
                Some(Way::Known(Some(grant.path)))
            }
            (State::Asking | State::Authorizing, MsrpStart::Response(_) | MsrpStart::Challenge(_)) => {
                ctx.observe(Fact::UsePath(false));
                self.forget(ctx);
                Some(Way::Known(None))
            }
            (State::Granted(_), _)
            | (_, MsrpStart::Send(_) | MsrpStart::Report(_) | MsrpStart::Auth(_) | MsrpStart::Grant(_)) => {
                ctx.observe(Fact::Stray);
                Some(Way::Asked)
            }
        }
    }

    /// The relay has not answered in time, or nine tenths of the lifetime of its path are over: it is asked again on
    /// account of a session that stands, if there is one. Whether sessions that wait for a path have to do without.
    pub(super) fn on_timer<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        standing: Option<Origin>,
    ) -> bool {
        let Some(path) = self.0.get_mut(&ctx.me) else { return false };
        path.timer = EventHandle::NONE;
        match (path.state, standing) {
            (State::Asking | State::Authorizing, _) => {
                ctx.observe(Fact::UsePath(false));
                self.forget(ctx);
                true
            }
            (State::Granted(_), Some(origin)) => {
                (path.state, path.origin, path.transaction) = (State::Asking, origin, line.token(ctx));
                path.send(ctx, line, None, false);
                false
            }
            (State::Granted(_), None) => {
                self.forget(ctx);
                false
            }
        }
    }

    /// Nothing came by this path.
    pub(super) fn doubt(&mut self, ctx: &mut Context<'_>, path: Token) {
        if self.0.get(&ctx.me).is_some_and(|known| known.state == State::Granted(path)) {
            self.forget(ctx);
        }
    }

    /// Gives the path of the entity up.
    pub(super) fn forget(&mut self, ctx: &mut Context<'_>) {
        if let Some(mut path) = self.0.remove(&ctx.me) {
            ctx.cancel_timer(&mut path.timer);
        }
    }
}

impl UsePath {
    /// Sends AUTH, with the nonce of a challenge where there was one.
    fn send<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        nonce: Option<Token>,
        opens: bool,
    ) {
        let (to, from) = (MsrpUri::of_relay(self.relay).into(), self.local.into());
        let message = Msrp { transaction: self.transaction, to, from, start: MsrpStart::Auth(nonce) };
        let meta = line.meta(self.origin);
        send_msrp(ctx, message, meta, opens);
        self.wait(ctx, ctx.shared.policies.session.msrp_timeout);
    }

    fn wait(&mut self, ctx: &mut Context<'_>, span: Span) {
        ctx.cancel_timer(&mut self.timer);
        self.timer = ctx.set_timer(span, TerminalTimer::UsePath, 0);
    }
}
