//! The core of a transaction-stateful proxy (RFC 3261 section 16): response contexts, forking, best response, CANCEL.
//! Where a request goes is the business of the agent around it.

use super::outbox::Context;
use super::procedure::Meta;
use super::timer::{TimerReason, TransactionTimer};
use super::transactions::{Belonging, ClientTx, Expired, Received, ServerTx, Transactions};
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::{EntityId, EventHandle, Span};
use crate::wire::Token;
use crate::wire::sip::{Method, Sip, SipMessage};
use arrayvec::ArrayVec;
use smallvec::SmallVec;

/// Most branches of a fork.
pub const BRANCH_MAX: usize = 8;

/// What a client transaction belongs to: a branch of a proxied request, or something of the agent's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner<U> {
    /// A branch of a response context.
    Proxied {
        /// The context.
        context: u32,
        /// The branch.
        branch: u8,
    },
    /// A CANCEL, whose answer interests nobody.
    Cancel,
    /// A request of the agent itself.
    Own(U),
}

/// What became of a proxied request.
#[derive(Clone, Debug)]
pub enum Step {
    /// Nothing to pass on for now.
    Wait,
    /// A response to pass upstream.
    Relay {
        /// Transaction to answer.
        server: ServerTx,
        /// What to answer.
        response: Sip,
    },
    /// Every branch of a non-INVITE request timed out: nothing is answered (RFC 4320 section 4.2).
    Exhausted {
        /// Transaction that stays unanswered.
        server: ServerTx,
    },
}

impl<U: Copy> Belonging for Owner<U> {
    const CANCEL: Owner<U> = Owner::Cancel;
}

impl Step {
    /// Answers the request as it says, or leaves it unanswered.
    pub fn carry_out<O: Belonging>(self, ctx: &mut Context<'_>, transactions: &mut Transactions<O>) {
        match self {
            Step::Relay { server, response } => transactions.respond(ctx, server, response),
            Step::Exhausted { server } => transactions.give_up(ctx, server),
            Step::Wait => {}
        }
    }
}

/// What a received message means to an agent that proxies.
#[derive(Clone, Debug)]
pub enum Incoming<U> {
    /// A new request.
    Request {
        /// Its transaction.
        tx: ServerTx,
        /// The request.
        request: Sip,
    },
    /// The ACK of a 2xx: outside any transaction.
    Ack(Sip),
    /// A response to a request of the agent itself.
    Own {
        /// What the request belongs to.
        owner: U,
        /// The response.
        response: Sip,
        /// How many successes of the same request were passed on before.
        successes: u16,
    },
    /// A response on a branch of a proxied request.
    Proxied(Step),
    /// Nothing new.
    Nothing,
}

/// What a timer of a transaction means to an agent that proxies.
#[derive(Clone, Debug)]
pub enum Lapse<U> {
    /// A request of the agent itself got no final response.
    Own(U),
    /// A branch of a proxied request got none.
    Proxied(Step),
    /// Nothing of interest.
    Nothing,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum BranchState {
    Waiting,
    Failed,
    Succeeded,
}

#[derive(Clone, Debug)]
struct Branch {
    tx: ClientTx,
    state: BranchState,
    linger: Span,
}

/// The response context of a proxied request (section 16.6).
#[derive(Clone, Debug)]
struct ResponseContext {
    server: ServerTx,
    invite: bool,
    /// Original request without own Via, to make a 408 from. INVITE only.
    request: Option<Sip>,
    /// One, but for a fork.
    branches: SmallVec<[Branch; 2]>,
    best: Option<Sip>,
    answered: bool,
    /// The request has gone another way: nothing that comes back is passed on.
    abandoned: bool,
    timer: EventHandle,
}

/// Response contexts of one agent.
#[derive(Clone, Debug, Default)]
pub struct Proxy {
    contexts: Slab<ResponseContext>,
    by_invite: Lookup<u32, u32>,
}

impl Proxy {
    /// Number of proxied requests under way.
    pub fn open(&self) -> usize {
        self.contexts.len()
    }

