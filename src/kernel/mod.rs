//! The discrete-event kernel: virtual time, the total order of events, the event queue, named random streams and
//! the distributions that are sampled from them. It knows nothing of SIP or users.

pub mod distribution;
pub mod lanes;
pub mod lookup;
pub mod order;
pub mod queue;
pub mod scheduler;
pub mod slab;
pub mod streams;
pub mod table;
pub mod time;
mod timer_lane;

pub use distribution::{Distribution, DistributionError};
pub use order::{EntityId, EventClass, EventKey, OrderRules};
pub use scheduler::{EventHandle, Scheduler, SchedulerCounts};
pub use streams::{Draw, Purpose, Streams};
pub use time::{Span, Time};
