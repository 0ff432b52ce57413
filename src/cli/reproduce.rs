//! `pushsim reproduce`.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use clap::Args;

use super::run::Execution;
use super::temporary::TemporaryFolder;
use super::{Verdict, output};
use crate::experiment::compare::{FileDifference, file_differences};
use crate::experiment::prepare;
use crate::experiment::{ExperimentError, Manifest};

/// Arguments of `pushsim reproduce`.
#[derive(Debug, Args)]
pub struct ReproduceArgs {
    /// Results folder.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Runs the experiment of a results folder again and compares every byte under the promise.
///
/// # Errors
///
/// When the folder holds no results, or an input is missing or is not what it was.
pub fn run(args: &ReproduceArgs, quiet: bool) -> miette::Result<Verdict> {
    let folder = std::path::absolute(&args.folder).map_err(ExperimentError::reading(&args.folder))?;
    let manifest = Manifest::read(&folder)?;
    let base = find_base(&manifest, &folder)?;
    std::env::set_current_dir(&base).map_err(ExperimentError::reading(&base))?;
    let prepared = prepare::load(Path::new(&manifest.path), &prepare::overrides_of(&manifest))?;
    let changed = manifest.changed_inputs(&prepared.identity.inputs);
    if !changed.is_empty() {
        return Err(miette::miette!(
            help = "a results folder can only be reproduced from the inputs that it was made from",
            "inputs are not those of {}: {}",
            args.folder.display(),
            changed.join(", ")
        ));
    }

    let temporary = TemporaryFolder::new("reproduce").map_err(ExperimentError::writing(&std::env::temp_dir()))?;
    let out = temporary.path().join("now");
    Execution { resume: false, jobs: None, quiet }.execute(&prepared, &out, &AtomicBool::new(false))?;
    let differences = file_differences(&folder, &out)?;
    if differences.is_empty() {
        output::print(&format!("{} is reproduced byte for byte\n", args.folder.display()));
        return Ok(Verdict::Fine);
    }
    output::print(&differences.iter().map(describe).collect::<String>());
    Ok(Verdict::Failed)
}

/// The folder that the manifest's paths are relative to: the current one, or one above the results.
fn find_base(manifest: &Manifest, folder: &Path) -> miette::Result<PathBuf> {
    let current = std::env::current_dir().map_err(ExperimentError::reading(Path::new(".")))?;
    std::iter::once(current.as_path())
        .chain(folder.ancestors())
        .find(|base| base.join(&manifest.path).is_file())
        .map(Path::to_owned)
        .ok_or_else(|| {
            miette::miette!(
                help = "start the command in the folder that the experiment was run in",
                "cannot find the experiment {} of {}",
                manifest.path,
                folder.display()
            )
        })
}

fn describe(difference: &FileDifference) -> String {
    let FileDifference { file, line, before, now } = difference;
    if *line == 0 {
        return format!("{file} is missing\n");
    }
    let show = |text: &Option<String>| text.clone().unwrap_or_else(|| "(end of file)".to_owned());
    format!("{file} differs from line {line} on\n  was: {}\n  now: {}\n", show(before), show(now))
}
