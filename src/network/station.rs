//! A node as a station: servers, a queue, service times per message class, and what happens when the queue is full.

use crate::kernel::{Distribution, Span};

/// The order in which waiting messages are served.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Discipline {
    /// In order of arrival (`fifo`).
    #[default]
    Fifo,
    /// The lowest priority number first; the one in service is not interrupted (`priority`).
    Priority,
    /// The lowest priority number first; it interrupts a less urgent one, which resumes later (`preemptive_priority`).
    PreemptivePriority,
}

/// What becomes of a message that finds the queue full.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Overflow {
    /// It is dropped (`drop`).
    #[default]
    Drop,
    /// A request is answered with 503, everything else is dropped (`503`).
    Reject {
        /// The Retry-After of the 503.
        retry_after: Option<Span>,
    },
}

/// The station of every instance of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct StationSpec {
    /// Servers of one instance; `None` is as many as needed.
    pub servers: Option<u32>,
    /// Messages that can wait beside those in service; `None` is no limit.
    pub queue: Option<u32>,
    /// Order of service.
    pub discipline: Discipline,
    /// What becomes of a message that finds the queue full.
    pub overflow: Overflow,
    /// Service time in seconds of a message class without an entry of its own.
    pub default_service: Distribution,
    /// Service time in seconds by message class: a SIP method (`MESSAGE`), `response`, `Diameter`, or the class of a
    /// workload for datagrams.
    pub service: Vec<(String, Distribution)>,
    /// Priority by message class, 0 the most urgent; a class without an entry has 9.
    pub priority: Vec<(String, u8)>,
}

impl Default for StationSpec {
    /// One server that takes no time: no message ever waits.
    fn default() -> Self {
        StationSpec {
            servers: Some(1),
            queue: None,
            discipline: Discipline::Fifo,
            overflow: Overflow::Drop,
            default_service: Distribution::Constant(0.0),
            service: Vec::new(),
            priority: Vec::new(),
        }
    }
}
