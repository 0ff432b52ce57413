//! Tests of caller preferences: the example of the RFC, each rule by itself, and both algorithms against each other.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

fn yes() -> FeatureValue {
    FeatureValue::Bool(true)
}

fn methods(methods: &[&str]) -> (&'static str, FeatureValue) {
    ("methods", FeatureValue::tokens(methods))
}

fn candidate(id: &'static str, q: u16, tags: Vec<(&'static str, FeatureValue)>) -> Candidate<&'static str> {
    Candidate { id, q, features: FeatureSet::new(tags) }
}

fn accept(tags: Vec<(&'static str, FeatureValue)>, require: bool, explicit: bool) -> Accept {
    Accept { features: FeatureSet::new(tags), require, explicit }
}

/// The contacts and preferences of RFC 3841 section 7.2.5.
#[test]
fn the_example_of_the_rfc() {
    let taker = || ("actor", FeatureValue::tokens(&["msg-taker"]));
    let contacts = [
        candidate("u1", 200, vec![("audio", yes()), ("video", yes()), methods(&["INVITE", "BYE"])]),
        candidate("u2", 200, vec![("audio", FeatureValue::Bool(false)), methods(&["INVITE"]), taker()]),
        candidate("u3", 300, vec![("audio", yes()), taker(), methods(&["INVITE"]), ("video", yes())]),
        candidate("u4", 200, vec![("audio", yes()), methods(&["INVITE", "OPTIONS"])]),
        candidate("u5", 500, vec![]),
    ];
    let class = ("class", FeatureValue::tokens(&["business"]));
    let preferences = Preferences {
        reject: vec![FeatureSet::new([taker(), ("video", yes())])],
        accept: vec![
            accept(vec![("audio", yes())], true, false),
            accept(vec![("video", yes())], false, true),
            accept(vec![methods(&["BYE"]), class], false, false),
        ],
    };
    let targets = rank(contacts, &preferences);
    let expected = [
        Target { id: "u5", q: 500, qa: Ratio::ONE },
        Target { id: "u1", q: 200, qa: Ratio::new(5, 6) },
        Target { id: "u4", q: 200, qa: Ratio::new(1, 2) },
    ];
    assert_eq!(targets, expected);
}

fn ids(contacts: Vec<Candidate<&'static str>>, accept: Accept) -> Vec<&'static str> {
    let preferences = Preferences { accept: vec![accept], reject: vec![] };
    rank(contacts, &preferences).into_iter().map(|target| target.id).collect()
}

#[test]
fn require_and_explicit_discard_what_is_silent() {
    let contacts =
        || vec![candidate("silent", 1000, vec![("audio", yes())]), candidate("able", 1000, vec![("video", yes())])];
    let video = || vec![("video", yes())];
    assert_eq!(ids(contacts(), accept(video(), true, true)), ["able"]);
    assert_eq!(ids(contacts(), accept(video(), true, false)), ["able", "silent"]);
    assert_eq!(ids(contacts(), accept(video(), false, true)), ["able", "silent"]);
}

#[test]
fn another_value_is_discarded_only_by_require() {
    let contacts = || vec![candidate("other", 1000, vec![methods(&["BYE"])])];
    assert_eq!(ids(contacts(), accept(vec![methods(&["INVITE"])], false, true)), ["other"]);
    assert!(ids(contacts(), accept(vec![methods(&["INVITE"])], true, false)).is_empty());
}

#[test]
fn q_goes_before_qa() {
    let contacts =
        vec![candidate("fits", 500, vec![("video", yes())]), candidate("first", 600, vec![("audio", yes())])];
    assert_eq!(ids(contacts, accept(vec![("video", yes())], false, false)), ["first", "fits"]);
}

#[test]
fn values_of_every_type_meet() {
    let set = |tokens: &[Token]| FeatureValue::Tokens(tokens.to_vec());
    let (is, is_not) = (|text: &str| Token::Is(text.into()), |text: &str| Token::IsNot(text.into()));
    assert!(set(&[is("en"), is("de")]).meets(&set(&[is("DE")])));
    assert!(!set(&[is_not("en")]).meets(&set(&[is("en")])));
    assert!(set(&[is_not("en")]).meets(&set(&[is_not("de")])));
    assert!(FeatureValue::Numbers(vec![(0, 10)]).meets(&FeatureValue::Numbers(vec![(20, 30), (10, 15)])));
    assert!(!FeatureValue::Numbers(vec![(0, 9)]).meets(&FeatureValue::Numbers(vec![(10, 15)])));
    assert!(!FeatureValue::Text("A".into()).meets(&FeatureValue::Text("a".into())));
    assert!(!yes().meets(&FeatureValue::Text("TRUE".into())));
}

/// The tags of the modelled clients in general terms.
fn general(tags: FeatureTags) -> FeatureSet {
    let mut features = Vec::new();
    let icsi: Vec<&str> =
        FeatureTags::ICSI.iter().filter(|(tag, _)| tags.contains(*tag)).map(|(_, text)| *text).collect();
    if !icsi.is_empty() {
        features.push(("+g.3gpp.icsi-ref", FeatureValue::tokens(&icsi)));
    }
    if tags.contains(FeatureTags::OMA_SIP_IM) {
        features.push(("+g.oma.sip-im", yes()));
    }
    if tags.contains(FeatureTags::PUSH_APPLICATION) {
        features.push(("+g.3gpp.iari-ref", yes()));
    }
    FeatureSet::new(features)
}

// req-test: IMN-7
#[test]
fn a_client_that_never_registered_the_tag_gets_nothing() {
    let asked = |features| AcceptContact { features, require: true, explicit: true };
    let contacts = [(1, FeatureTags::MSG), (2, FeatureTags::MSG.union(FeatureTags::SYSTEM_MSG))];
    assert_eq!(rank_by_features(contacts, asked(FeatureTags::SYSTEM_MSG)).as_slice(), [2]);
    // req-test: IMN-8
    assert!(rank_by_features(contacts, asked(FeatureTags::OMA_SIP_IM)).is_empty());
}

#[test]
fn of_more_contacts_than_a_fork_holds_the_best_are_taken() {
    let asked = AcceptContact { features: FeatureTags::MSG, require: false, explicit: false };
    let poor = (0..9).map(|id| (id, FeatureTags::OMA_SIP_IM));
    let targets = rank_by_features(poor.chain([(9, FeatureTags::MSG)]), asked);
    assert_eq!(targets.as_slice(), [9, 0, 1, 2, 3, 4, 5, 6]);
}

proptest! {
    #[test]
    fn the_fast_path_is_the_algorithm(
        contacts in vec(0..512u16, 0..12),
        asked in 0..512u16,
        require in any::<bool>(),
        explicit in any::<bool>(),
    ) {
        let contacts: Vec<(usize, FeatureTags)> = contacts.into_iter().map(FeatureTags).enumerate().collect();
        let asked = AcceptContact { features: FeatureTags(asked), require, explicit };
        let preferences = Preferences {
            accept: vec![Accept { features: general(asked.features), require, explicit }],
            reject: vec![],
        };
        let candidates = contacts.iter().map(|(id, tags)| Candidate { id: *id, q: 1000, features: general(*tags) });
        let mut expected: Vec<usize> = rank(candidates, &preferences).into_iter().map(|target| target.id).collect();
        expected.truncate(TARGETS_MAX);
        prop_assert_eq!(rank_by_features(contacts, asked).to_vec(), expected);
    }
}
