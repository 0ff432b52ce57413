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
}

/// Prints the fully resolved model or experiment.
///
/// # Errors
///
/// When the file is bad.
pub fn run(args: &ShowArgs) -> miette::Result<Verdict> {
    output::print(&plan::show_file(&args.file, &Overrides::default())?);
    Ok(Verdict::Fine)
}
