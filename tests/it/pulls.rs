//! Deferred messages, notifications and management INVITEs, one situation each: what every overlap, retry and snapshot
//! policy costs and whom it serves (races 1, 5, 7 and 8).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use pushsim::kernel::EntityId;
use pushsim::measure::{Filter, Hop, RunResults, Trace};
use pushsim::scenario::config::{Override, load_text};
use pushsim::scenario::{Model, World};
use pushsim::wire::Message;
use pushsim::wire::sip::headers::Warning;
use pushsim::wire::sip::{Body, Method, Sip, Uri};

use crate::flows::flow;

/// What a run shows: results, and the messages after `[trace] from`.
pub struct Shown {
    pub results: RunResults,
    pub hops: Vec<Hop>,
}

impl Shown {
    pub fn of(model: Model) -> Shown {
        let recorder = Trace::new(Filter::from(model.trace_from));
        let model = Arc::new(model);
        let mut world = World::new(model.clone(), model.seed, 0, recorder);
        world.run_until(model.horizon);
        let (results, recorder) = world.finish();
        Shown { results, hops: recorder.hops }
    }

    /// Messages of a procedure on all hops.
    pub fn sent(&self, procedure: &str) -> usize {
        self.hops.iter().filter(|hop| hop.meta.procedure.name() == procedure).count()
    }

    pub fn race(&self, race: &str, outcome: &str) -> u64 {
        let row = self.results.races.iter().find(|row| row.race == race && row.outcome == outcome);
        row.unwrap_or_else(|| panic!("{race} {outcome} is registered")).count
    }

    pub fn measure(&self, name: &str) -> f64 {
        let row = self.results.measures.iter().find(|row| row.measure == name);
        row.and_then(|row| row.value).unwrap_or_else(|| panic!("{name} has a value"))
    }

    /// Requests with `method` of a procedure on the hop over `reference_point`.
    fn requests(&self, procedure: &str, method: Method, reference_point: &str) -> Vec<&Sip> {
        self.messages(procedure, reference_point).filter(|sip| sip.is_request() && sip.method() == method).collect()
    }

    fn messages(&self, procedure: &str, reference_point: &str) -> impl Iterator<Item = &Sip> {
        self.hops.iter().filter_map(move |hop| {
            let Message::Sip(sip) = &hop.message else { return None };
            (hop.meta.procedure.name() == procedure && hop.reference_point.name() == reference_point).then_some(sip)
        })
    }
}

