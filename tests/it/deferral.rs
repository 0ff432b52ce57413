//! What becomes of deferred messages: instructions, expiry, reports, storage and interworking, one situation each.

use std::collections::BTreeSet;
use std::path::Path;

use pushsim::kernel::{EntityId, Time};
use pushsim::scenario::config::{Override, load_text};
use pushsim::wire::Message;

use crate::pulls::{PULL, REGISTER, Shown, WRITE, WRITE_WITH_REPORT, model};

const STORE: &str = "[nodes]\nstore_b = { role = \"message_store\", network = \"b\" }\n\
                     isf_b = { role = \"isf\", network = \"b\" }\n[[links]]\nfrom = \"pf_b\"\n\
                     to = [\"store_b\", \"isf_b\"]\nlatency = \"2ms\"\n";

/// Alice writes `write` at 10, 11, 12 … s, bob registers at 20 s, and pulls with the wishes at 40 s.
fn wishes(messages: usize, write: &str, wishes: &str, sets: &[&str]) -> Shown {
    let times = ["10s", "11s", "12s", "13s", "14s"];
    let mut script: Vec<(&str, &str, &str)> = times.iter().take(messages).map(|at| (*at, "alice/1", write)).collect();
    let pull = format!("{PULL}\nactions = [{wishes}]");
    script.extend([("20s", "bob/1", REGISTER), ("40s", "bob/1", &pull)]);
    let mut all = vec!["trace.from=40s"];
    all.extend(sets);
    Shown::of(model(STORE, 1, &script, &all))
}

// req-test: CPM-C-6ii, CPM-C-6iii, CPM-C-6iv, CPM-C-6n, CPM-PF-13, CPM-PF-14, CPM-PF-15, O-7
#[test]
fn every_instruction_of_one_list_is_worked_off_in_the_order_of_the_policy() {
    let mixed = "\"deliver\", \"store\", \"interwork\", \"delete\", \"leave\"";
    let order_of = |shown: &Shown| {
        let mut order: Vec<&str> = Vec::new();
        for hop in &shown.hops {
            let procedure = hop.meta.procedure.name();
            let works = ["deferred-delivery", "storage", "interworking", "report"].contains(&procedure);
            if works && !order.contains(&procedure) && hop.from == shown.hops[6].from {
                order.push(procedure);
            }
        }
        order
    };
    let write = "do = \"send_pager\"\nto = \"bob\"\nreport = true";
    let shown = wishes(5, write, mixed, &[]);
    for (measure, count) in
        [("dequeued", 1.0), ("deleted", 1.0), ("stored", 1.0), ("interworked", 1.0), ("queued_at_end", 1.0)]
    {
        assert_eq!(shown.measure(&format!("messages.{measure}")), count, "{measure}");
    }
    assert_eq!(shown.measure("pulls.instructions.handled"), 3.0);
    assert_eq!(order_of(&shown), ["report", "interworking", "storage", "deferred-delivery"], "delete reports first");
    // The deletion reports failure, the store and the far side report delivery, and so does the client.
    assert_eq!(shown.measure("reports.by_pf.negative"), 1.0);
    assert_eq!(shown.measure("reports.by_pf.positive"), 2.0);
    assert_eq!(shown.measure("reports.received"), 4.0);
    assert_eq!(shown.measure("interworking.delivered"), 1.0);
    let turned = "policies.instruction_order=[\"deliver\", \"store\", \"interwork\", \"delete\"]";
    let shown = wishes(5, WRITE, mixed, &[turned]);
    assert_eq!(order_of(&shown), ["deferred-delivery", "storage", "interworking"]);
    assert_eq!(shown.measure("messages.stored"), 1.0);
}

// req-test: CPM-PF-18, CPM-C-6n
#[test]
fn instructions_for_messages_that_are_gone_are_ignored() {
    let again = format!("{PULL}\nactions = [\"delete\"]");
    let script = [
        ("10s", "alice/1", WRITE),
        ("20s", "bob/1", REGISTER),
        ("20s", "bob/2", REGISTER),
        ("40s", "bob/1", again.as_str()),
        ("40s", "bob/2", again.as_str()),
    ];
    let shown = Shown::of(model("", 2, &script, &[]));
    assert_eq!(shown.measure("messages.deleted"), 1.0);
    assert_eq!(shown.race("RACE-8", "instruction_ignored") + shown.race("RACE-8", "outdated_list"), 1);
}

