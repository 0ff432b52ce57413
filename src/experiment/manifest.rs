//! `manifest.json`: what was run, from which inputs, and the digests of what came out. Nothing in it depends on the
//! machine, the moment or the number of jobs.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::ExperimentError;

/// Name of the file in a results folder.
pub const MANIFEST: &str = "manifest.json";

/// The manifest of a results folder. Without `results` it is the identity of an experiment: two runs with equal
/// identities give equal bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the tool.
    pub tool_version: String,
    /// Name of the experiment.
    pub experiment: String,
    /// The question that it answers.
    pub question: String,
    /// The experiment file as given, relative to the folder that the tool was started in.
    pub path: String,
    /// Digests of the experiment file and of all that it reads.
    pub inputs: Vec<FileDigest>,
    /// Master seed.
    pub seed: u64,
    /// Replications of each point.
    pub replications: u32,
    /// Overrides of the command line, `KEY=VALUE`.
    pub overrides: Vec<String>,
    /// Swept keys.
    pub sweep: Vec<String>,
    /// Values of the swept keys, point by point.
    pub points: Vec<Vec<String>>,
    /// Figures to draw.
    pub figures: Vec<Figure>,
    /// Digests of the result files; empty until all runs are finished.
    pub results: Vec<FileDigest>,
}

/// A file and the BLAKE3 digest of its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDigest {
    /// Path or name of the file.
    pub file: String,
    /// 64 hexadecimal digits.
    pub blake3: String,
}

/// A figure of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// File name without extension.
    pub name: String,
    /// Title.
    pub title: String,
    /// Lines or bars.
    pub kind: FigureKind,
    /// Swept key on the horizontal axis.
    pub x: String,
    /// Measure of `summary.csv` on the vertical axis.
    pub y: String,
    /// Swept keys that make the series.
    pub by: Vec<String>,
    /// Label of the horizontal axis.
    pub x_label: Option<String>,
    /// Label of the vertical axis.
    pub y_label: Option<String>,
    /// Whether the horizontal axis is logarithmic.
    pub log_x: bool,
    /// Whether the vertical axis is logarithmic.
    pub log_y: bool,
}

/// How a figure is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureKind {
    /// Lines with markers and error bars.
    Line,
    /// Bars with error bars.
    Bar,
}

impl FileDigest {
    /// The digest of bytes in memory.
    pub fn of_bytes(file: impl Into<String>, bytes: &[u8]) -> FileDigest {
        FileDigest { file: file.into(), blake3: blake3::hash(bytes).to_hex().to_string() }
    }

    /// The digest of a file on disk, listed under `name`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn of_file(name: &str, path: &Path) -> Result<FileDigest, ExperimentError> {
        let mut hasher = blake3::Hasher::new();
        let file = fs::File::open(path).map_err(ExperimentError::reading(path))?;
        hasher.update_reader(file).map_err(ExperimentError::reading(path))?;
        Ok(FileDigest { file: name.to_owned(), blake3: hasher.finalize().to_hex().to_string() })
    }
}

impl Manifest {
    /// Reads the manifest of a results folder.
    ///
    /// # Errors
    ///
    /// When there is none or it is not one of this tool.
    pub fn read(folder: &Path) -> Result<Manifest, ExperimentError> {
        Manifest::read_file(&folder.join(MANIFEST))
    }

    /// Reads a manifest from a file of any name.
    ///
    /// # Errors
    ///
    /// When there is none or it is not one of this tool.
    pub fn read_file(path: &Path) -> Result<Manifest, ExperimentError> {
        let text = fs::read_to_string(path).map_err(ExperimentError::reading(path))?;
        serde_json::from_str(&text)
            .map_err(|source| ExperimentError::Manifest { path: path.to_owned(), reason: source.to_string() })
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a manifest holds only strings and whole numbers");
        text.push('\n');
        text
    }

    /// The manifest without its results.
    pub fn identity(&self) -> Manifest {
        Manifest { results: Vec::new(), ..self.clone() }
    }

    /// The first field in which two identities differ, with both values; `None` when they are equal.
    pub fn first_difference(&self, other: &Manifest) -> Option<String> {
        let describe = |what: &str, ours: &dyn std::fmt::Debug, theirs: &dyn std::fmt::Debug| {
            let (ours, theirs) = (format!("{ours:?}"), format!("{theirs:?}"));
            (ours != theirs).then(|| format!("{what}: {ours} in the folder, {theirs} asked"))
        };
        describe("version of the tool", &self.tool_version, &other.tool_version)
            .or_else(|| describe("experiment", &self.experiment, &other.experiment))
            .or_else(|| describe("seed", &self.seed, &other.seed))
            .or_else(|| describe("replications", &self.replications, &other.replications))
            .or_else(|| describe("overrides", &self.overrides, &other.overrides))
            .or_else(|| {
                let changed = self.changed_inputs(&other.inputs);
                (!changed.is_empty()).then(|| format!("changed input files: {}", changed.join(", ")))
            })
            .or_else(|| describe("path of the experiment", &self.path, &other.path))
            .or_else(|| (self.identity() != other.identity()).then(|| "the plan".to_owned()))
    }

    /// Names of the inputs whose digest is not the one of the manifest, or that one of the two lists lacks.
    pub fn changed_inputs(&self, now: &[FileDigest]) -> Vec<String> {
        let missing_or_changed = |from: &[FileDigest], to: &[FileDigest]| -> Vec<String> {
            from.iter().filter(|input| !to.contains(input)).map(|input| input.file.clone()).collect()
        };
        let mut changed = missing_or_changed(&self.inputs, now);
        changed.extend(missing_or_changed(now, &self.inputs));
        changed.sort();
        changed.dedup();
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::synthetic;

    #[test]
    fn the_text_reads_back() {
        let manifest = synthetic::identity(2, 3);
        assert_eq!(serde_json::from_str::<Manifest>(&manifest.to_text()).unwrap(), manifest);
    }

    #[test]
    fn a_difference_is_named() {
        let manifest = synthetic::identity(2, 3);
        let other = Manifest { seed: 8, ..manifest.clone() };
        assert_eq!(manifest.first_difference(&other).as_deref(), Some("seed: 7 in the folder, 8 asked"));
        assert_eq!(manifest.first_difference(&manifest), None);
    }

    #[test]
    fn changed_added_and_removed_inputs_are_listed() {
        let manifest = synthetic::identity(1, 1);
        let now = [FileDigest::of_bytes("model.toml", b"other"), FileDigest::of_bytes("trace.csv", b"")];
        assert_eq!(manifest.changed_inputs(&now), ["experiment.toml", "model.toml", "trace.csv"]);
    }
}
