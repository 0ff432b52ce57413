//! The scheduler: virtual time, and the events that are still to happen.
//!
//! Payloads wait in a slab; the queue holds keys and positions. A position is reused as soon as its event is popped or
//! cancelled, so the queue's entry of a cancelled event is recognised by its key, which no other event ever has.
//!
//! Timers of a duration that was announced stand in a lane of their own, where cancelling one touches memory that was
//! just written. Their keys, and so their order among all events, are the same as without the lane.

use super::order::{EntityId, EventClass, EventKey, OrderRules};
use super::queue::EventQueue;
use super::time::{Span, Time};
use super::timer_lane::TimerLane;

/// Names a scheduled event, to cancel it. A handle whose event is over is stale and names nothing.
///
/// A handle says where the payload waits, so it must never reach the order of events, the wire, a random stream or a
/// hash of state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventHandle {
    /// From [`LANES_FROM`] on a lane, whose events the generation numbers.
    position: u32,
    generation: u32,
}

impl EventHandle {
    /// A handle that never names an event.
    pub const NONE: EventHandle = EventHandle { position: u32::MAX, generation: 0 };
}

impl Default for EventHandle {
    fn default() -> Self {
        EventHandle::NONE
    }
}

/// How often things happened in a scheduler, for reports.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SchedulerCounts {
    /// Events scheduled.
    pub scheduled: u64,
    /// Events popped.
    pub popped: u64,
    /// Events cancelled before they happened.
    pub cancelled: u64,
    /// Events popped at the same instant as the event before.
    pub ties: u64,
}

/// The place of a payload. The key's words below the time are those of the event that waits here: a sender never
/// repeats its counter, so they name one event of the whole run.
#[derive(Clone, Debug)]
struct Place<E> {
    high: u64,
    /// Of a vacant place: the next vacant one.
    low: u32,
    generation: u32,
    event: Option<E>,
}

/// The word of a vacant place, which no key has: it would be of a class that does not exist.
const VACANT: u64 = u64::MAX;
const END: u32 = u32::MAX;
/// Positions from here on are lanes.
const LANES_FROM: u32 = u32::MAX - 64;

/// Virtual time and pending events of type `E`.
#[derive(Clone, Debug)]
pub struct Scheduler<E> {
    queue: EventQueue,
    places: Vec<Place<E>>,
    lanes: Vec<TimerLane<E>>,
    vacant: u32,
    pending: u32,
    rules: OrderRules,
    now: Time,
    step: u8,
    started: bool,
    /// Events that each sender has scheduled so far.
    counters: Vec<u64>,
    counts: SchedulerCounts,
}

impl<E> Scheduler<E> {
    /// A scheduler at time zero for `entities` entities (more may appear later).
    pub fn new(rules: OrderRules, entities: usize) -> Scheduler<E> {
        Scheduler {
            queue: EventQueue::default(),
            places: Vec::new(),
            lanes: Vec::new(),
            vacant: END,
            pending: 0,
            rules,
            now: Time::ZERO,
            step: 0,
            started: false,
            counters: vec![0; entities],
            counts: SchedulerCounts::default(),
        }
    }

    /// Announces that many timers will have this duration.
    ///
    /// # Panics
    /// When there are more than 64 such durations.
    pub fn add_lane(&mut self, duration: Span) {
        if self.lanes.iter().all(|lane| lane.duration() != duration) {
            assert!(self.lanes.len() < 64, "too many lanes of timers");
            self.lanes.push(TimerLane::new(duration));
        }
    }

    /// The time of the last popped event, zero before the first.
    #[inline]
    pub fn now(&self) -> Time {
        self.now
    }

    /// How many events `entity` has scheduled: the counter of its next one.
    pub fn scheduled_by(&self, entity: EntityId) -> u64 {
        self.counters.get(entity.index()).copied().unwrap_or(0)
    }

    /// Number of events that are still to happen.
    pub fn pending(&self) -> usize {
        self.pending as usize
    }

    /// Whether the event of `handle` is still to happen.
    pub fn is_pending(&self, handle: EventHandle) -> bool {
        match self.lane_of(handle.position) {
            Some(lane) => self.lanes.get(lane).is_some_and(|lane| lane.holds(handle.generation)),
            None => self.places.get(handle.position as usize).is_some_and(|place| place.is(handle)),
        }
    }

