//! Connections of TCP (RFC 9293) and associations of SCTP (RFC 9260): set-up, ports, sequence numbers.

use std::collections::VecDeque;

use etherparse::TcpHeader;

use super::frame::{Ends, SCTP, TCP};
use crate::measure::results::HopRow;
use crate::wire::{Carriage, Transport};

/// Most octets of content in one segment or chunk: an Ethernet frame without the headers of IPv4 and TCP.
const SEGMENT_MAX: usize = 1460;
/// The same for a DATA chunk of SCTP, whose length is a multiple of 4.
const CHUNK_MAX: usize = 1452;
/// First port of the side that opens a connection, and how many there are (RFC 6335).
const EPHEMERAL: (u32, u32) = (49_152, 16_384);
/// Receive window that every segment tells.
const WINDOW: u16 = u16::MAX;

/// A segment or chunk on its way.
#[derive(Debug)]
pub struct Leaving {
    /// Whether it goes against the direction of the message that caused it.
    pub back: bool,
    /// When it leaves.
    pub sent_ns: u64,
    /// When it arrives.
    pub arrives_ns: Option<u64>,
    source_port: u16,
    destination_port: u16,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Tcp { flags: Flags, sequence: u32, acknowledged: u32, octets: Vec<u8> },
    Sctp { tag: u32, chunk: Vec<u8> },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flags {
    Syn,
    SynAck,
    Ack,
    Push,
}

/// What one side of a connection has sent.
#[derive(Clone, Debug, Default)]
struct Sent {
    /// Sequence number of the next octet, or of the next chunk.
    next: u32,
    /// Ends of what is under way, each with its arrival.
    under_way: VecDeque<(u64, u32)>,
    /// What has arrived at the other side, all before it included.
    arrived: u32,
    /// Messages sent.
    messages: u16,
}

impl Sent {
    /// What the other side has by `now`.
    fn arrived_by(&mut self, now: u64) -> u32 {
        while let Some((_, end)) = self.under_way.pop_front_if(|(arrives, _)| *arrives <= now) {
            self.arrived = end;
        }
        self.arrived
    }
}

/// A connection: side 0 opened it.
#[derive(Clone, Debug)]
pub struct Connection {
    carriage: Carriage,
    opener: usize,
    ephemeral: u16,
    first: [u32; 2],
    sent: [Sent; 2],
}

impl Connection {
    /// The `number`-th connection of a capture, opened by lane `opener`.
    pub fn open(carriage: Carriage, opener: usize, number: u32) -> Connection {
        let first = [number.wrapping_mul(0x0001_0003), number.wrapping_mul(0x0001_0003) ^ 0x8000_0000];
        // SYN takes a sequence number of TCP; the first chunk of SCTP has the initial one.
        let shift = u32::from(carriage.transport == Transport::Tcp);
        let sent = first.map(|first| {
            let next = first.wrapping_add(shift);
            Sent { next, arrived: next, ..Sent::default() }
        });
        let ephemeral = (EPHEMERAL.0 + number % EPHEMERAL.1) as u16;
        Connection { carriage, opener, ephemeral, first, sent }
    }

    /// What sets it up for a message of lane `from`, which leaves behind it.
    pub fn set_up(&self, hop: &HopRow, from: usize) -> Vec<Leaving> {
        // Where the set-up was not simulated it all happens when the message leaves, and when it arrives.
        let (out, back, last) = match hop.set_up {
            Some(times) => (
                (hop.sent_ns, Some(times.syn_arrives_ns)),
                Some((times.syn_arrives_ns, times.accepted_ns)),
                times.accepted_ns.map(|accepted| (accepted, hop.arrives_ns)),
            ),
            None => {
                let at = (hop.sent_ns, hop.arrives_ns);
                (at, Some(at), Some(at))
            }
        };
        let steps: Vec<(u8, Content)> = match self.carriage.transport {
            Transport::Sctp(_) => self.association().into_iter().zip([0, 1, 0, 1]).map(|(c, side)| (side, c)).collect(),
            Transport::Tcp | Transport::Udp => {
                self.handshake().into_iter().zip([0, 1, 0]).map(|(c, side)| (side, c)).collect()
            }
        };
        let times = [Some(out), back, last, last];
        let leaving = steps.into_iter().zip(times).filter_map(|((side, content), time)| {
            let (sent_ns, arrives_ns) = time?;
            let back = (side == 0) != (from == self.opener);
            Some(self.leaving(usize::from(side), back, sent_ns, arrives_ns, content))
        });
        leaving.collect()
    }

    fn handshake(&self) -> Vec<Content> {
        let [ours, theirs] = self.first;
        let segment =
            |flags, sequence, acknowledged| Content::Tcp { flags, sequence, acknowledged, octets: Vec::new() };
        vec![
            segment(Flags::Syn, ours, 0),
            segment(Flags::SynAck, theirs, ours.wrapping_add(1)),
            segment(Flags::Ack, ours.wrapping_add(1), theirs.wrapping_add(1)),
        ]
    }

