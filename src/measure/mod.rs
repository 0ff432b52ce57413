//! Measurement: counters, histograms, timelines, race and invariant checkers, fingerprint, traces. All are fed by
//! observations; none reads a node.

pub mod results;

pub use results::RunResults;
