//! How fast the kernel is: PHOLD, the timer pattern of SIP and a chain of proxies, on the bare event queue, through the
//! scheduler, and on the standard library's heap in the same run.
//!
//! `cargo bench --bench kernel` prints a table; `-- --quick` makes it short. Rounds are interleaved, so that what else
//! the machine does falls on all alike: trust the ratios.

#![allow(clippy::print_stdout)]

mod workloads;

use pushsim::kernel::queue::EventQueue;
use workloads::engines::{Bare, Scheduled, StdHeap};
use workloads::{CHAIN_RESPONSE_MS, Outcome, PHOLD_PROCESSES, PHOLD_PROCESSES_MANY, chain, phold, timers};

/// One line of the table: a workload on each engine.
struct Line {
    name: &'static str,
    unit: &'static str,
    /// In million units a second, through the scheduler.
    target: f64,
    runs: [Box<dyn Fn() -> Outcome>; 3],
    /// Whether the outcome agrees with theory.
    sound: fn(f64) -> bool,
}

const ENGINES: [&str; 3] = ["std heap", "queue", "scheduler"];

macro_rules! on_every_engine {
    ($run:ident($($argument:expr),*)) => {
        [
            Box::new(move || $run::run::<Bare<StdHeap>>($($argument),*)),
            Box::new(move || $run::run::<Bare<EventQueue>>($($argument),*)),
            Box::new(move || $run::run::<Scheduled>($($argument),*)),
        ]
    };
}

fn lines(scale: u64) -> Vec<Line> {
    vec![
        Line {
            name: "PHOLD, 10,000 x 1",
            unit: "Mev/s",
            target: 25.0,
            runs: on_every_engine!(phold(PHOLD_PROCESSES, 1, 5_000_000 / scale)),
            sound: |_| true,
        },
        Line {
            name: "PHOLD, 10,000 x 16",
            unit: "Mev/s",
            target: 20.0,
            runs: on_every_engine!(phold(PHOLD_PROCESSES, 16, 5_000_000 / scale)),
            sound: |_| true,
        },
        Line {
            name: "PHOLD, 1,000,000 x 1",
            unit: "Mev/s",
            target: 8.0,
            runs: on_every_engine!(phold(PHOLD_PROCESSES_MANY, 1, 5_000_000 / scale)),
            sound: |_| true,
        },
        Line {
            name: "SIP timers",
            unit: "Mmsg/s",
            target: 12.0,
            runs: on_every_engine!(timers(3_000_000 / scale)),
            sound: |share| (0.009..0.011).contains(&share),
        },
        Line {
            name: "proxy chain",
            unit: "Mev/s",
            target: 25.0,
            runs: on_every_engine!(chain(300_000 / scale)),
            sound: |mean| (mean / CHAIN_RESPONSE_MS - 1.0).abs() < 0.02,
        },
    ]
}

/// Median, least and most.
fn spread(mut rates: Vec<f64>) -> [f64; 3] {
    rates.sort_by(f64::total_cmp);
    [rates[rates.len() / 2], rates[0], rates[rates.len() - 1]]
}

fn measure(line: &Line, rounds: usize) -> [[f64; 3]; 3] {
    let mut rates: [Vec<f64>; 3] = Default::default();
    for _ in 0..rounds {
        let outcomes = line.runs.each_ref().map(|run| run());
        for (outcome, rates) in outcomes.iter().zip(&mut rates) {
            assert_eq!(outcome.hash, outcomes[0].hash, "{}: the engines did not do the same", line.name);
            assert!((line.sound)(outcome.check), "{}: {} is not what theory says", line.name, outcome.check);
            rates.push(outcome.units as f64 / outcome.seconds / 1e6);
        }
    }
    rates.map(spread)
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let (rounds, scale) = if quick { (3, 10) } else { (7, 1) };
    println!(
        "{:<22}{:<8}{:<11}{:>8}  {:<17}{:>8}  target",
        "workload", "unit", "engine", "median", "(min - max)", "ratio"
    );
    for line in lines(scale) {
        if only.as_ref().is_some_and(|only| !line.name.contains(only.as_str())) {
            continue;
        }
        let results = measure(&line, rounds);
        for (engine, [median, least, most]) in ENGINES.iter().zip(results) {
            let range = format!("({least:.2} - {most:.2})");
            let ratio = median / results[0][0];
            println!(
                "{:<22}{:<8}{engine:<11}{median:>8.2}  {range:<17}{ratio:>8.2}  {:.0}",
                line.name, line.unit, line.target
            );
        }
    }
}