    /// How often things happened so far.
    pub fn counts(&self) -> SchedulerCounts {
        self.counts
    }

    /// Schedules `event` for `receiver` at `at`, caused by `sender`.
    ///
    /// An event at the current instant runs one step after the current event, and only an entity itself may schedule
    /// one. Before the first pop every event is a beginning and this does not apply.
    ///
    /// # Panics
    /// When `at` is in the past, when an event for another entity has no delay, and where [`EventKey::new`] does.
    #[inline]
    pub fn schedule(
        &mut self,
        at: Time,
        class: EventClass,
        receiver: EntityId,
        sender: EntityId,
        event: E,
    ) -> EventHandle {
        let key = self.next_key(at, class, receiver, sender);
        self.enqueue(key, event)
    }

    /// Schedules `event` of `entity` for itself, `after` from now.
    ///
    /// # Panics
    /// Where [`EventKey::new`] does.
    #[inline]
    pub fn schedule_after(&mut self, after: Span, class: EventClass, entity: EntityId, event: E) -> EventHandle {
        let key = self.next_key(self.now.saturating_add(after), class, entity, entity);
        let Some(at) = self.lanes.iter().position(|lane| lane.duration() == after && lane.takes(key)) else {
            return self.enqueue(key, event);
        };
        let (position, lane) = (LANES_FROM + at as u32, &mut self.lanes[at]);
        if lane.is_empty() {
            self.queue.push(key, position);
        }
        self.pending += 1;
        EventHandle { position, generation: lane.push(key, event) }
    }

    #[inline]
    fn enqueue(&mut self, key: EventKey, event: E) -> EventHandle {
        let handle = self.occupy(key, event);
        self.queue.push(key, handle.position);
        handle
    }

    /// The key of the next event that `sender` schedules.
    #[inline]
    fn next_key(&mut self, at: Time, class: EventClass, receiver: EntityId, sender: EntityId) -> EventKey {
        let step = if at > self.now || !self.started { 0 } else { self.next_step(at, receiver, sender) };
        if sender.index() >= self.counters.len() {
            self.counters.resize(sender.index() + 1, 0);
        }
        let counter = self.counters[sender.index()];
        self.counters[sender.index()] = counter + 1;
        self.counts.scheduled += 1;
        EventKey::new(self.rules, at, step, class, receiver, sender, counter)
    }

    fn next_step(&self, at: Time, receiver: EntityId, sender: EntityId) -> u8 {
        assert!(at == self.now, "an event at {at} is in the past of {}", self.now);
        assert!(receiver == sender, "only an entity itself can be scheduled without delay, at {at}");
        self.step + 1
    }

    /// Cancels the event of `handle` and says whether it was still to happen. A stale handle changes nothing.
    #[inline]
    pub fn cancel(&mut self, handle: EventHandle) -> bool {
        self.take(handle).is_some()
    }

    /// Cancels the event of `handle` and hands it back, if it was still to happen.
    #[inline]
    pub fn take(&mut self, handle: EventHandle) -> Option<E> {
        let event = match self.lane_of(handle.position) {
            Some(lane) => {
                let event = self.lanes.get_mut(lane)?.take(handle.generation)?;
                self.pending -= 1;
                event
            }
            None if self.is_pending(handle) => self.vacate(handle.position),
            None => return None,
        };
        self.counts.cancelled += 1;
        Some(event)
    }

    /// Pops the next event and advances the time to it.
    #[inline]
    pub fn pop(&mut self) -> Option<(EventKey, E)> {
        self.pop_until(Time::MAX)
    }

    /// Pops the next event and advances the time to it, unless it is later than `horizon`.
    #[inline]
    pub fn pop_until(&mut self, horizon: Time) -> Option<(EventKey, E)> {
        let (key, event) = loop {
            let places = &self.places;
            let alive = |key, at| at >= LANES_FROM || places[at as usize].waits_for(key);
            let (key, position) = self.queue.pop_until(horizon, alive)?;
            let event = match self.lane_of(position) {
                Some(lane) => self.pop_lane(lane),
                None => Some(self.vacate(position)),
            };
            if let Some(event) = event {
                break (key, event);
            }
        };
        self.counts.popped += 1;
        self.counts.ties += u64::from(key.time == self.now && self.started);
        self.now = key.time;
        self.step = key.step();
        self.started = true;
        Some((key, event))
    }

