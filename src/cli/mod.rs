//! The command line: one file per subcommand, and the only place that prints.
#![allow(clippy::print_stdout, clippy::print_stderr)]

pub mod check;
pub mod interrupt;
pub mod output;
pub mod progress;
pub mod report;
pub mod reproduce;
pub mod requirements;
pub mod run;
pub mod show;
pub mod temporary;
pub mod trace;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Deterministic discrete-event simulator of IMS messaging.
#[derive(Debug, Parser)]
#[command(name = "pushsim", version)]
#[command(after_help = "Exit codes: 0 fine, 1 a check failed, 2 bad usage or bad input.")]
struct Cli {
    /// Silence the progress display.
    #[arg(long, short, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run an experiment and write its results folder.
    Run(run::RunArgs),
    /// Run a model once and print its message ladder.
    Trace(Box<trace::TraceArgs>),
    /// Run an experiment and compare its signalling counts with a baseline.
    Check(check::CheckArgs),
    /// Run a results folder again and compare it byte for byte.
    Reproduce(reproduce::ReproduceArgs),
    /// Rebuild plots and report.html from the files of a results folder.
    Report(report::ReportArgs),
    /// Print the fully resolved model or experiment and run nothing.
    Show(show::ShowArgs),
    /// Print the requirement matrix: what is asked for, where it is done, which test shows it.
    Requirements(requirements::RequirementsArgs),
}

/// How a subcommand that worked ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// All is well.
    Fine,
    /// A check failed, or the work is not complete.
    Failed,
}

/// Runs the command line of the process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for; everything else is bad usage.
            let code = if error.use_stderr() { 2 } else { 0 };
            // A reader that closed its end needs no message.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    set_error_style();
    match dispatch(&cli) {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::Failed) => ExitCode::from(1),
        Err(report) => {
            eprintln!("{}", format!("{report:?}").trim_end());
            ExitCode::from(2)
        }
    }
}

fn dispatch(cli: &Cli) -> miette::Result<Verdict> {
    match &cli.command {
        Command::Run(args) => run::run(args, cli.quiet),
        Command::Trace(args) => trace::run(args),
        Command::Check(args) => check::run(args, cli.quiet),
        Command::Reproduce(args) => reproduce::run(args, cli.quiet),
        Command::Report(args) => report::run(args),
        Command::Show(args) => show::run(args),
        Command::Requirements(args) => requirements::run(args),
    }
}

/// Colour only where a person reads it.
fn set_error_style() {
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let style = move |_: &dyn miette::Diagnostic| -> Box<dyn miette::ReportHandler> {
        let options = miette::MietteHandlerOpts::new().color(colour).unicode(true).width(110);
        // The handler would break lines inside hyphenated names.
        Box::new(options.wrap_lines(false).build())
    };
    // It fails only where a style is set already, and then that one is good.
    let _ = miette::set_hook(Box::new(move |diagnostic| style(diagnostic)));
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
