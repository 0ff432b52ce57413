//! The tree of a model file to the validated [`Model`].

use std::path::Path;

use super::checks;
use super::decode::{Cursor, Fields};
use super::error::Result;
use super::faults;
use super::files::Files;
use super::messaging;
use super::nodes;
use super::policies;
use super::population;
use super::script;
use super::tree::Node;
use super::workload;
use crate::kernel::{OrderRules, Time};
use crate::scenario::model::{MeasureSpec, Model};

const KEYS: [&str; 21] = [
    "description",
    "include",
    "seed",
    "horizon",
    "warm_up",
    "order",
    "nodes",
    "links",
    "access",
    "devices",
    "population",
    "policies",
    "sip",
    "mem",
    "mms",
    "sms",
    "workload",
    "faults",
    "script",
    "trace",
    "measure",
];
/// P(N = n) is kept for at most this many n.
const STATES_MAX: u64 = 10_000;

/// The model of a tree that was read from `path`.
pub fn model(tree: &Node, path: &Path, files: &mut Files) -> Result<Model> {
    let top = Cursor::top(tree).fields(&KEYS)?;
    checks::refuse_include(&top)?;
    let classes = workload::names(&top)?;
    let (nodes, networks) = nodes::nodes(&top, &classes)?;
    let links = nodes::links(&top, &nodes)?;
    let access = population::access(&top)?;
    let devices = population::devices(&top, &access)?;
    let groups = population::groups(&top, &networks, &devices, &nodes)?;
    let horizon = top.need("horizon", "the end of the run, such as \"1h\"")?;
    let horizon = Time::ZERO + horizon.positive_span()?;
    let known = workload::Known { nodes: &nodes, groups: &groups, horizon, path };
    let workloads = workload::workloads(&top, known, files)?;
    let faults = faults::faults(&top, faults::Known { nodes: &nodes, links: &links, groups: &groups })?;
    let script = script::script(&top, &nodes, &groups)?;
    let mut model = Model {
        name: path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
        description: top.or("description", String::new(), |cursor| Ok(cursor.text()?.to_owned()))?,
        seed: top.or("seed", 1, |cursor| cursor.integer(0..=i64::MAX as u64))?,
        horizon,
        warm_up: top.or("warm_up", Time::ZERO, |cursor| cursor.time())?,
        order: top.or("order", OrderRules::default(), order)?,
        networks,
        nodes,
        links,
        access,
        devices,
        groups,
        policies: policies::policies(&top)?,
        sip: policies::sip(&top)?,
        messaging: messaging::messaging(&top)?,
        workloads,
        faults,
        script,
        trace_from: top.or("trace", Time::ZERO, trace)?,
        measure: top.or("measure", MeasureSpec::default(), measure)?,
    };
    add_implied_links(&top, &mut model);
    checks::check(&top, &model)?;
    Ok(model)
}

/// A model of plain stations need not say that its nodes are joined.
fn add_implied_links(top: &Fields<'_>, model: &mut Model) {
    if top.get("links").is_some() || !model.groups.is_empty() {
        return;
    }
    let paths: Vec<Vec<usize>> =
        model.workloads.iter().filter_map(|workload| Some(checks::path_of(&workload.kind)?.0)).collect();
    model.links = nodes::implied_links(paths.iter().map(Vec::as_slice));
}

fn order(cursor: &Cursor<'_>) -> Result<OrderRules> {
    let fields = cursor.fields(&["network_input_before_timer", "tie_shuffle"])?;
    Ok(OrderRules {
        network_input_before_timer: fields.or("network_input_before_timer", true, |cursor| cursor.boolean())?,
        tie_shuffle: fields.or("tie_shuffle", None, |cursor| cursor.unless("none", |cursor| cursor.count(0)))?,
    })
}

fn trace(cursor: &Cursor<'_>) -> Result<Time> {
    cursor.fields(&["from"])?.or("from", Time::ZERO, |cursor| cursor.time())
}

fn measure(cursor: &Cursor<'_>) -> Result<MeasureSpec> {
    let fields = cursor.fields(&["thresholds", "states", "staleness", "timeline"])?;
    let spans = |cursor: &Cursor<'_>| cursor.list()?.iter().map(|cursor| cursor.span()).collect();
    Ok(MeasureSpec {
        thresholds: fields.or("thresholds", Vec::new(), spans)?,
        states: fields.or("states", 0, |cursor| Ok(cursor.integer(0..=STATES_MAX)? as u32))?,
        staleness: fields.or("staleness", false, |cursor| cursor.boolean())?,
        timeline: fields.or("timeline", None, |cursor| cursor.unless("none", |cursor| cursor.positive_span()))?,
    })
}
