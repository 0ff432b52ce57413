//! Interrogating-CSCF: finds the S-CSCF of a user by Cx and forwards there (3GPP TS 24.229 section 5.3). It is a
//! transaction-stateful proxy that does not record a route.

use super::census::Census;
use super::cx::Queries;
use super::outbox::{Context, Input, TimerReason};
use super::proxy::{BRANCH_MAX, Owner, Proxy, Step, TokenCounter, refuse_statelessly, reply};
use super::transactions::{Expired, Received, ServerTx, Transactions};
use crate::kernel::EntityId;
use crate::wire::diameter::{Command, DiameterMessage, ResultCode};
use crate::wire::sip::{Method, SipMessage, Uri};
use crate::wire::{Message, UserId};
use arrayvec::ArrayVec;

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
                match self.transactions.receive(ctx, from, message, meta, tcp) {
                    Received::Request { tx, request } => self.on_request(ctx, tx, &request),
                    Received::Response { owner: Owner::Proxied { context, branch }, response, .. } => {
                        let step = self.proxy.on_response(ctx, &mut self.transactions, context, branch, response);
                        self.relay(ctx, step);
                    }
                    Received::Response { owner: Owner::Cancel, .. } | Received::Nothing => {}
                    // No Record-Route, so no ACK of a 2xx comes this way.
                    Received::Ack(_) => ctx.observe(super::Fact::Stray),
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
                let step = self.proxy.on_timer(ctx, &mut self.transactions, subject);
                self.relay(ctx, step);
            }
            Input::Timer { reason, subject } => {
                if let Expired::Request { owner: Owner::Proxied { context, branch }, .. } =
                    self.transactions.on_timer(ctx, reason, subject)
                {
                    let step = self.proxy.on_timeout(ctx, context, branch);
                    self.relay(ctx, step);
                }
            }
            Input::Restart { .. } => *self = ICscf { tokens: self.tokens, ..ICscf::default() },
            Input::Message { .. } | Input::Overload { .. } | Input::Command(_) => {
                ctx.observe(super::Fact::Stray);
            }
        }
    }

    fn on_request(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &SipMessage) {
        if request.method() == Method::Cancel {
            reply(ctx, &mut self.transactions, &mut self.tokens, tx, 200);
            if let Some(invite) = self.transactions.cancelled_invite(request) {
                self.proxy.on_cancel(ctx, &mut self.transactions, invite);
            }
            return;
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
        let mut targets = ArrayVec::<_, BRANCH_MAX>::new();
        targets.push((server, request));
        self.proxy.forward(ctx, &mut self.transactions, tx, targets, &mut self.tokens);
    }

    fn relay(&mut self, ctx: &mut Context<'_>, step: Step) {
        match step {
            Step::Relay { server, response } => self.transactions.respond(ctx, server, response),
            Step::Exhausted { server } => self.transactions.give_up(ctx, server),
            Step::Wait => {}
        }
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
