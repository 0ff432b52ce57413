//! Bad model and experiment files: every message says where, which key, what was found, what was expected, and what is
//! nearest.

use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};
use pushsim::experiment::plan::{Overrides, Plan};
use pushsim::scenario::config::{Override, load_text};

const STATION: &str = r#"horizon = "2h"
[nodes]
src = { role = "source" }
q = { role = "relay", servers = 5, service = { dist = "exponential", mean = "40ms" } }
dst = { role = "sink" }
[[workload]]
name = "jobs"
kind = "datagram"
via = "q"
rate = "100/s"
"#;

const IMS: &str = r#"include = ["models/networks/two_networks.toml"]
[population.alice]
network = "a"
device = "phone"
[population.bobs]
network = "b"
users = 20
device = "phone"
terminals = 2
initial = "stationary"
availability = { on = "4h", off = "1h" }
[policies]
overlap = "hold"
[[script]]
at = "10s"
user = "bobs[17]"
terminal = 2
do = "send_pager"
to = "alice"
size = "100B"
"#;

const LINK: &str = "[[links]]\nfrom = \"src\"\nto = \"q\"\nlatency = \"1ms\"\n";
const LINK_BACK: &str = "[[links]]\nfrom = \"q\"\nto = \"src\"\nlatency = \"1ms\"\n";

/// The message for the text as the file `m.toml` in the root of the project.
fn said(text: &str, sets: &[&str]) -> String {
    let overrides = sets.iter().map(|set| Override::parse(set)).collect::<Result<Vec<_>, _>>();
    let model = overrides.and_then(|overrides| load_text(Path::new("m.toml"), text, &overrides));
    let error = model.expect_err("the input is wrong");
    let said = error.to_string();
    // What the command line prints must be possible for every error, too.
    assert!(format!("{:?}", miette::Report::new(error)).contains("expected"));
    said
}

