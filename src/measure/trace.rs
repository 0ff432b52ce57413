//! Recording of single messages for ladders and captures. A world is generic over its [`Recorder`]: without one it pays
//! nothing.

use super::filter::Filter;
use crate::agents::{Fact, Meta, ReferencePoint};
use crate::kernel::{EntityId, Time};
use crate::wire::Message;

/// What became of a message on its hop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It is under way.
    UnderWay,
    /// It arrived.
    Arrived(Time),
    /// It was lost.
    Lost,
}

/// The set-up of the TCP connection that a message waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConnectionSetUp {
    /// When SYN arrived at the far end, and the SYN-ACK left it.
    pub syn_arrived: Time,
    /// When the SYN-ACK arrived, and the message itself left.
    pub accepted: Option<Time>,
}

/// One message on one hop.
#[derive(Clone, Debug)]
pub struct Hop {
    /// When its sender gave it away.
    pub sent_at: Time,
    /// What became of it.
    pub fate: Fate,
    /// The set-up of its connection, when it was the first on one.
    pub connection: Option<ConnectionSetUp>,
    /// Sender.
    pub from: EntityId,
    /// Receiver.
    pub to: EntityId,
    /// Reference point.
    pub reference_point: ReferencePoint,
    /// The message.
    pub message: Message,
    /// What travels with it.
    pub meta: Meta,
    /// 0 the first time.
    pub transmission: u16,
    /// Octets.
    pub octets: u64,
    /// Whether it went over TCP.
    pub tcp: bool,
}

/// Something that an entity saw.
#[derive(Clone, Copy, Debug)]
pub struct Sighting {
    /// When.
    pub at: Time,
    /// Who saw it.
    pub entity: EntityId,
    /// What was seen.
    pub fact: Fact,
}

/// Takes messages as they are sent.
pub trait Recorder {
    /// Whether the recorder wants anything.
    const RECORDS: bool;

    /// A message was sent. Gives the number by which its fate is told.
    fn hop(&mut self, hop: Hop) -> u32;

    /// A segment of the set-up of its connection arrived.
    fn segment_arrived(&mut self, number: u32, at: Time);

    /// It arrived.
    fn arrived(&mut self, number: u32, at: Time);

    /// It was lost.
    fn lost(&mut self, number: u32);

    /// An entity saw something.
    fn saw(&mut self, sighting: Sighting);
}

/// Records nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTrace;

impl Recorder for NoTrace {
    const RECORDS: bool = false;

    fn hop(&mut self, _hop: Hop) -> u32 {
        0
    }

    fn segment_arrived(&mut self, _number: u32, _at: Time) {}

    fn arrived(&mut self, _number: u32, _at: Time) {}

    fn lost(&mut self, _number: u32) {}

    fn saw(&mut self, _sighting: Sighting) {}
}

/// Keeps the messages that a filter wants.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    filter: Filter,
    /// The messages in the order sent.
    pub hops: Vec<Hop>,
    /// What was seen, in the order of events.
    pub sightings: Vec<Sighting>,
}

impl Trace {
    /// A recorder of what `filter` wants.
    pub fn new(filter: Filter) -> Trace {
        Trace { filter, ..Trace::default() }
    }
}

/// The number of a message that is not kept.
const NOT_KEPT: u32 = u32::MAX;

impl Recorder for Trace {
    const RECORDS: bool = true;

    fn hop(&mut self, hop: Hop) -> u32 {
        if !self.filter.wants(&hop) {
            return NOT_KEPT;
        }
        self.hops.push(hop);
        self.hops.len() as u32 - 1
    }

    fn segment_arrived(&mut self, number: u32, at: Time) {
        let Some(hop) = self.hops.get_mut(number as usize) else { return };
        match &mut hop.connection {
            Some(set_up) => set_up.accepted = Some(at),
            None => hop.connection = Some(ConnectionSetUp { syn_arrived: at, accepted: None }),
        }
    }

    fn arrived(&mut self, number: u32, at: Time) {
        if let Some(hop) = self.hops.get_mut(number as usize) {
            hop.fate = Fate::Arrived(at);
        }
    }

    fn lost(&mut self, number: u32) {
        if let Some(hop) = self.hops.get_mut(number as usize) {
            hop.fate = Fate::Lost;
        }
    }

    fn saw(&mut self, sighting: Sighting) {
        if self.filter.wants_fact(sighting.at, sighting.entity, &sighting.fact) {
            self.sightings.push(sighting);
        }
    }
}
