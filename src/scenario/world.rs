//! The world: joins agents, network, measurement and kernel, and runs a model under the virtual clock. It drives agents
//! only through their contract; the network side of it is in `carrier`, the sources of work in `workload`.

use super::build::{self, Layout};
use super::carrier::Carrier;
use super::event::Event;
use super::fault;
use super::model::{Model, NodeSpec, Role};
use super::workload;
use crate::agents::hlr::Hlr;
use crate::agents::hss::Hss;
use crate::agents::http_server::HttpServer;
use crate::agents::i_cscf::ICscf;
use crate::agents::ip_sm_gw::IpSmGw;
use crate::agents::isf::Isf;
use crate::agents::mem_server::MemServer;
use crate::agents::message_store::MessageStore;
use crate::agents::mms_server::MmsServer;
use crate::agents::msc::Msc;
use crate::agents::msrp_relay::MsrpRelay;
use crate::agents::outbox::Command;
use crate::agents::p_cscf::PCscf;
use crate::agents::pf::Pf;
use crate::agents::plain::Plain;
use crate::agents::push_sender::PushSender;
use crate::agents::s_cscf::SCscf;
use crate::agents::smsc::Smsc;
use crate::agents::terminal::Terminals;
use crate::agents::xdms::Xdms;
use crate::agents::{Census, Context, Input, Shared};
use crate::kernel::{EntityId, EventKey, Span, Time};
use crate::measure::{NoTrace, Recorder, RunResults};
use std::sync::Arc;

/// A node instance.
#[derive(Clone, Debug)]
enum Node {
    PCscf(PCscf),
    ICscf(ICscf),
    SCscf(SCscf),
    Hss(Hss),
    Pf(Box<Pf>),
    MessageStore(MessageStore),
    Isf(Isf),
    Xdms(Xdms),
    Plain(Plain),
    MemServer(MemServer),
    MmsServer(MmsServer),
    Smsc(Smsc),
    Hlr(Hlr),
    Msc(Msc),
    IpSmGw(IpSmGw),
    MsrpRelay(MsrpRelay),
    PushSender(PushSender),
    /// A content server has no state.
    HttpServer,
    /// A router has no agent: packets cross it inside the carrier.
    Router,
}

/// A model in a run.
#[derive(Clone, Debug)]
pub struct World<R: Recorder> {
    pub(super) model: Arc<Model>,
    pub(super) layout: Arc<Layout>,
    pub(super) shared: Arc<Shared>,
    nodes: Vec<Node>,
    terminals: Terminals,
    pub(super) carrier: Carrier<R>,
    pub(super) workloads: Vec<workload::Progress>,
    /// Nodes that lost their memory, each with the number of events that it had scheduled by then.
    pub(super) restarted: Vec<(EntityId, u64)>,
    seed: u64,
    replication: u64,
}

/// Runs a model to its horizon.
///
/// # Panics
/// When an invariant of the simulation is broken; the message says how to replay the run.
pub fn run(model: &Model, seed: u64, replication: u64) -> RunResults {
    let mut world = World::new(Arc::new(model.clone()), seed, replication, NoTrace);
    world.run_until(model.horizon);
    world.finish().0
}

impl<R: Recorder> World<R> {
    /// A world at time zero, with its population in its initial state and its workloads scheduled.
    pub fn new(model: Arc<Model>, seed: u64, replication: u64, recorder: R) -> World<R> {
        let layout = Arc::new(Layout::new(&model));
        let shared = Arc::new(build::shared(&model, &layout, seed, replication));
        let nodes = layout.node_of.iter().map(|node| agent(&model.nodes[*node as usize])).collect();
        let terminals = Terminals::new(layout.terminals_from(), layout.terminals);
        let carrier = Carrier::new(model.clone(), layout.clone(), shared.clone(), recorder);
        let workloads = vec![workload::Progress::default(); model.workloads.len()];
        let restarted = Vec::new();
        let mut world =
            World { model, layout, shared, nodes, terminals, carrier, workloads, restarted, seed, replication };
        workload::schedule_all(&mut world);
        fault::schedule_all(&mut world);
        world
    }

    /// Virtual time.
    pub fn now(&self) -> Time {
        self.carrier.now()
    }