/// Cases that the message lacks a fragment of, one per line.
fn check(cases: &[(&str, String, &[&str])]) {
    let mut faults = Vec::new();
    for (what, said, fragments) in cases {
        faults.extend(
            fragments
                .iter()
                .filter(|part| !said.contains(**part))
                .map(|part| format!("{what}: `{part}` is not in: {said}")),
        );
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    said(&text.replacen(from, to, 1), &[])
}

fn station(from: &str, to: &str) -> String {
    changed(STATION, from, to)
}

fn ims(from: &str, to: &str) -> String {
    changed(IMS, from, to)
}

fn set(key_value: &str) -> String {
    said(STATION, &[key_value])
}

#[test]
fn wrong_values_and_keys() {
    check(&[
        ("not TOML", station("servers = 5,", "servers = ,"), &["m.toml:4:", "not TOML"]),
        (
            "wrong type",
            station("servers = 5", "servers = \"five\""),
            &["m.toml:4:33", "`nodes.q.servers`", "\"five\"", "a whole number of at least 1, or \"infinite\""],
        ),
        (
            "unknown key",
            station("servers", "sevrers"),
            &["m.toml:4:23", "`nodes.q.sevrers`", "unknown key", "did you mean `servers`?"],
        ),
        ("unknown top key", station("horizon", "horizont"), &["m.toml:1:1", "`horizont`", "did you mean `horizon`?"]),
        ("missing key", station("kind = \"datagram\"\n", ""), &["m.toml:6:1", "`workload.jobs.kind`", "no such key"]),
        ("negative rate", station("100/s", "-100/s"), &["m.toml:10:8", "`workload.jobs.rate`", "\"-100/s\"", "5/s"]),
        ("unit missing", station("\"40ms\"", "40"), &["m.toml:4:77", "`nodes.q.service.mean`", "did you mean `40s`?"]),
        ("unit with a space", station("40ms", "40 ms"), &["with its unit", "did you mean `40ms`?"]),
        ("unknown family", station("exponential", "exponental"), &["`nodes.q.service.dist`", "`exponential`?"]),
        ("foreign parameter", station("mean =", "cv = 2, mean ="), &["`nodes.q.service.cv`", "unknown key"]),
        ("parameter without meaning", station("\"40ms\"", "\"0s\""), &["mean is 0: give a number above zero"]),
        ("two arrivals", station("rate =", "at = \"1s\"\nrate ="), &["`at` beside `rate`"]),
        ("no arrivals", station("rate = \"100/s\"\n", ""), &["`workload.jobs.rate`", "no such key", "interarrival"]),
        ("key of another kind", station("via = \"q\"", "report = true"), &["`workload.jobs.report`", "unknown key"]),
        ("unknown policy", ims("\"hold\"", "\"holds\""), &["m.toml:13:11", "`policies.overlap`", "`hold`?"]),
    ]);
}

#[test]
fn wrong_names() {
    check(&[
        ("unknown node", station("via = \"q\"", "via = \"qq\""), &["m.toml:9:7", "`workload.jobs.via`", "`q`?"]),
        ("wrong role", station("via = \"q\"", "via = \"dst\""), &["m.toml:9:7", "`dst`, a sink", "role relay"]),
        ("unknown user", ims("bobs[17]", "bob[17]"), &["m.toml:16:8", "`script.0.user`", "did you mean `bobs[17]`?"]),
        ("user beyond the group", ims("bobs[17]", "bobs[20]"), &["`bobs[0]` to `bobs[19]`"]),
        ("a group is not a user", ims("bobs[17]", "bobs"), &["`bobs[0]` to `bobs[19]`"]),
        ("terminal beyond the list", ims("terminal = 2\ndo", "terminal = 3\ndo"), &["`script.0.terminal`", "1 to 2"]),
        (
            "unknown argument",
            ims("to = \"alice\"\nsize", "listed = true\nsize"),
            &["`script.0.listed`", "one of name, at, user, terminal, do, to, size, report or expires"],
        ),
        ("duplicate node", station("dst = ", "q = 1\ndst = "), &["m.toml:5:1", "`q`", "a second value"]),
        ("duplicate workload", said(&format!("{STATION}[[workload]]\nname = \"jobs\"\n"), &[]), &["m.toml:12:8"]),
        ("bad name", station("src = ", "\"s r\" = "), &["m.toml:3:1", "the name \"s r\"", "a letter, then"]),
    ]);
}

#[test]
fn wrong_models_as_a_whole() {
    let stranger = "[population.u]\ndevice = \"d\"\n[devices.d]\naccess = \"x\"\n[access.x]\nlatency = \"1ms\"\n";
    let with = |more: &str| said(&format!("{STATION}{more}"), &[]);
    check(&[
        ("zero latency", with(&LINK.replace("1ms", "0s")), &["m.toml:14:11", "`links.0.latency`", "at least 1ns"]),
        ("no route", with(LINK), &["m.toml:6:1", "`workload.jobs`", "no route between `q` and `dst`"]),
        ("second link", with(&format!("{LINK}{LINK_BACK}")), &["m.toml:15:1", "a second link", "m.toml:11:1"]),
        ("no core", with(stranger), &["m.toml:11:1", "`population.u`", "no node with role p_cscf in network `home`"]),
        (
            "no MMS server",
            ims("overlap = \"hold\"", "oob_bearer = \"mms\""),
            &["`nodes.pf_a`", "no node with role mms_server in network `a`", "one, which pf needs"],
        ),
        ("warm-up too long", station("[nodes]", "warm_up = \"3h\"\n[nodes]"), &["m.toml:2:11", "after the warm-up"]),
        ("no periods", ims("availability", "# "), &["`population.bobs.availability`", "stationary"]),
        ("too many terminals", ims("users = 20", "users = 8400000"), &["fewer than 16777216"]),
        ("wrong include", ims("two_networks", "two_network"), &["m.toml:1:12", "did you mean `two_networks.toml`?"]),
        ("cycle", ims("models/networks/two_networks", "m"), &["m.toml:1:12", "a cycle: m.toml includes m.toml"]),
    ]);
}

#[test]
fn wrong_overrides() {
    check(&[
        (
            "unknown name",
            set("nodes.qq.servers=3"),
            &["--set:1:18", "`nodes.qq.servers`", "an existing name in `nodes`", "did you mean `nodes.q.servers`?"],
        ),
        ("unknown element", set("workload.job.rate=3/s"), &["--set:1:19", "did you mean `workload.jobs.rate`?"]),
        ("unknown key", set("nodes.q.server=3"), &["--set:1:16", "unknown key", "did you mean `servers`?"]),
        ("through a scalar", set("horizon.x=3"), &["--set:1:11", "a table or an array"]),
        ("no value", set("horizon"), &["KEY=VALUE"]),
        ("bad value", set("nodes.q.servers=many"), &["--set:1:17", "\"many\""]),
    ]);
}

/// The message for an experiment over the M/M/1 model.
fn experiment(rest: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let model = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models/validation/mm1.toml");
    let path = folder.path().join("e.toml");
    let text = format!("question = \"How long?\"\nmodel = {:?}\n{rest}", model.display().to_string());
    std::fs::write(&path, text).expect("written");
    Plan::load(&path, &Overrides::default()).expect_err("the experiment is wrong").to_string()
}

#[test]
fn wrong_experiments() {
    check(&[
        ("unknown key", experiment("replicatons = 3\n"), &["e.toml:3:1", "did you mean `replications`?"]),
        (
            "swept key that does not exist",
            experiment("[sweep]\n\"nodes.statin.servers\" = [1, 2]\n"),
            &["e.toml:4:27 ([sweep])", "point 0", "`nodes.statin.servers`", "did you mean `nodes.station.servers`?"],
        ),
        (
            "swept value that is wrong",
            experiment("[sweep]\nnodes.station.servers = [1, 0]\n"),
            &["e.toml:4:29 ([sweep])", "point 1 (nodes.station.servers = 0)", "at least 1"],
        ),
        ("not a list", experiment("[sweep]\nhorizon = \"1h\"\n"), &["e.toml:4:11", "a list of values"]),
        ("a value twice", experiment("[sweep]\nhorizon = [\"1h\", \"1h\"]\n"), &["\"1h\" twice"]),
        (
            "figure over a key that is not swept",
            experiment("[sweep]\nhorizon = [\"1h\"]\n[[figure]]\nname = \"f\"\nx = \"horizont\"\ny = \"m\"\n"),
            &["e.toml:7:5", "`figure.f.x`", "did you mean `horizon`?"],
        ),
        (
            "fixed and swept",
            experiment("[set]\nhorizon = \"1h\"\n[sweep]\nhorizon = [\"1h\"]\n"),
            &["e.toml:4:11 ([set])", "does not sweep"],
        ),
        (
            "swept seed",
            experiment("[sweep]\nseed = [1, 2]\n"),
            &["e.toml:4:9 ([sweep])", "the experiment's own `seed`"],
        ),
    ]);
}

/// Runs the binary in `folder`: its exit code and what it said on stderr.
fn pushsim(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_pushsim"))
        .args(arguments)
        .current_dir(folder)
        .env("COLUMNS", "200")
        .output()
        .expect("the binary runs");
    assert!(output.stdout.is_empty(), "{arguments:?} printed {}", String::from_utf8_lossy(&output.stdout));
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Names of everything in a folder, with the length of each file.
fn contents(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let data = entry.metadata().expect("it is there");
            if data.is_dir() {
                folders.push(entry.path());
            }
            found.push((entry.path(), if data.is_dir() { 0 } else { data.len() }));
        }
    }
    found.sort();
    found
}

