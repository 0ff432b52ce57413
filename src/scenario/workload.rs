//! Where the work of a run comes from: initial states, on and off periods, workloads, script.

use super::build::{self, Layout};
use super::event::{Act, Event};
use super::model::{
    Action, Actor, Arrivals, DoNotDisturb, InitialState, Model, OffAction, ScriptStep, UserRef, WorkloadKind,
};
use super::world::World;
use crate::agents::outbox::{Command, PullWishes};
use crate::agents::procedure::Scope;
use crate::agents::subscriptions::refresh_wait;
use crate::kernel::{Distribution, EntityId, EventClass, Purpose, Span, Time};
use crate::measure::Recorder;
use crate::wire::UserId;
use crate::wire::mailbox::MailboxEvent;
use std::num::NonZeroU32;

/// How far a workload has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Gaps between arrivals drawn.
    gaps: u64,
    /// Arrivals.
    arrivals: u64,
    /// Items started.
    items: u32,
}

/// Schedules what the model says will happen of its own accord.
pub fn schedule_all<R: Recorder>(world: &mut World<R>) {
    let model = world.model.clone();
    for at in 0..model.groups.len() {
        start_group(world, at);
    }
    for pf in world.shared.directory.homes.iter().filter(|home| !home.xdms.is_empty()).flat_map(|home| &home.pf) {
        let event = Event::Act { entity: *pf, act: Act::WatchRules };
        world.carrier.schedule(Time::ZERO, EventClass::UserAction, *pf, event);
    }
    for at in 0..model.workloads.len() {
        schedule_workload(world, at);
    }
    for (at, step) in model.script.iter().enumerate() {
        let entity = actor_of(&world.layout, &model, step);
        world.carrier.schedule(step.at, EventClass::UserAction, entity, Event::Step { step: at as u32 });
    }
    if model.measure.timeline.is_some() {
        world.carrier.schedule(Time::ZERO, EventClass::Sample, EntityId(0), Event::Sample);
    }
}

fn terminal_of(layout: &Layout, model: &Model, user: UserRef, terminal: u8) -> EntityId {
    let per_user = model.groups[user.group].devices.len() as u32;
    EntityId(layout.first_terminal[user.group] + user.index * per_user + u32::from(terminal))
}

/// The entity that takes a step: a terminal, or the instance of a node that the step concerns.
fn actor_of(layout: &Layout, model: &Model, step: &ScriptStep) -> EntityId {
    match (step.actor, &step.action) {
        (Actor::Terminal(user, terminal), _) => terminal_of(layout, model, user, terminal),
        (Actor::Node(node), Action::Push { to, .. } | Action::EndSubscriptions { to }) => {
            EntityId(layout.first_of_node[node] + user_id(layout, *to).0 % model.nodes[node].instances)
        }
        (Actor::Node(node), _) => EntityId(layout.first_of_node[node]),
    }
}

fn user_id(layout: &Layout, user: UserRef) -> UserId {
    UserId(layout.first_user[user.group] + user.index)
}

fn start_group<R: Recorder>(world: &mut World<R>, at: usize) {
    let model = world.model.clone();
    let group = &model.groups[at];
    let count = group.users * group.devices.len() as u32;
    for offset in 0..count {
        let terminal = EntityId(world.layout.first_terminal[at] + offset);
        let is_on = match group.initial {
            InitialState::Off => false,
            InitialState::Attached => {
                world.preload_attached(terminal);
                true
            }
            InitialState::On => {
                power_on_spread(world, terminal, group.registration_spread);
                true
            }
            InitialState::Registered => {
                preload(world, terminal, group.expires);
                true
            }
            InitialState::Stationary => {
                let share = group.availability.as_ref().map_or(1.0, |availability| {
                    let (on, off) = (availability.on.mean(), availability.off.mean());
                    on / (on + off)
                });
                let is_on = world.shared.streams.draw(terminal.0, Purpose::InitialState, 0).chance(share);
                if is_on {
                    preload(world, terminal, group.expires);
                }
                is_on
            }
        };
        if group.availability.is_some() {
            schedule_switch(world, at, terminal, !is_on, 0);
        }
        if group.capability.is_some() {
            schedule_capability(world, at, terminal, false, 0);
        }
        if group.do_not_disturb.is_some() && offset.is_multiple_of(group.devices.len() as u32) {
            schedule_do_not_disturb(world, at, terminal, true, 0);
        }
    }
}

