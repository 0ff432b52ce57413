//! From an experiment file to what a campaign runs: the models, and the identity with the digests of all inputs.

use std::path::Path;

use super::manifest::Manifest;
use crate::scenario::Model;

/// What the command line or a manifest puts in place of the experiment's own settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// Master seed.
    pub seed: Option<u64>,
    /// Replications of each point.
    pub replications: Option<u32>,
    /// Overrides of the model, `KEY=VALUE`.
    pub overrides: Vec<String>,
}

/// An experiment that is ready to run.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What it is.
    pub identity: Manifest,
    /// The model of each point.
    pub models: Vec<Model>,
}

impl PlanOptions {
    /// The settings that a results folder was made with.
    pub fn of(manifest: &Manifest) -> PlanOptions {
        PlanOptions {
            seed: Some(manifest.seed),
            replications: Some(manifest.replications),
            overrides: manifest.overrides.clone(),
        }
    }
}

/// Reads an experiment file.
///
/// # Errors
///
/// When a file is missing or wrong.
pub fn load(path: &Path, _options: &PlanOptions) -> miette::Result<Prepared> {
    Err(miette::miette!("cannot read {}: experiment files are not available yet", path.display()))
}
