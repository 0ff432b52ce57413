//! From a model to what a world needs: entities, names, directory, shared state, measurement plan.

use super::message_class;
use super::model::{Action, Actor, DeviceSpec, FaultKind, GroupSpec, Model, PushSpec, Role, WorkloadKind};
use crate::agents::Shared;
use crate::agents::plain::{PlainKind, PlainWorkload};
use crate::agents::policies::{ManagementMedia, Mode, OutOfBandAddress, OutOfBandBearer, PfFailover, ReportAt};
use crate::agents::push_sender::MethodChoice;
use crate::agents::push_sender::{Audience, Interests, PushOrder};
use crate::agents::shared::{Device, Directory, HomeNodes, WISHES, Wish};
use crate::kernel::{Distribution, EntityId, Streams};
use crate::measure::MeasurePlan;
use crate::wire::names::UserGroup;
use crate::wire::sip::FeatureTags;
use crate::wire::{Names, NetworkId, UserId};

/// Where the entities of a model are: node instances first, in the order of the nodes, then the terminals.
#[derive(Clone, Debug)]
pub struct Layout {
    /// First entity of each node.
    pub first_of_node: Vec<u32>,
    /// Node of each node instance.
    pub node_of: Vec<u32>,
    /// First user of each group.
    pub first_user: Vec<u32>,
    /// First terminal entity of each group.
    pub first_terminal: Vec<u32>,
    /// Number of terminals.
    pub terminals: u32,
    /// Number of users.
    pub users: u32,
}

impl Layout {
    /// Lays out the entities of a model.
    pub fn new(model: &Model) -> Layout {
        let (mut first_of_node, mut node_of) = (Vec::new(), Vec::new());
        for (at, node) in model.nodes.iter().enumerate() {
            first_of_node.push(node_of.len() as u32);
            node_of.extend(std::iter::repeat_n(at as u32, node.instances as usize));
        }
        let (mut user, mut terminal) = (0, node_of.len() as u32);
        let (mut first_user, mut first_terminal) = (Vec::new(), Vec::new());
        for group in &model.groups {
            first_user.push(user);
            first_terminal.push(terminal);
            user += group.users;
            terminal += group.users * group.devices.len() as u32;
        }
        let terminals = terminal - node_of.len() as u32;
        Layout { first_of_node, node_of, first_user, first_terminal, terminals, users: user }
    }

    /// Entities of a node.
    pub fn instances(&self, model: &Model, node: usize) -> Vec<EntityId> {
        let first = self.first_of_node[node];
        (first..first + model.nodes[node].instances).map(EntityId).collect()
    }

    /// Entity of the first terminal.
    pub fn terminals_from(&self) -> EntityId {
        EntityId(self.node_of.len() as u32)
    }

    /// Name of each node instance: the node's, with its number where there are several.
    pub fn instance_names(&self, model: &Model) -> Vec<String> {
        self.node_of
            .iter()
            .enumerate()
            .map(|(at, node)| {
                let spec = &model.nodes[*node as usize];
                if spec.instances == 1 {
                    spec.name.clone()
                } else {
                    format!("{}[{}]", spec.name, at as u32 - self.first_of_node[*node as usize])
                }
            })
            .collect()
    }
}

/// What is fixed for a run of the model.
pub fn shared(model: &Model, layout: &Layout, seed: u64, replication: u64) -> Shared {
    Shared {
        names: names(model, layout),
        directory: directory(model, layout),
        policies: model.policies.clone(),
        sip: model.sip.clone(),
        messaging: model.messaging.clone(),
        streams: Streams::new(seed, replication),
        classes: classes(model),
        plain: model.workloads.iter().map(|workload| plain(model, layout, &workload.kind)).collect(),
        pushes: pushes(model, layout),
    }
}

