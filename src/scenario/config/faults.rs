//! `[[faults]]`: what fails, when, and what that does.

use super::decode::{Cursor, Fields};
use super::distribution::{Place, distribution};
use super::error::Result;
use super::names::{group_index, node_index};
use crate::agents::procedure::{Procedure, ProcedureSet};
use crate::kernel::Distribution;
use crate::network::LinkSpec;
use crate::scenario::model::{FaultKind, FaultSpec, FaultTarget, FaultTimes, GroupSpec, LostMessages, NodeSpec, Role};

/// What a fault can refer to.
#[derive(Clone, Copy, Debug)]
pub struct Known<'k> {
    /// The nodes.
    pub nodes: &'k [NodeSpec],
    /// The links.
    pub links: &'k [LinkSpec],
    /// The groups of users.
    pub groups: &'k [GroupSpec],
}

const KEYS: [&str; 14] = [
    "name",
    "node",
    "instance",
    "link",
    "group",
    "kind",
    "keeps_data",
    "procedures",
    "messages",
    "loss",
    "at",
    "duration",
    "time_to_failure",
    "time_to_repair",
];
const TARGETS: &str = "one of `node`, `link` and `group`";
const TIMES: &str = "`at` with `duration`, or `time_to_failure` with `time_to_repair`";
/// Faults are known by 16 bits.
const FAULTS_MAX: usize = 60_000;

/// The faults in file order.
pub fn faults(top: &Fields<'_>, known: Known<'_>) -> Result<Vec<FaultSpec>> {
    let Some(cursor) = top.get("faults") else { return Ok(Vec::new()) };
    let mut faults = Vec::new();
    for element in cursor.tables()? {
        faults.extend(fault(&element, known)?);
    }
    if faults.len() > FAULTS_MAX {
        return Err(cursor.found(format!("{} faults", faults.len()), format!("at most {FAULTS_MAX}")));
    }
    Ok(faults)
}

fn fault(cursor: &Cursor<'_>, known: Known<'_>) -> Result<Vec<FaultSpec>> {
    let fields = cursor.fields(&KEYS)?;
    let times = times(&fields)?;
    let target = target(&fields, known)?;
    let kind = kind(&fields, &target, known)?;
    let random = matches!(times, FaultTimes::Renewal { .. });
    let targets = match target {
        // Instances fail independently of each other when they fail at random.
        FaultTarget::Node { node, instance: None } if random => {
            let instances = 0..known.nodes[node].instances;
            instances.map(|at| FaultTarget::Node { node, instance: Some(at) }).collect()
        }
        target => vec![target],
    };
    Ok(targets.into_iter().map(|target| FaultSpec { target, kind, times: times.clone() }).collect())
}

fn target(fields: &Fields<'_>, known: Known<'_>) -> Result<FaultTarget> {
    let target = match (fields.get("node"), fields.get("link"), fields.get("group")) {
        (Some(cursor), None, None) => {
            let node = node_index(&cursor, known.nodes)?;
            let last = u64::from(known.nodes[node].instances);
            let instance = fields.or("instance", None, |cursor| {
                cursor.unless("all", |cursor| Ok(cursor.integer(1..=last)? as u32 - 1))
            })?;
            return Ok(FaultTarget::Node { node, instance });
        }
        (None, Some(cursor), None) => FaultTarget::Link(link(&cursor, known)?),
        (None, None, Some(cursor)) => FaultTarget::Group(group_index(&cursor, known.groups)?),
        (None, None, None) => return Err(fields.missing("node", TARGETS)),
        (_, Some(cursor), _) | (_, None, Some(cursor)) => {
            return Err(cursor.found("a second thing that fails", TARGETS));
        }
    };
    match fields.get("instance") {
        Some(cursor) => Err(cursor.found("a key that needs `node`", "no such key")),
        None => Ok(target),
    }
}

fn link(cursor: &Cursor<'_>, known: Known<'_>) -> Result<Vec<usize>> {
    let expected = "the two nodes that it joins, such as [\"s\", \"pf\"]";
    let ends = cursor.list().map_err(|_| cursor.fail(expected))?;
    let [a, b] = &ends[..] else { return Err(cursor.fail(expected)) };
    let (a, b) = (node_index(a, known.nodes)?, node_index(b, known.nodes)?);
    let joins = |link: &LinkSpec| (link.from, link.to) == (a, b) || (link.from, link.to) == (b, a);
    let links: Vec<usize> = (0..known.links.len()).filter(|at| joins(&known.links[*at])).collect();
    if links.is_empty() {
        let found = format!("no link between `{}` and `{}`", known.nodes[a].name, known.nodes[b].name);
        return Err(cursor.found(found, "two nodes that a link ([[links]]) joins"));
    }
    Ok(links)
}

