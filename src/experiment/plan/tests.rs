//! Experiment files as a user writes them.

use super::*;

const MODEL: &str = r#"horizon = "2h"
seed = 9
[nodes]
src = { role = "source" }
q = { role = "relay", service = { dist = "exponential", mean = "10ms" } }
dst = { role = "sink" }
[[workload]]
name = "jobs"
kind = "datagram"
via = "q"
rate = "80/s"
"#;

fn plan(experiment: &str, overrides: &Overrides) -> Result<Plan> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("experiments")).expect("made");
    std::fs::write(folder.path().join("m.toml"), MODEL).expect("written");
    let path = folder.path().join("experiments/e.toml");
    std::fs::write(&path, format!("question = \"How long?\"\nmodel = \"../m.toml\"\n{experiment}")).expect("written");
    Plan::load(&path, overrides)
}

fn values(plan: &Plan) -> Vec<String> {
    plan.points.iter().map(|point| point.values.join(" ")).collect()
}

#[test]
fn without_a_sweep_there_is_one_point() {
    let plan = plan("", &Overrides::default()).expect("good");
    assert_eq!((plan.name.as_str(), plan.seed, plan.replications), ("e", 9, 1));
    assert_eq!(plan.points.len(), 1);
    assert!(plan.keys.is_empty());
    let read: Vec<&str> = plan.files.iter().filter_map(|(path, _)| path.rsplit('/').next()).collect();
    assert_eq!(read, ["e.toml", "m.toml"]);
}

#[test]
fn a_sweep_is_a_grid_whose_last_key_is_fastest() {
    let text = r#"
seed = 7
replications = 3
horizon = "1h"
[set]
nodes.q.queue = 5
[sweep]
"workload.jobs.rate" = ["50/s", "60/s"]
nodes.q.servers = [2, "infinite"]
nodes.q.service = [{ dist = "erlang", shape = 2, mean = "1ms" }, "10ms"]
[[figure]]
name = "wait"
x = "workload.jobs.rate"
y = "wait_mean"
by = ["nodes.q.servers"]
log_y = true
"#;
    let plan = plan(text, &Overrides::default()).expect("good");
    assert_eq!(plan.keys, ["workload.jobs.rate", "nodes.q.servers", "nodes.q.service"]);
    let values = values(&plan);
    assert_eq!(values.len(), 8);
    assert_eq!(values[0], "50/s 2 { dist = erlang, shape = 2, mean = 1ms }");
    assert_eq!(values[3], "50/s infinite 10ms");
    assert_eq!(values[4], "60/s 2 { dist = erlang, shape = 2, mean = 1ms }");
    let model = &plan.points[3].model;
    assert_eq!((model.seed, model.horizon.as_nanos()), (7, 3_600_000_000_000));
    assert_eq!((model.nodes[1].station.servers, model.nodes[1].station.queue), (None, Some(5)));
    assert!(plan.figures[0].log_y && !plan.figures[0].log_x);
    assert!(plan.show().contains("# point 3 (workload.jobs.rate = 50/s, nodes.q.servers = infinite"));
}

#[test]
fn cases_are_one_column_before_the_swept_keys() {
    let text = r#"
[[case]]
name = "hold"
policies.overlap = "hold"
policies.bye_side = "pf"
[[case]]
name = "usual"
[sweep]
"nodes.q.servers" = [1, 2]
"#;
    let plan = plan(text, &Overrides::default()).expect("good");
    assert_eq!(plan.keys, ["case", "nodes.q.servers"]);
    assert_eq!(values(&plan), ["hold 1", "hold 2", "usual 1", "usual 2"]);
    assert_eq!(plan.points[1].model.policies.overlap, crate::agents::policies::Overlap::Hold);
    assert_eq!(plan.points[2].model.policies.overlap, crate::agents::policies::Overlap::AcceptIgnore);
}

#[test]
fn the_command_line_goes_before_the_file() {
    let overrides = Overrides {
        sets: vec!["nodes.q.queue=3".to_owned(), "horizon=10min".to_owned()],
        seed: Some(5),
        replications: Some(2),
    };
    let plan = plan("seed = 1\nhorizon = \"1h\"\n[set]\nnodes.q.queue = 9\n", &overrides).expect("good");
    assert_eq!((plan.seed, plan.replications, plan.points[0].model.seed), (5, 2, 5));
    assert_eq!(plan.points[0].model.nodes[1].station.queue, Some(3));
    assert_eq!(plan.points[0].model.horizon.as_nanos(), 600_000_000_000);
}
