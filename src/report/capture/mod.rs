//! Packet captures of a recorded run: what a tap beside each sender, or beside each receiver, would have seen.
//!
//! Every message travels as it would on an Ethernet: IPv4 with an address per node and terminal, the transport and port
//! of its protocol, connections with their set-up and sequence numbers, datagrams longer than a frame in fragments.
//! What the simulation does not model is not shown: acknowledgements without data, closing of connections, and the
//! segments that TCP itself sends again. A connection whose set-up was not simulated shows one at the instant of its
//! first message.

mod connection;
mod envelope;
mod file;
mod frame;

pub use file::{pcap, pcapng};

use crate::kernel::lookup::Lookup;
use crate::measure::recording::{LaneRow, Recording};
use crate::measure::results::HopRow;
use crate::wire::Transport;
use connection::{Connection, Leaving};

/// Where packets are captured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tap {
    /// Beside each sender: lost packets are there, at the instant when they were sent.
    Sender,
    /// Beside each receiver: lost packets are not there.
    Receiver,
}

/// A captured packet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet {
    /// Nanoseconds since the start of the run, at the tap.
    pub at_ns: u64,
    /// The Ethernet frame.
    pub frame: Vec<u8>,
    /// What the simulation knows of it.
    pub comment: String,
}

/// The packets that a tap captures, in the order of time.
pub fn packets(recording: &Recording, tap: Tap) -> Vec<Packet> {
    let mut network = Network::new(recording, tap);
    let mut hops: Vec<(u64, &HopRow)> = recording.hops.iter().map(|hop| (leaves_ns(hop), hop)).collect();
    hops.sort_by_key(|(leaves, _)| *leaves);
    for (_, hop) in hops {
        network.carry(hop);
    }
    // The order of packets at one instant is that in which they were made.
    network.packets.sort_by_key(|packet| packet.at_ns);
    network.packets
}

/// When a message itself leaves, behind the set-up of its connection.
fn leaves_ns(hop: &HopRow) -> u64 {
    match hop.set_up {
        Some(set_up) => set_up.accepted_ns.unwrap_or(u64::MAX),
        None => hop.sent_ns,
    }
}

/// What the messages of one connection have in common: its ends in the order of their lanes, the port, and the
/// connection's own name where two ends have several.
type ConnectionKey = (usize, usize, u16, Option<u64>);

struct Network<'a> {
    lanes: &'a [LaneRow],
    by_name: Lookup<&'a str, usize>,
    connections: Lookup<ConnectionKey, Connection>,
    opened: u32,
    identification: u16,
    tap: Tap,
    packets: Vec<Packet>,
}

