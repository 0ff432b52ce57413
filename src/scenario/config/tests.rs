//! Model files as a user writes them, right and wrong.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::kernel::{Distribution, Span, Time};
use crate::network::{Discipline, Overflow};
use crate::scenario::model::{Action, Actor, Arrivals, InitialState, UserRef, WorkloadKind};

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
horizon = "10min"

[population.alice]
network = "a"
device = "phone"
initial = "registered"

[population.bobs]
network = "b"
users = 20
device = "phone"
terminals = 2
availability = { on = { dist = "exponential", mean = "4h" }, off = "1h", off_action = "vanish" }
initial = "stationary"

[policies]
overlap = "hold"
notify_on = ["new_deferral"]
size_limit = "1500B"

[[workload]]
name = "chat"
kind = "pager"
from = "alice"
to = "bobs"
rate_per_user = "30/h"
size = { dist = "lognormal", median = "60B", sigma = 0.5 }
report = true

[[script]]
at = "10s"
user = "bobs[17]"
terminal = 2
do = "send_pager"
to = "alice"
size = "100B"
"#;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(text: &str) -> Result<Model> {
    load_text(&root().join("m.toml"), text, &[])
}

fn with(text: &str, sets: &[&str]) -> Result<Model> {
    let overrides = sets.iter().map(|set| Override::parse(set)).collect::<Result<Vec<_>>>()?;
    load_text(&root().join("m.toml"), text, &overrides)
}

fn error(text: &str) -> String {
    with(text, &[]).expect_err("the input is wrong").to_string()
}

#[test]
fn a_station_is_nine_lines() {
    let model = text(STATION).expect("a good model");
    assert_eq!(model.name, "m");
    assert_eq!(model.networks, ["home"]);
    let names: Vec<&str> = model.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["dst", "q", "src"]);
    assert_eq!(model.nodes[1].station.servers, Some(5));
    assert_eq!(Ok(model.nodes[1].station.default_service.clone()), Distribution::exponential(0.04));
    assert_eq!(model.links.len(), 2);
    assert_eq!(model.workloads[0].arrivals, Arrivals::Poisson(100.0));
    assert_eq!(model.workloads[0].stop, Time::from_secs(7200));
}

#[test]
fn an_ims_model_includes_its_network() {
    let model = text(IMS).expect("a good model");
    assert_eq!(model.networks, ["a", "b"]);
    assert_eq!(model.nodes.len(), 10);
    assert_eq!(model.horizon, Time::from_secs(600));
    assert_eq!(model.groups[1].devices, [0, 0]);
    assert_eq!(model.groups[1].initial, InitialState::Stationary);
    assert!(!model.policies.notify_on.new_registration);
    assert_eq!(model.policies.size_limit, 1500);
    let WorkloadKind::Pager { from: 0, to: 1, report: true, .. } = &model.workloads[0].kind else { panic!() };
    let bob = UserRef { group: 1, index: 17 };
    assert_eq!(model.script[0].actor, Actor::Terminal(bob, 1));
    let to = UserRef { group: 0, index: 0 };
    assert_eq!(model.script[0].action, Action::SendPager { to, size: 100, report: false, expires: None });
}

