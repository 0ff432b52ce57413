//! Experiment files: a question, a model, and the points of a sweep, each with its validated model.
//!
//! A value that is fixed goes into every point in this order: the experiment's own `horizon` and `warm_up`, `[set]`,
//! the command line's `--set`. What varies comes last: the case, then the swept keys.

use std::path::{Path, PathBuf};

use super::figure::{Figure, figures};
use super::grid::{Axis, axes, fixed, points};
use crate::scenario::Model;
use crate::scenario::config::decode::{Cursor, Fields};
use crate::scenario::config::files::{relative_to, shown};
use crate::scenario::config::origin::Source;
use crate::scenario::config::tree::{Node, parse_document};
use crate::scenario::config::{ConfigError, Document, Files, Override, Result};
use crate::scenario::show::show_model;

const KEYS: [&str; 10] =
    ["question", "model", "seed", "replications", "warm_up", "horizon", "set", "sweep", "figure", "case"];

/// What the command line puts in place of the experiment's own values.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Overrides {
    /// `KEY=VALUE` each, for the model of every point.
    pub sets: Vec<String>,
    /// Master seed.
    pub seed: Option<u64>,
    /// Replications of each point.
    pub replications: Option<u32>,
}

/// An experiment, ready to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// File name without folder and extension.
    pub name: String,
    /// The question in one sentence.
    pub question: String,
    /// The experiment file.
    pub path: PathBuf,
    /// Master seed of all points.
    pub seed: u64,
    /// Replications of each point, at least one.
    pub replications: u32,
    /// Figures in file order.
    pub figures: Vec<Figure>,
    /// Swept keys, the columns of `points.csv`; `case` first where there are cases.
    pub keys: Vec<String>,
    /// Points in order; the last key varies fastest.
    pub points: Vec<Point>,
    /// Path and octets of each file that was read, the experiment file first.
    pub files: Vec<(String, Vec<u8>)>,
}

/// A point of the sweep.
#[derive(Clone, Debug)]
pub struct Point {
    /// Number of the point, from 0.
    pub index: usize,
    /// The value of each swept key, as in `points.csv`.
    pub values: Vec<String>,
    /// The model of this point.
    pub model: Model,
}

impl Plan {
    /// Reads the experiment file at `path`. Every point's model is validated.
    ///
    /// # Errors
    ///
    /// When a file is missing or wrong; the error says in which point, where it is not in all.
    pub fn load(path: &Path, overrides: &Overrides) -> Result<Plan> {
        let mut files = Files::new();
        let tree = parse_document(&files.text(path, None)?)?;
        refuse_model(&tree)?;
        let top = Cursor::top(&tree).fields(&KEYS)?;
        let mut plan = Plan {
            name: path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
            question: question(&top)?,
            path: path.to_owned(),
            seed: 1,
            replications: replications(&top, overrides)?,
            figures: Vec::new(),
            keys: Vec::new(),
            points: Vec::new(),
            files: Vec::new(),
        };
        let document = document(&top, path, overrides, &mut files)?;
        let axes = axes(&top)?;
        refuse_conflicts(&axes, &fixed(&top)?, &sets(overrides)?)?;
        plan.keys = axes.iter().map(|axis| axis.key.clone()).collect();
        plan.points = build_points(&document, &axes, &mut files)?;
        plan.figures = figures(&top, &plan.keys)?;
        let model_seed = plan.points.first().map_or(1, |point| point.model.seed);
        let own_seed = top.opt("seed", |cursor| cursor.integer(0..=i64::MAX as u64))?;
        plan.seed = overrides.seed.or(own_seed).unwrap_or(model_seed);
        plan.points.iter_mut().for_each(|point| point.model.seed = plan.seed);
        plan.files = files.into_read().into_iter().map(|(path, octets)| (shown(&path), octets)).collect();
        Ok(plan)
    }

    /// The numbered points, and the fully resolved model of the first.
    pub fn show(&self) -> String {
        let mut text = format!("# experiment {}\n# {}\n", self.name, self.question);
        text.push_str(&format!("# seed {}, replications {}\n", self.seed, self.replications));
        for point in &self.points {
            text.push_str(&format!("# point {}{}\n", point.index, assignments(&self.keys, &point.values)));
        }
        if let Some(first) = self.points.first() {
            text.push_str(&format!("\n# The model of point {}:\n{}", first.index, show_model(&first.model)));
        }
        text
    }
}

/// Whether the file at `path` is an experiment: it has a `question`.
///
/// # Errors
///
/// When the file cannot be read or is not TOML.
pub fn is_experiment(path: &Path) -> Result<bool> {
    let tree = parse_document(&Files::new().text(path, None)?)?;
    Ok(tree.value.as_table().is_some_and(|table| table.get("question").is_some()))
}

