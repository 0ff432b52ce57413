//! The total order of events: a property of the model, never of the schedule (design: determinism rule 2).
//!
//! The key is (time, step, class, receiver, sender, sender's own counter). It packs into 20 octets, so that a queue
//! entry with its slab index is 24.

use super::time::Time;

/// A node instance or a terminal, by its dense index in the model (24 bits on the wire of the event key).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct EntityId(pub u32);

impl EntityId {
    /// Number of entities that one run can hold.
    pub const LIMIT: u32 = 1 << 24;

    /// The dense index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Events of one instant and step run in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum EventClass {
    /// A node or link fails or recovers.
    Fault = 0,
    /// A message arrives or has been served.
    Message = 1,
    /// A timer of a protocol machine fires.
    Timer = 2,
    /// A user or a script acts, or a workload has an arrival.
    UserAction = 3,
    /// A measurement is taken.
    Sample = 4,
}

/// The rules of the order that a model can change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderRules {
    /// Whether a message goes before a timer of the same instant (the default).
    pub network_input_before_timer: bool,
    /// Permutes the rank of (receiver, sender) among simultaneous events, to bring hidden races to light.
    pub tie_shuffle: Option<u32>,
}

impl Default for OrderRules {
    fn default() -> Self {
        OrderRules { network_input_before_timer: true, tie_shuffle: None }
    }
}

impl OrderRules {
    #[inline]
    fn class_rank(self, class: EventClass) -> u64 {
        match class {
            EventClass::Message if !self.network_input_before_timer => EventClass::Timer as u64,
            EventClass::Timer if !self.network_input_before_timer => EventClass::Message as u64,
            EventClass::Fault
            | EventClass::Message
            | EventClass::Timer
            | EventClass::UserAction
            | EventClass::Sample => class as u64,
        }
    }

    /// A permutation of the 24-bit entity numbers (three rounds of multiply and xor-shift, each a bijection).
    #[inline]
    fn entity_rank(self, entity: EntityId) -> u64 {
        const MASK: u32 = EntityId::LIMIT - 1;
        let Some(seed) = self.tie_shuffle else { return u64::from(entity.0) };
        let mut x = (entity.0 ^ seed) & MASK;
        for round in 0..3u32 {
            x = x.wrapping_mul(0x9E_3779 | 1) & MASK;
            x ^= x >> 11;
            x = x.wrapping_add(seed.rotate_left(8 * round + 5)) & MASK;
        }
        u64::from(x)
    }
}

/// The packed sort key of an event. Two equal keys are a bug of the model's wiring and panic when they meet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EventKey {
    /// When the event happens.
    pub time: Time,
    high: u64,
    low: u32,
}

/// The step of an event within its instant is at most this.
pub const STEP_MAX: u8 = 63;
const COUNTER_BITS: u32 = 39;

impl EventKey {
    /// The key of the `counter`-th event that `sender` schedules, for `receiver`.
    ///
    /// # Panics
    /// When `step` exceeds [`STEP_MAX`], an entity exceeds [`EntityId::LIMIT`] or the counter 39 bits.
    #[inline]
    pub fn new(
        rules: OrderRules,
        time: Time,
        step: u8,
        class: EventClass,
        receiver: EntityId,
        sender: EntityId,
        counter: u64,
    ) -> EventKey {
        assert!(step <= STEP_MAX, "more than {STEP_MAX} causally chained events at {time}: a zero-delay loop");
        debug_assert!(receiver.0 < EntityId::LIMIT && sender.0 < EntityId::LIMIT);
        assert!(counter < 1 << COUNTER_BITS, "an entity scheduled more than 2^39 events");
        let high = u64::from(step) << 58
            | rules.class_rank(class) << 55
            | rules.entity_rank(receiver) << 31
            | rules.entity_rank(sender) << 7
            | counter >> 32;
        EventKey { time, high, low: counter as u32 }
    }

    /// The step within the instant.
    pub fn step(self) -> u8 {
        (self.high >> 58) as u8
    }

    /// The sender's own counter.
    pub fn counter(self) -> u64 {
        (self.high & 0x7f) << 32 | u64::from(self.low)
    }

    /// The part of the key below the time, as one number.
    pub fn rank(self) -> u128 {
        u128::from(self.high) << 32 | u128::from(self.low)
    }

    /// A key from its parts, for tests and benchmarks of the queue alone.
    pub fn from_raw(time: Time, high: u64, low: u32) -> EventKey {
        EventKey { time, high, low }
    }

    /// The words below the time: high 64 bits and low 32 bits.
    pub fn raw(self) -> (u64, u32) {
        (self.high, self.low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(rules: OrderRules, class: EventClass, receiver: u32, sender: u32, counter: u64) -> EventKey {
        EventKey::new(rules, Time::from_secs(1), 0, class, EntityId(receiver), EntityId(sender), counter)
    }

    #[test]
    fn network_input_goes_before_a_timer_unless_the_model_flips_the_rule() {
        let usual = OrderRules::default();
        assert!(key(usual, EventClass::Message, 9, 9, 9) < key(usual, EventClass::Timer, 1, 1, 1));
        let flipped = OrderRules { network_input_before_timer: false, ..usual };
        assert!(key(flipped, EventClass::Message, 1, 1, 1) > key(flipped, EventClass::Timer, 9, 9, 9));
    }

    #[test]
    fn fields_rank_in_the_documented_order() {
        let rules = OrderRules::default();
        assert!(key(rules, EventClass::Message, 1, 9, 9) < key(rules, EventClass::Message, 2, 1, 1));
        assert!(key(rules, EventClass::Message, 1, 1, 9) < key(rules, EventClass::Message, 1, 2, 1));
        assert!(key(rules, EventClass::Message, 1, 1, 1 << 38) > key(rules, EventClass::Message, 1, 1, 9));
    }

    #[test]
    fn a_tie_shuffle_is_a_permutation() {
        let rules = OrderRules { tie_shuffle: Some(7), ..OrderRules::default() };
        let mut ranks: Vec<u64> = (0..100_000).map(|e| rules.entity_rank(EntityId(e))).collect();
        ranks.sort_unstable();
        ranks.dedup();
        assert_eq!(ranks.len(), 100_000);
    }
}