/// Names of [`LostMessages`].
pub const LOST_MESSAGES: [(&str, LostMessages); 3] = [
    ("all", LostMessages::All),
    ("requests", LostMessages::Requests),
    ("final_responses", LostMessages::FinalResponses),
];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Outage,
    Restart,
    Loss,
}

fn kind(fields: &Fields<'_>, target: &FaultTarget, known: Known<'_>) -> Result<FaultKind> {
    let kinds = [("outage", Kind::Outage), ("restart", Kind::Restart), ("loss", Kind::Loss)];
    let kind = fields.or("kind", Kind::Outage, |cursor| cursor.choice(&kinds))?;
    let keeps = fields.get("keeps_data");
    if kind == Kind::Loss {
        if let Some(cursor) = keeps {
            return Err(cursor.found("a key that needs `kind = \"restart\"`", "no such key"));
        }
        return loss(fields);
    }
    for key in ["procedures", "messages", "loss"] {
        if let Some(cursor) = fields.get(key) {
            return Err(cursor.found("a key that needs `kind = \"loss\"`", "no such key"));
        }
    }
    match (kind == Kind::Restart, target) {
        (false, _) => match keeps {
            Some(cursor) => Err(cursor.found("a key that needs `kind = \"restart\"`", "no such key")),
            None => Ok(FaultKind::Outage),
        },
        (true, FaultTarget::Link(_) | FaultTarget::Group(_)) => {
            let cursor = fields.get("kind").unwrap_or(fields.cursor.clone());
            Err(cursor.found("a restart of something that is no node", "`kind = \"outage\"`"))
        }
        (true, FaultTarget::Node { node, .. }) if known.nodes[*node].role == Role::Router => {
            let cursor = fields.get("kind").unwrap_or(fields.cursor.clone());
            Err(cursor.found("a router that restarts", "`kind = \"outage\"`: a router has no memory"))
        }
        (true, FaultTarget::Node { .. }) => {
            let keeps_data = keeps.map_or(Ok(true), |cursor| cursor.boolean())?;
            Ok(FaultKind::Restart { keeps_data })
        }
    }
}

/// What is lost, and how much of it.
fn loss(fields: &Fields<'_>) -> Result<FaultKind> {
    let procedures = Procedure::ALL.map(|procedure| (procedure.name(), procedure));
    let named = |cursor: &Cursor<'_>| {
        let list = cursor.list_or_one().iter().map(|cursor| cursor.choice(&procedures)).collect::<Result<Vec<_>>>()?;
        Ok(ProcedureSet::of(&list))
    };
    let list = |cursor: &Cursor<'_>| Ok(cursor.unless("all", named)?.unwrap_or(ProcedureSet::ALL));
    Ok(FaultKind::Loss {
        procedures: fields.or("procedures", ProcedureSet::ALL, list)?,
        messages: fields.or("messages", LostMessages::All, |cursor| cursor.choice(&LOST_MESSAGES))?,
        share: fields.or("loss", 1.0, |cursor| cursor.ratio())?,
    })
}

fn times(fields: &Fields<'_>) -> Result<FaultTimes> {
    let length = |key: &str| {
        let cursor = fields.need(key, "a duration or a distribution")?;
        distribution(&cursor, Place::Time)
    };
    let refuse = |key: &str| match fields.get(key) {
        Some(cursor) => Err(cursor.found(format!("`{key}` beside other times"), TIMES)),
        None => Ok(()),
    };
    if let Some(cursor) = fields.get("at") {
        refuse("time_to_failure")?;
        refuse("time_to_repair")?;
        let instants = cursor.list_or_one().iter().map(|cursor| cursor.time()).collect::<Result<Vec<_>>>()?;
        return Ok(FaultTimes::At { instants, duration: length("duration")? });
    }
    refuse("duration")?;
    if fields.get("time_to_failure").is_none() {
        return Err(fields.missing("at", TIMES));
    }
    let (time_to_failure, time_to_repair) = (length("time_to_failure")?, length("time_to_repair")?);
    if time_to_failure == Distribution::Constant(0.0) {
        let cursor = fields.get("time_to_failure").unwrap_or(fields.cursor.clone());
        return Err(cursor.fail("a time of at least 1ns"));
    }
    Ok(FaultTimes::Renewal { time_to_failure, time_to_repair })
}