#[test]
fn the_binary_refuses_bad_input_with_one_message_and_writes_nothing() {
    let experiment = "question = \"How long?\"\nmodel = \"m.toml\"\n";
    let replaced = |from: &str, to: &str| {
        assert!(STATION.contains(from), "{from}");
        STATION.replacen(from, to, 1)
    };
    let no_route = format!("{STATION}{LINK}");
    let traced = replaced("rate = \"100/s\"", "trace_file = \"rows.csv\"");
    let run: &[&str] = &["run", "e.toml"];
    let cases: &[(&str, String, &[&str], &[&str])] = &[
        ("missing file", STATION.into(), &["run", "nothing.toml"], &["nothing.toml", "no file"]),
        ("missing model", STATION.into(), &["trace", "nothing.toml"], &["nothing.toml", "no file"]),
        ("wrong type", replaced("= 5", "= \"five\""), run, &["m.toml:4:", "`nodes.q.servers`", "whole number"]),
        ("unknown key", replaced("servers", "sevrers"), run, &["m.toml:4:", "`nodes.q.sevrers`", "`servers`?"]),
        ("negative rate", replaced("100/s", "-100/s"), run, &["m.toml:10:", "`workload.jobs.rate`"]),
        ("unknown node", replaced("via = \"q\"", "via = \"qq\""), run, &["m.toml:9:", "`workload.jobs.via`", "`q`?"]),
        ("no route", no_route, run, &["m.toml:6:", "no route between `q` and `dst`"]),
        ("bad row", traced, run, &["rows.csv:3", "time_s"]),
        ("missing unit", replaced("\"40ms\"", "40"), run, &["m.toml:4:", "`nodes.q.service.mean`", "`40s`?"]),
        ("bad --set", STATION.into(), &["run", "e.toml", "--set", "nodes.q.server=3"], &["--set:1:", "`servers`?"]),
        (
            "unknown procedure",
            STATION.into(),
            &["trace", "m.toml", "--counts", "--procedure", "pagger"],
            &["--procedure pagger", "pager"],
        ),
        ("unknown user", STATION.into(), &["trace", "m.toml", "--user", "bob"], &["--user bob", "no such user"]),
        ("no instant", STATION.into(), &["trace", "m.toml", "--from-time", "5"], &["--from-time 5", "unit"]),
        ("no identifier", STATION.into(), &["trace", "m.toml", "--message", "xyz"], &["--message xyz", "hexadecimal"]),
        (
            "unknown reference point",
            STATION.into(),
            &["trace", "m.toml", "--reference-point", "gm"],
            &["--reference-point gm", "Gm"],
        ),
        ("folder in use", STATION.into(), &["run", "e.toml", "--out", "used"], &["used is not empty"]),
    ];
    for (what, model, arguments, fragments) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
        write("m.toml", model);
        write("e.toml", experiment);
        write("rows.csv", "time_s,from,to,size,report\n1,,,,\nsoon,,,,\n");
        std::fs::create_dir(folder.path().join("used")).expect("made");
        write("used/something", "");
        let before = contents(folder.path());
        let (code, said) = pushsim(folder.path(), arguments);
        assert_eq!(code, Some(2), "{what}: {said}");
        assert_eq!(said.matches('×').count(), 1, "{what}: one message is expected: {said}");
        for fragment in *fragments {
            assert!(said.contains(fragment), "{what}: `{fragment}` is not in: {said}");
        }
        assert_eq!(contents(folder.path()), before, "{what}: something was written");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_model_is_loaded_or_refused_but_never_panics(
        ims in any::<bool>(),
        mutations in vec((any::<u16>(), 0_usize..6, "[-0-9a-z\"=\\[\\]{}.,/% \n]{0,6}", any::<u16>()), 1..4),
    ) {
        let mut text: Vec<char> = if ims { IMS } else { STATION }.chars().collect();
        for (at, remove, insert, from) in mutations {
            let at = usize::from(at) % text.len();
            let end = (at + remove).min(text.len());
            // Half of the mutations copy a piece from elsewhere, so that known words come to wrong places.
            let piece: Vec<char> = if from % 2 == 0 {
                insert.chars().collect()
            } else {
                let from = usize::from(from) % text.len();
                text[from..(from + 12).min(text.len())].to_vec()
            };
            text.splice(at..end, piece);
        }
        let text: String = text.into_iter().collect();
        if let Err(error) = load_text(Path::new("m.toml"), &text, &[]) {
            prop_assert!(!error.to_string().is_empty());
            let printed = format!("{:?}", miette::Report::new(error));
            prop_assert!(!printed.is_empty());
        }
    }
}

