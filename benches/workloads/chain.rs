//! A chain of proxies with first-come queues: a request goes through all of them and its response comes back.

use super::engines::Engine;
use super::random::Random;
use super::{CHAIN_ARRIVAL_MEAN, CHAIN_EVENTS, CHAIN_LINK, CHAIN_PROXIES, CHAIN_SERVICE_MEAN, Outcome, Stopwatch, mix};
use std::collections::VecDeque;

/// Payloads below are requests that arrive somewhere; from here on they are ends of service at a proxy.
const DONE: u32 = 1 << 30;
const SOURCE: u32 = DONE - 1;
const CLIENT: u32 = 0;
/// Stops of a request: the proxies there and back, the last one met once, and the client.
const STOPS: u32 = 2 * CHAIN_PROXIES - 1;

#[derive(Default)]
struct Request {
    began: u64,
    stop: u32,
}

#[derive(Default)]
struct Chain {
    requests: Vec<Request>,
    free: Vec<u32>,
    /// Of each proxy, the requests that wait, the one in service first.
    waiting: [VecDeque<u32>; CHAIN_PROXIES as usize],
    hash: u64,
    ended: u64,
    response: u64,
}

/// The proxy of a stop, counted from 1; the client is 0.
#[inline]
fn proxy_of(stop: u32) -> u32 {
    if stop < CHAIN_PROXIES { stop + 1 } else { STOPS - stop }
}

impl Chain {
    #[inline]
    fn begin(&mut self, now: u64, engine: &mut impl Engine) {
        let request = self.free.pop().unwrap_or_else(|| {
            self.requests.push(Request::default());
            self.requests.len() as u32 - 1
        });
        self.requests[request as usize] = Request { began: now, stop: 0 };
        engine.schedule(now + CHAIN_LINK, proxy_of(0), CLIENT, request);
    }

    #[inline]
    fn arrive(&mut self, now: u64, request: u32, random: &mut Random, engine: &mut impl Engine) {
        let Request { began, stop } = self.requests[request as usize];
        let proxy = proxy_of(stop);
        if proxy == CLIENT {
            self.ended += 1;
            self.response += now - began;
            self.free.push(request);
            return;
        }
        let waiting = &mut self.waiting[proxy as usize - 1];
        waiting.push_back(request);
        if waiting.len() == 1 {
            serve(now, proxy, random, engine);
        }
    }

    #[inline]
    fn done(&mut self, now: u64, proxy: u32, random: &mut Random, engine: &mut impl Engine) {
        let waiting = &mut self.waiting[proxy as usize - 1];
        let request = waiting.pop_front().expect("a request was in service");
        if !waiting.is_empty() {
            serve(now, proxy, random, engine);
        }
        let stop = &mut self.requests[request as usize].stop;
        *stop += 1;
        engine.schedule(now + CHAIN_LINK, proxy_of(*stop), proxy, request);
    }
}

#[inline]
fn serve(now: u64, proxy: u32, random: &mut Random, engine: &mut impl Engine) {
    engine.schedule(now + 1 + random.exponential(CHAIN_SERVICE_MEAN), proxy, proxy, DONE | proxy);
}

/// Sends `requests` requests and awaits their responses. A unit is an event; the check is the mean response time in
/// milliseconds.
#[inline(never)]
pub fn run<E: Engine>(requests: u64) -> Outcome {
    let mut engine = E::new(CHAIN_PROXIES + 1);
    let mut random = Random::new(3);
    let mut chain = Chain::default();
    let mut sent = 0;
    let begin = Stopwatch::start();
    engine.schedule(random.exponential(CHAIN_ARRIVAL_MEAN), CLIENT, CLIENT, SOURCE);
    while let Some((now, payload)) = engine.pop() {
        chain.hash = mix(chain.hash, now ^ u64::from(payload) << 32);
        if payload == SOURCE {
            chain.begin(now, &mut engine);
            sent += 1;
            if sent < requests {
                engine.schedule(now + 1 + random.exponential(CHAIN_ARRIVAL_MEAN), CLIENT, CLIENT, SOURCE);
            }
        } else if payload < DONE {
            chain.arrive(now, payload, &mut random, &mut engine);
        } else {
            chain.done(now, payload - DONE, &mut random, &mut engine);
        }
    }
    let seconds = begin.seconds();
    let check = chain.response as f64 / chain.ended as f64 / 1e6;
    Outcome { units: requests * CHAIN_EVENTS, seconds, hash: chain.hash, check }
}
