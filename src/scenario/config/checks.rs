//! What only the whole model can tell: roles that a network needs, routes between nodes that must talk, sizes.

use std::collections::BTreeMap;

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::Dfs;

use super::decode::{Cursor, Fields};
use super::error::{ConfigError, Result};
use super::names::role_name;
use crate::agents::messaging::settings::Bearer;
use crate::agents::policies::OutOfBandBearer;
use crate::kernel::EntityId;
use crate::network::LinkSpec;
use crate::scenario::model::{Action, Actor, Arrivals, Model, NodeSpec, Role, UserRef, WorkloadKind};

/// Pairs of roles of one home network that exchange requests and responses.
const PAIRS: [(Role, Role); 28] = [
    (Role::PCscf, Role::ICscf),
    (Role::PCscf, Role::SCscf),
    (Role::ICscf, Role::SCscf),
    (Role::ICscf, Role::Hss),
    (Role::SCscf, Role::Hss),
    (Role::SCscf, Role::Pf),
    (Role::SCscf, Role::PushSender),
    (Role::PCscf, Role::HttpServer),
    (Role::Pf, Role::MessageStore),
    (Role::Pf, Role::Isf),
    // Terminals reach the XDMS from the site of their P-CSCF.
    (Role::PCscf, Role::Xdms),
    (Role::Pf, Role::Xdms),
    // Terminals reach the MEM server and the MMS server from there, too.
    (Role::MemServer, Role::MmsServer),
    (Role::MemServer, Role::Smsc),
    (Role::MemServer, Role::SCscf),
    (Role::MemServer, Role::PCscf),
    (Role::MmsServer, Role::Smsc),
    (Role::MmsServer, Role::PCscf),
    (Role::Smsc, Role::Hlr),
    (Role::Smsc, Role::Msc),
    (Role::Smsc, Role::IpSmGw),
    (Role::Hlr, Role::Msc),
    (Role::IpSmGw, Role::Msc),
    (Role::IpSmGw, Role::SCscf),
    // User planes go from the site of one P-CSCF to that of another, and to the relay there.
    (Role::PCscf, Role::MsrpRelay),
    (Role::Pf, Role::Smsc),
    (Role::Pf, Role::MmsServer),
    (Role::Isf, Role::Smsc),
];
/// What users of a network need in it.
const NEEDED: [Role; 5] = [Role::PCscf, Role::ICscf, Role::SCscf, Role::Hss, Role::Pf];

/// Most nodes, devices, groups or workloads of a model.
const NAMES_MAX: usize = 30_000;

/// Checks `model` as a whole; `top` is the tree that it was read from, for places.
pub fn check(top: &Fields<'_>, model: &Model) -> Result<()> {
    check_times(top, model)?;
    check_counts(top, model)?;
    check_entities(top, model)?;
    check_roles(top, model)?;
    check_do_not_disturb(top, model)?;
    check_messaging(top, model)?;
    let mut routes = Routes::new(&model.nodes, &model.links);
    check_core_routes(top, model, &mut routes)?;
    check_paths(top, model, &mut routes)?;
    check_networks(top, model, &mut routes)?;
    check_pushes(top, model)
}

fn check_times(top: &Fields<'_>, model: &Model) -> Result<()> {
    if model.horizon > model.warm_up {
        return Ok(());
    }
    let cursor = top.get("warm_up").or_else(|| top.get("horizon")).unwrap_or(top.cursor.clone());
    let found = format!("a warm-up of {} s and a horizon of {} s", model.warm_up, model.horizon);
    Err(cursor.found(found, "a horizon after the warm-up"))
}

/// Nodes, devices, groups and workloads are known by 16 bits.
fn check_counts(top: &Fields<'_>, model: &Model) -> Result<()> {
    let counts = [
        ("nodes", model.nodes.len()),
        ("devices", model.devices.len()),
        ("population", model.groups.len()),
        ("workload", model.workloads.len()),
    ];
    match counts.into_iter().find(|(_, count)| *count > NAMES_MAX) {
        Some((key, count)) => {
            let cursor = top.get(key).unwrap_or(top.cursor.clone());
            Err(cursor.found(format!("{count} of them"), format!("at most {NAMES_MAX}")))
        }
        None => Ok(()),
    }
}

