//! The queue against a sorted list.

use super::*;
use proptest::prelude::*;

fn key(nanos: u64, rank: u64) -> EventKey {
    EventKey::from_raw(Time::from_nanos(nanos), rank >> 3, (rank & 7) as u32)
}

/// The queue and a sorted list side by side. The index of an entry is its number; dead numbers are marked.
#[derive(Clone, Default)]
struct Pair {
    queue: EventQueue,
    list: std::collections::BTreeMap<(Time, u128), u32>,
    dead: Vec<bool>,
    /// A cancelled key still lies in the queue, so no key is used twice.
    used: std::collections::BTreeSet<(Time, u128)>,
    now: u64,
    last: (Time, u128),
}

impl Pair {
    fn push(&mut self, nanos: u64, rank: u64) {
        let key = key(nanos, rank);
        // A key of the present is later than the one popped last, as the scheduler's are.
        if (key.time, key.rank()) <= self.last || !self.used.insert((key.time, key.rank())) {
            return;
        }
        let index = self.dead.len() as u32;
        self.dead.push(false);
        self.list.insert((key.time, key.rank()), index);
        self.queue.push(key, index);
    }

    fn cancel(&mut self, pick: usize) {
        if let Some((&at, &index)) = self.list.iter().nth(pick % self.list.len().max(1)) {
            self.list.remove(&at);
            self.dead[index as usize] = true;
        }
    }

    fn pop_until(&mut self, horizon: u64) -> bool {
        let horizon = Time::from_nanos(horizon);
        let expected = self.list.first_key_value().map(|(&at, &index)| (at, index)).filter(|e| e.0.0 <= horizon);
        let dead = &self.dead;
        let popped = self.queue.pop_until(horizon, |_, index| !dead[index as usize]);
        assert_eq!(popped.map(|(key, index)| ((key.time, key.rank()), index)), expected);
        let Some((at, _)) = expected else { return false };
        self.list.remove(&at);
        self.now = at.0.as_nanos();
        self.last = at;
        true
    }

    fn drain(&mut self) {
        while self.pop_until(u64::MAX) {}
        assert!(self.list.is_empty() && self.queue.is_empty());
    }
}

#[derive(Clone, Debug)]
enum Action {
    /// A push this long after now.
    After(u64, u64),
    /// Pushes at the present instant, at this distance in rank.
    Now(u64, u64),
    /// A push in a far future, if it is ahead.
    Far(u64),
    /// That many pushes at one instant this long after now.
    Crowd(u64, u64),
    Cancel(usize),
    Pops(usize),
    PopWithin(u64),
    Peek,
    Clone,
}

fn action() -> impl Strategy<Value = Action> {
    let delay = prop_oneof![1..100u64, 1..1u64 << 20, 1..1u64 << 31, 1..1u64 << 36, 1..1u64 << 45];
    let few = prop_oneof![Just(3u64), 1..1u64 << 24];
    prop_oneof![
        12 => (delay.clone(), 0..1000u64).prop_map(|(delay, rank)| Action::After(delay, rank)),
        3 => (few, 0..1000u64).prop_map(|(delay, rank)| Action::After(delay, rank)),
        2 => (1..300u64, 1..100u64).prop_map(|(rank, count)| Action::Now(rank, count)),
        1 => (0..u64::MAX / 2).prop_map(Action::Far),
        1 => (1..1u64 << 16, 1..250u64).prop_map(|(delay, count)| Action::Crowd(delay, count)),
        3 => any::<usize>().prop_map(Action::Cancel),
        4 => (1..12usize).prop_map(Action::Pops),
        2 => delay.prop_map(Action::PopWithin),
        1 => Just(Action::Peek),
        1 => Just(Action::Clone),
    ]
}

