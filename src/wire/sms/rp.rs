//! The relay layer of short messages (3GPP TS 24.011 section 7.3): on the radio interface inside CP-DATA, over SIP as a
//! body of `application/vnd.3gpp.sms` (TS 24.341).

use super::ShortMessage;
use crate::kernel::EntityId;
use crate::wire::id::Token;
use crate::wire::names::Names;
use crate::wire::semi_octets;
use crate::wire::sink::{Counter, Sink};

/// A relay message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Rp {
    /// RP-DATA to a terminal with an SMS-DELIVER.
    Data {
        /// The service centre.
        centre: EntityId,
        /// The segment.
        message: ShortMessage,
    },
    /// RP-ACK of a terminal.
    Ack {
        /// The message that it has.
        id: Token,
        /// The segment.
        segment: u8,
    },
}

impl Rp {
    /// The name in ladders.
    pub const fn name(&self) -> &'static str {
        match self {
            Rp::Data { .. } => "RP-DATA",
            Rp::Ack { .. } => "RP-ACK",
        }
    }

    /// Writes the relay message.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        match self {
            Rp::Data { centre, message } => {
                // Message type, reference, originator address, empty destination address, user data.
                sink.bytes(&[0x01, message.id.raw() as u8]);
                sink.bytes(&[1 + semi_octets::NUMBER as u8, semi_octets::INTERNATIONAL]);
                sink.bytes(&semi_octets::number(false, *centre));
                sink.bytes(&[0x00, message.deliver_len(names) as u8]);
                message.write_deliver(names, sink);
            }
            // With an empty SMS-DELIVER-REPORT as user data.
            Rp::Ack { id, .. } => sink.bytes(&[0x02, id.raw() as u8, 0x41, 0x02, 0x00, 0x00]),
        }
    }

    /// Its octets.
    pub fn len(&self, names: &Names) -> u64 {
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }
}
