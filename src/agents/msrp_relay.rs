//! MSRP relay (RFC 4976): gives paths to terminals of its network that authenticate themselves (AUTH), and passes SEND
//! and REPORT on between them and their peers. SEND is answered hop by hop: the relay says 200 when it has a chunk and
//! passes it on at once; what the next hop says ends here, and a failure becomes a REPORT of the relay. REPORT goes
//! from end to end.
//!
//! A client that asks again over the connection that it has keeps its path for another lifetime. A restart forgets
//! paths, connections and what was passed on: SEND then gets 481.
//!
//! Not modelled: chains of relays, TLS, and a relay on the side of the sender. The digest is not computed: a nonce that
//! the relay gave is accepted.

use super::census::Census;
use super::observation::Fact;
use super::outbox::{Context, Input};
use super::procedure::{Meta, Scope};
use super::proxy::TokenCounter;
use super::session::send_msrp;
use super::timer::{MsrpRelayTimer, TimerReason};
use crate::kernel::EventHandle;
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::wire::msrp::{Chunk, FailureReport, Grant, Msrp, MsrpPath, MsrpStart, Report};
use crate::wire::{Message, Token};

/// A client with a path.
#[derive(Clone, Copy, Debug)]
struct Client {
    /// Its end of the connection over which it asked.
    connection: Token,
    path: Token,
    expiry: EventHandle,
}

/// A SEND that was passed on and is not answered.
#[derive(Clone, Copy, Debug)]
struct PassedOn {
    /// Of its transaction with the next hop.
    transaction: Token,
    /// What a REPORT about it says, but for the status.
    report: Report,
    failure_report: FailureReport,
    /// Back to its sender.
    to: MsrpPath,
    /// The relay, as its sender knows it.
    from: MsrpPath,
    meta: Meta,
    timer: EventHandle,
}

/// One MSRP relay.
#[derive(Clone, Debug, Default)]
pub struct MsrpRelay {
    clients: Slab<Client>,
    by_path: Lookup<Token, u32>,
    by_connection: Lookup<Token, u32>,
    passed_on: Slab<PassedOn>,
    by_transaction: Lookup<Token, u32>,
    tokens: TokenCounter,
    /// Counts the REPORTs that it makes.
    numbers: u32,
}

