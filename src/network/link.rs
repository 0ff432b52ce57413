//! Links between nodes: latency, loss and rate.

use crate::kernel::Distribution;

/// A link of the topology (`[[links]]`).
#[derive(Clone, Debug, PartialEq)]
pub struct LinkSpec {
    /// Index of the node at one end, in [`crate::scenario::Model::nodes`].
    pub from: usize,
    /// Index of the node at the other end.
    pub to: usize,
    /// Whether the link carries traffic in both directions.
    pub duplex: bool,
    /// One-way latency in seconds, at least 1 ns.
    pub latency: Distribution,
    /// Probability that a datagram is lost, 0 to 1.
    pub loss: f64,
    /// Octets per second in each direction; `None` is unlimited.
    pub rate: Option<f64>,
}
