//! The transaction layer of an agent (RFC 3261 section 17): matches messages to transactions, retransmits, runs the
//! timers, and hands the agent only what is new. `Owner` says what a client transaction belongs to in the agent.
//!
//! A transaction that is over but for copies that it still absorbs needs no event to end it: it lingers in a lane, and
//! is forgotten before anything is looked up after its time.

use super::branches::{Branch, Branches};
use super::outbox::{Context, Outgoing};
use super::procedure::Meta;
use super::timer::TransactionTimer;
use crate::kernel::lanes::Lanes;
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::{EntityId, EventHandle, Span, Time};
use crate::protocol::sip::{
    ClientAction, ClientInput, ClientState, ClientTransaction, ServerAction, ServerInput, ServerState,
    ServerTransaction, Timer,
};
use crate::wire::sip::{Method, Sip, SipMessage, Start, Via};
use crate::wire::{Message, Token};
use smallvec::SmallVec;

/// A client transaction of one agent. Stale ones are recognised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientTx(u32);

/// A server transaction of one agent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ServerTx(u32);

impl ServerTx {
    /// No transaction: what is done without a request.
    pub const NONE: ServerTx = ServerTx(u32::MAX);

    /// Its position, unique among those that exist.
    pub fn index(self) -> u32 {
        self.0
    }
}

/// What a received message means to the agent.
#[derive(Clone, Debug)]
pub enum Received<O> {
    /// A new request.
    Request {
        /// Its transaction.
        tx: ServerTx,
        /// The request.
        request: Sip,
    },
    /// The ACK of a 2xx: outside any transaction.
    Ack(Sip),
    /// A response to a request of this agent.
    Response {
        /// What the request belongs to.
        owner: O,
        /// Its transaction.
        tx: ClientTx,
        /// The response.
        response: Sip,
        /// How many successes of the same request were passed on before.
        successes: u16,
    },
    /// Nothing new: a copy, an ACK of a failure, or a message that fits nothing.
    Nothing,
}

/// What a timer means to the agent.
#[derive(Clone, Debug)]
pub enum Expired<O> {
    /// A request of this agent got no final response.
    Request {
        /// What the request belongs to.
        owner: O,
        /// Its method.
        method: Method,
    },
    /// A failure response to an INVITE got no ACK, or nothing of interest happened.
    Nothing,
}

/// What client transactions can belong to.
pub trait Belonging: Copy {
    /// What a CANCEL belongs to, whose answer interests nobody.
    const CANCEL: Self;
}

/// Whether an INVITE is cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cancellation {
    None,
    /// Once it has a provisional response.
    Wanted,
    Sent,
}

#[derive(Clone, Debug)]
struct Client<O> {
    machine: ClientTransaction,
    /// The request while it may be sent again, then the ACK of a failed INVITE.
    message: Option<Sip>,
    method: Method,
    branch: Branch,
    to: EntityId,
    me: EntityId,
    meta: Meta,
    tcp: bool,
    transmissions: u16,
    acks: u16,
    /// Successes passed on to the transaction user.
    successes: u16,
    retransmission: EventHandle,
    lifetime: EventHandle,
    lingers_until: Option<Time>,
    cancellation: Cancellation,
    owner: O,
}

#[derive(Clone, Debug)]
struct Server {
    machine: ServerTransaction,
    /// The request until it is answered, to make a 100 from.
    request: Option<Sip>,
    response: Option<Sip>,
    /// Status of the last response, 0 before the first.
    status: u16,
    branch: Branch,
    peer: EntityId,
    me: EntityId,
    meta: Meta,
    tcp: bool,
    transmissions: u16,
    retransmission: EventHandle,
    lifetime: EventHandle,
    lingers_until: Option<Time>,
}

/// The transactions of one agent.
#[derive(Clone, Debug)]
pub struct Transactions<O> {
    clients: Slab<Client<O>>,
    servers: Slab<Server>,
    sent: Branches,
    received: Branches,
    /// Positions of those that linger, by the end of that.
    lanes: Lanes,
    lingering: usize,
    /// What each entity has open, where an agent is many entities that come and go.
    by_entity: Option<Lookup<EntityId, Open>>,
}

