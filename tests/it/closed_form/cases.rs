//! Which model and which measure stand for which reference value.

use super::rows::Rule::{Exact, Mean, Share};
use super::rows::{
    CHALLENGED, DECLINED, DEFERRAL, EMPTY, ERLANG_B, INVITE_LOSS, JACKSON, MD1, MESSAGE_LOSS, MM1, MMC, ON_OFF,
    OVERLAP, PRIORITY, REGISTRATION, Rule, Value, WAITS, WAITS_EXACT, m, refreshes, sent, square,
};

/// A model with the rows that it stands for: the rows named `name` whose parameters have the text `parameters`.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) parameters: &'static str,
    pub(super) model: &'static str,
    pub(super) sets: &'static [&'static str],
    pub(super) replications: Option<u64>,
    /// Beginning of the quantity, rule, value of a replication.
    pub(super) rows: &'static [(&'static str, Rule, Value)],
}

impl Case {
    /// Whether another case needs the same runs.
    pub(super) fn runs_like(&self, other: &Case) -> bool {
        (self.model, self.sets, self.replications) == (other.model, other.sets, other.replications)
    }
}

const fn case(
    name: &'static str,
    parameters: &'static str,
    model: &'static str,
    sets: &'static [&'static str],
    rows: &'static [(&'static str, Rule, Value)],
) -> Case {
    Case { name, parameters, model, sets, replications: None, rows }
}

const SHORT: &[&str] = &["horizon=11min", "warm_up=1min"];
const FIVE_TWO: [&str; 3] =
    ["devices.phone.think_time.mean=5s", "policies.pull_service_time=2s", "policies.empty_service_time=2s"];

/// Schedules of sends: part of the parameters, model, message.
pub(super) const SCHEDULES: &[(&str, &str, &str)] = &[
    ("UDP INVITE (Timer A/B)", "validation/invite_schedule", "INVITE"),
    ("UDP non-INVITE (Timer E/F)", "validation/message_schedule", "MESSAGE"),
    ("T1=2s T2=16s", "validation/message_schedule_access", "MESSAGE"),
    ("after 1xx at t<0.5s", "validation/message_schedule_proceeding", "MESSAGE"),
];

/// Reference values that no model stands for: name, part of the parameters, beginning of the quantity, reason.
pub(super) const NOT_COVERED: &[(&str, &str, &str, &str)] = &[
    ("MM1", "", "run length for +-1%", "a plan for runs, no result of one; its sigma^2 is checked"),
    ("Message_count", "INVITE/MSRP push via", "SIP messages", "session mode messaging is not modelled"),
    ("Message_count", "INVITE/MSRP push, n=3", "MSRP messages", "session mode messaging is not modelled"),
    ("RFC7502_find_R", "", "R [sps]", "an algorithm that searches over experiments, not a model"),
];

