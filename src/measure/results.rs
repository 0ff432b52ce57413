//! What one run hands to the experiment: plain rows in a canonical order, exact integers wherever they are counts or
//! times.

use crate::wire::Carriage;
use hdrhistogram::Histogram;

/// The results of one run (a point and a replication). Rows are sorted by their key columns.
#[derive(Clone, Debug)]
pub struct RunResults {
    /// Messages counted, by procedure, reference point, sender, receiver, protocol and message.
    pub signalling: Vec<SignallingRow>,
    /// Latency distributions by procedure and class.
    pub latency: Vec<LatencyRow>,
    /// Measures by name.
    pub measures: Vec<MeasureRow>,
    /// Race outcomes.
    pub races: Vec<RaceRow>,
    /// Timeline samples.
    pub timeline: Vec<TimelineRow>,
    /// Events that the kernel ran.
    pub events: u64,
    /// Message hops: messages that arrived at a node and were acted on.
    pub hops: u64,
    /// Fingerprint of the run.
    pub fingerprint: u64,
}

/// A row of `signalling.csv` without point and replication.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignallingRow {
    /// Procedure that the message belongs to.
    pub procedure: &'static str,
    /// Reference point that it crosses.
    pub reference_point: &'static str,
    /// Sending node's name, `terminal` for all terminals.
    pub from: String,
    /// Receiving node's name, `terminal` for all terminals.
    pub to: String,
    /// SIP, Diameter, ….
    pub protocol: &'static str,
    /// Method, `status method` for a response (`200 INVITE`), or Diameter command.
    pub message: String,
    /// Sent, retransmissions not included.
    pub sent: u64,
    /// Retransmissions.
    pub retransmitted: u64,
    /// Octets of all of them.
    pub octets: u64,
}

/// A latency distribution in nanoseconds.
#[derive(Clone, Debug)]
pub struct LatencyRow {
    /// Procedure or kind of latency.
    pub procedure: String,
    /// Class of the workload.
    pub class: String,
    /// Nanoseconds, integer buckets: merges exactly.
    pub histogram: Histogram<u64>,
    /// Exact sum of the values in nanoseconds.
    pub sum_ns: u128,
}

/// A row of `measures.csv` without point and replication.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasureRow {
    /// Name from the registry, with the node's name where it is per node.
    pub measure: String,
    /// Unit: `1`, `s`, `%`, `octets`, `1/s`.
    pub unit: &'static str,
    /// The value; `None` where the denominator is zero.
    pub value: Option<f64>,
}

/// A row of `races.csv` without point and replication.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RaceRow {
    /// `RACE-1`, ….
    pub race: &'static str,
    /// Outcome from the registry.
    pub outcome: &'static str,
    /// Occurrences.
    pub count: u64,
}

/// A row of `timeline.csv` without point and replication.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineRow {
    /// Nanoseconds since the start.
    pub time_ns: u64,
    /// Node.
    pub node: String,
    /// Measure.
    pub measure: &'static str,
    /// Value.
    pub value: f64,
}

/// One message on one hop, as ladders, diagrams and captures show it.
#[derive(Clone, Debug, PartialEq)]
pub struct HopRow {
    /// Nanoseconds since the start, at the sender.
    pub sent_ns: u64,
    /// Nanoseconds since the start, at the receiver; `None` when it is lost or still under way at the end.
    pub arrives_ns: Option<u64>,
    /// Whether it was lost.
    pub lost: bool,
    /// Sending node instance or terminal (`bob/1`).
    pub from: String,
    /// Receiving node instance or terminal.
    pub to: String,
    /// Reference point.
    pub reference_point: &'static str,
    /// Procedure.
    pub procedure: &'static str,
    /// Protocol.
    pub protocol: &'static str,
    /// Message.
    pub message: String,
    /// 0 the first time, then 1, 2, ….
    pub transmission: u16,
    /// Octets.
    pub octets: u64,
    /// SIP timer that sent it again.
    pub timer: Option<&'static str>,
    /// imdn.Message-ID of the message that it carries.
    pub message_id: Option<String>,
    /// What carries it.
    pub carriage: Carriage,
    /// Tells its connection from others between the same two, where there may be several.
    pub connection: Option<u64>,
    /// Whether it goes to the side of its connection that listens; `None` where the message does not tell.
    pub to_server: Option<bool>,
    /// The set-up of its connection, when it was the first on one.
    pub set_up: Option<SetUpRow>,
    /// The octets themselves, empty when they were not asked for.
    pub content: Vec<u8>,
}

/// When a connection was set up for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetUpRow {
    /// Nanoseconds since the start: the SYN, sent at [`HopRow::sent_ns`], reached the far end, and the SYN-ACK left it.
    pub syn_arrives_ns: u64,
    /// The SYN-ACK was back, and the message left; `None` when that did not happen.
    pub accepted_ns: Option<u64>,
}

#[cfg(test)]
impl HopRow {
    /// A SIP message over UDP that arrives at once.
    pub fn example(from: &str, to: &str, message: &str, sent_ns: u64) -> HopRow {
        HopRow {
            sent_ns,
            arrives_ns: Some(sent_ns),
            lost: false,
            from: from.to_owned(),
            to: to.to_owned(),
            reference_point: "Gm",
            procedure: "pager",
            protocol: "SIP",
            message: message.to_owned(),
            transmission: 0,
            octets: 10,
            timer: None,
            message_id: None,
            carriage: Carriage::of(crate::wire::Protocol::Sip, false, true),
            connection: None,
            to_server: None,
            set_up: None,
            content: vec![b'x'; 10],
        }
    }
}
