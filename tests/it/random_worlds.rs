//! Small worlds made at random, run with every invariant on and then drained: nothing may be left open and every
//! message must be accounted for. `PUSHSIM_WORLD=N` runs world N alone, with its model on stderr; `PUSHSIM_WORLDS=N`
//! sets how many are run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use pushsim::agents::Census;
use pushsim::agents::policies::OutOfBandBearer;
use pushsim::kernel::Span;
use pushsim::measure::NoTrace;
use pushsim::scenario::config::load_text;
use pushsim::scenario::{Model, World};
use rayon::prelude::*;

/// Worlds of an ordinary run; a debug build is some ten times as slow.
const WORLDS: u64 = if cfg!(debug_assertions) { 60 } else { 3000 };
/// Between the last message or pull and the end.
const DRAIN: Span = Span::from_secs(3 * 3600);

/// Choices by SplitMix64, apart from the generator under test.
struct Choices(u64);

impl Choices {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len() as u64) as usize]
    }

    /// True in `share` of ten cases.
    fn tenths(&mut self, share: u64) -> bool {
        self.below(10) < share
    }
}

/// A subset of names as a TOML list.
fn subset(choices: &mut Choices, names: &[&str]) -> String {
    let chosen: Vec<String> = names.iter().filter(|_| choices.tenths(5)).map(|name| format!("\"{name}\"")).collect();
    format!("[{}]", chosen.join(", "))
}

fn policies(choices: &mut Choices) -> String {
    let mut text = String::from("[policies]\n");
    let mut set = |key: &str, value: &str| text += &format!("{key} = {value}\n");
    let quoted = |value: &str| format!("\"{value}\"");
    for (key, values) in [
        ("overlap", &["decline480", "hold", "accept_ignore", "merge"][..]),
        ("decline_retry_after", &["none", "3s", "40s"]),
        ("completion", &["on_200", "on_actions_sent", "on_last_final_response", "on_bye"]),
        ("delivery_start", &["on_200", "on_ack", "on_bye"]),
        ("empty_test", &["at_service", "on_arrival"]),
        ("snapshot", &["at_200", "at_dequeue"]),
        ("bye_side", &["client", "pf"]),
        ("pull_service_time", &["0s", "300ms", "20s"]),
        ("size_basis", &["content", "body", "request"]),
        ("size_limit", &["1B", "300B", "1300B", "5kB"]),
        ("third_party_register", &["plain", "embedded"]),
        ("reg_event_interval", &["0s", "5s", "60s"]),
        ("reg_event_expires", &["1h", "3761s"]),
        ("registration_expires_max", &["1h", "600000s"]),
        ("pull_retry", &["none", "fixed", "exponential", "retry_after"]),
        ("pull_retry_interval", &["1s", "5s"]),
        ("dedupe_key", &["message_id", "call_id", "none"]),
        ("expiry_max", &["none", "30s", "5min", "30min"]),
        ("expiry_grace", &["0s", "1min"]),
        ("expiry_action", &["discard", "discard", "store", "interwork"]),
        ("message_lock", &["at_200", "at_send", "none"]),
        ("deliver_to", &["requester", "requester", "all_suitable"]),
        ("same_client", &["overlap", "decline480"]),
        ("queue_overflow", &["refuse", "drop_oldest"]),
        ("recipient_list_invite", &["required", "required", "omitted", "unsupported"]),
        ("on_488", &["stop", "retry"]),
        ("renotify_interval", &["20min", "1h"]),
        ("suitability", &["strict", "relaxed"]),
        ("notify_target", &["per_client", "per_user"]),
        ("in_band_content", &["full", "full", "summary"]),
        ("imdn_suppression", &["none", "first", "aggregate"]),
        ("interworking_delay", &["0s", "5s", "2min"]),
        ("interworking_failures", &["0%", "50%"]),
        ("session_expires", &["90s", "10min", "1800s"]),
        ("refresher", &["uac", "uas"]),
        ("linger_timer", &["0s", "5s", "30s", "120s"]),
        ("rezero_policy", &["immediate", "batched", "none"]),
        ("file_order", &["sequential", "parallel"]),
        ("chunk_policy", &["uninterrupted", "chunks_2048"]),
        ("failure_report", &["yes", "yes", "partial", "no"]),
        ("msrp_close_on", &["response", "report", "either"]),
        ("as_timeout", &["none", "none", "300ms", "5s"]),
        ("mode", &["pull", "pull", "push", "hybrid"]),
        ("push_target", &["contact", "aor"]),
        ("hybrid_threshold", &["20B", "100B"]),
        ("hybrid_fallback", &["none", "5min"]),
        ("pf_failover", &["none", "next_instance"]),
        ("management_uri", &["opaque", "hostname"]),
        ("as_timeout_invite", &["none", "none", "1s"]),
        ("default_handling_originating", &["continue", "terminate"]),
        ("default_handling_terminating", &["continue", "terminate"]),
        ("dnd_learning", &["xcapdiff", "get_on_event", "poll"]),
        ("dnd_poll_interval", &["10s", "10min"]),
        ("push_knowledge", &["none", "options_gruu", "options_aor", "reg_event"]),
        ("push_cache_lifetime", &["1s", "10min", "24h"]),
        ("push_gruu", &["public", "temporary"]),
        ("push_evidence", &["response", "imdn"]),
        ("push_fallback", &["give_up", "indirection"]),
        ("push_subscription_expires", &["1h", "2h"]),
        ("push_fetch_timeout", &["1s", "32s"]),
    ] {
        set(key, &quoted(choices.of(values)));
    }
    for key in [
        "suppress_notification_in_service",
        "third_party_register_on_expiry",
        "challenge_refresh",
        "trying",
        "expiry_notification",
        "pause_while_roaming",
        "stored_counts_as_delivered",
        "dnd_defers",
    ] {
        set(key, choices.of(&["true", "false"]));
    }
    // What an end learns by REPORT alone needs one.
    set("success_report", "true");
    set("bye_after_linger", choices.of(&["true", "false"]));
    set("serial_window", choices.of(&["1", "2", "5"]));
    // Who notifies of every failure has to give up some time, or goes on for ever.
    let attempts = choices.of(&["\"none\"", "\"none\"", "1", "3"]);
    set("delivery_attempts_max", attempts);
    let triggers = ["new_deferral", "new_registration", "timer", "failed_delivery"];
    set("notify_on", &subset(choices, if attempts == "\"none\"" { &triggers[..3] } else { &triggers }));
    set("queue_limit", choices.of(&["\"none\"", "\"none\"", "1", "4"]));
    let order = choices.of(&[
        "delete interwork store deliver",
        "deliver store interwork delete",
        "store deliver delete interwork",
    ]);
    let order: Vec<String> = order.split(' ').map(quoted).collect();
    set("instruction_order", &format!("[{}]", order.join(", ")));
    set("reg_event", &subset(choices, &["terminal", "p_cscf", "pf"]));
    text
}

