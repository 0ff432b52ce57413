//! Messages of one user at several PF instances (RACE-20): what is queued where is known by the PF that tells, and held
//! here against all that is queued.

use crate::agents::Fact;
use crate::kernel::lookup::Lookup;
use crate::wire::UserId;

/// Deferred messages by user, over all PFs.
#[derive(Clone, Debug, Default)]
pub struct Queued(Lookup<UserId, u32>);

impl Queued {
    /// Takes a fact. Whether a PF answered "No messages" while another has messages of the user.
    pub fn observe(&mut self, fact: Fact) -> bool {
        match fact {
            Fact::Deferred { user, .. } => *self.0.entry(user) += 1,
            Fact::Dequeued { user, .. } | Fact::LostAtRestart { user, .. } => {
                let count = self.0.entry(user);
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.0.remove(&user);
                }
            }
            Fact::NoMessages { user, queued } => return self.0.get(&user).is_some_and(|count| *count > queued),
            _ => {}
        }
        false
    }
}
