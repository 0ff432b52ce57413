//! What is recorded of a run: the run stays the same, a filter keeps what it says, every output shows every message.

use std::collections::BTreeSet;

use pushsim::measure::recording::Recording;
use pushsim::report::diagram::{mermaid, svg};
use pushsim::report::hops::{self, Counts};
use pushsim::scenario::config::load;
use pushsim::scenario::{Model, Selection, record, run};

use crate::flows::flow;
use crate::source::root;

fn long_model() -> Model {
    load(&root().join("models/overlapping_pulls.toml"), &[]).unwrap_or_else(|error| panic!("{error}"))
}

fn recorded(model: &Model, selection: &Selection) -> Recording {
    record(model, 0, selection.filter(model).expect("the selection fits the model"), false).1
}

/// A flow whose access loses so much that requests and responses are sent again.
fn lossy() -> Recording {
    let model = flow("pager", &["access.lte.loss=60%", "trace.from=1s"]);
    recorded(&model, &Selection::default())
}

#[test]
fn a_recorded_run_is_the_run_and_a_filter_keeps_its_part_of_it() {
    let model = long_model();
    let plain = run(&model, model.seed, 0);
    let (results, all) = record(&model, 0, Selection::default().filter(&model).expect("no choice"), false);
    assert_eq!((results.fingerprint, results.events), (plain.fingerprint, plain.events));
    assert_eq!(results.signalling, plain.signalling);
    assert_eq!(Counts::of_hops(&all.hops), Counts::of_results(&plain.signalling));

    let selection = Selection { users: vec!["receivers[3]".into()], ..Selection::default() };
    let (results, part) = record(&model, 0, selection.filter(&model).expect("such a user"), false);
    assert_eq!((results.fingerprint, results.signalling), (plain.fingerprint, plain.signalling));
    assert!(part.hops.len() * 20 < all.hops.len(), "{} of {}", part.hops.len(), all.hops.len());
    let terminals: Vec<String> = (1..=3).map(|number| format!("receivers[3]/{number}")).collect();
    let touches =
        |hop: &&pushsim::measure::results::HopRow| terminals.contains(&hop.from) || terminals.contains(&hop.to);
    assert_eq!(part.hops.iter().filter(touches).count(), all.hops.iter().filter(touches).count());
    assert!(
        part.hops.iter().all(|hop| touches(&hop) || !hop.from.contains("receivers") && !hop.to.contains("receivers"))
    );

    let (from, to) = ("70s", "80s");
    let window = Selection { from_time: Some(from.into()), to_time: Some(to.into()), ..Selection::default() };
    let narrow = Selection { reference_points: vec!["Cx".into()], procedures: vec!["registration".into()], ..window };
    let expected = all.hops.iter().filter(|hop| {
        (70_000_000_000..=80_000_000_000).contains(&hop.sent_ns)
            && hop.reference_point == "Cx"
            && hop.procedure == "registration"
    });
    assert_eq!(recorded(&model, &narrow).hops, expected.cloned().collect::<Vec<_>>());
}

#[test]
fn the_story_of_one_message_leads_from_its_sender_to_its_receiver() {
    let model = flow("pull", &["trace.from=0s"]);
    let all = recorded(&model, &Selection::default());
    let ids: BTreeSet<&String> = all.hops.iter().filter_map(|hop| hop.message_id.as_ref()).collect();
    let id = (*ids.first().expect("a message is sent")).clone();
    let story = recorded(&model, &Selection { messages: vec![id], ..Selection::default() });
    let procedures: BTreeSet<&str> = story.hops.iter().map(|hop| hop.procedure).collect();
    assert!(procedures.contains("pager") && procedures.contains("deferred-delivery"), "{procedures:?}");
    assert!(!procedures.contains("registration"), "{procedures:?}");
    let answered = story.hops.iter().filter(|hop| hop.message.ends_with("MESSAGE")).count();
    assert_eq!(answered % 2, 0, "every MESSAGE with its response");
    assert!(story.notes.iter().any(|note| note.text == "message deferred"), "{:?}", story.notes);
}

#[test]
fn every_output_shows_every_message() {
    let recording = lossy();
    let (messages, lost) = (recording.hops.len(), recording.hops.iter().filter(|hop| hop.lost).count());
    let again = recording.hops.iter().filter(|hop| hop.transmission > 0).count();
    assert!(lost > 0 && again > 0, "{lost} lost, {again} sent again");
    assert!(recording.hops.iter().any(|hop| hop.timer == Some("Timer E")));

    let picture = svg::draw(&recording);
    assert_eq!(picture.matches("class=\"arrow").count(), messages);
    assert_eq!(picture.matches("class=\"cross\"").count(), lost);
    assert_eq!(picture.matches("class=\"head\"").count(), messages - lost);
    assert_eq!(picture.matches("arrow again").count(), again);
    assert!(picture.contains("[retransmission 1, Timer E") && picture.contains("Red, with a cross: lost."));

    let mermaid = mermaid::draw(&recording);
    let arrows = |arrow: &str| mermaid.lines().filter(|line| line.contains(arrow)).count();
    assert_eq!(arrows("-x"), lost);
    assert_eq!(arrows("->>"), messages - lost);

    let table = hops::table(&recording.hops).expect("in memory");
    assert_eq!(csv::Reader::from_reader(table.as_slice()).records().count(), messages);
}

#[test]
fn the_mermaid_text_of_a_flow_is_as_it_was_read() {
    let text = mermaid::draw(&recorded(&flow("pull-empty", &[]), &Selection::default()));
    insta::assert_snapshot!("mermaid_pull-empty", text);
}

#[test]
fn a_long_diagram_repeats_its_header_and_shows_silence() {
    let model = flow("deferred-pager", &["trace.from=0s"]);
    let picture = svg::draw(&recorded(&model, &Selection::default()));
    let headers = picture.matches(">P-CSCF<").count();
    assert!(headers >= 4, "two P-CSCFs on {headers} headers");
    assert!(picture.contains("class=\"silence\""));
}