fn station(choices: &mut Choices) -> String {
    match choices.below(4) {
        0 => {
            let overflow = if choices.tenths(5) { "overflow = \"drop\"" } else { "overflow = \"503\"" };
            let queue = choices.below(4);
            format!("queue = {queue}, {overflow}, service = {{ dist = \"exponential\", mean = \"20ms\" }}")
        }
        1 => "servers = 2, service = \"1ms\"".to_string(),
        _ => "servers = 1".to_string(),
    }
}

fn latency(choices: &mut Choices) -> &'static str {
    choices.of(&[
        "\"2ms\"",
        "{ dist = \"exponential\", mean = \"10ms\", shift = \"1ms\" }",
        "{ dist = \"lognormal\", median = \"30ms\", sigma = 1, cap = \"20s\" }",
    ])
}

fn networks(choices: &mut Choices, names: &[&str]) -> String {
    let mut text = String::from("[nodes]\n");
    for name in names {
        let mut roles = vec![
            ("p", "p_cscf"),
            ("i", "i_cscf"),
            ("s", "s_cscf"),
            ("hss", "hss"),
            ("pf", "pf"),
            ("x", "xdms"),
            ("psa", "push_sender"),
            ("content", "http_server"),
        ];
        for optional in [("store", "message_store"), ("isf", "isf")] {
            if choices.tenths(7) {
                roles.push(optional);
            }
        }
        for (node, role) in roles {
            let plain = role == "hss" || role == "message_store";
            let station = if plain { "servers = 1".to_string() } else { station(choices) };
            let instances = 1 + choices.below(2);
            text += &format!(
                "{node}_{name} = {{ role = \"{role}\", network = \"{name}\", instances = {instances}, {station} }}\n"
            );
        }
    }
    let loss = choices.of(&["0%", "0%", "2%", "10%", "30%"]);
    let latency = latency(choices);
    text + &format!("[[links]]\nfrom = \"*\"\nto = \"*\"\nlatency = {latency}\nloss = \"{loss}\"\n")
}