// req-test: CPM-PF-15
#[test]
fn only_a_device_counts_as_delivered_where_the_policy_says_so() {
    for (counts, reports) in [("true", 1.0), ("false", 0.0)] {
        let set = format!("policies.stored_counts_as_delivered={counts}");
        let shown = wishes(1, WRITE_WITH_REPORT, "\"store\"", &[&set]);
        assert_eq!(shown.measure("messages.stored"), 1.0);
        assert_eq!(shown.measure("reports.received"), reports, "{counts}");
    }
}

// req-test: CPM-PF-14, CPM-PF-15
#[test]
fn what_cannot_be_handed_over_stays_in_the_queue() {
    let script = [
        ("10s", "alice/1", WRITE),
        ("20s", "bob/1", REGISTER),
        ("40s", "bob/1", "do = \"pull\"\nactions = [\"store\"]"),
    ];
    let shown = Shown::of(model("", 1, &script, &[]));
    assert_eq!(shown.measure("messages.stored"), 0.0);
    assert_eq!(shown.measure("messages.queued_at_end"), 1.0);
    assert_eq!(shown.measure("pulls.instructions.ignored"), 1.0);
}

/// One message, bob registered and told; `policies` decide what its expiry means.
fn expiry(policies: &[&str], script: &[(&str, &str, &str)]) -> Shown {
    let mut all = vec![
        ("10s", "alice/1", "do = \"send_pager\"\nto = \"bob\"\nreport = true\nexpires = \"1min\""),
        ("20s", "bob/1", REGISTER),
    ];
    all.extend(script);
    Shown::of(model(STORE, 1, &all, policies))
}

// req-test: CPM-PF-22, O-9
#[test]
fn a_message_expires_as_the_operator_says() {
    for (action, measure) in [("discard", "expired"), ("store", "stored"), ("interwork", "interworked")] {
        let set = format!("policies.expiry_action={action}");
        let shown = expiry(&[&set], &[]);
        assert_eq!(shown.measure(&format!("messages.{measure}")), 1.0, "{action}");
        assert_eq!(shown.measure("reports.received"), 1.0, "{action}");
        assert_eq!(shown.sent("expiry-notification"), 0, "{action}");
    }
    let grace = ["policies.expiry_notification=true", "policies.expiry_grace=30s"];
    let rescued = expiry(&grace, &[("80s", "bob/1", PULL)]);
    assert_eq!(rescued.sent("expiry-notification"), 6);
    assert_eq!((rescued.measure("messages.dequeued"), rescued.measure("messages.expired")), (1.0, 0.0));
    assert_eq!(rescued.race("RACE-2", "delivered_overdue"), 1);
    let late = expiry(&grace, &[("102s", "bob/1", PULL)]);
    assert_eq!((late.measure("messages.dequeued"), late.measure("messages.expired")), (0.0, 1.0));
    let operator = expiry(&["policies.expiry_max=30s"], &[("50s", "bob/1", PULL)]);
    assert_eq!(operator.measure("messages.expired"), 1.0, "the operator's limit is shorter");
}

// req-test: O-9
#[test]
fn the_lock_decides_who_wins_between_expiry_and_pull() {
    // The pull arrives before the expiry at 70 s and works for two seconds; its delivery takes 68 ms.
    for (lock, work, delivered, expired, both) in [
        ("at_200", "2s", 1.0, 0.0, 0),
        ("at_send", "2s", 0.0, 1.0, 0),
        ("none", "2s", 0.0, 1.0, 0),
        ("at_send", "950ms", 1.0, 0.0, 0),
        ("none", "950ms", 0.0, 1.0, 1),
    ] {
        let sets = [format!("policies.message_lock={lock}"), format!("policies.pull_service_time={work}")];
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        let shown = expiry(&sets, &[("69.05s", "bob/1", PULL)]);
        let found = (shown.measure("messages.dequeued"), shown.measure("messages.expired"));
        assert_eq!(found, (delivered, expired), "{lock} {work}");
        assert_eq!(shown.race("RACE-2", "expired_and_delivered"), both, "{lock} {work}");
    }
}

