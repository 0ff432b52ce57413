//! The network side of a world: takes what agents send, carries it over links and through stations, keeps timers, and
//! feeds measurement. It is the agents' outbox.

use super::build::{self, Layout};
use super::event::{Act, Event};
use super::message_class;
use super::model::{FaultKind, FaultTarget, LostMessages, Model, Role};
use crate::agents::outbox::Outgoing;
use crate::agents::{Census, Fact, Input, Meta, Outbox, Shared, TimerReason};
use crate::kernel::slab::Slab;
use crate::kernel::{Distribution, Draw, EntityId, EventClass, EventHandle, EventKey, Purpose, Scheduler, Span, Time};
use crate::measure::signalling::CountKey;
use crate::measure::{Fate, Hop, Meter, Recorder, RunResults, Sighting};
use crate::network::{
    Admission, Crossing, Draws, Failures, Job, Overflow, Parcel, Radio, Segment, SenderQueues, Station, Topology,
    Transmission, over_access, over_link,
};
use crate::wire::Message;
use std::sync::Arc;

/// A message under way.
#[derive(Clone, Debug)]
struct Packet {
    from: EntityId,
    to: EntityId,
    message: Message,
    meta: Meta,
    octets: u64,
    /// Service that it will need at its receiver's station, known once it is on its last link.
    service: Span,
    transmission: u16,
    tcp: bool,
    /// What is on the way now.
    segment: Segment,
    /// Links of its path that it has crossed.
    crossed: u16,
    /// Number that the recorder gave to it.
    recorded: u32,
}

/// One crossing of a path.
enum Crossed<'a> {
    Link(&'a Crossing),
    Access { terminal: EntityId, uplink: bool },
}

/// A message that is handed to its receiver.
#[derive(Debug)]
pub struct Delivery {
    /// The receiver.
    pub receiver: EntityId,
    /// What it is told.
    pub input: Input,
}

/// Service time and priority of each message class at a node, resolved.
#[derive(Clone, Debug)]
struct ServiceTable {
    service: Vec<Distribution>,
    priority: Vec<u8>,
    overflow: Overflow,
    instant: bool,
}

/// The network of a run.
#[derive(Clone, Debug)]
pub struct Carrier<R: Recorder> {
    model: Arc<Model>,
    layout: Arc<Layout>,
    shared: Arc<Shared>,
    scheduler: Scheduler<Event>,
    packets: Slab<Packet>,
    topology: Arc<Topology>,
    queues: SenderQueues,
    radios: Vec<Radio>,
    failures: Failures,
    /// Faults under way that lose a share of the messages, by their index in the model, in order; once for each time
    /// that they are under way.
    losses: Vec<u16>,
    stations: Vec<Station>,
    tables: Arc<Vec<ServiceTable>>,
    meter: Meter,
    recorder: R,
    events: u64,
    key: Option<EventKey>,
}

impl<R: Recorder> Carrier<R> {
    /// The network of a model at time zero.
    pub fn new(model: Arc<Model>, layout: Arc<Layout>, shared: Arc<Shared>, recorder: R) -> Carrier<R> {
        let entities = layout.node_of.len() + layout.terminals as usize;
        let stations = layout.node_of.iter().map(|node| Station::new(&model.nodes[*node as usize].station)).collect();
        let has_idle = model.access.iter().any(|access| access.idle_after.is_some());
        let radios = if has_idle { vec![Radio::default(); layout.terminals as usize] } else { Vec::new() };
        let mut scheduler = Scheduler::new(model.order, entities);
        // The timers that nearly every transaction sets and cancels.
        for timers in [shared.sip.core_timers, shared.sip.access_timers] {
            scheduler.add_lane(timers.t1);
            scheduler.add_lane(timers.non_invite_trying());
        }
        Carrier {
            scheduler,
            packets: Slab::default(),
            topology: Arc::new(Topology::new(model.nodes.len(), &model.links)),
            queues: SenderQueues::default(),
            radios,
            failures: match model.faults.is_empty() {
                true => Failures::default(),
                false => Failures::new(entities, model.links.len()),
            },
            losses: Vec::new(),
            stations,
            tables: Arc::new(model.nodes.iter().map(|node| service_table(&model, node)).collect()),
            meter: Meter::new(build::measure_plan(&model, &layout)),
            recorder,
            events: 0,
            key: None,
            model,
            layout,
            shared,
        }
    }