fn device(choices: &mut Choices) -> String {
    let think = choices.of(&["\"never\"", "\"0s\"", "\"5s\"", "{ dist = \"exponential\", mean = \"20s\" }"]);
    let answer = choices.of(&["\"0s\"", "\"0s\"", "\"200ms\"", "{ dist = \"exponential\", mean = \"30s\" }"]);
    let idle = if choices.tenths(5) { "idle_after = \"10s\"\npromotion = \"80ms\"\npaging = \"640ms\"\n" } else { "" };
    let features = choices.of(&[
        "[\"msg\", \"deferred\", \"systemmsg\"]",
        "[\"msg\", \"largemsg\", \"deferred\", \"systemmsg\"]",
        "[\"msg\", \"largemsg\", \"deferred\"]",
        "[\"deferred\", \"systemmsg\"]",
        "[\"msg\", \"deferred\", \"systemmsg\", \"push\", \"push_application\"]",
    ]);
    let sessions = format!(
        "accept_types = [\"{}\"]\nmax_size = \"{}\"\nacceptance_delay = {}\n\
         refusal = {{ 480 = \"{}\", 603 = \"{}\" }}\n\
         max_sessions = {}\nready_delay = \"{}\"\n",
        choices.of(&["*", "message/cpim", "message/cpim", "image/jpeg"]),
        choices.of(&["unlimited", "unlimited", "20kB"]),
        choices.of(&["\"0s\"", "\"50ms\"", "{ dist = \"exponential\", mean = \"30s\" }"]),
        choices.of(&["0%", "10%"]),
        choices.of(&["0%", "10%"]),
        choices.of(&["\"unlimited\"", "1"]),
        choices.of(&["0s", "0s", "100ms"]),
    );
    format!(
        "[access.air]\nlatency = {}\nloss = \"{}\"\n{idle}[devices.d]\naccess = \"air\"\nthink_time = {think}\n\
         answer_delay = {answer}\nfeatures = {features}\n{sessions}pull = \"{}\"\nmax_content = \"{}\"\nroaming = {}\n\
         pull_unsuitable = \"{}\"\npull_actions = {{ {} }}\n",
        latency(choices),
        choices.of(&["0%", "1%", "10%", "30%"]),
        choices.of(&["all", "listed"]),
        choices.of(&["unlimited", "100B"]),
        choices.of(&["false", "false", "false", "true"]),
        choices.of(&["deliver", "store", "interwork", "delete", "leave"]),
        choices.of(&["deliver = 1", "deliver = 1", "deliver = 1, delete = 1, store = 1, interwork = 1, leave = 1"]),
    )
}

fn population(choices: &mut Choices, name: &str, network: &str) -> String {
    let initial = choices.of(&["off", "on", "registered", "registered"]);
    let availability = match choices.below(3) {
        0 => String::new(),
        _ => format!(
            "availability = {{ on = {{ dist = \"exponential\", mean = \"2h\" }}, off = {{ dist = \"exponential\", \
             mean = \"1h\" }}, off_action = \"{}\" }}\n",
            choices.of(&["de_register", "vanish"])
        ),
    };
    let capability = match choices.below(3) {
        0 => {
            "capability = { features = [\"push_application\"], with = \"20min\", without = { dist = \"exponential\", \
              mean = \"10min\" } }\n"
        }
        _ => "",
    };
    let subscribe = if choices.tenths(3) { format!("subscribe_to = \"psa_{network}\"\n") } else { String::new() };
    let interests = choices.of(&["[]", "[\"news\"]", "[\"news\", \"sport\"]"]);
    let do_not_disturb = choices.of(&[
        "\"never\"",
        "{ start = \"400s\", length = \"900s\", every = \"30min\", spread = \"20s\" }",
        "{ on = { dist = \"exponential\", mean = \"5min\" }, off = { dist = \"exponential\", mean = \"10min\" } }",
        "{ on = \"300ms\", off = { dist = \"exponential\", mean = \"1min\" } }",
    ]);
    format!(
        "[population.{name}]\ndo_not_disturb = {do_not_disturb}\nnetwork = \"{network}\"\nusers = {}\n\
         device = \"d\"\nterminals = {}\n\
         initial = \"{initial}\"\nexpires = \"{}\"\ninterests = {interests}\n{availability}{capability}{subscribe}",
        2 + choices.below(2),
        1 + choices.below(3),
        choices.of(&["1h", "2h", "600000s"]),
    )
}

