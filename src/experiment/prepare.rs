//! From an experiment file to what a campaign runs: the models, and the identity with the digests of all inputs.

use std::path::{Path, PathBuf};

use super::figure;
use super::manifest::{Figure, FigureKind, FileDigest, Manifest};
use super::plan::{Overrides, Plan};
use crate::scenario::Model;
use crate::scenario::config;
use crate::scenario::config::files::shown;

/// An experiment that is ready to run.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What it is.
    pub identity: Manifest,
    /// The model of each point.
    pub models: Vec<Model>,
}

/// Reads an experiment file. A path inside the current folder is taken relative to it, so that a manifest does not
/// tell where that folder lies.
///
/// # Errors
///
/// When a file is missing or wrong.
pub fn load(path: &Path, overrides: &Overrides) -> config::Result<Prepared> {
    let plan = Plan::load(&inside_current_folder(path), overrides)?;
    let identity = identity(&plan, overrides);
    let models = plan.points.into_iter().map(|point| point.model).collect();
    Ok(Prepared { identity, models })
}

/// The overrides that a results folder was made with.
pub fn overrides_of(manifest: &Manifest) -> Overrides {
    Overrides { sets: manifest.overrides.clone(), seed: Some(manifest.seed), replications: Some(manifest.replications) }
}

fn identity(plan: &Plan, overrides: &Overrides) -> Manifest {
    Manifest {
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        experiment: plan.name.clone(),
        question: plan.question.clone(),
        path: shown(&plan.path),
        inputs: plan.files.iter().map(|(path, octets)| FileDigest::of_bytes(path, octets)).collect(),
        seed: plan.seed,
        replications: plan.replications,
        overrides: overrides.sets.clone(),
        sweep: plan.keys.clone(),
        points: plan.points.iter().map(|point| point.values.clone()).collect(),
        figures: plan.figures.iter().map(|figure| drawable(figure, &plan.question)).collect(),
        results: Vec::new(),
    }
}

fn drawable(figure: &figure::Figure, question: &str) -> Figure {
    Figure {
        name: figure.name.clone(),
        title: figure.title.clone().unwrap_or_else(|| question.to_owned()),
        kind: match figure.kind {
            figure::FigureKind::Line => FigureKind::Line,
            figure::FigureKind::Bar => FigureKind::Bar,
        },
        x: figure.x.clone(),
        y: figure.y.clone(),
        by: figure.by.clone(),
        x_label: figure.x_label.clone(),
        y_label: figure.y_label.clone(),
        log_x: figure.log_x,
        log_y: figure.log_y,
    }
}

fn inside_current_folder(path: &Path) -> PathBuf {
    let inside = || path.strip_prefix(std::env::current_dir().ok()?).ok().map(Path::to_owned);
    inside().unwrap_or_else(|| path.to_owned())
}
