//! nexosim: models that schedule events for themselves; one model holds the processes, which is its fastest form here,
//! on one thread.

use crate::workloads::random::Random;
use crate::workloads::{
    Outcome, PHOLD_DELAY_LEAST, PHOLD_DELAY_MEAN, PHOLD_PROCESSES, Stopwatch, TIMERS_ARRIVAL_MEAN, TIMERS_LOST_ONE_IN,
    TIMERS_RESPONSE_MEAN, TIMERS_TIMEOUT, mix,
};
use nexosim::model::{BuildContext, Context, Model, ProtoModel, schedulable};
use nexosim::simulation::{EventKey, Mailbox, SimInit, Simulation};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a run leaves behind.
#[derive(Default)]
struct Account {
    events: u64,
    delays: u64,
    timeouts: u64,
}

struct World {
    random: Random,
    states: Vec<u64>,
    pending: u32,
    left: u64,
    keys: Vec<Option<EventKey>>,
    account: Arc<Mutex<Account>>,
}

#[derive(Serialize, Deserialize)]
struct Processes {}

#[Model(type Env=World)]
impl Processes {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>, env: &mut World) {
        for n in 0..PHOLD_PROCESSES * env.pending {
            emit(cx, env, n % PHOLD_PROCESSES);
        }
    }

    #[nexosim(schedulable)]
    async fn token(&mut self, process: u32, cx: &Context<Self>, env: &mut World) {
        let state = &mut env.states[process as usize];
        *state = mix(*state, u64::from(process));
        let target = env.random.below(PHOLD_PROCESSES);
        emit(cx, env, target);
        env.account.lock().expect("one thread").events += 1;
    }
}

fn emit(cx: &Context<Processes>, env: &mut World, process: u32) {
    let delay = PHOLD_DELAY_LEAST + env.random.exponential(PHOLD_DELAY_MEAN);
    env.account.lock().expect("one thread").delays += delay;
    cx.schedule_event(Duration::from_nanos(delay), schedulable!(Processes::token), process).expect("it is later");
}

#[derive(Serialize, Deserialize)]
struct Client {}

#[Model(type Env=World)]
impl Client {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>, env: &mut World) {
        next(cx, env);
    }

    #[nexosim(schedulable)]
    async fn arrival(&mut self, _: (), cx: &Context<Self>, env: &mut World) {
        let slot = env.keys.len();
        let timeout = Duration::from_nanos(TIMERS_TIMEOUT);
        let key = cx.schedule_keyed_event(timeout, schedulable!(Self::timeout), ()).expect("it is later");
        env.keys.push(Some(key));
        if !env.random.bits().is_multiple_of(TIMERS_LOST_ONE_IN) {
            let delay = Duration::from_nanos(1 + env.random.exponential(TIMERS_RESPONSE_MEAN));
            cx.schedule_event(delay, schedulable!(Self::response), slot).expect("it is later");
        }
        env.left -= 1;
        if env.left > 0 {
            next(cx, env);
        }
    }

    #[nexosim(schedulable)]
    async fn response(&mut self, slot: usize, _: &Context<Self>, env: &mut World) {
        if let Some(key) = env.keys[slot].take() {
            key.cancel();
        }
    }

    #[nexosim(schedulable)]
    async fn timeout(&mut self, _: (), _: &Context<Self>, env: &mut World) {
        env.account.lock().expect("one thread").timeouts += 1;
    }
}

fn next(cx: &Context<Client>, env: &mut World) {
    let gap = Duration::from_nanos(1 + env.random.exponential(TIMERS_ARRIVAL_MEAN));
    cx.schedule_event(gap, schedulable!(Client::arrival), ()).expect("it is later");
}

struct Proto<M>(World, M);

impl ProtoModel for Proto<Processes> {
    type Model = Processes;

    fn build(self, _: &mut BuildContext<Self>) -> (Processes, World) {
        (self.1, self.0)
    }
}

impl ProtoModel for Proto<Client> {
    type Model = Client;

    fn build(self, _: &mut BuildContext<Self>) -> (Client, World) {
        (self.1, self.0)
    }
}

fn world(seed: u64, pending: u32, left: u64, account: &Arc<Mutex<Account>>) -> World {
    World {
        random: Random::new(seed),
        states: vec![0; PHOLD_PROCESSES as usize],
        pending,
        left,
        keys: Vec::new(),
        account: account.clone(),
    }
}

/// PHOLD with `pending` events at each process.
pub fn phold(pending: u32, events: u64) -> Outcome {
    let account = Arc::new(Mutex::new(Account::default()));
    let model = Proto(world(1, pending, 0, &account), Processes {});
    let init = SimInit::with_num_threads(1).add_model(model, Mailbox::new(), "processes");
    let mut simulation: Simulation = init.init(MonotonicTime::EPOCH).expect("the bench is sound");
    let begin = Stopwatch::start();
    while account.lock().expect("one thread").events < events {
        simulation.step().expect("events are pending");
    }
    let seconds = begin.seconds();
    let account = account.lock().expect("one thread");
    let scheduled = account.events + u64::from(PHOLD_PROCESSES * pending);
    let check = account.delays as f64 / 1e9 / scheduled as f64;
    Outcome { units: account.events, seconds, hash: account.delays, check }
}

/// The timer pattern.
pub fn timers(messages: u64) -> Outcome {
    let account = Arc::new(Mutex::new(Account::default()));
    let model = Proto(world(2, 0, messages, &account), Client {});
    let init = SimInit::with_num_threads(1).add_model(model, Mailbox::new(), "client");
    let mut simulation: Simulation = init.init(MonotonicTime::EPOCH).expect("the bench is sound");
    let begin = Stopwatch::start();
    let end = messages as f64 * TIMERS_ARRIVAL_MEAN / 1e9 * 1.1 + 60.0;
    simulation.step_until(Duration::from_secs_f64(end)).expect("the run ends");
    let seconds = begin.seconds();
    let timeouts = account.lock().expect("one thread").timeouts;
    Outcome { units: messages, seconds, hash: timeouts, check: timeouts as f64 / messages as f64 }
}