/// Schedules the begin (`is_set`) or end of a user's do-not-disturb, the `number`-th of both.
fn schedule_do_not_disturb<R: Recorder>(
    world: &mut World<R>,
    group: usize,
    terminal: EntityId,
    is_set: bool,
    number: u32,
) {
    let model = world.model.clone();
    let streams = &world.shared.streams;
    let draw = |number: u32| streams.draw(terminal.0, Purpose::DoNotDisturb, u64::from(number));
    let at = match &model.groups[group].do_not_disturb {
        None => return,
        Some(DoNotDisturb::Toggle { on, off }) => {
            let period = if is_set { off } else { on };
            world.now().saturating_add(period.span(|| draw(number)).max(Span::from_nanos(1)))
        }
        Some(DoNotDisturb::Schedule { start, length, every, spread }) => {
            let late = if spread.is_zero() { Span::ZERO } else { Span::from_nanos(draw(0).below(spread.as_nanos())) };
            let begin = Time::ZERO.saturating_add(*start).saturating_add(late);
            let begin = begin.saturating_add(*every * u64::from(number / 2));
            if is_set { begin } else { begin.saturating_add(*length) }
        }
    };
    let event = Event::DoNotDisturb { terminal, is_set, number };
    world.carrier.schedule(at, EventClass::UserAction, terminal, event);
}

/// A user sets or clears do-not-disturb.
pub fn on_do_not_disturb<R: Recorder>(world: &mut World<R>, terminal: EntityId, is_set: bool, number: u32) {
    world.command(terminal, Command::SetDoNotDisturb(is_set));
    let (group, _) = world.shared.names.terminal_group(terminal);
    schedule_do_not_disturb(world, group, terminal, !is_set, number + 1);
}

fn power_on_spread<R: Recorder>(world: &mut World<R>, terminal: EntityId, spread: Span) {
    let after = if spread.is_zero() {
        Span::ZERO
    } else {
        Span::from_nanos(world.shared.streams.draw(terminal.0, Purpose::RegistrationJitter, 0).below(spread.as_nanos()))
    };
    let event = Event::Act { entity: terminal, act: Act::PowerOn };
    world.carrier.schedule(Time::ZERO + after, EventClass::UserAction, terminal, event);
}

/// Registers a terminal without signalling, at a random point between two refreshes.
fn preload<R: Recorder>(world: &mut World<R>, terminal: EntityId, expires: Span) {
    let granted = expires.min(world.model.policies.registration_expires_max);
    let wait = refresh_wait(granted, world.model.policies.registration_refresh_lead).max(Span::from_nanos(1));
    let elapsed =
        Span::from_nanos(world.shared.streams.draw(terminal.0, Purpose::RegistrationJitter, 0).below(wait.as_nanos()));
    world.preload(terminal, granted.saturating_sub(elapsed), wait.saturating_sub(elapsed));
}

/// Schedules the switch of a terminal to `on`, at the end of its present period. `number` counts its periods.
fn schedule_switch<R: Recorder>(world: &mut World<R>, group: usize, terminal: EntityId, on: bool, number: u32) {
    let model = world.model.clone();
    let Some(availability) = &model.groups[group].availability else { return };
    let period = if on { &availability.off } else { &availability.on };
    let streams = &world.shared.streams;
    let length = period.span(|| streams.draw(terminal.0, Purpose::Availability, u64::from(number)));
    let at = world.now().saturating_add(length.max(Span::from_nanos(1)));
    world.carrier.schedule(at, EventClass::UserAction, terminal, Event::Availability { terminal, on, number });
}

/// An on or off period of a terminal begins.
pub fn on_availability<R: Recorder>(world: &mut World<R>, terminal: EntityId, on: bool, number: u32) {
    let (group, _) = world.shared.names.terminal_group(terminal);
    let model = world.model.clone();
    let Some(availability) = &model.groups[group].availability else { return };
    let command = match (on, availability.off_action) {
        (true, _) => Command::PowerOn,
        (false, OffAction::DeRegister) => Command::DeRegister { power_off: true },
        (false, OffAction::Vanish) => Command::PowerOff,
    };
    world.command(terminal, command);
    schedule_switch(world, group, terminal, !on, number + 1);
}