    /// Virtual time.
    pub fn now(&self) -> Time {
        self.scheduler.now()
    }

    /// The next event up to `until`.
    pub fn next_event(&mut self, until: Time) -> Option<(EventKey, Event)> {
        self.scheduler.pop_until(until)
    }

    /// An event begins: it enters the fingerprint.
    pub fn begin(&mut self, key: EventKey, event: &Event) {
        self.events += 1;
        self.key = Some(key);
        let content = self.content_of(event);
        self.meter.fingerprint().add(key, content);
    }

    /// What an event is in a few words, without any position in a table.
    fn content_of(&self, event: &Event) -> [u64; 3] {
        let pack = |tag: u64, low: u64| tag << 56 | low;
        match event {
            Event::Arrive { packet } | Event::Served { packet, .. } => {
                let Some(packet) = self.packets.get(*packet) else { return [0; 3] };
                let meta = &packet.meta;
                [
                    pack(1, u64::from(meta.origin.0) << 8 | meta.procedure as u64),
                    u64::from(meta.number) << 32 | u64::from(meta.leg) << 16 | u64::from(packet.transmission),
                    packet.octets << 16 | u64::from(packet.crossed),
                ]
            }
            Event::Timer { entity, reason, .. } => [pack(2, u64::from(entity.0)), reason.number(), 0],
            Event::Act { entity, .. } => [pack(3, u64::from(entity.0)), 0, 0],
            Event::Step { step } => [pack(4, u64::from(*step)), 0, 0],
            Event::Arrival { workload } => [pack(5, u64::from(*workload)), 0, 0],
            Event::Availability { terminal, on, .. } => [pack(6, u64::from(terminal.0)), u64::from(*on), 0],
            Event::DoNotDisturb { terminal, is_set, .. } => [pack(8, u64::from(terminal.0)), u64::from(*is_set), 0],
            Event::Sample => [pack(7, 0), 0, 0],
            Event::Capability { terminal, present, .. } => [pack(12, u64::from(terminal.0)), u64::from(*present), 0],
            Event::Fault { fault, number, begins } => {
                [pack(8, u64::from(*fault)), u64::from(*number), u64::from(*begins)]
            }
        }
    }

    /// Schedules an event of the model itself, on behalf of `entity`.
    pub fn schedule(&mut self, at: Time, class: EventClass, entity: EntityId, event: Event) {
        self.scheduler.schedule(at, class, entity, entity, event);
    }

    /// A packet reached the end of a link: on to the next link, into the station, or to its receiver.
    pub fn arrive(&mut self, at: u32) -> Option<Delivery> {
        let packet = self.packets.get(at)?;
        let to = packet.to;
        if self.crossing(packet, packet.crossed).is_some() {
            self.cross(at);
            return None;
        }
        if self.failures.is_down(to) {
            self.meter.lost_to_failure(self.now());
            self.lose(at);
            return None;
        }
        if packet.segment != Segment::Message {
            self.shake_hands(at);
            return None;
        }
        if R::RECORDS {
            let (number, now) = (packet.recorded, self.now());
            self.recorder.arrived(number, now);
        }
        let Some(node) = self.layout.node_of.get(to.index()).copied() else { return self.hand_over(at) };
        self.count_plain_arrival(at);
        if self.tables[node as usize].instant {
            return self.hand_over(at);
        }
        self.enter_station(at, to, node as usize)
    }

    fn count_plain_arrival(&mut self, at: u32) {
        let Some(packet) = self.packets.get(at) else { return };
        if let Message::Sip(sip) = &packet.message
            && sip.is_request()
            && sip.method() != crate::wire::sip::Method::Ack
            && self.shared.role(packet.to) == Some(Role::Sink)
        {
            self.meter.plain().request_received(packet.meta.class, packet.meta.began);
        }
    }

