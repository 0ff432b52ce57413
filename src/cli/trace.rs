//! `pushsim trace`.

use std::path::PathBuf;

use clap::Args;

use super::Verdict;

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
    /// Write the messages as a packet capture to this file.
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,
    /// Draw the ladder to this file.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Write the ladder as a Mermaid sequence diagram to this file.
    #[arg(long, value_name = "FILE")]
    pub mermaid: Option<PathBuf>,
    /// Write the messages as CSV to this file.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
}

/// Runs a model once and prints its ladder.
///
/// # Errors
///
/// When the model is bad.
pub fn run(_args: &TraceArgs) -> miette::Result<Verdict> {
    Err(miette::miette!("trace is not available yet"))
}