/// Schedules the end of a period in which a terminal has, or lacks, the features that it can lose.
fn schedule_capability<R: Recorder>(
    world: &mut World<R>,
    group: usize,
    terminal: EntityId,
    present: bool,
    number: u32,
) {
    let model = world.model.clone();
    let Some(capability) = &model.groups[group].capability else { return };
    let period = if present { &capability.without } else { &capability.with };
    let streams = &world.shared.streams;
    let length = period.span(|| streams.draw(terminal.0, Purpose::Capability, u64::from(number)));
    let at = world.now().saturating_add(length.max(Span::from_nanos(1)));
    let event = Event::Capability { terminal, present, number };
    world.carrier.schedule(at, EventClass::UserAction, terminal, event);
}

/// A terminal loses or regains features.
pub fn on_capability<R: Recorder>(world: &mut World<R>, terminal: EntityId, present: bool, number: u32) {
    let (group, _) = world.shared.names.terminal_group(terminal);
    world.command(terminal, Command::ChangeCapability { present });
    schedule_capability(world, group, terminal, !present, number + 1);
}

/// The source of an item of a plain workload.
pub fn source_of(model: &Model, layout: &Layout, workload: usize, number: u32) -> EntityId {
    let from = match model.workloads[workload].kind {
        WorkloadKind::Datagram { from, .. } | WorkloadKind::Transaction { from, .. } => from,
        WorkloadKind::Pager { .. }
        | WorkloadKind::Mailbox { .. }
        | WorkloadKind::Large { .. }
        | WorkloadKind::Push { .. } => 0,
    };
    EntityId(layout.first_of_node[from] + number % model.nodes[from].instances)
}

fn schedule_workload<R: Recorder>(world: &mut World<R>, at: usize) {
    let model = world.model.clone();
    let spec = &model.workloads[at];
    match &spec.arrivals {
        Arrivals::Poisson(_) | Arrivals::Renewal(_) => schedule_next(world, at, spec.start),
        Arrivals::At(times) => {
            for time in times.iter().filter(|time| **time >= spec.start && **time < spec.stop) {
                schedule_arrival(world, at, *time);
            }
        }
        Arrivals::Trace(rows) => {
            for row in rows.iter().filter(|row| row.at >= spec.start && row.at < spec.stop) {
                schedule_arrival(world, at, row.at);
            }
        }
        Arrivals::Closed { population, think_time } => {
            for number in 0..*population {
                let scope = Scope::workload(at as u32);
                let streams = &world.shared.streams;
                // The initial think times come from numbers that no later cycle has.
                let first = think_time.span(|| streams.draw(scope.0, Purpose::InitialState, u64::from(number)));
                let source = source_of(&model, &world.layout, at, number);
                let event = Event::Act { entity: source, act: Act::Start { workload: at as u16, number } };
                world.carrier.schedule(spec.start + first, EventClass::UserAction, source, event);
            }
        }
    }
}

fn schedule_arrival<R: Recorder>(world: &mut World<R>, at: usize, when: Time) {
    world.carrier.schedule(when, EventClass::UserAction, EntityId(0), Event::Arrival { workload: at as u16 });
}

/// Schedules the arrival of a renewal process after the one at `from`.
fn schedule_next<R: Recorder>(world: &mut World<R>, at: usize, from: Time) {
    let model = world.model.clone();
    let spec = &model.workloads[at];
    let scope = Scope::workload(at as u32);
    world.workloads[at].gaps += 1;
    let number = world.workloads[at].gaps;
    let streams = &world.shared.streams;
    let gap = match &spec.arrivals {
        Arrivals::Poisson(rate) if *rate > 0.0 => {
            let uniform = streams.draw(scope.0, Purpose::Arrival, number).uniform();
            Span::from_secs_f64(-libm::log(uniform) / rate)
        }
        Arrivals::Renewal(interarrival) => interarrival.span(|| streams.draw(scope.0, Purpose::Arrival, number)),
        Arrivals::Poisson(_) | Arrivals::At(_) | Arrivals::Closed { .. } | Arrivals::Trace(_) => return,
    };
    // A gap of zero would never end: the clock's least step keeps a run finite.
    let when = from.saturating_add(gap.max(Span::from_nanos(1)));
    if when < spec.stop {
        schedule_arrival(world, at, when);
    }
}