    fn enter_station(&mut self, at: u32, entity: EntityId, node: usize) -> Option<Delivery> {
        let now = self.now();
        let table = &self.tables[node];
        let (overflow, packet) = (table.overflow, self.packets.get(at)?);
        let class = message_class::class_of(&packet.message);
        let priority = table.priority[class];
        let service = packet.service;
        let job = Job { packet: at, service, arrived: now, class: class as u16, priority, begun: false };
        let admission = self.stations[entity.index()].arrive(now, job);
        self.meter.station_arrival(now, entity, job.class, admission == Admission::Full);
        match admission {
            Admission::Begins => self.begin_service(entity, job),
            Admission::Interrupts(handle) => {
                self.scheduler.cancel(handle);
                self.begin_service(entity, job);
            }
            Admission::Waits => {}
            Admission::Full => return self.turn_away(at, overflow),
        }
        self.note_number(entity);
        None
    }

    fn begin_service(&mut self, entity: EntityId, job: Job) {
        let now = self.now();
        if !job.begun {
            self.meter.service_began(now, entity, job.class, job.arrived);
        }
        let event = Event::Served { entity, packet: job.packet };
        let at = now.saturating_add(job.service);
        let handle = self.scheduler.schedule(at, EventClass::Message, entity, entity, event);
        self.stations[entity.index()].begin(now, job, handle);
    }

    fn note_number(&mut self, entity: EntityId) {
        let (now, station) = (self.now(), &self.stations[entity.index()]);
        let (number, busy) = (station.number(), station.busy());
        if let Some(meter) = self.meter.station(entity) {
            meter.change(now, number, busy);
        }
    }

    /// A station has served a packet.
    pub fn served(&mut self, entity: EntityId, packet: u32) -> Option<Delivery> {
        let (ended, next) = self.stations[entity.index()].end(packet)?;
        let now = self.now();
        self.meter.service_ended(now, entity, ended.class, ended.arrived);
        if let Some(next) = next {
            self.begin_service(entity, next);
        }
        self.note_number(entity);
        self.hand_over(packet)
    }

    fn turn_away(&mut self, at: u32, overflow: Overflow) -> Option<Delivery> {
        let packet = self.packets.remove(at)?;
        match overflow {
            Overflow::Drop => None,
            Overflow::Reject { retry_after } => Some(Delivery {
                receiver: packet.to,
                input: Input::Overload { from: packet.from, message: packet.message, meta: packet.meta, retry_after },
            }),
        }
    }

    fn hand_over(&mut self, at: u32) -> Option<Delivery> {
        let packet = self.packets.remove(at)?;
        self.meter.arrived();
        let Packet { from, to, message, meta, tcp, .. } = packet;
        Some(Delivery { receiver: to, input: Input::Message { from, message, meta, tcp } })
    }

    fn node_of(&self, entity: EntityId) -> Option<usize> {
        self.layout.node_of.get(entity.index()).map(|node| *node as usize)
    }