/// What push senders are asked for, in the order of [`push_order_of_workload`] and [`push_order_of_step`].
fn pushes(model: &Model, layout: &Layout) -> Vec<PushOrder> {
    let of_workloads = (0..).zip(&model.workloads).filter_map(|(class, workload)| match &workload.kind {
        WorkloadKind::Push { from, to, push, pace, .. } => {
            let audience =
                pace.map(|gap| Audience { first: UserId(layout.first_user[*to]), users: model.groups[*to].users, gap });
            Some(push_order(model, layout, *from, push, class, audience))
        }
        WorkloadKind::Pager { .. }
        | WorkloadKind::Mailbox { .. }
        | WorkloadKind::Large { .. }
        | WorkloadKind::Datagram { .. }
        | WorkloadKind::Transaction { .. } => None,
    });
    let of_steps = model.script.iter().filter_map(|step| match (&step.action, step.actor) {
        (Action::Push { push, .. }, Actor::Node(from)) => {
            Some(push_order(model, layout, from, push, script_class(model), None))
        }
        _ => None,
    });
    of_workloads.chain(of_steps).collect()
}

/// The position of a workload's order in [`Shared::pushes`].
pub fn push_order_of_workload(model: &Model, at: usize) -> u16 {
    model.workloads[..at].iter().filter(|workload| matches!(workload.kind, WorkloadKind::Push { .. })).count() as u16
}

/// The position of a step's order in [`Shared::pushes`].
pub fn push_order_of_step(model: &Model, at: usize) -> u16 {
    let before = model.script[..at].iter().filter(|step| matches!(step.action, Action::Push { .. })).count();
    push_order_of_workload(model, model.workloads.len()) + before as u16
}

fn push_order(
    model: &Model,
    layout: &Layout,
    from: usize,
    push: &PushSpec,
    class: u16,
    audience: Option<Audience>,
) -> PushOrder {
    PushOrder {
        senders: layout.instances(model, from),
        class,
        kind: push.class,
        method: push.method,
        targets: push.targets,
        require: features(&push.require),
        interests: interests(model, &push.interests),
        media: push.media,
        audience,
    }
}

/// Interests by name as positions in the model's list of all of them.
fn interests(model: &Model, names: &[String]) -> Interests {
    let known = model.interests();
    Interests(known.iter().enumerate().filter(|(_, name)| names.contains(name)).fold(0, |set, (at, _)| set | 1 << at))
}

/// Names of the classes: workloads, then user groups, then `script`.
pub fn classes(model: &Model) -> Vec<String> {
    let workloads = model.workloads.iter().map(|workload| workload.name.clone());
    let groups = model.groups.iter().map(|group| group.name.clone());
    workloads.chain(groups).chain(["script".to_string()]).collect()
}

/// The class of scripted messages.
pub fn script_class(model: &Model) -> u16 {
    (model.workloads.len() + model.groups.len()) as u16
}

/// The naming table of a run of the model.
pub fn names(model: &Model, layout: &Layout) -> Names {
    let domains: Vec<String> = model.networks.iter().map(|network| format!("{network}.example")).collect();
    let hosts = layout
        .node_of
        .iter()
        .enumerate()
        .map(|(at, node)| {
            let spec = &model.nodes[*node as usize];
            let number = at as u32 - layout.first_of_node[*node as usize];
            let label = spec.name.replace('_', "-");
            format!("{label}{number}.{}", domains[spec.network])
        })
        .collect();
    let groups = model
        .groups
        .iter()
        .enumerate()
        .map(|(at, group)| UserGroup {
            first_user: UserId(layout.first_user[at]),
            network: NetworkId(group.network as u8),
            first_terminal: EntityId(layout.first_terminal[at]),
            terminals: group.devices.len() as u32,
        })
        .collect();
    Names::new(domains, hosts, groups)
}