/// A workload has an arrival: starts its items.
pub fn on_arrival<R: Recorder>(world: &mut World<R>, workload: u16) {
    let model = world.model.clone();
    let at = usize::from(workload);
    let spec = &model.workloads[at];
    let scope = Scope::workload(u32::from(workload));
    let arrival = world.workloads[at].arrivals;
    world.workloads[at].arrivals += 1;
    let items = {
        let streams = &world.shared.streams;
        spec.batch.count(|| streams.draw(scope.0, Purpose::BatchSize, arrival))
    };
    for _ in 0..items {
        let number = world.workloads[at].items;
        world.workloads[at].items += 1;
        start_item(world, &model, at, number, arrival);
    }
    match spec.arrivals {
        Arrivals::Poisson(_) | Arrivals::Renewal(_) => {
            let now = world.now();
            schedule_next(world, at, now);
        }
        Arrivals::At(_) | Arrivals::Closed { .. } | Arrivals::Trace(_) => {}
    }
}

fn start_item<R: Recorder>(world: &mut World<R>, model: &Model, at: usize, number: u32, arrival: u64) {
    let spec = &model.workloads[at];
    match &spec.kind {
        WorkloadKind::Datagram { .. } | WorkloadKind::Transaction { .. } => {
            let source = source_of(model, &world.layout, at, number);
            world.command(source, Command::Start { workload: at as u16, number });
        }
        WorkloadKind::Mailbox { to, event } => {
            let scope = Scope::workload(at as u32);
            let mut choice = world.shared.streams.draw(scope.0, Purpose::WorkloadChoice, u64::from(number));
            let index = choice.below(u64::from(model.groups[*to].users)) as u32;
            let user = user_id(&world.layout, UserRef { group: *to, index });
            mailbox_event(world, user, *event, at as u16);
        }
        WorkloadKind::Push { to, size, pace, .. } => {
            let (scope, streams) = (Scope::workload(at as u32), &world.shared.streams);
            let octets = size.count(|| streams.draw(scope.0, Purpose::MessageSize, u64::from(number)));
            let size = u32::try_from(octets).unwrap_or(u32::MAX);
            let order = build::push_order_of_workload(model, at);
            let shared = world.shared.clone();
            let spec = &shared.pushes[usize::from(order)];
            if pace.is_some() {
                for &sender in &spec.senders {
                    world.command(sender, Command::Broadcast { size, order });
                }
            } else {
                let mut choice = shared.streams.draw(scope.0, Purpose::WorkloadChoice, u64::from(number));
                let index = choice.below(u64::from(model.groups[*to].users)) as u32;
                let to = user_id(&world.layout, UserRef { group: *to, index });
                world.command(spec.sender_of(to), Command::Push { to, size, order });
            }
        }
        WorkloadKind::Pager { from, to, size, report, expires } => {
            let sent = user_to_user(world, model, at, number, arrival, (*from, *to), size, *report);
            let UserToUser { terminal, to, size, report } = sent;
            let expires = whole_seconds(*expires);
            world.command(terminal, Command::SendPager { to, size, report, expires, class: at as u16 });
        }
        WorkloadKind::Large { from, to, size, report, cancel_after } => {
            let sent = user_to_user(world, model, at, number, arrival, (*from, *to), size, *report);
            let UserToUser { terminal, to, size, report } = sent;
            let (class, cancel_after) = (at as u16, *cancel_after);
            world.command(terminal, Command::SendLarge { to, size, report, class, cancel_after });
        }
    }
}

/// Something happens to the mailbox of a user, at the MEM server of the user's network if there is one.
fn mailbox_event<R: Recorder>(world: &mut World<R>, user: UserId, event: MailboxEvent, class: u16) {
    if let Some(server) = world.shared.mem_server_of(user) {
        world.command(server, Command::MailboxEvent { user, event, class });
    }
}

/// An Expires header's value: whole seconds, at least one.
fn whole_seconds(expires: Option<Span>) -> Option<NonZeroU32> {
    expires.and_then(|span| NonZeroU32::new(u32::try_from(span.as_secs()).unwrap_or(u32::MAX).max(1)))
}