/// Positions of transactions, those of servers with the lowest bit set.
type Open = SmallVec<[u32; 4]>;

impl<O> Default for Transactions<O> {
    fn default() -> Self {
        Transactions {
            clients: Slab::default(),
            servers: Slab::default(),
            sent: Branches::default(),
            received: Branches::default(),
            lanes: Lanes::default(),
            lingering: 0,
            by_entity: None,
        }
    }
}

impl<O> Transactions<O> {
    /// The transactions of an agent that is many entities, each of which can [`Transactions::drop_all`].
    pub fn of_many() -> Transactions<O> {
        Transactions { by_entity: Some(Lookup::default()), ..Transactions::default() }
    }

    fn note_open(&mut self, entity: EntityId, position: u32) {
        if let Some(by_entity) = &mut self.by_entity {
            by_entity.entry(entity).push(position);
        }
    }

    fn note_closed(&mut self, entity: EntityId, position: u32) {
        let Some(by_entity) = &mut self.by_entity else { return };
        let Some(open) = by_entity.get_mut(&entity) else { return };
        open.retain(|other| *other != position);
        if open.is_empty() {
            by_entity.remove(&entity);
        }
    }
}

impl<O: Belonging> Transactions<O> {
    /// Number of client and server transactions that do more than linger.
    pub fn open(&self) -> usize {
        self.clients.len() + self.servers.len() - self.lingering
    }

    /// Forgets the transactions that have lingered long enough.
    fn forget_old(&mut self, ctx: &mut Context<'_>) {
        while let Some((end, position)) = self.lanes.pop_before(ctx.now) {
            let at = position >> 1;
            if position & 1 == 0 {
                if self.clients.get(at).is_some_and(|client| client.lingers_until == Some(end)) {
                    self.remove_client(ctx, at);
                }
            } else if self.servers.get(at).is_some_and(|server| server.lingers_until == Some(end)) {
                self.abandon(ctx, ServerTx(at));
            }
        }
    }

    /// Takes a SIP message that arrived from `from`.
    pub fn receive(
        &mut self,
        ctx: &mut Context<'_>,
        from: EntityId,
        message: Sip,
        meta: Meta,
        tcp: bool,
    ) -> Received<O> {
        self.forget_old(ctx);
        if message.is_request() {
            self.receive_request(ctx, from, message, meta, tcp)
        } else {
            self.receive_response(ctx, message)
        }
    }

    fn receive_request(
        &mut self,
        ctx: &mut Context<'_>,
        from: EntityId,
        request: Sip,
        meta: Meta,
        tcp: bool,
    ) -> Received<O> {
        let Some(via) = request.top_via() else {
            ctx.observe(super::Fact::Stray);
            return Received::Nothing;
        };
        let method = request.method();
        let branch = Branch { token: via.branch, cancel: method == Method::Cancel };
        if let Some(at) = self.received.get(branch) {
            let input = if method == Method::Ack { ServerInput::Ack } else { ServerInput::Retransmission };
            self.server_input(ctx, at, input, None);
            return Received::Nothing;
        }
        if method == Method::Ack {
            // A 2xx has a To tag. Without one it is the ACK of a failure that was sent without a transaction.
            return if request.to.tag.is_some() { Received::Ack(request) } else { Received::Nothing };
        }
        let tx = self.open_server(ctx, from, &request, branch, meta, tcp);
        Received::Request { tx, request }
    }

    fn open_server(
        &mut self,
        ctx: &mut Context<'_>,
        from: EntityId,
        request: &Sip,
        branch: Branch,
        meta: Meta,
        tcp: bool,
    ) -> ServerTx {
        let invite = request.method() == Method::Invite;
        let values = ctx.shared.timers(ctx.me, from);
        let trying = ctx.policies().trying;
        let (machine, actions) = ServerTransaction::start(invite, tcp, values, trying);
        let at = self.servers.insert(Server {
            machine,
            request: Some(request.clone()),
            response: None,
            status: 0,
            branch,
            peer: from,
            me: ctx.me,
            meta,
            tcp,
            transmissions: 0,
            retransmission: EventHandle::NONE,
            lifetime: EventHandle::NONE,
            lingers_until: None,
        });
        self.received.insert(branch, at);
        self.note_open(ctx.me, at << 1 | 1);
        self.server_actions(ctx, at, actions, None);
        ServerTx(at)
    }

