//! Failures of nodes, links and coverage: what gets through, what is lost, and that every message is accounted for.

use std::path::Path;

use pushsim::measure::RunResults;
use pushsim::scenario::config::load_text;
use pushsim::scenario::{run, show};

fn results(faults: &str) -> RunResults {
    // Bob is away when alice writes at 10 s, and back at 60 s.
    let text = format!(
        r#"
include = ["models/networks/two_networks.toml"]
horizon = "20min"
[devices.phone]
think_time = "5s"
[population.alice]
network = "a"
device = "phone"
initial = "registered"
[population.bob]
network = "b"
device = "phone"
initial = "off"
[[script]]
at = "10s"
user = "alice"
do = "send_pager"
to = "bob"
[[script]]
at = "60s"
user = "bob"
do = "register"
{faults}
"#
    );
    let model = load_text(Path::new("faults.toml"), &text, &[]).unwrap_or_else(|error| panic!("{error}"));
    run(&model, 1, 0)
}

fn measure(results: &RunResults, name: &str) -> f64 {
    let row = results.measures.iter().find(|row| row.measure == name);
    row.and_then(|row| row.value).unwrap_or_else(|| panic!("{name} has a value"))
}

#[test]
fn a_queue_survives_a_restart_with_its_data_and_not_without() {
    for (keeps, delivered, lost) in [("true", 1.0, 0.0), ("false", 0.0, 1.0)] {
        let faults = format!(
            "[[faults]]\nnode = \"pf_b\"\nkind = \"restart\"\nkeeps_data = {keeps}\nat = \"30s\"\nduration = \"10s\""
        );
        let results = results(&faults);
        assert_eq!(measure(&results, "messages.deferred"), 1.0);
        assert_eq!(measure(&results, "messages.delivered"), delivered, "keeps_data = {keeps}");
        assert_eq!(measure(&results, "messages.lost_at_restart"), lost, "keeps_data = {keeps}");
        assert_eq!(measure(&results, "faults.begun"), 1.0);
    }
}

#[test]
fn nothing_crosses_a_failed_node_link_or_coverage_and_retransmission_bridges_a_short_failure() {
    let link = "link = [\"s_a\", \"pf_a\"]";
    let node = "node = \"s_b\"";
    let cover = "group = \"alice\"";
    for what in [link, node, cover] {
        // Timer F of the core is 32 s, of the access 128 s.
        for (duration, accepted) in [("20s", 1.0), ("200s", 0.0)] {
            let results = results(&format!("[[faults]]\n{what}\nat = \"9s\"\nduration = \"{duration}\""));
            assert_eq!(measure(&results, "messages.accepted"), accepted, "{what} for {duration}");
            let met = measure(&results, "faults.messages_lost");
            assert!(met > 0.0, "{what} for {duration}: {met}");
        }
    }
}

#[test]
fn a_registrar_that_lost_its_bindings_cannot_be_reached_until_the_terminal_registers_again() {
    for (keeps, delivered) in [("true", 1.0), ("false", 0.0)] {
        let faults = format!(
            "[[script]]\nat = \"1s\"\nuser = \"bob\"\ndo = \"register\"\n[[faults]]\nnode = \"s_b\"\n\
             kind = \"restart\"\nkeeps_data = {keeps}\nat = \"5s\"\nduration = \"1s\"\n[[script]]\nat = \"59s\"\n\
             user = \"bob\"\ndo = \"power_off\""
        );
        let results = results(&faults);
        let direct = measure(&results, "messages.delivered") - measure(&results, "messages.dequeued");
        assert_eq!(direct, delivered, "keeps_data = {keeps}");
    }
}

