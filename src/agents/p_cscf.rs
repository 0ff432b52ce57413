//! Proxy-CSCF: the terminal's entry to the network (3GPP TS 24.229 section 5.2). It adds Path, asserts the identity,
//! and routes what a terminal sends to the S-CSCF of its Service-Route. Security association set-up is represented by
//! its headers; IPsec itself, SigComp and policy control are not modelled.

use super::census::Census;
use super::outbox::{Context, Input};
use super::procedure::{Meta, Procedure, Scope};
use super::proxy::{Incoming, Lapse, Owner, Proxy, Step, TokenCounter, refuse_statelessly, reply};
use super::subscriptions::Watches;
use super::timer::TimerReason;
use super::transactions::{ServerTx, Transactions, send_ack};
use crate::kernel::table::Table;
use crate::kernel::{EntityId, Span, Time};
use crate::wire::sip::headers::{EventPackage, OptionTags};
use crate::wire::sip::{Method, Route, RouteKind, Sip, SipMessage, Uri};
use crate::wire::{Message, Token};

/// A request of the P-CSCF itself: a SUBSCRIBE with this Call-ID.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subscribe(Token);

/// What the P-CSCF keeps of a registered terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Registered {
    /// Zero when it never was.
    until: Time,
    /// Requests made on behalf of the terminal.
    numbers: u32,
}

/// One P-CSCF instance.
#[derive(Clone, Debug, Default)]
pub struct PCscf {
    transactions: Transactions<Owner<Subscribe>>,
    proxy: Proxy,
    /// By the terminal's number over `instances`: an instance serves every so many-th terminal.
    terminals: Table<Registered>,
    instances: u32,
    watches: Watches,
    tokens: TokenCounter,
}

impl PCscf {
    /// One of `instances` that share the terminals of their network.
    pub fn new(instances: u32) -> PCscf {
        PCscf { instances, ..PCscf::default() }
    }

    /// Marks a terminal as registered without signalling.
    pub fn preload(&mut self, terminal: EntityId, until: Time) {
        self.terminal(terminal).until = until;
    }

    fn terminal(&mut self, terminal: EntityId) -> &mut Registered {
        self.terminals.entry(terminal.index() / self.instances.max(1) as usize)
    }

