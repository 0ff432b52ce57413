//! `pushsim trace`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use miette::IntoDiagnostic;

use super::{Verdict, output};
use crate::agents::Procedure;
use crate::experiment::{folder, format};
use crate::measure::RunResults;
use crate::measure::results::HopRow;
use crate::report::ladder::ladder;
use crate::scenario::{self, config};

/// Arguments of `pushsim trace`.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// Model file.
    #[arg(value_name = "MODEL.toml")]
    pub model: PathBuf,
    /// Print message counts as CSV in place of the ladder.
    #[arg(long)]
    pub counts: bool,
    /// Show only this procedure; may be given several times (default: all).
    #[arg(long = "procedure", value_name = "NAME")]
    pub procedures: Vec<String>,
    /// Write the messages as a packet capture to this file (not available yet).
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,
    /// Draw the ladder to this file (not available yet).
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Write the ladder as a Mermaid sequence diagram to this file (not available yet).
    #[arg(long, value_name = "FILE")]
    pub mermaid: Option<PathBuf>,
    /// Write the messages as CSV to this file.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
}

/// Runs a model once and prints its ladder, or its counts.
///
/// # Errors
///
/// When the model is bad, or an output is asked for that is not available.
pub fn run(args: &TraceArgs) -> miette::Result<Verdict> {
    refuse_missing_outputs(args)?;
    let known: Vec<&str> = Procedure::ALL.iter().map(|procedure| procedure.name()).collect();
    if let Some(unknown) = args.procedures.iter().find(|name| !known.contains(&name.as_str())) {
        let known = known.join(", ");
        return Err(miette::miette!("--procedure {unknown}: there is no such procedure; expected one of {known}"));
    }
    let model = config::load(&args.model, &[])?;
    let (results, mut rows) = scenario::trace(&model);
    let wanted = |procedure: &str| args.procedures.is_empty() || args.procedures.iter().any(|name| name == procedure);
    rows.retain(|row| wanted(row.procedure));
    if let Some(path) = &args.csv {
        write_csv(path, &rows)?;
    }
    let text = if args.counts { counts(&results, wanted)? } else { ladder(&rows) };
    output::print(&text);
    Ok(Verdict::Fine)
}

fn refuse_missing_outputs(args: &TraceArgs) -> miette::Result<()> {
    let missing = [("--pcap", &args.pcap), ("--svg", &args.svg), ("--mermaid", &args.mermaid)];
    match missing.iter().find(|(_, file)| file.is_some()) {
        Some((option, _)) => Err(miette::miette!("{option} is not available yet")),
        None => Ok(()),
    }
}

/// Messages and octets by procedure, reference point and protocol, as CSV.
fn counts(results: &RunResults, wanted: impl Fn(&str) -> bool) -> miette::Result<String> {
    let mut totals = BTreeMap::<(&str, &str, &str), (u64, u64)>::new();
    for row in results.signalling.iter().filter(|row| wanted(row.procedure)) {
        let total = totals.entry((row.procedure, row.reference_point, row.protocol)).or_default();
        total.0 += row.sent + row.retransmitted;
        total.1 += row.octets;
    }
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(["procedure", "reference_point", "protocol", "messages", "octets"]).into_diagnostic()?;
    for ((procedure, reference_point, protocol), (messages, octets)) in totals {
        let (messages, octets) = (messages.to_string(), octets.to_string());
        writer.write_record([procedure, reference_point, protocol, &messages, &octets]).into_diagnostic()?;
    }
    let bytes = writer.into_inner().into_diagnostic()?;
    String::from_utf8(bytes).into_diagnostic()
}

/// One row per message hop.
fn write_csv(path: &Path, rows: &[HopRow]) -> miette::Result<()> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let header = [
        "sent_s",
        "arrives_s",
        "from",
        "to",
        "reference_point",
        "procedure",
        "protocol",
        "message",
        "transmission",
        "octets",
    ];
    writer.write_record(header).into_diagnostic()?;
    for row in rows {
        writer
            .write_record([
                &format::seconds(u128::from(row.sent_ns)),
                &row.arrives_ns.map(|at| format::seconds(u128::from(at))).unwrap_or_default(),
                &row.from,
                &row.to,
                row.reference_point,
                row.procedure,
                row.protocol,
                &row.message,
                &row.transmission.to_string(),
                &row.octets.to_string(),
            ])
            .into_diagnostic()?;
    }
    let bytes = writer.into_inner().into_diagnostic()?;
    folder::write_whole(path, &bytes)?;
    Ok(())
}
