//! Application servers that are late: default handling and its races (RACE-14), and another instance that steps in.

use pushsim::measure::RunResults;
use pushsim::scenario::config::{Override, load_text};
use pushsim::scenario::run;

use crate::flows::flow;
use crate::source::root;

fn measure(results: &RunResults, name: &str) -> f64 {
    let row = results.measures.iter().find(|row| row.measure == name);
    row.and_then(|row| row.value).unwrap_or_else(|| panic!("no value of {name}"))
}

fn race(results: &RunResults, race: &str, outcome: &str) -> u64 {
    let row = results.races.iter().find(|row| row.race == race && row.outcome == outcome);
    row.unwrap_or_else(|| panic!("no {race} {outcome}")).count
}

/// A pager message whose receiver's PF takes 8 s over it, three times as long as the S-CSCF waits.
fn slow(sets: &[&str]) -> RunResults {
    let all = [&["policies.as_timeout=2.5s", "nodes.pf_b.service={ MESSAGE = \"8s\" }", "horizon=200s"], sets].concat();
    run(&flow("pager", &all), 1, 0)
}

#[test]
fn a_request_goes_on_without_a_late_server_and_the_server_defers_it_later() {
    let results = slow(&[]);
    assert_eq!(race(&results, "RACE-14", "bypassed"), 1);
    // The terminal has it, the sender knows, and the PF makes a second copy of it all the same.
    assert_eq!(measure(&results, "messages.delivered"), 1.0);
    assert_eq!(measure(&results, "messages.refused"), 0.0);
    assert_eq!(race(&results, "RACE-14", "deferred_after_bypass"), 1);
    assert_eq!(measure(&results, "messages.false_deferrals"), 1.0);
}

#[test]
fn a_request_that_is_terminated_fails_at_the_sender_though_the_server_has_it() {
    let results = slow(&["policies.default_handling_terminating=terminate"]);
    assert_eq!(race(&results, "RACE-14", "terminated"), 1);
    assert_eq!(measure(&results, "messages.refused"), 1.0);
    assert_eq!(race(&results, "RACE-14", "deferred_after_refusal"), 1);
}

#[test]
fn a_server_that_sends_the_request_back_in_time_is_not_late() {
    let results = slow(&["nodes.pf_b.service=1s", "devices.phone.answer_delay=20s"]);
    assert_eq!(race(&results, "RACE-14", "bypassed"), 0);
    assert_eq!(measure(&results, "messages.deferred"), 0.0);
}

/// Bob's PF instance hears nothing while a message for him comes; the other steps in. Then he registers and pulls.
fn failed_over(sets: &[&str]) -> RunResults {
    let path = root().join("models/flows/pull.toml");
    let text = std::fs::read_to_string(&path).expect("the flow is there")
        + "[[faults]]\nnode = \"pf_b\"\ninstance = 2\nat = \"9s\"\nduration = \"6s\"\n\
           [policies]\nas_timeout = \"2s\"\npf_failover = \"next_instance\"\nreg_event = [\"pf\"]\n\
           [nodes.pf_b]\nrole = \"pf\"\nnetwork = \"b\"\ninstances = 2\n";
    let text = text.replacen("[trace]\nfrom = \"20s\"\n", "", 1);
    let sets: Vec<Override> = sets.iter().map(|set| Override::parse(set).expect("a value")).collect();
    run(&load_text(&path, &text, &sets).unwrap_or_else(|error| panic!("{error}")), 1, 0)
}

// req-test: POL-URI
#[test]
fn an_opaque_management_uri_misses_the_instance_that_stepped_in_and_a_host_name_finds_it() {
    let results = failed_over(&[]);
    assert_eq!(race(&results, "RACE-20", "failed_over"), 1);
    assert_eq!(measure(&results, "notifications.sent"), 1.0);
    assert_eq!(race(&results, "RACE-20", "false_no_messages"), 1);
    assert_eq!(measure(&results, "messages.queued_at_end"), 1.0);
    let results = failed_over(&["policies.management_uri=hostname"]);
    assert_eq!(race(&results, "RACE-20", "false_no_messages"), 0);
    assert_eq!(measure(&results, "messages.delivered"), 1.0);
}

#[test]
fn without_another_instance_default_handling_applies() {
    let results = failed_over(&["policies.pf_failover=none"]);
    // Nobody is registered, so going on without the PF ends in 480, and the PF never had the message.
    assert_eq!(race(&results, "RACE-14", "bypassed"), 1);
    assert_eq!(measure(&results, "messages.refused"), 1.0);
    assert_eq!(measure(&results, "messages.deferred"), 0.0);
}