    /// Runs every event up to and including `until`.
    pub fn run_until(&mut self, until: Time) {
        while let Some((key, event)) = self.carrier.next_event(until) {
            self.dispatch(key, event);
        }
    }

    fn dispatch(&mut self, key: EventKey, event: Event) {
        self.carrier.begin(key, &event);
        match event {
            Event::Arrive { packet } => {
                if let Some(served) = self.carrier.arrive(packet) {
                    self.hand_over(served.receiver, served.input);
                }
            }
            Event::Served { entity, packet } => {
                if let Some(served) = self.carrier.served(entity, packet) {
                    self.hand_over(served.receiver, served.input);
                }
            }
            Event::Timer { entity, .. } if self.is_forgotten(entity, key.counter()) => {}
            Event::Timer { entity, reason, subject } => {
                self.hand_over(entity, Input::Timer { reason, subject });
            }
            Event::Act { entity, act } => self.hand_over(entity, Input::Command(act.into())),
            Event::Step { step } => workload::run_step(self, step),
            Event::Arrival { workload } => workload::on_arrival(self, workload),
            Event::Availability { terminal, on, number } => {
                workload::on_availability(self, terminal, on, number);
            }
            Event::Capability { terminal, present, number } => {
                workload::on_capability(self, terminal, present, number);
            }
            Event::DoNotDisturb { terminal, is_set, number } => {
                workload::on_do_not_disturb(self, terminal, is_set, number);
            }
            Event::Fault { fault, number, begins } => fault::on_fault(self, fault, number, begins),
            Event::Sample => self.carrier.sample(),
        }
    }

    pub(super) fn hand_over(&mut self, entity: EntityId, input: Input) {
        let mut context = Context { now: self.carrier.now(), me: entity, out: &mut self.carrier, shared: &self.shared };
        match self.nodes.get_mut(entity.index()) {
            Some(Node::PCscf(node)) => node.handle(&mut context, input),
            Some(Node::ICscf(node)) => node.handle(&mut context, input),
            Some(Node::SCscf(node)) => node.handle(&mut context, input),
            Some(Node::Hss(node)) => node.handle(&mut context, input),
            Some(Node::Pf(node)) => node.handle(&mut context, input),
            Some(Node::MessageStore(node)) => node.handle(&mut context, input),
            Some(Node::Isf(node)) => node.handle(&mut context, input),
            Some(Node::Xdms(node)) => node.handle(&mut context, input),
            Some(Node::Plain(node)) => node.handle(&mut context, input),
            Some(Node::MemServer(node)) => node.handle(&mut context, input),
            Some(Node::MmsServer(node)) => node.handle(&mut context, input),
            Some(Node::Smsc(node)) => node.handle(&mut context, input),
            Some(Node::Hlr(node)) => node.handle(&mut context, input),
            Some(Node::Msc(node)) => node.handle(&mut context, input),
            Some(Node::IpSmGw(node)) => node.handle(&mut context, input),
            Some(Node::MsrpRelay(node)) => node.handle(&mut context, input),
            Some(Node::PushSender(node)) => node.handle(&mut context, input),
            Some(Node::HttpServer) => HttpServer::handle(&mut context, input),
            Some(Node::Router) => {}
            None => self.terminals.handle(&mut context, input),
        }
    }

    /// Lets a user act.
    pub(super) fn command(&mut self, entity: EntityId, command: Command) {
        self.hand_over(entity, Input::Command(command));
    }

    /// Registers a terminal without signalling, its refresh due after `refresh_after` and its binding valid for
    /// `expires`.
    pub(super) fn preload(&mut self, terminal: EntityId, expires: Span, refresh_after: Span) {
        let shared = self.shared.clone();
        let (now, until) = (self.carrier.now(), self.carrier.now() + expires);
        let (user, _) = shared.names.terminal_owner(terminal);
        let features = shared.device_of(terminal).features;
        let mut context = Context { now, me: terminal, out: &mut self.carrier, shared: &shared };
        let security = self.terminals.preload(&mut context, until, refresh_after);
        for entity in [shared.p_cscf_of(terminal), shared.s_cscf_of(user), shared.hss_of(user), shared.pf_of(user)]
            .into_iter()
            .flatten()
        {
            let mut context = Context { now, me: entity, out: &mut self.carrier, shared: &shared };
            match &mut self.nodes[entity.index()] {
                Node::PCscf(node) => node.preload(terminal, until),
                Node::SCscf(node) => node.preload(&mut context, terminal, features, until, security),
                Node::Hss(node) => node.preload(user),
                Node::Pf(node) => node.preload(&mut context, terminal, features, until, security.1),
                _ => {}
            }
        }
    }

