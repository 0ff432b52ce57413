//! Latency distributions: integer histograms by kind and class.

use super::results::LatencyRow;
use crate::kernel::Span;
use crate::kernel::lookup::Lookup;
use hdrhistogram::Histogram;

/// The latencies that are measured, by the name in results.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LatencyKind {
    /// RRD of an initial registration (RFC 6076 section 4.1), its challenge included.
    Registration,
    /// RRD of a refresh.
    ReRegistration,
    /// RRD of a de-registration.
    DeRegistration,
    /// Submission of a pager message to its first device.
    Delivery,
    /// The same, of messages that never were deferred.
    DeliveryDirect,
    /// The same, of messages that were deferred.
    DeliveryDeferred,
    /// Submission to the sender's final response.
    Submission,
    /// Deferral to the 2xx of the delivery.
    Deferral,
    /// Submission to the delivery report at the sender.
    Report,
    /// SRD of a management INVITE that succeeds (RFC 6076 section 4.3).
    PullAccepted,
    /// SRD of a management INVITE that fails.
    PullRefused,
    /// Arrival of a management INVITE at the PF to the end of its work.
    PullWork,
    /// Time that a management INVITE waited for its turn.
    Hold,
    /// SDD of a management session (RFC 6076 section 4.4).
    SessionDisconnect,
    /// A notification MESSAGE to its final response.
    Notification,
    /// A datagram from source to sink.
    Datagram,
    /// A plain transaction to its final response.
    Transaction,
    /// A plain transaction to its first response.
    FirstResponse,
    /// Time in queue at a station; the class is the node.
    Wait,
    /// Time in queue and service at a station; the class is the node.
    Sojourn,
    /// How long a terminal believed to be registered while its binding had expired (RACE-13).
    GhostRegistration,
}

impl LatencyKind {
    /// The name in the column `procedure`.
    pub const fn name(self) -> &'static str {
        match self {
            LatencyKind::Registration => "registration",
            LatencyKind::ReRegistration => "re-registration",
            LatencyKind::DeRegistration => "de-registration",
            LatencyKind::Delivery => "delivery",
            LatencyKind::DeliveryDirect => "delivery-direct",
            LatencyKind::DeliveryDeferred => "delivery-deferred",
            LatencyKind::Submission => "submission",
            LatencyKind::Deferral => "deferral",
            LatencyKind::Report => "report",
            LatencyKind::PullAccepted => "pull-accepted",
            LatencyKind::PullRefused => "pull-refused",
            LatencyKind::PullWork => "pull-work",
            LatencyKind::Hold => "hold",
            LatencyKind::SessionDisconnect => "session-disconnect",
            LatencyKind::Notification => "notification",
            LatencyKind::Datagram => "datagram",
            LatencyKind::Transaction => "transaction",
            LatencyKind::FirstResponse => "first-response",
            LatencyKind::Wait => "wait",
            LatencyKind::Sojourn => "sojourn",
            LatencyKind::GhostRegistration => "ghost-registration",
        }
    }
}

/// A distribution with its exact sum.
#[derive(Clone, Debug)]
pub struct Latency {
    histogram: Histogram<u64>,
    sum_ns: u128,
    /// Values at or below each threshold.
    within: Vec<u64>,
}

impl Latency {
    /// Values recorded.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// Mean in seconds.
    pub fn mean(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.sum_ns as f64 / self.count() as f64 / 1e9)
    }

    /// Share of the values at or below the threshold with this index.
    pub fn share_within(&self, threshold: usize) -> Option<f64> {
        (self.count() > 0).then(|| self.within[threshold] as f64 / self.count() as f64)
    }
}

/// All latency distributions of a run.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    thresholds: Vec<Span>,
    index: Lookup<(LatencyKind, u16), u32>,
    rows: Vec<((LatencyKind, u16), Latency)>,
}

impl Latencies {
    /// No values yet; shares are kept for these thresholds.
    pub fn new(thresholds: Vec<Span>) -> Latencies {
        Latencies { thresholds, ..Latencies::default() }
    }

    /// Records a value under a kind and class.
    pub fn record(&mut self, kind: LatencyKind, class: u16, value: Span) {
        let at = match self.index.get(&(kind, class)) {
            Some(&at) => at as usize,
            None => {
                let histogram = Histogram::new(3).expect("three digits are within the histogram's range");
                let within = vec![0; self.thresholds.len()];
                self.rows.push(((kind, class), Latency { histogram, sum_ns: 0, within }));
                let at = self.rows.len() - 1;
                self.index.insert((kind, class), at as u32);
                at
            }
        };
        let latency = &mut self.rows[at].1;
        // Values beyond the largest bucket do not occur: a histogram that resizes itself takes any 64-bit value.
        latency.histogram.record(value.as_nanos()).expect("the histogram resizes itself");
        latency.sum_ns += u128::from(value.as_nanos());
        for (threshold, within) in self.thresholds.iter().zip(&mut latency.within) {
            *within += u64::from(value <= *threshold);
        }
    }

    /// The distribution of a kind and class.
    pub fn get(&self, kind: LatencyKind, class: u16) -> Option<&Latency> {
        self.index.get(&(kind, class)).map(|at| &self.rows[*at as usize].1)
    }

    /// All distributions in order of kind and class number.
    pub fn iter(&self) -> impl Iterator<Item = (LatencyKind, u16, &Latency)> {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by_key(|at| self.rows[*at].0);
        order.into_iter().map(|at| (self.rows[at].0.0, self.rows[at].0.1, &self.rows[at].1))
    }

    /// The rows, sorted by their text columns. `class` names the class of a kind.
    pub fn rows(&self, class: impl Fn(LatencyKind, u16) -> String) -> Vec<LatencyRow> {
        let mut rows: Vec<LatencyRow> = self
            .rows
            .iter()
            .map(|((kind, number), latency)| {
                let mut histogram = latency.histogram.clone();
                histogram.auto(true);
                LatencyRow {
                    procedure: kind.name().to_string(),
                    class: class(*kind, *number),
                    histogram,
                    sum_ns: latency.sum_ns,
                }
            })
            .collect();
        rows.sort_by(|a, b| (&a.procedure, &a.class).cmp(&(&b.procedure, &b.class)));
        rows
    }
}