fn check_entities(top: &Fields<'_>, model: &Model) -> Result<()> {
    let instances: u64 = model.nodes.iter().map(|node| u64::from(node.instances)).sum();
    let users: u64 = model.groups.iter().map(|group| u64::from(group.users)).sum();
    let terminals: u64 = model.groups.iter().map(|group| u64::from(group.users) * group.devices.len() as u64).sum();
    let cursor = top.get("population").or_else(|| top.get("nodes")).unwrap_or(top.cursor.clone());
    if u32::try_from(users).is_err() {
        return Err(cursor.found(format!("{users} users in all"), format!("at most {}", u32::MAX)));
    }
    let limit = u64::from(EntityId::LIMIT);
    if instances.saturating_add(terminals) < limit {
        return Ok(());
    }
    let found = format!("{instances} node instances and {terminals} terminals");
    Err(cursor.found(found, format!("fewer than {limit} in all")))
}

fn check_roles(top: &Fields<'_>, model: &Model) -> Result<()> {
    for group in &model.groups {
        if let Some(role) = NEEDED.into_iter().find(|role| !has_role(model, group.network, *role)) {
            let found = format!("no node with role {} in network `{}`", role_name(role), network(model, group.network));
            let expected = "p_cscf, i_cscf, s_cscf, hss and pf in the network of the users";
            return Err(named_cursor(top, "population", &group.name).found(found, expected));
        }
    }
    Ok(())
}

fn has_role(model: &Model, network: usize, role: Role) -> bool {
    model.nodes.iter().any(|node| node.network == network && node.role == role)
}

/// Rules need an XDMS in the network of the user.
fn check_do_not_disturb(top: &Fields<'_>, model: &Model) -> Result<()> {
    let has = |network| has_role(model, network, Role::Xdms);
    let need = |cursor: &Cursor<'_>, network_index: usize| {
        let found = format!("no node with role xdms in network `{}`", network(model, network_index));
        Err(cursor.found(found, "a node with role xdms in the network of the user"))
    };
    if let Some(group) = model.groups.iter().find(|group| group.do_not_disturb.is_some() && !has(group.network)) {
        return need(&named_cursor(top, "population", &group.name), group.network);
    }
    for (at, step) in model.script.iter().enumerate() {
        if let (Actor::Terminal(user, _), Action::SetDoNotDisturb(_)) = (step.actor, &step.action) {
            let network = model.groups[user.group].network;
            if !has(network) {
                return need(&element(top, "script", at), network);
            }
        }
    }
    Ok(())
}

/// What the nodes for mail, multimedia and short messages need beside them.
fn check_messaging(top: &Fields<'_>, model: &Model) -> Result<()> {
    let bearer = match model.messaging.mem.bearer {
        Bearer::Mms => Some(Role::MmsServer),
        Bearer::Sms | Bearer::WapPush => Some(Role::Smsc),
        Bearer::SipPush => None,
    };
    let told_by = match model.policies.oob_bearer {
        OutOfBandBearer::None => None,
        OutOfBandBearer::Sms => Some(Role::Smsc),
        OutOfBandBearer::Mms => Some(Role::MmsServer),
    };
    for node in &model.nodes {
        let has = |role| model.nodes.iter().any(|other| other.network == node.network && other.role == role);
        let needed: &[Option<Role>] = match node.role {
            Role::MemServer => &[bearer],
            Role::Pf => &[told_by],
            Role::MmsServer => &[Some(Role::Smsc)],
            Role::Smsc | Role::IpSmGw => &[Some(Role::Hlr), Some(Role::Msc)],
            _ => &[],
        };
        if let Some(role) = needed.iter().copied().flatten().find(|role| !has(*role)) {
            let found = format!("no node with role {} in network `{}`", role_name(role), network(model, node.network));
            let expected = format!("one, which {} needs", role_name(node.role));
            return Err(node_cursor(top, node).found(found, expected));
        }
    }
    for (at, workload) in model.workloads.iter().enumerate() {
        let WorkloadKind::Mailbox { to, .. } = workload.kind else { continue };
        let home = model.groups[to].network;
        if !model.nodes.iter().any(|node| node.network == home && node.role == Role::MemServer) {
            let found = format!("no node with role mem_server in network `{}`", network(model, home));
            return Err(element(top, "workload", at).found(found, "one, which mailboxes need"));
        }
    }
    Ok(())
}

fn network(model: &Model, index: usize) -> &str {
    model.networks.get(index).map_or("", String::as_str)
}