    /// The crossing number `at` of a packet's path; `None` at its end.
    ///
    /// A terminal is reached over its access, which begins at its P-CSCF: what another node sends to it, such as MSRP,
    /// goes over the links to that P-CSCF's site first, without entering its station.
    fn crossing(&self, packet: &Packet, at: u16) -> Option<Crossed<'_>> {
        let at = usize::from(at);
        let access = |terminal, uplink| Some(Crossed::Access { terminal, uplink });
        match (self.node_of(packet.from), self.node_of(packet.to)) {
            (Some(from), Some(to)) => self.links(from, to).get(at).map(Crossed::Link),
            (None, Some(to)) => match at.checked_sub(1) {
                None => access(packet.from, true),
                Some(at) => self.links(self.site_of(packet.from, Some(to)), to).get(at).map(Crossed::Link),
            },
            (Some(from), None) => {
                let links = self.links(from, self.site_of(packet.to, Some(from)));
                match links.get(at) {
                    Some(link) => Some(Crossed::Link(link)),
                    None if at == links.len() => access(packet.to, false),
                    None => None,
                }
            }
            (None, None) => {
                let links = self.links(self.site_of(packet.from, None), self.site_of(packet.to, None));
                match at.checked_sub(1) {
                    None => access(packet.from, true),
                    Some(at) if at < links.len() => Some(Crossed::Link(&links[at])),
                    Some(at) if at == links.len() => access(packet.to, false),
                    Some(_) => None,
                }
            }
        }
    }

    fn links(&self, from: usize, to: usize) -> &[Crossing] {
        match self.topology.path(from, to) {
            Some(path) => path,
            None => unreachable!("routes are checked when a model is loaded"),
        }
    }

    /// The node where the access of a terminal begins, towards `peer`: its P-CSCF. A P-CSCF of its network that talks
    /// to it is that one, and an MSC has a radio of its own.
    fn site_of(&self, terminal: EntityId, peer: Option<usize>) -> usize {
        match peer {
            Some(peer) if matches!(self.model.nodes[peer].role, Role::PCscf | Role::Msc) => peer,
            Some(_) | None => {
                let p_cscf = self.shared.p_cscf_of(terminal).and_then(|p_cscf| self.node_of(p_cscf));
                p_cscf.expect("a network with users has a P-CSCF")
            }
        }
    }

    /// A segment of a connection's set-up arrived: the other end answers it, or the message that waits goes out.
    fn shake_hands(&mut self, at: u32) {
        let now = self.now();
        let Some(packet) = self.packets.get_mut(at) else { return };
        packet.crossed = 0;
        packet.segment = packet.segment.next();
        std::mem::swap(&mut packet.from, &mut packet.to);
        if R::RECORDS {
            let number = packet.recorded;
            self.recorder.segment_arrived(number, now);
        }
        self.cross(at);
    }

    /// Sends a packet over the next link of its path.
    fn cross(&mut self, at: u32) {
        let now = self.now();
        let Some(packet) = self.packets.get(at) else { return };
        let streams = &self.shared.streams;
        let (meta, crossed) = (packet.meta, packet.crossed);
        let transmission = packet.transmission | packet.segment.draw_mark();
        let mut draws = Draws::new(|| {
            let mut draw = streams.hop_draw(meta.origin.0, meta.number, meta.leg, transmission);
            draw.skip_to(u32::from(crossed) * LINK_STRIDE);
            draw
        });
        let parcel = Parcel {
            now,
            sender: packet.from.0,
            octets: if packet.segment == Segment::Message { packet.octets } else { 0 },
            tcp_rto: packet.tcp.then_some(self.shared.sip.tcp_rto),
        };
        if self.is_cut_off(packet) || !self.losses.is_empty() && self.is_picked(packet) {
            self.meter.lost_to_failure(now);
            return self.lose(at);
        }
        let outcome = match self.crossing(packet, crossed) {
            Some(Crossed::Link(crossing)) => {
                let spec = &self.model.links[crossing.link];
                let direction = crossing.link as u32 * 2 + u32::from(crossing.forward);
                over_link(spec, direction, &mut self.queues, parcel, &mut draws)
            }
            Some(Crossed::Access { terminal, uplink }) => {
                let spec = &self.model.access[self.access_of(terminal)];
                let parcel = Parcel { sender: terminal.0, ..parcel };
                let index = (terminal.0 - self.layout.terminals_from().0) as usize;
                let mut none = Radio::default();
                let radio = self.radios.get_mut(index).unwrap_or(&mut none);
                over_access(spec, radio, uplink, &mut self.queues, parcel, &mut draws)
            }
            // A node talks to itself.
            None => Transmission::Arrives(Span::from_nanos(1)),
        };
        let service = self.service_after(packet, outcome, &mut draws);
        self.dispatch(at, outcome, service);
    }

    /// The service that a packet on its last link will need at its receiver's station, from the same draw as the link.
    fn service_after<F: FnMut() -> Draw>(&self, packet: &Packet, outcome: Transmission, draws: &mut Draws<F>) -> Span {
        let (Some(to), Transmission::Arrives(_)) = (self.node_of(packet.to), outcome) else { return Span::ZERO };
        let is_last = self.crossing(packet, packet.crossed + 1).is_none();
        if self.tables[to].instant || !is_last || packet.segment != Segment::Message {
            return Span::ZERO;
        }
        let service = &self.tables[to].service[message_class::class_of(&packet.message)];
        if let Distribution::Constant(_) = service {
            return draws.span(service);
        }
        draws.skip_up_to(u32::from(packet.crossed) * LINK_STRIDE + SERVICE_OFFSET);
        draws.span(service)
    }

    fn dispatch(&mut self, at: u32, outcome: Transmission, service: Span) {
        let now = self.now();
        let Some(packet) = self.packets.get_mut(at) else { return };
        packet.crossed += 1;
        packet.service = service;
        let (from, to) = (packet.from, packet.to);
        match outcome {
            Transmission::Arrives(after) => {
                let when = now.saturating_add(after);
                // A packet inside the network belongs to its receiver's cell from the first link on.
                let sender = if packet.crossed == 1 { from } else { to };
                self.scheduler.schedule(when, EventClass::Message, to, sender, Event::Arrive { packet: at });
            }
            Transmission::Lost => self.lose(at),
        }
    }

    /// Whether a failure keeps a packet from its next crossing: of its sender, or of the link.
    fn is_cut_off(&self, packet: &Packet) -> bool {
        let link_is_down = || match self.crossing(packet, packet.crossed) {
            Some(Crossed::Link(crossing)) => self.failures.is_link_down(crossing.link),
            Some(Crossed::Access { .. }) | None => false,
        };
        !self.failures.is_empty() && (packet.crossed == 0 && self.failures.is_down(packet.from) || link_is_down())
    }

    /// Whether a fault that loses a share of the messages takes this one at its next crossing. A loss on a link is
    /// drawn when it is crossed, one at a node or terminals when a message of theirs sets out.
    fn is_picked(&self, packet: &Packet) -> bool {
        if packet.segment != Segment::Message {
            return false;
        }
        let link = match self.crossing(packet, packet.crossed) {
            Some(Crossed::Link(crossing)) => Some(crossing.link),
            Some(Crossed::Access { .. }) | None => None,
        };
        let ends = if packet.crossed == 0 { [Some(packet.from), Some(packet.to)] } else { [None, None] };
        let mut arrives = 1.0;
        for fault in self.losses.chunk_by(|fault, next| fault == next) {
            let fault = &self.model.faults[usize::from(fault[0])];
            let FaultKind::Loss { procedures, messages, share } = fault.kind else { continue };
            let here = match &fault.target {
                FaultTarget::Link(links) => link.is_some_and(|link| links.contains(&link)),
                FaultTarget::Node { node, instance } => ends.iter().flatten().any(|end| {
                    let number = || end.0 - self.layout.first_of_node[*node];
                    self.node_of(*end) == Some(*node) && instance.is_none_or(|instance| instance == number())
                }),
                FaultTarget::Group(group) => ends.iter().flatten().any(|end| self.is_of_group(*end, *group)),
            };
            if here && procedures.contains(packet.meta.procedure) && messages.include(&packet.message) {
                arrives *= 1.0 - share;
            }
        }
        let meta = packet.meta;
        let mut draw = self.shared.streams.hop_draw(meta.origin.0, meta.number, meta.leg, packet.transmission);
        draw.skip_to(FILTER_OFFSET + u32::from(packet.crossed));
        arrives < 1.0 && draw.chance(1.0 - arrives)
    }

    fn is_of_group(&self, entity: EntityId, group: usize) -> bool {
        self.shared.names.is_terminal(entity) && self.shared.names.terminal_group(entity).0 == group
    }

    /// A fault that loses a share of the messages begins, or is over.
    pub fn change_loss(&mut self, fault: u16, begins: bool) {
        let at = self.losses.partition_point(|other| *other < fault);
        if begins {
            self.losses.insert(at, fault);
        } else {
            self.losses.remove(at);
        }
    }

    fn lose(&mut self, at: u32) {
        let Some(packet) = self.packets.remove(at) else { return };
        if R::RECORDS {
            self.recorder.lost(packet.recorded);
        }
    }

    /// An entity fails, or works again: what it holds in its station is lost.
    pub fn fail_entity(&mut self, entity: EntityId, begins: bool) {
        self.failures.change(entity, begins);
        if R::RECORDS {
            self.recorder.saw(Sighting { at: self.now(), entity, fact: Fact::Failure(begins) });
        }
        if !begins || self.node_of(entity).is_none() {
            return;
        }
        let now = self.now();
        let (jobs, ends) = self.stations[entity.index()].clear();
        for handle in ends {
            self.scheduler.cancel(handle);
        }
        for job in jobs {
            self.meter.lost_to_failure(now);
            self.packets.remove(job.packet);
        }
        self.note_number(entity);
    }

    /// A link fails, or works again.
    pub fn fail_link(&mut self, link: usize, begins: bool) {
        self.failures.change_link(link, begins);
    }

    /// How many events an entity has scheduled.
    pub fn scheduled_by(&self, entity: EntityId) -> u64 {
        self.scheduler.scheduled_by(entity)
    }

    fn access_of(&self, terminal: EntityId) -> usize {
        let (group, number) = self.shared.names.terminal_group(terminal);
        self.model.devices[self.model.groups[group].devices[number as usize]].access
    }

    fn count_sent(&mut self, outgoing: &Outgoing, octets: u64) {
        let now = self.now();
        let node = |entity: EntityId| self.layout.node_of.get(entity.index()).map_or(u16::MAX, |node| *node as u16);
        let key = CountKey {
            procedure: outgoing.meta.procedure,
            reference_point: self.shared.reference_point(outgoing.from, outgoing.to, outgoing.message.protocol()),
            from: node(outgoing.from),
            to: node(outgoing.to),
            kind: outgoing.message.kind(),
        };
        self.meter.sent(now, key, &outgoing.message, &outgoing.meta, outgoing.transmission, octets);
        if let Message::Sip(sip) = &outgoing.message
            && sip.method() != crate::wire::sip::Method::Ack
        {
            match (self.shared.role(outgoing.from), sip.is_request()) {
                (Some(Role::Source), true) => self.meter.plain().request_sent(outgoing.meta.class, outgoing.meta.began),
                (Some(Role::Sink), false) => self.meter.plain().response_sent(outgoing.meta.class, outgoing.meta.began),
                _ => {}
            }
        }
    }

    /// Takes a sample for the timeline and schedules the next.
    pub fn sample(&mut self) {
        let now = self.now();
        self.meter.sample(now);
        if let Some(interval) = self.model.measure.timeline {
            self.schedule(now.saturating_add(interval), EventClass::Sample, EntityId(0), Event::Sample);
        }
    }

    /// Events that happened so far, and message hops.
    pub fn progress(&self) -> (u64, u64) {
        (self.events, self.meter.hops())
    }

    /// The running fingerprint.
    pub fn fingerprint(&mut self) -> u64 {
        self.meter.fingerprint().value()
    }

    /// What is open on links, in stations and in measurement.
    pub fn census(&self) -> Census {
        let (in_flight, dialogs) = self.meter.open();
        Census { packets: self.packets.len() as u64, in_flight, dialogs, ..Census::default() }
    }

    /// Ends the run. `queued` is what the PFs hold.
    pub fn finish(self, queued: u64) -> (RunResults, Vec<String>, R) {
        let end = self.model.horizon.max(self.scheduler.now());
        let (results, violations) = self.meter.finish(end, self.events, queued);
        (results, violations, self.recorder)
    }
}

