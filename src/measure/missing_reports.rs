//! Reports that somebody sent and the sender of the message never got.

use crate::agents::Fact;
use crate::kernel::lookup::Lookup;
use crate::wire::Token;

/// Follows reports by the message that they are about.
#[derive(Clone, Debug, Default)]
pub struct MissingReports {
    /// Whether the sender of a message has got a report about it.
    reported: Lookup<Token, bool>,
    missing: u64,
}

impl MissingReports {
    /// Takes a fact; begins with reports only where `counts` says so.
    pub fn observe(&mut self, fact: Fact, counts: bool) {
        match fact {
            Fact::ReportSent { about, .. } if counts && !self.reported.contains(&about) => {
                self.reported.insert(about, false);
                self.missing += 1;
            }
            Fact::ReportReceived { about, .. } => {
                if let Some(got) = self.reported.get_mut(&about).filter(|got| !**got) {
                    *got = true;
                    self.missing -= 1;
                }
            }
            _ => {}
        }
    }

    /// Messages that were reported on without any report reaching their sender.
    pub fn count(&self) -> u64 {
        self.missing
    }
}