    /// Answers a request. A final response after another is ignored, a 2xx to an INVITE may be sent again.
    pub fn respond(&mut self, ctx: &mut Context<'_>, tx: ServerTx, response: impl Into<Sip>) {
        let response = response.into();
        let (Some(status), Some(via)) = (response.status(), response.top_via()) else { return };
        // A success of an INVITE may be repeated when its transaction is gone and another has its place. It is dropped
        // (RFC 6026 section 7.2).
        self.forget_old(ctx);
        let branch = Branch { token: via.branch, cancel: response.method() == Method::Cancel };
        if self.servers.get(tx.0).is_none_or(|server| server.branch != branch) {
            return;
        }
        self.server_input(ctx, tx.0, ServerInput::Respond(status), Some(response));
    }

    /// The request of a server transaction that has no final response yet.
    pub fn request(&self, tx: ServerTx) -> Option<&Sip> {
        self.servers.get(tx.0).and_then(|server| server.request.as_ref())
    }

    /// The request of a server transaction goes another way than before.
    pub fn reroute(&mut self, tx: ServerTx) {
        if let Some(server) = self.servers.get_mut(tx.0) {
            server.meta = server.meta.rerouted();
        }
    }

    /// What travels with the request of a server transaction.
    pub fn meta(&self, tx: ServerTx) -> Option<Meta> {
        self.servers.get(tx.0).map(|server| server.meta)
    }

    /// The server transaction of the INVITE that a CANCEL received over `via` is about.
    pub fn cancelled_invite(&self, cancel: &SipMessage) -> Option<ServerTx> {
        let token = cancel.top_via()?.branch;
        self.received.get(Branch { token, cancel: false }).map(ServerTx)
    }

    /// Sends a request to `to` in a client transaction of its own, with `token` as its Via branch.
    pub fn send(
        &mut self,
        ctx: &mut Context<'_>,
        to: EntityId,
        request: impl Into<Sip>,
        token: Token,
        meta: Meta,
        owner: O,
    ) -> ClientTx {
        self.forget_old(ctx);
        let mut request = request.into();
        let method = request.method();
        let tcp = ctx.shared.over_tcp(ctx.me, to, &request);
        request.via.push(Via { branch: token, tcp });
        let branch = Branch { token, cancel: method == Method::Cancel };
        let values = ctx.shared.timers(ctx.me, to);
        let (machine, actions) = ClientTransaction::start(method == Method::Invite, tcp, values);
        send(ctx, to, request.clone(), meta, 0, tcp);
        let at = self.clients.insert(Client {
            machine,
            message: Some(request),
            method,
            branch,
            to,
            me: ctx.me,
            meta,
            tcp,
            transmissions: 1,
            acks: 0,
            successes: 0,
            retransmission: EventHandle::NONE,
            lifetime: EventHandle::NONE,
            lingers_until: None,
            cancellation: Cancellation::None,
            owner,
        });
        self.sent.insert(branch, at);
        self.note_open(ctx.me, at << 1);
        self.client_actions(ctx, at, actions);
        ClientTx(at)
    }

    /// Cancels an INVITE: at once where it has a provisional response, with the first one where it has none yet, never
    /// where a final one comes before (RFC 3261 section 9.1).
    pub fn cancel(&mut self, ctx: &mut Context<'_>, tx: ClientTx) {
        let Some(client) = self.clients.get_mut(tx.0) else { return };
        if client.cancellation == Cancellation::None && client.method == Method::Invite {
            client.cancellation = Cancellation::Wanted;
            self.cancel_if_wanted(ctx, tx.0);
        }
    }

