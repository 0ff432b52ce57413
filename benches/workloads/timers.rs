//! The timer pattern of SIP: every message sets a long timer, and nearly every one stops it soon after.

use super::engines::{Engine, TIMER};
use super::random::Random;
use super::{Outcome, Stopwatch, TIMERS_ARRIVAL_MEAN, TIMERS_LOST_ONE_IN, TIMERS_RESPONSE_MEAN, TIMERS_TIMEOUT, mix};

const ARRIVAL: u32 = TIMER - 1;

/// Sends `messages` messages and awaits the end of all. A unit is a message; the check is the share of timeouts.
#[inline(never)]
pub fn run<E: Engine>(messages: u64) -> Outcome {
    let mut engine = E::new(1);
    let mut random = Random::new(2);
    let mut slots = Slots::default();
    let (mut sent, mut hash, mut timeouts) = (0, 0, 0u64);
    let begin = Stopwatch::start();
    engine.schedule(random.exponential(TIMERS_ARRIVAL_MEAN), 0, 0, ARRIVAL);
    while let Some((now, payload)) = engine.pop() {
        hash = mix(hash, now);
        if payload == ARRIVAL {
            let slot = slots.occupy(now);
            engine.set_timer(now + TIMERS_TIMEOUT, slot);
            if !random.bits().is_multiple_of(TIMERS_LOST_ONE_IN) {
                engine.schedule(now + 1 + random.exponential(TIMERS_RESPONSE_MEAN), 0, 0, slot);
            }
            sent += 1;
            if sent < messages {
                engine.schedule(now + 1 + random.exponential(TIMERS_ARRIVAL_MEAN), 0, 0, ARRIVAL);
            }
        } else if payload & TIMER == 0 {
            engine.stop_timer(payload);
            hash = mix(hash, slots.vacate(payload));
        } else {
            timeouts += 1;
            hash = mix(hash, slots.vacate(payload & !TIMER));
        }
    }
    let seconds = begin.seconds();
    Outcome { units: messages, seconds, hash, check: timeouts as f64 / messages as f64 }
}

/// Transactions: when each began. A slot is given out again as soon as it is free.
#[derive(Default)]
struct Slots {
    began: Vec<u64>,
    free: Vec<u32>,
}

impl Slots {
    #[inline]
    fn occupy(&mut self, now: u64) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.began[slot as usize] = now;
            return slot;
        }
        self.began.push(now);
        self.began.len() as u32 - 1
    }

    #[inline]
    fn vacate(&mut self, slot: u32) -> u64 {
        self.free.push(slot);
        self.began[slot as usize]
    }
}