fn script(choices: &mut Choices) -> String {
    let mut text = String::new();
    for _ in 0..choices.below(30) {
        let at = 1 + choices.below(5000);
        let fraction = choices.below(1000);
        let user = choices.below(2);
        let what = choices.of(&[
            "do = \"pull\"",
            "do = \"pull\"",
            "do = \"pull\"\nlisted = true",
            "do = \"pull\"\nactions = [\"delete\", \"store\", \"leave\"]",
            "do = \"register\"",
            "do = \"re_register\"",
            "do = \"de_register\"",
            "do = \"power_off\"",
            "do = \"set_dnd\"",
            "do = \"clear_dnd\"",
            "do = \"send_pager\"\nto = \"callers[0]\"\nreport = true",
            "do = \"subscribe\"",
            "do = \"unsubscribe\"",
            "do = \"send_large\"\nto = \"callers[0]\"\nsize = \"30kB\"\nreport = true",
            "do = \"send_large\"\nto = \"callers[0]\"\ncancel_after = \"40ms\"",
        ]);
        text += &format!("[[script]]\nat = \"{at}.{fraction:03}s\"\nuser = \"callees[{user}]\"\n{what}\n");
    }
    text
}

/// Mail, multimedia and short messages in four of ten worlds.
fn messaging(number: u64, names: &[&str], mut text: String) -> String {
    let mut choices = Choices(number ^ 0x5355);
    let choices = &mut choices;
    if !choices.tenths(4) {
        return text;
    }
    // Draws of their own: what they choose does not change the rest of the world.
    let of_pf = &mut Choices(number ^ 0x00B0);
    text = text.replacen(
        "[policies]\n",
        &format!(
            "[policies]\noob_bearer = \"{}\"\noob_devices = \"{}\"\noob_content = \"{}\"\n",
            of_pf.of(&["sms", "mms", "mms"]),
            of_pf.of(&["all", "all", "first"]),
            of_pf.of(&["summary", "full"]),
        ),
        1,
    );
    text = text.replacen(
        "[devices.d]\n",
        &format!("[devices.d]\noob_address = \"{}\"\n", of_pf.of(&["msisdn", "msisdn", "msisdn", "sip"])),
        1,
    );
    for name in names {
        for role in ["mem_server", "mms_server", "smsc", "hlr", "msc", "ip_sm_gw"] {
            let station =
                choices.of(&["servers = 1", "servers = 2\nservice = \"1ms\"", "queue = 9\nservice = \"20ms\""]);
            text += &format!("[nodes.{role}_{name}]\nrole = \"{role}\"\nnetwork = \"{name}\"\n{station}\n");
        }
    }
    text += &format!(
        "[mem]\nbearer = \"{}\"\nconnection = \"{}\"\nreport = {}\n[mms]\ntick = \"{}\"\nstop = \"{}\"\nurl = {}\n\
         queue = \"unlimited\"\nexpiry = \"1h\"\nanswer_loss = \"{}\"\nclient_dedupe = {}\nretrieval = \"{}\"\n\
         [sms]\nradio_failure = \"{}\"\nvalidity = \"30min\"\nalert = {}\nover_ip = {}\n",
        choices.of(&["mms", "sms", "wap_push", "sip_push"]),
        choices.of(&["0s", "5min"]),
        choices.of(&["true", "false"]),
        choices.of(&["0s", "60s"]),
        choices.of(&["fetched", "acknowledged"]),
        choices.of(&["0", "150"]),
        choices.of(&["0%", "30%"]),
        choices.of(&["true", "false"]),
        choices.of(&["immediate", "30s"]),
        choices.of(&["0%", "40%"]),
        choices.of(&["true", "false"]),
        choices.of(&["true", "false"]),
    );
    for group in ["callers", "callees"] {
        text += &format!(
            "[[workload]]\nname = \"mail_{group}\"\nkind = \"mailbox\"\nto = \"{group}\"\nstop = \"5000s\"\n\
             interarrival = {{ dist = \"exponential\", mean = \"5min\" }}\nbatch = {}\n",
            choices.of(&["1", "4"])
        );
    }
    text
}