    fn cancel_if_wanted(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(client) = self.clients.get_mut(at) else { return };
        let Some(invite) = &client.message else { return };
        if client.cancellation != Cancellation::Wanted || client.machine.state() != ClientState::Proceeding {
            return;
        }
        let mut cancel = SipMessage::request(
            Method::Cancel,
            invite.uri().expect("a client transaction keeps its request"),
            invite.from,
            invite.to,
            invite.call_id,
            invite.cseq,
        );
        cancel.route = invite.route.clone();
        let (to, branch, meta) = (client.to, client.branch, client.meta.cancel());
        // Without a final response in 64·T1 the INVITE counts as cancelled.
        let wait = ctx.shared.timers(ctx.me, to).transaction_timeout();
        ctx.cancel_timer(&mut client.lifetime);
        client.lifetime = ctx.out.set_timer(client.me, wait, TransactionTimer::Client(Timer::B).into(), at);
        client.cancellation = Cancellation::Sent;
        self.send(ctx, to, cancel, branch.token, meta, O::CANCEL);
    }

    /// Sends a request other than INVITE no more; an answer is still taken.
    pub fn stop(&mut self, tx: ClientTx) {
        if let Some(client) = self.clients.get_mut(tx.0) {
            client.message = None;
        }
    }

    fn receive_response(&mut self, ctx: &mut Context<'_>, mut response: Sip) -> Received<O> {
        let (Some(via), Some(status)) = (response.top_via(), response.status()) else {
            ctx.observe(super::Fact::Stray);
            return Received::Nothing;
        };
        let branch = Branch { token: via.branch, cancel: response.method() == Method::Cancel };
        let Some(at) = self.sent.get(branch) else {
            ctx.observe(super::Fact::Stray);
            return Received::Nothing;
        };
        let client = self.clients.get_mut(at).expect("a branch in the index has its transaction");
        let actions = client.machine.handle(ClientInput::Response(status));
        let (passed, owner) = (actions.contains(&ClientAction::Pass), client.owner);
        let successes = client.successes;
        client.successes += u16::from(passed && (200..300).contains(&status));
        if actions.contains(&ClientAction::Ack) && client.method == Method::Invite {
            client.turn_into_ack(&response);
        }
        self.client_actions(ctx, at, actions);
        if !passed {
            return Received::Nothing;
        }
        if status < 200 {
            self.cancel_if_wanted(ctx, at);
        }
        response.pop_via(&ctx.shared.names);
        Received::Response { owner, tx: ClientTx(at), response, successes }
    }

    /// A timer of the layer fired.
    pub fn on_timer(&mut self, ctx: &mut Context<'_>, timer: TransactionTimer, subject: u32) -> Expired<O> {
        match timer {
            TransactionTimer::Client(timer) => self.client_timer(ctx, timer, subject),
            TransactionTimer::Server(timer) => {
                if let Some(server) = self.servers.get_mut(subject) {
                    *server.slot(timer) = EventHandle::NONE;
                    self.server_input(ctx, subject, ServerInput::Timer(timer), None);
                }
                Expired::Nothing
            }
        }
    }

    fn client_timer(&mut self, ctx: &mut Context<'_>, timer: Timer, at: u32) -> Expired<O> {
        let Some(client) = self.clients.get_mut(at) else { return Expired::Nothing };
        *client.slot(timer) = EventHandle::NONE;
        let actions = client.machine.handle(ClientInput::Timer(timer));
        let (owner, method) = (client.owner, client.method);
        let timed_out = actions.contains(&ClientAction::TimedOut);
        self.client_actions(ctx, at, actions);
        if timed_out {
            ctx.observe(super::Fact::TransactionTimedOut(method));
            Expired::Request { owner, method }
        } else {
            Expired::Nothing
        }
    }

