//! What crosses the radio interface for short messages: CP messages around the relay layer (3GPP TS 24.011 section
//! 7.2), and the attachment that makes a terminal reachable (location updating and IMSI detach of TS 24.008). The
//! octets are those of layer 3.

use super::Rp;
use crate::kernel::EntityId;
use crate::wire::message::MessageKind;
use crate::wire::names::Names;
use crate::wire::semi_octets;
use crate::wire::sink::{Counter, Sink};

/// A message between a terminal and its MSC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Radio {
    /// The terminal.
    pub terminal: EntityId,
    /// What it says.
    pub line: RadioLine,
    /// The relay message of CP-DATA, or the one that CP-ACK answers.
    pub relay: Option<Rp>,
}

/// What is said on the radio interface.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RadioLine {
    /// CP-DATA with an RP-DATA.
    Data,
    /// CP-ACK.
    Acknowledgement,
    /// CP-DATA with an RP-ACK.
    Report,
    /// LOCATION UPDATING REQUEST of the kind IMSI attach.
    Attach,
    /// LOCATION UPDATING ACCEPT.
    Attached,
    /// IMSI DETACH INDICATION.
    Detach,
}

impl RadioLine {
    /// All.
    pub const ALL: [RadioLine; 6] = [
        RadioLine::Data,
        RadioLine::Acknowledgement,
        RadioLine::Report,
        RadioLine::Attach,
        RadioLine::Attached,
        RadioLine::Detach,
    ];

    /// The name in results.
    pub const fn name(self) -> &'static str {
        match self {
            RadioLine::Data => "CP-DATA(RP-DATA)",
            RadioLine::Acknowledgement => "CP-ACK",
            RadioLine::Report => "CP-DATA(RP-ACK)",
            RadioLine::Attach => "LOCATION UPDATING REQUEST",
            RadioLine::Attached => "LOCATION UPDATING ACCEPT",
            RadioLine::Detach => "IMSI DETACH",
        }
    }
}

/// Protocol discriminator of short messages.
const SMS: u8 = 0x09;
/// Protocol discriminator of mobility management.
const MOBILITY: u8 = 0x05;
/// Location area: country 240, network 01, area 1.
const AREA: [u8; 5] = [0x42, 0xf0, 0x10, 0x00, 0x01];

impl Radio {
    /// What it is.
    pub fn kind(&self) -> MessageKind {
        MessageKind::Sms(self.line)
    }

    /// Writes the message.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        match self.line {
            RadioLine::Data | RadioLine::Report => {
                let len = self.relay.map_or(0, |relay| relay.len(names));
                sink.bytes(&[SMS, 0x01, len as u8]);
                if let Some(relay) = &self.relay {
                    relay.write(names, sink);
                }
            }
            RadioLine::Acknowledgement => sink.bytes(&[SMS, 0x04]),
            RadioLine::Attach => {
                sink.bytes(&[MOBILITY, 0x08, 0x72]);
                sink.bytes(&AREA);
                // Classmark 1 and the IMSI.
                sink.bytes(&[0x33]);
                self.identity(sink);
            }
            RadioLine::Attached => {
                sink.bytes(&[MOBILITY, 0x02]);
                sink.bytes(&AREA);
            }
            RadioLine::Detach => {
                sink.bytes(&[MOBILITY, 0x01, 0x33]);
                self.identity(sink);
            }
        }
    }

    /// Mobile identity: length, first digit with type IMSI, digits.
    fn identity(&self, sink: &mut impl Sink) {
        let imsi = semi_octets::imsi(self.terminal);
        let digits: Vec<u8> = imsi.iter().flat_map(|octet| [octet & 0xf, octet >> 4]).collect();
        sink.bytes(&[8, digits[0] << 4 | 0x09]);
        for pair in digits[1..15].chunks(2) {
            sink.bytes(&[pair[0] | pair[1] << 4]);
        }
    }

    /// Its octets on the wire.
    pub fn wire_len(&self, names: &Names) -> u64 {
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }
}
