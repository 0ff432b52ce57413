//! What runs a workload: the bare event queue, the standard library's heap, and the scheduler as users have it.

use pushsim::kernel::queue::EventQueue;
use pushsim::kernel::{EntityId, EventClass, EventHandle, EventKey, OrderRules, Scheduler, Time};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The events of a workload. A payload is a number; those of timers have the bit [`TIMER`].
pub trait Engine {
    /// An engine for that many entities.
    fn new(entities: u32) -> Self;
    /// Schedules an event `at` nanoseconds.
    fn schedule(&mut self, at: u64, receiver: u32, sender: u32, payload: u32);
    /// Sets the timer of `slot`, which is not set.
    fn set_timer(&mut self, at: u64, slot: u32);
    /// Stops the timer of `slot`, which is set.
    fn stop_timer(&mut self, slot: u32);
    /// The next event: when, and its payload.
    fn pop(&mut self) -> Option<(u64, u32)>;
}

/// Marks the payload of a timer; the rest is its slot.
pub const TIMER: u32 = 1 << 31;

/// A priority queue of keys.
pub trait Pending: Default {
    /// Adds an entry.
    fn push(&mut self, key: EventKey, index: u32);
    /// Takes the earliest entry that is alive.
    fn pop(&mut self, alive: impl FnMut(EventKey, u32) -> bool) -> Option<(EventKey, u32)>;
}

impl Pending for EventQueue {
    #[inline]
    fn push(&mut self, key: EventKey, index: u32) {
        EventQueue::push(self, key, index);
    }

    #[inline]
    fn pop(&mut self, alive: impl FnMut(EventKey, u32) -> bool) -> Option<(EventKey, u32)> {
        EventQueue::pop(self, alive)
    }
}

/// The standard library's heap with entries of 24 octets, dead ones dropped when they come up.
#[derive(Default)]
pub struct StdHeap(BinaryHeap<Reverse<(Time, u64, u32, u32)>>);

impl Pending for StdHeap {
    #[inline]
    fn push(&mut self, key: EventKey, index: u32) {
        let (high, low) = key.raw();
        self.0.push(Reverse((key.time, high, low, index)));
    }

    #[inline]
    fn pop(&mut self, mut alive: impl FnMut(EventKey, u32) -> bool) -> Option<(EventKey, u32)> {
        loop {
            let Reverse((time, high, low, index)) = self.0.pop()?;
            let key = EventKey::from_raw(time, high, low);
            if alive(key, index) {
                return Some((key, index));
            }
        }
    }
}

/// A bare priority queue. A timer is alive while its slot holds its number.
pub struct Bare<Q> {
    queue: Q,
    counter: u64,
    timers: Vec<u32>,
}

impl<Q: Pending> Bare<Q> {
    #[inline]
    fn push(&mut self, at: u64, class: EventClass, receiver: u32, sender: u32, payload: u32) {
        self.counter += 1;
        let (receiver, sender) = (EntityId(receiver), EntityId(sender));
        let rules = OrderRules::default();
        self.queue.push(EventKey::new(rules, Time::from_nanos(at), 0, class, receiver, sender, self.counter), payload);
    }
}

impl<Q: Pending> Engine for Bare<Q> {
    fn new(_entities: u32) -> Self {
        Bare { queue: Q::default(), counter: 0, timers: Vec::new() }
    }

    #[inline]
    fn schedule(&mut self, at: u64, receiver: u32, sender: u32, payload: u32) {
        self.push(at, EventClass::Message, receiver, sender, payload);
    }

    #[inline]
    fn set_timer(&mut self, at: u64, slot: u32) {
        self.push(at, EventClass::Timer, 0, 0, slot | TIMER);
        if self.timers.len() <= slot as usize {
            self.timers.resize(slot as usize + 1, 0);
        }
        self.timers[slot as usize] = self.counter as u32;
    }

    #[inline]
    fn stop_timer(&mut self, slot: u32) {
        self.timers[slot as usize] = 0;
    }

    #[inline]
    fn pop(&mut self) -> Option<(u64, u32)> {
        let timers = &self.timers;
        let alive = |key: EventKey, index: u32| index & TIMER == 0 || timers[(index & !TIMER) as usize] == key.raw().1;
        self.queue.pop(alive).map(|(key, index)| (key.time.as_nanos(), index))
    }
}

/// The scheduler, through what is public.
pub struct Scheduled {
    scheduler: Scheduler<u32>,
    timers: Vec<EventHandle>,
}

impl Engine for Scheduled {
    fn new(entities: u32) -> Self {
        Scheduled { scheduler: Scheduler::new(OrderRules::default(), entities as usize), timers: Vec::new() }
    }

    #[inline]
    fn schedule(&mut self, at: u64, receiver: u32, sender: u32, payload: u32) {
        let (receiver, sender) = (EntityId(receiver), EntityId(sender));
        self.scheduler.schedule(Time::from_nanos(at), EventClass::Message, receiver, sender, payload);
    }

    #[inline]
    fn set_timer(&mut self, at: u64, slot: u32) {
        let me = EntityId(0);
        let handle = self.scheduler.schedule(Time::from_nanos(at), EventClass::Timer, me, me, slot | TIMER);
        if self.timers.len() <= slot as usize {
            self.timers.resize(slot as usize + 1, EventHandle::NONE);
        }
        self.timers[slot as usize] = handle;
    }

    #[inline]
    fn stop_timer(&mut self, slot: u32) {
        self.scheduler.cancel(self.timers[slot as usize]);
    }

    #[inline]
    fn pop(&mut self) -> Option<(u64, u32)> {
        self.scheduler.pop().map(|(key, payload)| (key.time.as_nanos(), payload))
    }
}
