//! How values are taken from the results of a run, and compared: rule and value of the rows of a family.

use pushsim::measure::RunResults;

/// How a value is compared with its reference.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    /// Every replication has it.
    Exact,
    /// The mean has it within the standard errors.
    Mean,
    /// The same, a percentile from a histogram.
    Quantile,
    /// The mean is not below it.
    AtLeast,
    /// A share of so many items per replication, too rare for a standard error of its own.
    Share(f64),
}

use Rule::{AtLeast, Exact, Mean, Quantile, Share};

pub(super) type Value = fn(&RunResults) -> f64;

pub(super) fn square(value: f64) -> f64 {
    value * value
}

pub(super) fn m(results: &RunResults, measure: &str) -> f64 {
    let row = results.measures.iter().find(|row| row.measure == measure);
    row.unwrap_or_else(|| panic!("no measure {measure}")).value.unwrap_or(f64::NAN)
}

pub(super) fn quantile(results: &RunResults, procedure: &str, class: &str, share: f64) -> f64 {
    let row = results.latency.iter().find(|row| row.procedure == procedure && row.class == class);
    row.expect("a latency").histogram.value_at_quantile(share) as f64 / 1e9
}

/// Messages sent of a procedure over some reference points, retransmissions included.
pub(super) fn sent(results: &RunResults, procedure: &str, points: &[&str]) -> f64 {
    let rows = results.signalling.iter();
    let of = rows.filter(|row| row.procedure == procedure && points.contains(&row.reference_point));
    of.map(|row| row.sent + row.retransmitted).sum::<u64>() as f64
}

pub(super) const MM1: &[(&str, Rule, Value)] = &[
    ("L mean", Mean, |r| m(r, "station.station.number_mean")),
    ("Lq mean", Mean, |r| m(r, "station.station.waiting_mean")),
    ("W mean", Mean, |r| m(r, "station.station.sojourn_mean")),
    ("Wq mean", Mean, |r| m(r, "station.station.wait_mean")),
    ("P(N=0)", Mean, |r| m(r, "station.station.p_number.0")),
    ("P(N>=10)", Mean, |r| m(r, "station.station.p_number_from.10")),
    ("sojourn p95", Quantile, |r| quantile(r, "sojourn", "station", 0.95)),
    ("sojourn p99", Quantile, |r| quantile(r, "sojourn", "station", 0.99)),
    ("wait p95", Quantile, |r| quantile(r, "wait", "station", 0.95)),
    ("mean busy period", Mean, |r| m(r, "station.station.busy_period_mean")),
];

pub(super) const MMC: &[(&str, Rule, Value)] = &[
    ("P(wait>0)", Mean, |r| m(r, "station.station.wait_ratio")),
    ("Wq mean", Mean, |r| m(r, "station.station.wait_mean")),
    ("W mean", Mean, |r| m(r, "station.station.sojourn_mean")),
    ("Lq", Mean, |r| m(r, "station.station.waiting_mean")),
    ("wait p95", Quantile, |r| quantile(r, "wait", "station", 0.95)),
];

pub(super) const ERLANG_B: &[(&str, Rule, Value)] = &[
    ("blocking", Mean, |r| m(r, "station.station.drop_ratio")),
    ("carried", Mean, |r| m(r, "station.station.busy_mean")),
];

pub(super) const MD1: &[(&str, Rule, Value)] = &[
    ("Wq mean", Mean, |r| m(r, "station.station.wait_mean")),
    ("W mean", Mean, |r| m(r, "station.station.sojourn_mean")),
    ("L", Mean, |r| m(r, "station.station.number_mean")),
    ("P(N=0)", Mean, |r| m(r, "station.station.p_number.0")),
    ("P(N=1)", Mean, |r| m(r, "station.station.p_number.1")),
    ("P(N=2)", Mean, |r| m(r, "station.station.p_number.2")),
    ("P(Wq<=0.02 s)", Mean, |r| m(r, "station.station.wait_within.0.02s")),
    ("wait p95", Quantile, |r| quantile(r, "wait", "station", 0.95)),
];

pub(super) const JACKSON: &[(&str, Rule, Value)] = &[
    ("mean end-to-end delay", Mean, |r| m(r, "plain.jobs.latency_mean")),
    ("mean total number", Mean, |r| {
        ["p", "i", "s", "pf"].iter().map(|node| m(r, &format!("station.{node}.number_mean"))).sum()
    }),
    ("Var end-to-end", Quantile, |r| square(m(r, "plain.jobs.latency_deviation"))),
    ("end-to-end delay p95", Quantile, |r| quantile(r, "datagram", "jobs", 0.95)),
    ("end-to-end delay p99", Quantile, |r| quantile(r, "datagram", "jobs", 0.99)),
];

pub(super) const PRIORITY: &[(&str, Rule, Value)] = &[
    ("Wq class1", Mean, |r| m(r, "station.station.class.urgent.wait_mean")),
    ("Wq class2", Mean, |r| m(r, "station.station.class.other.wait_mean")),
    ("conservation", Mean, |r| {
        0.3 * m(r, "station.station.class.urgent.wait_mean") + 0.5 * m(r, "station.station.class.other.wait_mean")
    }),
];

