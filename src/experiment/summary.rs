//! The rows of `summary.csv`: every measure of a run and those derived from its counts and latencies, estimated over
//! the replications of each point.
//!
//! | measure | what it is |
//! |---|---|
//! | a name of `measures.csv` | that measure |
//! | `latency.PROCEDURE.CLASS.mean_s`, `.p50_s`, `.p95_s`, `.p99_s` | of one distribution, undefined without a value |
//! | `races.RACE.OUTCOME` | occurrences, 0 where only other runs have the outcome |
//! | `signalling.PROCEDURE.REFERENCE_POINT` | messages, retransmissions included |
//! | `signalling.PROCEDURE.total`, `signalling.total` | the same, added up |
//! | `octets.` with the same names behind it | octets, retransmissions included |

use std::collections::BTreeMap;

use super::record::{Latency, RunRecord};
use super::statistics::Estimate;

/// Columns after the swept keys.
pub const SUMMARY_COLUMNS: [&str; 6] = ["measure", "unit", "mean", "ci95_low", "ci95_high", "replications"];

/// Values by measure, point and replication.
#[derive(Debug, Default)]
pub struct SummaryTable {
    measures: BTreeMap<String, MeasureValues>,
    /// Runs added, by point.
    replications: BTreeMap<usize, usize>,
}

/// A row of `summary.csv`.
#[derive(Debug)]
pub struct SummaryRow<'a> {
    /// Index of the point.
    pub point: usize,
    /// Name of the measure.
    pub measure: &'a str,
    /// Its unit.
    pub unit: &'a str,
    /// The estimate over replications.
    pub estimate: Estimate,
}

#[derive(Debug)]
struct MeasureValues {
    unit: String,
    /// What a run without the measure has: 0 for counts, nothing for the others.
    absent: Option<f64>,
    /// Values of the runs that have the measure, by point, in the order of replications.
    values: BTreeMap<usize, Vec<Option<f64>>>,
}

impl SummaryTable {
    /// Adds a run. The runs of a point come in the order of their replications.
    pub fn add(&mut self, record: &RunRecord) {
        let point = record.point as usize;
        for row in &record.measures {
            self.put(point, row.measure.clone(), &row.unit, None, row.value());
        }
        for row in &record.latency {
            for (name, value) in latency_values(row) {
                let measure = format!("latency.{}.{}.{name}", row.procedure, row.class);
                self.put(point, measure, "s", None, value);
            }
        }
        for row in &record.races {
            self.put(point, format!("races.{}.{}", row.race, row.outcome), "1", Some(0.0), Some(row.count as f64));
        }
        self.add_counts(point, record);
        *self.replications.entry(point).or_default() += 1;
    }

    /// The measures seen so far.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.measures.keys().map(String::as_str)
    }

    /// All rows for points `0..points`, sorted by point and measure.
    pub fn rows(&self, points: usize) -> impl Iterator<Item = SummaryRow<'_>> {
        (0..points).flat_map(move |point| {
            let runs = self.replications.get(&point).copied().unwrap_or(0);
            self.measures.iter().map(move |(measure, values)| SummaryRow {
                point,
                measure,
                unit: &values.unit,
                estimate: values.estimate(point, runs),
            })
        })
    }

    fn add_counts(&mut self, point: usize, record: &RunRecord) {
        let mut counts: BTreeMap<String, (&str, u64)> = BTreeMap::new();
        let mut count = |measure: String, unit, amount| counts.entry(measure).or_insert((unit, 0)).1 += amount;
        count("signalling.total".to_owned(), "1", 0);
        count("octets.total".to_owned(), "octets", 0);
        for row in &record.signalling {
            let messages = row.sent + row.retransmitted;
            let procedure = &row.procedure;
            count(format!("signalling.{procedure}.{}", row.reference_point), "1", messages);
            count(format!("signalling.{procedure}.total"), "1", messages);
            count("signalling.total".to_owned(), "1", messages);
            count(format!("octets.{procedure}.{}", row.reference_point), "octets", row.octets);
            count(format!("octets.{procedure}.total"), "octets", row.octets);
            count("octets.total".to_owned(), "octets", row.octets);
        }
        for (measure, (unit, amount)) in counts {
            self.put(point, measure, unit, Some(0.0), Some(amount as f64));
        }
    }

    fn put(&mut self, point: usize, measure: String, unit: &str, absent: Option<f64>, value: Option<f64>) {
        let entry = self.measures.entry(measure).or_insert_with(|| MeasureValues {
            unit: unit.to_owned(),
            absent,
            values: BTreeMap::new(),
        });
        entry.values.entry(point).or_default().push(value);
    }
}

impl MeasureValues {
    fn estimate(&self, point: usize, runs: usize) -> Estimate {
        let known = self.values.get(&point).map_or(&[][..], Vec::as_slice);
        // The absent values stand last: they are all the same, and the order is a function of the runs alone.
        let absent = std::iter::repeat_n(self.absent, runs - known.len());
        Estimate::of(known.iter().copied().chain(absent))
    }
}

fn latency_values(row: &Latency) -> Vec<(&'static str, Option<f64>)> {
    let histogram = row.histogram();
    let count = histogram.len();
    let seconds = |nanoseconds: f64| (count > 0).then_some(nanoseconds / 1e9);
    let quantile = |quantile: f64| seconds(histogram.value_at_quantile(quantile) as f64);
    vec![
        ("mean_s", seconds(row.sum_ns() as f64 / count as f64)),
        ("p50_s", quantile(0.5)),
        ("p95_s", quantile(0.95)),
        ("p99_s", quantile(0.99)),
    ]
}
