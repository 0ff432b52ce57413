//! Mailbox events, multimedia and short messages, one situation each: what is sent, by which path, and what becomes of
//! it (races 10, 11 and 21).

use std::path::Path;
use std::sync::Arc;

use pushsim::agents::Census;
use pushsim::measure::{Filter, Hop, RunResults, Trace};
use pushsim::scenario::World;
use pushsim::scenario::config::load_text;

/// Results and messages of a run, and what is open at its end.
struct Shown {
    results: RunResults,
    hops: Vec<Hop>,
    open: Census,
}

impl Shown {
    /// Bob's phone, alone on the network with mail, multimedia and short messages. `script` has an instant and what
    /// bob does then.
    fn of(head: &str, initial: &str, script: &[(&str, &str)]) -> Shown {
        let mut text = format!("{head}\n[population.bob]\ndevice = \"phone\"\ninitial = \"{initial}\"\n");
        for (at, what) in script {
            text += &format!("[[script]]\nat = \"{at}\"\nuser = \"bob\"\ndo = \"{what}\"\n");
        }
        Shown::run(&text)
    }

    /// The network with whoever `text` puts there.
    fn run(text: &str) -> Shown {
        let text = format!("include = [\"models/networks/messaging.toml\"]\nhorizon = \"3h\"\n{text}");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("test.toml");
        let model = Arc::new(load_text(&path, &text, &[]).unwrap_or_else(|error| panic!("{error}")));
        let mut world = World::new(model.clone(), model.seed, 0, Trace::new(Filter::from(model.trace_from)));
        world.run_until(model.horizon);
        let open = world.census();
        let (results, recorder) = world.finish();
        Shown { results, hops: recorder.hops, open }
    }

    /// Messages over a reference point, by what they are called.
    fn over(&self, reference_point: &str) -> Vec<String> {
        let hops = self.hops.iter().filter(|hop| hop.reference_point.name() == reference_point);
        hops.map(|hop| hop.message.kind().to_string()).collect()
    }

    fn count(&self, reference_point: &str, procedure: &str) -> usize {
        let is_of =
            |hop: &&Hop| hop.reference_point.name() == reference_point && hop.meta.procedure.name() == procedure;
        self.hops.iter().filter(is_of).count()
    }

    fn measure(&self, name: &str) -> f64 {
        let row = self.results.measures.iter().find(|row| row.measure == name);
        row.and_then(|row| row.value).unwrap_or_else(|| panic!("{name} has a value"))
    }

    fn race(&self, race: &str, outcome: &str) -> u64 {
        let row = self.results.races.iter().find(|row| row.race == race && row.outcome == outcome);
        row.unwrap_or_else(|| panic!("{race} {outcome} is counted")).count
    }
}

const EVENT: [(&str, &str); 1] = [("10s", "mailbox_event")];

// req-test: MEM-14
#[test]
fn one_event_over_four_bearers() {
    for (bearer, [me3, mm1, smpp, map, radio, isc]) in [
        ("mms", [13, 4, 2, 4, 4, 0]),
        // The record of 100 octets fits one short message; in a WAP push it has a header and fits, too.
        ("sms", [0, 0, 2, 4, 4, 0]),
        ("wap_push", [0, 0, 2, 4, 4, 0]),
        ("sip_push", [0, 0, 0, 0, 0, 2]),
    ] {
        let head = format!("[mem]\nbearer = \"{bearer}\"\npayload = \"100B\"\n[mms]\ntick = \"0s\"");
        let shown = Shown::of(&head, "registered", &EVENT);
        for (point, messages) in
            [("ME-3", me3), ("MM1", mm1), ("SMPP", smpp), ("MAP", map), ("radio", radio), ("ISC", isc)]
        {
            assert_eq!(shown.count(point, "mailbox-notification"), messages, "{bearer} over {point}");
        }
        assert_eq!(shown.measure("mailbox.synchronised"), 1.0, "{bearer}");
        assert_eq!(shown.measure("mailbox.useless_wake_ups"), 0.0, "{bearer}");
    }
}

