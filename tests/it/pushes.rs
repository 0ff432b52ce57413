//! Pushes, one situation each: which terminals a push reaches, by which messages, and what its sender knows of it.

use std::path::Path;
use std::sync::Arc;

use pushsim::measure::{Hop, RunResults, Trace};
use pushsim::scenario::config::load_text;
use pushsim::scenario::{Model, World};
use pushsim::wire::Message;
use pushsim::wire::sip::{Body, FeatureTags, Method, Sip, Uri};

/// What a run shows: results, and the messages after `[trace] from`.
struct Shown {
    results: RunResults,
    hops: Vec<Hop>,
}

impl Shown {
    fn of(model: Model) -> Shown {
        let recorder = Trace { from: model.trace_from, hops: Vec::new() };
        let model = Arc::new(model);
        let mut world = World::new(model.clone(), model.seed, 0, recorder);
        world.run_until(model.horizon);
        let (results, recorder) = world.finish();
        Shown { results, hops: recorder.hops }
    }

    /// The SIP messages of a procedure over a reference point.
    fn messages(&self, procedure: &str, reference_point: &str) -> Vec<&Sip> {
        let fits = |hop: &&Hop| hop.meta.procedure.name() == procedure && hop.reference_point.name() == reference_point;
        let mut found = Vec::new();
        for hop in self.hops.iter().filter(fits) {
            if let Message::Sip(sip) = &hop.message {
                found.push(sip);
            }
        }
        found
    }

    fn requests(&self, procedure: &str, reference_point: &str, method: Method) -> Vec<&Sip> {
        let mut messages = self.messages(procedure, reference_point);
        messages.retain(|sip| sip.is_request() && sip.method() == method);
        messages
    }

    fn measure(&self, name: &str) -> f64 {
        let row = self.results.measures.iter().find(|row| row.measure == name);
        row.and_then(|row| row.value).unwrap_or_else(|| panic!("{name} has a value"))
    }
}

/// A push network with these further lines.
fn network(more: &str) -> Model {
    let text = format!("include = [\"models/networks/push_network.toml\"]\nhorizon = \"600s\"\n{more}");
    load_text(Path::new("pushes.toml"), &text, &[]).unwrap_or_else(|error| panic!("{error}"))
}

/// Bob with these terminals, registered, and one push to him at 10 s with these keys.
fn bob(terminals: usize, keys: &str) -> Shown {
    Shown::of(network(&format!(
        "[population.bob]\ndevice = \"phone\"\nterminals = {terminals}\ninitial = \"registered\"\n\
         [[script]]\nat = \"10s\"\nnode = \"psa\"\ndo = \"push\"\nto = \"bob\"\n{keys}\n[trace]\nfrom = \"10s\"\n"
    )))
}

// req-test: MT-5, MT-10, MT-11, PUSH-G-8, PUSH-S-9
#[test]
fn a_push_goes_to_all_terminals_or_to_some() {
    let all = bob(3, "");
    assert_eq!(all.requests("push", "ISC", Method::Message).len(), 1);
    assert_eq!(all.requests("push", "ISC", Method::Message)[0].uri(), Some(Uri::User(pushsim::wire::UserId(0))));
    assert_eq!((all.messages("push", "ISC").len(), all.messages("push", "Gm").len()), (2, 6));
    let each = bob(3, "targets = \"each\"");
    assert_eq!((each.messages("push", "ISC").len(), each.messages("push", "Gm").len()), (6, 6));
    let two = bob(3, "targets = \"first_k\"\nk = 2");
    assert_eq!((two.messages("push", "ISC").len(), two.messages("push", "Gm").len()), (4, 4));
    let gruus: Vec<bool> = two
        .requests("push", "ISC", Method::Message)
        .iter()
        .map(|sip| matches!(sip.uri(), Some(Uri::PublicGruu(_))))
        .collect();
    assert_eq!(gruus, [true, true]);
    for (shown, copies) in [(&all, 3.0), (&each, 3.0), (&two, 2.0)] {
        assert_eq!(shown.measure("pushes.generic.copies"), copies);
        assert_eq!(shown.measure("pushes.generic.taken"), 1.0);
        assert!(shown.hops.iter().all(|hop| hop.meta.procedure.name() != "push" || hop.transmission == 0));
    }
}

// req-test: PUSH-S-4, PUSH-S-5, PUSH-S-6, PUSH-REF
#[test]
fn a_push_names_its_sender_service_and_application() {
    let shown = bob(1, "require = [\"push_application\"]\nclass = \"trusted\"");
    let message = shown.requests("push", "ISC", Method::Message)[0];
    let psa = message.headers.p_asserted_identity;
    assert!(matches!(psa, Some(Uri::Node(_))) && message.headers.allow);
    let accept = message.headers.accept_contact.expect("an Accept-Contact");
    assert!(accept.features.contains(FeatureTags::PUSH.union(FeatureTags::PUSH_APPLICATION)));
    assert!(matches!(message.body, Body::Push(_)));
    assert_eq!(shown.measure("pushes.trusted.taken"), 1.0);
}

// req-test: PUSH-G-1, PUSH-G-2, PUSH-G-3, MT-1
#[test]
fn a_broadcast_reaches_who_is_registered_and_interested_at_its_pace() {
    let model = |keys: &str| {
        network(&format!(
            "[population.in]\nusers = 40\ndevice = \"phone\"\ninitial = \"registered\"\ninterests = [\"news\", \"sport\"]\n\
             [population.out]\nusers = 5\ndevice = \"phone\"\ninitial = \"off\"\n{keys}"
        ))
    };
    let news = |to: &str, interest: &str| {
        Shown::of(model(&format!(
            "[[workload]]\nname = \"news\"\nkind = \"push\"\nto = \"{to}\"\nat = \"10s\"\naudience = \"group\"\n\
             pace = \"10/s\"\nclass = \"selective\"\ninterests = [\"{interest}\"]\n"
        )))
    };
    let shown = news("in", "sport");
    assert_eq!(shown.measure("pushes.selective.taken"), 40.0);
    let sent: Vec<u64> = shown
        .hops
        .iter()
        .filter(|hop| {
            hop.reference_point.name() == "ISC" && matches!(&hop.message, Message::Sip(sip) if sip.is_request())
        })
        .map(|hop| hop.sent_at.as_nanos())
        .collect();
    assert_eq!((sent[0], sent[39]), (10_000_000_000, 13_900_000_000));
    let shown = news("in", "opera");
    assert_eq!((shown.measure("pushes.selective.considered"), shown.measure("pushes.selective.selected")), (40.0, 0.0));
    let shown = Shown::of(model(
        "[[workload]]\nname = \"news\"\nkind = \"push\"\nto = \"out\"\nat = \"10s\"\naudience = \"group\"\n",
    ));
    assert_eq!(shown.measure("pushes.generic.lost_unregistered"), 5.0);
    assert_eq!(shown.measure("pushes.generic.copies"), 0.0);
}