#[test]
fn a_full_queue_refuses_or_makes_room() {
    for (overflow, refused, deleted) in [("refuse", 1.0, 0.0), ("drop_oldest", 0.0, 1.0)] {
        let set = format!("policies.queue_overflow={overflow}");
        let script = [("10s", "alice/1", WRITE), ("11s", "alice/1", WRITE), ("12s", "alice/1", WRITE)];
        let shown = Shown::of(model("", 1, &script, &["policies.queue_limit=2", &set]));
        assert_eq!(shown.measure("messages.queued_at_end"), 2.0);
        assert_eq!((shown.measure("messages.refused"), shown.measure("messages.deleted")), (refused, deleted));
    }
}

// req-test: O-1
#[test]
fn all_suitable_clients_or_the_one_that_asked() {
    for (to, copies) in [("requester", 1.0), ("all_suitable", 2.0)] {
        let script =
            [("10s", "alice/1", WRITE), ("20s", "bob/1", REGISTER), ("20s", "bob/2", REGISTER), ("40s", "bob/1", PULL)];
        let set = format!("policies.deliver_to={to}");
        let shown = Shown::of(model("", 2, &script, &[&set]));
        assert_eq!(shown.measure("messages.copies_received"), copies, "{to}");
        assert_eq!(shown.measure("messages.dequeued"), 1.0, "{to}");
    }
}

/// What three terminals of bob report on one message.
fn reports(policy: &str) -> Shown {
    let script = [
        ("10s", "bob/1", REGISTER),
        ("10s", "bob/2", REGISTER),
        ("10s", "bob/3", REGISTER),
        ("40s", "alice/1", WRITE_WITH_REPORT),
    ];
    Shown::of(model("", 3, &script, &["trace.from=40s", policy]))
}

#[test]
fn the_pf_keeps_repeated_reports_to_itself() {
    // End to end a report takes 22 messages; one that the PF answers takes 6; one of its own 16.
    for (policy, messages, received) in
        [("none", 3 * 22, 3.0), ("first", 22 + 2 * 6, 1.0), ("aggregate", 16 + 3 * 6, 1.0)]
    {
        let shown = reports(&format!("policies.imdn_suppression={policy}"));
        assert_eq!(shown.sent("report"), messages, "{policy}");
        assert_eq!(shown.measure("reports.received"), received, "{policy}");
        assert_eq!(shown.race("RACE-16", "report_repeated"), received as u64 - 1, "{policy}");
    }
}

// req-test: O-11, O-10
#[test]
fn option_tag_and_warning_text_are_knobs() {
    let shown = wishes(1, WRITE, "\"deliver\"", &["policies.recipient_list_invite=unsupported"]);
    assert_eq!(shown.measure("pulls.answered.other"), 1.0);
    assert_eq!(shown.measure("messages.queued_at_end"), 1.0);
    let shown = wishes(1, WRITE, "\"deliver\"", &["policies.recipient_list_invite=omitted"]);
    assert_eq!(shown.measure("messages.dequeued"), 1.0);
    for (on_488, pulls) in [("stop", 1.0), ("retry", 2.0)] {
        let set = format!("policies.on_488={on_488}");
        let shown = Shown::of(model("", 1, &[("20s", "bob/1", REGISTER), ("40s", "bob/1", PULL)], &[&set]));
        assert_eq!(shown.measure("pulls.answered.488"), pulls, "{on_488}");
    }
}

