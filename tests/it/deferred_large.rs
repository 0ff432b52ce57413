//! Large messages that the PF takes for clients that cannot: passed on or deferred, fetched, back in the queue.

use pushsim::agents::Census;
use pushsim::kernel::{Span, Time};
use pushsim::measure::NoTrace;
use pushsim::measure::results::RunResults;
use pushsim::scenario::config::{Override, load_text};
use pushsim::scenario::{Model, World, trace};

use crate::source::root;

/// The flow of a deferred large message with some of its values changed, and further steps of its script. Its
/// message is larger than that of the flow, to be interrupted.
fn model(sets: &[&str], steps: &[(&str, &str)]) -> Model {
    let path = root().join("models/flows/deferred-large.toml");
    let mut text = std::fs::read_to_string(&path).expect("the flow is there").replace("1500B", "1MB");
    for (at, what) in steps {
        text += &format!("\n[[script]]\nat = \"{at}\"\nuser = \"bob\"\nterminal = 1\ndo = \"{what}\"\n");
    }
    let sets = [&["horizon=1h"], sets].concat();
    let sets: Vec<Override> = sets.iter().map(|set| Override::parse(set).expect("a value of a path")).collect();
    load_text(&path, &text, &sets).unwrap_or_else(|error| panic!("{error}"))
}

fn measure(results: &RunResults, name: &str) -> u64 {
    let row = results.measures.iter().find(|row| row.measure == name).unwrap_or_else(|| panic!("no measure {name}"));
    row.value.expect("a count") as u64
}

fn census(model: &Model, at: u64) -> Census {
    let mut world = World::new(model.clone().into(), 1, 0, NoTrace);
    world.run_until(Time::ZERO + Span::from_secs(at));
    world.census()
}

/// Messages deferred, delivered and left in the queue.
fn fates(model: &Model) -> [u64; 3] {
    let (results, _) = trace(model);
    ["messages.deferred", "messages.delivered", "messages.queued_at_end"].map(|name| measure(&results, name))
}

// req-test: CPM-PF-16b
#[test]
fn a_large_message_waits_for_a_client_that_takes_it_and_nothing_is_left_of_its_sessions() {
    let fetched = model(&[], &[]);
    assert_eq!(fates(&fetched), [1, 1, 0]);
    assert_eq!(census(&fetched, 3000), Census::default());
    // A client that takes it is there: nothing is deferred.
    let there = model(&[], &[("7s", "register")]);
    assert_eq!(fates(&there), [0, 1, 0]);
    assert_eq!(census(&there, 3000), Census::default());
    // The PF knows what the client takes.
    for key in ["devices.phone.features=[\"msg\", \"deferred\"]", "devices.phone.max_size=1kB"] {
        assert_eq!(fates(&model(&[key], &[("7s", "register")]))[0], 1, "{key}");
    }
}

#[test]
fn a_client_that_is_lost_during_the_delivery_leaves_the_message_in_the_queue_for_the_next_pull() {
    let lost = model(&[], &[("55.16s", "power_off")]);
    assert_eq!(fates(&lost), [1, 0, 1]);
    assert_eq!(census(&lost, 3000), Census { queued: 1, ..Census::default() });
    // The PF had not missed it, but learns from its new Call-ID that it has forgotten what it was told.
    let back = model(&[], &[("55.16s", "power_off"), ("2000s", "register")]);
    assert_eq!(fates(&back), [1, 1, 0]);
    assert_eq!(census(&back, 3500), Census::default());
}

#[test]
fn a_user_who_is_unavailable_gets_the_message_later_and_one_who_declines_it_does_not() {
    for (status, deferred) in [("480", 1), ("486", 0), ("603", 0)] {
        let refusal = format!("devices.phone.refusal={{ {status} = 1 }}");
        assert_eq!(fates(&model(&[&refusal], &[("7s", "register")]))[0], deferred, "{status}");
    }
}
