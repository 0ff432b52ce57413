//! `[nodes.NAME]` and `[[links]]`: the nodes with their stations, and what joins them.

use std::collections::BTreeMap;

use super::decode::{Cursor, Fields};
use super::distribution::{Place, distribution};
use super::error::Result;
use super::names::{ROLES, node_index};
use super::nearest::nearest;
use crate::kernel::Distribution;
use crate::network::{Discipline, LinkSpec, Overflow, StationSpec};
use crate::scenario::message_class;
use crate::scenario::model::NodeSpec;

const KEYS: [&str; 10] = [
    "role",
    "network",
    "instances",
    "servers",
    "queue",
    "discipline",
    "overflow",
    "retry_after",
    "service",
    "priority",
];
/// Disciplines by name.
pub const DISCIPLINES: [(&str, Discipline); 3] = [
    ("fifo", Discipline::Fifo),
    ("priority", Discipline::Priority),
    ("preemptive_priority", Discipline::PreemptivePriority),
];

/// A home network is known by one octet.
const NETWORKS_MAX: usize = 255;

/// The nodes sorted by name, and the home networks sorted by name. `classes` are the names of the workloads.
pub fn nodes(fields: &Fields<'_>, classes: &[String]) -> Result<(Vec<NodeSpec>, Vec<String>)> {
    let named = fields.need("nodes", "nodes, each under [nodes.NAME]")?.named()?;
    let mut network_names = Vec::new();
    for (_, cursor) in &named {
        let fields = cursor.fields(&KEYS)?;
        network_names.push(network_of(&fields)?);
    }
    let mut networks = network_names.clone();
    networks.sort();
    networks.dedup();
    if networks.len() > NETWORKS_MAX {
        let found = format!("{} home networks", networks.len());
        return Err(fields.need("nodes", "")?.found(found, format!("at most {NETWORKS_MAX}")));
    }
    let mut nodes = Vec::new();
    for ((name, cursor), network) in named.into_iter().zip(network_names) {
        // Results list the terminals of all users under this name.
        if name == "terminal" {
            return Err(cursor.found("the name \"terminal\"", "another name: results use this one for all terminals"));
        }
        let network = networks.iter().position(|known| *known == network).unwrap_or(0);
        nodes.push(node(name, &cursor, network, classes)?);
    }
    Ok((nodes, networks))
}

fn network_of(fields: &Fields<'_>) -> Result<String> {
    let Some(cursor) = fields.get("network") else { return Ok("home".to_owned()) };
    let name = cursor.text()?;
    super::decode::check_name(name, cursor.origin(), &cursor.key)?;
    Ok(name.to_owned())
}

fn node(name: &str, cursor: &Cursor<'_>, network: usize, classes: &[String]) -> Result<NodeSpec> {
    let fields = cursor.fields(&KEYS)?;
    Ok(NodeSpec {
        name: name.to_owned(),
        role: fields.need("role", &super::decode::one_of(ROLES.iter().map(|(name, _)| *name)))?.choice(&ROLES)?,
        network,
        instances: fields.or("instances", 1, |cursor| cursor.count(1))?,
        station: station(&fields, classes)?,
    })
}

fn station(fields: &Fields<'_>, classes: &[String]) -> Result<StationSpec> {
    let infinite = |least| move |cursor: &Cursor<'_>| count_or_infinite(cursor, least);
    let (default_service, service) =
        fields.or("service", (Distribution::Constant(0.0), Vec::new()), |cursor| services(cursor, classes))?;
    Ok(StationSpec {
        servers: fields.or("servers", Some(1), infinite(1))?,
        queue: fields.or("queue", None, infinite(0))?,
        discipline: fields.or("discipline", Discipline::Fifo, |cursor| cursor.choice(&DISCIPLINES))?,
        overflow: overflow(fields)?,
        default_service,
        service,
        priority: fields.or("priority", Vec::new(), |cursor| priorities(cursor, classes))?,
    })
}

fn count_or_infinite(cursor: &Cursor<'_>, least: u32) -> Result<Option<u32>> {
    let expected = format!("a whole number of at least {least}, or \"infinite\"");
    cursor.unless("infinite", |cursor| cursor.count(least).map_err(|_| cursor.fail(&expected)))
}

fn overflow(fields: &Fields<'_>) -> Result<Overflow> {
    let retry_after = fields.get("retry_after");
    let kinds = [("drop", false), ("503", true)];
    let reject = fields.or("overflow", false, |cursor| cursor.choice(&kinds))?;
    match (reject, retry_after) {
        (true, cursor) => {
            let span = cursor.map(|cursor| cursor.unless("none", |cursor| cursor.span())).transpose()?;
            Ok(Overflow::Reject { retry_after: span.flatten() })
        }
        (false, None) => Ok(Overflow::Drop),
        (false, Some(cursor)) => Err(cursor.found("a key that needs `overflow = \"503\"`", "no such key")),
    }
}

type Services = (Distribution, Vec<(String, Distribution)>);

/// One distribution for all classes, or a table by class.
fn services(cursor: &Cursor<'_>, classes: &[String]) -> Result<Services> {
    let by_class = cursor.node.value.as_table().is_some_and(|table| table.get("dist").is_none());
    if !by_class {
        return Ok((distribution(cursor, Place::Time)?, Vec::new()));
    }
    let mut default = Distribution::Constant(0.0);
    let mut services = Vec::new();
    for entry in cursor.entries()? {
        let below = cursor.below(&entry.key, &entry.node);
        if entry.key == "default" {
            default = distribution(&below, Place::Time)?;
        } else {
            check_class(&entry.key, &below, classes, &["default", "dist"])?;
            services.push((entry.key.clone(), distribution(&below, Place::Time)?));
        }
    }
    services.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok((default, services))
}

