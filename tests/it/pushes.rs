//! Pushes, one situation each: which terminals a push reaches, by which messages, and what its sender knows of it.

use std::path::Path;
use std::sync::Arc;

use pushsim::measure::{Filter, Hop, RunResults, Trace};
use pushsim::scenario::config::load_text;
use pushsim::scenario::{Model, World};
use pushsim::wire::Message;
use pushsim::wire::sip::headers::SubscriptionState;
use pushsim::wire::sip::{Body, FeatureTags, Method, Sip, Uri};

/// What a run shows: results, and the messages after `[trace] from`.
struct Shown {
    results: RunResults,
    hops: Vec<Hop>,
}

impl Shown {
    fn of(model: Model) -> Shown {
        let recorder = Trace::new(Filter::from(model.trace_from));
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

    /// Messages of a procedure on all hops.
    fn sent(&self, procedure: &str) -> usize {
        self.hops.iter().filter(|hop| hop.meta.procedure.name() == procedure).count()
    }

    fn race(&self, race: &str, outcome: &str) -> u64 {
        let row = self.results.races.iter().find(|row| row.race == race && row.outcome == outcome);
        row.unwrap_or_else(|| panic!("{race} {outcome} is registered")).count
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

// req-test: PUSH-S-4, PUSH-S-6, PUSH-REF
#[test]
fn a_push_names_its_sender_and_service() {
    let shown = bob(1, "require = [\"msg\"]\nclass = \"trusted\"");
    let message = shown.requests("push", "ISC", Method::Message)[0];
    let psa = message.headers.p_asserted_identity;
    assert!(matches!(psa, Some(Uri::Node(_))) && message.headers.allow);
    let accept = message.headers.accept_contact.expect("an Accept-Contact");
    assert!(accept.features.contains(FeatureTags::PUSH.union(FeatureTags::MSG)));
    assert!(matches!(message.body, Body::Push(_)));
    assert_eq!(shown.measure("pushes.trusted.taken"), 1.0);
}

// req-test: PUSH-G-1, PUSH-G-2, PUSH-G-3, MT-1
#[test]
fn a_broadcast_reaches_who_is_registered_and_interested_at_its_pace() {
    let model = |keys: &str| {
        network(&format!(
            "[population.in]\nusers = 40\ndevice = \"phone\"\ninitial = \"registered\"\n\
             interests = [\"news\", \"sport\"]\n\
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

/// Bob with `terminals` and `more` lines about him; a push to him at each of these seconds, and policies.
fn bobs(terminals: usize, more: &str, at: &[u32], keys: &str, policies: &str) -> String {
    let mut text = format!(
        "[population.bob]\ndevice = \"phone\"\nterminals = {terminals}\n{more}\n[policies]\n{policies}\n\
         [trace]\nfrom = \"9s\"\n"
    );
    for second in at {
        text += &format!("[[script]]\nat = \"{second}s\"\nnode = \"psa\"\ndo = \"push\"\nto = \"bob\"\n{keys}\n");
    }
    text
}

fn step(second: u32, terminal: usize, action: &str) -> String {
    format!("[[script]]\nat = \"{second}s\"\nuser = \"bob\"\nterminal = {terminal}\ndo = \"{action}\"\n")
}

const REGISTERED: &str = "initial = \"registered\"";

// req-test: MT-13
#[test]
fn options_to_the_address_of_record_tell_of_one_terminal_only() {
    let pushed = |knowledge: &str| {
        let policies = format!("push_knowledge = \"{knowledge}\"");
        Shown::of(network(&bobs(3, REGISTERED, &[10, 20], "targets = \"each\"", &policies)))
    };
    let by_gruu = pushed("options_gruu");
    assert_eq!((by_gruu.sent("options"), by_gruu.measure("pushes.generic.copies")), (18, 6.0));
    let by_aor = pushed("options_aor");
    // One request forks to three terminals, one of three answers comes back.
    assert_eq!((by_aor.sent("options"), by_aor.measure("pushes.generic.copies")), (2 + 4 * 3, 2.0));
    let (told, learned) = ("pushes.capabilities_told", "pushes.capabilities_learned");
    assert_eq!((by_aor.measure(told), by_aor.measure(learned)), (3.0, 1.0));
    assert_eq!((by_gruu.measure(told), by_gruu.measure(learned)), (3.0, 3.0));
    let answers = by_gruu.messages("options", "Gm");
    let capable = answers.iter().find(|sip| sip.status() == Some(200)).expect("an answer");
    assert!(capable.headers.allow && capable.headers.accept && capable.contact.first().is_some());
    // The notification tells of all, and of changes.
    let by_reg_event = pushed("reg_event");
    assert_eq!((by_reg_event.sent("options"), by_reg_event.sent("reg-event")), (0, 4));
    assert_eq!(by_reg_event.measure("pushes.generic.copies"), 6.0);
}

#[test]
fn knowledge_is_used_until_it_is_old() {
    let pushed = |lifetime: &str| {
        let policies = format!("push_knowledge = \"options_gruu\"\npush_cache_lifetime = \"{lifetime}\"");
        Shown::of(network(&bobs(1, REGISTERED, &[10, 20, 30], "targets = \"each\"", &policies))).sent("options")
    };
    assert_eq!((pushed("5s"), pushed("15s"), pushed("1h")), (18, 12, 6));
}

// req-test: MT-12
#[test]
fn a_temporary_gruu_is_void_once_its_terminal_registers_with_another_call_id() {
    let pushed = |knowledge: &str, gruu: &str| {
        let policies = format!("push_knowledge = \"{knowledge}\"\npush_gruu = \"{gruu}\"");
        let mut text = bobs(1, "initial = \"on\"", &[10, 50, 90], "targets = \"each\"", &policies);
        text += &(step(20, 1, "power_off") + &step(30, 1, "register"));
        text += &(step(60, 1, "de_register") + &step(70, 1, "register"));
        Shown::of(network(&text))
    };
    let counts =
        |shown: &Shown| (shown.race("RACE-25", "temporary_gruu_valid"), shown.race("RACE-25", "temporary_gruu_void"));
    // A new boot cycle has a new Call-ID; registering anew within one has not.
    assert_eq!(counts(&pushed("options_gruu", "temporary")), (1, 2));
    assert_eq!(pushed("options_gruu", "public").measure("pushes.generic.taken"), 3.0);
    assert_eq!(counts(&pushed("reg_event", "temporary")), (3, 0));
}

#[test]
fn a_terminal_that_lost_a_capability_refuses_what_needs_it() {
    let pushed = |knowledge: &str, fallback: &str| {
        let more = "initial = \"registered\"\n\
                    capability = { features = [\"push_application\"], with = \"30s\", without = \"1h\" }";
        let policies = format!("push_knowledge = \"{knowledge}\"\npush_fallback = \"{fallback}\"");
        let keys = "targets = \"capable\"\nrequire = [\"push_application\"]\nclass = \"selective\"";
        let text = bobs(2, more, &[10, 40], keys, &policies)
            + "[devices.phone]\nfeatures = [\"msg\", \"push\", \"push_application\"]\n";
        Shown::of(network(&text))
    };
    let counts = |shown: &Shown| {
        ["capability_held", "capability_gone", "fell_back"].map(|outcome| shown.race("RACE-26", outcome))
    };
    let given_up = pushed("options_gruu", "give_up");
    // req-test: PUSH-S-5
    let asked = given_up.requests("push", "Gm", Method::Message)[0].headers.accept_contact.expect("an Accept-Contact");
    assert!(asked.features.contains(FeatureTags::PUSH.union(FeatureTags::PUSH_APPLICATION)));
    assert_eq!((counts(&given_up), given_up.measure("pushes.selective.refused")), ([2, 2, 0], 1.0));
    let fetched = pushed("options_gruu", "indirection");
    assert_eq!((counts(&fetched), fetched.sent("content-fetch")), ([4, 0, 2], 4));
    assert_eq!(fetched.measure("pushes.selective.copies"), 4.0);
    // The S-CSCF tells of the change: nothing is sent in vain.
    let told = pushed("reg_event", "give_up");
    assert_eq!((counts(&told), told.measure("pushes.selective.lost_unregistered")), ([2, 0, 0], 1.0));
}

#[test]
fn the_first_terminal_that_takes_the_content_is_enough() {
    let mut text = bobs(3, REGISTERED, &[10], "targets = \"first_available\"", "");
    text += &step(5, 1, "de_register");
    let shown = Shown::of(network(&text));
    let answers: Vec<Option<u16>> =
        shown.messages("push", "ISC").iter().filter(|sip| !sip.is_request()).map(|sip| sip.status()).collect();
    assert_eq!(answers, [Some(480), Some(200)]);
    assert_eq!(shown.measure("pushes.generic.copies"), 1.0);
}

// req-test: PUSH-G-7
#[test]
fn a_response_or_a_report_is_evidence() {
    let pushed = |evidence: &str, keys: &str| {
        let policies = format!("push_evidence = \"{evidence}\"");
        Shown::of(network(&bobs(1, REGISTERED, &[10], keys, &policies)))
    };
    for method in ["message", "reference", "notify"] {
        let subscribed = "\n[[script]]\nat = \"5s\"\nuser = \"bob\"\nterminal = 1\ndo = \"subscribe\"";
        let keys = format!("method = \"{method}\"{subscribed}");
        let (plain, told) = (pushed("response", &keys), pushed("imdn", &keys));
        assert_eq!(plain.sent("report"), 0, "{method}");
        // From the S-CSCF straight to the application server that it names, without the PF.
        assert_eq!(told.sent("report"), 6, "{method}");
        for shown in [&plain, &told] {
            assert_eq!(shown.measure("pushes.generic.taken"), 1.0, "{method}");
            assert_eq!(shown.measure("pushes.generic.copies"), 1.0, "{method}");
            assert_eq!(shown.measure("events.stray"), 0.0, "{method}");
        }
    }
}

// req-test: PUSH-G-4, MT-2, MT-3, MT-4, MT-9
#[test]
fn the_sender_chooses_between_content_and_reference_by_size() {
    let pushed = |size: &str| {
        Shown::of(network(&bobs(
            1,
            REGISTERED,
            &[10],
            &format!("method = \"by_size_reference\"\nsize = \"{size}\""),
            "",
        )))
    };
    let (small, large) = (pushed("1300B"), pushed("1301B"));
    assert_eq!((small.sent("content-fetch"), large.sent("content-fetch")), (0, 2));
    for shown in [&small, &large] {
        assert_eq!((shown.sent("push"), shown.measure("pushes.generic.copies")), (6, 1.0));
    }
}

// req-test: PUSH-G-5, PUSH-G-6
#[test]
fn either_side_ends_a_subscription_and_it_is_refreshed_until_then() {
    let text = |end: &str| {
        bobs(2, REGISTERED, &[20, 400], "method = \"notify\"", "push_subscription_expires = \"100s\"")
            + &step(10, 1, "subscribe")
            + end
    };
    let refreshed = Shown::of(network(&text("")));
    // At half of what it lasts: 50 s after each.
    assert_eq!(refreshed.requests("subscription", "ISC", Method::Subscribe).len(), 12);
    assert_eq!(refreshed.measure("pushes.generic.copies"), 2.0);
    let by_terminal = Shown::of(network(&text(&step(30, 1, "unsubscribe"))));
    let by_sender = Shown::of(network(&text(
        "[[script]]\nat = \"30s\"\nnode = \"psa\"\ndo = \"end_subscriptions\"\nto = \"bob\"\n",
    )));
    for (shown, subscribes) in [(&by_terminal, 2), (&by_sender, 1)] {
        assert_eq!(shown.requests("subscription", "ISC", Method::Subscribe).len(), subscribes);
        let last = shown.requests("subscription", "ISC", Method::Notify).pop().expect("a notification");
        assert!(matches!(last.headers.subscription_state, Some(SubscriptionState::Terminated(_))));
        // The second push waits for a subscriber.
        assert_eq!(shown.measure("pushes.generic.copies"), 1.0);
        assert_eq!(shown.measure("pushes.generic.in_flight_at_end"), 1.0);
        assert_eq!(shown.measure("events.stray"), 0.0);
    }
    // Two terminals have a channel each.
    let both = Shown::of(network(&(text("") + &step(11, 2, "subscribe"))));
    assert_eq!(both.measure("pushes.generic.copies"), 4.0);
}