/// Round trip of the models of lossy transactions.
pub(super) const ROUND_TRIP: f64 = 2e-6;

pub(super) const MESSAGE_LOSS: &[(&str, Rule, Value)] = &[
    ("expected request transmissions", Mean, |r| m(r, "plain.calls.requests_per_item")),
    ("expected retransmissions", Mean, |r| m(r, "plain.calls.requests_per_item") - 1.0),
    ("timeout probability", Share(10000.0), |r| m(r, "plain.calls.failed_ratio")),
    ("expected responses sent", Mean, |r| m(r, "plain.calls.responses_per_item")),
    ("P(server got request", Share(10000.0), |r| m(r, "plain.calls.ghost_ratio")),
    ("expected duplicate requests", Mean, |r| m(r, "plain.calls.requests_received_per_item") - 1.0),
    ("mean extra delay", Mean, |r| m(r, "plain.calls.latency_mean") - ROUND_TRIP),
    ("P(delay>0.4 s)", Mean, |r| 1.0 - m(r, "latency_within.transaction.calls.0.4s")),
];

pub(super) const INVITE_LOSS: &[(&str, Rule, Value)] = &[
    ("expected request transmissions", Mean, |r| m(r, "plain.calls.requests_per_item")),
    ("expected retransmissions", Mean, |r| m(r, "plain.calls.requests_per_item") - 1.0),
    ("timeout probability", Share(10000.0), |r| m(r, "plain.calls.failed_ratio")),
    ("expected responses sent", Mean, |r| m(r, "plain.calls.responses_per_item")),
    ("P(server got request", Share(10000.0), |r| m(r, "plain.calls.ghost_ratio")),
    ("expected duplicate requests", Mean, |r| m(r, "plain.calls.requests_received_per_item") - 1.0),
    ("mean extra delay", Mean, |r| {
        let row = r.latency.iter().find(|row| row.procedure == "first-response").expect("a latency");
        row.sum_ns as f64 / 1e9 / row.histogram.len() as f64 - ROUND_TRIP
    }),
    ("P(delay>0.4 s)", Mean, |r| 1.0 - m(r, "latency_within.first-response.calls.0.4s")),
];

/// A thousand terminals stand for a million.
pub(super) const TERMINALS: f64 = 1000.0;

pub(super) fn refreshes(results: &RunResults) -> f64 {
    m(results, "registrations.refresh.rate") * TERMINALS
}

/// SIP messages a second of a million terminals.
pub(super) fn refresh_messages(results: &RunResults) -> f64 {
    let messages = sent(results, "re-registration", &["Gm", "Mw"]);
    messages / m(results, "registrations.refresh.succeeded") * refreshes(results)
}

pub(super) const REGISTRATION: &[(&str, Rule, Value)] = &[
    ("refresh interval", Mean, |r| TERMINALS / m(r, "registrations.refresh.rate")),
    ("re-REGISTER per hour", Mean, |r| refreshes(r) * 3600.0),
    ("re-REGISTER per second", Mean, refreshes),
    ("SIP messages/s in core, unauthenticated", Mean, refresh_messages),
];

pub(super) const CHALLENGED: &[(&str, Rule, Value)] = &[("SIP messages/s in core, challenged", Mean, refresh_messages)];

/// The models of availability have 20 terminals that come and go and one that stays.
pub(super) const OFF_AND_ON: f64 = 20.0;

pub(super) const ON_OFF: &[(&str, Rule, Value)] = &[
    ("P(registered)", Mean, |r| (m(r, "terminals.registered_share") * (OFF_AND_ON + 1.0) - 1.0) / OFF_AND_ON),
    ("P(message deferred)", Mean, |r| m(r, "messages.deferred_ratio")),
    ("mean deferral time given deferred [s] (exponential off)", Mean, deferral),
    ("registration cycles", Mean, |r| m(r, "terminals.power_ons_per_day") * (OFF_AND_ON + 1.0) / OFF_AND_ON),
];

pub(super) fn deferral(results: &RunResults) -> f64 {
    let row = results.latency.iter().find(|row| row.procedure == "deferral").expect("a latency");
    row.sum_ns as f64 / 1e9 / row.histogram.len() as f64
}

pub(super) const DEFERRAL: &[(&str, Rule, Value)] = &[("mean deferral time", Mean, deferral)];

pub(super) const OVERLAP: (&str, Rule, Value) =
    ("P(at least one overlapping INVITE)", Mean, |r| m(r, "pulls.overlap_probability"));
pub(super) const WAITS_EXACT: (&str, Rule, Value) =
    ("E[# INVITEs that wait]", Mean, |r| m(r, "pulls.overlapping_per_user"));
pub(super) const WAITS: (&str, Rule, Value) =
    ("E[# INVITEs that wait]", AtLeast, |r| m(r, "pulls.overlapping_per_user"));
pub(super) const DECLINED: &[(&str, Rule, Value)] =
    &[("E[declined INVITEs]", Mean, |r| m(r, "pulls.declined_per_user"))];
pub(super) const EMPTY: (&str, Rule, Value) = ("488 '125 No messages'", Exact, |r| m(r, "pulls.empty_per_user"));
