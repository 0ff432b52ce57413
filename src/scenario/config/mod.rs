//! Model files: TOML to a value tree with places, the tree to a validated [`Model`].
//!
//! In come a path and overrides; out comes a model, or one error that says where, which key, what was found, what was
//! expected and what is nearest. Nothing here runs a model.

mod build;
mod checks;
pub mod decode;
pub mod deferral;
mod distribution;
pub mod error;
pub mod faults;
pub mod files;
mod include;
mod names;
pub mod messaging;
pub mod nearest;
pub mod nodes;
pub mod origin;
pub mod path;
pub mod policies;
pub mod population;
pub mod push;
pub mod quantity;
mod script;
pub mod sessions;
#[cfg(test)]
mod tests;
mod trace_file;
pub mod tree;
mod workload;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::{ConfigError, Result};
pub use files::Files;
pub use names::{UserProblem, near_user, parse_user, role_name};
pub use path::Override;

use super::model::Model;
use origin::{Origin, Source};
use tree::Node;

/// A model file with all that it includes, not yet a model: overrides may still change it.
#[derive(Clone, Debug)]
pub struct Document {
    path: PathBuf,
    tree: Node,
}

impl Document {
    /// Reads the file at `path` and what it includes. `wanted_by` is the key and place that name it.
    pub fn open(path: &Path, wanted_by: Option<(&Origin, &str)>, files: &mut Files) -> Result<Document> {
        let source = files.text(path, wanted_by)?;
        Ok(Document { path: path.to_owned(), tree: include::resolve(path, &source, files)? })
    }

    /// Takes `text` for the file at `path`; only what it includes is read.
    pub fn from_text(path: &Path, text: &str, files: &mut Files) -> Result<Document> {
        let source = Arc::new(Source { name: files::shown(path), text: Some(text.to_owned()) });
        Ok(Document { path: path.to_owned(), tree: include::resolve(path, &source, files)? })
    }

    /// The tree of values.
    pub fn tree(&self) -> &Node {
        &self.tree
    }

    /// Puts the value of an override in its place.
    pub fn set(&mut self, change: &Override) -> Result<()> {
        change.apply(&mut self.tree)
    }

    /// The validated model; trace files are read now.
    pub fn model(&self, files: &mut Files) -> Result<Model> {
        build::model(&self.tree, &self.path, files)
    }
}

/// The model in the file at `path`, with the overrides applied in order.
pub fn load(path: &Path, overrides: &[Override]) -> Result<Model> {
    let mut files = Files::new();
    let mut document = Document::open(path, None, &mut files)?;
    if document.tree.value.as_table().is_some_and(|table| table.get("question").is_some()) {
        let expected = "a model file; `pushsim run` takes experiments";
        return Err(ConfigError::new(&document.tree.origin, "", "an experiment file", expected));
    }
    overrides.iter().try_for_each(|change| document.set(change))?;
    document.model(&mut files)
}

/// The model that `text` holds, as if it were the file `path`.
pub fn load_text(path: &Path, text: &str, overrides: &[Override]) -> Result<Model> {
    let mut files = Files::new();
    let mut document = Document::from_text(path, text, &mut files)?;
    overrides.iter().try_for_each(|change| document.set(change))?;
    document.model(&mut files)
}
