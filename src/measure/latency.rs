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
    /// SRD of a session that carries files, when it is accepted (RFC 6076 section 4.3).
    SessionAccepted,
    /// The same, when it is refused or cancelled.
    SessionRefused,
    /// The first SEND of a file to its end at the sender.
    FileTransfer,
    /// The begin of a procedure until content that it brought by a session is shown.
    Shown,
    /// A notification MESSAGE to its final response.
    Notification,
    /// A datagram from source to sink.
    Datagram,
    /// A plain transaction to its final response.
    Transaction,
    /// A plain transaction to its first response.
    FirstResponse,
    /// Submission of a push to its first terminal.
    PushFirst,
    /// Submission of a push to each of its terminals.
    PushDevice,
    /// Submission of a push to the last of its terminals.
    PushAll,
    /// How long a terminal believed to be registered while its binding had expired (RACE-13).
    GhostRegistration,
    /// From the clearing of a do-not-disturb rule to the release of what it held.
    DndRelease,
    /// From the setting of the rule to a notification that reaches a client all the same (RACE-3).
    DndViolation,
    /// MMS notification time (ETSI TS 102 250-2): submission to the notification at the terminal.
    MmsNotification,
    /// MMS retrieval time (ETSI TS 102 250-2): the terminal begins to fetch until it has the MM.
    MmsRetrieval,
    /// MMS end-to-end delivery time (ETSI TS 102 250-2): submission until the terminal has the MM.
    MmsEndToEnd,
    /// A short message from its service centre to the terminal.
    ShortDelivery,
    /// An event of a mailbox until the MEM client is told of it.
    MailboxNotification,
    /// An event of a mailbox until the MEM client has fetched what is new.
    MailboxSynchronisation,
    /// An out-of-band notification of a PF until the terminal has it.
    WakeUp,
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
            LatencyKind::SessionAccepted => "session-accepted",
            LatencyKind::SessionRefused => "session-refused",
            LatencyKind::FileTransfer => "file-transfer",
            LatencyKind::Shown => "shown",
            LatencyKind::Notification => "notification",
            LatencyKind::Datagram => "datagram",
            LatencyKind::Transaction => "transaction",
            LatencyKind::FirstResponse => "first-response",
            LatencyKind::MmsNotification => "mms-notification",
            LatencyKind::MmsRetrieval => "mms-retrieval",
            LatencyKind::MmsEndToEnd => "mms-end-to-end",
            LatencyKind::ShortDelivery => "sms-delivery",
            LatencyKind::MailboxNotification => "mailbox-notification",
            LatencyKind::MailboxSynchronisation => "mailbox-synchronisation",
            LatencyKind::WakeUp => "out-of-band-notification",
            LatencyKind::PushFirst => "push-first",
            LatencyKind::PushDevice => "push-device",
            LatencyKind::PushAll => "push-all",
            LatencyKind::GhostRegistration => "ghost-registration",
            LatencyKind::DndRelease => "dnd-release",
            LatencyKind::DndViolation => "dnd-violation",
        }
    }
}

/// Values that are sorted into a histogram together. Its counters lie far apart, so one value alone waits for memory;
/// of many, the waits overlap.
const BATCH: usize = 256;

/// A distribution with its exact sum.
#[derive(Clone, Debug)]
pub struct Latency {
    histogram: Histogram<u64>,
    /// Values in nanoseconds that are not in the histogram yet.
    recent: Vec<u64>,
    sum_ns: u128,
    /// Values at or below each threshold.
    within: Vec<u64>,
}

impl Latency {
    /// No values yet, and shares at or below so many thresholds.
    ///
    /// # Panics
    /// Never: three digits are within the histogram's range.
    pub fn new(thresholds: usize) -> Latency {
        let histogram = Histogram::new(3).expect("three digits are within the histogram's range");
        Latency { histogram, recent: Vec::new(), sum_ns: 0, within: vec![0; thresholds] }
    }

    /// Records a value; `thresholds` are the ones that it was made for.
    ///
    /// # Panics
    /// Never: a histogram that resizes itself takes any 64-bit value.
    pub fn record(&mut self, value: Span, thresholds: &[Span]) {
        self.recent.push(value.as_nanos());
        if self.recent.len() == BATCH {
            sort_in(&mut self.histogram, &self.recent);
            self.recent.clear();
        }
        self.sum_ns += u128::from(value.as_nanos());
        for (threshold, within) in thresholds.iter().zip(&mut self.within) {
            *within += u64::from(value <= *threshold);
        }
    }

    /// Adds the values of `other`, which has the same thresholds.
    ///
    /// # Panics
    /// Never: both histograms resize themselves.
    pub fn add(&mut self, other: &Latency) {
        self.histogram.add(&other.histogram).expect("the histogram resizes itself");
        sort_in(&mut self.histogram, &other.recent);
        self.sum_ns += other.sum_ns;
        for (within, more) in self.within.iter_mut().zip(&other.within) {
            *within += more;
        }
    }

    /// Standard deviation in seconds, to the resolution of the histogram.
    pub fn deviation(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.complete().stdev() / 1e9)
    }

    /// The row of results.
    pub fn row(&self, procedure: &str, class: String) -> LatencyRow {
        let mut histogram = self.complete();
        histogram.auto(true);
        LatencyRow { procedure: procedure.to_string(), class, histogram, sum_ns: self.sum_ns }
    }

    /// Values recorded.
    pub fn count(&self) -> u64 {
        self.histogram.len() + self.recent.len() as u64
    }

    /// The histogram of all values.
    fn complete(&self) -> Histogram<u64> {
        let mut histogram = self.histogram.clone();
        sort_in(&mut histogram, &self.recent);
        histogram
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

fn sort_in(histogram: &mut Histogram<u64>, values: &[u64]) {
    for value in values {
        histogram.record(*value).expect("the histogram resizes itself");
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
                self.rows.push(((kind, class), Latency::new(self.thresholds.len())));
                let at = self.rows.len() - 1;
                self.index.insert((kind, class), at as u32);
                at
            }
        };
        self.rows[at].1.record(value, &self.thresholds);
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

    /// The rows. `class` names the class with a number.
    pub fn rows(&self, class: impl Fn(u16) -> String) -> Vec<LatencyRow> {
        self.rows.iter().map(|((kind, number), latency)| latency.row(kind.name(), class(*number))).collect()
    }
}
