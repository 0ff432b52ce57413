//! `pushsim trace`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use miette::IntoDiagnostic;

use super::{Verdict, output};
use crate::experiment::folder;
use crate::measure::recording::Recording;
use crate::report::capture::{self, Tap};
use crate::report::diagram::{mermaid, svg};
use crate::report::hops::{self, Counts};
use crate::report::ladder::ladder;
use crate::scenario::config::Override;
use crate::scenario::{self, Model, Selection, config};

/// Arguments of `pushsim trace`.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// Model file.
    #[arg(value_name = "MODEL.toml")]
    pub model: PathBuf,
    /// Override a key of the model; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Use this master seed (default: the model's).
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Run this replication, from 0, of those that an experiment with the same seed runs.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub replication: u64,
    /// Print message counts as CSV in place of the ladder.
    #[arg(long)]
    pub counts: bool,
    /// Keep only messages of this procedure; may be given several times (default: all).
    #[arg(long = "procedure", value_name = "NAME")]
    pub procedures: Vec<String>,
    /// Keep only messages to, from or about this user; may be given several times.
    #[arg(long = "user", value_name = "NAME")]
    pub users: Vec<String>,
    /// Keep only what belongs to the message with this imdn.Message-ID or message-URI-ID, 16 hexadecimal digits as in
    /// the column message_id of --csv; may be given several times.
    #[arg(long = "message", value_name = "ID")]
    pub messages: Vec<String>,
    /// Keep only messages sent at or after this instant, such as 10s.
    #[arg(long, value_name = "TIME")]
    pub from_time: Option<String>,
    /// Keep only messages sent at or before this instant.
    #[arg(long, value_name = "TIME")]
    pub to_time: Option<String>,
    /// Keep only messages over this reference point, such as Gm; may be given several times.
    #[arg(long = "reference-point", value_name = "NAME")]
    pub reference_points: Vec<String>,
    /// Write the messages as a packet capture to this file: pcapng with the names of nodes if its name ends so,
    /// otherwise pcap.
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,
    /// Where packets are captured: beside each sender, lost ones included, or beside each receiver.
    #[arg(long, value_name = "WHERE", value_enum, default_value_t = TapArg::Sender)]
    pub tap: TapArg,
    /// Draw the messages as a sequence diagram to this SVG file.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Write the messages as a Mermaid sequence diagram to this file.
    #[arg(long, value_name = "FILE")]
    pub mermaid: Option<PathBuf>,
    /// Write the messages as CSV to this file, one row per message and hop.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
}

/// Values of `--tap`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum TapArg {
    /// Beside each sender.
    Sender,
    /// Beside each receiver.
    Receiver,
}

/// Runs a model once and prints its ladder, or its counts, and writes the files that are asked for.
///
/// # Errors
///
/// When the model or a filter is bad, or a file cannot be written.
pub fn run(args: &TraceArgs) -> miette::Result<Verdict> {
    let overrides: Vec<Override> = args.overrides.iter().map(|set| Override::parse(set)).collect::<Result<_, _>>()?;
    let mut model = config::load(&args.model, &overrides)?;
    model.seed = args.seed.unwrap_or(model.seed);
    let selection = args.selection();
    let filter = selection.filter(&model).map_err(|problem| miette::miette!("{problem}"))?;
    if args.counts && !args.writes_files() && !selection.is_of_messages() {
        output::print(&counts_of_run(&model, args.replication, &args.procedures)?);
        return Ok(Verdict::Fine);
    }
    let (_, recording) = scenario::record(&model, args.replication, filter, args.pcap.is_some());
    args.write_files(&recording)?;
    let text =
        if args.counts { Counts::of_hops(&recording.hops).csv().into_diagnostic()? } else { ladder(&recording.hops) };
    output::print(&text);
    Ok(Verdict::Fine)
}

/// Counts of a run of which no message needs to be kept.
fn counts_of_run(model: &Model, replication: u64, procedures: &[String]) -> miette::Result<String> {
    let results = scenario::run(model, model.seed, replication);
    let wanted = |procedure: &str| procedures.is_empty() || procedures.iter().any(|name| name == procedure);
    let rows = results.signalling.iter().filter(|row| wanted(row.procedure));
    Counts::of_results(rows).csv().into_diagnostic()
}

impl TraceArgs {
    fn selection(&self) -> Selection {
        Selection {
            users: self.users.clone(),
            messages: self.messages.clone(),
            from_time: self.from_time.clone(),
            to_time: self.to_time.clone(),
            reference_points: self.reference_points.clone(),
            procedures: self.procedures.clone(),
        }
    }

    fn writes_files(&self) -> bool {
        [&self.pcap, &self.svg, &self.mermaid, &self.csv].iter().any(|file| file.is_some())
    }

    fn write_files(&self, recording: &Recording) -> miette::Result<()> {
        let write = |path: &Option<PathBuf>, content: &dyn Fn(&Path) -> miette::Result<Vec<u8>>| match path {
            Some(path) => folder::write_whole(path, &content(path)?).map_err(miette::Report::from),
            None => Ok(()),
        };
        write(&self.svg, &|_| Ok(svg::draw(recording).into_bytes()))?;
        write(&self.mermaid, &|_| Ok(mermaid::draw(recording).into_bytes()))?;
        write(&self.csv, &|_| hops::table(&recording.hops).into_diagnostic())?;
        write(&self.pcap, &|path| self.capture(path, recording))
    }

    fn capture(&self, path: &Path, recording: &Recording) -> miette::Result<Vec<u8>> {
        let tap = match self.tap {
            TapArg::Sender => Tap::Sender,
            TapArg::Receiver => Tap::Receiver,
        };
        let packets = capture::packets(recording, tap);
        let is_pcapng = path.extension().is_some_and(|extension| extension == "pcapng");
        let file = if is_pcapng { capture::pcapng(&packets, &recording.lanes) } else { capture::pcap(&packets) };
        file.into_diagnostic()
    }
}
