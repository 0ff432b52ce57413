//! How fast the full logic is, and what a terminal costs when it is idle.
//!
//! `cargo bench --bench full_logic` prints two tables; `-- --quick` makes it short; `-- speed` or `-- memory` runs one
//! part; `-- users 10000000` measures the memory of that many idle terminals. Each measurement of memory runs in a
//! process of its own. Speed is processor time of the thread: trust the median. `-- once 10` runs ten virtual seconds
//! once in the function `measured`, for tools that count what a function does.

#![allow(clippy::print_stdout)]

mod workloads;

use pushsim::kernel::Time;
use pushsim::measure::NoTrace;
use pushsim::scenario::config::{self, Override};
use pushsim::scenario::{Model, World};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use workloads::Stopwatch;

/// Millions of hops a second that the design asks for.
const TARGET_HOPS: f64 = 5.0;
/// Octets per idle terminal that the design allows.
const TARGET_OCTETS: f64 = 400.0;
/// Virtual seconds before the clock is read: the traffic has become steady.
const SETTLED: u64 = 60;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let words: Vec<&str> = arguments.iter().filter(|word| !word.starts_with("--")).map(String::as_str).collect();
    match words[..] {
        ["idle", users] => return idle(users),
        ["users", users] => return in_own_process(&["idle", users]),
        ["once", seconds] => return once(seconds),
        _ => {}
    }
    if words.is_empty() || words.contains(&"speed") {
        speed(if quick { 3 } else { 7 }, if quick { 30 } else { 180 });
    }
    if words.is_empty() || words.contains(&"memory") {
        println!(
            "\n{:<18}{:>12}{:>12}{:>14}{:>12}  target",
            "idle terminals", "MiB", "peak MiB", "octets each", "seconds"
        );
        in_own_process(&["idle", "100000"]);
        if !quick {
            in_own_process(&["idle", "1000000"]);
        }
    }
}

fn model(file: &str, change: Option<String>) -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/bench").join(file);
    let changes: Vec<Override> =
        change.iter().map(|change| Override::parse(change).expect("the override has a key and a value")).collect();
    config::load(&path, &changes).expect("the benchmark's model is sound")
}

/// Message hops and events a second in the mixed model, over `length` virtual seconds.
fn speed(rounds: usize, length: u64) {
    let model = Arc::new(model("mixed.toml", None));
    let (mut hop_rates, mut event_rates, mut fingerprints) = (Vec::new(), Vec::new(), Vec::new());
    let mut hops_in_round = 0;
    for _ in 0..rounds {
        let mut world = World::new(model.clone(), 1, 0, NoTrace);
        world.run_until(Time::from_secs(SETTLED));
        let (events, hops) = world.progress();
        let watch = Stopwatch::start();
        world.run_until(Time::from_secs(SETTLED + length));
        let seconds = watch.seconds();
        let (events, hops) = (world.progress().0 - events, world.progress().1 - hops);
        hops_in_round = hops;
        hop_rates.push(hops as f64 / seconds / 1e6);
        event_rates.push(events as f64 / seconds / 1e6);
        fingerprints.push(world.fingerprint());
    }
    assert!(fingerprints.iter().all(|other| *other == fingerprints[0]), "two rounds did not do the same");
    println!(
        "100,000 users, {length} s of traffic, {hops_in_round} hops a round, fingerprint {:016x}",
        fingerprints[0]
    );
    println!("{:<18}{:>8}  {:<17}target", "unit", "median", "(min - max)");
    print_rates("M hops/s", hop_rates, &format!("{TARGET_HOPS}"));
    print_rates("M events/s", event_rates, "");
    println!("{:<18}{:>8.0}", "peak MiB", status_octets("VmHWM:") / f64::from(1 << 20));
}

/// A short stretch of the mixed model, long before it is steady: what happens in `measured` is what is of interest.
fn once(seconds: &str) {
    let seconds: u64 = seconds.parse().expect("a number of seconds");
    let mut world = World::new(Arc::new(model("mixed.toml", Some("warm_up=5s".to_string()))), 1, 0, NoTrace);
    world.run_until(Time::from_secs(5));
    let before = world.progress();
    measured(&mut world, Time::from_secs(5 + seconds));
    let after = world.progress();
    println!("{} hops, {} events, fingerprint {:016x}", after.1 - before.1, after.0 - before.0, world.fingerprint());
}

#[inline(never)]
fn measured(world: &mut World<NoTrace>, until: Time) {
    world.run_until(until);
}

fn print_rates(unit: &str, mut rates: Vec<f64>, target: &str) {
    rates.sort_by(f64::total_cmp);
    let range = format!("({:.3} - {:.3})", rates[0], rates[rates.len() - 1]);
    println!("{unit:<18}{:>8.3}  {range:<17}{target}", rates[rates.len() / 2]);
}

/// Runs this program with other arguments and shows what it prints.
fn in_own_process(arguments: &[&str]) {
    let program = std::env::current_exe().expect("a running program has a file");
    let status = Command::new(program).args(arguments).status().expect("this program can be started again");
    assert!(status.success(), "the measurement {arguments:?} failed");
}

/// Resident octets per registered terminal that has nothing to do, after a little virtual time.
fn idle(users: &str) {
    let model = Arc::new(model("idle.toml", Some(format!("population.users.users={users}"))));
    let terminals = f64::from(model.groups[0].users);
    let before = status_octets("VmRSS:");
    let watch = Stopwatch::start();
    let mut world = World::new(model, 1, 0, NoTrace);
    world.run_until(Time::from_secs(5));
    let seconds = watch.seconds();
    let octets = status_octets("VmRSS:") - before;
    let peak = status_octets("VmHWM:");
    let mib = f64::from(1 << 20);
    println!(
        "{users:<18}{:>12.0}{:>12.0}{:>14.0}{seconds:>12.2}  {TARGET_OCTETS:.0}",
        octets / mib,
        peak / mib,
        octets / terminals
    );
    assert!(world.progress().0 < u64::from(u32::MAX), "the world is alive until its memory is read");
}

/// A line of the process's status in octets; zero where the system has none.
fn status_octets(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status.lines().find_map(|text| text.strip_prefix(line)?.trim().strip_suffix("kB"));
    kib.and_then(|text| text.trim().parse::<f64>().ok()).unwrap_or(0.0) * 1024.0
}