/// MSRP relays in four of ten worlds.
fn relays(number: u64, names: &[&str], mut text: String) -> String {
    let mut choices = Choices(number ^ 0x4976);
    let choices = &mut choices;
    if !choices.tenths(4) {
        return text;
    }
    let lifetime = choices.of(&["60s", "300s", "1800s"]);
    text = text.replacen("[policies]\n", &format!("[policies]\nrelay_lifetime = \"{lifetime}\"\n"), 1);
    for name in names {
        let station = choices.of(&["servers = 1", "servers = 2\nservice = \"1ms\"", "queue = 2\nservice = \"20ms\""]);
        text += &format!("[nodes.relay_{name}]\nrole = \"msrp_relay\"\nnetwork = \"{name}\"\n{station}\n");
        if choices.tenths(5) {
            let (kind, at) = (choices.of(&["restart", "outage"]), choices.below(5000));
            text += &format!(
                "[[faults]]\nnode = \"relay_{name}\"\nkind = \"{kind}\"\nat = \"{at}s\"\nduration = \"90s\"\n"
            );
        }
    }
    text
}

/// What a push sender of the callees' network does: pushes now and then, and a broadcast.
fn pushes(choices: &mut Choices, network: &str) -> String {
    let mut text = String::new();
    for (name, more) in [("pushes", ""), ("broadcast", "audience = \"group\"\npace = \"3/s\"\n")] {
        let every = choices.of(&["2min", "10min"]);
        text += &format!(
            "[[workload]]\nname = \"{name}\"\nkind = \"push\"\nfrom = \"psa_{network}\"\nto = \"callees\"\n\
             stop = \"5000s\"\ninterarrival = {{ dist = \"exponential\", mean = \"{every}\" }}\n{more}\
             class = \"{}\"\nmethod = \"{}\"\ntargets = \"{}\"\nrequire = {}\ninterests = {}\n\
             size = {{ dist = \"uniform\", low = \"1B\", high = \"3kB\" }}\n",
            choices.of(&["generic", "trusted", "selective"]),
            choices.of(&["message", "reference", "notify", "session", "by_size", "by_size_reference"]),
            choices.of(&["all", "each", "first_k", "first_available", "capable"]),
            choices.of(&["[]", "[\"push_application\"]"]),
            choices.of(&["[]", "[]", "[\"sport\"]"]),
        );
    }
    text
}

/// What clients do against the specifications, or need not do, in three of ten worlds.
fn clients(number: u64, text: &str) -> String {
    let mut choices = Choices(number ^ 0xC11E);
    let choices = &mut choices;
    if !choices.tenths(3) {
        return text.to_owned();
    }
    let keys = format!(
        "[policies]\nreport_at = \"{}\"\nmanagement_media = \"{}\"\nin_band_after_out_of_band = {}\n",
        choices.of(&["content", "invitation"]),
        choices.of(&["none", "msrp_bind"]),
        choices.of(&["true", "false"]),
    );
    text.replacen("[policies]\n", &keys, 1)
}

