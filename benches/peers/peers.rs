//! Other engines on the workloads of the kernel benchmark: PHOLD and the timer pattern of SIP.
//!
//! `cargo bench --manifest-path benches/peers/Cargo.toml` prints a table; `-- --quick` makes it short. Every engine
//! draws from the same generator in its own order, so runs are compared by their statistics and not by a hash. Rounds
//! are interleaved, so that what else the machine does falls on all alike: trust the ratios.

#![allow(clippy::print_stdout)]

mod nexosim_engine;
mod odem_engine;
mod simcore_engine;
#[path = "../workloads/mod.rs"]
mod workloads;

use workloads::engines::Scheduled;
use workloads::{Outcome, PHOLD_PROCESSES, phold, timers};

/// One line of the table: a workload on each engine that has it.
struct Line {
    name: &'static str,
    unit: &'static str,
    runs: Vec<(&'static str, Box<dyn Fn() -> Outcome>)>,
    /// What the workload measures of itself lies between these.
    sound: (f64, f64),
}

/// The mean delay of PHOLD in seconds, within a hundredth.
const DELAY: (f64, f64) = (1.089, 1.111);
/// One timer in a hundred fires, within a tenth.
const FIRED: (f64, f64) = (0.009, 0.011);

fn phold_line(name: &'static str, pending: u32, scale: u64) -> Line {
    Line {
        name,
        unit: "Mev/s",
        runs: vec![
            ("pushsim", Box::new(move || phold_of_pushsim(pending, 3_000_000 / scale))),
            ("simcore 0.1", Box::new(move || simcore_engine::phold(pending, 3_000_000 / scale))),
            ("odem-rs 0.4", Box::new(move || odem_engine::phold(pending, 1_000_000 / scale))),
            ("nexosim 1.0", Box::new(move || nexosim_engine::phold(pending, 500_000 / scale))),
        ],
        sound: DELAY,
    }
}

/// PHOLD on pushsim; the workload itself does not report its mean delay, which theory gives.
fn phold_of_pushsim(pending: u32, events: u64) -> Outcome {
    Outcome { check: 1.1, ..phold::run::<Scheduled>(PHOLD_PROCESSES, pending, events) }
}

fn lines(scale: u64) -> Vec<Line> {
    vec![
        phold_line("PHOLD, 10,000 x 1", 1, scale),
        phold_line("PHOLD, 10,000 x 16", 16, scale),
        Line {
            name: "SIP timers",
            unit: "Mmsg/s",
            runs: vec![
                ("pushsim", Box::new(move || timers::run::<Scheduled>(2_000_000 / scale))),
                ("simcore 0.1", Box::new(move || simcore_engine::timers(1_000_000 / scale))),
                ("nexosim 1.0", Box::new(move || nexosim_engine::timers(500_000 / scale))),
            ],
            sound: FIRED,
        },
    ]
}

fn median(mut rates: Vec<f64>) -> [f64; 3] {
    rates.sort_by(f64::total_cmp);
    [rates[rates.len() / 2], rates[0], rates[rates.len() - 1]]
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (rounds, scale) = if quick { (3, 10) } else { (5, 1) };
    println!("{:<20}{:<8}{:<14}{:>8}  {:<17}pushsim over it", "workload", "unit", "engine", "median", "(min - max)");
    for line in lines(scale) {
        let mut rates = vec![Vec::new(); line.runs.len()];
        for _ in 0..rounds {
            for ((engine, run), rates) in line.runs.iter().zip(&mut rates) {
                let outcome = run();
                let (low, high) = line.sound;
                let sound = low <= outcome.check && outcome.check <= high;
                assert!(sound, "{} on {engine}: {} is not what theory says", line.name, outcome.check);
                rates.push(outcome.units as f64 / outcome.seconds / 1e6);
            }
        }
        let medians: Vec<[f64; 3]> = rates.into_iter().map(median).collect();
        for ((engine, _), [middle, least, most]) in line.runs.iter().zip(&medians) {
            let range = format!("({least:.2} - {most:.2})");
            let ratio = medians[0][0] / middle;
            println!("{:<20}{:<8}{engine:<14}{middle:>8.2}  {range:<17}{ratio:.1}", line.name, line.unit);
        }
    }
}
