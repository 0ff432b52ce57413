//! Runs a model once and gives its messages by name, and with their octets where they are asked for.

use super::build::{Layout, names};
use super::model::{Model, Role};
use super::notes::note;
use super::world::World;
use crate::kernel::EntityId;
use crate::kernel::lookup::Lookup;
use crate::measure::filter::message_id;
use crate::measure::recording::{Group, LaneRow, NoteRow, Recording};
use crate::measure::results::{HopRow, SetUpRow};
use crate::measure::{Fate, Filter, Hop, RunResults, Trace};
use crate::wire::append::AppendStep;
use crate::wire::sip::Method;
use crate::wire::sip::body::Setup;
use crate::wire::{Carriage, Message, MessageKind, Names, ip_address};
use std::sync::Arc;

/// Runs a model with its own seed, as replication 0: its results, and the messages of procedures that began at or after
/// `[trace] from`, in the order sent.
///
/// # Panics
/// When an invariant of the simulation is broken.
pub fn trace(model: &Model) -> (RunResults, Vec<HopRow>) {
    let (results, recording) = record(model, 0, Filter::from(model.counts_from()), false);
    (results, recording.hops)
}

/// Runs a replication of a model with its own seed: its results, and a recording of what `filter` wants, with the
/// octets of each message if `with_octets`. The run is the same whatever is recorded.
///
/// # Panics
/// When an invariant of the simulation is broken.
pub fn record(model: &Model, replication: u64, filter: Filter, with_octets: bool) -> (RunResults, Recording) {
    let mut world = World::new(Arc::new(model.clone()), model.seed, replication, Trace::new(filter));
    world.run_until(model.horizon);
    let (results, recorder) = world.finish();
    (results, Clerk::new(model, with_octets).recording(&recorder))
}

/// Turns what was recorded into rows.
struct Clerk<'a> {
    model: &'a Model,
    layout: Layout,
    names: Names,
    instances: Vec<String>,
    with_octets: bool,
}