    /// The time of the next event, or of a timer before it that was cancelled.
    pub fn next_time(&mut self) -> Option<Time> {
        let places = &self.places;
        let alive = |key, at| at >= LANES_FROM || places[at as usize].waits_for(key);
        self.queue.peek(alive).map(|key| key.time)
    }

    #[inline]
    fn lane_of(&self, position: u32) -> Option<usize> {
        position.checked_sub(LANES_FROM).map(|lane| lane as usize)
    }

    /// Takes out the first of a lane, whose entry the queue has just given, unless it was cancelled.
    fn pop_lane(&mut self, lane: usize) -> Option<E> {
        let (event, next) = self.lanes[lane].pop();
        if let Some(key) = next {
            self.queue.push(key, LANES_FROM + lane as u32);
        }
        self.pending -= u32::from(event.is_some());
        event
    }

    #[inline]
    fn occupy(&mut self, key: EventKey, event: E) -> EventHandle {
        let (high, low) = key.raw();
        self.pending += 1;
        if self.vacant == END {
            let position = u32::try_from(self.places.len()).ok().filter(|position| *position < LANES_FROM);
            let position = position.expect("less than 2^32 events wait at once");
            self.places.push(Place { high, low, generation: 0, event: Some(event) });
            return EventHandle { position, generation: 0 };
        }
        let position = self.vacant;
        let place = &mut self.places[position as usize];
        self.vacant = place.low;
        (place.high, place.low, place.event) = (high, low, Some(event));
        EventHandle { position, generation: place.generation }
    }

    #[inline]
    fn vacate(&mut self, position: u32) -> E {
        let place = &mut self.places[position as usize];
        let event = place.event.take().expect("a place that waits for a key holds its event");
        (place.high, place.low) = (VACANT, self.vacant);
        place.generation = place.generation.wrapping_add(1);
        self.vacant = position;
        self.pending -= 1;
        event
    }
}

impl<E> Place<E> {
    #[inline]
    fn waits_for(&self, key: EventKey) -> bool {
        (self.high, self.low) == key.raw()
    }

    #[inline]
    fn is(&self, handle: EventHandle) -> bool {
        self.generation == handle.generation && self.high != VACANT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: EntityId = EntityId(0);
    const YOU: EntityId = EntityId(1);

    fn scheduler() -> Scheduler<&'static str> {
        Scheduler::new(OrderRules::default(), 1)
    }

    fn at(nanos: u64) -> Time {
        Time::from_nanos(nanos)
    }

    fn drain(scheduler: &mut Scheduler<&'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| scheduler.pop().map(|(_, event)| event)).collect()
    }

    #[test]
    fn events_come_in_order_of_time_then_class_then_receiver() {
        let mut s = scheduler();
        s.schedule(at(5), EventClass::Timer, ME, ME, "timer");
        s.schedule(at(5), EventClass::Message, YOU, ME, "message to you");
        s.schedule(at(5), EventClass::Message, ME, YOU, "message to me");
        s.schedule(at(4), EventClass::Sample, ME, ME, "sample");
        assert_eq!(drain(&mut s), ["sample", "message to me", "message to you", "timer"]);
        assert_eq!((s.now(), s.counts().ties, s.counts().popped), (at(5), 2, 4));
    }

    #[test]
    fn an_event_of_the_same_instant_runs_a_step_later() {
        let mut s = scheduler();
        s.schedule(at(5), EventClass::Timer, ME, ME, "first");
        s.schedule(at(5), EventClass::Sample, ME, ME, "second");
        assert_eq!(s.pop().map(|(key, event)| (key.step(), event)), Some((0, "first")));
        s.schedule(at(5), EventClass::Fault, ME, ME, "third");
        assert_eq!(s.pop().map(|(key, event)| (key.step(), event)), Some((0, "second")));
        assert_eq!(s.pop().map(|(key, event)| (key.step(), event)), Some((1, "third")));
    }

