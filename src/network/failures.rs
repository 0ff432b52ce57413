//! What is out of order at an instant: nodes and terminals that hear and send nothing, links that carry nothing.

use crate::kernel::EntityId;

/// Failures under way, counted so that they may overlap. Without a fault in the model it holds nothing.
#[derive(Clone, Debug, Default)]
pub struct Failures {
    entities: Vec<u8>,
    links: Vec<u8>,
}

impl Failures {
    /// Everything of a model works.
    pub fn new(entities: usize, links: usize) -> Failures {
        Failures { entities: vec![0; entities], links: vec![0; links] }
    }

    /// Whether nothing of the model can fail.
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }

    /// Whether an entity is down.
    pub fn is_down(&self, entity: EntityId) -> bool {
        self.entities.get(entity.index()).is_some_and(|failures| *failures > 0)
    }

    /// Whether a link is down, by its index.
    pub fn is_link_down(&self, link: usize) -> bool {
        self.links.get(link).is_some_and(|failures| *failures > 0)
    }

    /// A failure of an entity begins or ends.
    pub fn change(&mut self, entity: EntityId, begins: bool) {
        if let Some(failures) = self.entities.get_mut(entity.index()) {
            *failures = step(*failures, begins);
        }
    }

    /// A failure of a link begins or ends.
    pub fn change_link(&mut self, link: usize, begins: bool) {
        if let Some(failures) = self.links.get_mut(link) {
            *failures = step(*failures, begins);
        }
    }
}

fn step(failures: u8, begins: bool) -> u8 {
    if begins { failures.saturating_add(1) } else { failures.saturating_sub(1) }
}
