//! simcore: components that emit events to each other; one component holds the processes.

use crate::workloads::random::Random;
use crate::workloads::{
    Outcome, PHOLD_DELAY_LEAST, PHOLD_DELAY_MEAN, PHOLD_PROCESSES, Stopwatch, TIMERS_ARRIVAL_MEAN, TIMERS_LOST_ONE_IN,
    TIMERS_RESPONSE_MEAN, TIMERS_TIMEOUT, mix,
};
use serde::Serialize;
use simcore::{Event, EventHandler, EventId, Simulation, SimulationContext, cast};
use std::cell::RefCell;
use std::rc::Rc;

#[derive(Clone, Serialize)]
struct Token {
    process: u32,
}

struct Processes {
    context: SimulationContext,
    random: Random,
    states: Vec<u64>,
    delays: f64,
    events: u64,
}

impl Processes {
    fn emit(&mut self, process: u32) {
        let delay = (PHOLD_DELAY_LEAST + self.random.exponential(PHOLD_DELAY_MEAN)) as f64 / 1e9;
        self.delays += delay;
        self.events += 1;
        self.context.emit_self(Token { process }, delay);
    }
}

impl EventHandler for Processes {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Token { process } => {
                let state = &mut self.states[process as usize];
                *state = mix(*state, event.time.to_bits());
                let target = self.random.below(PHOLD_PROCESSES);
                self.emit(target);
            }
        })
    }
}

/// PHOLD with `pending` events at each process.
pub fn phold(pending: u32, events: u64) -> Outcome {
    let mut simulation = Simulation::new(1);
    let context = simulation.create_context("processes");
    let processes = Rc::new(RefCell::new(Processes {
        context,
        random: Random::new(1),
        states: vec![0; PHOLD_PROCESSES as usize],
        delays: 0.0,
        events: 0,
    }));
    simulation.add_handler("processes", processes.clone());
    for n in 0..PHOLD_PROCESSES * pending {
        processes.borrow_mut().emit(n % PHOLD_PROCESSES);
    }
    let begin = Stopwatch::start();
    for _ in 0..events {
        simulation.step();
    }
    let seconds = begin.seconds();
    let done = processes.borrow();
    Outcome { units: events, seconds, hash: done.states[0], check: done.delays / done.events as f64 }
}

#[derive(Clone, Serialize)]
struct Arrival {}

#[derive(Clone, Serialize)]
struct Response {
    timer: EventId,
}

#[derive(Clone, Serialize)]
struct Timeout {}

struct Client {
    context: SimulationContext,
    random: Random,
    left: u64,
    timeouts: u64,
}

impl Client {
    fn next(&mut self) {
        let gap = 1 + self.random.exponential(TIMERS_ARRIVAL_MEAN);
        self.context.emit_self(Arrival {}, gap as f64 / 1e9);
    }
}

impl EventHandler for Client {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Arrival {} => {
                let timer = self.context.emit_self(Timeout {}, TIMERS_TIMEOUT as f64 / 1e9);
                if !self.random.bits().is_multiple_of(TIMERS_LOST_ONE_IN) {
                    let delay = 1 + self.random.exponential(TIMERS_RESPONSE_MEAN);
                    self.context.emit_self(Response { timer }, delay as f64 / 1e9);
                }
                self.left -= 1;
                if self.left > 0 {
                    self.next();
                }
            }
            Response { timer } => {
                self.context.cancel_event(timer);
            }
            Timeout {} => {
                self.timeouts += 1;
            }
        })
    }
}

/// The timer pattern.
pub fn timers(messages: u64) -> Outcome {
    let mut simulation = Simulation::new(1);
    let context = simulation.create_context("client");
    let client = Rc::new(RefCell::new(Client { context, random: Random::new(2), left: messages, timeouts: 0 }));
    simulation.add_handler("client", client.clone());
    let begin = Stopwatch::start();
    client.borrow_mut().next();
    simulation.step_until_no_events();
    let seconds = begin.seconds();
    let timeouts = client.borrow().timeouts;
    Outcome { units: messages, seconds, hash: timeouts, check: timeouts as f64 / messages as f64 }
}