impl MsrpRelay {
    /// What is open.
    pub fn census(&self) -> Census {
        let (relayed, use_paths) = (self.passed_on.len() as u64, self.clients.len() as u64);
        Census { relayed, use_paths, ..Census::default() }
    }

    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Message { message: Message::Msrp(message), meta, .. } => match message.start {
                MsrpStart::Auth(nonce) => self.on_auth(ctx, &message, nonce, meta),
                MsrpStart::Send(chunk) => self.on_send(ctx, &message, &chunk, meta),
                MsrpStart::Report(_) => self.on_report(ctx, &message, meta),
                MsrpStart::Response(status) => self.on_response(ctx, message.transaction, status),
                MsrpStart::Challenge(_) | MsrpStart::Grant(_) => ctx.observe(Fact::Stray),
            },
            // MSRP has no status that says so: the message is lost.
            Input::Overload { .. } => {}
            Input::Timer { reason: TimerReason::MsrpRelay(MsrpRelayTimer::Hop), subject } => {
                self.on_timeout(ctx, subject);
            }
            Input::Timer { reason: TimerReason::MsrpRelay(MsrpRelayTimer::PathExpiry), subject } => {
                if let Some(client) = self.clients.remove(subject) {
                    self.by_path.remove(&client.path);
                    self.by_connection.remove(&client.connection);
                }
            }
            Input::Restart { .. } => {
                *self = MsrpRelay { tokens: self.tokens, numbers: self.numbers, ..MsrpRelay::default() };
            }
            Input::Message { .. } | Input::Timer { .. } | Input::Command(_) => ctx.observe(Fact::Stray),
        }
    }

    /// A client asks for a path: it is challenged, and given one when it comes back with the challenge.
    fn on_auth(&mut self, ctx: &mut Context<'_>, request: &Msrp, nonce: Option<Token>, meta: Meta) {
        let start = match nonce {
            None => MsrpStart::Challenge(self.tokens.next(ctx.me)),
            Some(nonce) if nonce.entity() != ctx.me => MsrpStart::Response(403),
            Some(_) => {
                let lifetime = ctx.shared.policies.session.relay_lifetime;
                let expires = u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX);
                MsrpStart::Grant(Grant { path: self.grant(ctx, request.from.next.session), expires })
            }
        };
        send_msrp(ctx, request.answer(start), meta.response(), false);
    }

    /// The path of the client at the other end of a connection, for another lifetime.
    fn grant(&mut self, ctx: &mut Context<'_>, connection: Token) -> Token {
        let at = match self.by_connection.get(&connection) {
            Some(&at) => at,
            None => {
                let path = self.tokens.next(ctx.me);
                let at = self.clients.insert(Client { connection, path, expiry: EventHandle::NONE });
                self.by_path.insert(path, at);
                self.by_connection.insert(connection, at);
                at
            }
        };
        let client = self.clients.get_mut(at).expect("the client was just found or made");
        ctx.cancel_timer(&mut client.expiry);
        client.expiry = ctx.set_timer(ctx.shared.policies.session.relay_lifetime, MsrpRelayTimer::PathExpiry, at);
        client.path
    }

    /// The message as it goes on, where it came by a path that holds.
    fn onward(&mut self, ctx: &Context<'_>, message: &Msrp) -> Option<Msrp> {
        self.by_path.get(&message.to.next.session)?;
        message.relayed(self.tokens.next(ctx.me))
    }

    fn on_send(&mut self, ctx: &mut Context<'_>, request: &Msrp, chunk: &Chunk, meta: Meta) {
        let onward = self.onward(ctx, request);
        if onward.is_none() {
            ctx.observe(Fact::SendWithoutSession);
        }
        let (status, answered) = match (&onward, chunk.failure_report) {
            (Some(_), failure_report) => (200, failure_report == FailureReport::Yes),
            (None, failure_report) => (481, failure_report != FailureReport::No),
        };
        if answered {
            send_msrp(ctx, request.answer(MsrpStart::Response(status)), meta.response(), false);
        }
        let Some(onward) = onward else { return };
        if chunk.failure_report != FailureReport::No {
            self.remember(ctx, request, chunk, onward.transaction, meta);
        }
        send_msrp(ctx, onward, meta.next_hop(), false);
    }

    /// Whoever sent it learns of a failure behind the relay.
    fn remember(&mut self, ctx: &mut Context<'_>, request: &Msrp, chunk: &Chunk, transaction: Token, meta: Meta) {
        let last = chunk.first.saturating_add(chunk.octets).saturating_sub(1);
        let at = self.passed_on.insert(PassedOn {
            transaction,
            report: Report { message: chunk.message, last, total: chunk.total, status: 0 },
            failure_report: chunk.failure_report,
            to: request.from,
            from: request.to.next.into(),
            meta,
            timer: EventHandle::NONE,
        });
        self.by_transaction.insert(transaction, at);
        let timer = ctx.set_timer(ctx.shared.policies.session.answer_wait(chunk.octets), MsrpRelayTimer::Hop, at);
        if let Some(passed_on) = self.passed_on.get_mut(at) {
            passed_on.timer = timer;
        }
    }

    fn on_report(&mut self, ctx: &mut Context<'_>, report: &Msrp, meta: Meta) {
        match self.onward(ctx, report) {
            Some(onward) => send_msrp(ctx, onward, meta.next_hop(), false),
            None => ctx.observe(Fact::Stray),
        }
    }

    /// The next hop answered a SEND.
    fn on_response(&mut self, ctx: &mut Context<'_>, transaction: Token, status: u16) {
        let Some(&at) = self.by_transaction.get(&transaction) else { return ctx.observe(Fact::Stray) };
        if let Some(passed_on) = self.forget(ctx, at).filter(|_| status != 200) {
            self.tell(ctx, passed_on, status);
        }
    }

    /// The next hop has not answered: it had to, unless the sender wants to know of failures alone.
    fn on_timeout(&mut self, ctx: &mut Context<'_>, at: u32) {
        if let Some(passed_on) = self.forget(ctx, at).filter(|one| one.failure_report == FailureReport::Yes) {
            self.tell(ctx, passed_on, 408);
        }
    }

    fn forget(&mut self, ctx: &mut Context<'_>, at: u32) -> Option<PassedOn> {
        let mut passed_on = self.passed_on.remove(at)?;
        ctx.cancel_timer(&mut passed_on.timer);
        self.by_transaction.remove(&passed_on.transaction);
        Some(passed_on)
    }

    /// Tells the sender that a SEND failed.
    fn tell(&mut self, ctx: &mut Context<'_>, failed: PassedOn, status: u16) {
        ctx.observe(Fact::RelayFailure);
        self.numbers += 1;
        let Meta { procedure, class, began, .. } = failed.meta;
        let meta = Meta::new(procedure, class, began, Scope::entity(ctx.me), self.numbers);
        let start = MsrpStart::Report(Report { status, ..failed.report });
        let report = Msrp { transaction: self.tokens.next(ctx.me), to: failed.to, from: failed.from, start };
        send_msrp(ctx, report, meta, false);
    }
}
