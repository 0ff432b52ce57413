//! One finished run in a form that can be put on disk and read back exactly: integers, bit patterns and histogram
//! buckets.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::measure::RunResults;

/// The results of one run with its place in the experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Index of the sweep point.
    pub point: u32,
    /// Index of the replication.
    pub replication: u32,
    /// Events that the kernel ran.
    pub events: u64,
    /// Message hops.
    pub hops: u64,
    /// Fingerprint of the run.
    pub fingerprint: u64,
    /// Wall-clock time that the run took, nanoseconds.
    pub wall_ns: u64,
    /// Messages counted.
    pub signalling: Vec<Signalling>,
    /// Latency distributions.
    pub latency: Vec<Latency>,
    /// Measures by name.
    pub measures: Vec<Measure>,
    /// Race outcomes.
    pub races: Vec<Race>,
    /// Timeline samples.
    pub timeline: Vec<Sample>,
}

/// A row of `signalling.csv`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signalling {
    /// Procedure that the message belongs to.
    pub procedure: String,
    /// Reference point that it crosses.
    pub reference_point: String,
    /// Sender.
    pub from: String,
    /// Receiver.
    pub to: String,
    /// Protocol.
    pub protocol: String,
    /// Method, response or command.
    pub message: String,
    /// Sent, retransmissions not included.
    pub sent: u64,
    /// Retransmissions.
    pub retransmitted: u64,
    /// Octets of all of them.
    pub octets: u64,
}

/// A latency distribution as the buckets of its histogram that hold something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Procedure or kind of latency.
    pub procedure: String,
    /// Class of the workload.
    pub class: String,
    /// Exact sum in nanoseconds, its high and low 64 bits.
    sum: (u64, u64),
    /// Lowest and highest discernible value and significant digits of the histogram.
    bounds: (u64, u64, u8),
    /// A value of the bucket and its count.
    buckets: Vec<(u64, u64)>,
}

/// A row of `measures.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Name.
    pub measure: String,
    /// Unit.
    pub unit: String,
    /// Bits of the value; `None` where it is undefined.
    bits: Option<u64>,
}

/// A row of `races.csv`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Race {
    /// Name of the race.
    pub race: String,
    /// Outcome.
    pub outcome: String,
    /// Occurrences.
    pub count: u64,
}

/// A row of `timeline.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Nanoseconds since the start.
    pub time_ns: u64,
    /// Node.
    pub node: String,
    /// Measure.
    pub measure: String,
    /// Bits of the value.
    bits: u64,
}

impl RunRecord {
    /// Takes over the results of a run, every list sorted by its keys.
    pub fn new(point: u32, replication: u32, results: RunResults, wall_ns: u64) -> RunRecord {
        let mut record = RunRecord {
            point,
            replication,
            events: results.events,
            hops: results.hops,
            fingerprint: results.fingerprint,
            wall_ns,
            signalling: results.signalling.into_iter().map(Signalling::from).collect(),
            latency: results.latency.iter().map(Latency::new).collect(),
            measures: results.measures.into_iter().map(Measure::from).collect(),
            races: results.races.into_iter().map(Race::from).collect(),
            timeline: results.timeline.into_iter().map(Sample::from).collect(),
        };
        record.signalling.sort();
        record.latency.sort_by(|a, b| (&a.procedure, &a.class).cmp(&(&b.procedure, &b.class)));
        record.measures.sort_by(|a, b| a.measure.cmp(&b.measure));
        record.races.sort();
        record.timeline.sort_by(|a, b| (a.time_ns, &a.node, &a.measure).cmp(&(b.time_ns, &b.node, &b.measure)));
        record
    }
}

impl Latency {
    fn new(row: &crate::measure::results::LatencyRow) -> Latency {
        let histogram = &row.histogram;
        Latency {
            procedure: row.procedure.clone(),
            class: row.class.clone(),
            sum: ((row.sum_ns >> 64) as u64, row.sum_ns as u64),
            bounds: (histogram.low(), histogram.high(), histogram.sigfig()),
            buckets: histogram
                .iter_recorded()
                .map(|bucket| (bucket.value_iterated_to(), bucket.count_since_last_iteration()))
                .collect(),
        }
    }

    /// Exact sum of the values in nanoseconds.
    pub fn sum_ns(&self) -> u128 {
        (u128::from(self.sum.0) << 64) | u128::from(self.sum.1)
    }

    /// The histogram, bucket by bucket as it was.
    pub fn histogram(&self) -> Histogram<u64> {
        let (low, high, digits) = self.bounds;
        let mut histogram =
            Histogram::new_with_bounds(low, high, digits).expect("the bounds are those of an existing histogram");
        histogram.auto(true);
        for &(value, count) in &self.buckets {
            histogram.record_n(value, count).expect("a histogram that resizes holds any value");
        }
        histogram
    }
}

impl Measure {
    /// The value; `None` where it is undefined.
    pub fn value(&self) -> Option<f64> {
        self.bits.map(f64::from_bits)
    }
}

impl Sample {
    /// The value.
    pub fn value(&self) -> f64 {
        f64::from_bits(self.bits)
    }
}

impl From<crate::measure::results::SignallingRow> for Signalling {
    fn from(row: crate::measure::results::SignallingRow) -> Signalling {
        Signalling {
            procedure: row.procedure.to_owned(),
            reference_point: row.reference_point.to_owned(),
            from: row.from,
            to: row.to,
            protocol: row.protocol.to_owned(),
            message: row.message,
            sent: row.sent,
            retransmitted: row.retransmitted,
            octets: row.octets,
        }
    }
}

impl From<crate::measure::results::MeasureRow> for Measure {
    fn from(row: crate::measure::results::MeasureRow) -> Measure {
        Measure { measure: row.measure, unit: row.unit.to_owned(), bits: row.value.map(f64::to_bits) }
    }
}

impl From<crate::measure::results::RaceRow> for Race {
    fn from(row: crate::measure::results::RaceRow) -> Race {
        Race { race: row.race.to_owned(), outcome: row.outcome.to_owned(), count: row.count }
    }
}

impl From<crate::measure::results::TimelineRow> for Sample {
    fn from(row: crate::measure::results::TimelineRow) -> Sample {
        Sample { time_ns: row.time_ns, node: row.node, measure: row.measure.to_owned(), bits: row.value.to_bits() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::synthetic;

    #[test]
    fn a_record_survives_the_disk_exactly() {
        let record = RunRecord::new(1, 2, synthetic::run(&3, 7, 2), 99);
        let text = serde_json::to_string(&record).unwrap();
        let back: RunRecord = serde_json::from_str(&text).unwrap();
        assert_eq!(back, record);
    }

    #[test]
    fn a_histogram_survives_bucket_by_bucket() {
        let results = synthetic::run(&3, 7, 2);
        let record = RunRecord::new(0, 0, results.clone(), 0);
        assert_eq!(record.latency[0].histogram(), results.latency[0].histogram);
        assert_eq!(record.latency[0].sum_ns(), results.latency[0].sum_ns);
    }
}
