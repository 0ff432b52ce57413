//! The progress display on standard error: a bar with the expected end on a terminal, a line per tenth in a pipe.

use std::io::IsTerminal;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use crate::experiment::Progress;

/// Shows how far the runs are.
#[derive(Debug)]
pub enum ProgressDisplay {
    /// Nothing is shown.
    Silent,
    /// A bar.
    Bar(ProgressBar),
    /// A line for every tenth; holds the tenths that have been told.
    Lines(Mutex<usize>),
}

impl ProgressDisplay {
    /// The display for this process.
    pub fn new(quiet: bool) -> ProgressDisplay {
        if quiet {
            ProgressDisplay::Silent
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{bar:40} {pos}/{len} runs, {elapsed} elapsed, {eta} left")
                .expect("the template is part of the program");
            bar.set_style(style);
            ProgressDisplay::Bar(bar)
        } else {
            ProgressDisplay::Lines(Mutex::new(0))
        }
    }

    /// Tells how far the runs are.
    pub fn update(&self, progress: Progress) {
        match self {
            ProgressDisplay::Silent => {}
            ProgressDisplay::Bar(bar) => {
                bar.set_length(progress.total as u64);
                bar.set_position(progress.done as u64);
            }
            ProgressDisplay::Lines(told) => {
                let mut told = told.lock().expect("no holder of the lock panics");
                let tenths = progress.done * 10 / progress.total.max(1);
                if tenths > *told {
                    *told = tenths;
                    eprintln!("{}/{} runs", progress.done, progress.total);
                }
            }
        }
    }

    /// Takes the display away.
    pub fn finish(&self) {
        match self {
            ProgressDisplay::Bar(bar) => bar.finish_and_clear(),
            ProgressDisplay::Silent | ProgressDisplay::Lines(_) => {}
        }
    }
}