/// Values of a hop's draw that belong to one link of its path and to the service at its end: more than they can take.
const LINK_STRIDE: u32 = 128;
/// The first of these that the service takes, unless the link has taken it: so both lie in one block, and another
/// latency leaves the service as it was.
const SERVICE_OFFSET: u32 = 6;
/// Values of a hop's draw that come before those of losses that a fault picks.
const FILTER_OFFSET: u32 = 1 << 16;

impl LostMessages {
    fn include(self, message: &Message) -> bool {
        match (self, message) {
            (LostMessages::All, _) => true,
            (LostMessages::Requests, Message::Sip(sip)) => sip.is_request(),
            (LostMessages::FinalResponses, Message::Sip(sip)) => sip.status().is_some_and(|status| status >= 200),
            (LostMessages::Requests | LostMessages::FinalResponses, _) => false,
        }
    }
}

fn hop_of(packet: &Packet, now: Time, shared: &Shared) -> Hop {
    Hop {
        sent_at: now,
        fate: Fate::UnderWay,
        connection: None,
        from: packet.from,
        to: packet.to,
        reference_point: shared.reference_point(packet.from, packet.to, packet.message.protocol()),
        message: packet.message.clone(),
        meta: packet.meta,
        transmission: packet.transmission,
        octets: packet.octets,
        tcp: packet.tcp,
    }
}