    /// What is open.
    pub fn census(&self) -> Census {
        Census {
            transactions: self.transactions.open() as u64,
            contexts: self.proxy.open() as u64,
            ..Census::default()
        }
    }

    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Message { from, message: Message::Sip(message), meta, tcp } => {
                match self.proxy.receive(ctx, &mut self.transactions, from, message, meta, tcp) {
                    Incoming::Request { tx, request } => self.on_request(ctx, from, tx, request),
                    Incoming::Ack(ack) => self.on_ack(ctx, ack, meta),
                    Incoming::Own { owner: Subscribe(call_id), response, .. } => {
                        self.watches.on_response(ctx, call_id, &response);
                    }
                    Incoming::Proxied(step) => self.relay(ctx, step),
                    Incoming::Nothing => {}
                }
            }
            Input::Overload { from, message: Message::Sip(request), meta, retry_after } => {
                refuse_statelessly(ctx, from, &request, meta, retry_after);
            }
            Input::Timer { reason: TimerReason::ProxyInvite, subject } => {
                let step = self.proxy.on_timer(ctx, &mut self.transactions, subject);
                self.relay(ctx, step);
            }
            Input::Timer { reason: TimerReason::Subscription, subject } => self.refresh_subscription(ctx, subject),
            Input::Timer { reason: TimerReason::Transaction(timer), subject } => {
                match self.proxy.on_transaction_timer(ctx, &mut self.transactions, timer, subject) {
                    Lapse::Own(Subscribe(call_id)) => self.watches.on_timeout(ctx, call_id),
                    Lapse::Proxied(step) => self.relay(ctx, step),
                    Lapse::Nothing => {}
                }
            }
            Input::Restart { keeps_data } => self.restart(keeps_data),
            Input::Message { .. } | Input::Overload { .. } | Input::Timer { .. } | Input::Command(_) => {
                ctx.observe(super::Fact::Stray);
            }
        }
    }

    fn restart(&mut self, keeps_data: bool) {
        let mut terminals = std::mem::take(&mut self.terminals);
        if !keeps_data {
            terminals.iter_mut().for_each(|terminal| terminal.until = Time::ZERO);
        }
        *self = PCscf { terminals, instances: self.instances, tokens: self.tokens, ..PCscf::default() };
    }

    fn on_request(&mut self, ctx: &mut Context<'_>, from: EntityId, tx: ServerTx, request: Sip) {
        if request.method() == Method::Cancel {
            self.proxy.on_cancel(ctx, &mut self.transactions, tx, &request, &mut self.tokens);
        } else if !ctx.shared.names.is_terminal(from) {
            self.on_core_request(ctx, tx, request);
        } else if request.method() == Method::Register {
            self.register(ctx, from, tx, request);
        } else {
            self.on_terminal_request(ctx, from, tx, request);
        }
    }

    fn register(&mut self, ctx: &mut Context<'_>, terminal: EntityId, tx: ServerTx, mut request: Sip) {
        let (user, _) = ctx.shared.names.terminal_owner(terminal);
        let Some(i_cscf) = ctx.shared.i_cscf_of(user) else {
            return reply(ctx, &mut self.transactions, &mut self.tokens, tx, 500);
        };
        request.headers.path = Some(ctx.me);
        request.headers.p_visited_network = Some(ctx.shared.names.network_of(user));
        request.headers.p_charging_vector = Some(self.tokens.next(ctx.me));
        request.headers.security_agreement = false;
        request.headers.require = request.headers.require.union(OptionTags::PATH);
        self.forward(ctx, tx, i_cscf, request);
    }

    fn on_terminal_request(&mut self, ctx: &mut Context<'_>, terminal: EntityId, tx: ServerTx, mut request: Sip) {
        let (user, _) = ctx.shared.names.terminal_owner(terminal);
        if request.to.tag.is_some() {
            return match next_hop_in_dialog(ctx, &mut request) {
                Some(next) => self.forward(ctx, tx, next, request),
                None => reply(ctx, &mut self.transactions, &mut self.tokens, tx, 481),
            };
        }
        let registered = self.terminal(terminal).until > ctx.now;
        let s_cscf = ctx.shared.s_cscf_of(user).filter(|_| registered);
        let Some(s_cscf) = s_cscf else {
            return reply(ctx, &mut self.transactions, &mut self.tokens, tx, 403);
        };
        request.route.clear();
        request.route.push(Route { node: s_cscf, kind: RouteKind::Originating });
        request.headers.p_preferred_identity = None;
        request.headers.p_asserted_identity = Some(Uri::User(user));
        request.headers.p_charging_vector = Some(self.tokens.next(ctx.me));
        request.headers.security_agreement = false;
        request.headers.service_is_preferred = false;
        record_route(ctx, &mut request);
        self.forward(ctx, tx, s_cscf, request);
    }

    fn on_core_request(&mut self, ctx: &mut Context<'_>, tx: ServerTx, mut request: Sip) {
        if request.uri() == Some(Uri::Node(ctx.me)) {
            let status = match (request.method(), self.watches.on_notify(ctx, &request)) {
                (Method::Notify, true) => 200,
                (Method::Notify, false) => 481,
                (
                    Method::Register
                    | Method::Invite
                    | Method::Ack
                    | Method::Bye
                    | Method::Cancel
                    | Method::Message
                    | Method::Subscribe
                    | Method::Options,
                    _,
                ) => 405,
            };
            return reply(ctx, &mut self.transactions, &mut self.tokens, tx, status);
        }
        if request.route.last().is_some_and(|route| route.node == ctx.me) {
            request.route.pop();
        }
        match request.uri() {
            Some(Uri::Contact(terminal)) => {
                record_route(ctx, &mut request);
                self.forward(ctx, tx, terminal, request);
            }
            Some(_) | None => reply(ctx, &mut self.transactions, &mut self.tokens, tx, 404),
        }
    }

    fn on_ack(&mut self, ctx: &mut Context<'_>, mut ack: Sip, meta: Meta) {
        match next_hop_in_dialog(ctx, &mut ack) {
            Some(next) => send_ack(ctx, next, ack, self.tokens.next(ctx.me), meta.next_hop()),
            None => ctx.observe(super::Fact::Stray),
        }
    }

    fn forward(&mut self, ctx: &mut Context<'_>, tx: ServerTx, to: EntityId, request: Sip) {
        self.proxy.forward_to(ctx, &mut self.transactions, tx, to, request, &mut self.tokens);
    }

    fn relay(&mut self, ctx: &mut Context<'_>, step: Step) {
        match step {
            Step::Relay { server, response } => {
                let registered = (response.method() == Method::Register && response.status() == Some(200))
                    .then(|| self.granted(server, &response))
                    .flatten();
                let class = self.transactions.meta(server).map_or(0, |meta| meta.class);
                self.transactions.respond(ctx, server, response);
                if let Some((terminal, expires)) = registered {
                    self.note_registration(ctx, terminal, expires, class);
                }
            }
            Step::Exhausted { .. } | Step::Wait => step.carry_out(ctx, &mut self.transactions),
        }
    }

    /// What the 200 to a REGISTER says of the terminal that sent it. All bindings of the user are in it; after a
    /// de-registration the terminal's own is not.
    fn granted(&self, server: ServerTx, response: &SipMessage) -> Option<(EntityId, Span)> {
        let terminal = self.transactions.request(server)?.contact.first()?.instance?;
        let own = response.contact.first().filter(|contact| contact.instance == Some(terminal));
        let seconds = own.and_then(|contact| contact.expires).unwrap_or(0);
        Some((terminal, Span::from_secs(u64::from(seconds))))
    }

    /// Takes down until when a terminal is registered.
    fn note_registration(&mut self, ctx: &mut Context<'_>, terminal: EntityId, expires: Span, class: u16) {
        let until = ctx.now + expires;
        // A terminal that left is kept while it is still told about its own departure.
        self.terminal(terminal).until = until;
        if !expires.is_zero() && ctx.policies().reg_event.p_cscf {
            self.subscribe(ctx, terminal, class);
        }
    }

    fn subscribe(&mut self, ctx: &mut Context<'_>, terminal: EntityId, class: u16) {
        let (user, _) = ctx.shared.names.terminal_owner(terminal);
        let Some(i_cscf) = ctx.shared.i_cscf_of(user).filter(|_| !self.watches.watches(ctx.me, Uri::User(user))) else {
            return;
        };
        let node = Uri::Node(ctx.me);
        let (package, resource) = (EventPackage::Reg, Uri::User(user));
        let mut request = self.watches.subscribe(ctx, &mut self.tokens, package, resource, node, node);
        request.headers.p_asserted_identity = Some(node);
        self.send_subscribe(ctx, terminal, i_cscf, request.into(), class);
    }

    fn refresh_subscription(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some((Uri::User(user), mut request)) = self.watches.on_refresh(ctx, at, Uri::Node(ctx.me)) else { return };
        request.headers.p_asserted_identity = Some(Uri::Node(ctx.me));
        let (terminal, _) = ctx.shared.names.terminals_of(user);
        let class = ctx.shared.class_of_terminal(terminal);
        if let Some(s_cscf) = ctx.shared.s_cscf_of(user) {
            self.send_subscribe(ctx, terminal, s_cscf, request.into(), class);
        }
    }

    fn send_subscribe(&mut self, ctx: &mut Context<'_>, terminal: EntityId, to: EntityId, request: Sip, class: u16) {
        let entry = self.terminal(terminal);
        entry.numbers += u32::from(entry.until > Time::ZERO);
        let number = entry.numbers;
        let meta = Meta::new(Procedure::RegEvent, class, ctx.now, Scope::p_cscf_terminal(terminal), number);
        let owner = Owner::Own(Subscribe(request.call_id));
        let branch = self.tokens.next(ctx.me);
        self.transactions.send(ctx, to, request, branch, meta, owner);
    }
}

/// Adds this node to the Record-Route of a request that makes a dialog.
pub fn record_route(ctx: &Context<'_>, request: &mut SipMessage) {
    match request.method() {
        Method::Invite | Method::Subscribe if request.to.tag.is_none() => {
            let _ = request.record_route.try_push(ctx.me);
        }
        Method::Invite
        | Method::Subscribe
        | Method::Register
        | Method::Ack
        | Method::Bye
        | Method::Cancel
        | Method::Message
        | Method::Notify
        | Method::Options => {}
    }
}

/// Takes this node off the route of a request inside a dialog, also where it stands there for both users, and says
/// where the request goes next: the next route, else the remote target.
pub fn next_hop_in_dialog(ctx: &Context<'_>, request: &mut SipMessage) -> Option<EntityId> {
    while request.route.last().is_some_and(|route| route.node == ctx.me) {
        request.route.pop();
    }
    match (request.route.last(), request.uri()?) {
        (Some(route), _) => Some(route.node),
        (None, Uri::Node(node)) => Some(node).filter(|node| *node != ctx.me),
        (None, Uri::Contact(terminal)) => Some(terminal),
        (None, _) => None,
    }
}
