//! The requirement matrix tells the truth: tags name existing rows, and every SHALL and MUST row is shown by a test,
//! left out for a reason, or stands in the list of open rows.

use std::collections::BTreeSet;
use std::process::Command;

use crate::source::root;
use pushsim::cli::requirements::tags::{Tag, TagKind, scan};
use pushsim::cli::requirements::{embedded_tags, requirements};

/// The list of open rows.
const OPEN: &str = include_str!("../../requirements/open.txt");

fn tags() -> Vec<Tag> {
    scan(root()).expect("the tree can be read")
}

fn ids_of(tags: &[Tag], kind: TagKind) -> BTreeSet<String> {
    tags.iter().filter(|tag| tag.kind == kind).map(|tag| tag.id.clone()).collect()
}

fn open_rows() -> BTreeSet<String> {
    let rows = || OPEN.lines().filter(|line| !line.starts_with('#'));
    let set: BTreeSet<String> = rows().map(str::to_owned).collect();
    assert_eq!(set.len(), rows().count(), "requirements/open.txt names a row twice");
    set
}

#[test]
fn requirement_ids_are_unique() {
    let rows = requirements();
    let ids: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids.len(), rows.len());
}

#[test]
fn every_tag_names_a_requirement() {
    let rows = requirements();
    let known: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let unknown: Vec<String> = tags()
        .iter()
        .filter(|tag| !known.contains(tag.id.as_str()))
        .map(|tag| format!("{}:{}: no requirement has the ID {:?}", tag.path, tag.line, tag.id))
        .collect();
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

#[test]
fn every_mandatory_requirement_is_tested_or_open() {
    let mut tested = ids_of(&tags(), TagKind::Test);
    // A row that is left out for a reason is accounted for like one that is shown.
    tested.append(&mut ids_of(&tags(), TagKind::NotModelled));
    let open = open_rows();
    let rows = requirements();
    let mandatory: BTreeSet<&str> = rows.iter().filter(|row| row.is_mandatory()).map(|row| row.id.as_str()).collect();
    let mut faults = Vec::new();
    for id in &mandatory {
        match (tested.contains(*id), open.contains(*id)) {
            (true, true) => faults.push(format!("{id} is tested or left out: remove it from requirements/open.txt")),
            (false, false) => {
                faults.push(format!("{id} has no test: tag the test that shows it, or say why it is left out"));
            }
            (true, false) | (false, true) => {}
        }
    }
    faults.extend(open.iter().filter(|id| !mandatory.contains(id.as_str())).map(|id| {
        format!("requirements/open.txt names {id}, which is no SHALL or MUST row of requirements/requirements.csv")
    }));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn nothing_is_both_tested_and_left_out() {
    let tags = tags();
    let tested = ids_of(&tags, TagKind::Test);
    let both: Vec<String> = ids_of(&tags, TagKind::NotModelled).intersection(&tested).cloned().collect();
    assert!(both.is_empty(), "tagged as tested and as not modelled: {both:?}");
}

#[test]
fn a_tag_that_leaves_something_out_says_why() {
    let silent: Vec<String> = tags()
        .iter()
        .filter(|tag| tag.kind == TagKind::NotModelled && tag.note.is_empty())
        .map(|tag| format!("{}:{}: {} is not modelled, and the tag gives no reason", tag.path, tag.line, tag.id))
        .collect();
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn the_binary_prints_the_matrix_without_the_source_tree() {
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new(env!("CARGO_BIN_EXE_pushsim"))
        .args(["requirements", "--csv"])
        .current_dir(elsewhere.path())
        .output()
        .expect("the binary runs");
    assert!(output.status.success());
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    let header = reader.headers().expect("a header").iter().collect::<Vec<_>>().join(",");
    assert_eq!(header, "id,seed,strength,status,code,tests,requirement");
    let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("a record")).collect();
    assert_eq!(records.len(), requirements().len());
    let tested = ids_of(&embedded_tags(), TagKind::Test);
    for record in records {
        assert_eq!(&record[3] == "tested", tested.contains(&record[0]), "{record:?}");
    }
}
