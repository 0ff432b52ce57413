//! `[[workload]]`: streams of work, what each arrival does and when.

use std::path::Path;

use super::decode::{Cursor, Fields, check_name};
use super::distribution::{Place, distribution};
use super::error::{ConfigError, Result};
use super::files::{Files, relative_to};
use super::names::{group_index, node_of_role, only_node_of_role};
use super::trace_file;
use crate::kernel::{Distribution, Span, Time};
use crate::scenario::message_class;
use crate::scenario::model::{Arrivals, GroupSpec, NodeSpec, Role, TraceRow, WorkloadKind, WorkloadSpec};
use crate::wire::mailbox::MailboxEvent;

/// What a workload can refer to.
#[derive(Clone, Copy, Debug)]
pub struct Known<'k> {
    /// The nodes.
    pub nodes: &'k [NodeSpec],
    /// The groups of users.
    pub groups: &'k [GroupSpec],
    /// End of the run.
    pub horizon: Time,
    /// The model file. A file name is relative to the file that holds it, or to this one when it is in none.
    pub path: &'k Path,
}

/// The group of a user in a row of a trace file.
type GroupOf = fn(&TraceRow) -> Option<usize>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pager,
    Mailbox,
    Large,
    Datagram,
    Transaction,
    Push,
}

const KINDS: [(&str, Kind); 6] = [
    ("pager", Kind::Pager),
    ("mailbox", Kind::Mailbox),
    ("large", Kind::Large),
    ("datagram", Kind::Datagram),
    ("transaction", Kind::Transaction),
    ("push", Kind::Push),
];
const COMMON_KEYS: [&str; 11] =
    ["name", "kind", "from", "to", "batch", "start", "stop", "rate", "interarrival", "at", "trace_file"];
const ARRIVAL_KEYS: [&str; 6] = ["rate", "rate_per_user", "interarrival", "at", "population", "trace_file"];

impl Kind {
    fn keys(self) -> Vec<&'static str> {
        let own: &[&str] = match self {
            Kind::Mailbox => &["event", "rate_per_user"],
            Kind::Pager => &["size", "report", "expires", "rate_per_user"],
            Kind::Large => &["size", "report", "rate_per_user", "cancel_after"],
            Kind::Datagram => &["via", "size", "population", "think_time"],
            Kind::Transaction => &["via", "method", "status", "answer_delay", "provisional"],
            Kind::Push => &["size", "audience", "pace"],
        };
        let push: &[&str] = if self == Kind::Push { &super::push::KEYS } else { &[] };
        COMMON_KEYS.into_iter().chain(own.iter().chain(push).copied()).collect()
    }
}

