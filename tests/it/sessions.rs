//! Sessions that carry files and large messages: what each policy and each mishap does to them.

use std::path::Path;

use pushsim::agents::Census;
use pushsim::kernel::{Span, Time};
use pushsim::measure::NoTrace;
use pushsim::measure::results::{HopRow, RunResults};
use pushsim::report::ladder::ladder;
use pushsim::scenario::config::load_text;
use pushsim::scenario::{Model, World, trace};

use crate::source::root;

/// Alice and Bob in one network, with what a case adds: keys of the devices of Bob's terminals, policies, steps of the
/// script.
fn model(devices: [&str; 2], policies: &str, script: &str) -> Model {
    let [taker, other] = devices;
    let text = format!(
        r#"
description = "Alice sends Bob large messages."
horizon = "2h"

[nodes]
p = {{ role = "p_cscf" }}
i = {{ role = "i_cscf" }}
s = {{ role = "s_cscf" }}
hss = {{ role = "hss" }}
pf = {{ role = "pf" }}

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
{taker}

[devices.other]
access = "air"
features = ["msg", "largemsg"]
{other}

[population.alice]
device = "sender"

[population.bob]
devices = ["taker", "other"]

{script}

[trace]
from = "10s"
"#
    );
    load_text(Path::new("sessions.toml"), &text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A step of the script of Alice's only terminal.
fn send(at: &str, more: &str) -> String {
    format!("[[script]]\nat = \"{at}\"\nuser = \"alice\"\ndo = \"send_large\"\nto = \"bob\"\n{more}\n")
}

fn off(at: &str, user: &str, terminal: u32) -> String {
    format!("[[script]]\nat = \"{at}\"\nuser = \"{user}\"\nterminal = {terminal}\ndo = \"power_off\"\n")
}

/// The first terminal of Bob alone is on.
fn one_bob() -> String {
    "[[script]]\nat = \"5s\"\nuser = \"bob\"\nterminal = 2\ndo = \"de_register\"\n".to_owned()
}

fn measure(results: &RunResults, name: &str) -> u64 {
    let row = results.measures.iter().find(|row| row.measure == name).unwrap_or_else(|| panic!("no measure {name}"));
    row.value.expect("a count") as u64
}

fn race(results: &RunResults, race: &str, outcome: &str) -> u64 {
    let row = results.races.iter().find(|row| row.race == race && row.outcome == outcome);
    row.unwrap_or_else(|| panic!("no outcome {outcome} of {race}")).count
}

/// How many hops of a message leave `from`.
fn sent(hops: &[HopRow], from: &str, message: &str) -> usize {
    hops.iter().filter(|hop| hop.from == from && hop.message == message).count()
}

/// Nothing is left open at an instant.
fn assert_drained(model: &Model, at: u64) {
    let mut world = World::new(model.clone().into(), 1, 0, NoTrace);
    world.run_until(Time::ZERO + Span::from_secs(at));
    assert_eq!(world.census(), Census::default(), "at {at} s");
}

fn at(hops: &[HopRow], from: &str, message: &str) -> f64 {
    let hop = hops.iter().find(|hop| hop.from == from && hop.message == message);
    hop.unwrap_or_else(|| panic!("no {message} of {from}\n{}", ladder(hops))).sent_ns as f64 / 1e9
}

// req-test: PUSH-S-2, PUSH-S-20, PUSH-S-26, PUSH-R-15, PUSH-G-9, MT-4, MT-6
#[test]
fn a_large_message_is_delivered_and_its_session_ends_after_the_linger_timer() {
    let model = model(["", ""], "linger_timer = \"5s\"", &[one_bob(), send("10s", "size = \"300kB\"")].concat());
    let (results, hops) = trace(&model);
    assert_eq!(measure(&results, "messages.delivered"), 1, "{}", ladder(&hops));
    assert_eq!(measure(&results, "sessions.idle_time"), 5);
    assert_eq!(sent(&hops, "alice/1", "SEND"), 1);
    assert_eq!(measure(&results, "sessions.user_planes_at_end"), 0);
    assert_drained(&model, 600);
}

// req-test: PUSH-S-20, PUSH-G-10, MT-7
#[test]
fn a_message_to_the_same_user_joins_the_session_while_it_lingers_and_not_when_bye_is_out() {
    let steps = [one_bob(), send("10s", ""), send("12s", ""), send("17.21s", "")].concat();
    let (results, hops) = trace(&model(["", ""], "linger_timer = \"5s\"", &steps));
    assert_eq!(measure(&results, "messages.delivered"), 3, "{}", ladder(&hops));
    assert_eq!(race(&results, "RACE-19", "reused"), 1);
    assert_eq!(race(&results, "RACE-19", "too_late"), 1);
    assert_eq!(measure(&results, "sessions.invited"), 2);
    assert_eq!(measure(&results, "sessions.reinvites"), 1);
}

// req-test: PUSH-R-1
#[test]
fn types_that_the_receiver_does_not_take_are_answered_with_488_and_nothing_is_left() {
    let model = model(["accept_types = [\"image/jpeg\"]", ""], "", &[one_bob(), send("10s", "")].concat());
    let (results, hops) = trace(&model);
    assert_eq!(measure(&results, "sessions.answered.488"), 1);
    assert_eq!((sent(&hops, "bob/1", "488 INVITE"), sent(&hops, "alice/1", "SEND")), (1, 0));
    assert_drained(&model, 600);
}

// req-test: PUSH-R-2, PUSH-R-2n
#[test]
fn a_receiver_refuses_by_its_user_or_for_lack_of_room() {
    for (key, status) in [
        ("refusal = { 486 = 1 }", "486"),
        ("refusal = { 603 = 1 }", "603"),
        ("refusal = { 606 = 1 }", "606"),
        ("max_sessions = 0", "486"),
    ] {
        let (results, _) = trace(&model([key, ""], "", &[one_bob(), send("10s", "")].concat()));
        assert_eq!(measure(&results, &format!("sessions.answered.{status}")), 1, "{key}");
    }
}

// req-test: PUSH-R-4, PUSH-R-9, PUSH-G-11, MT-8
#[test]
fn a_file_is_refused_by_its_selector_before_any_of_it_is_sent() {
    let (results, hops) = trace(&model(["file_refusal = 1", ""], "", &[one_bob(), send("10s", "")].concat()));
    assert_eq!(measure(&results, "sessions.answered.603"), 1);
    assert_eq!(sent(&hops, "alice/1", "SEND"), 0);
    // In a session that stands, the line of the file is answered with port zero.
    let steps = [one_bob(), send("10s", "size = \"10kB\""), send("12s", "size = \"90kB\"")].concat();
    let (results, hops) = trace(&model(["max_size = \"50kB\"", ""], "", &steps));
    assert_eq!(measure(&results, "files.refused"), 1, "{}", ladder(&hops));
    assert!(measure(&results, "files.octets_avoided") > 90_000);
    assert_eq!(sent(&hops, "alice/1", "SEND"), 1);
}

// req-test: PUSH-S-19
#[test]
fn cancel_waits_for_a_provisional_response_and_ends_the_invitation() {
    let steps = [one_bob(), send("10s", "cancel_after = \"1s\"")].concat();
    let model = model(["acceptance_delay = \"5s\"", ""], "", &steps);
    let (results, hops) = trace(&model);
    assert_eq!(race(&results, "RACE-9", "cancelled"), 1, "{}", ladder(&hops));
    assert_eq!(race(&results, "RACE-9", "invitation_vanished"), 1);
    assert_eq!(at(&hops, "alice/1", "CANCEL"), 11.0);
    assert_drained(&model, 600);
    // Before the 100 is there, CANCEL waits for it.
    let steps = [one_bob(), send("10s", "cancel_after = \"1ms\"")].concat();
    let (_, hops) = trace(&self::model(["acceptance_delay = \"5s\"", ""], "", &steps));
    assert_eq!(at(&hops, "alice/1", "CANCEL"), 10.04);
}

#[test]
fn a_200_that_overtakes_the_cancel_is_acknowledged_and_its_session_ended() {
    let steps = [one_bob(), send("10s", "cancel_after = \"60ms\"")].concat();
    let model = model(["", ""], "", &steps);
    let (results, hops) = trace(&model);
    assert_eq!(race(&results, "RACE-9", "late_200"), 1, "{}", ladder(&hops));
    assert_eq!((sent(&hops, "alice/1", "ACK"), sent(&hops, "alice/1", "BYE")), (1, 1));
    assert_eq!(sent(&hops, "alice/1", "SEND"), 0);
    assert_drained(&model, 600);
}

#[test]
fn every_2xx_of_a_fork_is_acknowledged_and_the_unwanted_ones_are_released() {
    let model = model(["", ""], "", &send("10s", ""));
    let (results, hops) = trace(&model);
    assert_eq!(measure(&results, "sessions.forks_released"), 1, "{}", ladder(&hops));
    assert_eq!((sent(&hops, "alice/1", "ACK"), sent(&hops, "alice/1", "BYE")), (2, 2));
    assert_eq!(measure(&results, "messages.delivered"), 1);
    assert_drained(&model, 600);
}

#[test]
fn a_6xx_of_one_branch_takes_the_message_from_the_other() {
    let devices = ["acceptance_delay = \"5s\"", "refusal = { 603 = 1 }"];
    let model = model(devices, "", &send("10s", ""));
    let (results, hops) = trace(&model);
    assert_eq!(race(&results, "RACE-17", "branch_cancelled"), 1, "{}", ladder(&hops));
    assert_eq!(measure(&results, "sessions.answered.603"), 1);
    assert_eq!(measure(&results, "messages.delivered"), 0);
    assert_drained(&model, 600);
}

// req-test: PUSH-S-7, PUSH-S-8, PUSH-S-16
#[test]
fn a_session_whose_sender_lost_power_ends_with_its_interval() {
    let steps = [one_bob(), send("10s", ""), off("12s", "alice", 1)].concat();
    let model = model(["", ""], "session_expires = \"90s\"\nlinger_timer = \"1h\"", &steps);
    let (results, hops) = trace(&model);
    assert_eq!(measure(&results, "sessions.expired"), 1, "{}", ladder(&hops));
    // 90 s less a third after the 200.
    assert!((at(&hops, "bob/1", "BYE") - 70.1).abs() < 0.1);
    assert_drained(&model, 90 + 10 + 3 * 128);
}

#[test]
fn the_refresher_keeps_the_session_and_ends_it_when_the_receiver_lost_power() {
    let policies = "session_expires = \"90s\"\nlinger_timer = \"10min\"";
    let steps = [one_bob(), send("10s", ""), off("100s", "bob", 1)].concat();
    let model = model(["", ""], policies, &steps);
    let (results, hops) = trace(&model);
    assert_eq!(measure(&results, "sessions.reinvites"), 2, "{}", ladder(&hops));
    assert_eq!(sent(&hops, "alice/1", "BYE"), 11);
    assert_drained(&model, 1000);
}

#[test]
fn refreshes_of_both_ends_that_cross_get_491_and_are_tried_again() {
    // The receiver refreshes at 45 s; a second message is offered at the same time.
    let steps = [one_bob(), send("10s", ""), send("55.06s", "")].concat();
    let policies = "session_expires = \"90s\"\nrefresher = \"uas\"\nlinger_timer = \"60s\"";
    let model = model(["", ""], policies, &steps);
    let (results, hops) = trace(&model);
    assert!(race(&results, "RACE-19", "glare") >= 1, "{}", ladder(&hops));
    assert_eq!(measure(&results, "messages.delivered"), 2, "{}", ladder(&hops));
    assert_drained(&model, 1000);
}

// req-test: PUSH-R-11
#[test]
fn a_send_before_the_receiver_is_ready_gets_481() {
    let (results, hops) = trace(&model(["ready_delay = \"1s\"", ""], "", &[one_bob(), send("10s", "")].concat()));
    assert_eq!(race(&results, "RACE-18", "send_too_early"), 1, "{}", ladder(&hops));
    assert_eq!((sent(&hops, "bob/1", "481"), measure(&results, "files.failed")), (1, 1));
}

// req-test: PUSH-U-6
#[test]
fn a_report_comes_too_late_where_the_200_closes_the_file_and_in_time_where_the_report_does() {
    let steps = [one_bob(), send("10s", "")].concat();
    let of = |close_on: &str| {
        let policies = format!("success_report = true\nmsrp_close_on = \"{close_on}\"");
        let (results, _) = trace(&model(["", ""], &policies, &steps));
        let reports = |outcome| race(&results, "RACE-18", outcome);
        assert_eq!(measure(&results, "messages.delivered"), 1);
        (reports("report_in_time"), reports("report_lost"))
    };
    assert_eq!(of("response"), (0, 1));
    assert_eq!(of("report"), (1, 0));
}

#[test]
fn chunks_of_2048_octets_are_each_answered() {
    let steps = [one_bob(), send("10s", "size = \"100kB\"")].concat();
    let (results, hops) = trace(&model(["", ""], "chunk_policy = \"chunks_2048\"", &steps));
    // The CPIM headers make it a little more than 100,000 octets.
    assert_eq!((sent(&hops, "alice/1", "SEND"), sent(&hops, "bob/1", "200")), (49, 49));
    assert_eq!(measure(&results, "messages.delivered"), 1);
}

#[test]
fn an_ack_that_never_comes_ends_the_session_after_64_t1() {
    let steps = [one_bob(), send("10s", ""), off("10.09s", "alice", 1)].concat();
    let model = model(["", ""], "session_expires = \"none\"", &steps);
    let (_, hops) = trace(&model);
    assert!(sent(&hops, "bob/1", "200 INVITE") > 5, "{}", ladder(&hops));
    assert!((at(&hops, "bob/1", "BYE") - 138.1).abs() < 0.2, "{}", ladder(&hops));
    assert_drained(&model, 1000);
}

/// Bob's terminal gets a picture from a push sender, with what a case adds.
fn push_model(device: &str, policies: &str, more: &str) -> Model {
    let text = format!(
        r#"
description = "A push sender sends Bob files."
include = ["{}/models/networks/push_network.toml"]
horizon = "2h"

[policies]
{policies}

[devices.phone]
{device}

[population.bob]
device = "phone"

[[script]]
at = "10s"
node = "psa"
do = "push"
to = "bob"
size = "50kB"
method = "session"
{more}

[trace]
from = "10s"
"#,
        root().display()
    );
    load_text(Path::new("pushes.toml"), &text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

// req-test: PUSH-U-4
#[test]
fn an_attachment_waits_for_its_user_and_what_is_to_be_rendered_does_not() {
    let shown = |disposition: &str| {
        let more = format!("disposition = \"{disposition}\"");
        let (results, _) = trace(&push_model("render_delay = \"10s\"", "", &more));
        let row = results.latency.iter().find(|row| row.procedure == "shown").expect("content is shown");
        row.sum_ns / 1_000_000_000
    };
    assert_eq!((shown("attachment"), shown("render")), (10, 0));
}

// req-test: PUSH-S-5, PUSH-S-20, PUSH-G-10
#[test]
fn files_go_by_one_session_or_by_several_and_at_once_or_in_turn() {
    let of = |policies: &str| {
        let (results, hops) = trace(&push_model("", policies, "files = 3"));
        assert_eq!(measure(&results, "files.delivered"), 3, "{}", ladder(&hops));
        let sends = hops.iter().filter(|hop| hop.message == "SEND").map(|hop| hop.sent_ns);
        let mut instants: Vec<u64> = sends.collect();
        instants.dedup();
        (measure(&results, "sessions.invited"), measure(&results, "sessions.reinvites"), instants.len())
    };
    assert_eq!(of("rezero_policy = \"none\""), (1, 0, 3));
    assert_eq!(of("rezero_policy = \"immediate\""), (1, 2, 3));
    assert_eq!(of("file_order = \"parallel\"\nrezero_policy = \"none\""), (1, 0, 1));
    assert_eq!(of("files_per_session = 1").0, 3);
}

// req-test: PUSH-U-2
#[test]
fn each_format_of_ts_26_141_is_taken_by_the_terminals_that_have_it() {
    let formats = ["text/plain", "image/jpeg", "image/gif", "audio/amr", "video/3gpp", "application/smil"];
    for has in formats {
        let device = format!("accept_types = [\"{has}\"]");
        for format in formats {
            let more = format!("content_type = \"{format}\"");
            let (results, _) = trace(&push_model(&device, "push_fallback = \"give_up\"", &more));
            let counts = ["files.delivered", "sessions.answered.488"].map(|name| measure(&results, name));
            assert_eq!(counts, if has == format { [1, 0] } else { [0, 1] }, "{format} where {has} is taken");
        }
    }
}

#[test]
fn a_refused_session_is_followed_by_another_offer_or_by_a_reference() {
    let device = "accept_types = [\"application/octet-stream\"]";
    let of = |fallback: &str| {
        let (results, hops) = trace(&push_model(device, &format!("push_fallback = \"{fallback}\""), ""));
        let gets = hops.iter().filter(|hop| hop.message == "GET").count();
        (measure(&results, "sessions.invited"), measure(&results, "sessions.answered.488"), gets)
    };
    assert_eq!(of("give_up"), (1, 1, 0));
    assert_eq!(of("other_sdp"), (2, 1, 0));
    assert_eq!(of("indirection"), (1, 1, 1));
}

#[test]
fn a_file_that_the_terminal_has_is_refused_by_its_hash() {
    let steps = [one_bob(), send("10s", "")].concat();
    let (results, _) = trace(&model(["refuse_known = true", ""], "", &steps));
    assert_eq!((measure(&results, "files.refused"), measure(&results, "files.delivered")), (0, 1));
}

// RACE-15
#[test]
fn a_report_at_the_invitation_tells_of_a_delivery_that_the_user_then_declines() {
    let outcomes = |device: &str, policy: &str, more: &str| {
        let (results, hops) = trace(&model([device, ""], policy, &[one_bob(), send("10s", more)].concat()));
        let reports = measure(&results, "reports.received");
        let received = measure(&results, "messages.delivered");
        (results, hops, reports, received)
    };
    let early = "report_at = \"invitation\"";
    let count = |results: &RunResults| {
        ["reported_then_fetched", "reported_then_declined", "reported_never_fetched"]
            .map(|outcome| race(results, "RACE-15", outcome))
    };
    let (results, hops, reports, received) = outcomes("acceptance_delay = \"5s\"", early, "");
    assert_eq!((count(&results), reports, received), ([1, 0, 0], 1, 1));
    assert!(at(&hops, "bob/1", "MESSAGE") < at(&hops, "bob/1", "200 INVITE") - 4.0, "before the user accepts");
    let (results, _, reports, received) = outcomes("refusal = { 603 = 1 }", early, "");
    assert_eq!((count(&results), reports, received), ([0, 1, 0], 1, 0), "told of a delivery that was none");
    let (results, _, reports, received) = outcomes("acceptance_delay = \"5s\"", early, "cancel_after = \"2s\"");
    assert_eq!((count(&results), reports, received), ([0, 0, 1], 1, 0));
    // Without the policy, nothing of this happens, and there are no such rows.
    let (results, _, reports, received) = outcomes("refusal = { 603 = 1 }", "", "report = true");
    assert_eq!((reports, received), (0, 0));
    assert!(results.races.iter().all(|row| row.race != "RACE-15"));
}