// req-test: POL-SUIT, POL-NOTIFY-CLIENT, CPM-PF-6, POL-INBAND-CONTENT, POL-WAIT
#[test]
fn who_is_told_and_what_is_a_choice() {
    let script = [
        ("10s", "alice/1", "do = \"send_pager\"\nto = \"bob\"\nsize = \"200B\""),
        ("20s", "bob/1", REGISTER),
        ("20s", "bob/2", REGISTER),
        ("30s", "alice/1", "do = \"send_pager\"\nto = \"bob\"\nsize = \"200B\""),
    ];
    let told = |sets: &[&str]| {
        let mut all = vec!["devices.phone.max_content=100B"];
        all.extend(sets);
        Shown::of(model("", 2, &script, &all)).measure("notifications.sent")
    };
    assert_eq!(told(&[]), 0.0, "no client takes 200 octets");
    assert_eq!(told(&["policies.suitability=relaxed"]), 4.0, "two at registration, two at the second message");
    assert_eq!(told(&["policies.suitability=relaxed", "policies.notify_target=per_user"]), 3.0);
    let roaming = ["policies.suitability=relaxed", "devices.phone.roaming=true"];
    assert_eq!(told(&roaming), 4.0);
    assert_eq!(told(&[&roaming[..], &["policies.pause_while_roaming=true"]].concat()), 0.0);
    let timer = ["policies.suitability=relaxed", "policies.notify_on=[\"timer\", \"new_deferral\"]"];
    // Two at 30 s, then two every five minutes until 20 min.
    assert_eq!(told(&[&timer[..], &["policies.renotify_interval=5min"]].concat()), 2.0 + 3.0 * 2.0);
    let summary = Shown::of(model("", 2, &script, &["policies.in_band_content=summary"]));
    assert_eq!((summary.measure("notifications.sent"), summary.measure("notifications.entries")), (2.0, 0.0));
}

// req-test: O-3
#[test]
fn a_delivery_that_fails_too_often_gives_the_message_up() {
    let script = [
        ("10s", "alice/1", "do = \"send_pager\"\nto = \"bob\"\nsize = \"200B\"\nreport = true"),
        ("20s", "bob/1", REGISTER),
        ("40s", "bob/1", PULL),
        ("60s", "bob/1", PULL),
    ];
    let small = "devices.phone.max_content=100B";
    let shown = Shown::of(model("", 1, &script, &[small, "policies.delivery_attempts_max=2"]));
    assert_eq!(shown.measure("messages.expired"), 1.0);
    assert_eq!(shown.measure("reports.by_pf.negative"), 1.0);
    let shown = Shown::of(model("", 1, &script, &[small]));
    assert_eq!(shown.measure("messages.queued_at_end"), 1.0);
}

/// What becomes of four messages with different instructions; `late` delays what the client says after the 200.
fn fates(completion: &str, bye_side: &str, late: &str) -> Vec<(String, Option<f64>)> {
    let script = [
        ("10s", "alice/1", WRITE_WITH_REPORT),
        ("11s", "alice/1", WRITE_WITH_REPORT),
        ("12s", "alice/1", "do = \"send_pager\"\nto = \"bob\"\nreport = true\nexpires = \"1min\""),
        ("13s", "alice/1", WRITE_WITH_REPORT),
        ("20s", "bob/1", REGISTER),
        ("40s", "bob/1", "do = \"pull\"\nactions = [\"delete\", \"deliver\", \"leave\", \"store\"]"),
    ];
    let sets = [
        format!("policies.completion={completion}"),
        format!("policies.bye_side={bye_side}"),
        "policies.pull_service_time=300ms".to_owned(),
        late.to_owned(),
    ];
    let sets: Vec<&str> = sets.iter().map(String::as_str).filter(|set| !set.is_empty()).collect();
    let shown = Shown::of(model(STORE, 1, &script, &sets));
    let fates = ["delivered", "dequeued", "deleted", "stored", "expired", "queued_at_end"];
    fates.iter().map(|fate| ((*fate).to_owned(), Some(shown.measure(&format!("messages.{fate}"))))).collect()
}

// req-test: CPM-PF-20n
#[test]
fn the_dialog_has_no_part_in_what_happens_to_messages() {
    for completion in ["on_200", "on_actions_sent", "on_last_final_response"] {
        let plain = fates(completion, "client", "");
        assert_eq!(plain[2].1, Some(1.0), "one is deleted");
        assert_eq!(plain, fates(completion, "pf", ""), "{completion}: the PF ends the session");
        // Slow timers of the access, a slow radio: ACK and BYE come when the work is over.
        let slow = "access.lte.latency=400ms";
        assert_eq!(plain, fates(completion, "client", slow), "{completion}: ACK and BYE are late");
    }
}