fn service_table(model: &Model, node: &super::model::NodeSpec) -> ServiceTable {
    let names = message_class::names(model);
    ServiceTable {
        service: names.iter().map(|name| node.station.service_of(name).clone()).collect(),
        priority: names.iter().map(|name| node.station.priority_of(name)).collect(),
        overflow: node.station.overflow,
        instant: node.station.is_instant(),
    }
}

impl<R: Recorder> Outbox for Carrier<R> {
    fn send(&mut self, mut outgoing: Outgoing) {
        let octets = outgoing.message.measure(&self.shared.names);
        let counts = !outgoing.message.is_connection();
        if counts {
            self.count_sent(&outgoing, octets);
        }
        let Outgoing { from, to, message, meta, transmission, tcp, opens } = outgoing;
        let mut packet = Packet {
            from,
            to,
            message,
            meta,
            octets,
            service: Span::ZERO,
            transmission,
            tcp,
            segment: if opens { Segment::Syn } else { Segment::Message },
            crossed: 0,
            recorded: u32::MAX,
        };
        if R::RECORDS && counts {
            let hop = hop_of(&packet, self.now(), &self.shared);
            packet.recorded = self.recorder.hop(hop);
        }
        let at = self.packets.insert(packet);
        self.cross(at);
    }

    fn set_timer(&mut self, entity: EntityId, after: Span, reason: TimerReason, subject: u32) -> EventHandle {
        self.scheduler.schedule_after(after, EventClass::Timer, entity, Event::Timer { entity, reason, subject })
    }

