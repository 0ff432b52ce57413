//! Small made-up runs for tests: a model is a number.

use hdrhistogram::Histogram;

use super::manifest::{FileDigest, Manifest};
use crate::measure::RunResults;
use crate::measure::results::{LatencyRow, MeasureRow, RaceRow, SignallingRow, TimelineRow};

/// Results that depend on the model, the seed and the replication.
pub fn run(model: &u64, seed: u64, replication: u64) -> RunResults {
    let sent = 10 * (model + 1) + replication;
    let row = |message: &str, sent, retransmitted| SignallingRow {
        procedure: "pager",
        reference_point: "Gm",
        from: "terminal".to_owned(),
        to: "p".to_owned(),
        protocol: "SIP",
        message: message.to_owned(),
        sent,
        retransmitted,
        octets: 500 * (sent + retransmitted),
    };
    let mut histogram = Histogram::new_with_bounds(1, 3_600_000_000_000, 3).unwrap();
    histogram.auto(true);
    let mut sum_ns = 0;
    for step in 1..=sent {
        let value = 1_000_000 * step + seed;
        histogram.record(value).unwrap();
        sum_ns += u128::from(value);
    }
    let latency = |class: &str, histogram, sum_ns| LatencyRow {
        procedure: "pager".to_owned(),
        class: class.to_owned(),
        histogram,
        sum_ns,
    };
    let measure = |name: &str, unit, value| MeasureRow { measure: name.to_owned(), unit, value };
    RunResults {
        signalling: vec![row("MESSAGE", sent, replication), row("200 MESSAGE", sent, 0)],
        latency: vec![
            latency("chat", histogram, sum_ns),
            latency("silent", Histogram::new_with_bounds(1, 1000, 3).unwrap(), 0),
        ],
        measures: vec![
            measure("utilisation.p", "1", Some(sent as f64 / 3.0)),
            measure("ser", "%", (replication > 0).then_some(99.5)),
        ],
        races: if replication == 1 { vec![RaceRow { race: "RACE-1", outcome: "lost", count: 2 }] } else { Vec::new() },
        timeline: vec![TimelineRow { time_ns: 500_000_000, node: "p".to_owned(), measure: "queue", value: 1.5 }],
        events: 100 + sent,
        hops: 2 * sent,
        fingerprint: 0xabc0 + sent,
    }
}

/// The identity of an experiment with one swept key, `load`, of values 1, 2, ….
pub fn identity(points: usize, replications: u32) -> Manifest {
    Manifest {
        tool_version: "0.0.0".to_owned(),
        experiment: "synthetic".to_owned(),
        question: "What does a made-up run show?".to_owned(),
        path: "experiment.toml".to_owned(),
        inputs: vec![
            FileDigest::of_bytes("experiment.toml", b"question"),
            FileDigest::of_bytes("model.toml", b"nodes"),
        ],
        seed: 7,
        replications,
        overrides: Vec::new(),
        sweep: vec!["load".to_owned()],
        points: (1..=points).map(|value| vec![value.to_string()]).collect(),
        figures: Vec::new(),
        results: Vec::new(),
    }
}