/// A service centre of bob's network and what it needs.
const SHORT: &str = "[nodes]\nsmsc_b = { role = \"smsc\", network = \"b\" }\n\
                     hlr_b = { role = \"hlr\", network = \"b\" }\n\
                     msc_b = { role = \"msc\", network = \"b\" }\nisf_b = { role = \"isf\", network = \"b\" }\n\
                     [[links]]\nfrom = [\"pf_b\", \"isf_b\", \"smsc_b\", \"hlr_b\", \"msc_b\"]\n\
                     to = [\"pf_b\", \"isf_b\", \"smsc_b\", \"hlr_b\", \"msc_b\"]\nlatency = \"2ms\"\n";

/// The report says whether the service centre has taken every segment; without an answer it is negative.
// req-test: CPM-PF-14
#[test]
fn where_there_is_a_service_centre_the_far_side_is_a_short_message() {
    let write = "do = \"send_pager\"\nto = \"bob\"\nreport = true\nsize = \"400B\"";
    let pull = format!("{PULL}\nactions = [\"interwork\"]");
    let script = [("10s", "alice/1", write), ("20s", "bob/1", REGISTER), ("40s", "bob/1", pull.as_str())];
    let outage = "[[faults]]\nnode = \"smsc_b\"\nat = \"30s\"\nduration = \"1h\"\n";
    for (fault, taken, shorts, failed) in [("", 1.0, 3, 0.0), (outage, 0.0, 0, 1.0)] {
        let shown = Shown::of(model(&format!("{SHORT}{fault}"), 1, &script, &["trace.from=40s"]));
        assert_eq!(shown.measure("messages.interworked"), 1.0);
        assert_eq!(shown.measure("interworking.delivered"), taken, "{fault}");
        assert_eq!(shown.measure("interworking.failed"), failed, "{fault}");
        let answers = shown.hops.iter().filter(|hop| hop.message.kind().to_string() == "submit_sm_resp");
        assert_eq!(answers.count(), shorts, "{fault}");
        assert_eq!(shown.measure("reports.by_pf.negative"), failed, "{fault}");
        assert_eq!(shown.measure("reports.received"), 1.0, "{fault}");
    }
}