    /// Switches a terminal on without signalling and without registration.
    pub(super) fn preload_attached(&mut self, terminal: EntityId) {
        let shared = self.shared.clone();
        let now = self.carrier.now();
        let mut context = Context { now, me: terminal, out: &mut self.carrier, shared: &shared };
        self.terminals.preload_attached(&mut context);
    }

    /// What is open now.
    pub fn census(&self) -> Census {
        let mut census = self.carrier.census();
        for node in &self.nodes {
            census += match node {
                Node::PCscf(node) => node.census(),
                Node::ICscf(node) => node.census(),
                Node::SCscf(node) => node.census(),
                Node::Pf(node) => node.census(),
                Node::Isf(node) => node.census(),
                Node::Xdms(node) => node.census(),
                Node::Plain(node) => node.census(),
                Node::MemServer(node) => node.census(),
                Node::MmsServer(node) => node.census(),
                Node::Smsc(node) => node.census(),
                Node::Msc(node) => node.census(),
                Node::IpSmGw(node) => node.census(),
                Node::MsrpRelay(node) => node.census(),
                Node::PushSender(node) => node.census(),
                Node::Hss(_) | Node::Hlr(_) | Node::MessageStore(_) | Node::HttpServer | Node::Router => {
                    Census::default()
                }
            };
        }
        census += self.terminals.census();
        census.in_flight = census.in_flight.saturating_sub(census.waiting_for_registration);
        census
    }

    /// Ends the run: its results and its recorder.
    ///
    /// # Panics
    /// When an invariant of the simulation was violated.
    pub fn finish(self) -> (RunResults, R) {
        let pf_queue = |node: &Node| if let Node::Pf(pf) = node { pf.queued() } else { 0 };
        let queued = self.nodes.iter().map(pf_queue).sum();
        let (results, violations, recorder) = self.carrier.finish(queued);
        assert!(
            violations.is_empty(),
            "model `{}`, seed {}, replication {} breaks {} invariants; these three replay it:\n{}",
            self.model.name,
            self.seed,
            self.replication,
            violations.len(),
            violations.join("\n")
        );
        (results, recorder)
    }

    /// Events that happened so far, and message hops.
    pub fn progress(&self) -> (u64, u64) {
        self.carrier.progress()
    }

    /// The running fingerprint.
    pub fn fingerprint(&mut self) -> u64 {
        self.carrier.fingerprint()
    }
}

fn agent(spec: &NodeSpec) -> Node {
    match spec.role {
        Role::PCscf => Node::PCscf(PCscf::new(spec.instances)),
        Role::ICscf => Node::ICscf(ICscf::default()),
        Role::SCscf => Node::SCscf(SCscf::new(spec.instances)),
        Role::Hss => Node::Hss(Hss::default()),
        Role::Pf => Node::Pf(Box::new(Pf::new(spec.instances))),
        Role::MessageStore => Node::MessageStore(MessageStore),
        Role::Isf => Node::Isf(Isf::default()),
        Role::Xdms => Node::Xdms(Xdms::default()),
        Role::Source | Role::Sink | Role::Relay | Role::Proxy => Node::Plain(Plain::default()),
        Role::MemServer => Node::MemServer(MemServer::default()),
        Role::MmsServer => Node::MmsServer(MmsServer::default()),
        Role::Smsc => Node::Smsc(Smsc::default()),
        Role::Hlr => Node::Hlr(Hlr::default()),
        Role::Msc => Node::Msc(Msc::default()),
        Role::IpSmGw => Node::IpSmGw(IpSmGw::default()),
        Role::MsrpRelay => Node::MsrpRelay(MsrpRelay::default()),
        Role::HttpServer => Node::HttpServer,
        Role::PushSender => Node::PushSender(PushSender::new(spec.instances)),
        Role::Router => Node::Router,
    }
}