    /// Takes a SIP message that arrived from `from`.
    pub fn receive<U: Copy>(
        &mut self,
        ctx: &mut Context<'_>,
        transactions: &mut Transactions<Owner<U>>,
        from: EntityId,
        message: Sip,
        meta: Meta,
        tcp: bool,
    ) -> Incoming<U> {
        match transactions.receive(ctx, from, message, meta, tcp) {
            Received::Request { tx, request } => Incoming::Request { tx, request },
            Received::Ack(ack) => Incoming::Ack(ack),
            Received::Response { owner: Owner::Own(owner), response, successes, .. } => {
                Incoming::Own { owner, response, successes }
            }
            Received::Response { owner: Owner::Proxied { context, branch }, tx, response, .. } => {
                Incoming::Proxied(self.on_response(ctx, transactions, context, branch, tx, response))
            }
            Received::Response { owner: Owner::Cancel, .. } | Received::Nothing => Incoming::Nothing,
        }
    }

    /// A timer of a transaction fired.
    pub fn on_transaction_timer<U: Copy>(
        &mut self,
        ctx: &mut Context<'_>,
        transactions: &mut Transactions<Owner<U>>,
        timer: TransactionTimer,
        subject: u32,
    ) -> Lapse<U> {
        match transactions.on_timer(ctx, timer, subject) {
            Expired::Request { owner: Owner::Own(own), .. } => Lapse::Own(own),
            Expired::Request { owner: Owner::Proxied { context, branch }, .. } => {
                Lapse::Proxied(self.on_timeout(ctx, context, branch))
            }
            Expired::Request { owner: Owner::Cancel, .. } | Expired::Nothing => Lapse::Nothing,
        }
    }

    /// Forwards a request to one next hop.
    pub fn forward_to<U: Copy>(
        &mut self,
        ctx: &mut Context<'_>,
        transactions: &mut Transactions<Owner<U>>,
        server: ServerTx,
        to: EntityId,
        request: Sip,
        tokens: &mut TokenCounter,
    ) -> u32 {
        let mut targets = ArrayVec::new();
        targets.push((to, request));
        self.forward(ctx, transactions, server, targets, tokens)
    }

    /// Forwards a request to one or several next hops. `tokens` gives the branches.
    pub fn forward<U: Copy>(
        &mut self,
        ctx: &mut Context<'_>,
        transactions: &mut Transactions<Owner<U>>,
        server: ServerTx,
        targets: ArrayVec<(EntityId, Sip), BRANCH_MAX>,
        tokens: &mut TokenCounter,
    ) -> u32 {
        let meta = transactions.meta(server).expect("a request is forwarded while its transaction exists");
        let invite = targets.first().is_some_and(|(_, request)| request.method() == Method::Invite);
        let kept = if invite { targets.first().map(|(_, request)| request.clone()) } else { None };
        let at = self.contexts.insert(ResponseContext {
            server,
            invite,
            request: kept,
            branches: SmallVec::new(),
            best: None,
            answered: false,
            abandoned: false,
            timer: EventHandle::NONE,
        });
        for (number, (to, mut request)) in targets.into_iter().enumerate() {
            request.max_forwards = request.max_forwards.saturating_sub(1);
            let owner = Owner::Proxied { context: at, branch: number as u8 };
            let branch_meta = meta.forked(number as u16);
            let branch = tokens.next(ctx.me);
            let tx = transactions.send(ctx, to, request, branch, branch_meta, owner);
            let linger = ctx.shared.timers(ctx.me, to).transaction_timeout();
            let branch = Branch { tx, state: BranchState::Waiting, linger };
            self.contexts.get_mut(at).expect("the context was just made").branches.push(branch);
        }
        if invite {
            self.by_invite.insert(server.index(), at);
            let timer = ctx.set_timer(ctx.shared.sip.timer_c, TimerReason::ProxyInvite, at);
            self.contexts.get_mut(at).expect("the context was just made").timer = timer;
        }
        at
    }

    /// A response arrived on a branch.
    fn on_response<U: Copy>(
        &mut self,
        ctx: &mut Context<'_>,
        transactions: &mut Transactions<Owner<U>>,
        at: u32,
        branch: u8,
        tx: ClientTx,
        response: Sip,
    ) -> Step {
        let status = response.status().unwrap_or(0);
        let Some(context) = self.contexts.get_mut(at) else { return Step::Wait };
        // A success of an abandoned branch may be repeated when its context is gone and another has its place.
        if context.branches.get(usize::from(branch)).is_none_or(|branch| branch.tx != tx) {
            return Step::Wait;
        }
        if context.abandoned && status >= 200 {
            context.branches[usize::from(branch)].state = BranchState::Failed;
            self.remove_if_done(ctx, at);
            return Step::Wait;
        }
        if status < 200 {
            let relay = status > 100 && !context.answered && !context.abandoned;
            let server = context.server;
            return if relay { Step::Relay { server, response } } else { Step::Wait };
        }
        if status < 300 {
            return self.on_success(ctx, transactions, at, branch, response);
        }
        context.branches[usize::from(branch)].state = BranchState::Failed;
        if status >= 600 && context.invite {
            let undecided = context.branches.iter().filter(|branch| branch.state == BranchState::Waiting).count();
            ctx.observe(super::Fact::DeclinedForAll { undecided: undecided as u32 });
            self.cancel_waiting(ctx, transactions, at);
        }
        let context = self.contexts.get_mut(at).expect("the context exists");
        if !context.answered && context.best.as_ref().is_none_or(|best| is_better(&response, best)) {
            context.best = Some(response);
        }
        self.conclude(ctx, at)
    }