    fn cancel_timer(&mut self, handle: EventHandle) {
        self.scheduler.cancel(handle);
    }

    fn observe(&mut self, entity: EntityId, fact: Fact) {
        let now = self.now();
        let class = if self.shared.names.is_terminal(entity) { self.shared.class_of_terminal(entity) } else { 0 };
        self.meter.observe(now, entity, class, fact);
        // A failure is seen where it happens; see `fail_entity`.
        if R::RECORDS && !matches!(fact, Fact::Failure(_)) {
            self.recorder.saw(Sighting { at: now, entity, fact });
        }
        if let Fact::ItemDone { workload, number, .. } = fact {
            self.close_loop(workload, number);
        }
    }
}

impl<R: Recorder> Carrier<R> {
    /// A member of a closed workload was served: it thinks and comes back.
    fn close_loop(&mut self, workload: u16, number: u32) {
        let model = self.model.clone();
        let spec = &model.workloads[usize::from(workload)];
        let super::model::Arrivals::Closed { think_time, population } = &spec.arrivals else { return };
        let streams = &self.shared.streams;
        let scope = crate::agents::procedure::Scope::workload(u32::from(workload));
        let think =
            think_time.span(|| streams.draw(scope.0, Purpose::ThinkTime, u64::from(number))).max(Span::from_nanos(1));
        let at = self.now().saturating_add(think);
        let number = number + population;
        let source = super::workload::source_of(&model, &self.layout, usize::from(workload), number);
        if at < spec.stop {
            let act = Act::Start { workload, number };
            self.schedule(at, EventClass::UserAction, source, Event::Act { entity: source, act });
        }
    }
}