impl<'a> Network<'a> {
    fn new(recording: &'a Recording, tap: Tap) -> Network<'a> {
        let mut by_name = Lookup::default();
        for (at, lane) in recording.lanes.iter().enumerate() {
            by_name.insert(lane.name.as_str(), at);
        }
        Network {
            lanes: &recording.lanes,
            by_name,
            connections: Lookup::default(),
            opened: 0,
            identification: 0,
            tap,
            packets: Vec::new(),
        }
    }

    fn carry(&mut self, hop: &HopRow) {
        let (Some(from), Some(to)) = (self.lane(&hop.from), self.lane(&hop.to)) else { return };
        let ends = frame::Ends { from: self.lanes[from].address, to: self.lanes[to].address };
        let content = envelope::wrapped(hop.carriage.envelope, ends, &hop.content);
        match hop.carriage.transport {
            Transport::Udp => {
                let payload = frame::udp(ends, hop.carriage.port, &content);
                self.put(hop, ends, frame::UDP, hop.sent_ns, hop.arrives_ns, &payload);
            }
            Transport::Tcp | Transport::Sctp(_) => {
                for leaving in self.over_connection(hop, &content, from, to) {
                    let ends = if leaving.back { ends.turned() } else { ends };
                    let (protocol, payload) = leaving.payload(ends);
                    self.put(hop, ends, protocol, leaving.sent_ns, leaving.arrives_ns, &payload);
                }
            }
        }
    }

    /// The segments of a message, behind those that set up its connection if it is the first on one.
    fn over_connection(&mut self, hop: &HopRow, content: &[u8], from: usize, to: usize) -> Vec<Leaving> {
        let key = (from.min(to), from.max(to), hop.carriage.port, hop.connection);
        let mut leaving = Vec::new();
        if hop.set_up.is_some() || !self.connections.contains(&key) {
            // A server that greets speaks first on a connection that its client opened.
            let greets = hop.set_up.is_none() && hop.to_server == Some(false);
            let connection = Connection::open(hop.carriage, if greets { to } else { from }, self.opened);
            self.opened += 1;
            leaving.extend(connection.set_up(hop, from));
            self.connections.insert(key, connection);
        }
        if let Some(connection) = self.connections.get_mut(&key)
            && leaves_ns(hop) != u64::MAX
        {
            leaving.extend(connection.send(hop, content, from, leaves_ns(hop)));
        }
        leaving
    }

    fn lane(&self, name: &str) -> Option<usize> {
        self.by_name.get(&name).copied()
    }

    fn put(&mut self, hop: &HopRow, ends: frame::Ends, protocol: u8, sent: u64, arrives: Option<u64>, payload: &[u8]) {
        let at_ns = match (self.tap, arrives) {
            (Tap::Sender, _) => sent,
            (Tap::Receiver, Some(arrives)) => arrives,
            (Tap::Receiver, None) => return,
        };
        self.identification = self.identification.wrapping_add(1);
        for frame in frame::frames(ends, protocol, self.identification, payload) {
            self.packets.push(Packet { at_ns, frame, comment: comment(hop) });
        }
    }
}

fn comment(hop: &HopRow) -> String {
    let mut text =
        format!("{}: {} from {} to {}, {}", hop.procedure, hop.message, hop.from, hop.to, hop.reference_point);
    if hop.transmission > 0 {
        text += &format!(", retransmission {}", hop.transmission);
    }
    if hop.lost {
        text += ", lost";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::recording::Group;
    use crate::measure::results::SetUpRow;
    use crate::wire::{Carriage, Protocol};
    use etherparse::{SlicedPacket, TransportSlice};

    fn recording(hops: Vec<HopRow>) -> Recording {
        let lane = |name: &str, last| LaneRow {
            name: name.to_owned(),
            function: "UE",
            group: Group::Network("n".to_owned()),
            address: [10, 0, 0, last],
        };
        Recording { lanes: vec![lane("a", 1), lane("b", 2)], hops, ..Recording::default() }
    }

    /// Instant, whether from `a`, flags, sequence number and acknowledgement less the first ones, octets.
    fn segments(packets: &[Packet]) -> Vec<(u64, bool, String, u32, u32, usize)> {
        let mut first = [None; 2];
        let segment = |packet: &Packet| {
            let sliced = SlicedPacket::from_ethernet(&packet.frame).expect("a packet");
            let Some(TransportSlice::Tcp(tcp)) = sliced.transport else { panic!("no TCP") };
            let side = usize::from(tcp.source_port() == 80);
            first[side].get_or_insert(tcp.sequence_number());
            let relative = |number: u32, side: usize| first[side].map_or(0, |first| number.wrapping_sub(first));
            let flags = [(tcp.syn(), 'S'), (tcp.ack(), 'A'), (tcp.psh(), 'P')];
            let flags: String = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect();
            let (sequence, acknowledged) = (tcp.sequence_number(), tcp.acknowledgment_number());
            let octets = tcp.payload().len();
            (packet.at_ns, side == 0, flags, relative(sequence, side), relative(acknowledged, 1 - side), octets)
        };
        packets.iter().map(segment).collect()
    }

    #[test]
    fn a_connection_is_set_up_and_its_segments_follow_one_another() {
        let http = |from: &str, to: &str, octets: usize, sent_ns, arrives_ns| HopRow {
            arrives_ns: Some(arrives_ns),
            carriage: Carriage::of(Protocol::Http, true, true),
            connection: Some(7),
            content: vec![b'x'; octets],
            ..HopRow::example(from, to, "GET", sent_ns)
        };
        let set_up = SetUpRow { syn_arrives_ns: 20, accepted_ns: Some(30) };
        let request = HopRow { set_up: Some(set_up), ..http("a", "b", 100, 10, 40) };
        let recording = recording(vec![request, http("b", "a", 3000, 50, 60)]);
        let row = |at, from_a, flags: &str, sequence, acknowledged, octets| {
            (at, from_a, flags.to_owned(), sequence, acknowledged, octets)
        };
        let expected = [
            row(10, true, "S", 0, 0, 0),
            row(20, false, "SA", 0, 1, 0),
            row(30, true, "A", 1, 1, 0),
            row(30, true, "AP", 1, 1, 100),
            row(50, false, "A", 1, 101, 1460),
            row(50, false, "A", 1461, 101, 1460),
            row(50, false, "AP", 2921, 101, 80),
        ];
        assert_eq!(segments(&packets(&recording, Tap::Sender)), expected);
        let times: Vec<u64> = packets(&recording, Tap::Receiver).iter().map(|packet| packet.at_ns).collect();
        assert_eq!(times, [20, 30, 40, 40, 60, 60, 60]);
    }

    #[test]
    fn a_server_that_greets_speaks_first_on_a_connection_that_its_client_opened() {
        let greeting = HopRow {
            carriage: Carriage::of(Protocol::Smtp, true, false),
            to_server: Some(false),
            ..HopRow::example("b", "a", "220", 5)
        };
        let sent = packets(&recording(vec![greeting]), Tap::Sender);
        let from_a = |packet: &Packet| packet.frame[29] == 1;
        assert_eq!(sent.iter().map(from_a).collect::<Vec<_>>(), [true, false, true, false]);
    }

    #[test]
    fn a_long_datagram_is_cut_into_fragments_and_a_lost_one_misses_the_receiver() {
        let long = HopRow { content: vec![b'x'; 70_000], ..HopRow::example("a", "b", "MESSAGE", 5) };
        let lost = HopRow { arrives_ns: None, lost: true, ..HopRow::example("a", "b", "MESSAGE", 6) };
        let recording = recording(vec![long, lost]);
        let sent = packets(&recording, Tap::Sender);
        assert_eq!(sent.len(), 65_515usize.div_ceil(1480) + 1);
        let carried: usize = sent.iter().map(|packet| packet.frame.len() - 34).sum();
        assert_eq!(carried, 65_515 + 8 + 10);
        assert!(sent.iter().all(|packet| packet.frame.len() <= 1514));
        assert_eq!(packets(&recording, Tap::Receiver).len(), sent.len() - 1);
    }
}
