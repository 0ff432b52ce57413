//! The registry of measures: every name that a run emits stands in `docs/measures.md`.

use std::collections::BTreeSet;

use pushsim::measure::races::REGISTRY;
use pushsim::scenario::config::{Override, load};
use pushsim::scenario::run;

use crate::source::root;

/// Models that between them emit every kind of measure, each with a horizon.
const MODELS: &[(&str, &str)] = &[
    ("validation/priority_nonpreemptive", "11min"),
    ("validation/message_loss", "40s"),
    ("validation/mm1", "11min"),
    ("validation/pulls", "100s"),
    ("validation/on_off_on_at_start", "30min"),
    ("flows/pull-overlap", "120s"),
    ("flows/report-delivered", "60s"),
    ("flows/de-register", "60s"),
    ("flows/content-indirection", "60s"),
    ("flows/dnd", "60s"),
    ("flows/large-message", "60s"),
    ("flows/mms-out-of-band", "60s"),
    ("flows/sms-out-of-band", "60s"),
    ("flows/cpm-mms-out-of-band", "60s"),
];

/// What stands in backticks in the first column of the tables of a chapter; the second column, too, for races.
fn listed(document: &str, chapter: &str, columns: usize) -> BTreeSet<String> {
    let begin = document.find(&format!("\n## `{chapter}`")).expect("the chapter is there");
    let text = &document[begin + 1..];
    let text = &text[..text.find("\n## ").unwrap_or(text.len())];
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').step_by(2).take(columns).collect::<Vec<_>>().join(" ")).collect()
}

/// Whether a name is of a pattern: `<…>` stands for anything but nothing.
fn is_of(name: &str, pattern: &str) -> bool {
    match pattern.split_once('<') {
        None => name == pattern,
        Some((before, rest)) => {
            let (_, rest) = rest.split_once('>').expect("a closed placeholder");
            name.strip_prefix(before).is_some_and(|name| {
                let ends = name.char_indices().map(|(at, letter)| at + letter.len_utf8());
                ends.into_iter().any(|end| is_of(&name[end..], rest))
            })
        }
    }
}

#[test]
fn every_name_that_a_run_emits_is_listed() {
    let document = std::fs::read_to_string(root().join("docs/measures.md")).expect("the document is there");
    let (measures, procedures) = (listed(&document, "measures.csv", 1), listed(&document, "latency.csv", 1));
    let timeline = listed(&document, "timeline.csv", 1);
    assert!(measures.len() > 90 && procedures.len() > 20, "{} and {}", measures.len(), procedures.len());
    let mut missing = BTreeSet::new();
    for &(file, horizon) in MODELS {
        let path = root().join("models").join(format!("{file}.toml"));
        let sets =
            [&format!("horizon={horizon}"), "measure.timeline=10s", "measure.states=2", "measure.staleness=true"];
        let sets = sets.map(|set| Override::parse(set).expect("an override"));
        let model = load(&path, &sets).unwrap_or_else(|error| panic!("{error}"));
        let results = run(&model, 1, 0);
        let names = results.measures.iter().map(|row| &row.measure);
        missing.extend(names.filter(|name| !measures.iter().any(|pattern| is_of(name, pattern))).cloned());
        let names = results.latency.iter().map(|row| &row.procedure);
        missing.extend(names.filter(|name| !procedures.contains(*name)).cloned());
        let names = results.timeline.iter().map(|row| row.measure.to_owned());
        missing.extend(names.filter(|name| !timeline.contains(name)));
    }
    assert!(missing.is_empty(), "docs/measures.md does not list {missing:?}");
}

#[test]
fn every_race_is_listed() {
    let document = std::fs::read_to_string(root().join("docs/measures.md")).expect("the document is there");
    let counted: BTreeSet<String> = REGISTRY.iter().map(|(race, outcome, _)| format!("{race} {outcome}")).collect();
    assert_eq!(listed(&document, "races.csv", 2), counted);
}

#[test]
fn a_placeholder_stands_for_anything_but_nothing() {
    assert!(is_of("station.a[0].wait_within.0.4s", "station.<node>.wait_within.<t>"));
    assert!(!is_of("station..number_mean", "station.<node>.number_mean"));
}
