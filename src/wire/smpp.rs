//! SMPP 3.4 between who submits short messages and the service centre: submit_sm and its response. Segments are
//! submitted one by one with their user data header.

use super::message::MessageKind;
use super::names::Names;
use super::sink::{Counter, Sink};
use super::sms::ShortMessage;
use crate::kernel::EntityId;

/// An SMPP PDU about a segment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Smpp {
    /// The service centre.
    pub centre: EntityId,
    /// The segment.
    pub message: ShortMessage,
    /// What it is.
    pub line: SmppLine,
}

/// What an SMPP PDU is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SmppLine {
    /// submit_sm.
    Submit,
    /// submit_sm_resp with command status: 0, or that of an error.
    Response(u32),
}

/// Command status of a response that takes the message.
pub const OK: u32 = 0;

impl SmppLine {
    /// The name in results.
    pub const fn name(self) -> &'static str {
        match self {
            SmppLine::Submit => "submit_sm",
            SmppLine::Response(_) => "submit_sm_resp",
        }
    }
}

impl Smpp {
    /// What it is.
    pub fn kind(&self) -> MessageKind {
        MessageKind::Smpp(self.line)
    }

    /// Writes the PDU.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        let (command, status) = match self.line {
            SmppLine::Submit => (0x0000_0004u32, 0),
            SmppLine::Response(status) => (0x8000_0004, status),
        };
        let mut body = Counter::default();
        self.write_body(names, &mut body);
        let sequence = self.message.id.raw() as u32 & 0x7fff_ffff;
        for number in [16 + body.0 as u32, command, status, sequence] {
            sink.bytes(&number.to_be_bytes());
        }
        self.write_body(names, sink);
    }

    fn write_body(&self, names: &Names, sink: &mut impl Sink) {
        match self.line {
            SmppLine::Submit => self.write_submission(names, sink),
            SmppLine::Response(OK) => {
                sink.hex16(self.message.id.raw());
                sink.bytes(&[0]);
            }
            // The body is left out where the status is an error.
            SmppLine::Response(_) => {}
        }
    }

    fn write_submission(&self, names: &Names, sink: &mut impl Sink) {
        // Default service type; numbers are international (1) in plan E.164 (1).
        sink.bytes(&[0, 1, 1]);
        // `4609` stands for a node, as its semi-octets have it.
        digits(sink, 4609, self.message.from);
        sink.bytes(&[0, 1, 1]);
        digits(sink, 4673, self.message.to);
        let esm_class = if self.message.has_header() { 0x40 } else { 0 };
        // esm_class, protocol_id, priority_flag, no schedule, default validity, no receipt, no replacement.
        sink.bytes(&[0, esm_class, 0, 0, 0, 0, 0, 0]);
        let mut data = Counter::default();
        self.message.write_unpacked(names, &mut data);
        sink.bytes(&[self.message.data_coding(), 0, data.0 as u8]);
        self.message.write_unpacked(names, sink);
    }

    /// Its octets on the wire.
    pub fn wire_len(&self, names: &Names) -> u64 {
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }
}

fn digits(sink: &mut impl Sink, prefix: u64, entity: EntityId) {
    sink.digits(prefix, 4);
    sink.digits(u64::from(entity.0), 8);
}
