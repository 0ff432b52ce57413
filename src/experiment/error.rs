//! What can go wrong around the runs of an experiment.

use std::io;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

/// A failure that ends a subcommand.
#[derive(Debug, Error, Diagnostic)]
pub enum ExperimentError {
    /// A file could not be read.
    #[error("cannot read {}: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// A result file does not hold what it should.
    #[error("{} is not a result file of this tool: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A manifest does not hold what it should.
    #[error("{} is not a manifest of this tool: {reason}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The output folder holds something and `--resume` was not given.
    #[error("the folder {} is not empty", path.display())]
    #[diagnostic(help("{advice}"))]
    NotEmpty {
        /// The folder.
        path: PathBuf,
        /// What to do.
        advice: &'static str,
    },
    /// The output folder belongs to another run.
    #[error("cannot resume in {}: it belongs to another run ({difference})", path.display())]
    #[diagnostic(help("give the same inputs, seed, replications and overrides, or name another folder with --out"))]
    OtherRun {
        /// The folder.
        path: PathBuf,
        /// The first difference.
        difference: String,
    },
    /// A run broke an invariant.
    #[error("point {point}, replication {replication} (seed {seed}) failed: {message}")]
    #[diagnostic(help("this is a fault of the simulator; finished runs are kept"))]
    RunFailed {
        /// Index of the sweep point.
        point: u32,
        /// Index of the replication.
        replication: u32,
        /// Master seed.
        seed: u64,
        /// The message of the panic.
        message: String,
    },
    /// A figure names a measure that no run has.
    #[error("figure {figure}: found `y = \"{measure}\"`, expected a measure of the runs{nearest}")]
    #[diagnostic(help("docs/measures.md lists them, and summary.csv of a run without the figure"))]
    UnknownMeasure {
        /// The figure.
        figure: String,
        /// What it names.
        measure: String,
        /// The nearest known name as a question, or nothing.
        nearest: String,
    },
    /// The threads could not be started.
    #[error("cannot start {jobs} threads: {reason}")]
    Threads {
        /// Threads asked for.
        jobs: usize,
        /// Why.
        reason: String,
    },
}

impl ExperimentError {
    /// For `map_err` on reading `path`.
    pub fn reading(path: &Path) -> impl FnOnce(io::Error) -> ExperimentError {
        let path = path.to_owned();
        move |reason| ExperimentError::Read { path, reason }
    }

    /// For `map_err` on writing `path`.
    pub fn writing(path: &Path) -> impl FnOnce(io::Error) -> ExperimentError {
        let path = path.to_owned();
        move |reason| ExperimentError::Write { path, reason }
    }

    /// For `map_err` on the rows of the CSV file `path`.
    pub fn csv(path: &Path) -> impl FnOnce(csv::Error) -> ExperimentError {
        let path = path.to_owned();
        move |source| ExperimentError::Malformed { path, reason: source.to_string() }
    }
}
