//! Measurement: counters, histograms, timelines, race and invariant checkers, fingerprint, traces. All are fed by
//! observations; none reads a node.

pub mod application_server;
pub mod average;
pub mod do_not_disturb;
pub mod early_reports;
pub mod failover;
pub mod filter;
pub mod fingerprint;
pub mod latency;
pub mod lifecycle;
pub mod messaging;
pub mod missing_reports;
mod meter;
pub mod plain;
pub mod push_mode;
mod pushes;
pub mod races;
pub mod recording;
pub mod results;
pub mod rows;
pub mod sessions;
pub mod signalling;
pub mod staleness;
pub mod stations;
pub mod trace;

pub use filter::Filter;
pub use meter::{MeasurePlan, Meter};
pub use results::RunResults;
pub use trace::{ConnectionSetUp, Fate, Hop, NoTrace, Recorder, Sighting, Trace};