/// A message of a workload from one user to another.
struct UserToUser {
    terminal: EntityId,
    to: UserId,
    size: u32,
    report: bool,
}

/// Chooses the users and the size of an item, or takes them from its row of the trace file.
#[allow(clippy::too_many_arguments, reason = "an item of a workload is what the workload says of it")]
fn user_to_user<R: Recorder>(
    world: &World<R>,
    model: &Model,
    at: usize,
    number: u32,
    arrival: u64,
    groups: (usize, usize),
    size: &Distribution,
    report: bool,
) -> UserToUser {
    let spec = &model.workloads[at];
    let scope = Scope::workload(at as u32);
    let row = match &spec.arrivals {
        Arrivals::Trace(rows) => {
            let skipped = rows.iter().take_while(|row| row.at < spec.start).count();
            rows.get(skipped + arrival as usize)
        }
        Arrivals::Poisson(_) | Arrivals::Renewal(_) | Arrivals::At(_) | Arrivals::Closed { .. } => None,
    };
    let mut choice = world.shared.streams.draw(scope.0, Purpose::WorkloadChoice, u64::from(number));
    let mut pick = |group: usize| UserRef { group, index: choice.below(u64::from(model.groups[group].users)) as u32 };
    let (chosen_from, mut chosen_to) = (pick(groups.0), pick(groups.1));
    // Nobody writes to himself where there is anybody else.
    if chosen_from == chosen_to && model.groups[groups.1].users > 1 {
        chosen_to.index = (chosen_to.index + 1) % model.groups[groups.1].users;
    }
    let sender = row.and_then(|row| row.from).unwrap_or(chosen_from);
    let receiver = row.and_then(|row| row.to).unwrap_or(chosen_to);
    let streams = &world.shared.streams;
    let octets = row.and_then(|row| row.size).unwrap_or_else(|| {
        let size = size.count(|| streams.draw(scope.0, Purpose::MessageSize, u64::from(number)));
        u32::try_from(size).unwrap_or(u32::MAX)
    });
    let report = row.map_or(report, |row| row.report);
    let to = user_id(&world.layout, receiver);
    let terminal = terminal_of(&world.layout, model, sender, 0);
    UserToUser { terminal, to, size: octets, report }
}

/// Runs a step of the script.
pub fn run_step<R: Recorder>(world: &mut World<R>, step: u32) {
    let model = world.model.clone();
    let (at, step) = (step as usize, &model.script[step as usize]);
    let entity = actor_of(&world.layout, &model, step);
    let command = match &step.action {
        Action::Register => Command::PowerOn,
        Action::ReRegister => Command::ReRegister,
        Action::DeRegister => Command::DeRegister { power_off: false },
        Action::PowerOff => Command::PowerOff,
        Action::SendPager { to, size, report, expires } => Command::SendPager {
            to: user_id(&world.layout, *to),
            size: *size,
            report: *report,
            expires: whole_seconds(*expires),
            class: build::script_class(&model),
        },
        Action::SendLarge { to, size, report, cancel_after } => Command::SendLarge {
            to: user_id(&world.layout, *to),
            size: *size,
            report: *report,
            class: build::script_class(&model),
            cancel_after: *cancel_after,
        },
        Action::SwitchOn => Command::SwitchOn,
        Action::MailboxEvent { event } => {
            let Actor::Terminal(user, _) = step.actor else { return };
            let user = user_id(&world.layout, user);
            return mailbox_event(world, user, *event, build::script_class(&model));
        }
        Action::Pull { listed, actions } => Command::Pull { listed: *listed, wishes: PullWishes::new(actions) },
        Action::Subscribe => Command::Subscribe,
        Action::Unsubscribe => Command::Unsubscribe,
        Action::ChangeCapability { present } => Command::ChangeCapability { present: *present },
        Action::EndSubscriptions { to } => Command::EndSubscriptions { user: user_id(&world.layout, *to) },
        Action::Push { to, size, .. } => {
            Command::Push { to: user_id(&world.layout, *to), size: *size, order: build::push_order_of_step(&model, at) }
        }
        Action::SetDoNotDisturb(wanted) => Command::SetDoNotDisturb(*wanted),
    };
    world.command(entity, command);
}