    fn on_success<U: Copy>(
        &mut self,
        ctx: &mut Context<'_>,
        transactions: &mut Transactions<Owner<U>>,
        at: u32,
        branch: u8,
        response: Sip,
    ) -> Step {
        let context = self.contexts.get_mut(at).expect("the caller found the context");
        context.branches[usize::from(branch)].state = BranchState::Succeeded;
        let (server, first) = (context.server, !context.answered);
        context.answered = true;
        context.best = None;
        if context.invite {
            // Every 2xx of an INVITE goes upstream, copies too, as long as a client transaction passes them on.
            let linger = context.branches[usize::from(branch)].linger;
            ctx.cancel_timer(&mut context.timer);
            context.timer = ctx.set_timer(linger, TimerReason::ProxyInvite, at);
            if first {
                self.cancel_waiting(ctx, transactions, at);
            }
            return Step::Relay { server, response };
        }
        self.remove_if_done(ctx, at);
        if first { Step::Relay { server, response } } else { Step::Wait }
    }

    /// A branch timed out (Timer B or F).
    fn on_timeout(&mut self, ctx: &mut Context<'_>, at: u32, branch: u8) -> Step {
        let Some(context) = self.contexts.get_mut(at) else { return Step::Wait };
        context.branches[usize::from(branch)].state = BranchState::Failed;
        if context.abandoned {
            self.remove_if_done(ctx, at);
            return Step::Wait;
        }
        self.conclude(ctx, at)
    }

    /// Gives up on a request that goes another way now: an INVITE is cancelled, another request is not sent again, and
    /// what comes back is absorbed.
    pub fn abandon<U: Copy>(&mut self, ctx: &mut Context<'_>, transactions: &mut Transactions<Owner<U>>, at: u32) {
        let Some(context) = self.contexts.get_mut(at) else { return };
        context.abandoned = true;
        ctx.cancel_timer(&mut context.timer);
        if self.by_invite.get(&context.server.index()) == Some(&at) {
            self.by_invite.remove(&context.server.index());
        }
        if context.invite {
            self.cancel_waiting(ctx, transactions, at);
        } else {
            context.branches.iter().for_each(|branch| transactions.stop(branch.tx));
        }
        self.remove_if_done(ctx, at);
    }

    /// Timer C fired, or an answered INVITE has lingered long enough.
    pub fn on_timer<U: Copy>(
        &mut self,
        ctx: &mut Context<'_>,
        transactions: &mut Transactions<Owner<U>>,
        at: u32,
    ) -> Step {
        let Some(context) = self.contexts.get_mut(at) else { return Step::Wait };
        context.timer = EventHandle::NONE;
        if context.answered {
            self.remove_if_done(ctx, at);
            return Step::Wait;
        }
        // Every branch has had a provisional response by now, so each is cancelled and ends by itself: by its final
        // response, or as a time-out (section 16.8).
        self.cancel_waiting(ctx, transactions, at);
        Step::Wait
    }

    /// A CANCEL arrived: it is answered with 200, and the INVITE that it is about is cancelled.
    pub fn on_cancel<U: Copy>(
        &mut self,
        ctx: &mut Context<'_>,
        transactions: &mut Transactions<Owner<U>>,
        tx: ServerTx,
        request: &SipMessage,
        tokens: &mut TokenCounter,
    ) {
        reply(ctx, transactions, tokens, tx, 200);
        if let Some(invite) = transactions.cancelled_invite(request) {
            self.cancel(ctx, transactions, invite);
        }
    }