/// Alice writes to bob, whose `terminals` come and go by script.
pub fn model(head: &str, terminals: u32, script: &[(&str, &str, &str)], sets: &[&str]) -> Model {
    let mut text = format!(
        "include = [\"models/networks/two_networks.toml\"]\nhorizon = \"20min\"\n{head}\n[population.alice]\n\
         network = \"a\"\ndevice = \"phone\"\ninitial = \"registered\"\n[population.bob]\nnetwork = \"b\"\n\
         device = \"phone\"\ninitial = \"off\"\nterminals = {terminals}\n"
    );
    for (at, who, what) in script {
        let (user, terminal) = who.split_once('/').expect("user/terminal");
        text += &format!("[[script]]\nat = \"{at}\"\nuser = \"{user}\"\nterminal = {terminal}\n{what}\n");
    }
    let overrides: Vec<Override> =
        sets.iter().map(|set| Override::parse(set).expect("a value of a dotted path")).collect();
    load_text(Path::new("pulls.toml"), &text, &overrides).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

pub const WRITE: &str = "do = \"send_pager\"\nto = \"bob\"";
pub const WRITE_WITH_REPORT: &str = "do = \"send_pager\"\nto = \"bob\"\nreport = true";
pub const REGISTER: &str = "do = \"register\"";
const LEAVE: &str = "do = \"de_register\"";
pub const PULL: &str = "do = \"pull\"";
const PULL_LISTED: &str = "do = \"pull\"\nlisted = true";

/// Two clients, `messages` deferred messages, two pulls 10 ms apart while the PF works for `work`.
fn overlap(messages: usize, work: &str, sets: &[&str]) -> Shown {
    let mut script = Vec::new();
    let times = ["10s", "11s", "12s"];
    script.extend(times.iter().take(messages).map(|at| (*at, "alice/1", WRITE)));
    script.extend([("20s", "bob/1", REGISTER), ("20s", "bob/2", REGISTER)]);
    script.extend([("40s", "bob/1", PULL), ("40.01s", "bob/2", PULL)]);
    let work = format!("policies.pull_service_time={work}");
    let mut all = vec!["trace.from=40s", work.as_str()];
    all.extend(sets);
    Shown::of(model("", 2, &script, &all))
}

// req-test: POL-OVERLAP, O-4, O-8, CPM-PF-21, CPM-PF-10
#[test]
fn each_overlap_policy_costs_and_serves_as_it_says() {
    let outcomes = ["declined", "held_then_served", "held_then_empty", "empty_success", "merged"];
    // Management messages, deliveries of one message, the outcome of the second pull, who got an empty success.
    for (policy, management, delivery, outcome, empty) in [
        ("decline480", 18 + 12, 6, "declined", 0.0),
        ("hold", 18 + 12, 6, "held_then_empty", 0.0),
        ("accept_ignore", 2 * 18, 6, "empty_success", 1.0),
        ("merge", 2 * 18, 2 * 6, "merged", 0.0),
    ] {
        let shown = overlap(1, "1s", &[&format!("policies.overlap={policy}")]);
        assert_eq!(shown.sent("management"), management, "{policy}");
        assert_eq!(shown.sent("deferred-delivery"), delivery, "{policy}");
        assert_eq!(shown.race("RACE-1", "served_alone"), 1, "{policy}");
        for other in outcomes {
            assert_eq!(shown.race("RACE-1", other), u64::from(other == outcome), "{policy}: {other}");
        }
        assert_eq!(shown.measure("pulls.empty_successes"), empty, "{policy}");
        assert_eq!(shown.measure("messages.delivered"), 1.0, "{policy}");
    }
}

// req-test: CPM-C-10
#[test]
fn a_declined_client_tries_again_as_its_policy_says() {
    // Over 20 s of work: declined pulls, then 488 where the policy has an attempt left after the work.
    for (sets, declined, empty) in [
        (&["policies.pull_retry=none"][..], 1, 0),
        (&["policies.pull_retry=fixed", "policies.pull_retry_interval=5s"], 4, 0),
        (&["policies.pull_retry=fixed", "policies.pull_retry_interval=8s"], 3, 1),
        (&["policies.pull_retry=exponential", "policies.pull_retry_interval=5s"], 3, 1),
        (&["policies.pull_retry=retry_after"], 1, 0),
        (&["policies.pull_retry=retry_after", "policies.decline_retry_after=30s"], 1, 1),
    ] {
        let mut all = vec!["policies.overlap=decline480"];
        all.extend(sets);
        let shown = overlap(1, "20s", &all);
        assert_eq!(shown.race("RACE-1", "declined"), declined, "{sets:?}");
        assert_eq!(shown.race("RACE-1", "empty_alone"), empty, "{sets:?}");
        assert_eq!(shown.sent("management") as u64, 18 + 12 * (declined + empty), "{sets:?}");
    }
}

// req-test: O-13
#[test]
fn the_empty_test_on_arrival_gives_a_held_client_an_empty_success() {
    let at_service = overlap(1, "1s", &["policies.overlap=hold"]);
    assert_eq!(at_service.race("RACE-1", "held_then_empty"), 1);
    let on_arrival = overlap(1, "1s", &["policies.overlap=hold", "policies.empty_test=on_arrival"]);
    assert_eq!(on_arrival.race("RACE-1", "held_then_served"), 1);
    assert_eq!(on_arrival.measure("pulls.empty_successes"), 1.0);
    assert_eq!(on_arrival.sent("management"), 2 * 18);
}

// req-test: CPM-C-9, CPM-PF-11, O-10
#[test]
fn an_empty_pull_is_told_so_in_the_warning_and_the_client_stops() {
    let shown = Shown::of(flow("pull-empty", &["policies.pull_retry=fixed"]));
    let refusals: Vec<&Sip> = shown.messages("management", "Gm").filter(|sip| sip.status() == Some(488)).collect();
    assert_eq!(refusals.len(), 1);
    assert_eq!(refusals[0].headers.warning, Some(Warning::NoMessages));
    assert_eq!(shown.measure("pulls.started"), 1.0);
}

// req-test: CPM-C-2, CPM-F-10, CPM-C-8
#[test]
fn a_pull_goes_to_the_provisioned_address_and_not_without_one() {
    let shown = Shown::of(flow("pull", &[]));
    let invites = shown.requests("management", Method::Invite, "Gm");
    assert_eq!(invites.len(), 1);
    assert!(matches!(invites[0].uri(), Some(Uri::DeferredManagement(_))), "{:?}", invites[0].uri());
    assert!(matches!(invites[0].body, Body::Sdp(_)), "no list: everything");
    let without = Shown::of(flow("pull", &["devices.phone.provisioned=false"]));
    assert_eq!(without.sent("management"), 0);
    assert_eq!(without.measure("pulls.impossible"), 1.0);
    assert_eq!(without.measure("messages.queued_at_end"), 1.0);
}

// req-test: CPM-C-0n
#[test]
fn the_user_reacts_to_a_notification_after_the_think_time_or_never() {
    let away = [("10s", "alice/1", WRITE), ("20s", "bob/1", REGISTER)];
    let reaction = |think: &str| {
        let shown = Shown::of(model("", 1, &away, &[&format!("devices.phone.think_time={think}")]));
        let at = |procedure: &str, method: Method| {
            let is_it =
                |hop: &&Hop| matches!(&hop.message, Message::Sip(sip) if sip.is_request() && sip.method() == method);
            let of = |hop: &&Hop| hop.meta.procedure.name() == procedure && hop.reference_point.name() == "Gm";
            shown.hops.iter().filter(of).find(is_it).map(|hop| hop.sent_at)
        };
        let told = at("notification", Method::Message).expect("bob is told");
        at("management", Method::Invite).map(|invited| invited.since(told).as_secs_f64())
    };
    // The notification takes the latency of the access to arrive.
    for seconds in [0.0, 7.0, 60.0] {
        let after = reaction(&format!("{seconds}s")).expect("the client pulls");
        assert!((seconds..seconds + 0.1).contains(&after), "{seconds} s: {after}");
    }
    assert_eq!(reaction("never"), None);
}

// req-test: CPM-C-8
#[test]
fn the_media_plane_of_a_management_session_is_not_set_up_unless_the_policy_says_so() {
    let shown = |bye_side: &str, media: &str| {
        let sets = [format!("policies.bye_side={bye_side}"), format!("policies.management_media={media}")];
        Shown::of(flow("pull", &sets.each_ref().map(String::as_str)))
    };
    let over_msrp = |shown: &Shown| {
        let msrp = shown.hops.iter().filter(|hop| hop.reference_point.name() == "MSRP");
        msrp.map(|hop| hop.message.kind().to_string()).collect::<Vec<_>>()
    };
    for bye_side in ["client", "pf"] {
        let (none, bind) = (shown(bye_side, "none"), shown(bye_side, "msrp_bind"));
        assert!(over_msrp(&none).is_empty());
        // The BYE, sent together with SYN, is there first where the client ends the session.
        let (answer, too_late) = if bye_side == "client" { ("481", 1) } else { ("200", 0) };
        assert_eq!(over_msrp(&bind), ["SEND", answer], "{bye_side}");
        assert_eq!(bind.race("RACE-18", "send_without_session"), too_late, "{bye_side}");
        // It is in vain: nothing else differs.
        for measure in ["messages.delivered", "pulls.completed", "dialogs.open_at_end", "events.stray"] {
            assert_eq!(none.measure(measure), bind.measure(measure), "{measure}");
        }
        assert_eq!(none.sent("management") + 2, bind.sent("management"), "{bye_side}");
    }
}

/// A message before and one during a pull that takes 20 s; bob is away in between.
fn deferred_during_a_pull(sets: &[&str], then: &[(&str, &str, &str)]) -> Shown {
    let mut script = vec![
        ("10s", "alice/1", WRITE),
        ("20s", "bob/1", REGISTER),
        ("40s", "bob/1", PULL),
        ("42s", "bob/1", LEAVE),
        ("45s", "alice/1", WRITE),
        ("50s", "bob/1", REGISTER),
    ];
    script.extend(then);
    let mut all = vec!["policies.pull_service_time=20s"];
    all.extend(sets);
    Shown::of(model("", 1, &script, &all))
}

// req-test: O-2, CPM-C-0b, CPM-PF-16c
#[test]
fn a_message_deferred_during_a_pull_is_left_behind_or_included() {
    let snapshot = deferred_during_a_pull(&[], &[]);
    assert_eq!((snapshot.race("RACE-7", "left_behind"), snapshot.race("RACE-7", "included")), (1, 0));
    assert_eq!(snapshot.measure("messages.queued_at_end"), 1.0);
    let dequeue = deferred_during_a_pull(&["policies.snapshot=at_dequeue"], &[]);
    assert_eq!((dequeue.race("RACE-7", "left_behind"), dequeue.race("RACE-7", "included")), (0, 1));
    assert_eq!(dequeue.measure("messages.queued_at_end"), 0.0);
}

// req-test: CPM-PF-18, CPM-PF-17, CPM-C-6n
#[test]
fn instructions_for_messages_that_are_gone_are_ignored_and_the_rest_is_delivered() {
    // The notification at 50 s tells of both messages; the pull in service then takes the first.
    let shown = deferred_during_a_pull(&[], &[("90s", "bob/1", PULL_LISTED)]);
    assert_eq!(shown.race("RACE-8", "sent_in_service"), 1);
    assert_eq!(shown.race("RACE-8", "instruction_ignored"), 1);
    assert_eq!(shown.race("RACE-7", "stranded_then_delivered"), 1);
    assert_eq!(shown.measure("messages.delivered"), 2.0);
    assert_eq!(shown.measure("messages.queued_at_end"), 0.0);
}

/// RFC 3261 section 10.3, step 8.
#[test]
fn a_de_registration_is_answered_with_the_bindings_that_remain() {
    let script =
        [("10s", "bob/1", REGISTER), ("10s", "bob/2", REGISTER), ("40s", "bob/1", LEAVE), ("60s", "bob/2", LEAVE)];
    let shown = Shown::of(model("", 2, &script, &[]));
    let answers = shown.messages("de-registration", "Gm").filter(|sip| sip.status() == Some(200));
    let left: Vec<_> = answers.map(|sip| sip.contact.first().and_then(|contact| contact.instance)).collect();
    let terminals: BTreeSet<EntityId> = shown.hops.iter().map(|hop| hop.from.max(hop.to)).collect();
    assert_eq!(left, [terminals.last().copied(), None], "the second terminal, then nobody");
    assert_eq!(shown.measure("terminals.registered_at_end"), 1.0, "alice alone");
}

#[test]
fn a_client_that_lost_power_is_told_again_when_it_comes_back_and_one_that_refreshes_is_not() {
    let told = |knowledge: &str, then: &[(&str, &str, &str)]| {
        let script = [&[("10s", "alice/1", WRITE), ("20s", "bob/1", REGISTER)], then].concat();
        Shown::of(model("", 1, &script, &[knowledge])).measure("notifications.sent")
    };
    for knowledge in ["policies.third_party_register=embedded", "policies.reg_event=[\"pf\"]"] {
        assert_eq!(told(knowledge, &[("60s", "bob/1", "do = \"re_register\"")]), 1.0, "{knowledge}");
        let back = [("60s", "bob/1", "do = \"power_off\""), ("90s", "bob/1", REGISTER)];
        assert_eq!(told(knowledge, &back), 2.0, "{knowledge}");
    }
}

// req-test: O-5, CPM-PF-9, POL-WAIT
#[test]
fn notifications_come_at_their_triggers_and_at_no_other_time() {
    let away = [("10s", "alice/1", WRITE), ("20s", "bob/1", REGISTER)];
    let notifications = |sets: &[&str]| Shown::of(model("", 1, &away, sets)).measure("notifications.sent");
    // Nobody acts on the one notification, and nothing more happens in two hours.
    assert_eq!(notifications(&["horizon=2h"]), 1.0);
    assert_eq!(notifications(&["policies.notify_on=[\"new_deferral\"]"]), 0.0);
    // Held back while a pull is in service.
    let suppressed = deferred_during_a_pull(&["policies.suppress_notification_in_service=true"], &[]);
    assert_eq!(suppressed.race("RACE-8", "sent_in_service"), 0);
    assert_eq!(suppressed.measure("notifications.sent"), 2.0);
    assert_eq!(suppressed.measure("notifications.entries"), 2.0, "the second tells of the message left behind alone");
}

// req-test: CPM-PF-3, CPM-PF-4, CPM-PF-4c, POL-NOTIFY-CLIENT
#[test]
fn each_registered_client_that_is_suitable_is_notified_at_its_own_address() {
    let script = [("10s", "alice/1", WRITE), ("20s", "bob/1", REGISTER), ("21s", "bob/2", REGISTER)];
    let shown = Shown::of(model("", 2, &script, &["trace.from=20s"]));
    let addresses: BTreeSet<String> = shown
        .requests("notification", Method::Message, "ISC")
        .iter()
        .map(|request| format!("{:?}", request.uri().filter(|uri| matches!(uri, Uri::PublicGruu(_)))))
        .collect();
    assert_eq!(addresses.len(), 2, "{addresses:?}");
    assert_eq!(shown.sent("notification"), 2 * 6);
    let too_small = Shown::of(model("", 2, &script, &["devices.phone.max_content=10B"]));
    assert_eq!(too_small.measure("notifications.sent"), 0.0);
}

// req-test: CPM-PF-8, CPM-PF-23, O-12
#[test]
fn a_notification_is_split_at_the_size_limit_and_sent_piece_by_piece() {
    let split = |limit: &str| {
        let limit = format!("policies.size_limit={limit}");
        Shown::of(flow("deferred-pager", &["policies.size_basis=body", &limit, "trace.from=20s"]))
    };
    for (limit, parts) in [("5kB", 1), ("1B", 3)] {
        let shown = split(limit);
        assert_eq!(shown.sent("notification"), 6 * parts, "{limit}");
        assert_eq!(shown.measure("notifications.sent"), parts as f64, "{limit}");
        assert_eq!(shown.measure("notifications.entries"), 3.0, "{limit}");
        let pieces = shown.requests("notification", Method::Message, "Gm");
        assert!(pieces.iter().all(|piece| match &piece.body {
            Body::Notification(notification) => notification.number == 3,
            _ => false,
        }));
    }
    // The serial rule: a piece, or a deferred message, leaves when the one before has its answer.
    let shown = split("1B");
    let mut pending = 0_i32;
    for hop in shown.hops.iter().filter(|hop| hop.reference_point.name() == "ISC") {
        let Message::Sip(sip) = &hop.message else { continue };
        if sip.method() == Method::Message {
            pending += if sip.is_request() { 1 } else { -1 };
            assert!((0..=1).contains(&pending), "{pending} requests are pending");
        }
    }
}

// req-test: CPM-C-13
#[test]
fn a_deferred_message_is_received_like_any_other_and_reported() {
    let script = [("10s", "alice/1", WRITE_WITH_REPORT), ("20s", "bob/1", REGISTER), ("40s", "bob/1", PULL)];
    let shown = Shown::of(model("", 1, &script, &[]));
    assert_eq!(shown.sent("report"), 22);
    assert_eq!(shown.measure("messages.delivered"), 1.0);
    let report = shown.results.latency.iter().find(|row| row.procedure == "report").expect("a report arrived");
    assert_eq!(report.histogram.len(), 1);
}

/// The PF gives up on a delivery that the client has, and delivers it again at the next pull.
fn delivered_twice(sets: &[&str]) -> Shown {
    let script =
        [("10s", "alice/1", WRITE), ("20s", "bob/1", REGISTER), ("60s", "bob/1", PULL), ("5min", "bob/1", PULL)];
    let mut all = vec!["devices.phone.answer_delay=40s"];
    all.extend(sets);
    Shown::of(model("", 1, &script, &all))
}

// req-test: O-3
#[test]
fn a_delivery_without_answer_goes_back_to_the_queue_and_a_copy_is_known_by_its_key() {
    for (key, suppressed) in [("message_id", true), ("call_id", false), ("none", false)] {
        let shown = delivered_twice(&[&format!("policies.dedupe_key={key}")]);
        assert!(shown.race("RACE-5", "delivery_timed_out") >= 1, "{key}");
        let copies = (shown.race("RACE-5", "copy_suppressed"), shown.race("RACE-5", "copy_shown"));
        assert_eq!(copies, if suppressed { (1, 0) } else { (0, 1) }, "{key}");
        // No notification tells of the failure.
        assert_eq!(shown.measure("notifications.sent"), 1.0, "{key}");
    }
}

/// What each terminal was handed, by message.
fn handed_over(shown: &Shown) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    for hop in shown.hops.iter().filter(|hop| hop.reference_point.name() == "Gm" && hop.transmission == 0) {
        let Message::Sip(sip) = &hop.message else { continue };
        if let (Body::Cpim(cpim), true) = (&sip.body, hop.meta.procedure.name() == "deferred-delivery") {
            *found.entry(format!("{:?} to {:?}", cpim.message_id, hop.to)).or_default() += 1;
        }
    }
    found
}

