//! Failures of nodes, links and coverage: what fails when, and what that does to the world.

use super::event::Event;
use super::model::{FaultKind, FaultTarget, FaultTimes};
use super::world::World;
use crate::agents::{Fact, Input, Outbox};
use crate::kernel::{EntityId, EventClass, Purpose, Span, Time};
use crate::measure::Recorder;

/// The entity under whose name failures are scheduled and drawn; faults are told apart by their index.
const SCHEDULER: EntityId = EntityId(0);

/// Schedules the first failure of everything that fails.
pub fn schedule_all<R: Recorder>(world: &mut World<R>) {
    let model = world.model.clone();
    for (at, fault) in model.faults.iter().enumerate() {
        match &fault.times {
            FaultTimes::At { instants, .. } => {
                for (number, instant) in instants.iter().enumerate() {
                    schedule(world, *instant, at, number as u32, true);
                }
            }
            FaultTimes::Renewal { .. } => schedule_next(world, at, 0, true),
        }
    }
}

fn schedule<R: Recorder>(world: &mut World<R>, at: Time, fault: usize, number: u32, begins: bool) {
    let event = Event::Fault { fault: fault as u16, number, begins };
    world.carrier.schedule(at, EventClass::Fault, SCHEDULER, event);
}

/// A length of time of a fault, by the number of its draw.
fn length<R: Recorder>(world: &World<R>, fault: usize, number: u32, begins: bool) -> Span {
    let model = &world.model;
    let length = match (&model.faults[fault].times, begins) {
        (FaultTimes::At { duration, .. }, _) => duration,
        (FaultTimes::Renewal { time_to_failure, .. }, true) => time_to_failure,
        (FaultTimes::Renewal { time_to_repair, .. }, false) => time_to_repair,
    };
    let draw = u64::from(number) * 2 + u64::from(begins);
    let streams = &world.shared.streams;
    length.span(|| streams.draw(fault as u32, Purpose::Fault, draw)).max(Span::from_nanos(1))
}

fn schedule_next<R: Recorder>(world: &mut World<R>, fault: usize, number: u32, begins: bool) {
    let at = world.now().saturating_add(length(world, fault, number, begins));
    schedule(world, at, fault, number, begins);
}

/// A failure begins or ends.
pub fn on_fault<R: Recorder>(world: &mut World<R>, fault: u16, number: u32, begins: bool) {
    let model = world.model.clone();
    let at = usize::from(fault);
    let spec = &model.faults[at];
    world.carrier.observe_failure(begins);
    match &spec.target {
        _ if matches!(spec.kind, FaultKind::Loss { .. }) => world.carrier.change_loss(fault, begins),
        FaultTarget::Link(links) => links.iter().for_each(|link| world.carrier.fail_link(*link, begins)),
        FaultTarget::Group(group) => {
            let count = model.groups[*group].users * model.groups[*group].devices.len() as u32;
            let first = world.layout.first_terminal[*group];
            (first..first + count).for_each(|terminal| fail_entity(world, EntityId(terminal), spec.kind, begins));
        }
        FaultTarget::Node { node, instance } => {
            let instances = world.layout.instances(&model, *node);
            let failing =
                instances.into_iter().enumerate().filter(|(at, _)| instance.is_none_or(|i| i as usize == *at));
            failing.for_each(|(_, entity)| fail_entity(world, entity, spec.kind, begins));
        }
    }
    match (&spec.times, begins) {
        (_, true) => schedule_next(world, at, number, false),
        (FaultTimes::Renewal { .. }, false) => schedule_next(world, at, number + 1, true),
        (FaultTimes::At { .. }, false) => {}
    }
}

/// A node that restarts loses its memory when it fails, and hears nothing until it works again.
fn fail_entity<R: Recorder>(world: &mut World<R>, entity: EntityId, kind: FaultKind, begins: bool) {
    world.carrier.fail_entity(entity, begins);
    match (kind, begins) {
        (FaultKind::Restart { keeps_data }, true) => {
            world.forget_timers(entity);
            world.carrier.observe_restart(entity);
            world.hand_over(entity, Input::Restart { keeps_data });
        }
        (FaultKind::Restart { .. }, false) | (FaultKind::Outage | FaultKind::Loss { .. }, _) => {}
    }
}

impl<R: Recorder> World<R> {
    /// The timers that an entity has set are gone with its memory.
    fn forget_timers(&mut self, entity: EntityId) {
        let mark = self.carrier.scheduled_by(entity);
        self.restarted.retain(|(other, _)| *other != entity);
        self.restarted.push((entity, mark));
    }

    /// Whether a timer of an entity was set before its memory was lost.
    pub(super) fn is_forgotten(&self, entity: EntityId, counter: u64) -> bool {
        self.restarted.iter().any(|(other, mark)| *other == entity && counter < *mark)
    }
}

impl<R: Recorder> super::carrier::Carrier<R> {
    fn observe_failure(&mut self, begins: bool) {
        self.observe(SCHEDULER, Fact::Failure(begins));
    }

    fn observe_restart(&mut self, entity: EntityId) {
        self.observe(entity, Fact::Restarted);
    }
}
