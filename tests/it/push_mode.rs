//! Push and hybrid, the alternatives to pull, and registrations back to back (RACE-12).

use pushsim::measure::RunResults;
use pushsim::scenario::config::{Override, load_text};
use pushsim::scenario::{Model, run, trace};

use crate::flows::{counts, flow};
use crate::source::root;

fn measure(results: &RunResults, name: &str) -> f64 {
    let row = results.measures.iter().find(|row| row.measure == name);
    row.and_then(|row| row.value).unwrap_or_else(|| panic!("no value of {name}"))
}

fn race(results: &RunResults, race: &str, outcome: &str) -> u64 {
    let row = results.races.iter().find(|row| row.race == race && row.outcome == outcome);
    row.unwrap_or_else(|| panic!("no {race} {outcome}")).count
}

/// Messages of a procedure in a flow.
fn sent(name: &str, sets: &[&str], procedure: &str) -> u64 {
    let (_, hops) = trace(&flow(name, sets));
    counts(&hops).iter().filter(|((of, _), _)| of == procedure).map(|(_, count)| *count).sum()
}

#[test]
fn a_push_delivers_at_registration_without_notification_and_invite() {
    let push = ["policies.mode=push"];
    assert_eq!(sent("deferred-pager", &push, "deferred-delivery"), 18);
    assert_eq!(sent("deferred-pager", &push, "notification") + sent("deferred-pager", &push, "management"), 0);
    // To the user's address the same, with one client; and a PF that knows users only can do no other.
    for more in ["policies.third_party_register=embedded", "policies.third_party_register=plain"] {
        let aor = ["policies.mode=push", "policies.push_target=aor", more];
        assert_eq!(sent("deferred-pager", &aor, "deferred-delivery"), 18, "{more}");
    }
    let nowhere = ["policies.mode=push", "policies.third_party_register=plain"];
    assert_eq!(sent("deferred-pager", &nowhere, "deferred-delivery"), 0);
}

#[test]
fn hybrid_pushes_what_is_small_and_notifies_of_the_rest() {
    let all_small = ["policies.mode=hybrid"];
    assert_eq!(sent("deferred-pager", &all_small, "notification"), 0);
    assert_eq!(sent("deferred-pager", &all_small, "deferred-delivery"), 18);
    let all_large = ["policies.mode=hybrid", "policies.hybrid_threshold=10B"];
    assert_eq!(sent("deferred-pager", &all_large, "notification"), 6);
    assert_eq!(sent("deferred-pager", &all_large, "management"), 18);
    // Nobody pulls: pushed after the fallback time.
    let waits = ["devices.phone.think_time=never", "policies.hybrid_fallback=20s"];
    let waits = [&all_large[..], &waits].concat();
    assert_eq!(sent("deferred-pager", &waits, "management"), 0);
    assert_eq!(sent("deferred-pager", &waits, "deferred-delivery"), 18);
}

/// Three messages wait for bob, whose second terminal registers `after` the first.
fn back_to_back(after: &str, sets: &[&str]) -> Model {
    let path = root().join("models/flows/deferred-pager.toml");
    let text = std::fs::read_to_string(&path).expect("the flow is there")
        + &format!("[[script]]\nat = \"{after}\"\nuser = \"bob\"\nterminal = 2\ndo = \"register\"\n");
    let all = [&["population.bob.terminals=2", "policies.mode=push"], sets].concat();
    let all: Vec<Override> = all.iter().map(|set| Override::parse(set).expect("a value")).collect();
    load_text(&path, &text, &all).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_second_registration_mid_push_gets_part_of_it_at_the_address_and_none_at_the_contact() {
    // A delivery takes 38 ms from the PF to the terminal and back.
    let contact = run(&back_to_back("20.05s", &[]), 1, 0);
    assert_eq!(race(&contact, "RACE-12", "registered_mid_push"), 1);
    assert_eq!(race(&contact, "RACE-12", "further_device"), 0);
    let aor = run(&back_to_back("20.05s", &["policies.push_target=aor"]), 1, 0);
    assert_eq!(race(&aor, "RACE-12", "registered_mid_push"), 1);
    let further = race(&aor, "RACE-12", "further_device");
    assert!(further > 0 && further < 3, "{further} of 3 messages");
    assert_eq!(measure(&aor, "push_mode.delivered"), 3.0);
}
