//! `pushsim run`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use clap::Args;

use super::progress::ProgressDisplay;
use super::{Verdict, interrupt, output};
use crate::experiment::plan::Overrides;
use crate::experiment::prepare::{self, Prepared};
use crate::experiment::{Campaign, ExperimentError, Outcome};
use crate::report::{self, ReportData};

/// Arguments of `pushsim run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Experiment file.
    #[arg(value_name = "EXPERIMENT.toml")]
    experiment: PathBuf,
    /// Write the results to this folder (default: `out/<experiment>`).
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Use this master seed (default: the experiment's).
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Run so many replications of each point (default: the experiment's).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    replications: Option<u32>,
    /// Run so many replications at a time (default: the number of processors).
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Override a key of the model; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Continue an interrupted run in its folder.
    #[arg(long)]
    resume: bool,
}

/// Runs an experiment, writes its results and prints a summary.
///
/// # Errors
///
/// When the input is bad or the folder is refused.
pub fn run(args: &RunArgs, quiet: bool) -> miette::Result<Verdict> {
    let overrides = Overrides { sets: args.overrides.clone(), seed: args.seed, replications: args.replications };
    let prepared = prepare::load(&args.experiment, &overrides)?;
    let out = args.out.clone().unwrap_or_else(|| Path::new("out").join(&prepared.identity.experiment));
    let stop = interrupt::stop_flag();
    let execution = Execution { resume: args.resume, jobs: args.jobs, quiet };
    let outcome = match execution.execute(&prepared, &out, &stop) {
        Ok(outcome) => outcome,
        Err(failure @ ExperimentError::RunFailed { .. }) => {
            eprintln!("{}", format!("{:?}", miette::Report::new(failure)).trim_end());
            return Ok(Verdict::Failed);
        }
        Err(error) => return Err(error.into()),
    };
    match outcome {
        Outcome::Complete | Outcome::AlreadyComplete => {}
        Outcome::Interrupted(progress) => {
            let (done, total) = (progress.done, progress.total);
            eprintln!("interrupted: {done} of {total} runs are kept in {}; --resume continues", out.display());
            return Ok(Verdict::Failed);
        }
    }
    let built = report::build(&out)?;
    for problem in &built.problems {
        eprintln!("not drawn: {problem}");
    }
    output::print(&summary(&ReportData::read(&out)?, &out));
    Ok(if built.problems.is_empty() { Verdict::Fine } else { Verdict::Failed })
}

/// How an experiment is executed.
#[derive(Clone, Copy, Debug)]
pub struct Execution {
    /// Whether finished runs of the folder are taken over.
    pub resume: bool,
    /// Threads; as many as processors by default.
    pub jobs: Option<NonZeroUsize>,
    /// Whether progress is silent.
    pub quiet: bool,
}

impl Execution {
    /// Runs what is missing in the folder `out`.
    ///
    /// # Errors
    ///
    /// As [`Campaign::execute`].
    pub fn execute(self, prepared: &Prepared, out: &Path, stop: &AtomicBool) -> Result<Outcome, ExperimentError> {
        let processors = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let command_line: Vec<String> =
            std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
        let campaign = Campaign {
            identity: &prepared.identity,
            models: &prepared.models,
            jobs: self.jobs.unwrap_or_else(processors),
            command_line: &command_line.join(" "),
        };
        let display = ProgressDisplay::new(self.quiet);
        let outcome =
            campaign.execute(out, self.resume, &crate::scenario::run, stop, &|progress| display.update(progress));
        display.finish();
        outcome
    }
}

/// The question, the measures of the figures at every point, and where the rest is.
fn summary(data: &ReportData, out: &Path) -> String {
    let manifest = &data.manifest;
    let mut shown = data.figure_measures();
    if shown.is_empty() && data.measures.contains_key("signalling.total") {
        shown.push("signalling.total");
    }
    let unit = |name: &str| match data.measures[name].unit.as_str() {
        "1" => name.to_owned(),
        unit => format!("{name} ({unit})"),
    };
    let heading: Vec<String> = std::iter::once("point".to_owned())
        .chain(manifest.sweep.iter().cloned())
        .chain(shown.iter().map(|name| unit(name)))
        .collect();
    let rows: Vec<Vec<String>> = manifest
        .points
        .iter()
        .enumerate()
        .map(|(point, values)| {
            std::iter::once(point.to_string())
                .chain(values.iter().cloned())
                .chain(shown.iter().map(|name| data.measures[*name].points[point].describe()))
                .collect()
        })
        .collect();
    let interval = if manifest.replications > 1 { ", ± half of the 95 % confidence interval" } else { "" };
    format!(
        "{}\n\n{}\nseed {}, replications {}{interval}\nresults in {}, read {}\n",
        manifest.question,
        output::table(&heading, &rows, 1 + manifest.sweep.len()),
        manifest.seed,
        manifest.replications,
        out.display(),
        out.join(report::PAGE).display(),
    )
}