    fn client_actions(&mut self, ctx: &mut Context<'_>, at: u32, actions: impl IntoIterator<Item = ClientAction>) {
        let Some(client) = self.clients.get_mut(at) else { return };
        for action in actions {
            match action {
                ClientAction::Retransmit => {
                    if let Some(message) = &client.message {
                        send(ctx, client.to, message.clone(), client.meta, client.transmissions, client.tcp);
                        client.transmissions += 1;
                    }
                }
                ClientAction::Ack => {
                    if let Some(ack) = &client.message {
                        send(ctx, client.to, ack.clone(), client.meta.ack(), client.acks, client.tcp);
                        client.acks += 1;
                    }
                }
                ClientAction::Set(timer, after) if timer.only_ends() => {
                    ctx.cancel_timer(client.slot(timer));
                    client.lingers_until = Some(self.lanes.push(ctx.now, after, at << 1));
                    self.lingering += 1;
                }
                ClientAction::Set(timer, after) => {
                    ctx.out.cancel_timer(*client.slot(timer));
                    let handle = ctx.out.set_timer(client.me, after, TransactionTimer::Client(timer).into(), at);
                    *client.slot(timer) = handle;
                }
                ClientAction::CancelRetransmission => ctx.cancel_timer(&mut client.retransmission),
                ClientAction::CancelLifetime => ctx.cancel_timer(&mut client.lifetime),
                ClientAction::Pass | ClientAction::TimedOut => {}
            }
        }
        match client.machine.state() {
            ClientState::Terminated => self.remove_client(ctx, at),
            // The request is never sent again; only the ACK of a failed INVITE is.
            ClientState::Completed | ClientState::Accepted if client.acks == 0 => client.message = None,
            ClientState::Calling
            | ClientState::Trying
            | ClientState::Proceeding
            | ClientState::Completed
            | ClientState::Accepted => {}
        }
    }

    fn remove_client(&mut self, ctx: &mut Context<'_>, at: u32) {
        if let Some(mut client) = self.clients.remove(at) {
            ctx.cancel_timer(&mut client.retransmission);
            ctx.cancel_timer(&mut client.lifetime);
            self.lingering -= usize::from(client.lingers_until.is_some());
            self.sent.remove(client.branch);
            self.note_closed(client.me, at << 1);
        }
    }

    fn server_input(&mut self, ctx: &mut Context<'_>, at: u32, input: ServerInput, response: Option<Sip>) {
        let Some(server) = self.servers.get_mut(at) else { return };
        let actions = server.machine.handle(input);
        self.server_actions(ctx, at, actions, response);
    }

    fn server_actions(
        &mut self,
        ctx: &mut Context<'_>,
        at: u32,
        actions: impl IntoIterator<Item = ServerAction>,
        mut response: Option<Sip>,
    ) {
        let Some(server) = self.servers.get_mut(at) else { return };
        for action in actions {
            match action {
                ServerAction::Transmit => {
                    if let Some(response) = response.take() {
                        server.transmit(ctx, response);
                    }
                }
                ServerAction::Retransmit => server.retransmit(ctx),
                ServerAction::Trying => {
                    if let Some(request) = &server.request {
                        let trying = SipMessage::response_to(request, 100, None);
                        server.transmit(ctx, trying.into());
                    }
                }
                ServerAction::Set(timer, after) if timer.only_ends() => {
                    ctx.cancel_timer(server.slot(timer));
                    server.lingers_until = Some(self.lanes.push(ctx.now, after, at << 1 | 1));
                    self.lingering += 1;
                }
                ServerAction::Set(timer, after) => {
                    ctx.out.cancel_timer(*server.slot(timer));
                    let handle = ctx.out.set_timer(server.me, after, TransactionTimer::Server(timer).into(), at);
                    *server.slot(timer) = handle;
                }
                ServerAction::CancelRetransmission => ctx.cancel_timer(&mut server.retransmission),
                ServerAction::CancelLifetime => ctx.cancel_timer(&mut server.lifetime),
                ServerAction::NoAck => {}
            }
        }
        if server.machine.state() == ServerState::Terminated {
            self.abandon(ctx, ServerTx(at));
        }
    }

    /// Leaves a non-INVITE request unanswered for good (RFC 4320 section 4.2); its copies are still absorbed.
    pub fn give_up(&mut self, ctx: &mut Context<'_>, tx: ServerTx) {
        self.server_input(ctx, tx.0, ServerInput::GiveUp, None);
    }

