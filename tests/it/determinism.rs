//! The promise of `docs/determinism.md`: a run is a function of its model, seed and replication, and nothing else.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use pushsim::kernel::Time;
use pushsim::measure::{NoTrace, RunResults};
use pushsim::scenario::config::{Override, load_text};
use pushsim::scenario::{Model, World, run, trace};

use crate::flows::{counts, flow};
use crate::source::{files, root};

/// Lossy links and access, random latencies, users that come and go, pulls that meet.
const WORLD: &str = r#"
description = "Two networks with losses, random latencies and users that come and go."
horizon = "2h"
seed = 11
include = ["models/networks/two_networks.toml"]

[access.lte]
latency = { dist = "exponential", mean = "20ms", shift = "5ms" }
loss = "3%"

[devices.phone]
think_time = { dist = "exponential", mean = "5s" }

[population.alice]
network = "a"
users = 4
device = "phone"
initial = "registered"

[population.bobs]
network = "b"
users = 3
device = "phone"
terminals = 2
initial = "stationary"
availability = { on = { dist = "exponential", mean = "10min" }, off = { dist = "exponential", mean = "10min" } }

[[workload]]
name = "chat"
kind = "pager"
from = "alice"
to = "bobs"
rate = "2/min"
report = true
stop = "90min"
"#;

/// Users who write to each other and to nobody else, in the same nodes.
const STRANGERS: &str = r#"
[population.strangers]
network = "a"
users = 5
device = "phone"
initial = "registered"

[[workload]]
name = "gossip"
kind = "pager"
from = "strangers"
to = "strangers"
rate = "7/min"
"#;

fn model(text: &str, sets: &[&str]) -> Model {
    let overrides: Vec<Override> =
        sets.iter().map(|set| Override::parse(set).expect("a value of a dotted path")).collect();
    load_text(Path::new("world.toml"), text, &overrides).unwrap_or_else(|error| panic!("{error}"))
}

/// Everything that a run tells, as text.
fn told(results: &RunResults) -> String {
    let latency: Vec<_> = results
        .latency
        .iter()
        .map(|row| (&row.procedure, &row.class, row.sum_ns, row.histogram.len(), row.histogram.max()))
        .collect();
    format!(
        "{:x} {} {}\n{:?}\n{:?}\n{:?}\n{latency:?}\n{:?}",
        results.fingerprint,
        results.events,
        results.hops,
        results.signalling,
        results.measures,
        results.races,
        results.timeline
    )
}

/// Count and exact sum of each latency of a class.
fn latencies(results: &RunResults, class: &str) -> BTreeMap<String, (u64, u128)> {
    let of_class = results.latency.iter().filter(|row| row.class == class);
    of_class.map(|row| (row.procedure.clone(), (row.histogram.len(), row.sum_ns))).collect()
}

#[test]
fn a_run_is_a_function_of_model_seed_and_replication() {
    let model = model(WORLD, &[]);
    let first = run(&model, 1, 0);
    assert_eq!(told(&first), told(&run(&model, 1, 0)));
    assert!(first.hops > 10_000, "{} hops", first.hops);
    assert_ne!(first.fingerprint, run(&model, 2, 0).fingerprint);
    assert_ne!(first.fingerprint, run(&model, 1, 1).fingerprint);
}

#[test]
fn a_world_that_is_cloned_in_mid_run_goes_on_as_the_original() {
    let model = Arc::new(model(WORLD, &[]));
    let mut original = World::new(model.clone(), 3, 0, NoTrace);
    original.run_until(Time::from_secs(3000));
    let mut clone = original.clone();
    clone.run_until(model.horizon);
    original.run_until(model.horizon);
    assert_eq!(told(&original.finish().0), told(&clone.finish().0));
}

#[test]
fn a_run_in_many_pieces_is_the_run_in_one() {
    let model = Arc::new(model(WORLD, &[]));
    let mut pieces = World::new(model.clone(), 3, 0, NoTrace);
    for second in (7..7200).step_by(7) {
        pieces.run_until(Time::from_secs(second));
    }
    pieces.run_until(model.horizon);
    assert_eq!(told(&pieces.finish().0), told(&run(&model, 3, 0)));
}

#[test]
fn a_shuffle_of_simultaneous_events_keeps_the_counts_of_the_flows() {
    for file in files("models/flows", ".toml") {
        let name = Path::new(&file.path).file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let expected = counts(&trace(&flow(&name, &[])).1);
        for seed in 1..=8 {
            let shuffled = trace(&flow(&name, &[&format!("order.tie_shuffle={seed}")])).1;
            assert_eq!(counts(&shuffled), expected, "{name} with tie_shuffle {seed}");
        }
    }
}

#[test]
fn unrelated_users_change_no_draw_of_others() {
    let alone = run(&model(WORLD, &[]), 5, 0);
    let beside = run(&model(&format!("{WORLD}{STRANGERS}"), &[]), 5, 0);
    for class in ["chat", "bobs"] {
        let expected = latencies(&alone, class);
        assert_eq!(latencies(&beside, class), expected, "latencies of {class}");
        assert!(!expected.is_empty(), "{class} has latencies");
    }
    assert!(!latencies(&beside, "gossip").is_empty());
}

#[test]
fn a_policy_changes_no_draw_of_what_it_does_not_touch() {
    let direct = |sets: &[&str]| {
        let mut found = latencies(&run(&model(WORLD, sets), 5, 0), "chat");
        found.retain(|kind, _| kind == "delivery-direct" || kind == "submission");
        found
    };
    let expected = direct(&[]);
    assert_eq!(expected.len(), 2, "{expected:?}");
    for set in ["policies.overlap=hold", "policies.bye_side=pf", "policies.pull_retry=fixed"] {
        assert_eq!(direct(&[set]), expected, "{set}");
    }
}

#[test]
fn the_binary_writes_the_same_bytes_with_one_job_and_with_two() {
    let folder = tempfile::tempdir().expect("a folder");
    let include = root().join("models/networks/two_networks.toml");
    let text = WORLD.replace("models/networks/two_networks.toml", &include.display().to_string());
    std::fs::write(folder.path().join("world.toml"), text).expect("written");
    let experiment = "question = \"Does the number of jobs matter?\"\nmodel = \"world.toml\"\nreplications = 3\n\
                      horizon = \"20min\"\n[sweep]\npolicies.overlap = [\"hold\", \"merge\"]\n";
    std::fs::write(folder.path().join("e.toml"), experiment).expect("written");
    let results = |jobs: &str| {
        let status = Command::new(env!("CARGO_BIN_EXE_pushsim"))
            .args(["--quiet", "run", "e.toml", "--jobs", jobs, "--out", &format!("jobs{jobs}")])
            .current_dir(folder.path())
            .output()
            .expect("the binary runs");
        assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(folder.path().join(format!("jobs{jobs}"))).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
            if path.is_file() && name != "timing.csv" {
                files.insert(name, std::fs::read(&path).expect("it can be read"));
            }
        }
        files
    };
    let (one, two) = (results("1"), results("2"));
    assert!(one.len() >= 9, "{:?}", one.keys());
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (name, bytes) in &one {
        assert!(bytes == &two[name], "{name} differs");
    }
}
