//! User planes over an MSRP relay: what it costs, how long a path holds, and what a failure of the relay does.

use std::path::Path;

use pushsim::agents::Census;
use pushsim::kernel::{Span, Time};
use pushsim::measure::NoTrace;
use pushsim::measure::results::{HopRow, RunResults};
use pushsim::report::ladder::ladder;
use pushsim::scenario::config::{Override, load, load_text};
use pushsim::scenario::{Model, World, trace};

use crate::flows::{counts, flow};
use crate::source::root;

/// Alice sends Bob large messages, of a network with a relay, at these instants. `more` is the keys of Bob's device, of
/// `[policies]`, and whole tables.
fn model(device: &str, policies: &str, sends: &[&str], more: &str) -> Model {
    let step = |at: &&str| format!("[[script]]\nat = \"{at}\"\nuser = \"alice\"\ndo = \"send_large\"\nto = \"bob\"\n");
    let script: String = sends.iter().map(step).collect();
    let text = format!(
        r#"
description = "Alice sends Bob large messages over a relay."
horizon = "3h"

[nodes]
p = {{ role = "p_cscf" }}
i = {{ role = "i_cscf" }}
s = {{ role = "s_cscf" }}
hss = {{ role = "hss" }}
pf = {{ role = "pf" }}
relay = {{ role = "msrp_relay", service = "1ms" }}

[[links]]
from = "*"
to = "*"
latency = "2ms"

[access.air]
latency = "20ms"

[policies]
{policies}

[devices.sender]
access = "air"
features = ["msg", "largemsg"]

[devices.taker]
access = "air"
features = ["msg", "largemsg"]
{device}

[population.alice]
device = "sender"

[population.bob]
device = "taker"

{script}
{more}

[trace]
from = "10s"
"#
    );
    load_text(Path::new("msrp_relay.toml"), &text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn measure(results: &RunResults, name: &str) -> u64 {
    let row = results.measures.iter().find(|row| row.measure == name).unwrap_or_else(|| panic!("no measure {name}"));
    row.value.expect("a count") as u64
}

/// How many MSRP messages leave `from`.
fn sent(hops: &[HopRow], from: &str, message: &str) -> usize {
    hops.iter().filter(|hop| hop.protocol == "MSRP" && hop.from == from && hop.message == message).count()
}

/// Paths that terminals got and missed, failures that the relay told of, messages and files delivered and failed.
fn outcome(results: &RunResults) -> [u64; 6] {
    [
        "msrp_relay.paths",
        "msrp_relay.paths_missed",
        "msrp_relay.failures",
        "messages.delivered",
        "files.delivered",
        "files.failed",
    ]
    .map(|name| measure(results, name))
}

fn census(model: &Model, at: u64) -> Census {
    let mut world = World::new(model.clone().into(), 1, 0, NoTrace);
    world.run_until(Time::ZERO + Span::from_secs(at));
    world.census()
}

#[test]
fn every_chunk_costs_a_send_and_a_200_on_each_hop_and_the_rest_stays() {
    let msrp = |sets: &[&str]| {
        let (_, hops) = trace(&flow("large-message-relay", sets));
        counts(&hops)[&("push".to_owned(), "MSRP".to_owned())]
    };
    assert_eq!(msrp(&[]), 4 + 2 + 2 + 2);
    let chunks = 100_000_u64.div_ceil(2048);
    assert_eq!(msrp(&["policies.chunk_policy=chunks_2048"]), 4 + 2 * chunks + 2 * chunks + 2);
}

#[test]
fn sessions_share_a_path_while_it_holds_and_it_is_refreshed_while_one_stands_on_it() {
    // The second session begins before nine tenths of the minute are over, and lasts beyond them; the third finds none.
    let policies = "relay_lifetime = \"60s\"\nlinger_timer = \"30s\"";
    let model = model("", policies, &["10s", "50s", "1h"], "");
    let (results, hops) = trace(&model);
    assert_eq!(outcome(&results), [3, 0, 0, 3, 3, 0], "{}", ladder(&hops));
    assert_eq!((sent(&hops, "bob/1", "AUTH"), sent(&hops, "relay", "401")), (6, 3), "{}", ladder(&hops));
    let use_paths = |at| census(&model, at).use_paths;
    assert_eq!(use_paths(15), 2, "one at each end");
    // The terminal gives the refreshed one up at 118 s, the relay at 124 s.
    assert_eq!((use_paths(120), use_paths(130)), (1, 0));
    assert_eq!(census(&model, 5000), Census::default());
}

#[test]
fn a_file_is_delivered_when_the_other_end_says_so_whatever_the_policy() {
    let (results, hops) = trace(&model("", "msrp_close_on = \"response\"", &["10s"], ""));
    assert_eq!((sent(&hops, "bob/1", "REPORT"), sent(&hops, "relay", "REPORT")), (1, 1));
    assert_eq!(measure(&results, "files.reports"), 1);
    assert_eq!(measure(&results, "files.reports_lost"), 0);
}

#[test]
fn what_fails_behind_the_relay_is_told_by_a_report_of_the_relay() {
    // The device says 481 until it is ready; the sender has the 200 of the relay by then.
    let model = model("ready_delay = \"1s\"", "", &["10s"], "");
    let (results, hops) = trace(&model);
    assert_eq!(outcome(&results), [1, 0, 1, 0, 0, 1], "{}", ladder(&hops));
    assert_eq!((sent(&hops, "bob/1", "481"), sent(&hops, "relay", "REPORT")), (1, 1));
    assert_eq!(census(&model, 5000), Census::default());
    // A device that has vanished when the SEND gets to it answers nothing.
    let gone = "[[script]]\nat = \"10.25s\"\nuser = \"bob\"\ndo = \"power_off\"\n";
    let model = self::model("", "", &["10s"], gone);
    let (results, hops) = trace(&model);
    assert_eq!(outcome(&results), [1, 0, 1, 0, 0, 1], "{}", ladder(&hops));
    assert_eq!(sent(&hops, "relay", "REPORT"), 1);
    assert_eq!(census(&model, 5000), Census::default());
}

#[test]
fn without_an_answer_of_its_relay_a_terminal_is_reached_directly() {
    let outage = "[[faults]]\nnode = \"relay\"\nkind = \"outage\"\nat = \"9s\"\nduration = \"60s\"\n";
    let model = model("", "msrp_timeout = \"5s\"", &["10s"], outage);
    let (results, hops) = trace(&model);
    assert_eq!(outcome(&results), [0, 1, 0, 1, 1, 0], "{}", ladder(&hops));
    assert_eq!(sent(&hops, "relay", "SEND"), 0);
    assert_eq!(census(&model, 5000), Census::default());
}

#[test]
fn a_relay_that_restarts_knows_no_path_and_the_next_session_gets_another() {
    let restart = "[[faults]]\nnode = \"relay\"\nkind = \"restart\"\nat = \"60s\"\nduration = \"1s\"\n";
    let model = model("", "linger_timer = \"1s\"", &["10s", "70s", "80s"], restart);
    let (results, hops) = trace(&model);
    assert_eq!(outcome(&results), [2, 0, 0, 2, 2, 1], "{}", ladder(&hops));
    assert_eq!(sent(&hops, "relay", "481"), 1);
    assert_eq!(census(&model, 5000), Census::default());
}

#[test]
fn the_pf_takes_a_message_directly_and_sends_it_on_over_the_relay_of_the_terminal() {
    let more = "[[script]]\nat = \"5s\"\nuser = \"bob\"\ndo = \"de_register\"\n\
                [[script]]\nat = \"60s\"\nuser = \"bob\"\ndo = \"register\"\n";
    let mut model = model("think_time = \"1s\"", "", &["10s"], more);
    for device in &mut model.devices {
        device.features = ["msg", "largemsg", "deferred", "systemmsg"].map(String::from).to_vec();
    }
    let (results, hops) = trace(&model);
    assert_eq!(outcome(&results), [1, 0, 0, 1, 2, 0], "{}", ladder(&hops));
    assert_eq!((sent(&hops, "alice/1", "SEND"), sent(&hops, "pf", "SEND"), sent(&hops, "relay", "SEND")), (1, 1, 1));
    assert_eq!(census(&model, 5000), Census::default());
}

#[test]
fn a_lifetime_is_whole_seconds_from_a_minute_on() {
    let path = root().join("models/flows/large-message-relay.toml");
    for (lifetime, fits) in [("60s", true), ("59s", false), ("60.5s", false), ("never", false)] {
        let set = Override::parse(&format!("policies.relay_lifetime={lifetime}")).expect("a value of a path");
        assert_eq!(load(&path, &[set]).is_ok(), fits, "{lifetime}");
    }
}