    /// Cancels the branches of an INVITE.
    pub fn cancel<U: Copy>(
        &mut self,
        ctx: &mut Context<'_>,
        transactions: &mut Transactions<Owner<U>>,
        invite: ServerTx,
    ) {
        if let Some(&at) = self.by_invite.get(&invite.index()) {
            self.cancel_waiting(ctx, transactions, at);
        }
    }

    fn cancel_waiting<U: Copy>(&mut self, ctx: &mut Context<'_>, transactions: &mut Transactions<Owner<U>>, at: u32) {
        let Some(context) = self.contexts.get_mut(at) else { return };
        let waiting = context.branches.iter().filter(|branch| branch.state == BranchState::Waiting);
        waiting.for_each(|branch| transactions.cancel(ctx, branch.tx));
    }

    /// Gives the best response once no branch is waiting.
    fn conclude(&mut self, ctx: &mut Context<'_>, at: u32) -> Step {
        let context = self.contexts.get_mut(at).expect("the caller found the context");
        if context.branches.iter().any(|branch| branch.state == BranchState::Waiting) {
            return Step::Wait;
        }
        let server = context.server;
        let step = if context.answered {
            Step::Wait
        } else if let Some(best) = context.best.take() {
            Step::Relay { server, response: best }
        } else if let Some(request) = &context.request {
            let timeout = SipMessage::response_to(request, 408, derived_tag(ctx, request));
            Step::Relay { server, response: timeout.into() }
        } else {
            Step::Exhausted { server }
        };
        self.remove_if_done(ctx, at);
        step
    }

    fn remove_if_done(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(context) = self.contexts.get_mut(at) else { return };
        let waiting = context.branches.iter().any(|branch| branch.state == BranchState::Waiting);
        let lingers = context.invite && context.answered && context.timer != EventHandle::NONE;
        if !waiting && !lingers {
            ctx.cancel_timer(&mut context.timer);
            self.remove(at);
        }
    }

    fn remove(&mut self, at: u32) {
        if let Some(context) = self.contexts.remove(at)
            && context.invite
            && self.by_invite.get(&context.server.index()) == Some(&at)
        {
            self.by_invite.remove(&context.server.index());
        }
    }
}

/// Whether `a` is to be preferred to `b` (section 16.7 step 6): any 6xx first, then the lowest class, the first of a
/// class.
fn is_better(a: &SipMessage, b: &SipMessage) -> bool {
    let rank = |message: &SipMessage| {
        let class = message.status().unwrap_or(600) / 100;
        if class == 6 { 0 } else { class }
    };
    rank(a) < rank(b)
}

/// Makes identifiers from an agent's own counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TokenCounter(u64);

impl TokenCounter {
    /// The next identifier of `entity`.
    pub fn next(&mut self, entity: EntityId) -> Token {
        self.0 += 1;
        Token::new(entity, self.0)
    }
}

/// Answers a request with a status and nothing else.
pub fn reply<U: Copy>(
    ctx: &mut Context<'_>,
    transactions: &mut Transactions<Owner<U>>,
    tokens: &mut TokenCounter,
    tx: ServerTx,
    status: u16,
) {
    if let Some(request) = transactions.request(tx) {
        let tag = tokens.next(ctx.me);
        let response = SipMessage::response_to(request, status, Some(tag));
        transactions.respond(ctx, tx, response);
    }
}

/// A tag for whoever answers without being the one asked.
fn derived_tag(ctx: &Context<'_>, request: &SipMessage) -> Option<Token> {
    request.top_via().map(|via| Token::derived(ctx.me, via.branch))
}

/// Refuses a request that found the station full, without a transaction (RFC 3261 section 8.2.7): 503 with Retry-After.
pub fn refuse_statelessly(
    ctx: &mut Context<'_>,
    from: EntityId,
    request: &SipMessage,
    meta: Meta,
    retry_after: Option<Span>,
) {
    if !request.is_request() || request.method() == Method::Ack {
        return;
    }
    let mut response = SipMessage::response_to(request, 503, derived_tag(ctx, request));
    response.headers.retry_after = retry_after.map(super::transactions::retry_after_seconds);
    let tcp = request.top_via().is_some_and(|via| via.tcp);
    ctx.observe(super::Fact::Rejected);
    let me = ctx.me;
    ctx.out.send(super::Outgoing {
        from: me,
        to: from,
        message: crate::wire::Message::Sip(response.into()),
        meta: meta.response(),
        transmission: 0,
        tcp,
        opens: false,
    });
}
