//! Plain datagrams of `source` and `sink`: a length and nothing else on the wire.

use super::sink::Sink;

/// A datagram on its way along a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Datagram {
    /// Workload that it belongs to, by index in the model.
    pub workload: u16,
    /// Position on the workload's path that it goes to: 0 is the first relay.
    pub hop: u16,
    /// Octets.
    pub octets: u32,
}

impl Datagram {
    /// Writes as many octets as it has.
    pub fn write(&self, sink: &mut impl Sink) {
        sink.filler(self.octets);
    }
}
