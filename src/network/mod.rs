//! The network between agents: topology and routes, links with latency, loss and rate, stations with servers and
//! queues, access types of terminals. It moves messages and knows nothing of experiments.

pub mod access;
pub mod failures;
pub mod link;
pub mod segment;
pub mod station;
pub mod topology;
pub mod transmission;

pub use access::AccessSpec;
pub use failures::Failures;
pub use link::LinkSpec;
pub use segment::Segment;
pub use station::{Admission, Discipline, Job, Overflow, Station, StationSpec};
pub use topology::{Crossing, Topology};
pub use transmission::{Draws, Parcel, Radio, SenderQueues, Transmission, over_access, over_link};
