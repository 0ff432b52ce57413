//! The network between agents: topology and routes, links with latency, loss and rate, stations with servers and
//! queues, access types of terminals. It moves messages and knows nothing of experiments.

pub mod access;
pub mod link;
pub mod station;

pub use access::AccessSpec;
pub use link::LinkSpec;
pub use station::{Discipline, Overflow, StationSpec};
