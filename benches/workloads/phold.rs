//! PHOLD: every event makes one event, at a process chosen at random.

use super::engines::Engine;
use super::random::Random;
use super::{Outcome, PHOLD_DELAY_LEAST, PHOLD_DELAY_MEAN, Stopwatch, mix};

/// Runs `events` events with `pending` of them waiting at each of `processes` processes. A unit is an event.
#[inline(never)]
pub fn run<E: Engine>(processes: u32, pending: u32, events: u64) -> Outcome {
    let mut engine = E::new(processes);
    let mut random = Random::new(1);
    let mut states = vec![0u64; processes as usize];
    for n in 0..processes * pending {
        let process = n % processes;
        engine.schedule(PHOLD_DELAY_LEAST + random.exponential(PHOLD_DELAY_MEAN), process, process, process);
    }
    let begin = Stopwatch::start();
    for _ in 0..events {
        let (now, process) = engine.pop().expect("the number of pending events does not change");
        let state = &mut states[process as usize];
        *state = mix(*state, now);
        let target = random.below(processes);
        let at = now + PHOLD_DELAY_LEAST + random.exponential(PHOLD_DELAY_MEAN);
        engine.schedule(at, target, process, target);
    }
    let seconds = begin.seconds();
    Outcome { units: events, seconds, hash: states.iter().fold(0, |hash, &state| mix(hash, state)), check: 0.0 }
}
