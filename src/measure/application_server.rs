//! Application servers that were passed over, and what they did all the same with the messages (RACE-14).

use crate::agents::Fact;
use crate::agents::observation::PassedOver;
use crate::kernel::lookup::Lookup;
use crate::wire::Token;

/// What a fact means for a message whose server was late.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LateOutcome {
    /// A server was passed over.
    PassedOver(PassedOver),
    /// The late server deferred a message that went on without it.
    DeferredAfterBypass,
    /// The late server deferred a message that its sender was refused.
    DeferredAfterRefusal,
    /// A terminal got a copy of a message that went on without its server.
    CopyAfterBypass,
}

/// Follows the messages whose server was late.
#[derive(Clone, Debug, Default)]
pub struct LateServers(Lookup<Token, PassedOver>);

impl LateServers {
    /// Takes a fact.
    pub fn observe(&mut self, fact: Fact) -> Option<LateOutcome> {
        match fact {
            Fact::ServerPassedOver { message, handling } => {
                if let Some(message) = message {
                    self.0.insert(message, handling);
                }
                Some(LateOutcome::PassedOver(handling))
            }
            Fact::Deferred { message, .. } => match self.0.get(&message)? {
                PassedOver::Continued => Some(LateOutcome::DeferredAfterBypass),
                PassedOver::Terminated => Some(LateOutcome::DeferredAfterRefusal),
                PassedOver::FailedOver => None,
            },
            Fact::Received { message, duplicate: true, .. } => match self.0.get(&message)? {
                PassedOver::Continued => Some(LateOutcome::CopyAfterBypass),
                PassedOver::Terminated | PassedOver::FailedOver => None,
            },
            _ => None,
        }
    }
}
