//! odem-rs: asynchronous agents; one agent is a token that goes from process to process.

use crate::workloads::random::Random;
use crate::workloads::{Outcome, PHOLD_DELAY_LEAST, PHOLD_DELAY_MEAN, PHOLD_PROCESSES, Stopwatch, mix};
use odem_rs::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;

struct Shared {
    random: Random,
    states: Vec<u64>,
    delays: f64,
    events: u64,
    begin: Option<Stopwatch>,
    seconds: f64,
}

struct Token(u32, Rc<RefCell<Shared>>);

impl Behavior for Token {
    type Output = ();

    async fn actions(&self, sim: &Sim) {
        let mut process = self.0;
        loop {
            let delay = {
                let mut shared = self.1.borrow_mut();
                let delay = (PHOLD_DELAY_LEAST + shared.random.exponential(PHOLD_DELAY_MEAN)) as f64 / 1e9;
                shared.delays += delay;
                delay
            };
            sim.advance(delay).await;
            let mut shared = self.1.borrow_mut();
            shared.events += 1;
            let count = shared.events;
            let state = &mut shared.states[process as usize];
            *state = mix(*state, count);
            process = shared.random.below(PHOLD_PROCESSES);
        }
    }
}

#[odem_rs::main]
async fn run(sim: &Sim, tokens: u32, virtual_seconds: f64, shared: Rc<RefCell<Shared>>) {
    for n in 0..tokens {
        sim.spawn(Token(n % PHOLD_PROCESSES, shared.clone()));
    }
    sim.advance(1e-9).await;
    shared.borrow_mut().begin = Some(Stopwatch::start());
    sim.advance(virtual_seconds).await;
    let mut shared = shared.borrow_mut();
    shared.seconds = shared.begin.take().map_or(0.0, |begin| begin.seconds());
}

/// PHOLD with `pending` tokens at each process, for about `events` events.
pub fn phold(pending: u32, events: u64) -> Outcome {
    let tokens = PHOLD_PROCESSES * pending;
    let shared = Rc::new(RefCell::new(Shared {
        random: Random::new(1),
        states: vec![0; PHOLD_PROCESSES as usize],
        delays: 0.0,
        events: 0,
        begin: None,
        seconds: 0.0,
    }));
    run(tokens, events as f64 * 1.1 / f64::from(tokens), shared.clone());
    let done = shared.borrow();
    let check = done.delays / (done.events + u64::from(tokens)) as f64;
    Outcome { units: done.events, seconds: done.seconds, hash: done.states[0], check }
}
