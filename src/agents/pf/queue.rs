//! The deferred messages of one user.

use super::management::SessionName;
use crate::kernel::{EntityId, Time};
use crate::wire::Token;
use crate::wire::sip::body::{Cpim, CpimContent, NotificationEntry};
use smallvec::SmallVec;

/// Where a deferred message stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum ItemState {
    /// Waiting, no client has been told.
    Queued,
    /// Waiting, at least one client has been told.
    Notified,
    /// Claimed by at least one management session.
    InService,
}

/// A deferred message.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Message-URI-ID.
    pub(super) id: Token,
    pub(super) cpim: Cpim,
    pub(super) class: u16,
    pub(super) deferred_at: Time,
    pub(super) state: ItemState,
    /// Management sessions that are to deliver it.
    pub(super) claims: u32,
    /// Clients that have it, in order of their 2xx.
    pub(super) had_by: SmallVec<[EntityId; 1]>,
    /// The management session in service when it was deferred (RACE-7).
    pub(super) came_during: Option<SessionName>,
    /// That session left it behind.
    pub(super) stranded: bool,
}

impl Item {
    /// Octets of content.
    pub(super) fn size(&self) -> u32 {
        match self.cpim.content {
            CpimContent::Text(octets) => octets,
            CpimContent::Imdn(_) => 0,
        }
    }

    /// Whether a further management session can claim it.
    pub(super) fn is_addressable(&self) -> bool {
        match self.state {
            ItemState::Queued | ItemState::Notified => true,
            ItemState::InService => false,
        }
    }

    /// Its metadata.
    pub(super) fn entry(&self) -> NotificationEntry {
        NotificationEntry { id: self.id, from: self.cpim.from, sent_at: self.cpim.sent_at, size: self.size() }
    }
}

/// The deferred messages of a user in order of arrival.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue(Vec<Item>);

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, item: Item) {
        self.0.push(item);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Item> {
        self.0.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Item> {
        self.0.iter_mut()
    }

    pub(super) fn get(&self, id: Token) -> Option<&Item> {
        self.0.iter().find(|item| item.id == id)
    }

    /// Claims a message for a management session.
    pub(super) fn claim(&mut self, id: Token) {
        if let Some(item) = self.0.iter_mut().find(|item| item.id == id) {
            item.claims += 1;
            item.state = ItemState::InService;
        }
    }

    /// The sessions that claimed messages are gone. A message that some client has had leaves the queue.
    pub(super) fn forget_claims(&mut self) {
        self.0.retain(|item| item.had_by.is_empty());
        for item in self.0.iter_mut().filter(|item| item.claims > 0) {
            item.claims = 0;
            item.state = ItemState::Notified;
        }
    }

    /// A session is done with a message that it claimed. Where its client is the first to have the message, it is
    /// returned; it leaves the queue with its last claim.
    pub(super) fn release(&mut self, id: Token, delivered_to: Option<EntityId>) -> Option<Item> {
        let at = self.0.iter().position(|item| item.id == id)?;
        let item = &mut self.0[at];
        let first = delivered_to.is_some() && item.had_by.is_empty();
        item.had_by.extend(delivered_to);
        item.claims = item.claims.saturating_sub(1);
        let copy = first.then(|| item.clone());
        if item.claims == 0 {
            if !item.had_by.is_empty() {
                self.0.remove(at);
            } else {
                item.state = ItemState::Notified;
            }
        }
        copy
    }
}
