//! The event queue: pending events in the exact order of their keys.
//!
//! Three tiers. Entries up to the instant `base` are near: a short sorted list, popped from its end. Later ones lie
//! unsorted in the slots of a `wheel`, and a slot is sorted when the list has run out and its turn comes, or spread
//! over finer slots when it holds many. The wheel's far buckets drop entries that were cancelled when they open, so a
//! timer that is set for seconds and cancelled in between costs two sequential writes and a test.
//!
//! Opening a slot moves `base` to the slot's last instant, which can be far ahead of the time of the last pop when
//! little is pending. Should many entries then come in below it, the list is split and `base` moves back. Entries of
//! one instant, which no base can part, go to a heap when the list is long: so a crowd at one instant costs n log n.

mod chunks;
mod entry;
#[cfg(test)]
mod tests;
mod wheel;

use super::order::EventKey;
use super::time::Time;
use entry::Entry;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use wheel::{FAR, Wheel, level_between};

/// A slot with at most this many entries is sorted, one with more is spread.
const SORT_MAX: usize = 96;
/// An entry is inserted into the near list when at most this many entries there are earlier.
const NEAR_MAX: usize = 64;

/// Pending events, each a key and the position of its payload in a slab. Pops follow the total order of the keys.
#[derive(Clone, Debug)]
pub struct EventQueue {
    /// Entries up to `base`, latest first.
    near: Vec<Entry>,
    /// Entries up to `base` that would go deep into a long near list.
    crowd: BinaryHeap<Reverse<Entry>>,
    wheel: Wheel,
    base: u64,
    len: usize,
    /// The last entry that was taken out, to find equal keys.
    last: Entry,
}

impl Default for EventQueue {
    fn default() -> Self {
        EventQueue {
            near: Vec::new(),
            crowd: BinaryHeap::new(),
            wheel: Wheel::new(),
            base: 0,
            len: 0,
            last: Entry::NEVER,
        }
    }
}

impl EventQueue {
    /// Number of entries, dead ones that were not met yet included.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds an entry, whose time is not before that of the last pop.
    #[inline]
    pub fn push(&mut self, key: EventKey, index: u32) {
        let entry = Entry::new(key, index);
        self.len += 1;
        if entry.time > self.base {
            self.wheel.push(self.base, entry);
        } else {
            self.push_near(entry);
        }
    }

    /// Takes the earliest entry that `alive` accepts; the ones it refuses are dropped.
    ///
    /// # Panics
    /// When two entries have the same key.
    #[inline]
    pub fn pop(&mut self, alive: impl FnMut(EventKey, u32) -> bool) -> Option<(EventKey, u32)> {
        self.pop_until(Time::MAX, alive)
    }

    /// Takes the earliest entry that `alive` accepts, unless it is later than `horizon`.
    ///
    /// # Panics
    /// When two entries have the same key.
    #[inline]
    pub fn pop_until(
        &mut self,
        horizon: Time,
        mut alive: impl FnMut(EventKey, u32) -> bool,
    ) -> Option<(EventKey, u32)> {
        loop {
            let entry = self.first(horizon, &mut alive)?;
            self.drop_first(entry);
            let key = entry.key();
            if alive(key, entry.index) {
                return Some((key, entry.index));
            }
        }
    }

    /// The key of the earliest entry that `alive` accepts; the ones it refuses are dropped.
    pub fn peek(&mut self, mut alive: impl FnMut(EventKey, u32) -> bool) -> Option<EventKey> {
        loop {
            let entry = self.first(Time::MAX, &mut alive)?;
            if alive(entry.key(), entry.index) {
                return Some(entry.key());
            }
            self.drop_first(entry);
        }
    }

    /// The earliest entry, which is the last one of the near list, unless it is later than `horizon`.
    #[inline]
    fn first(&mut self, horizon: Time, alive: &mut impl FnMut(EventKey, u32) -> bool) -> Option<Entry> {
        if !self.crowd.is_empty() {
            self.recall_from_crowd();
        }
        if self.near.is_empty() && !self.refill(horizon.as_nanos(), alive) {
            return None;
        }
        self.near.last().copied().filter(|entry| entry.time <= horizon.as_nanos())
    }

    #[inline]
    fn drop_first(&mut self, entry: Entry) {
        assert!(!self.last.meets(entry), "two events have the same key {:?}", entry.key());
        self.last = entry;
        self.near.pop();
        self.len -= 1;
    }

    #[cold]
    fn recall_from_crowd(&mut self) {
        let Some(&Reverse(entry)) = self.crowd.peek() else { return };
        if self.near.last().is_none_or(|&first| entry < first) {
            self.crowd.pop();
            self.near.push(entry);
        }
    }

    /// Fills the empty near list from the earliest slots that begin up to `horizon`; says whether it got any.
    #[inline(never)]
    fn refill(&mut self, horizon: u64, alive: &mut impl FnMut(EventKey, u32) -> bool) -> bool {
        while let Some(slot) = self.wheel.lowest(self.base) {
            if slot.start > horizon {
                return false;
            }
            if slot.count > SORT_MAX && slot.level > 0 {
                let far = slot.level >= FAR;
                self.len -= self.wheel.spread(slot, |entry| !far || alive(entry.key(), entry.index));
                self.base = slot.start;
                continue;
            }
            self.wheel.take(slot, &mut self.near);
            self.base = slot.last;
            // Asking for all at once lets the memory fetch their payloads side by side, before they are popped.
            let before = self.near.len();
            self.near.retain(|&entry| alive(entry.key(), entry.index));
            self.len -= before - self.near.len();
            if !self.near.is_empty() {
                self.near.sort_unstable_by(|a, b| b.cmp(a));
                return true;
            }
        }
        false
    }

    /// Adds an entry that is not later than `base`.
    #[inline]
    fn push_near(&mut self, entry: Entry) {
        let tail = self.near.len().saturating_sub(NEAR_MAX);
        if tail > 0 && self.near[tail - 1] < entry {
            return self.push_deep(entry, tail);
        }
        let mut at = tail + self.near[tail..].partition_point(|other| other.time > entry.time);
        while self.near.get(at).is_some_and(|other| *other > entry) {
            at += 1;
        }
        self.near.insert(at, entry);
    }

    /// Adds an entry that is later than the `NEAR_MAX` entries of the near list from `tail` on.
    #[cold]
    fn push_deep(&mut self, entry: Entry, tail: usize) {
        let cut = self.near[tail].time;
        if entry.time == cut {
            self.crowd.push(Reverse(entry));
            return;
        }
        let mut later: Vec<Entry> = vec![entry];
        later.extend(self.near.drain(..self.near.partition_point(|other| other.time > cut)));
        if !self.crowd.is_empty() {
            let crowd = std::mem::take(&mut self.crowd).into_vec();
            let (stay, go): (Vec<_>, Vec<_>) = crowd.into_iter().partition(|entry| entry.0.time <= cut);
            self.crowd = BinaryHeap::from(stay);
            later.extend(go.iter().map(|entry| entry.0));
        }
        self.lower_base(cut, &mut later);
        for entry in later {
            self.wheel.push(self.base, entry);
        }
    }

    /// Moves the base back to `cut`. Entries that lie below the level where the two differ move to `later`: seen from
    /// the new base they belong to that level.
    fn lower_base(&mut self, cut: u64, later: &mut Vec<Entry>) {
        let level = level_between(cut, self.base);
        while let Some(slot) = self.wheel.lowest(self.base).filter(|slot| slot.level < level) {
            self.wheel.take(slot, later);
        }
        self.base = cut;
    }
}