/// Losses of some messages in two of ten worlds.
fn losses(number: u64, names: &[&str]) -> String {
    let mut choices = Choices(number ^ 0x1055);
    let choices = &mut choices;
    if !choices.tenths(2) {
        return String::new();
    }
    let network = choices.of(names);
    let target = match choices.below(3) {
        0 => "group = \"callees\"".to_string(),
        1 => format!("link = [\"s_{network}\", \"pf_{network}\"]"),
        _ => format!("node = \"{}_{network}\"", choices.of(&["p", "s", "pf"])),
    };
    format!(
        "[[faults]]\n{target}\nkind = \"loss\"\nprocedures = {}\nmessages = \"{}\"\nloss = \"{}\"\nat = \"{}s\"\n\
         duration = \"{}s\"\n",
        choices.of(&[
            "\"all\"",
            "[\"report\"]",
            "[\"deferred-delivery\", \"management\"]",
            "[\"pager\", \"notification\"]"
        ]),
        choices.of(&["all", "requests", "final_responses"]),
        choices.of(&["20%", "50%", "100%"]),
        choices.below(4000),
        1 + choices.below(2000),
    )
}

/// Failures in four of ten worlds: of a node with or without its memory and data, of a link, of coverage.
fn faults(number: u64, names: &[&str]) -> String {
    let mut choices = Choices(number ^ 0xFA17);
    let choices = &mut choices;
    let mut text = String::new();
    if !choices.tenths(4) {
        return text;
    }
    for _ in 0..1 + choices.below(4) {
        let network = choices.of(names);
        let node = choices.of(&["p", "i", "s", "hss", "pf", "pf", "psa", "content"]);
        let what = match choices.below(6) {
            0 => "group = \"callees\"".to_string(),
            1 => format!("link = [\"s_{network}\", \"pf_{network}\"]"),
            2 | 3 => format!("node = \"{node}_{network}\"\nkind = \"outage\""),
            _ => {
                let keeps = choices.of(&["true", "false"]);
                format!("node = \"{node}_{network}\"\nkind = \"restart\"\nkeeps_data = {keeps}")
            }
        };
        let times = match choices.below(2) {
            0 => format!("at = \"{}s\"\nduration = \"{}s\"", choices.below(5000), 1 + choices.below(300)),
            _ => "time_to_failure = { dist = \"exponential\", mean = \"20min\" }\ntime_to_repair = \"7s\"".to_string(),
        };
        text += &format!("[[faults]]\n{what}\n{times}\n");
    }
    text
}

/// The model of world `number`.
fn model_text(number: u64) -> String {
    let mut choices = Choices(number);
    let choices = &mut choices;
    let two = choices.tenths(5);
    let names: &[&str] = if two { &["a", "b"] } else { &["a"] };
    let mut text =
        format!("description = \"World {number}\"\nhorizon = \"{}s\"\nseed = {number}\n", 5001 + DRAIN.as_secs());
    text += &format!("[order]\nnetwork_input_before_timer = {}\n", choices.of(&["true", "false"]));
    text += &format!(
        "[sip]\ncore_transport = \"{}\"\naccess_transport = \"{}\"\n",
        choices.of(&["udp", "tcp"]),
        choices.of(&["udp", "tcp"])
    );
    text += &policies(choices);
    text += &networks(choices, names);
    text += &device(choices);
    text += &population(choices, "callers", "a");
    text += &population(choices, "callees", names[names.len() - 1]);
    for (name, from, to) in [("calls", "callers", "callees"), ("replies", "callees", "callers")] {
        let every = choices.of(&["1min", "5min", "20min"]);
        let batch = choices.of(&["1", "1", "{ dist = \"uniform\", low = 1, high = 12 }"]);
        text += &format!(
            "[[workload]]\nname = \"{name}\"\nkind = \"pager\"\nfrom = \"{from}\"\nto = \"{to}\"\nstop = \"5000s\"\n\
             interarrival = {{ dist = \"exponential\", mean = \"{every}\" }}\nbatch = {batch}\nreport = {}\n\
             size = {{ dist = \"uniform\", low = \"1B\", high = \"200B\" }}\nexpires = \"{}\"\n",
            choices.of(&["true", "false"]),
            choices.of(&["none", "none", "10s", "10min"]),
        );
    }
    let cancel = choices.of(&["never", "never", "60ms", "10s"]);
    text += &format!(
        "[[workload]]\nname = \"files\"\nkind = \"large\"\nfrom = \"callers\"\nto = \"callees\"\nstop = \"5000s\"\n\
         interarrival = {{ dist = \"exponential\", mean = \"{}\" }}\n\
         batch = {{ dist = \"uniform\", low = 1, high = 3 }}\n\
         size = {{ dist = \"uniform\", low = \"1kB\", high = \"40kB\" }}\ncancel_after = \"{cancel}\"\n",
        choices.of(&["1min", "5min", "20min"]),
    );
    text += &pushes(choices, names[names.len() - 1]);
    text += &script(choices);
    text = messaging(number, names, text);
    text = relays(number, names, text);
    text = clients(number, &text);
    text + &faults(number, names) + &losses(number, names)
}

