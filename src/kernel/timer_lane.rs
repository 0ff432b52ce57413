//! Timers of one fixed duration. They end in the order in which they were set, so a line of them needs no sorting, and
//! one that is cancelled is only struck out, near the end of the line where it was just written.

use super::order::EventKey;
use super::time::Span;
use std::collections::VecDeque;

/// Events in the order of their keys, struck out when they are cancelled. The first of the line has an entry in the
/// event queue that stands for all.
#[derive(Clone, Debug)]
pub(super) struct TimerLane<E> {
    duration: Span,
    line: VecDeque<(EventKey, Option<E>)>,
    /// Number of the first of the line, counted from the first ever.
    first: u32,
}

impl<E> TimerLane<E> {
    pub(super) fn new(duration: Span) -> TimerLane<E> {
        TimerLane { duration, line: VecDeque::new(), first: 0 }
    }

    pub(super) fn duration(&self) -> Span {
        self.duration
    }

    pub(super) fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    /// Whether the line stays in order when `key` joins it.
    pub(super) fn takes(&self, key: EventKey) -> bool {
        self.line.back().is_none_or(|(last, _)| *last < key)
    }

    /// Joins the line; gives the number.
    pub(super) fn push(&mut self, key: EventKey, event: E) -> u32 {
        self.line.push_back((key, Some(event)));
        self.first.wrapping_add(self.line.len() as u32 - 1)
    }

    fn place(&self, number: u32) -> usize {
        number.wrapping_sub(self.first) as usize
    }

    /// Whether the event with this number is still to happen.
    pub(super) fn holds(&self, number: u32) -> bool {
        self.line.get(self.place(number)).is_some_and(|(_, event)| event.is_some())
    }

    /// Strikes out the event with this number.
    pub(super) fn take(&mut self, number: u32) -> Option<E> {
        let place = self.place(number);
        self.line.get_mut(place)?.1.take()
    }

    /// Takes out the first of the line, if it was not struck out, and those behind it that were. Gives the key of the
    /// one who is first then.
    pub(super) fn pop(&mut self) -> (Option<E>, Option<EventKey>) {
        let event = self.line.pop_front().and_then(|(_, event)| event);
        self.first = self.first.wrapping_add(1);
        while self.line.pop_front_if(|(_, event)| event.is_none()).is_some() {
            self.first = self.first.wrapping_add(1);
        }
        (event, self.line.front().map(|(key, _)| *key))
    }
}