    /// Forgets a server transaction at once.
    fn abandon(&mut self, ctx: &mut Context<'_>, tx: ServerTx) {
        if let Some(mut server) = self.servers.remove(tx.0) {
            ctx.cancel_timer(&mut server.retransmission);
            ctx.cancel_timer(&mut server.lifetime);
            self.lingering -= usize::from(server.lingers_until.is_some());
            self.received.remove(server.branch);
            self.note_closed(server.me, tx.0 << 1 | 1);
        }
    }

    /// Ends every transaction of an entity at once: it lost power.
    pub fn drop_all(&mut self, ctx: &mut Context<'_>, entity: EntityId) {
        let open = self.by_entity.as_mut().and_then(|by_entity| by_entity.remove(&entity));
        for position in open.into_iter().flatten() {
            if position & 1 == 0 {
                self.remove_client(ctx, position >> 1);
            } else {
                self.abandon(ctx, ServerTx(position >> 1));
            }
        }
    }
}

impl<O> Client<O> {
    fn slot(&mut self, timer: Timer) -> &mut EventHandle {
        if timer.retransmits() { &mut self.retransmission } else { &mut self.lifetime }
    }

    /// Replaces the kept INVITE by the ACK of the failure that just arrived (RFC 3261 section 17.1.1.3).
    fn turn_into_ack(&mut self, response: &SipMessage) {
        if let Some(request) = &mut self.message
            && let Start::Request { method: method @ Method::Invite, .. } = &mut request.start
        {
            *method = Method::Ack;
            request.to = response.to;
            request.body = crate::wire::sip::Body::Empty;
            request.contact = crate::wire::sip::ContactHeader::None;
            request.record_route.clear();
            let own = request.via.pop();
            request.via.clear();
            request.via.extend(own);
            let identity = request.headers.p_asserted_identity;
            request.headers = crate::wire::sip::Headers { p_asserted_identity: identity, ..Default::default() };
        }
    }
}

impl Server {
    fn slot(&mut self, timer: Timer) -> &mut EventHandle {
        if timer.retransmits() { &mut self.retransmission } else { &mut self.lifetime }
    }

    fn transmit(&mut self, ctx: &mut Context<'_>, response: Sip) {
        let status = response.status().unwrap_or(0);
        if self.status != status {
            self.transmissions = 0;
        }
        self.status = status;
        send(ctx, self.peer, response.clone(), self.reply_meta(status), self.transmissions, self.tcp);
        self.transmissions += 1;
        if status >= 200 {
            self.request = None;
        }
        // A 2xx to an INVITE is kept by the transaction user, which sends it again itself.
        let kept =
            self.machine.state() != ServerState::Accepted && !(self.tcp && status >= 200 && !self.machine.is_invite());
        self.response = kept.then_some(response);
    }

    fn retransmit(&mut self, ctx: &mut Context<'_>) {
        if let Some(response) = &self.response {
            let status = response.status().unwrap_or(0);
            send(ctx, self.peer, response.clone(), self.reply_meta(status), self.transmissions, self.tcp);
            self.transmissions += 1;
        }
    }

    fn reply_meta(&self, status: u16) -> Meta {
        if status < 200 { self.meta.provisional() } else { self.meta.response() }
    }
}

fn send(ctx: &mut Context<'_>, to: EntityId, message: Sip, meta: Meta, transmission: u16, tcp: bool) {
    let from = ctx.me;
    ctx.out.send(Outgoing { from, to, message: Message::Sip(message), meta, transmission, tcp, opens: false });
}

/// Sends a request outside any transaction: the ACK of a 2xx, the copy that `meta` says.
pub fn send_ack(ctx: &mut Context<'_>, to: EntityId, ack: impl Into<Sip>, branch: Token, meta: Meta) {
    let mut ack = ack.into();
    let tcp = ctx.shared.over_tcp(ctx.me, to, &ack);
    ack.via.push(Via { branch, tcp });
    send(ctx, to, ack, meta.ack(), meta.copy, tcp);
}

/// Retry-After in whole seconds, at least one.
pub fn retry_after_seconds(span: Span) -> u32 {
    u32::try_from(span.as_nanos().div_ceil(1_000_000_000)).unwrap_or(u32::MAX).max(1)
}