// req-test: MEM-2
#[test]
fn events_that_users_do_not_want_are_filtered_and_the_payload_is_a_parameter() {
    let shown = Shown::of("[mem]\nevents = [\"FlagsSet\"]", "attached", &EVENT);
    assert_eq!((shown.measure("mailbox.filtered"), shown.hops.len()), (1.0, 0));
    let octets = |payload: &str| {
        let head = format!("[mem]\npayload = \"{payload}\"\n[mms]\ntick = \"0s\"");
        let shown = Shown::of(&head, "attached", &EVENT);
        let content = shown.hops.iter().find(|hop| hop.message.kind().to_string() == "content");
        content.expect("a mail is sent").octets
    };
    assert_eq!(octets("600B") - octets("200B"), 400);
}

// req-test: MEM-2
#[test]
fn a_connected_client_is_told_in_its_connection() {
    let head = "[mem]\nconnection = \"30min\"\n[mms]\ntick = \"0s\"";
    let shown = Shown::of(head, "attached", &[("10s", "mailbox_event"), ("20min", "mailbox_event")]);
    assert_eq!((shown.measure("mailbox.in_band"), shown.measure("mailbox.out_of_band.mms")), (1.0, 1.0));
    assert_eq!(shown.measure("mailbox.synchronised"), 2.0);
    assert_eq!(shown.count("ME-3", "mailbox-notification"), 13);
    let apart = Shown::of(
        &head.replace("[mms]", "in_band = false\n[mms]"),
        "attached",
        &[("10s", "mailbox_event"), ("20min", "mailbox_event")],
    );
    assert_eq!(apart.count("ME-3", "mailbox-notification"), 26);
}

// req-test: MEM-3
#[test]
fn a_mail_that_is_put_off_comes_again_after_twice_as_long_each_time() {
    let head = "[mem]\nretry = \"1min\"\nretries = 2\n[mms]\nqueue = 0";
    let shown = Shown::of(head, "attached", &EVENT);
    let greetings: Vec<f64> = shown
        .hops
        .iter()
        .filter(|hop| hop.message.kind().to_string() == "220")
        .map(|hop| hop.sent_at.as_secs_f64().round())
        .collect();
    assert_eq!(greetings, [10.0, 70.0, 190.0]);
    // Greeting, EHLO, MAIL and RCPT with a refusal, QUIT: nine messages each.
    assert_eq!(shown.over("ME-3").len(), 27);
    assert_eq!((shown.measure("mail.deferred"), shown.measure("mail.failed")), (2.0, 1.0));
}

// req-test: MEM-9
// req-test: MEM-11
// req-test: MEM-12
#[test]
fn an_mm_without_a_known_application_id_lands_in_the_inbox() {
    for head in [
        "[mem]\napplic_id = \"unknown\"\n[mms]\ntick = \"0s\"",
        "[mem]\napplic_id = \"none\"\n[mms]\ntick = \"0s\"",
        "[mms]\ntick = \"0s\"\nmap_applic_id = false",
    ] {
        let shown = Shown::of(head, "attached", &EVENT);
        let seen = ["mms.received", "mms.inbox", "mailbox.received"].map(|name| shown.measure(name));
        assert_eq!(seen, [1.0, 1.0, 0.0], "{head}");
        let lost = if head.contains("unknown") { 0.0 } else { 1.0 };
        assert_eq!(shown.measure("mms.id_lost"), lost, "{head}");
    }
}

// req-test: MEM-12
#[test]
fn a_delivery_report_goes_back_by_mail() {
    let shown = Shown::of("[mem]\nreport = true\n[mms]\ntick = \"0s\"", "attached", &EVENT);
    assert_eq!(shown.count("ME-3", "mailbox-notification"), 26);
    assert_eq!(shown.measure("mail.reported_delivered"), 1.0);
    let never = Shown::of("[mem]\nreport = true\n[mms]\ntick = \"0s\"\nexpiry = \"30min\"", "off", &EVENT);
    let seen = ["mms.expired", "mail.reported_failed", "mms.pending"].map(|name| never.measure(name));
    assert_eq!(seen, [1.0, 1.0, 0.0]);
}

// req-test: MEM-4
#[test]
fn a_deferred_retrieval_has_six_messages_and_a_longer_url_two_segments() {
    let shown = Shown::of("[mms]\ntick = \"0s\"\nretrieval = \"20s\"", "attached", &EVENT);
    let expected =
        ["m-notifyresp-ind deferred", "200", "GET", "m-retrieve-conf", "m-acknowledge-ind", "200"].map(str::to_owned);
    assert_eq!(shown.over("MM1"), expected);
    let shown = Shown::of("[mms]\ntick = \"0s\"\nurl = 120", "attached", &EVENT);
    assert_eq!(["SMPP", "MAP", "radio"].map(|point| shown.over(point).len()), [4, 6, 8]);
}