fn priorities(cursor: &Cursor<'_>, classes: &[String]) -> Result<Vec<(String, u8)>> {
    let mut priorities = Vec::new();
    for entry in cursor.entries()? {
        let below = cursor.below(&entry.key, &entry.node);
        check_class(&entry.key, &below, classes, &[])?;
        priorities.push((entry.key.clone(), below.integer(0..=9)? as u8));
    }
    priorities.sort();
    Ok(priorities)
}

fn check_class(name: &str, cursor: &Cursor<'_>, classes: &[String], extra: &[&str]) -> Result<()> {
    let known = || message_class::FIXED.into_iter().chain(classes.iter().map(String::as_str));
    if known().any(|class| class == name) {
        return Ok(());
    }
    let near = nearest(name, known().chain(extra.iter().copied()));
    let expected = format!("a message class: {}, or the name of a workload", message_class::FIXED.join(", "));
    Err(cursor.found("an unknown message class", expected).near(near))
}

const LINK_KEYS: [&str; 7] = ["name", "from", "to", "duplex", "latency", "loss", "rate"];

/// The links in file order, lists of ends expanded to pairs.
pub fn links(fields: &Fields<'_>, nodes: &[NodeSpec]) -> Result<Vec<LinkSpec>> {
    let Some(cursor) = fields.get("links") else { return Ok(Vec::new()) };
    let mut links = Vec::new();
    let mut joined: BTreeMap<(usize, usize), String> = BTreeMap::new();
    for cursor in cursor.tables()? {
        for link in expand(&cursor, nodes)? {
            let ends = [(link.from, link.to), (link.to, link.from)];
            for pair in ends.into_iter().take(if link.duplex { 2 } else { 1 }) {
                if let Some(first) = joined.insert(pair, cursor.origin().to_string()) {
                    let (from, to) = (&nodes[pair.0].name, &nodes[pair.1].name);
                    let found = format!("a second link from `{from}` to `{to}` (the first is at {first})");
                    return Err(cursor.found(found, "one link in each direction"));
                }
            }
            links.push(link);
        }
    }
    Ok(links)
}

/// The links of one `[[links]]`.
fn expand(cursor: &Cursor<'_>, nodes: &[NodeSpec]) -> Result<Vec<LinkSpec>> {
    let fields = cursor.fields(&LINK_KEYS)?;
    let template = LinkSpec {
        from: 0,
        to: 0,
        duplex: fields.or("duplex", true, |cursor| cursor.boolean())?,
        latency: latency(&fields.need("latency", "a duration of at least 1ns")?)?,
        loss: fields.or("loss", 0.0, |cursor| cursor.ratio())?,
        rate: fields.or("rate", None, |cursor| cursor.unless("unlimited", |cursor| cursor.octet_rate()))?,
    };
    let (from, from_list) = ends(&fields, "from", nodes)?;
    let (to, to_list) = ends(&fields, "to", nodes)?;
    let mut links: Vec<LinkSpec> = Vec::new();
    let mut done: BTreeMap<(usize, usize), ()> = BTreeMap::new();
    for &from in &from {
        for &to in &to {
            let again = done.contains_key(&(from, to)) || template.duplex && done.contains_key(&(to, from));
            if from == to && !from_list && !to_list {
                return Err(cursor.found(format!("a link from `{}` to itself", nodes[from].name), "two nodes"));
            }
            if from != to && !again {
                done.insert((from, to), ());
                links.push(LinkSpec { from, to, ..template.clone() });
            }
        }
    }
    Ok(links)
}

/// The nodes at one end, and whether they were given as a list or as `"*"`.
fn ends(fields: &Fields<'_>, key: &str, nodes: &[NodeSpec]) -> Result<(Vec<usize>, bool)> {
    let cursor = fields.need(key, "the name of a node, a list of names, or \"*\"")?;
    if cursor.node.value.as_text() == Some("*") {
        return Ok(((0..nodes.len()).collect(), true));
    }
    let list = cursor.node.value.as_array().is_some();
    let indices = cursor.list_or_one().iter().map(|cursor| node_index(cursor, nodes)).collect::<Result<Vec<_>>>()?;
    Ok((indices, list))
}

/// A latency of at least 1 ns.
pub fn latency(cursor: &Cursor<'_>) -> Result<Distribution> {
    let latency = distribution(cursor, Place::Time)?;
    match latency {
        // A constant below half a nanosecond would be rounded to nothing.
        Distribution::Constant(seconds) if seconds < 1e-9 => Err(cursor.fail("a latency of at least 1ns")),
        latency => Ok(latency),
    }
}

/// The links of a model that gives none: 1 ns between the neighbours of each path.
pub fn implied_links<'p>(paths: impl IntoIterator<Item = &'p [usize]>) -> Vec<LinkSpec> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for path in paths {
        for step in path.windows(2) {
            let pair = (step[0].min(step[1]), step[0].max(step[1]));
            if pair.0 != pair.1 && !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
    }
    let link =
        |(from, to)| LinkSpec { from, to, duplex: true, latency: Distribution::Constant(1e-9), loss: 0.0, rate: None };
    pairs.into_iter().map(link).collect()
}