fn directory(model: &Model, layout: &Layout) -> Directory {
    let mut homes = vec![HomeNodes::default(); model.networks.len()];
    for (at, node) in model.nodes.iter().enumerate() {
        let home = &mut homes[node.network];
        let list = match node.role {
            Role::PCscf => &mut home.p_cscf,
            Role::ICscf => &mut home.i_cscf,
            Role::SCscf => &mut home.s_cscf,
            Role::Hss => &mut home.hss,
            Role::Pf => &mut home.pf,
            Role::PushSender => &mut home.push_sender,
            Role::HttpServer => &mut home.http_server,
            Role::MessageStore => &mut home.message_store,
            Role::Isf => &mut home.isf,
            Role::Xdms => &mut home.xdms,
            Role::MemServer => &mut home.mem_server,
            Role::MmsServer => &mut home.mms_server,
            Role::Smsc => &mut home.smsc,
            Role::Hlr => &mut home.hlr,
            Role::Msc => &mut home.msc,
            Role::IpSmGw => &mut home.ip_sm_gw,
            Role::MsrpRelay => &mut home.msrp_relay,
            Role::Source | Role::Sink | Role::Relay | Role::Proxy | Role::Router => continue,
        };
        list.extend(layout.instances(model, at));
    }
    Directory {
        roles: layout.node_of.iter().map(|node| model.nodes[*node as usize].role).collect(),
        homes,
        devices: model.devices.iter().map(device).collect(),
        group_devices: model.groups.iter().map(group_devices).collect(),
        group_expires: model.groups.iter().map(|group| group.expires).collect(),
        group_subscription: model
            .groups
            .iter()
            .map(|group| group.subscribe_to.map_or(Vec::new(), |node| layout.instances(model, node)))
            .collect(),
        group_capability: model
            .groups
            .iter()
            .map(|group| group.capability.as_ref().map_or(FeatureTags::NONE, |lost| features(&lost.features)))
            .collect(),
        group_interests: model.groups.iter().map(|group| interests(model, &group.interests)).collect(),
    }
}

fn group_devices(group: &GroupSpec) -> Vec<u16> {
    group.devices.iter().map(|device| *device as u16).collect()
}

fn device(spec: &DeviceSpec) -> Device {
    Device {
        sessions: spec.sessions.clone(),
        features: features(&spec.features),
        max_content: spec.max_content,
        think_time: spec.think_time.clone(),
        pull_listed: spec.pull_listed,
        pull_actions: pull_actions(&spec.pull_actions),
        pull_unsuitable: spec.pull_unsuitable,
        answer_delay: spec.answer_delay.clone(),
        provisioned: spec.provisioned,
        roaming: spec.roaming,
        oob_address: spec.oob_address,
    }
}

fn features(names: &[String]) -> FeatureTags {
    FeatureTags::NAMES
        .iter()
        .filter(|(_, name)| names.iter().any(|feature| feature == name))
        .fold(FeatureTags::NONE, |set, (tag, _)| set.union(*tag))
}

/// The positions in [`WISHES`] with their weights.
fn pull_actions(weights: &[(Wish, f64)]) -> Distribution {
    let position = |wish: &Wish| WISHES.iter().position(|known| known == wish).unwrap_or(0) as f64;
    let weighted: Vec<(f64, f64)> = weights.iter().map(|(wish, weight)| (position(wish), *weight)).collect();
    Distribution::empirical(&weighted).unwrap_or(Distribution::Constant(0.0))
}

fn plain(model: &Model, layout: &Layout, kind: &WorkloadKind) -> Option<PlainWorkload> {
    let path = |via: &[usize], to: usize| {
        via.iter().chain([&to]).map(|node| layout.instances(model, *node)).collect::<Vec<_>>()
    };
    match kind {
        WorkloadKind::Pager { .. }
        | WorkloadKind::Mailbox { .. }
        | WorkloadKind::Large { .. }
        | WorkloadKind::Push { .. } => None,
        WorkloadKind::Datagram { via, to, size, .. } => {
            Some(PlainWorkload { path: path(via, *to), kind: PlainKind::Datagram { size: size.clone() } })
        }
        WorkloadKind::Transaction { via, to, invite, status, answer_delay, provisional, .. } => Some(PlainWorkload {
            path: path(via, *to),
            kind: PlainKind::Transaction {
                invite: *invite,
                status: *status,
                answer_delay: answer_delay.clone(),
                provisional: *provisional,
            },
        }),
    }
}