fn apply(pair: &mut Pair, action: Action) {
    match action {
        Action::After(delay, rank) => pair.push(pair.now + delay, rank),
        Action::Now(rank, count) => {
            let (high, low) = (pair.last.1 >> 32, pair.last.1 as u32 & 7);
            for n in 1..=count {
                pair.push(pair.now, ((high as u64) << 3 | u64::from(low)) + rank * n);
            }
        }
        Action::Far(nanos) => pair.push(nanos.max(pair.now), nanos),
        Action::Crowd(delay, count) => {
            for n in 0..count {
                pair.push(pair.now + delay, n * 0x9E37 % 65_536);
            }
        }
        Action::Cancel(pick) => pair.cancel(pick),
        Action::Pops(count) => {
            for _ in 0..count {
                pair.pop_until(u64::MAX);
            }
        }
        Action::PopWithin(delay) => while pair.pop_until(pair.now + delay / 64) {},
        Action::Peek => {
            let dead = &pair.dead;
            let peeked = pair.queue.peek(|_, index| !dead[index as usize]);
            assert_eq!(peeked.map(|key| (key.time, key.rank())), pair.list.keys().next().copied());
        }
        Action::Clone => pair.clone().drain(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pops_are_those_of_a_sorted_list(actions in prop::collection::vec(action(), 1..300)) {
        let mut pair = Pair::default();
        for action in actions {
            apply(&mut pair, action);
        }
        pair.drain();
    }
}

/// Pseudo-random numbers that are good enough for load.
fn shuffle(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 20
}

#[test]
fn a_burst_below_a_base_far_ahead_stays_in_order() {
    let mut pair = Pair::default();
    let mut state = 1;
    for round in 0..20u64 {
        pair.push(pair.now + 900_000_000, round);
        pair.queue.peek(|_, _| true);
        for n in 0..500 {
            pair.push(pair.now + 1 + shuffle(&mut state) % 800_000_000, n);
        }
        for _ in 0..400 {
            pair.pop_until(u64::MAX);
        }
    }
    pair.drain();
}

#[test]
fn a_crowd_at_one_instant_with_followers_is_not_quadratic() {
    const CROWD: u64 = 200_000;
    let mut queue = EventQueue::default();
    for n in 0..CROWD {
        queue.push(key(77, n * 16_807 % 2_147_483_647), 0);
    }
    let mut popped = 0;
    let mut before = 0;
    while let Some((key, _)) = queue.pop(|_, _| true) {
        assert!(key.rank() > before || popped == 0);
        before = key.rank();
        if popped < CROWD {
            let (high, low) = key.raw();
            queue.push(EventKey::from_raw(key.time, high | 1 << 58, low), 0);
        }
        popped += 1;
    }
    assert_eq!(popped, 2 * CROWD);
}

#[test]
fn memory_follows_the_number_pending() {
    let mut queue = EventQueue::default();
    let mut state = 1;
    let mut now = 0;
    for n in 0..10_000 {
        queue.push(key(1 + shuffle(&mut state) % 2_000_000_000, n), 0);
    }
    for n in 10_000..1_000_000 {
        let (popped, _) = queue.pop(|_, _| true).expect("ten thousand are pending");
        now = popped.time.as_nanos().max(now);
        queue.push(key(now + 1 + shuffle(&mut state) % 2_000_000_000, n), 0);
    }
    assert_eq!(queue.len(), 10_000);
    assert!(queue.wheel.chunks() < 10_000 / chunks::CHUNK + 500, "{} chunks", queue.wheel.chunks());
}

#[test]
fn cancelled_timers_are_dropped_where_their_bucket_opens() {
    let mut queue = EventQueue::default();
    for n in 0..100_000u64 {
        queue.push(key(32_000_000_000 + n, n), n as u32);
    }
    queue.push(key(31_000_000_000, 0), 0);
    queue.push(key(33_000_000_000, 0), 0);
    let alive = |_, index| index == 0 || index == 99_999;
    assert_eq!(queue.pop(alive).map(|(_, index)| index), Some(0));
    assert_eq!(queue.len(), 100_001);
    assert_eq!(queue.pop(alive).map(|(_, index)| index), Some(0));
    assert_eq!(queue.len(), 2, "the first and the last of the timers and nothing of those in between");
}

#[test]
#[should_panic(expected = "same key")]
fn equal_keys_panic_when_they_meet() {
    let mut queue = EventQueue::default();
    queue.push(key(5, 5), 1);
    queue.push(key(5, 5), 2);
    queue.pop(|_, _| true);
    queue.pop(|_, _| true);
}
