//! How each protocol is carried below its own octets: transport and port, as its specification says.

use super::message::Protocol;

/// A transport protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// SCTP with this payload protocol identifier.
    Sctp(u32),
}

/// What stands between the transport and the octets of a message in a capture.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Envelope {
    /// Nothing.
    None,
    /// SCCP and M3UA, for what crosses the network of signalling system number 7.
    M3ua,
    /// GSMTAP, for layer 3 of the radio interface.
    Gsmtap {
        /// Whether it comes from the terminal.
        uplink: bool,
    },
}

/// How a message is carried.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Carriage {
    /// Transport.
    pub transport: Transport,
    /// The well-known port: of both sides over UDP, of the side that was connected to otherwise.
    pub port: u16,
    /// Envelope.
    pub envelope: Envelope,
}

impl Transport {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Sctp(_) => "SCTP",
        }
    }
}

impl Carriage {
    const fn datagram(port: u16) -> Carriage {
        Carriage { transport: Transport::Udp, port, envelope: Envelope::None }
    }

    const fn connected(transport: Transport, port: u16) -> Carriage {
        Carriage { transport, port, envelope: Envelope::None }
    }

    /// How a message of `protocol` is carried. `tcp` tells which of the two a SIP message went over, `uplink` whether
    /// it comes from a terminal.
    pub const fn of(protocol: Protocol, tcp: bool, uplink: bool) -> Carriage {
        match protocol {
            Protocol::Sip if tcp => Carriage::connected(Transport::Tcp, 5060),
            Protocol::Sip => Carriage::datagram(5060),
            // 3GPP TS 29.229 section 5.2: SCTP; RFC 6733 section 11.4: payload protocol 46.
            Protocol::Diameter => Carriage::connected(Transport::Sctp(46), 3868),
            // The discard service (RFC 863): nobody reads the content.
            Protocol::Datagram => Carriage::datagram(9),
            Protocol::Msrp => Carriage::connected(Transport::Tcp, 2855),
            Protocol::Http | Protocol::Xcap | Protocol::Mms => Carriage::connected(Transport::Tcp, 80),
            Protocol::Imap => Carriage::connected(Transport::Tcp, 143),
            Protocol::Smtp => Carriage::connected(Transport::Tcp, 25),
            Protocol::Smpp => Carriage::connected(Transport::Tcp, 2775),
            // RFC 4666 section 7.1: payload protocol 3.
            Protocol::Map => Carriage { envelope: Envelope::M3ua, ..Carriage::connected(Transport::Sctp(3), 2905) },
            Protocol::Sms => Carriage { envelope: Envelope::Gsmtap { uplink }, ..Carriage::datagram(4729) },
        }
    }
}
