//! Interrogating-CSCF: finds the S-CSCF of a user by Cx and forwards there (3GPP TS 24.229 section 5.3). It is a
//! transaction-stateful proxy that does not record a route.

use super::census::Census;
use super::cx::Queries;
use super::outbox::{Context, Input};
use super::proxy::{Incoming, Lapse, Owner, Proxy, TokenCounter, refuse_statelessly, reply};
use super::timer::TimerReason;
use super::transactions::{ServerTx, Transactions};
use crate::kernel::EntityId;
use crate::wire::diameter::{Command, DiameterMessage, ResultCode};
use crate::wire::sip::{Method, SipMessage, Uri};
use crate::wire::{Message, UserId};

/// The I-CSCF has no requests of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Never {}

/// One I-CSCF instance.
#[derive(Clone, Debug, Default)]
pub struct ICscf {
    transactions: Transactions<Owner<Never>>,
    proxy: Proxy,
    queries: Queries<ServerTx>,
    tokens: TokenCounter,
}

impl ICscf {
    /// What is open.
    pub fn census(&self) -> Census {
        Census {
            transactions: self.transactions.open() as u64,
            contexts: self.proxy.open() as u64,
            queries: self.queries.open() as u64,
            ..Census::default()
        }
    }

    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Message { from, message: Message::Sip(message), meta, tcp } => {
                match self.proxy.receive(ctx, &mut self.transactions, from, message, meta, tcp) {
                    Incoming::Request { tx, request } => self.on_request(ctx, tx, &request),
                    Incoming::Proxied(step) => step.carry_out(ctx, &mut self.transactions),
                    Incoming::Nothing => {}
                    // No Record-Route, so no ACK of a 2xx comes this way.
                    Incoming::Ack(_) => ctx.observe(super::Fact::Stray),
                }
            }
            Input::Message { message: Message::Diameter(answer), .. } => self.on_answer(ctx, &answer),
            Input::Overload { from, message: Message::Sip(request), meta, retry_after } => {
                refuse_statelessly(ctx, from, &request, meta, retry_after);
            }
            Input::Timer { reason: TimerReason::Query, subject } => {
                if let Some(tx) = self.queries.timed_out(subject) {
                    reply(ctx, &mut self.transactions, &mut self.tokens, tx, 504);
                }
            }
            Input::Timer { reason: TimerReason::ProxyInvite, subject } => {
                self.proxy.on_timer(ctx, &mut self.transactions, subject).carry_out(ctx, &mut self.transactions);
            }
            Input::Timer { reason: TimerReason::Transaction(timer), subject } => {
                match self.proxy.on_transaction_timer(ctx, &mut self.transactions, timer, subject) {
                    Lapse::Proxied(step) => step.carry_out(ctx, &mut self.transactions),
                    Lapse::Nothing => {}
                }
            }
            Input::Restart { .. } => *self = ICscf { tokens: self.tokens, ..ICscf::default() },
            Input::Message { .. } | Input::Overload { .. } | Input::Timer { .. } | Input::Command(_) => {
                ctx.observe(super::Fact::Stray);
            }
        }
    }

    fn on_request(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &SipMessage) {
        if request.method() == Method::Cancel {
            return self.proxy.on_cancel(ctx, &mut self.transactions, tx, request, &mut self.tokens);
        }
        let (command, uri) = match request.method() {
            Method::Register => (Command::UserAuthorization, Some(request.to.uri)),
            Method::Invite
            | Method::Ack
            | Method::Bye
            | Method::Cancel
            | Method::Message
            | Method::Subscribe
            | Method::Notify
            | Method::Options => (Command::LocationInfo, request.uri()),
        };
        let Some(user) = uri.and_then(|uri| user_of(ctx, uri)) else {
            return reply(ctx, &mut self.transactions, &mut self.tokens, tx, 404);
        };
        let Some(hss) = ctx.shared.hss_of(user) else {
            return reply(ctx, &mut self.transactions, &mut self.tokens, tx, 500);
        };
        let query = DiameterMessage {
            command,
            result: None,
            transaction: self.tokens.next(ctx.me),
            user,
            origin: ctx.me,
            destination: hss,
            server: None,
            assignment: None,
        };
        let meta = self.transactions.meta(tx).expect("the transaction was just opened").query();
        self.queries.send(ctx, hss, query, meta, tx);
    }

    fn on_answer(&mut self, ctx: &mut Context<'_>, answer: &DiameterMessage) {
        let Some(tx) = self.queries.answered(ctx, answer) else {
            return ctx.observe(super::Fact::Stray);
        };
        let refused = match answer.result {
            Some(ResultCode::UserUnknown | ResultCode::IdentityNotRegistered) | None => true,
            Some(
                ResultCode::Success
                | ResultCode::FirstRegistration
                | ResultCode::SubsequentRegistration
                | ResultCode::UnregisteredService,
            ) => false,
        };
        match answer.server.filter(|_| !refused) {
            Some(server) => self.forward(ctx, tx, server),
            None => reply(ctx, &mut self.transactions, &mut self.tokens, tx, 404),
        }
    }

    fn forward(&mut self, ctx: &mut Context<'_>, tx: ServerTx, server: EntityId) {
        let Some(request) = self.transactions.request(tx).cloned() else { return };
        self.proxy.forward_to(ctx, &mut self.transactions, tx, server, request, &mut self.tokens);
    }
}

/// The user that a URI names, where it names one.
pub fn user_of(ctx: &Context<'_>, uri: Uri) -> Option<UserId> {
    match uri {
        Uri::User(user) => Some(user),
        Uri::PublicGruu(terminal) | Uri::TemporaryGruu(terminal, _) | Uri::Contact(terminal) => {
            Some(ctx.shared.names.terminal_owner(terminal).0)
        }
        Uri::Domain(_) | Uri::Node(_) | Uri::DeferredManagement(_) => None,
    }
}
