//! Ethernet frames, IPv4 packets with their fragments, UDP datagrams.

use etherparse::{EtherType, Ethernet2Header, IpFragOffset, IpNumber, Ipv4Header, UdpHeader};

/// Protocol number of TCP.
pub const TCP: u8 = IpNumber::TCP.0;
/// Protocol number of UDP.
pub const UDP: u8 = IpNumber::UDP.0;
/// Protocol number of SCTP.
pub const SCTP: u8 = IpNumber::SCTP.0;

/// Most octets of an IPv4 packet's payload in one Ethernet frame; a multiple of 8, as offsets of fragments are.
const PAYLOAD_MAX: usize = 1480;
/// Most octets of content in a UDP datagram over IPv4.
const UDP_MAX: usize = 65_507;
/// Time to live.
const TTL: u8 = 64;

/// Addresses of sender and receiver.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    /// Sender.
    pub from: [u8; 4],
    /// Receiver.
    pub to: [u8; 4],
}

impl Ends {
    /// The way back.
    pub fn turned(self) -> Ends {
        Ends { from: self.to, to: self.from }
    }

    /// An IPv4 header for so many octets.
    pub fn ip_header(self, protocol: u8, octets: usize) -> Ipv4Header {
        let octets = u16::try_from(octets).unwrap_or(u16::MAX - 20);
        Ipv4Header::new(octets, TTL, IpNumber(protocol), self.from, self.to).expect("at most 65,515 octets of payload")
    }
}

/// A UDP datagram between equal ports. Content that exceeds the length that UDP can say is cut.
pub fn udp(ends: Ends, port: u16, content: &[u8]) -> Vec<u8> {
    let content = &content[..content.len().min(UDP_MAX)];
    let ip = ends.ip_header(UDP, content.len() + UdpHeader::LEN);
    let header = UdpHeader::with_ipv4_checksum(port, port, &ip, content).expect("the length fits");
    let mut datagram = header.to_bytes().to_vec();
    datagram.extend_from_slice(content);
    datagram
}

/// The frames that carry the payload of one IPv4 packet.
pub fn frames(ends: Ends, protocol: u8, identification: u16, payload: &[u8]) -> Vec<Vec<u8>> {
    let fragments = payload.len().div_ceil(PAYLOAD_MAX).max(1);
    let frame = |(at, part): (usize, &[u8])| {
        let mut ip = ends.ip_header(protocol, part.len());
        ip.identification = identification;
        ip.dont_fragment = false;
        ip.more_fragments = at + 1 < fragments;
        ip.fragment_offset = IpFragOffset::try_new((at * PAYLOAD_MAX / 8) as u16).expect("less than 65,536 octets");
        ip.header_checksum = ip.calc_header_checksum();
        let mut frame = ethernet(ends).to_bytes().to_vec();
        frame.extend_from_slice(&ip.to_bytes());
        frame.extend_from_slice(part);
        frame
    };
    if payload.is_empty() {
        return vec![frame((0, payload))];
    }
    payload.chunks(PAYLOAD_MAX).enumerate().map(frame).collect()
}

/// Locally administered addresses, made of the IPv4 addresses.
fn ethernet(ends: Ends) -> Ethernet2Header {
    let mac = |[a, b, c, d]: [u8; 4]| [2, 0, a, b, c, d];
    Ethernet2Header { source: mac(ends.from), destination: mac(ends.to), ether_type: EtherType::IPV4 }
}
