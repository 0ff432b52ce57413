//! Reports that clients send when they are invited, before they have anything (RACE-15).

use crate::agents::Fact;
use crate::kernel::EntityId;
use crate::kernel::lookup::Lookup;
use crate::wire::Token;

/// What became of a message that a client reported at its invitation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Outcome {
    /// Nothing yet.
    #[default]
    Open,
    /// The client refused it.
    Declined,
    /// The client got it, perhaps at a later invitation.
    Fetched,
}

/// Follows early reports by message and client.
#[derive(Clone, Debug, Default)]
pub struct EarlyReports {
    reported: Lookup<(Token, EntityId), Outcome>,
    counts: [u64; 3],
}

impl EarlyReports {
    /// Takes a fact that a client saw; begins with reports only where `counts` says so.
    pub fn observe(&mut self, client: EntityId, fact: Fact, counts: bool) {
        match fact {
            Fact::InvitationReported { message } if counts => self.open((message, client)),
            Fact::SessionDecided { status, message: Some(message) } if status >= 300 => {
                self.settle((message, client), Outcome::Declined);
            }
            Fact::Received { message, .. } => self.settle((message, client), Outcome::Fetched),
            _ => {}
        }
    }

    /// The first report of a client counts; a further invitation to the same message changes nothing.
    fn open(&mut self, of: (Token, EntityId)) {
        if self.reported.get(&of).is_none() {
            self.reported.insert(of, Outcome::Open);
            self.counts[Outcome::Open as usize] += 1;
        }
    }

    fn settle(&mut self, of: (Token, EntityId), outcome: Outcome) {
        let Some(known) = self.reported.get_mut(&of).filter(|known| **known != Outcome::Fetched) else { return };
        self.counts[*known as usize] -= 1;
        self.counts[outcome as usize] += 1;
        *known = outcome;
    }

    /// Outcomes of RACE-15 and how often each came about.
    pub fn outcomes(&self) -> [(&'static str, u64); 3] {
        let [open, declined, fetched] = self.counts;
        [("reported_then_fetched", fetched), ("reported_then_declined", declined), ("reported_never_fetched", open)]
    }
}