fn model(number: u64) -> Model {
    let text = model_text(number);
    load_text(Path::new("random.toml"), &text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The least of each count over both.
fn least(a: Census, b: Census) -> Census {
    Census {
        transactions: a.transactions.min(b.transactions),
        contexts: a.contexts.min(b.contexts),
        queries: a.queries.min(b.queries),
        sessions: a.sessions.min(b.sessions),
        user_planes: a.user_planes.min(b.user_planes),
        relayed: a.relayed.min(b.relayed),
        use_paths: a.use_paths.min(b.use_paths),
        dialogs: a.dialogs.min(b.dialogs),
        at_application_server: a.at_application_server.min(b.at_application_server),
        outboxes: a.outboxes.min(b.outboxes),
        delayed_answers: a.delayed_answers.min(b.delayed_answers),
        unanswered: a.unanswered.min(b.unanswered),
        pushes: a.pushes.min(b.pushes),
        fetches: a.fetches.min(b.fetches),
        waiting_for_subscriber: 0,
        packets: a.packets.min(b.packets),
        in_flight: a.in_flight.min(b.in_flight),
        waiting_for_registration: 0,
        queued: 0,
        mails: a.mails.min(b.mails),
        mms: a.mms.min(b.mms),
        short_messages: a.short_messages.min(b.short_messages),
        short_deliveries: a.short_deliveries.min(b.short_deliveries),
        handsets: a.handsets.min(b.handsets),
    }
}

/// Runs a world and lets it drain. On and off periods and refreshes go on, so something may be open at any one instant;
/// what is open at every one of many instants has leaked.
fn check(number: u64) {
    let model = Arc::new(model(number));
    let mut world = World::new(model.clone(), model.seed, 0, NoTrace);
    world.run_until(model.horizon);
    world.clone().finish();
    // What waits for a user who does not come back is told again and again out of band.
    let policies = &model.policies;
    let tells_again = policies.notify_on.timer && policies.oob_bearer != OutOfBandBearer::None;
    let open = |world: &World<NoTrace>| {
        let census = world.census();
        if tells_again && census.queued > 0 {
            Census { mails: 0, mms: 0, short_messages: 0, short_deliveries: 0, handsets: 0, ..census }
        } else {
            census
        }
    };
    let mut low = open(&world);
    for _ in 0..1500 {
        if low == Census::default() {
            break;
        }
        let until = world.now() + Span::from_secs(397);
        world.run_until(until);
        low = least(low, open(&world));
    }
    assert_eq!(low, Census::default(), "left open in world {number}");
}

#[test]
fn random_worlds_keep_every_invariant_and_drain() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    if let Some(world) = number("PUSHSIM_WORLD") {
        eprintln!("{}", model_text(world));
        return check(world);
    }
    let worlds = (0..number("PUSHSIM_WORLDS").unwrap_or(WORLDS)).into_par_iter();
    let faults: Vec<(u64, String)> = worlds
        .filter_map(|world| {
            let panic = catch_unwind(AssertUnwindSafe(|| check(world))).err()?;
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
            Some((world, said.unwrap_or_else(|| "panicked".to_owned())))
        })
        .collect();
    let numbers: Vec<u64> = faults.iter().map(|(world, _)| *world).collect();
    let lines: Vec<String> =
        faults.iter().map(|(world, said)| format!("world {world}: {said}\nreplay: {}", replay(*world))).collect();
    assert!(faults.is_empty(), "worlds {numbers:?} fail\n{}", lines.join("\n"));
}

/// The command that runs one world alone, with its model on stderr.
fn replay(world: u64) -> String {
    let profile = if cfg!(debug_assertions) { "" } else { " --release" };
    format!("PUSHSIM_WORLD={world} cargo test{profile} --test it random_worlds -- --nocapture")
}
