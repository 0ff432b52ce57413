//! The workloads of the kernel benchmark: what they are, apart from what runs them, so that other engines can be
//! measured on the same ones.
#![allow(clippy::disallowed_types, reason = "a benchmark measures wall-clock time")]
#![allow(dead_code, reason = "each benchmark that includes this file uses a part of it")]

pub mod chain;
pub mod engines;
pub mod phold;
pub mod random;
pub mod timers;

/// Logical processes of the small PHOLD.
pub const PHOLD_PROCESSES: u32 = 10_000;
/// Logical processes of the large PHOLD.
pub const PHOLD_PROCESSES_MANY: u32 = 1_000_000;
/// The delay of a PHOLD event is this, in nanoseconds, and an exponential.
pub const PHOLD_DELAY_LEAST: u64 = 100_000_000;
/// Mean of the exponential part, in nanoseconds.
pub const PHOLD_DELAY_MEAN: f64 = 1e9;

/// Mean time between messages of the timer workload, in nanoseconds: 10,000 a second.
pub const TIMERS_ARRIVAL_MEAN: f64 = 1e5;
/// What each message sets its timer to, in nanoseconds: 32 s.
pub const TIMERS_TIMEOUT: u64 = 32_000_000_000;
/// Mean time to the response that stops the timer, in nanoseconds: 50 ms.
pub const TIMERS_RESPONSE_MEAN: f64 = 5e7;
/// One message in this many has no response.
pub const TIMERS_LOST_ONE_IN: u64 = 100;

/// Proxies of the chain.
pub const CHAIN_PROXIES: u32 = 5;
/// Mean time between requests, in nanoseconds: 1000 a second.
pub const CHAIN_ARRIVAL_MEAN: f64 = 1e6;
/// Mean service time at a proxy, in nanoseconds: 0.35 ms.
pub const CHAIN_SERVICE_MEAN: f64 = 3.5e5;
/// Latency of each link, in nanoseconds: 5 ms.
pub const CHAIN_LINK: u64 = 5_000_000;
/// Mean response time in theory, in milliseconds: ten links, four proxies met twice, 1 / (mu - 2 lambda) each time, and
/// one met once, 1 / (mu - lambda).
pub const CHAIN_RESPONSE_MS: f64 = 59.8718;
/// Events of one request: its beginning, nine arrivals at a proxy, nine ends of service, its return.
pub const CHAIN_EVENTS: u64 = 20;

/// What a run did.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Units of work, as the workload counts them.
    pub units: u64,
    /// Seconds of processor time, set-up left out.
    pub seconds: f64,
    /// Equal for engines that did the same.
    pub hash: u64,
    /// What the workload measured of itself, to be held against theory.
    pub check: f64,
}

/// Measures the processor time of this thread where the system tells it (Linux, to a few milliseconds), so that
/// neighbours on the machine count less; the wall clock elsewhere.
pub struct Stopwatch {
    processor: Option<u64>,
    wall: std::time::Instant,
}

impl Stopwatch {
    /// Begins now.
    pub fn start() -> Stopwatch {
        Stopwatch { processor: processor_nanos(), wall: std::time::Instant::now() }
    }

    /// Seconds since the start.
    pub fn seconds(&self) -> f64 {
        match (self.processor, processor_nanos()) {
            (Some(begin), Some(end)) if end > begin => (end - begin) as f64 / 1e9,
            (Some(_) | None, Some(_) | None) => self.wall.elapsed().as_secs_f64(),
        }
    }
}

fn processor_nanos() -> Option<u64> {
    // Yielding makes the kernel bring its account of this thread up to date.
    std::thread::yield_now();
    let account = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    account.split_ascii_whitespace().next()?.parse().ok()
}

/// Mixes `value` into `hash`.
#[inline]
pub fn mix(hash: u64, value: u64) -> u64 {
    (hash ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23)
}
