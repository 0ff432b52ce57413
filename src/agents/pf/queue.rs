//! The deferred messages of one user.

use super::management::SessionName;
use crate::agents::observation::Fate;
use crate::agents::policies::MessageLock;
use crate::kernel::{EntityId, Time};
use crate::wire::Token;
use crate::wire::sip::body::{Cpim, CpimContent, CpmAction, NotificationEntry};
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
    /// A delivery of it has been sent and is not answered.
    Delivering,
    /// It has left the queue; kept while deliveries of it are under way.
    Gone(Fate),
}

/// A deferred message.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Message-URI-ID.
    pub(super) id: Token,
    pub(super) cpim: Cpim,
    /// It goes by a session in place of a MESSAGE.
    pub(super) large: bool,
    pub(super) class: u16,
    pub(super) deferred_at: Time,
    pub(super) expires_at: Time,
    pub(super) state: ItemState,
    /// Instructions about it that are under way.
    pub(super) claims: u32,
    /// Clients that have it, in order of their 2xx.
    pub(super) had_by: SmallVec<[EntityId; 1]>,
    /// Deliveries sent.
    pub(super) sent: u32,
    /// Of these, those that failed.
    pub(super) failures: u32,
    /// Clients have been told that it expires.
    pub(super) expiry_told: bool,
    /// The operator hands it over because nobody took it in time.
    pub(super) given_up: bool,
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

    /// Whether it is in the queue.
    pub(super) fn is_live(&self) -> bool {
        match self.state {
            ItemState::Queued | ItemState::Notified | ItemState::InService | ItemState::Delivering => true,
            ItemState::Gone(_) => false,
        }
    }

    /// Whether nobody works on it.
    pub(super) fn is_addressable(&self) -> bool {
        match self.state {
            ItemState::Queued | ItemState::Notified => true,
            ItemState::InService | ItemState::Delivering | ItemState::Gone(_) => false,
        }
    }

    /// Whether an instruction of another session, or its expiry, may take it although somebody works on it.
    // req: O-9
    pub(super) fn yields(&self, lock: MessageLock) -> bool {
        match self.state {
            ItemState::Queued | ItemState::Notified => true,
            ItemState::InService => lock != MessageLock::At200,
            ItemState::Delivering => lock == MessageLock::None,
            ItemState::Gone(_) => false,
        }
    }

    /// Whether it can expire under a lock.
    pub(super) fn can_expire(&self, lock: MessageLock) -> bool {
        self.expires_at < Time::MAX && !self.given_up && self.yields(lock)
    }

    /// Whether a merged session can have it too: somebody is to get it, or just got it.
    pub(super) fn is_shared(&self) -> bool {
        match self.state {
            ItemState::Queued
            | ItemState::Notified
            | ItemState::InService
            | ItemState::Delivering
            | ItemState::Gone(Fate::Delivered) => true,
            ItemState::Gone(Fate::Deleted | Fate::Stored | Fate::Interworked | Fate::Expired) => false,
        }
    }

    /// Its metadata.
    pub(super) fn entry(&self) -> NotificationEntry {
        NotificationEntry { id: self.id, from: self.cpim.from, sent_at: self.cpim.sent_at, size: self.size() }
    }
}

/// What the end of a delivery means to its message.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    /// The message as it is now.
    pub(super) item: Item,
    /// Its fate is decided by this.
    pub(super) newly_gone: bool,
}

/// The deferred messages of a user in order of arrival.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue(Vec<Item>);

impl Queue {
    /// Messages in the queue.
    pub(super) fn len(&self) -> usize {
        self.live().count()
    }

    /// Whether nothing is in the queue and nothing that has left it is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, item: Item) {
        self.0.push(item);
    }

    /// Every message, those that have left but are under way included.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Item> {
        self.0.iter()
    }

    /// The messages in the queue.
    pub(super) fn live(&self) -> impl Iterator<Item = &Item> {
        self.0.iter().filter(|item| item.is_live())
    }

    pub(super) fn live_mut(&mut self) -> impl Iterator<Item = &mut Item> {
        self.0.iter_mut().filter(|item| item.is_live())
    }

    pub(super) fn get(&self, id: Token) -> Option<&Item> {
        self.0.iter().find(|item| item.id == id)
    }

    /// The operator hands a message over: it is claimed, and does not expire again.
    pub(super) fn give_up(&mut self, id: Token) {
        self.claim(id);
        if let Some(item) = self.get_mut(id) {
            item.given_up = true;
        }
    }

    /// The sessions that claimed messages are gone. A message that some client has had leaves the queue.
    pub(super) fn forget_claims(&mut self) {
        self.0.retain(Item::is_live);
        for item in self.0.iter_mut().filter(|item| item.claims > 0) {
            item.claims = 0;
            item.given_up = false;
            item.state = ItemState::Notified;
        }
    }

    fn get_mut(&mut self, id: Token) -> Option<&mut Item> {
        self.0.iter_mut().find(|item| item.id == id)
    }

    /// Claims a message for an instruction.
    pub(super) fn claim(&mut self, id: Token) {
        let Some(item) = self.get_mut(id) else { return };
        item.claims += 1;
        item.state = match item.state {
            ItemState::Queued | ItemState::Notified | ItemState::InService => ItemState::InService,
            kept @ (ItemState::Delivering | ItemState::Gone(_)) => kept,
        };
    }

    /// A delivery of a message goes out.
    pub(super) fn sent(&mut self, id: Token) {
        let Some(item) = self.get_mut(id) else { return };
        item.sent += 1;
        item.state = match item.state {
            ItemState::Queued | ItemState::Notified | ItemState::InService | ItemState::Delivering => {
                ItemState::Delivering
            }
            kept @ ItemState::Gone(_) => kept,
        };
    }

    /// A claim is over without an effect.
    pub(super) fn release(&mut self, id: Token) {
        self.end_claim(id, |_| {});
    }

    /// A delivery is over; `Some` names the client that has the message.
    pub(super) fn delivered(&mut self, id: Token, to: Option<EntityId>) -> Option<Settled> {
        let mut newly_gone = false;
        let item = self.end_claim(id, |item| match to {
            Some(client) => {
                item.had_by.push(client);
                newly_gone = item.is_live();
                if newly_gone {
                    item.state = ItemState::Gone(Fate::Delivered);
                }
            }
            None => item.failures += 1,
        })?;
        Some(Settled { item, newly_gone })
    }

    /// A message leaves the queue by an instruction or expiry. `None` where it is not in the queue.
    pub(super) fn take(&mut self, id: Token, fate: Fate) -> Option<Item> {
        let item = self.get_mut(id).filter(|item| item.is_live())?;
        let before = item.clone();
        item.state = ItemState::Gone(fate);
        self.sweep(id);
        Some(before)
    }

    fn end_claim(&mut self, id: Token, change: impl FnOnce(&mut Item)) -> Option<Item> {
        let item = self.get_mut(id)?;
        item.claims = item.claims.saturating_sub(1);
        change(item);
        if item.claims == 0 && item.is_live() {
            item.state = ItemState::Notified;
        }
        let after = item.clone();
        self.sweep(id);
        Some(after)
    }

    /// Forgets a message that has left and that nothing is under way about.
    fn sweep(&mut self, id: Token) {
        self.0.retain(|item| item.id != id || item.is_live() || item.claims > 0);
    }
}

/// Where an action stands in an order of work.
pub(super) fn rank(order: &[CpmAction; 4], action: CpmAction) -> usize {
    order.iter().position(|other| *other == action).unwrap_or(order.len())
}