/// The tick of the queue delays the first notification to the next multiple of it.
// req-test: MEM-10
#[test]
fn an_mm_waits_for_the_tick_and_is_notified_again_at_ticks() {
    let head = "[mms]\nanswer_loss = 1\nstop = \"acknowledged\"\nback_off = \"5min\"\nexpiry = \"20min\"";
    let shown = Shown::of(head, "attached", &EVENT);
    let submitted: Vec<f64> = shown
        .hops
        .iter()
        .filter(|hop| hop.message.kind().to_string() == "submit_sm")
        .map(|hop| hop.sent_at.as_secs_f64())
        .collect();
    assert_eq!(submitted, [60.0, 360.0, 960.0]);
    assert_eq!((shown.race("RACE-21", "notified_again"), shown.race("RACE-21", "stale_notification")), (2, 2));
    assert_eq!(shown.race("RACE-21", "never_acknowledged"), 1);
    assert_eq!((shown.measure("mms.received"), shown.measure("mailbox.synchronised")), (1.0, 1.0));
    let careless = Shown::of(&format!("{head}\nclient_dedupe = false"), "attached", &EVENT);
    assert_eq!((careless.measure("mms.received"), careless.measure("mailbox.useless_wake_ups")), (3.0, 2.0));
    let content = Shown::of(&head.replace("acknowledged", "fetched"), "attached", &EVENT);
    assert_eq!((content.measure("mms.notifications"), content.measure("mms.retrieved")), (1.0, 1.0));
}

#[test]
fn a_terminal_that_comes_back_gets_its_short_message_by_alert_or_by_schedule() {
    let script = [("10s", "mailbox_event"), ("10min", "switch_on")];
    let head = "[mem]\nbearer = \"sms\"\npayload = \"100B\"";
    let shown = Shown::of(head, "off", &script);
    // Attempts at 10 s, 1 min and 6 min later fail by paging; then the terminal attaches and the alert comes.
    let seen = ["sms.failed_attempts", "sms.delivered", "sms.first_attempt_failure_ratio"];
    assert_eq!(seen.map(|name| shown.measure(name)), [3.0, 1.0, 1.0]);
    let names = shown.over("MAP");
    for name in ["ReadyForSM", "AlertServiceCentre", "ReportSM-DeliveryStatus"] {
        assert!(names.iter().any(|other| other == name), "{name} in {names:?}");
    }
    let received = |shown: &Shown| {
        let row = shown.results.latency.iter().find(|row| row.procedure == "mailbox-notification");
        row.expect("the notice arrived").sum_ns
    };
    let slow = Shown::of(&format!("{head}\n[sms]\nalert = false"), "off", &script);
    assert_eq!(slow.measure("sms.delivered"), 1.0);
    assert!(received(&shown) < received(&slow) && received(&shown) > 589_000_000_000);
    let expired = Shown::of(&format!("{head}\n[sms]\nvalidity = \"5min\""), "off", &script);
    assert_eq!((expired.measure("sms.expired"), expired.measure("sms.completion_failure_ratio")), (1.0, 1.0));
}

#[test]
fn attempts_that_fail_on_the_radio_are_repeated_without_an_alert() {
    let head = "[mem]\nbearer = \"sms\"\npayload = \"100B\"\n[sms]\nradio_failure = 0.999999\nvalidity = \"10min\"";
    let shown = Shown::of(head, "attached", &EVENT);
    assert_eq!((shown.measure("sms.failed_attempts"), shown.measure("sms.expired")), (3.0, 1.0));
    assert!(!shown.over("MAP").iter().any(|name| name == "AlertServiceCentre"));
}

#[test]
fn a_short_message_over_ip_falls_back_to_the_msc() {
    let head = "[mem]\nbearer = \"sms\"\npayload = \"100B\"\n[sms]\nover_ip = true";
    let over_ip = Shown::of(head, "registered", &EVENT);
    assert_eq!((over_ip.over("radio").len(), over_ip.over("MAP").len()), (0, 4));
    let back = Shown::of(head, "attached", &EVENT);
    // The S-CSCF says 480; the gateway hands the message on.
    assert_eq!((back.over("radio").len(), back.over("MAP").len()), (4, 6));
    assert_eq!(back.measure("sms.delivered"), 1.0);
}