impl<'a> Clerk<'a> {
    fn new(model: &'a Model, with_octets: bool) -> Clerk<'a> {
        let layout = Layout::new(model);
        let (names, instances) = (names(model, &layout), layout.instance_names(model));
        Clerk { model, layout, names, instances, with_octets }
    }

    fn recording(&self, recorder: &Trace) -> Recording {
        let mut lanes = Vec::new();
        let mut known = Lookup::default();
        for entity in recorder.hops.iter().flat_map(|hop| [hop.from, hop.to]) {
            if known.insert(entity, ()).is_none() {
                lanes.push(self.lane(entity));
            }
        }
        let notes = recorder.sightings.iter().filter(|sighting| known.contains(&sighting.entity));
        let notes = notes.filter_map(|sighting| {
            let text = note(&sighting.fact, |terminal| self.name(terminal))?;
            Some(NoteRow { at_ns: sighting.at.as_nanos(), lane: self.name(sighting.entity), text })
        });
        Recording {
            title: self.model.description.clone(),
            lanes,
            hops: recorder.hops.iter().map(|hop| self.row(hop)).collect(),
            notes: notes.collect(),
        }
    }

    /// The user of a terminal by name, and the number of the terminal from 1.
    fn user(&self, terminal: EntityId) -> (String, u32) {
        let (group, number) = self.names.terminal_group(terminal);
        let (group, first) = (&self.model.groups[group], self.layout.first_terminal[group]);
        let user = match group.users {
            1 => group.name.clone(),
            _ => format!("{}[{}]", group.name, (terminal.0 - first) / group.devices.len() as u32),
        };
        (user, number + 1)
    }

    fn name(&self, entity: EntityId) -> String {
        match self.instances.get(entity.index()) {
            Some(name) => name.clone(),
            None => {
                let (user, number) = self.user(entity);
                format!("{user}/{number}")
            }
        }
    }

    /// The role of a node, none for a terminal.
    fn role(&self, entity: EntityId) -> Option<Role> {
        let node = self.layout.node_of.get(entity.index())?;
        Some(self.model.nodes[*node as usize].role)
    }

    fn lane(&self, entity: EntityId) -> LaneRow {
        let (function, group) = match self.layout.node_of.get(entity.index()) {
            Some(node) => {
                let spec = &self.model.nodes[*node as usize];
                (spec.role.function(), Group::Network(self.model.networks[spec.network].clone()))
            }
            None => {
                let network = self.model.groups[self.names.terminal_group(entity).0].network;
                let (name, network) = (self.user(entity).0, self.model.networks[network].clone());
                ("UE", Group::User { name, network })
            }
        };
        LaneRow { name: self.name(entity), function, group, address: ip_address(&self.names, entity) }
    }

    fn row(&self, hop: &Hop) -> HopRow {
        let protocol = hop.message.protocol();
        let carriage = Carriage::of(protocol, hop.tcp, self.names.is_terminal(hop.from));
        let mut content = Vec::new();
        if self.with_octets {
            hop.message.write(&self.names, &mut content);
        }
        HopRow {
            sent_ns: hop.sent_at.as_nanos(),
            arrives_ns: match hop.fate {
                Fate::Arrived(at) => Some(at.as_nanos()),
                Fate::UnderWay | Fate::Lost => None,
            },
            lost: hop.fate == Fate::Lost,
            from: self.name(hop.from),
            to: self.name(hop.to),
            reference_point: hop.reference_point.name(),
            procedure: hop.meta.procedure.name(),
            protocol: protocol.name(),
            message: hop.message.kind().to_string(),
            transmission: hop.transmission,
            octets: hop.octets,
            timer: (hop.transmission > 0).then(|| timer(&hop.message)).flatten(),
            message_id: message_id(&hop.message).map(|id| format!("{:016x}", id.raw())),
            carriage,
            connection: connection(&hop.message),
            to_server: to_server(hop, self.role(hop.to) == Some(Role::MsrpRelay)),
            set_up: hop.connection.map(|set_up| SetUpRow {
                syn_arrives_ns: set_up.syn_arrived.as_nanos(),
                accepted_ns: set_up.accepted.map(|at| at.as_nanos()),
            }),
            content,
        }
    }
}

/// What tells the connection of a message from others between the same two.
fn connection(message: &Message) -> Option<u64> {
    match message {
        Message::Http(http) => Some(http.exchange.raw()),
        // A connection is named by the end that opened it; a terminal has one to its relay, on which both listen.
        Message::Msrp(msrp) => {
            let ends = [msrp.from.next, msrp.to.next];
            ends.into_iter().find(|end| end.setup == Setup::Active).map(|end| end.session.raw())
        }
        Message::Smtp(smtp) => Some(smtp.session.raw()),
        Message::Imap(imap) => Some(imap.connection.raw()),
        Message::Mms(mms) => Some(mms.message.raw()),
        Message::Sip(_)
        | Message::Append(_)
        | Message::Diameter(_)
        | Message::Datagram(_)
        | Message::Smpp(_)
        | Message::Map(_)
        | Message::Sms(_) => None,
    }
}

/// Whether a message goes to the side of its connection that listens, where that is known; `to_relay` says whether it
/// goes to an MSRP relay.
fn to_server(hop: &Hop, to_relay: bool) -> Option<bool> {
    match &hop.message {
        Message::Http(http) => Some(hop.to == http.server),
        Message::Msrp(msrp) => match (msrp.to.next.setup, msrp.from.next.setup) {
            (Setup::Passive, Setup::Active) => Some(true),
            (Setup::Active, Setup::Passive) => Some(false),
            (Setup::Passive, Setup::Passive) => Some(to_relay),
            (Setup::Active, Setup::Active) => None,
        },
        Message::Smtp(smtp) => Some(hop.to == smtp.server),
        Message::Imap(imap) => Some(hop.to == imap.server),
        Message::Mms(mms) => Some(hop.to == mms.server),
        Message::Smpp(smpp) => Some(hop.to == smpp.centre),
        Message::Append(append) => match append.step {
            AppendStep::Command(_) | AppendStep::Literal(_) => Some(true),
            AppendStep::Continue | AppendStep::Done(_) => Some(false),
        },
        Message::Diameter(diameter) => Some(diameter.result.is_none()),
        Message::Sip(_) | Message::Datagram(_) | Message::Map(_) | Message::Sms(_) => None,
    }
}

/// The timer of RFC 3261 section 17 that sends a message again.
fn timer(message: &Message) -> Option<&'static str> {
    match message.kind() {
        MessageKind::Request(Method::Invite) => Some("Timer A"),
        MessageKind::Request(Method::Ack) => None,
        MessageKind::Request(_) => Some("Timer E"),
        MessageKind::Response(300.., Method::Invite) => Some("Timer G"),
        MessageKind::Response(..)
        | MessageKind::DiameterRequest(_)
        | MessageKind::DiameterAnswer(_)
        | MessageKind::Datagram
        | MessageKind::HttpRequest(..)
        | MessageKind::HttpResponse(..)
        | MessageKind::Append(_)
        | MessageKind::MsrpSend
        | MessageKind::MsrpReport
        | MessageKind::MsrpAuth
        | MessageKind::MsrpResponse(_)
        | MessageKind::Smtp(_)
        | MessageKind::Imap(_)
        | MessageKind::Mms(_)
        | MessageKind::Smpp(_)
        | MessageKind::Map(..)
        | MessageKind::Sms(_) => None,
    }
}
