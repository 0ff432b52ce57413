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
        eprintln!("not drawn: {problem}");
    }
    let page = args.folder.join(report::PAGE);
    let figures = if built.plots == 1 { "1 figure".to_owned() } else { format!("{} figures", built.plots) };
    super::output::print(&format!("{} with {figures}\n", page.display()));
    Ok(if built.problems.is_empty() { Verdict::Fine } else { Verdict::Failed })
}