/// A model where an experiment should be is told so.
fn refuse_model(tree: &Node) -> Result<()> {
    let has = |key| tree.value.as_table().is_some_and(|table| table.get(key).is_some());
    if has("question") || has("model") || !(has("nodes") || has("include") || has("population")) {
        return Ok(());
    }
    Err(ConfigError::new(
        &tree.origin,
        "",
        "a model file",
        "an experiment file: it has a `question` and names a `model`",
    ))
}

/// What `pushsim show` prints for the model or experiment at `path`.
///
/// # Errors
///
/// When a file is missing or wrong.
pub fn show_file(path: &Path, overrides: &Overrides) -> Result<String> {
    if is_experiment(path)? {
        return Ok(Plan::load(path, overrides)?.show());
    }
    let mut model = crate::scenario::config::load(path, &sets(overrides)?)?;
    model.seed = overrides.seed.unwrap_or(model.seed);
    Ok(show_model(&model))
}

fn question(top: &Fields<'_>) -> Result<String> {
    const EXPECTED: &str = "the question of the experiment in one sentence";
    let cursor = top.need("question", EXPECTED)?;
    let text = cursor.text()?.trim();
    if text.is_empty() || text.contains('\n') { Err(cursor.fail(EXPECTED)) } else { Ok(text.to_owned()) }
}

fn replications(top: &Fields<'_>, overrides: &Overrides) -> Result<u32> {
    let own = top.or("replications", 1, |cursor| cursor.count(1))?;
    match overrides.replications {
        Some(0) => {
            let source = Source { name: "--replications".to_owned(), text: None };
            let origin = crate::scenario::config::origin::Origin::new(&source.into(), 0..0);
            Err(ConfigError::new(&origin, "replications", "0", "at least 1"))
        }
        Some(replications) => Ok(replications),
        None => Ok(own),
    }
}

fn sets(overrides: &Overrides) -> Result<Vec<Override>> {
    overrides.sets.iter().map(|set| Override::parse(set)).collect()
}

/// The model with everything that is the same in all points.
fn document(top: &Fields<'_>, path: &Path, overrides: &Overrides, files: &mut Files) -> Result<Document> {
    let cursor = top.need("model", "the path of a model file")?;
    let model_path = relative_to(path, cursor.text()?);
    let mut document = Document::open(&model_path, Some((cursor.origin(), "model")), files)?;
    for key in ["horizon", "warm_up"] {
        if let Some(cursor) = top.get(key) {
            document.set(&Override::new(key, cursor.node.clone())?)?;
        }
    }
    fixed(top)?.iter().try_for_each(|change| document.set(change))?;
    sets(overrides)?.iter().try_for_each(|change| document.set(change))?;
    Ok(document)
}

/// A swept key cannot be fixed as well, and the seed belongs to the experiment.
fn refuse_conflicts(axes: &[Axis], fixed: &[Override], sets: &[Override]) -> Result<()> {
    let swept = || axes.iter().flat_map(|axis| axis.choices.iter().flat_map(|choice| choice.changes.iter()));
    for change in fixed.iter().chain(sets) {
        if swept().any(|swept| swept.key() == change.key()) {
            let expected = "a key that the experiment does not sweep";
            return Err(ConfigError::new(change.origin(), change.key(), "a key of [sweep] or [[case]]", expected));
        }
    }
    for change in fixed.iter().chain(sets).chain(swept()) {
        if change.key() == "seed" {
            let expected = "the experiment's own `seed`, or `--seed`";
            return Err(ConfigError::new(change.origin(), "seed", "a seed for the model of a point", expected));
        }
    }
    Ok(())
}

fn build_points(document: &Document, axes: &[Axis], files: &mut Files) -> Result<Vec<Point>> {
    let keys: Vec<String> = axes.iter().map(|axis| axis.key.clone()).collect();
    let mut built = Vec::new();
    for (index, choices) in points(axes)?.into_iter().enumerate() {
        let values: Vec<String> = choices.iter().map(|choice| choice.text.clone()).collect();
        let mut document = document.clone();
        let changes = choices.iter().flat_map(|choice| choice.changes.iter());
        let model =
            changes.into_iter().try_for_each(|change| document.set(change)).and_then(|()| document.model(files));
        let model = model.map_err(|error| match axes {
            [] => error,
            [..] => error.within(format!("point {index}{}", assignments(&keys, &values))),
        })?;
        built.push(Point { index, values, model });
    }
    Ok(built)
}

/// ` (key = value, …)`
fn assignments(keys: &[String], values: &[String]) -> String {
    let pairs: Vec<String> = keys.iter().zip(values).map(|(key, value)| format!("{key} = {value}")).collect();
    if pairs.is_empty() { String::new() } else { format!(" ({})", pairs.join(", ")) }
}

/// The place of a section's value, marked with the name of the section.
pub(super) fn through(node: &Node, section: &'static str) -> Node {
    Node { origin: node.origin.through(section), value: node.value.clone() }
}

#[cfg(test)]
mod tests;
