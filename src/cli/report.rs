//! `pushsim report`.

use std::path::PathBuf;

use clap::Args;

use super::Verdict;
use crate::report;

/// Arguments of `pushsim report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Results folder.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Rebuilds the plots and the page of a results folder.
///
/// # Errors
///
/// When the folder holds no results.
pub fn run(args: &ReportArgs) -> miette::Result<Verdict> {
    let built = report::build(&args.folder)?;
    for problem in &built.problems {
        eprintln!("warning: {problem}");
    }
    let page = args.folder.join(report::PAGE);
    super::output::print(&format!("{} with {} figures\n", page.display(), built.plots));
    Ok(Verdict::Fine)
}
