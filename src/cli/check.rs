//! `pushsim check`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use clap::Args;

use super::run::Execution;
use super::temporary::TemporaryFolder;
use super::{Verdict, output};
use crate::experiment::compare::{CountDifference, signalling_differences};
use crate::experiment::prepare;
use crate::experiment::{ExperimentError, Manifest};

/// Rows of the table that are printed; the others are counted.
const ROWS_PRINTED: usize = 200;

/// Arguments of `pushsim check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Experiment file.
    #[arg(value_name = "EXPERIMENT.toml")]
    experiment: PathBuf,
    /// Compare with this results folder, under its seed, replications and overrides.
    #[arg(long, value_name = "DIR")]
    baseline: PathBuf,
}

/// Runs an experiment as its baseline was run and compares the signalling counts.
///
/// # Errors
///
/// When the input is bad or the baseline is of other points.
pub fn run(args: &CheckArgs, quiet: bool) -> miette::Result<Verdict> {
    let baseline = Manifest::read(&args.baseline)?;
    let prepared = prepare::load(&args.experiment, &prepare::overrides_of(&baseline))?;
    let now = &prepared.identity;
    if (&now.sweep, &now.points) != (&baseline.sweep, &baseline.points) {
        return Err(miette::miette!(
            help = "run the experiment and make the new folder the baseline",
            "the baseline {} has other points than {}",
            args.baseline.display(),
            args.experiment.display()
        ));
    }
    let changed = baseline.changed_inputs(&now.inputs);
    if !changed.is_empty() && !quiet {
        eprintln!("note: these inputs are not those of the baseline: {}", changed.join(", "));
    }

    let folder = TemporaryFolder::new("check").map_err(ExperimentError::writing(&std::env::temp_dir()))?;
    let out = folder.path().join("now");
    Execution { resume: false, jobs: None, quiet }.execute(&prepared, &out, &AtomicBool::new(false))?;
    let differences = signalling_differences(&args.baseline, &out)?;
    if differences.is_empty() {
        output::print(&format!("no signalling count differs from {}\n", args.baseline.display()));
        return Ok(Verdict::Fine);
    }
    output::print(&describe(&differences));
    Ok(Verdict::Failed)
}

fn describe(differences: &[CountDifference]) -> String {
    let heading = ["point", "replication", "procedure", "reference_point", "from", "to", "protocol", "message"];
    let heading: Vec<String> = heading.into_iter().chain(["count", "baseline", "now"]).map(str::to_owned).collect();
    let rows: Vec<Vec<String>> = differences.iter().take(ROWS_PRINTED).map(row).collect();
    let mut text = output::table(&heading, &rows, 9);
    if let Some(more @ 1..) = differences.len().checked_sub(ROWS_PRINTED) {
        text.push_str(&format!("… and {more} more\n"));
    }
    let count = |of: usize| if of == 1 { "1 count differs".to_owned() } else { format!("{of} counts differ") };
    text.push_str(&format!("{}\n\nmessages and octets of the rows above, in all:\n", count(differences.len())));
    text.push_str(&totals(differences));
    text
}

/// What the differing counts of each point add up to.
fn totals(differences: &[CountDifference]) -> String {
    let mut sums: BTreeMap<(u64, &str), (u64, u64)> = BTreeMap::new();
    for CountDifference { key, count, baseline, now } in differences {
        let sum = sums.entry((key[0].parse().unwrap_or(0), count)).or_default();
        *sum = (sum.0.saturating_add(*baseline), sum.1.saturating_add(*now));
    }
    let rows: Vec<Vec<String>> = sums
        .into_iter()
        .map(|((point, count), (baseline, now))| {
            vec![point.to_string(), count.to_owned(), baseline.to_string(), now.to_string()]
        })
        .collect();
    output::table(&["point", "count", "baseline", "now"].map(str::to_owned), &rows, 2)
}

fn row(difference: &CountDifference) -> Vec<String> {
    let CountDifference { key, count, baseline, now } = difference;
    key.iter().cloned().chain([(*count).to_owned(), baseline.to_string(), now.to_string()]).collect()
}