/// The names of the workloads in file order, each of which is also a message class.
pub fn names(top: &Fields<'_>) -> Result<Vec<String>> {
    let Some(cursor) = top.get("workload") else { return Ok(Vec::new()) };
    let mut names: Vec<String> = Vec::new();
    for cursor in cursor.tables()? {
        let name = cursor.node.value.as_table().and_then(|table| table.get("name"));
        let name = name.map(|node| cursor.below("name", node));
        let fields = Fields { cursor };
        let name_cursor = name.ok_or_else(|| fields.missing("name", "the name of the workload"))?;
        let name = name_cursor.text()?;
        check_name(name, name_cursor.origin(), &name_cursor.key)?;
        if names.iter().any(|known| known == name) {
            return Err(name_cursor.found(format!("a second workload `{name}`"), "a name of its own"));
        }
        if message_class::FIXED.contains(&name) || name == "default" {
            return Err(name_cursor.found(format!("{name:?}"), "a name that is not that of a message class"));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

/// The workloads in file order.
pub fn workloads(top: &Fields<'_>, known: Known<'_>, files: &mut Files) -> Result<Vec<WorkloadSpec>> {
    let Some(cursor) = top.get("workload") else { return Ok(Vec::new()) };
    cursor.tables()?.iter().map(|cursor| workload(cursor, known, files)).collect()
}

fn workload(cursor: &Cursor<'_>, known: Known<'_>, files: &mut Files) -> Result<WorkloadSpec> {
    let every: Vec<&'static str> = KINDS.into_iter().flat_map(|(_, kind)| kind.keys()).collect();
    let kind = cursor
        .fields(&every)?
        .need("kind", &super::decode::one_of(KINDS.iter().map(|(name, _)| *name)))?
        .choice(&KINDS)?;
    let fields = cursor.fields(&kind.keys())?;
    let arrivals = arrivals(&fields, known, files)?;
    let start = fields.or("start", Time::ZERO, |cursor| cursor.time())?;
    let stop = fields.or("stop", known.horizon, |cursor| cursor.time())?;
    if stop < start {
        return Err(match fields.get("stop") {
            Some(stop) => stop.fail(format!("an instant after `start`, {start} s")),
            None => {
                fields.need("start", "an instant")?.fail(format!("an instant before the horizon, {} s", known.horizon))
            }
        });
    }
    Ok(WorkloadSpec {
        name: fields.need("name", "the name of the workload")?.text()?.to_owned(),
        kind: match kind {
            Kind::Pager => pager(&fields, known, &arrivals)?,
            Kind::Mailbox => mailbox(&fields, known)?,
            Kind::Large => large(&fields, known, &arrivals)?,
            Kind::Datagram => datagram(&fields, known)?,
            Kind::Transaction => transaction(&fields, known)?,
            Kind::Push => push(&fields, known, &arrivals)?,
        },
        batch: fields.or("batch", Distribution::Constant(1.0), |cursor| distribution(cursor, Place::Plain))?,
        arrivals,
        start,
        stop,
    })
}

fn size(fields: &Fields<'_>, usual: f64) -> Result<Distribution> {
    fields.or("size", Distribution::Constant(usual), |cursor| distribution(cursor, Place::Octets))
}

fn pager(fields: &Fields<'_>, known: Known<'_>, arrivals: &Arrivals) -> Result<WorkloadKind> {
    let (from, to) = groups_of_users(fields, known, arrivals)?;
    let (size, report) = (size(fields, 60.0)?, fields.or("report", false, |cursor| cursor.boolean())?);
    let expires = fields.or("expires", None, |cursor| cursor.unless("none", |cursor| cursor.positive_span()))?;
    Ok(WorkloadKind::Pager { from, to, size, report, expires })
}

fn large(fields: &Fields<'_>, known: Known<'_>, arrivals: &Arrivals) -> Result<WorkloadKind> {
    let (from, to) = groups_of_users(fields, known, arrivals)?;
    let (size, report) = (size(fields, 100_000.0)?, fields.or("report", false, |cursor| cursor.boolean())?);
    let cancel_after = fields.or("cancel_after", None, |cursor| cursor.unless("never", |cursor| cursor.span()))?;
    Ok(WorkloadKind::Large { from, to, size, report, cancel_after })
}

/// Who sends to whom, by the keys or else by the trace file.
fn groups_of_users(fields: &Fields<'_>, known: Known<'_>, arrivals: &Arrivals) -> Result<(usize, usize)> {
    let rows = if let Arrivals::Trace(rows) = arrivals { rows.as_slice() } else { &[] };
    let group = |key, of_row: GroupOf| match (fields.get(key), rows.first().and_then(of_row)) {
        (Some(cursor), _) => group_index(&cursor, known.groups),
        (None, Some(group)) => Ok(group),
        (None, None) => Err(fields.missing(key, "the name of a group of users ([population.NAME])")),
    };
    Ok((group("from", |row| row.from.map(|user| user.group))?, group("to", |row| row.to.map(|user| user.group))?))
}

fn mailbox(fields: &Fields<'_>, known: Known<'_>) -> Result<WorkloadKind> {
    let to = fields.need("to", "the name of a group of users ([population.NAME])")?;
    Ok(WorkloadKind::Mailbox {
        to: group_index(&to, known.groups)?,
        event: fields.or("event", MailboxEvent::MessageNew, super::messaging::event)?,
    })
}

fn datagram(fields: &Fields<'_>, known: Known<'_>) -> Result<WorkloadKind> {
    Ok(WorkloadKind::Datagram {
        from: only_node_of_role(fields, "from", known.nodes, Role::Source)?,
        via: via(fields, known.nodes, Role::Relay)?,
        to: only_node_of_role(fields, "to", known.nodes, Role::Sink)?,
        size: size(fields, 500.0)?,
    })
}

fn transaction(fields: &Fields<'_>, known: Known<'_>) -> Result<WorkloadKind> {
    let invite = fields.or("method", false, |cursor| cursor.choice(&[("INVITE", true), ("MESSAGE", false)]))?;
    let answer_delay =
        fields.or("answer_delay", Distribution::Constant(0.0), |cursor| distribution(cursor, Place::Time))?;
    let delayed = answer_delay != Distribution::Constant(0.0);
    Ok(WorkloadKind::Transaction {
        from: only_node_of_role(fields, "from", known.nodes, Role::Source)?,
        via: via(fields, known.nodes, Role::Proxy)?,
        to: only_node_of_role(fields, "to", known.nodes, Role::Sink)?,
        invite,
        status: fields.or("status", 200, |cursor| Ok(cursor.integer(200..=699)? as u16))?,
        provisional: fields.or("provisional", invite && delayed, |cursor| cursor.boolean())?,
        answer_delay,
    })
}

fn push(fields: &Fields<'_>, known: Known<'_>, arrivals: &Arrivals) -> Result<WorkloadKind> {
    if let (Arrivals::Trace(_), Some(cursor)) = (arrivals, fields.get("trace_file")) {
        return Err(cursor.found("`trace_file` of a push", "arrivals by `rate`, `interarrival` or `at`"));
    }
    let to = fields.need("to", "the name of a group of users ([population.NAME])")?;
    let whole_group = fields.or("audience", false, |cursor| cursor.choice(&[("user", false), ("group", true)]))?;
    let pace = match (whole_group, fields.get("pace")) {
        (true, Some(cursor)) => Some(cursor.unless("unlimited", |cursor| cursor.event_rate())?.map_or(Span::ZERO, gap)),
        (true, None) => Some(Span::ZERO),
        (false, Some(cursor)) => return Err(cursor.found("a key that needs `audience = \"group\"`", "no such key")),
        (false, None) => None,
    };
    Ok(WorkloadKind::Push {
        from: only_node_of_role(fields, "from", known.nodes, Role::PushSender)?,
        to: group_index(&to, known.groups)?,
        size: size(fields, 500.0)?,
        push: super::push::push(fields)?,
        pace,
    })
}

/// The time between two users at a pace.
fn gap(users_per_second: f64) -> Span {
    Span::from_secs_f64(1.0 / users_per_second)
}

fn via(fields: &Fields<'_>, nodes: &[NodeSpec], role: Role) -> Result<Vec<usize>> {
    let Some(cursor) = fields.get("via") else { return Ok(Vec::new()) };
    cursor.list_or_one().iter().map(|cursor| node_of_role(cursor, nodes, role)).collect()
}

/// Exactly one of the keys that say when things arrive.
fn arrivals(fields: &Fields<'_>, known: Known<'_>, files: &mut Files) -> Result<Arrivals> {
    let mut given = ARRIVAL_KEYS.into_iter().filter_map(|key| fields.get(key).map(|cursor| (key, cursor)));
    let Some((key, cursor)) = given.next() else {
        return Err(
            fields.missing("rate", &format!("{} to say when things arrive", super::decode::one_of(ARRIVAL_KEYS)))
        );
    };
    if let Some((second, cursor)) = given.next() {
        return Err(cursor.found(format!("`{second}` beside `{key}`"), "one way of saying when things arrive"));
    }
    if let (Some(think_time), false) = (fields.get("think_time"), key == "population") {
        return Err(think_time.found(format!("`think_time` beside `{key}`"), "`think_time` with `population` only"));
    }
    match key {
        "rate" => Ok(Arrivals::Poisson(cursor.event_rate()?)),
        "rate_per_user" => Ok(Arrivals::Poisson(cursor.event_rate()? * users(fields, known)?)),
        "interarrival" => renewal(&cursor),
        "at" => {
            let mut instants = cursor.list_or_one().iter().map(|cursor| cursor.time()).collect::<Result<Vec<_>>>()?;
            instants.sort_unstable();
            Ok(Arrivals::At(instants))
        }
        "population" => {
            let think_time = fields.need("think_time", "the time from the end of one cycle to the next arrival")?;
            let think_time = distribution(&think_time, Place::Time)?;
            Ok(Arrivals::Closed { population: cursor.count(1)?, think_time })
        }
        _ => trace(&cursor, fields, known, files),
    }
}

fn users(fields: &Fields<'_>, known: Known<'_>) -> Result<f64> {
    let key = if fields.get("from").is_some() { "from" } else { "to" };
    let group = group_index(&fields.need(key, "the name of a group of users ([population.NAME])")?, known.groups)?;
    Ok(f64::from(known.groups[group].users))
}

/// Gaps of zero for ever would stop the clock.
fn renewal(cursor: &Cursor<'_>) -> Result<Arrivals> {
    let gaps = distribution(cursor, Place::Time)?;
    if gaps.mean() >= 1e-9 { Ok(Arrivals::Renewal(gaps)) } else { Err(cursor.fail("gaps of at least 1ns on average")) }
}

fn trace(cursor: &Cursor<'_>, fields: &Fields<'_>, known: Known<'_>, files: &mut Files) -> Result<Arrivals> {
    let by = cursor.origin().file().unwrap_or_else(|| known.path.to_owned());
    let source = files.text(&relative_to(&by, cursor.text()?), Some((cursor.origin(), &cursor.key)))?;
    let pager = fields.get("kind").is_some_and(|kind| matches!(kind.node.value.as_text(), Some("pager" | "large")));
    let rows = trace_file::rows(&source, known.groups, pager)?;
    if pager {
        check_groups(fields, known, &rows)?;
    }
    Ok(Arrivals::Trace(rows))
}

/// Where the workload names its groups, every row keeps to them.
fn check_groups(fields: &Fields<'_>, known: Known<'_>, rows: &[TraceRow]) -> Result<()> {
    let ends: [(&str, GroupOf); 2] =
        [("from", |row| row.from.map(|user| user.group)), ("to", |row| row.to.map(|user| user.group))];
    for (key, of_row) in ends {
        let Some(cursor) = fields.get(key) else { continue };
        let group = group_index(&cursor, known.groups)?;
        let stranger = rows.iter().filter_map(|row| Some((row, of_row(row)?))).find(|(_, other)| *other != group);
        if let Some((row, other)) = stranger {
            let other = &known.groups[other].name;
            let found =
                format!("`{}`, while the trace file has a user of `{other}` at {} s", known.groups[group].name, row.at);
            return Err(ConfigError::new(
                cursor.origin(),
                &cursor.key,
                found,
                "no such key, or the group of every row",
            ));
        }
    }
    Ok(())
}