    fn association(&self) -> Vec<Content> {
        let init = |kind: u8, side: usize, cookie: &[u8]| {
            let mut chunk = vec![kind, 0, 0, 0];
            chunk.extend(self.tag(side).to_be_bytes());
            chunk.extend(u32::from(WINDOW).to_be_bytes());
            chunk.extend([0, 1, 0, 1]);
            chunk.extend(self.first[side].to_be_bytes());
            chunk.extend(cookie);
            with_length(chunk)
        };
        // State cookie: parameter 7 with 8 octets.
        let cookie = [0, 7, 0, 8, 0, 0, 0, 1];
        vec![
            Content::Sctp { tag: 0, chunk: init(1, 0, &[]) },
            Content::Sctp { tag: self.tag(0), chunk: init(2, 1, &cookie) },
            Content::Sctp { tag: self.tag(1), chunk: with_length(vec![10, 0, 0, 0, 0, 0, 0, 1]) },
            Content::Sctp { tag: self.tag(0), chunk: with_length(vec![11, 0, 0, 0]) },
        ]
    }

    /// Verification tag that a side wants to see: never zero.
    fn tag(&self, side: usize) -> u32 {
        self.first[side] | 1
    }

    /// The segments of a message that lane `from` sends at `now`.
    pub fn send(&mut self, hop: &HopRow, content: &[u8], from: usize, now: u64) -> Vec<Leaving> {
        let side = usize::from(from != self.opener);
        let contents = match self.carriage.transport {
            Transport::Sctp(payload) => self.chunks(side, payload, content),
            Transport::Tcp | Transport::Udp => self.segments(side, now, content),
        };
        if let Some(arrives) = hop.arrives_ns {
            let end = self.sent[side].next;
            self.sent[side].under_way.push_back((arrives, end));
        }
        contents.into_iter().map(|content| self.leaving(side, false, now, hop.arrives_ns, content)).collect()
    }

    fn segments(&mut self, side: usize, now: u64, content: &[u8]) -> Vec<Content> {
        let acknowledged = self.sent[1 - side].arrived_by(now);
        let last = content.len().div_ceil(SEGMENT_MAX);
        let parts = content.chunks(SEGMENT_MAX).enumerate().map(|(at, part)| {
            let sequence = self.sent[side].next;
            self.sent[side].next = sequence.wrapping_add(part.len() as u32);
            let flags = if at + 1 == last { Flags::Push } else { Flags::Ack };
            Content::Tcp { flags, sequence, acknowledged, octets: part.to_vec() }
        });
        parts.collect()
    }

    fn chunks(&mut self, side: usize, payload: u32, content: &[u8]) -> Vec<Content> {
        let tag = self.tag(1 - side);
        let sent = &mut self.sent[side];
        let message = sent.messages;
        sent.messages = message.wrapping_add(1);
        let last = content.len().div_ceil(CHUNK_MAX);
        let parts = content.chunks(CHUNK_MAX).enumerate().map(|(at, part)| {
            let (first, last) = (u8::from(at == 0), u8::from(at + 1 == last));
            let mut chunk = vec![0, first << 1 | last, 0, 0];
            chunk.extend(sent.next.to_be_bytes());
            sent.next = sent.next.wrapping_add(1);
            chunk.extend([0, 0]);
            chunk.extend(message.to_be_bytes());
            chunk.extend(payload.to_be_bytes());
            chunk.extend(part);
            Content::Sctp { tag, chunk: with_length(chunk) }
        });
        parts.collect()
    }

    fn leaving(&self, side: usize, back: bool, sent_ns: u64, arrives_ns: Option<u64>, content: Content) -> Leaving {
        let ports = [self.ephemeral, self.carriage.port];
        let (source_port, destination_port) = (ports[side], ports[1 - side]);
        Leaving { back, sent_ns, arrives_ns, source_port, destination_port, content }
    }
}

impl Leaving {
    /// Protocol number and octets of the IPv4 payload between these ends.
    pub fn payload(&self, ends: Ends) -> (u8, Vec<u8>) {
        match &self.content {
            Content::Tcp { flags, sequence, acknowledged, octets } => {
                let mut header = TcpHeader::new(self.source_port, self.destination_port, *sequence, WINDOW);
                header.syn = matches!(flags, Flags::Syn | Flags::SynAck);
                header.ack = *flags != Flags::Syn;
                header.psh = *flags == Flags::Push;
                header.acknowledgment_number = *acknowledged;
                let ip = ends.ip_header(TCP, header.header_len() + octets.len());
                header.checksum = header.calc_checksum_ipv4(&ip, octets).expect("a segment fits a frame");
                let mut payload = header.to_bytes().to_vec();
                payload.extend_from_slice(octets);
                (TCP, payload)
            }
            Content::Sctp { tag, chunk } => {
                let mut packet = Vec::with_capacity(12 + chunk.len());
                packet.extend(self.source_port.to_be_bytes());
                packet.extend(self.destination_port.to_be_bytes());
                packet.extend(tag.to_be_bytes());
                packet.extend([0; 4]);
                packet.extend(chunk);
                let checksum = crc32c(&packet);
                packet[8..12].copy_from_slice(&checksum.to_le_bytes());
                (SCTP, packet)
            }
        }
    }
}

/// A chunk with its length filled in, padded to a multiple of 4 octets.
fn with_length(mut chunk: Vec<u8>) -> Vec<u8> {
    let length = (chunk.len() as u16).to_be_bytes();
    chunk[2..4].copy_from_slice(&length);
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

/// The checksum of SCTP (RFC 9260 appendix A).
fn crc32c(octets: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for octet in octets {
        crc ^= u32::from(*octet);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_has_the_published_value() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }
}
