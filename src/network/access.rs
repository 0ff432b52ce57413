//! The access of a terminal: radio latency, loss and rate, and the idle state with its wake-up and paging delays.

use crate::kernel::{Distribution, Span};

/// An access type, shared by all terminals of the devices that name it (`[access.NAME]`).
#[derive(Clone, Debug, PartialEq)]
pub struct AccessSpec {
    /// Name in the model file.
    pub name: String,
    /// One-way latency between a connected terminal and its P-CSCF, in seconds.
    pub latency: Distribution,
    /// Probability that a datagram is lost, per direction, 0 to 1.
    pub loss: f64,
    /// Octets per second in each direction; `None` is unlimited.
    pub rate: Option<f64>,
    /// A terminal without traffic for this long turns idle; `None` never does.
    pub idle_after: Option<Span>,
    /// Extra delay of an idle terminal's first uplink message (idle to connected), in seconds.
    pub promotion: Distribution,
    /// Extra delay of the first downlink message to an idle terminal (paging and promotion), in seconds.
    pub paging: Distribution,
}
