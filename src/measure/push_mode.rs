//! Push mode as measured: pushes, and what several registrations back to back make of them (RACE-12).

use super::rows::Rows;
use crate::agents::Fact;
use crate::kernel::lookup::Lookup;
use crate::kernel::{EntityId, Time};
use crate::wire::Token;

/// What a fact means for a push.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PushOutcome {
    /// A client registered while a push to its user was under way.
    RegisteredMidPush,
    /// A deferred message reached a further device of its user.
    FurtherDevice,
    /// A device got a deferred message that was sent before one that it had already.
    Reordered,
}

/// Follows pushes.
#[derive(Clone, Debug, Default)]
pub struct PushModeMeter {
    /// First device of each deferred message.
    first: Lookup<Token, EntityId>,
    /// When the latest deferred message of a device was sent.
    latest: Lookup<EntityId, Time>,
    started: u64,
    messages: u64,
    delivered: u64,
    failed: u64,
}

impl PushModeMeter {
    /// Takes a fact that `entity` saw; counts it where `counts` says so.
    pub fn observe(&mut self, entity: EntityId, fact: Fact, counts: bool) -> Option<PushOutcome> {
        let one = u64::from(counts);
        match fact {
            Fact::PushStarted { messages, .. } => {
                self.started += one;
                self.messages += one * u64::from(messages);
            }
            Fact::PushOver { delivered, failed } => {
                self.delivered += one * u64::from(delivered);
                self.failed += one * u64::from(failed);
            }
            Fact::RegisteredMidPush => return Some(PushOutcome::RegisteredMidPush),
            Fact::Received { message, sent_at, deferred: true, duplicate: false, .. } => {
                let first = *self.first.get(&message).unwrap_or(&entity);
                self.first.insert(message, first);
                let latest = self.latest.entry(entity);
                let reordered = sent_at < *latest;
                *latest = sent_at.max(*latest);
                let further = first != entity;
                return if further {
                    Some(PushOutcome::FurtherDevice)
                } else {
                    reordered.then_some(PushOutcome::Reordered)
                };
            }
            _ => {}
        }
        None
    }

    /// The measures.
    pub fn write(&self, rows: &mut Rows) {
        rows.count("push_mode.started", self.started);
        rows.count("push_mode.messages", self.messages);
        rows.count("push_mode.delivered", self.delivered);
        rows.count("push_mode.failed", self.failed);
    }
}