/// All cases.
pub(super) const CASES: &[Case] = &[
    case("MM1", "lambda=80/s", "validation/mm1", SHORT, MM1),
    Case {
        name: "MM1",
        parameters: "lambda=80/s",
        model: "validation/mm1",
        sets: &["horizon=220s", "warm_up=20s"],
        replications: Some(150),
        rows: &[("asymptotic variance", Mean, |r| 200.0 * square(m(r, "station.station.number_mean") - 4.0))],
    },
    case("MMc", "lambda=100/s", "validation/mmc_5", SHORT, MMC),
    case("MMc", "lambda=90/s", "validation/mmc_10", SHORT, MMC),
    case("MMc", "lambda=1.6/s", "validation/mmc_2", &["horizon=12h", "warm_up=2h"], MMC),
    case("ErlangB_MMcc", "c=10;", "validation/erlang_b_10", &["horizon=1h"], ERLANG_B),
    case("ErlangB_MMcc", "c=20;", "validation/erlang_b_20", &["horizon=1h"], ERLANG_B),
    case("ErlangB_MMcc", "c=100;", "validation/erlang_b_100", &["horizon=15min"], ERLANG_B),
    case("MD1", "lambda=80/s", "validation/md1", SHORT, MD1),
    case(
        "MG1_Erlang4",
        "",
        "validation/mg1_erlang4",
        SHORT,
        &[("Wq mean", Mean, |r| m(r, "station.station.wait_mean"))],
    ),
    case("Jackson_tandem", "", "validation/jackson_tandem", &["horizon=7min", "warm_up=1min"], JACKSON),
    case("Priority_nonpreemptive", "", "validation/priority_nonpreemptive", SHORT, PRIORITY),
    case(
        "SIP_timers",
        "UDP INVITE (Timer A/B)",
        "validation/invite_schedule",
        &[],
        &[("max transmissions", Exact, |r| m(r, "plain.calls.requests_per_item"))],
    ),
    case(
        "SIP_timers",
        "UDP non-INVITE (Timer E/F)",
        "validation/message_schedule",
        &[],
        &[("max transmissions", Exact, |r| m(r, "plain.calls.requests_per_item"))],
    ),
    case(
        "SIP_timers",
        "UAS 2xx",
        "validation/success_schedule",
        &[],
        &[("max transmissions of final response", Exact, |r| m(r, "plain.calls.responses_per_item"))],
    ),
    case("SIP_retransmission", "UDP INVITE; per-datagram loss p=0.01 ", "validation/invite_loss", &[], INVITE_LOSS),
    case(
        "SIP_retransmission",
        "UDP INVITE; per-datagram loss p=0.1 ",
        "validation/invite_loss",
        &["links.wire.loss=10%"],
        INVITE_LOSS,
    ),
    case(
        "SIP_retransmission",
        "UDP non-INVITE; per-datagram loss p=0.01 ",
        "validation/message_loss",
        &[],
        MESSAGE_LOSS,
    ),
    case(
        "SIP_retransmission",
        "UDP non-INVITE; per-datagram loss p=0.1 ",
        "validation/message_loss",
        &["links.wire.loss=10%"],
        MESSAGE_LOSS,
    ),
    case(
        "SIP_2xx_ACK",
        "",
        "validation/success_ack_loss",
        &[],
        &[
            ("expected 2xx", Mean, |r| m(r, "plain.calls.responses_per_item")),
            ("P(no ACK", Share(10000.0), |r| m(r, "plain.calls.no_ack_ratio")),
        ],
    ),
    case("Registration_load", "granted expires=600000s", "validation/registration_600000s", &[], REGISTRATION),
    case(
        "Registration_load",
        "granted expires=600000s",
        "validation/registration_600000s",
        &["policies.challenge_refresh=true"],
        CHALLENGED,
    ),
    case("Registration_load", "granted expires=3600s", "validation/registration_3600s", &[], REGISTRATION),
    case(
        "Registration_load",
        "granted expires=3600s",
        "validation/registration_3600s",
        &["policies.challenge_refresh=true"],
        CHALLENGED,
    ),
    case(
        "Registration_load",
        "expires=600s (<=1200)",
        "validation/registration_600s",
        &[],
        &[("re-REGISTER per second", Mean, refreshes)],
    ),
    case("OnOff_availability", "off~Exp(mean 3600s)", "validation/on_off", &[], ON_OFF),
    case("Deferred_queue", "", "validation/on_off", &[], &[("mean number", Mean, |r| m(r, "messages.queued_mean"))]),
    case("OnOff_availability", "off constant", "validation/on_off_constant", &[], DEFERRAL),
    case("OnOff_availability", "off lognormal", "validation/on_off_lognormal", &[], DEFERRAL),
    case(
        "OnOff_availability",
        "off~Exp",
        "validation/on_off_off_at_start",
        &[],
        &[("P(on at t=1800s", Mean, |r| m(r, "terminals.registered_ratio_at_end"))],
    ),
    case(
        "OnOff_availability",
        "off~Exp",
        "validation/on_off_on_at_start",
        &[],
        &[("P(off at t=1800s", Mean, |r| 1.0 - m(r, "terminals.registered_ratio_at_end"))],
    ),
    case(
        "Overlapping_pulls_exp",
        "k=2 terminals react i.i.d. Exp(mean 10s); pull occupies",
        "validation/pulls_busy",
        &[],
        &[OVERLAP, WAITS_EXACT, EMPTY],
    ),
    case(
        "Overlapping_pulls_exp",
        "k=3 terminals react i.i.d. Exp(mean 10s)",
        "validation/pulls_busy",
        K3,
        &[OVERLAP, WAITS, EMPTY],
    ),
    case(
        "Overlapping_pulls_exp",
        "k=4 terminals react i.i.d. Exp(mean 10s)",
        "validation/pulls_busy",
        K4,
        &[OVERLAP, WAITS, EMPTY],
    ),
    case(
        "Overlapping_pulls_exp",
        "k=3 terminals react i.i.d. Exp(mean 5s)",
        "validation/pulls_busy",
        K3_FIVE,
        &[OVERLAP, WAITS, EMPTY],
    ),
    case(
        "Overlapping_pulls_exp",
        "k=2 terminals react i.i.d. Exp(mean 10s); pull occupies",
        "validation/pulls_busy",
        &["policies.overlap=decline480"],
        DECLINED,
    ),
    case(
        "Overlapping_pulls_exp",
        "k=3 terminals react i.i.d. Exp(mean 10s)",
        "validation/pulls_busy",
        K3_480,
        DECLINED,
    ),
    case(
        "Overlapping_pulls_exp",
        "k=4 terminals react i.i.d. Exp(mean 10s)",
        "validation/pulls_busy",
        K4_480,
        DECLINED,
    ),
    case(
        "Overlapping_pulls_exp",
        "k=3 terminals react i.i.d. Exp(mean 5s)",
        "validation/pulls_busy",
        K3_FIVE_480,
        DECLINED,
    ),
    case(
        "Overlapping_pulls_exp",
        "pull duration ~Exp(mean 1s)",
        "validation/pulls",
        &["policies.pull_service_time={ dist = \"exponential\", mean = \"1s\" }"],
        &[("P(overlap)", Mean, |r| m(r, "pulls.overlap_probability"))],
    ),
    case(
        "Message_count",
        "IMS initial registration UE-P-I-S",
        "flows/register",
        &[],
        &[("SIP messages on links", Exact, |r| sent(r, "registration", &["Gm", "Mw"]))],
    ),
    case(
        "Message_count",
        "IMS initial registration",
        "flows/register",
        &[],
        &[("Cx Diameter", Exact, |r| sent(r, "registration", &["Cx"]))],
    ),
    case(
        "Message_count",
        "third-party REGISTER",
        "flows/register",
        &[],
        &[("SIP messages", Exact, |r| sent(r, "third-party-registration", &["ISC"]))],
    ),
    case(
        "Message_count",
        "seed 002: notification",
        "flows/notify-in-band",
        &[],
        &[("SIP messages", Exact, |r| sent(r, "notification", &["ISC", "Gm"]))],
    ),
    case(
        "Message_count",
        "seed 004 pull, per hop",
        "flows/pull",
        NO_100,
        &[("SIP messages per hop", Exact, |r| sent(r, "management", &["Gm"]))],
    ),
    case(
        "Message_count",
        "seed 004 pull on empty",
        "flows/pull-empty",
        NO_100,
        &[("SIP messages per hop", Exact, |r| sent(r, "management", &["Gm"]))],
    ),
    case(
        "MM1K",
        "",
        "validation/mm1k",
        SHORT,
        &[
            ("blocking", Mean, |r| m(r, "station.station.drop_ratio")),
            ("L mean", Mean, |r| m(r, "station.station.number_mean")),
        ],
    ),
    case(
        "Machine_repair",
        "",
        "validation/machine_repair",
        SHORT,
        &[
            ("throughput", Mean, |r| m(r, "plain.jobs.throughput")),
            ("mean cycle time", Mean, |r| m(r, "plain.jobs.latency_mean")),
        ],
    ),
    case(
        "Priority_preemptive",
        "",
        "validation/priority_preemptive",
        SHORT,
        &[
            ("sojourn class1", Mean, |r| m(r, "station.station.class.urgent.sojourn_mean")),
            ("sojourn class2", Mean, |r| m(r, "station.station.class.other.sojourn_mean")),
        ],
    ),
    case(
        "Batch_MXM1",
        "",
        "validation/batch",
        SHORT,
        &[
            ("L mean", Mean, |r| m(r, "station.station.number_mean")),
            ("Wq mean", Mean, |r| m(r, "station.station.wait_mean")),
        ],
    ),
    case(
        "E2M1",
        "",
        "validation/e2m1",
        SHORT,
        &[
            ("W mean", Mean, |r| m(r, "station.station.sojourn_mean")),
            ("P(wait>0)", Mean, |r| m(r, "station.station.wait_ratio")),
        ],
    ),
    case(
        "Rated_link",
        "",
        "validation/rated_link",
        SHORT,
        &[("mean delay", Mean, |r| m(r, "plain.jobs.latency_mean"))],
    ),
    case(
        "Datagram_loss",
        "",
        "validation/datagram_loss",
        &["horizon=5min"],
        &[("P(arrival)", Mean, |r| m(r, "plain.probes.done_ratio"))],
    ),
    case("Router_tandem", "", "validation/router", SHORT, &[("mean delay", Mean, |r| m(r, "plain.jobs.latency_mean"))]),
    case(
        "Proxy_retransmission",
        "",
        "validation/invite_loss_proxies",
        &[],
        &[
            ("transmissions by", Mean, |r| m(r, "plain.calls.requests_per_item")),
            ("requests received", Mean, |r| m(r, "plain.calls.requests_received_per_item")),
        ],
    ),
];

const NO_100: &[&str] = &["policies.trying=false"];
const K3: &[&str] = &["population.bobs.terminals=3"];
const K4: &[&str] = &["population.bobs.terminals=4"];
const K3_480: &[&str] = &["population.bobs.terminals=3", "policies.overlap=decline480"];
const K4_480: &[&str] = &["population.bobs.terminals=4", "policies.overlap=decline480"];
const K3_FIVE: &[&str] = &["population.bobs.terminals=3", FIVE_TWO[0], FIVE_TWO[1], FIVE_TWO[2]];
const K3_FIVE_480: &[&str] =
    &["population.bobs.terminals=3", "policies.overlap=decline480", FIVE_TWO[0], FIVE_TWO[1], FIVE_TWO[2]];