#[test]
fn random_failures_strike_each_instance_by_itself() {
    let text = r#"
horizon = "1h"
[nodes]
src = { role = "source" }
relay = { role = "relay", instances = 2 }
dst = { role = "sink" }
[[workload]]
name = "w"
kind = "datagram"
from = "src"
via = ["relay"]
to = "dst"
interarrival = "1s"
[[faults]]
node = "relay"
time_to_failure = { dist = "exponential", mean = "30s" }
time_to_repair = { dist = "exponential", mean = "10s" }
"#;
    let model = load_text(Path::new("m.toml"), text, &[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(model.faults.len(), 2);
    let results = run(&model, 1, 0);
    // Each instance is down for a quarter of the time, and gets every other datagram.
    let lost = measure(&results, "faults.messages_lost") / 3600.0;
    assert!((0.18..0.32).contains(&lost), "{lost}");
    assert!(show::show_model(&model).contains("time_to_repair"));
}

/// Bob is there when alice writes and asks for a report; what a fault takes from 5 s on.
fn lossy(fault: &str) -> RunResults {
    let text = format!(
        r#"
include = ["models/networks/two_networks.toml"]
horizon = "20min"
[population.alice]
network = "a"
device = "phone"
initial = "registered"
[population.bob]
network = "b"
device = "phone"
initial = "registered"
[[script]]
at = "10s"
user = "alice"
do = "send_pager"
to = "bob"
report = true
[[faults]]
kind = "loss"
at = "5s"
duration = "10min"
{fault}
"#
    );
    let model = load_text(Path::new("faults.toml"), &text, &[]).unwrap_or_else(|error| panic!("{error}"));
    run(&model, 1, 0)
}

#[test]
fn reports_are_lost_while_the_messages_that_they_are_about_arrive() {
    let where_ = [
        "link = [\"s_b\", \"p_b\"]",
        "node = \"s_b\"",
        "node = \"s_b\"\ninstance = 1",
        "group = \"bob\"",
        "group = \"alice\"",
    ];
    for target in where_ {
        let results = lossy(&format!("{target}\nprocedures = [\"report\"]"));
        let counts = ["messages.delivered", "messages.accepted", "reports.sent", "reports.received", "reports.missing"];
        assert_eq!(counts.map(|name| measure(&results, name)), [1.0, 1.0, 1.0, 0.0, 1.0], "{target}");
        assert_eq!(measure(&results, "reports.timed_out"), 1.0, "{target}");
        assert!(measure(&results, "faults.messages_lost") >= 11.0, "{target}: a request is sent 11 times");
    }
    // Nothing of it where something else is lost, or nothing.
    for fault in ["procedures = [\"notification\"]", "procedures = [\"report\"]\nloss = 0"] {
        let results = lossy(&format!("node = \"s_b\"\n{fault}"));
        let counts = ["reports.received", "reports.missing", "reports.timed_out", "faults.messages_lost"];
        assert_eq!(counts.map(|name| measure(&results, name)), [1.0, 0.0, 0.0, 0.0], "{fault}");
    }
}

#[test]
fn a_report_that_is_lost_now_and_then_arrives_by_retransmission() {
    let results = lossy("group = \"bob\"\nprocedures = [\"report\"]\nloss = \"60%\"");
    assert_eq!((measure(&results, "reports.received"), measure(&results, "reports.missing")), (1.0, 0.0));
    assert!(measure(&results, "faults.messages_lost") > 0.0);
}

/// The final responses of bob's terminal are lost: it has the message, and the PF defers it all the same (RACE-5).
#[test]
fn final_responses_alone_are_lost_where_the_fault_says_so() {
    let responses = "group = \"bob\"\nprocedures = [\"pager\"]\nmessages = \"final_responses\"";
    let results = lossy(responses);
    assert_eq!(measure(&results, "messages.false_deferrals"), 1.0);
    assert_eq!((measure(&results, "messages.delivered"), measure(&results, "messages.deferred")), (1.0, 1.0));
    let requests = lossy(&responses.replace("final_responses", "requests"));
    assert_eq!((measure(&requests, "messages.false_deferrals"), measure(&requests, "messages.deferred")), (0.0, 1.0));
}
