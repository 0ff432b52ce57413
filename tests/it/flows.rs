//! The reference flows: `requirements/flows.csv` says how many messages each procedure sends over each reference point,
//! `models/flows` has the models, and the ladders are kept so that a change of any message shows.

use std::collections::{BTreeMap, BTreeSet};

use pushsim::measure::results::HopRow;
use pushsim::report::ladder::ladder;
use pushsim::scenario::config::{Override, load};
use pushsim::scenario::{Model, trace};

use crate::source::root;

/// Counts by procedure and reference point.
pub type Counts = BTreeMap<(String, String), u64>;

/// The model of a flow, with some of its values changed.
pub fn flow(name: &str, sets: &[&str]) -> Model {
    let path = root().join(format!("models/flows/{name}.toml"));
    let overrides: Vec<Override> =
        sets.iter().map(|set| Override::parse(set).expect("a value of a dotted path")).collect();
    load(&path, &overrides).unwrap_or_else(|error| panic!("{error}"))
}

/// The counts of what a trace shows.
pub fn counts(hops: &[HopRow]) -> Counts {
    let mut counts = Counts::new();
    for hop in hops {
        *counts.entry((hop.procedure.to_owned(), hop.reference_point.to_owned())).or_default() += 1;
    }
    counts
}

/// The flows of the reference table in its order, each with its counts.
fn reference() -> Vec<(String, Counts)> {
    let mut reader = csv::Reader::from_path(root().join("requirements/flows.csv")).expect("the table is there");
    let mut flows: Vec<(String, Counts)> = Vec::new();
    for record in reader.records() {
        let record = record.expect("a row");
        if flows.last().is_none_or(|(name, _)| *name != record[0]) {
            flows.push((record[0].to_owned(), Counts::new()));
        }
        let count = record[4].parse().expect("a number of messages");
        flows.last_mut().expect("just made").1.insert((record[2].to_owned(), record[3].to_owned()), count);
    }
    flows
}

fn is_modelled(name: &str) -> bool {
    root().join(format!("models/flows/{name}.toml")).exists()
}

// req-test: IMN-1, IMN-3, IMN-F, CPM-C-0, CPM-C-1, CPM-C-7, CPM-C-11, CPM-C-12, CPM-PF-4a, CPM-PF-4h, CPM-PF-12
// req-test: CPM-PF-16a, CPM-PF-20
#[test]
fn every_modelled_flow_sends_exactly_the_messages_of_the_reference() {
    let mut faults = Vec::new();
    let mut checked = 0;
    for (name, expected) in reference().into_iter().filter(|(name, _)| is_modelled(name)) {
        checked += 1;
        let (_, hops) = trace(&flow(&name, &[]));
        let procedures: BTreeSet<&String> = expected.keys().map(|(procedure, _)| procedure).collect();
        let mut found = counts(&hops);
        found.retain(|(procedure, _), _| procedures.contains(procedure));
        if found != expected {
            faults.push(format!("{name}: found {found:?}\n  expected {expected:?}\n{}", ladder(&hops)));
        }
        if let Some(hop) = hops.iter().find(|hop| hop.transmission > 0 || hop.arrives_ns.is_none()) {
            faults.push(format!("{name}: a flow without loss has a retransmission or a loss: {hop:?}"));
        }
    }
    assert!(checked >= 14, "{checked} flows have a model");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_model_of_a_flow_stands_in_the_reference() {
    let reference = reference();
    for entry in std::fs::read_dir(root().join("models/flows")).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        assert!(reference.iter().any(|(flow, _)| *flow == name), "{name} is no flow of requirements/flows.csv");
    }
}

#[test]
fn the_ladders_of_the_flows_are_as_they_were_read() {
    for (name, _) in reference().into_iter().filter(|(name, _)| is_modelled(name)) {
        let (_, hops) = trace(&flow(&name, &[]));
        insta::assert_snapshot!(format!("ladder_{name}"), ladder(&hops));
    }
}