// req-test: CPM-PF-19, CPM-PF-20n
#[test]
fn late_and_lost_acks_and_byes_change_nothing_for_the_messages() {
    let script = [
        ("10s", "alice/1", WRITE),
        ("11s", "alice/1", WRITE),
        ("12s", "alice/1", WRITE),
        ("20s", "bob/1", REGISTER),
        ("20s", "bob/2", REGISTER),
        ("40s", "bob/1", PULL),
        ("40.01s", "bob/2", PULL),
        ("600s", "bob/1", LEAVE),
        ("600s", "bob/2", LEAVE),
        ("610s", "alice/1", WRITE),
        ("620s", "bob/2", REGISTER),
        ("640s", "bob/2", PULL),
    ];
    for completion in ["on_200", "on_actions_sent", "on_last_final_response"] {
        for overlap in ["decline480", "hold", "accept_ignore", "merge"] {
            let fates = |ack: &str, bye: &str| {
                // The station of the PF keeps every ACK and BYE for that long; an hour is for ever here.
                let service = format!("nodes.pf_b.service={{ default = \"0s\", ACK = \"{ack}\", BYE = \"{bye}\" }}");
                let (overlap, completion) =
                    (format!("policies.overlap={overlap}"), format!("policies.completion={completion}"));
                let sets = ["nodes.pf_b.servers=infinite", &service, &overlap, &completion];
                let shown = Shown::of(model("", 2, &script, &sets));
                (handed_over(&shown), shown.measure("messages.delivered"), shown.measure("messages.queued_at_end"))
            };
            let prompt = fates("0s", "0s");
            assert_eq!((prompt.1, prompt.2), (4.0, 0.0));
            for (ack, bye) in [("1h", "0s"), ("0s", "1h"), ("1h", "1h"), ("3s", "1s"), ("20s", "70s")] {
                assert_eq!(fates(ack, bye), prompt, "{completion}, {overlap}: ACK {ack} late, BYE {bye} late");
            }
        }
    }
}

// req-test: POL-BYE
#[test]
fn either_side_can_end_the_session_at_the_same_cost() {
    for (side, from) in [("client", "Gm"), ("pf", "ISC")] {
        let shown = Shown::of(flow("pull", &[&format!("policies.bye_side={side}")]));
        assert_eq!(shown.sent("management"), 18, "{side}");
        let first = shown.hops.iter().find(|hop| {
            let Message::Sip(sip) = &hop.message else { return false };
            sip.is_request() && sip.method() == Method::Bye
        });
        assert_eq!(first.map(|hop| hop.reference_point.name()), Some(from), "{side}");
    }
}