/// The service centre gives an attempt up after two minutes, and tries again while the gateway still waits.
#[test]
fn a_gateway_forgets_the_attempt_that_its_service_centre_has_given_up() {
    let fault = |node| format!("[[faults]]\nnode = \"{node}\"\nkind = \"outage\"\nat = \"5s\"\nduration = \"10min\"\n");
    let head = format!(
        "[mem]\nbearer = \"sms\"\npayload = \"100B\"\n[sms]\nover_ip = true\nretry = [\"1s\"]\n{}{}",
        fault("s"),
        fault("msc")
    );
    let shown = Shown::of(&head, "attached", &EVENT);
    assert_eq!((shown.measure("sms.delivered"), shown.open.short_deliveries), (1.0, 0));
}

/// Alice sends bob a pager message, and the PF of both tells devices out of band by a bearer.
fn alice(bearer: &str, sets: &str) -> String {
    format!(
        "[policies]\noob_bearer = \"{bearer}\"\n{sets}\n[devices.phone]\nthink_time = \"5s\"\n[population.alice]\n\
         device = \"phone\"\ninitial = \"registered\"\n[[workload]]\nname = \"im\"\nkind = \"pager\"\n\
         from = \"alice\"\nto = \"bob\"\nat = \"10s\""
    )
}

/// The same, and what bob then does.
fn deferral(bearer: &str, sets: &str, bob: &str, script: &[(&str, &str)]) -> Shown {
    Shown::of(&alice(bearer, sets), bob, script)
}

// req-test: CPM-PF-5, CPM-PF-7, O-6
#[test]
fn a_device_that_is_woken_registers_and_pulls_what_is_deferred() {
    for (bearer, [me3, mm1, smpp]) in [("sms", [0, 0, 2]), ("mms", [13, 4, 2])] {
        for sets in ["", "notify_on = [\"new_deferral\"]"] {
            let shown = deferral(bearer, sets, "attached", &[]);
            assert_eq!(shown.race("RACE-10", "wake_up"), 1, "{bearer} {sets}");
            for (point, messages) in [("ME-3", me3), ("MM1", mm1), ("SMPP", smpp)] {
                assert_eq!(shown.count(point, "out-of-band-notification"), messages, "{bearer} {sets} over {point}");
            }
            let seen = ["messages.delivered", "pulls.completed", "out_of_band.wake_ups"];
            assert_eq!(seen.map(|name| shown.measure(name)), [1.0, 1.0, 1.0], "{bearer} {sets}");
            let told_twice = if sets.is_empty() { 1 } else { 0 };
            assert_eq!(shown.race("RACE-11", "told_twice"), told_twice, "{bearer} {sets}");
        }
    }
}

// req-test: O-6
#[test]
fn a_client_that_comes_back_after_an_out_of_band_notification_is_told_in_band_unless_the_policy_says_no() {
    for (told, notifications) in [("true", 1.0), ("false", 0.0)] {
        let shown = deferral("sms", &format!("in_band_after_out_of_band = {told}"), "attached", &[]);
        assert_eq!(shown.race("RACE-11", "told_out_of_band"), 1, "{told}");
        assert_eq!(shown.measure("notifications.sent"), notifications, "{told}");
        assert_eq!(shown.race("RACE-11", "told_twice"), notifications as u64, "{told}");
        assert_eq!(shown.measure("messages.delivered"), 1.0, "{told}");
    }
    // A client of whose device nothing was told out of band is told when it registers, whatever the policy says.
    let shown = deferral("none", "in_band_after_out_of_band = false", "off", &[("30s", "register")]);
    assert_eq!(shown.measure("notifications.sent"), 1.0);
}

/// The device registers by itself while the short message waits for it, or the MM for the tick of its server: the late
/// notification makes an empty pull.
#[test]
fn a_notification_that_comes_late_makes_an_empty_pull() {
    for (bearer, sets, bob) in [("sms", "[sms]\nalert = false", "off"), ("mms", "", "attached")] {
        let shown = deferral(bearer, sets, bob, &[("30s", "register")]);
        let told = (shown.race("RACE-10", "useless_wake_up"), shown.race("RACE-11", "told_out_of_band"));
        assert_eq!(told, (1, 1), "{bearer}");
        assert_eq!(shown.measure("out_of_band.useless_wake_ups"), 1.0, "{bearer}");
        let pulls = (shown.race("RACE-1", "served_alone"), shown.race("RACE-1", "empty_alone"));
        assert_eq!(pulls, (1, 1), "{bearer}");
    }
}