/// Which nodes links join, directly or through others.
struct Routes<'m> {
    nodes: &'m [NodeSpec],
    graph: DiGraph<(), ()>,
    reached: BTreeMap<usize, Vec<bool>>,
}

impl<'m> Routes<'m> {
    fn new(nodes: &'m [NodeSpec], links: &[LinkSpec]) -> Routes<'m> {
        let mut graph = DiGraph::new();
        for _ in nodes {
            graph.add_node(());
        }
        for link in links {
            graph.add_edge(NodeIndex::new(link.from), NodeIndex::new(link.to), ());
            if link.duplex {
                graph.add_edge(NodeIndex::new(link.to), NodeIndex::new(link.from), ());
            }
        }
        Routes { nodes, graph, reached: BTreeMap::new() }
    }

    /// An error at `cursor` unless `to` can be reached from `from`.
    fn need(&mut self, from: usize, to: usize, cursor: &Cursor<'_>) -> Result<()> {
        let graph = &self.graph;
        let reached = self.reached.entry(from).or_insert_with(|| {
            let mut reached = vec![false; graph.node_count()];
            let mut walk = Dfs::new(graph, NodeIndex::new(from));
            while let Some(node) = walk.next(graph) {
                reached[node.index()] = true;
            }
            reached
        });
        if reached[to] {
            return Ok(());
        }
        let found = format!("no route between `{}` and `{}`", self.nodes[from].name, self.nodes[to].name);
        Err(cursor.found(found, "links ([[links]]) that lead from the one to the other"))
    }

    fn need_both(&mut self, a: usize, b: usize, cursor: &Cursor<'_>) -> Result<()> {
        self.need(a, b, cursor)?;
        self.need(b, a, cursor)
    }
}

fn check_core_routes(top: &Fields<'_>, model: &Model, routes: &mut Routes<'_>) -> Result<()> {
    for (a, b) in PAIRS {
        for from in (0..model.nodes.len()).filter(|&at| model.nodes[at].role == a) {
            let network = model.nodes[from].network;
            for to in
                (0..model.nodes.len()).filter(|&at| model.nodes[at].role == b && model.nodes[at].network == network)
            {
                routes.need_both(from, to, &node_cursor(top, &model.nodes[from]))?;
            }
        }
    }
    Ok(())
}

fn check_paths(top: &Fields<'_>, model: &Model, routes: &mut Routes<'_>) -> Result<()> {
    for (at, workload) in model.workloads.iter().enumerate() {
        let Some((path, answered)) = path_of(&workload.kind) else { continue };
        let cursor = element(top, "workload", at);
        for step in path.windows(2) {
            if answered {
                routes.need_both(step[0], step[1], &cursor)?;
            } else {
                routes.need(step[0], step[1], &cursor)?;
            }
        }
    }
    Ok(())
}

/// The nodes from end to end, and whether responses come back over them.
pub fn path_of(kind: &WorkloadKind) -> Option<(Vec<usize>, bool)> {
    let path = |from: usize, via: &[usize], to: usize| [&[from], via, &[to]].concat();
    match kind {
        WorkloadKind::Pager { .. }
        | WorkloadKind::Mailbox { .. }
        | WorkloadKind::Large { .. }
        | WorkloadKind::Push { .. } => None,
        WorkloadKind::Datagram { from, via, to, .. } => Some((path(*from, via, *to), false)),
        WorkloadKind::Transaction { from, via, to, .. } => Some((path(*from, via, *to), true)),
    }
}

/// Routes from S-CSCF to I-CSCF wherever a user of one network sends to a user of another.
fn check_networks(top: &Fields<'_>, model: &Model, routes: &mut Routes<'_>) -> Result<()> {
    for (at, workload) in model.workloads.iter().enumerate() {
        let (WorkloadKind::Pager { from, to, .. } | WorkloadKind::Large { from, to, .. }) = workload.kind else {
            continue;
        };
        let cursor = element(top, "workload", at);
        check_pair(model, from, to, routes, &cursor)?;
        let Arrivals::Trace(rows) = &workload.arrivals else { continue };
        let group = |user: Option<UserRef>, usual| user.map_or(usual, |user| user.group);
        let mut pairs: Vec<_> = rows.iter().map(|row| (group(row.from, from), group(row.to, to))).collect();
        pairs.sort_unstable();
        pairs.dedup();
        for (from, to) in pairs {
            check_pair(model, from, to, routes, &cursor)?;
        }
    }
    for (at, step) in model.script.iter().enumerate() {
        let cursor = element(top, "script", at);
        if let (Actor::Terminal(user, _), Action::SendPager { to, .. } | Action::SendLarge { to, .. }) =
            (step.actor, &step.action)
        {
            check_pair(model, user.group, to.group, routes, &cursor)?;
        }
    }
    Ok(())
}

/// A push sender serves the users of its own network.
fn check_pushes(top: &Fields<'_>, model: &Model) -> Result<()> {
    super::push::check_interests(&top.get("population").unwrap_or(top.cursor.clone()), &model.interests())?;
    let of_workloads = model.workloads.iter().enumerate().filter_map(|(at, workload)| match workload.kind {
        WorkloadKind::Push { from, to, .. } => Some(("workload", at, from, to)),
        WorkloadKind::Pager { .. }
        | WorkloadKind::Mailbox { .. }
        | WorkloadKind::Large { .. }
        | WorkloadKind::Datagram { .. }
        | WorkloadKind::Transaction { .. } => None,
    });
    let of_steps = model.script.iter().enumerate().filter_map(|(at, step)| match (step.actor, &step.action) {
        (Actor::Node(from), Action::Push { to, .. } | Action::EndSubscriptions { to }) => {
            Some(("script", at, from, to.group))
        }
        _ => None,
    });
    for (key, at, from, to) in of_workloads.chain(of_steps) {
        let (node, group) = (&model.nodes[from], &model.groups[to]);
        if node.network != group.network {
            let found = format!("`{}` in network `{}`", group.name, network(model, group.network));
            let expected = format!("users of network `{}`, that of `{}`", network(model, node.network), node.name);
            return Err(element(top, key, at).found(found, expected));
        }
        if model.may_push_by_reference() && !has_role(model, group.network, Role::HttpServer) {
            let found = format!("no node with role http_server in network `{}`", network(model, group.network));
            let expected = "one, because content may be pushed by reference";
            return Err(element(top, key, at).found(found, expected));
        }
    }
    for group in &model.groups {
        if group.subscribe_to.is_some_and(|node| model.nodes[node].network != group.network) {
            let found = "`subscribe_to` a push sender of another network";
            return Err(named_cursor(top, "population", &group.name).found(found, "one of the users' own network"));
        }
    }
    Ok(())
}

/// Two groups whose users talk; reports go the other way. The user plane of their sessions finds its way over the same
/// nodes, from P-CSCF to P-CSCF.
fn check_pair(model: &Model, from: usize, to: usize, routes: &mut Routes<'_>, cursor: &Cursor<'_>) -> Result<()> {
    let (a, b) = (model.groups[from].network, model.groups[to].network);
    if a == b {
        return Ok(());
    }
    let of = |network: usize, role: Role| {
        let fits = move |node: &NodeSpec| node.network == network && node.role == role;
        (0..model.nodes.len()).filter(move |&at| fits(&model.nodes[at]))
    };
    for (a, b) in [(a, b), (b, a)] {
        for s_cscf in of(a, Role::SCscf) {
            for i_cscf in of(b, Role::ICscf) {
                routes.need_both(s_cscf, i_cscf, cursor)?;
            }
        }
    }
    Ok(())
}

fn node_cursor<'a>(top: &Fields<'a>, node: &NodeSpec) -> Cursor<'a> {
    named_cursor(top, "nodes", &node.name)
}

fn named_cursor<'a>(top: &Fields<'a>, table: &str, name: &str) -> Cursor<'a> {
    let Some(cursor) = top.get(table) else { return top.cursor.clone() };
    let node = cursor.node.value.as_table().and_then(|table| table.get(name));
    node.map_or(cursor.clone(), |node| cursor.below(name, node))
}

fn element<'a>(top: &Fields<'a>, key: &str, at: usize) -> Cursor<'a> {
    let elements = top.get(key).and_then(|cursor| cursor.tables().ok());
    elements.and_then(|mut cursors| (at < cursors.len()).then(|| cursors.swap_remove(at))).unwrap_or(top.cursor.clone())
}

/// An error for a key that only a file can hold.
pub fn refuse_include(top: &Fields<'_>) -> Result<()> {
    match top.get("include") {
        Some(cursor) => {
            Err(ConfigError::new(cursor.origin(), "include", "an override", "`include` in the file itself"))
        }
        None => Ok(()),
    }
}
