//! `pushsim show`.

use std::path::PathBuf;

use clap::Args;

use super::{Verdict, output};
use crate::experiment::plan::{self, Overrides};

/// Arguments of `pushsim show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Model or experiment file; an experiment has the key `question`.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Override a key of the model; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
}

/// Prints the fully resolved model or experiment.
///
/// # Errors
///
/// When the file is bad.
pub fn run(args: &ShowArgs) -> miette::Result<Verdict> {
    let overrides = Overrides { sets: args.overrides.clone(), ..Overrides::default() };
    output::print(&plan::show_file(&args.file, &overrides)?);
    Ok(Verdict::Fine)
}