/// An MM that has lost its application id is for people to read: nothing wakes up.
// req-test: MEM-11
#[test]
fn a_notification_without_its_application_id_wakes_nobody() {
    let shown = deferral("mms", "[mms]\nmap_applic_id = false", "attached", &[]);
    let seen = ["mms.received", "mms.inbox", "out_of_band.sent", "out_of_band.wake_ups", "messages.delivered"];
    assert_eq!(seen.map(|name| shown.measure(name)), [1.0, 1.0, 1.0, 0.0, 0.0]);
}

// req-test: POL-OOB-SET, POL-OOB-ADDR
#[test]
fn all_devices_or_the_first_are_told_of_those_whose_number_is_known() {
    for bearer in ["sms", "mms"] {
        for (devices, bob, told) in [
            ("all", "\"phone\", \"phone\", \"phone\"", 3.0),
            ("first", "\"phone\", \"phone\", \"phone\"", 1.0),
            ("all", "\"tablet\", \"phone\", \"phone\"", 2.0),
            ("first", "\"tablet\", \"phone\", \"phone\"", 1.0),
            ("all", "\"tablet\"", 0.0),
        ] {
            let text = alice(bearer, &format!("oob_devices = \"{devices}\""));
            let shown = Shown::run(&format!(
                "{text}\n[devices.tablet]\naccess = \"lte\"\noob_address = \"sip\"\n[population.bob]\n\
                 devices = [{bob}]\ninitial = \"attached\"\n"
            ));
            let seen = ["sent", "wake_ups", "no_address"].map(|name| shown.measure(&format!("out_of_band.{name}")));
            let nobody = if told == 0.0 { 1.0 } else { 0.0 };
            assert_eq!(seen, [told, told, nobody], "{bearer} to {devices} of {bob}");
            assert_eq!(shown.measure("messages.delivered"), 1.0 - nobody, "{bearer} to {devices} of {bob}");
        }
    }
}

// req-test: POL-OOB-CONTENT, CPM-PF-7
#[test]
fn a_notification_is_a_summary_or_has_the_metadata_of_every_message() {
    let mail = |sets: &str| {
        let shown = deferral("mms", sets, "attached", &[]);
        shown.hops.iter().find(|hop| hop.message.kind().to_string() == "content").expect("a mail is sent").octets
    };
    let summary = mail("");
    assert_eq!(mail("oob_octets = \"300B\"") - summary, 200);
    let full = "oob_content = \"full\"";
    let entry = mail(full) - summary;
    assert!((240..260).contains(&entry), "an entry has {entry} octets");
    // A segment has 128 octets where there are several.
    for (sets, segments) in [("", 1), ("oob_octets = \"300B\"", 3), (full, (100 + entry).div_ceil(128) as usize)] {
        let shown = deferral("sms", sets, "attached", &[]);
        assert_eq!(shown.over("SMPP").len(), 2 * segments, "{sets}");
        assert_eq!(shown.measure("messages.delivered"), 1.0, "{sets}");
    }
}

/// A PF that restarts with its data tries again five minutes later what its MMS server has not taken.
#[test]
fn a_mail_outlives_its_pf_where_the_data_are_kept() {
    for (keeps_data, woken) in [(true, 1.0), (false, 0.0)] {
        let faults = format!(
            "[[faults]]\nnode = \"mms\"\nkind = \"outage\"\nat = \"5s\"\nduration = \"1min\"\n[[faults]]\n\
             node = \"pf\"\nkind = \"restart\"\nkeeps_data = {keeps_data}\nat = \"2min\"\nduration = \"1s\""
        );
        let shown = Shown::of(&format!("{}\n[mms]\ntick = \"0s\"\n{faults}", alice("mms", "")), "attached", &[]);
        assert_eq!(shown.measure("out_of_band.wake_ups"), woken, "data kept: {keeps_data}");
        assert_eq!(shown.measure("messages.delivered"), woken, "data kept: {keeps_data}");
        let taken = shown.hops.iter().find(|hop| hop.message.kind().to_string() == "content");
        let at = taken.map(|hop| hop.sent_at.as_secs_f64().round());
        assert_eq!(at, keeps_data.then_some(420.0), "data kept: {keeps_data}");
    }
}
