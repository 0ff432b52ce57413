//! Plain datagrams of `source` and `sink`: a length and nothing else on the wire.

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
