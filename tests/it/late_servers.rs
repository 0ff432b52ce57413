//! Application servers that are late: default handling and its races (RACE-14), and another instance that steps in.

use pushsim::measure::RunResults;
use pushsim::scenario::run;

use crate::flows::flow;

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