/// What is measured in a run of the model.
pub fn measure_plan(model: &Model, layout: &Layout) -> MeasurePlan {
    MeasurePlan {
        warm_up: model.warm_up,
        count_from: model.counts_from(),
        horizon: model.horizon,
        thresholds: model.measure.thresholds.clone(),
        states: model.measure.states,
        serial_window: model.policies.serial_window,
        most_sends: [true, false]
            .map(|invite| model.sip.core_timers.most_sends(invite).max(model.sip.access_timers.most_sends(invite))),
        node_names: model.nodes.iter().map(|node| node.name.clone()).collect(),
        station_names: layout.instance_names(model),
        servers: layout.node_of.iter().map(|node| model.nodes[*node as usize].station.servers).collect(),
        metered: layout.node_of.iter().map(|node| !model.nodes[*node as usize].station.is_instant()).collect(),
        classes: classes(model),
        message_classes: message_class::names(model),
        plain: model.workloads.iter().map(|workload| workload.kind.is_plain()).collect(),
        push_classes: model.push_classes(),
        faults: !model.faults.is_empty(),
        loss_faults: model.faults.iter().any(|fault| matches!(fault.kind, FaultKind::Loss { .. })),
        terminals: u64::from(layout.terminals),
        users: u64::from(layout.users),
        push_mode: model.policies.mode != Mode::Pull,
        do_not_disturb: has_rules(model),
        unaddressed: has_unaddressed(model),
        sessions: has_sessions(model),
        relays: model.nodes.iter().any(|node| node.role == Role::MsrpRelay),
        staleness_from: model.measure.staleness.then_some(layout.terminals_from().0),
        impossible_races: impossible_races(model),
    }
}

fn has_rules(model: &Model) -> bool {
    model.nodes.iter().any(|node| node.role == Role::Xdms)
}

/// Whether there are devices that a PF would tell out of band and knows no address of.
fn has_unaddressed(model: &Model) -> bool {
    model.policies.oob_bearer != OutOfBandBearer::None
        && model.devices.iter().any(|device| device.oob_address != OutOfBandAddress::Msisdn)
}

/// Whether anybody in the model opens sessions that carry files or large messages.
fn has_sessions(model: &Model) -> bool {
    let by_session = |push: &PushSpec| matches!(push.method, MethodChoice::Session | MethodChoice::BySize);
    model.workloads.iter().any(|workload| matches!(workload.kind, WorkloadKind::Large { .. }))
        || model.pushes().any(by_session)
        || model.script.iter().any(|step| matches!(step.action, Action::SendLarge { .. }))
}

/// Races whose cause the model does not have.
fn impossible_races(model: &Model) -> Vec<&'static str> {
    let policies = &model.policies;
    let has_limit = policies.as_timeout.is_some() || policies.as_timeout_invite.is_some();
    let tells_out_of_band = policies.oob_bearer != OutOfBandBearer::None;
    let (rules, sessions) = (has_rules(model), has_sessions(model));
    let possible = [
        ("RACE-3", rules),
        ("RACE-9", sessions),
        ("RACE-10", tells_out_of_band),
        ("RACE-11", tells_out_of_band),
        ("RACE-12", policies.mode != Mode::Pull),
        ("RACE-14", has_limit),
        ("RACE-15", sessions && policies.deferral.report_at == ReportAt::Invitation),
        ("RACE-17", sessions),
        ("RACE-18", sessions || policies.deferral.management_media == ManagementMedia::MsrpBind),
        ("RACE-19", sessions),
        ("RACE-20", policies.pf_failover != PfFailover::None),
        ("RACE-21", model.nodes.iter().any(|node| node.role == Role::MmsServer)),
        ("RACE-23", rules),
    ];
    possible.into_iter().filter(|(_, possible)| !possible).map(|(race, _)| race).collect()
}
