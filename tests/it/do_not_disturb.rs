//! Do-not-disturb: the PF looks for the rule before it tells a user of deferred messages, and waits for its end.

use pushsim::measure::RunResults;
use pushsim::report::ladder::ladder;
use pushsim::scenario::config::{Override, load_text};
use pushsim::scenario::{Model, run, trace};

use crate::flows::{counts, flow};
use crate::source::root;

fn measure(results: &RunResults, name: &str) -> f64 {
    let row = results.measures.iter().find(|row| row.measure == name);
    row.and_then(|row| row.value).unwrap_or_else(|| panic!("no value of {name}"))
}

/// Mean of a latency in milliseconds.
fn mean_ms(results: &RunResults, procedure: &str) -> u128 {
    let row = results.latency.iter().find(|row| row.procedure == procedure).expect("it happened");
    row.sum_ns / u128::from(row.histogram.len()) / 1_000_000
}

fn race(results: &RunResults, race: &str, outcome: &str) -> u64 {
    let row = results.races.iter().find(|row| row.race == race && row.outcome == outcome);
    row.unwrap_or_else(|| panic!("no {race} {outcome}")).count
}

/// Messages of a procedure over a reference point in the flow.
fn sent(sets: &[&str], procedure: &str, reference_point: &str) -> u64 {
    let (_, hops) = trace(&flow("dnd", sets));
    let counts = counts(&hops);
    counts.get(&(procedure.to_owned(), reference_point.to_owned())).copied().unwrap_or(0)
}

/// The flow with further steps of bob: when, which terminal, what.
fn with_steps(steps: &[(&str, u32, &str)], sets: &[&str]) -> Model {
    let path = root().join("models/flows/dnd.toml");
    let mut text = std::fs::read_to_string(&path).expect("the flow is there");
    for (at, terminal, what) in steps {
        text += &format!("[[script]]\nat = \"{at}\"\nuser = \"bob\"\nterminal = {terminal}\ndo = \"{what}\"\n");
    }
    let sets: Vec<Override> = sets.iter().map(|set| Override::parse(set).expect("a value")).collect();
    load_text(&path, &text, &sets).unwrap_or_else(|error| panic!("{error}"))
}

fn dnd(sets: &[&str]) -> RunResults {
    run(&flow("dnd", sets), 1, 0)
}

// req-test: CPM-PF-1, CPM-PF-2
#[test]
fn a_notification_waits_for_the_end_of_the_rule() {
    let results = dnd(&[]);
    assert_eq!(measure(&results, "dnd.notifications_held"), 1.0);
    assert_eq!(measure(&results, "dnd.notifications_released"), 1.0);
    assert_eq!(measure(&results, "dnd.violations"), 0.0);
    assert_eq!(mean_ms(&results, "dnd-release"), 2, "one link from the XDMS");
    // Without the clearing nothing is sent.
    let results = dnd(&["horizon=29s"]);
    assert_eq!(measure(&results, "notifications.sent"), 0.0);
    assert_eq!(measure(&results, "messages.queued_at_end"), 1.0);
}

// req-test: CPM-PF-2
#[test]
fn clients_are_evaluated_when_the_rule_is_cleared() {
    // Bob's first terminal leaves, his second comes while the rule is set: it alone is told when the rule goes.
    let more = [("12s", 1, "de_register"), ("25s", 2, "register")];
    let results = run(&with_steps(&more, &["population.bob.terminals=2"]), 1, 0);
    assert_eq!(measure(&results, "notifications.sent"), 1.0);
    assert_eq!(measure(&results, "dnd.notifications_held"), 1.0);
    // With nobody there at the end, nobody is told before somebody comes.
    let results = run(&with_steps(&more[..1], &[]), 1, 0);
    assert_eq!(measure(&results, "notifications.sent"), 0.0);
    let more = [("12s", 1, "de_register"), ("40s", 1, "register")];
    let results = run(&with_steps(&more, &[]), 1, 0);
    assert_eq!(measure(&results, "notifications.sent"), 1.0);
}

#[test]
fn a_rule_that_does_not_defer_lets_messages_to_a_client_pass() {
    let results = dnd(&["policies.dnd_defers=false"]);
    assert_eq!(measure(&results, "messages.deferred"), 0.0);
    assert_eq!(measure(&results, "messages.delivered"), 1.0);
}

// req-test: CPM-PF-1
#[test]
fn a_pf_that_asks_learns_of_the_end_at_the_next_occasion_only() {
    let asks = ["policies.dnd_learning=get_on_event"];
    // The message is not passed on without a question, and the deferral does not ask again.
    assert_eq!(sent(&asks, "do-not-disturb", "XDM"), 2);
    assert_eq!(sent(&asks, "notification", "Gm"), 0);
    let results = dnd(&asks);
    assert_eq!(measure(&results, "dnd.rules_asked"), 1.0);
    assert_eq!(measure(&results, "dnd.notifications_released"), 0.0);
}

#[test]
fn a_pf_that_polls_is_late_by_the_interval_at_most() {
    // Asked at 20 s and every 4 s from then on; cleared at 30 s.
    let polls = ["policies.dnd_learning=poll", "policies.dnd_poll_interval=4s"];
    assert_eq!(sent(&polls, "do-not-disturb", "XDM"), 2 * 4);
    assert_eq!(sent(&polls, "notification", "Gm"), 2);
    let results = dnd(&polls);
    let late = mean_ms(&results, "dnd-release");
    assert!(late > 1_900 && late < 2_200, "{late} ms");
    // A clearing between two questions is not seen.
    let blink = [
        "policies.dnd_learning=poll",
        "policies.dnd_poll_interval=15s",
        "script.4.at=30s",
        "population.bob.do_not_disturb={ on = \"19s\", off = \"1s\" }",
    ];
    let results = dnd(&blink);
    assert!(race(&results, "RACE-3", "missed_release") >= 1);
}

#[test]
fn a_rule_that_is_set_while_a_notification_is_on_its_way_is_violated() {
    // The XDMS clears the rule at 30.051 s, the notifications reach bob's two terminals at 30.072 s; the second sets
    // the rule again at 30.063 s.
    let more = [("1s", 2, "register"), ("30.012s", 2, "set_dnd")];
    let model = with_steps(&more, &["population.bob.terminals=2"]);
    let results = run(&model, 1, 0);
    assert_eq!(race(&results, "RACE-3", "arrived_during_rule"), 2, "{}", ladder(&trace(&model).1));
    assert_eq!(race(&results, "RACE-3", "sent_during_rule"), 0);
    assert_eq!(measure(&results, "dnd.violations"), 2.0);
}

#[test]
fn rules_need_a_server_that_keeps_them_and_a_schedule_ends_before_it_begins_again() {
    let path = root().join("models/flows/dnd.toml");
    let text = std::fs::read_to_string(&path).expect("the flow is there");
    let fault = |text: &str, sets: &[&str]| {
        let sets: Vec<Override> = sets.iter().map(|set| Override::parse(set).expect("a value")).collect();
        load_text(&path, text, &sets).expect_err("it is refused").to_string()
    };
    let without = fault(&text.replace("role = \"xdms\"", "role = \"router\""), &[]);
    assert!(without.contains("no node with role xdms in network `b`"), "{without}");
    let endless = fault(&text, &["population.bob.do_not_disturb={ start = \"1h\", length = \"2h\", every = \"1h\" }"]);
    assert!(endless.contains("shorter than `every`"), "{endless}");
    let both = fault(&text, &["population.bob.do_not_disturb={ on = \"1h\", off = \"2h\", start = \"1h\" }"]);
    assert!(both.contains("start"), "{both}");
}