fn toml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    let files = paths.into_iter().flat_map(|path| if path.is_dir() { toml_files(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect()
}

#[test]
fn every_shipped_model_loads() {
    let files = toml_files(&root().join("models"));
    assert!(files.len() >= 14);
    let errors: Vec<String> = files.iter().filter_map(|file| Some(load(file, &[]).err()?.to_string())).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn overrides_reach_every_value() {
    let model = with(
        STATION,
        &[
            "nodes.q.servers=\"infinite\"",
            "nodes.q.service.mean=20ms",
            "workload.jobs.rate=5/s",
            "workload.0.batch=3",
            "measure.states=7",
            "policies.overlap=merge",
            "sip.core_timers.t1=1s",
            "horizon = 1h",
        ],
    )
    .expect("good overrides");
    assert_eq!(model.nodes[1].station.servers, None);
    assert_eq!(Ok(model.nodes[1].station.default_service.clone()), Distribution::exponential(0.02));
    assert_eq!(model.workloads[0].arrivals, Arrivals::Poisson(5.0));
    assert_eq!(model.workloads[0].batch, Distribution::Constant(3.0));
    assert_eq!((model.measure.states, model.horizon), (7, Time::from_secs(3600)));
    assert_eq!(model.sip.core_timers.t1, Span::from_secs(1));
    let model = with(IMS, &["links.inter_s_a.latency=20ms"]).expect("a good override");
    let slow = model.links.iter().filter(|link| link.latency == Distribution::Constant(0.02));
    assert_eq!(slow.count(), 2);
}

#[test]
fn stations_links_and_priorities_are_read() {
    let model = text(
        r#"
horizon = "1h"
links = [{ from = "*", to = "*", latency = "5ms", rate = "8kbit/s", loss = "5%" }]
workload = [
  { name = "gold", kind = "datagram", from = "s", via = ["q", "q"], to = "d", at = ["2s", "1s"] },
  { name = "loop", kind = "datagram", population = 7, think_time = "1s" },
]
[nodes]
s = { role = "source" }
d = { role = "sink" }
[nodes.q]
role = "relay"
instances = 3
queue = 0
discipline = "preemptive_priority"
overflow = "503"
retry_after = "2s"
service = { default = "1ms", gold = "2ms", MESSAGE = { dist = "uniform", low = "1ms", high = "3ms" } }
priority = { gold = 0 }
"#,
    )
    .expect("a good model");
    let station = &model.nodes[1].station;
    assert_eq!(station.discipline, Discipline::PreemptivePriority);
    assert_eq!(station.overflow, Overflow::Reject { retry_after: Some(Span::from_secs(2)) });
    assert_eq!(station.service[1], ("gold".to_owned(), Distribution::Constant(0.002)));
    assert_eq!(model.links.len(), 3);
    assert_eq!((model.links[0].rate, model.links[0].loss), (Some(1000.0), 0.05));
    assert_eq!(model.workloads[0].arrivals, Arrivals::At(vec![Time::from_secs(1), Time::from_secs(2)]));
}

#[test]
fn a_missing_file_is_named() {
    let error = load(Path::new("models/validation/mm2.toml"), &[]).expect_err("no such file").to_string();
    assert!(error.contains("models/validation/mm2.toml") && error.contains("did you mean `mm1.toml`?"), "{error}");
}

#[test]
fn a_missing_link_is_reported_where_it_is_needed() {
    let network = std::fs::read_to_string(root().join("models/networks/one_network.toml")).expect("it is there");
    let said = error(&network.replace("to = [\"hss\", \"pf\"]", "to = \"hss\""));
    assert!(said.contains("no route between `s` and `pf`") && said.contains("`nodes.s`"), "{said}");
    let own = std::fs::read_to_string(root().join("models/networks/two_networks.toml")).expect("it is there");
    let cut = &own[..own.find("# Between").expect("a comment")];
    let cut = format!("{cut}{}", &IMS[IMS.find("[population").expect("a table")..]);
    let said = error(&format!("{cut}[access.lte]\nlatency = \"15ms\"\n[devices.phone]\naccess = \"lte\"\n"));
    assert!(said.contains("`workload.chat`: found no route between `s_a` and `i_b`"), "{said}");
}

fn trace(rows: &str) -> Result<Model> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("t.csv"), rows).expect("written");
    let network = root().join("models/networks/two_networks.toml");
    let model = IMS
        .replace("models/networks/two_networks.toml", &network.display().to_string())
        .replace("rate_per_user = \"30/h\"", "trace_file = \"t.csv\"");
    load_text(&folder.path().join("m.toml"), &model, &[])
}

#[test]
fn trace_files_are_read_and_their_bad_rows_named() {
    let model =
        trace("time_s,from,to,size,report\n0.5,alice,bobs[3],60,true\n1.5,alice,bobs[0],,\n").expect("a good file");
    let Arrivals::Trace(rows) = &model.workloads[0].arrivals else { panic!() };
    assert_eq!((rows[0].at, rows[0].size, rows[1].size), (Time::from_nanos(500_000_000), Some(60), None));
    let cases = [
        ("time,from\n", ["t.csv:1:1", "the header time_s,from,to,size,report"]),
        ("time_s,from,to,size,report\n", ["t.csv:1:1", "no rows"]),
        (
            "time_s,from,to,size,report\n2,alice,bobs[3],,\n1,alice,bobs[3],,\n",
            ["t.csv:3:1", "rows are sorted by time"],
        ),
        ("time_s,from,to,size,report\n1,alic,bobs[3],,\n", ["t.csv:2:3", "did you mean `alice`?"]),
        ("time_s,from,to,size,report\n1,alice,bobs[33],,\n", ["t.csv:2:9", "`bobs[19]`"]),
        ("time_s,from,to,size,report\n1,alice,bobs[3],big,\n", ["t.csv:2:17", "a number of octets"]),
        ("time_s,from,to,size,report\n1,alice,bobs[3],,perhaps\n", ["t.csv:2:18", "true, false"]),
        ("time_s,from,to,size,report\n1s,alice,bobs[3],,\n", ["t.csv:2:1", "without a unit"]),
        ("time_s,from,to,size,report\n1,alice\n", ["t.csv:2:1", "five cells"]),
        ("time_s,from,to,size,report\n1,bobs[1],alice,,\n", ["m.toml:", "the group of every row"]),
    ];
    for (rows, fragments) in cases {
        let said = trace(rows).expect_err("a bad file").to_string();
        assert!(fragments.iter().all(|fragment| said.contains(fragment)), "{fragments:?}: {said}");
    }
}

#[test]
fn deep_nesting_is_refused() {
    for deep in [format!("{}a = 1", "a.".repeat(100_000)), format!("a = {}1", "{ a.a.a.a = ".repeat(70))] {
        assert!(text(&deep).is_err());
    }
    assert!(with(STATION, &[&format!("{}a=1", "policies.".repeat(1000))]).is_err());
}

fn mutated() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(String::new()),
        Just("\"".to_owned()),
        Just("[[".to_owned()),
        Just("= {".to_owned()),
        Just("-1".to_owned()),
        Just("1e308".to_owned()),
        Just("nan".to_owned()),
        Just("\"999999999999999999999d\"".to_owned()),
        Just("\"0s\"".to_owned()),
        Just("é".to_owned()),
        Just("\"bobs[\"".to_owned()),
        Just("[]".to_owned()),
        Just("18446744073709551615".to_owned()),
        Just("9223372036854775807".to_owned()),
        "[ -~\n]{0,6}",
    ];
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..12usize, piece), 1..4);
    (prop_oneof![Just(STATION), Just(IMS)], edits).prop_map(|(text, edits)| {
        let mut text: Vec<char> = text.chars().collect();
        for (at, cut, piece) in edits {
            let at = at.index(text.len().max(1)).min(text.len());
            let end = (at + cut).min(text.len());
            text.splice(at..end, piece.chars());
        }
        text.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_file_makes_it_panic(text in mutated(), set in "[a-z.]{0,12}=?[ -~]{0,8}") {
        let overrides: Vec<Override> = Override::parse(&set).into_iter().collect();
        if let Err(error) = load_text(&root().join("m.toml"), &text, &overrides) {
            let said = error.to_string();
            prop_assert!(said.contains("expected"), "{said}");
            let _ = format!("{:?}", miette::Report::new(error));
        }
    }

    #[test]
    fn no_value_makes_it_panic(key in 0..12usize, value in "[0-9a-zA-Z.\\[\\]{}=\", /%-]{0,24}") {
        let keys = ["horizon", "nodes.q.servers", "nodes.q.service", "nodes.q.service.mean", "workload.jobs.rate",
            "workload.jobs.batch", "workload.jobs.size", "workload.jobs.via", "nodes.q.queue", "nodes.q.priority",
            "measure.thresholds", "seed"];
        let _ = with(STATION, &[&format!("{}={value}", keys[key])]);
    }
}
