//! Runs a model once and gives its messages by name.

use super::build::Layout;
use super::model::Model;
use super::world::World;
use crate::kernel::EntityId;
use crate::measure::results::HopRow;
use crate::measure::{Fate, Hop, RunResults, Trace};
use std::sync::Arc;

/// Runs a model with its own seed, as replication 0: its results, and the messages of procedures that began at or after
/// `[trace] from`, in the order sent.
///
/// # Panics
/// When an invariant of the simulation is broken.
pub fn trace(model: &Model) -> (RunResults, Vec<HopRow>) {
    let recorder = Trace { from: model.trace_from, hops: Vec::new() };
    let mut world = World::new(Arc::new(model.clone()), model.seed, 0, recorder);
    world.run_until(model.horizon);
    let (results, recorder) = world.finish();
    let namer = Namer::new(model);
    let rows = recorder.hops.iter().map(|hop| namer.row(hop)).collect();
    (results, rows)
}

struct Namer {
    instances: Vec<String>,
    groups: Vec<(u32, u32, String, bool)>,
}

impl Namer {
    fn new(model: &Model) -> Namer {
        let layout = Layout::new(model);
        let groups = model
            .groups
            .iter()
            .zip(&layout.first_terminal)
            .map(|(group, first)| (*first, group.devices.len() as u32, group.name.clone(), group.users == 1))
            .collect();
        Namer { instances: layout.instance_names(model), groups }
    }

    fn name(&self, entity: EntityId) -> String {
        if let Some(name) = self.instances.get(entity.index()) {
            return name.clone();
        }
        let after = self.groups.partition_point(|(first, ..)| *first <= entity.0);
        let (first, per_user, group, single) = &self.groups[after - 1];
        let (user, terminal) = ((entity.0 - first) / per_user, (entity.0 - first) % per_user + 1);
        if *single { format!("{group}/{terminal}") } else { format!("{group}[{user}]/{terminal}") }
    }

    fn row(&self, hop: &Hop) -> HopRow {
        HopRow {
            sent_ns: hop.sent_at.as_nanos(),
            arrives_ns: match hop.fate {
                Fate::Arrived(at) => Some(at.as_nanos()),
                Fate::UnderWay | Fate::Lost => None,
            },
            lost: hop.fate == Fate::Lost,
            from: self.name(hop.from),
            to: self.name(hop.to),
            reference_point: hop.reference_point.name(),
            procedure: hop.meta.procedure.name(),
            protocol: hop.message.protocol().name(),
            message: hop.message.kind().to_string(),
            transmission: hop.transmission,
            octets: hop.octets,
        }
    }
}
