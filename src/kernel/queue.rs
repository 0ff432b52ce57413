//! The event queue: pending events in the exact order of their keys.

use super::order::EventKey;
use super::time::Time;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Pending events, each a key and the position of its payload in a slab. Pops follow the total order of the keys.
#[derive(Clone, Debug, Default)]
pub struct EventQueue {
    heap: BinaryHeap<Reverse<(EventKey, u32)>>,
}

impl EventQueue {
    /// Number of entries, dead ones included.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// Adds an entry.
    pub fn push(&mut self, key: EventKey, index: u32) {
        self.heap.push(Reverse((key, index)));
    }

    /// Takes the earliest entry that `alive` accepts; the ones it refuses are dropped.
    pub fn pop(&mut self, alive: impl FnMut(EventKey, u32) -> bool) -> Option<(EventKey, u32)> {
        self.pop_until(Time::MAX, alive)
    }

    /// Takes the earliest entry that `alive` accepts, unless it is later than `horizon`.
    pub fn pop_until(
        &mut self,
        horizon: Time,
        mut alive: impl FnMut(EventKey, u32) -> bool,
    ) -> Option<(EventKey, u32)> {
        loop {
            let &Reverse((key, index)) = self.heap.peek()?;
            if !alive(key, index) {
                self.heap.pop();
            } else if key.time > horizon {
                return None;
            } else {
                self.heap.pop();
                return Some((key, index));
            }
        }
    }

    /// The key of the earliest entry that `alive` accepts.
    pub fn peek(&mut self, mut alive: impl FnMut(EventKey, u32) -> bool) -> Option<EventKey> {
        loop {
            let &Reverse((key, index)) = self.heap.peek()?;
            if alive(key, index) {
                return Some(key);
            }
            self.heap.pop();
        }
    }
}