    #[test]
    fn a_cancelled_event_never_happens_and_stale_handles_are_harmless() {
        let mut s = scheduler();
        let doomed = s.schedule(at(5), EventClass::Timer, ME, ME, "doomed");
        assert!(s.is_pending(doomed) && s.cancel(doomed) && !s.cancel(doomed));
        let other = s.schedule(at(6), EventClass::Timer, ME, ME, "other");
        assert_eq!(other.position, doomed.position);
        assert!(!s.cancel(doomed) && !s.is_pending(doomed) && s.is_pending(other));
        assert!(!s.cancel(EventHandle::NONE));
        assert_eq!((s.pending(), drain(&mut s)), (1, vec!["other"]));
        assert_eq!(s.counts().cancelled, 1);
    }

    #[test]
    fn a_horizon_holds_events_back() {
        let mut s = scheduler();
        s.schedule(at(5), EventClass::Timer, ME, ME, "five");
        assert_eq!(s.pop_until(at(4)), None);
        assert_eq!((s.now(), s.next_time()), (Time::ZERO, Some(at(5))));
        s.schedule(at(3), EventClass::Timer, YOU, ME, "three");
        assert_eq!(s.pop_until(at(4)).map(|(_, event)| event), Some("three"));
        assert_eq!(s.pop_until(at(5)).map(|(_, event)| event), Some("five"));
    }

    /// Lanes change nothing but the memory that is touched: with them and without, the same events come in the same
    /// order.
    #[test]
    fn timers_in_lanes_come_as_if_there_were_none() {
        let run = |lanes: &[u64]| {
            let mut s: Scheduler<u64> = Scheduler::new(OrderRules::default(), 4);
            lanes.iter().for_each(|nanos| s.add_lane(Span::from_nanos(*nanos)));
            let (mut state, mut handles, mut seen) = (7_u64, Vec::new(), Vec::new());
            for number in 0..20_000 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let (choice, entity) = (state >> 60, EntityId((state >> 56 & 3) as u32));
                let after = Span::from_nanos([3, 3, 3, 50, 50, 7, 400][(state >> 40) as usize % 7]);
                match choice {
                    0..8 => handles.push(s.schedule_after(after, EventClass::Timer, entity, number)),
                    8..11 if !handles.is_empty() => {
                        let handle = handles[(state >> 20) as usize % handles.len()];
                        let pending = s.is_pending(handle);
                        assert_eq!(s.cancel(handle), pending);
                        assert!(!s.is_pending(handle));
                    }
                    _ => seen.extend(s.pop_until(s.now() + Span::from_nanos(40))),
                }
            }
            seen.extend(std::iter::from_fn(|| s.pop()));
            assert_eq!(s.pending(), 0);
            (seen, s.counts())
        };
        let without = run(&[]);
        assert!(without.0.len() > 5_000 && without.1.cancelled > 500 && without.1.ties > 100);
        assert_eq!(run(&[3, 50, 400]), without);
    }

    #[test]
    fn a_clone_goes_on_alike() {
        let mut s = scheduler();
        for nanos in [9, 3, 7, 1] {
            s.schedule(at(nanos), EventClass::Timer, ME, ME, if nanos > 4 { "late" } else { "early" });
        }
        s.pop();
        let mut twin = s.clone();
        assert_eq!(drain(&mut s), drain(&mut twin));
    }

    #[test]
    #[should_panic(expected = "in the past")]
    fn the_past_panics() {
        let mut s = scheduler();
        s.schedule(at(5), EventClass::Timer, ME, ME, "five");
        s.pop();
        s.schedule(at(4), EventClass::Timer, ME, ME, "four");
    }

    #[test]
    #[should_panic(expected = "without delay")]
    fn no_delay_to_another_panics() {
        let mut s = scheduler();
        s.schedule(at(5), EventClass::Timer, ME, ME, "five");
        s.pop();
        s.schedule(at(5), EventClass::Message, YOU, ME, "now");
    }

    #[test]
    fn a_handle_is_8_octets() {
        assert_eq!(size_of::<EventHandle>(), 8);
    }
}
