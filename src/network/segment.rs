//! TCP connection set-up: the segments that go before the first message of a connection.

/// What a packet carries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Segment {
    /// A message.
    #[default]
    Message,
    /// SYN, from the side that opens the connection.
    Syn,
    /// SYN and ACK, the answer.
    SynAck,
}

impl Segment {
    /// Keeps the draws of the set-up and of the message itself apart: a bit pattern above the number of the
    /// transmission.
    pub const fn draw_mark(self) -> u16 {
        match self {
            Segment::Message => 0,
            Segment::Syn => 0x4000,
            Segment::SynAck => 0x8000,
        }
    }

    /// What follows once this has arrived.
    #[must_use]
    pub const fn next(self) -> Segment {
        match self {
            Segment::Syn => Segment::SynAck,
            Segment::SynAck | Segment::Message => Segment::Message,
        }
    }
}