#[test]
fn wrong_pushes() {
    const PUSH: &str = r#"include = ["models/networks/push_network.toml"]
horizon = "1min"
[population.fans]
users = 3
device = "phone"
interests = ["sport"]
[[workload]]
name = "score"
kind = "push"
to = "fans"
rate = "1/s"
targets = "first_k"
k = 2
[[script]]
at = "1s"
node = "psa"
do = "push"
to = "fans[0]"
method = "reference"
"#;
    let push = |from: &str, to: &str| changed(PUSH, from, to);
    check(&[
        ("k of another kind", push("\"first_k\"", "\"each\""), &["m.toml:13:5", "`targets = \"first_k\"`"]),
        ("too many terminals", push("k = 2", "k = 9"), &["m.toml:13:5", "`workload.score.k`"]),
        ("pace of one user", push("k = 2", "pace = \"1/s\""), &["m.toml:13:8", "`audience = \"group\"`"]),
        ("unknown method", push("\"reference\"", "\"referense\""), &["m.toml:19:10", "`reference`?"]),
        ("wrong node", push("\"psa\"", "\"pf\""), &["m.toml:16:8", "`pf`, a pf", "role push_sender"]),
        ("terminal for a node", push("node = \"psa\"", "user = \"fans[0]\""), &["m.toml:16:1", "unknown key", "node"]),
        ("interest twice", push("[\"sport\"]", "[\"sport\", \"sport\"]"), &["m.toml:6:23", "each interest once"]),
        ("unknown feature", push("k = 2", "require = [\"pusch\"]"), &["m.toml:13:12", "`push`?"]),
        (
            "nobody has the content",
            said(PUSH, &["nodes.content.role=router"]),
            &["http_server", "content may be pushed by reference"],
        ),
        (
            "users of another network",
            said(
                &format!("{PUSH}[nodes.far]\nrole = \"push_sender\"\nnetwork = \"far\"\n"),
                &["population.fans.network=home", "workload.score.from=far"],
            ),
            &["`fans` in network `home`", "users of network `far`"],
        ),
    ]);
}