/// Bob's clients by what is provisioned on their devices; he has deferred messages and pulls with both.
fn provisioned(devices: &str, steps: &[(&str, &str, &str)], sets: &[&str]) -> Shown {
    let mut text = format!(
        "include = [\"models/networks/two_networks.toml\"]\nhorizon = \"20min\"\n{STORE}\n[access.apn]\n\
         latency = \"300ms\"\n{devices}\n[population.alice]\nnetwork = \"a\"\ndevice = \"phone\"\n\
         initial = \"registered\"\n[population.bob]\nnetwork = \"b\"\ndevices = [\"phone\", \"other\"]\n\
         initial = \"off\"\n"
    );
    for (at, who, what) in steps {
        let (user, terminal) = who.split_once('/').expect("user/terminal");
        text += &format!("[[script]]\nat = \"{at}\"\nuser = \"{user}\"\nterminal = {terminal}\n{what}\n");
    }
    let sets: Vec<Override> = sets.iter().map(|set| Override::parse(set).expect("a value of a path")).collect();
    Shown::of(load_text(Path::new("m.toml"), &text, &sets).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

// req-test: CPM-F-1
#[test]
fn what_is_provisioned_is_a_matter_of_each_client() {
    let steps = [
        ("10s", "alice/1", WRITE),
        ("20s", "bob/1", REGISTER),
        ("20s", "bob/2", REGISTER),
        ("40s", "bob/2", PULL),
        ("60s", "bob/1", PULL),
    ];
    let other = "[devices.other]\naccess = \"lte\"\nthink_time = \"never\"\nprovisioned = false";
    let shown = provisioned(other, &steps, &["devices.phone.think_time=never"]);
    assert_eq!((shown.measure("pulls.impossible"), shown.measure("pulls.started")), (1.0, 1.0));
    assert_eq!(shown.measure("messages.delivered"), 1.0);
}

// req-test: CPM-F-5
#[test]
fn a_client_has_the_latency_of_the_access_point_that_it_is_provisioned_with() {
    let steps = [("10s", "bob/1", REGISTER), ("10s", "bob/2", REGISTER), ("40s", "alice/1", WRITE)];
    let shown =
        provisioned("[devices.other]\naccess = \"apn\"", &steps, &["access.lte.latency=20ms", "trace.from=40s"]);
    let mut asked: Vec<(EntityId, Time)> = Vec::new();
    let mut round_trips = Vec::new();
    for hop in shown.hops.iter().filter(|hop| hop.reference_point.name() == "Gm") {
        let Message::Sip(sip) = &hop.message else { continue };
        match asked.iter().find(|(terminal, _)| *terminal == hop.from) {
            Some((_, at)) if !sip.is_request() => round_trips.push(hop.sent_at.since(*at).as_nanos() / 1_000_000),
            // Terminals come after nodes.
            Some(_) | None if hop.from < hop.to => asked.push((hop.to, hop.sent_at)),
            Some(_) | None => {}
        }
    }
    round_trips.sort_unstable();
    assert_eq!(round_trips, [20, 300]);
}

// req-test: CPM-F-9
#[test]
fn what_is_stored_goes_to_the_message_storage_server_of_the_user() {
    let steps = [("10s", "alice/1", WRITE), ("20s", "bob/1", REGISTER)];
    let more = [("40s", "bob/1", "do = \"pull\"\nactions = [\"store\"]")];
    let script = [&steps[..], &more].concat();
    let head = format!("{STORE}[nodes.store_a]\nrole = \"message_store\"\nnetwork = \"a\"\n");
    let links = "[[links]]\nfrom = \"pf_b\"\nto = \"store_a\"\nlatency = \"1ms\"\n";
    let model_of = |head: &str| model(head, 1, &script, &[]);
    let both = model_of(&format!("{head}{links}"));
    // Every node of the model has one instance.
    let [own, pf] = ["store_b", "pf_b"]
        .map(|name| both.nodes.iter().position(|node| node.name == name).map(|at| EntityId(at as u32)));
    let shown = Shown::of(both);
    let stores: BTreeSet<EntityId> = shown
        .hops
        .iter()
        .filter(|hop| hop.reference_point.name() == "MSS")
        .flat_map(|hop| [hop.from, hop.to])
        .filter(|node| Some(*node) != pf)
        .collect();
    // Bob is a user of network b, whatever is nearer to his PF.
    assert_eq!(stores.into_iter().collect::<Vec<_>>(), Vec::from_iter(own));
    assert_eq!(shown.measure("messages.stored"), 1.0);
    let without = Shown::of(model_of(""));
    assert_eq!(without.measure("messages.queued_at_end"), 1.0);
}

// req-test: IMN-4
#[test]
fn the_pf_knows_who_is_registered_and_is_stale_where_nobody_tells_it() {
    let ghost = |on_expiry: &str, leaves: &str| {
        let steps = [("10s", "bob/1", REGISTER), ("100s", "bob/1", leaves)];
        let told = format!("policies.third_party_register_on_expiry={on_expiry}");
        let sets = ["measure.staleness=true", "horizon=2h", "population.bob.expires=10min", told.as_str()];
        let shown = Shown::of(model("", 1, &steps, &sets));
        (shown.measure("pf_view.user_missed_seconds"), shown.measure("pf_view.user_ghost_seconds"))
    };
    // Some milliseconds late at REGISTER and de-registration, and no more.
    let (missed, late) = ghost("true", "do = \"de_register\"");
    assert!(missed < 0.1 && late < 0.1, "{missed} and {late}");
    // Without a word at the expiry the PF counts itself, as long as the S-CSCF would.
    for on_expiry in ["true", "false"] {
        let (missed, late) = ghost(on_expiry, "do = \"power_off\"");
        assert!(missed < 0.1 && late < 0.1, "{on_expiry}: {missed} and {late}");
    }
}

#[test]
fn a_text_may_need_as_many_segments_as_can_be_numbered() {
    let write = "do = \"send_pager\"\nto = \"bob\"\nsize = \"39000B\"";
    let pull = format!("{PULL}\nactions = [\"interwork\"]");
    let script = [("10s", "alice/1", write), ("20s", "bob/1", REGISTER), ("40s", "bob/1", pull.as_str())];
    let shown = Shown::of(model(SHORT, 1, &script, &["trace.from=40s"]));
    let answers = shown.hops.iter().filter(|hop| hop.message.kind().to_string() == "submit_sm_resp");
    assert_eq!((answers.count(), shown.measure("sms.delivered")), (255, 1.0));
}
