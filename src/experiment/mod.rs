//! Experiments: sweeps, replications, statistics, the results folder and its comparison with an earlier one.
//!
//! A [`campaign::Campaign`] runs every replication of every point, keeps each as a [`record::RunRecord`] and writes
//! the result files from all of them, so that neither the number of threads nor an interruption reaches a byte of
//! them.

pub mod campaign;
pub mod compare;
pub mod error;
pub mod figure;
pub mod figure_check;
pub mod folder;
pub mod format;
pub mod grid;
pub mod manifest;
pub mod plan;
pub mod prepare;
pub mod record;
pub mod results;
pub mod runner;
pub mod statistics;
pub mod summary;
#[cfg(test)]
pub(crate) mod synthetic;
pub mod wall;

pub use campaign::{Campaign, Outcome};
pub use error::ExperimentError;
pub use manifest::Manifest;
pub use runner::Progress;
