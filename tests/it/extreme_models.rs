//! Models whose values are as small or as large as the reader lets pass: each is refused with a message, or runs
//! without a panic. `PUSHSIM_EXTREME=N` tries one alone and says what it changes; `PUSHSIM_EXTREMES=N` sets how many
//! are tried.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pushsim::kernel::{Span, Time};
use pushsim::measure::NoTrace;
use pushsim::scenario::World;
use pushsim::scenario::config::load_text;
use toml::{Table, Value};

/// Models of an ordinary run.
const MODELS: u64 = if cfg!(debug_assertions) { 300 } else { 2000 };
/// Events after which a run has shown enough.
const EVENTS: u64 = 3000;
/// Time between two looks at the number of events, and how often to look.
const STEP: Span = Span::from_millis(20);
const STEPS: u64 = 60_000;

const TEXTS: [&str; 24] = [
    "0s",
    "1ns",
    "1us",
    "1s",
    "1h",
    "1000000h",
    "1000000000h",
    "0B",
    "1B",
    "65kB",
    "4GB",
    "0/s",
    "1/h",
    "10000/s",
    "0%",
    "0.0001%",
    "100%",
    "none",
    "unlimited",
    "",
    "1bit/s",
    "9000000000bit/s",
    "never",
    "all",
];
const NUMBERS: [i64; 8] = [0, 1, 2, 9, 255, 65_535, 4_294_967_295, i64::MAX];

fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut x = *state;
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

fn models(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            models(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
    found.sort();
}

/// Replaces the `number`-th single value of a tree, and counts down. Counts of users, instances and messages at a time
/// stay as they are: large ones only need memory.
fn replace(value: &mut Value, number: &mut i64, state: &mut u64) {
    match value {
        Value::Table(table) => {
            for (key, value) in table.iter_mut() {
                if !["users", "terminals", "instances", "include", "batch"].contains(&key.as_str()) {
                    replace(value, number, state);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, number, state)),
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
            if *number == 0 {
                let before = value.clone();
                *value = match value {
                    Value::Boolean(is) => Value::Boolean(!*is),
                    Value::Integer(_) => Value::Integer(NUMBERS[(next(state) % 8) as usize]),
                    Value::Float(_) => Value::Float([0.0, 1e-9, 1e9, f64::MAX][(next(state) % 4) as usize]),
                    Value::String(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => {
                        Value::String(TEXTS[(next(state) % 24) as usize].to_owned())
                    }
                };
                eprintln!("{before} -> {value}");
            }
            *number -= 1;
        }
    }
}

/// Loads and runs extreme model `number`.
fn try_one(number: u64, files: &[PathBuf]) -> Result<(), String> {
    let mut state = number;
    let path = &files[(next(&mut state) % files.len() as u64) as usize];
    let text = std::fs::read_to_string(path).expect("readable");
    let mut tree = Value::Table(text.parse::<Table>().expect("the model is TOML"));
    let mut count = i64::MAX;
    replace(&mut tree, &mut count, &mut state);
    let values = i64::MAX - count;
    for _ in 0..1 + next(&mut state) % 3 {
        let mut at = (next(&mut state) % values.max(1) as u64) as i64;
        replace(&mut tree, &mut at, &mut state);
    }
    let text = toml::to_string(&tree).expect("a tree of TOML has a text");
    eprintln!("{}", path.display());
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let Ok(model) = load_text(path, &text, &[]) else { return };
        let model = Arc::new(model);
        let mut world = World::new(model.clone(), model.seed, 0, NoTrace);
        for step in 1..=STEPS {
            let until = Time::ZERO.saturating_add(STEP * step);
            world.run_until(until.min(model.horizon));
            if until >= model.horizon {
                world.finish();
                return;
            }
            if world.progress().0 > EVENTS {
                return;
            }
        }
    }));
    outcome.map_err(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default();
        format!("{number}: {}: {said}\n{text}", path.display())
    })
}

#[test]
fn extreme_values_are_refused_or_run_without_a_panic() {
    let mut files = Vec::new();
    models(Path::new("models"), &mut files);
    files.retain(|path| !path.starts_with("models/bench"));
    let asked = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    if let Some(number) = asked("PUSHSIM_EXTREME") {
        return try_one(number, &files).unwrap_or_else(|fault| panic!("{fault}"));
    }
    let faults: Vec<String> =
        (0..asked("PUSHSIM_EXTREMES").unwrap_or(MODELS)).filter_map(|number| try_one(number, &files).err()).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n---\n"));
}
