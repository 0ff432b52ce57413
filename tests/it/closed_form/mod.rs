//! Closed forms: what queueing theory and the timer tables of SIP say is what the simulator measures. Reference values
//! are rows of `tests/data/closed_form.csv` and `closed_form_more.csv`; `cases` says which model and which measure
//! stand for a row. Counts are exact. Means are those of at least 20 replications and within four standard errors.

mod cases;
mod rows;

use std::path::PathBuf;

use pushsim::measure::RunResults;
use pushsim::scenario::config::{Override, load};
use pushsim::scenario::{Model, run, trace};
use rayon::prelude::*;

use crate::source::root;

use cases::{CASES, Case, NOT_COVERED, SCHEDULES};
use rows::Rule;

/// Replications of a case that does not say more.
const REPLICATIONS: u64 = 20;
/// Standard errors that a mean may be off.
const STANDARD_ERRORS: f64 = 4.0;
/// Reference values are given to ten digits.
const DIGITS: f64 = 1e-9;
/// Percentiles come from a histogram of three digits.
const HISTOGRAM: f64 = 1e-3;

/// A row of reference values.
struct Reference {
    name: String,
    parameters: String,
    quantity: String,
    expected: String,
}

impl Reference {
    fn is(&self, name: &str, parameters: &str, quantity: &str) -> bool {
        self.name == name && self.parameters.contains(parameters) && self.quantity.starts_with(quantity)
    }

    fn value(&self) -> f64 {
        self.expected.parse().unwrap_or_else(|_| panic!("{}: `{}` is no number", self.name, self.expected))
    }

    fn text(&self) -> String {
        format!("{} [{}] {}", self.name, self.parameters, self.quantity)
    }
}

fn references() -> Vec<Reference> {
    let mut rows = Vec::new();
    for file in ["closed_form.csv", "closed_form_more.csv"] {
        let mut reader = csv::Reader::from_path(root().join("tests/data").join(file)).expect("the file is there");
        rows.extend(reader.records().map(|record| {
            let record = record.expect("a row of the file");
            let field = |at: usize| record[at].to_owned();
            Reference { name: field(0), parameters: field(1), quantity: field(2), expected: field(3) }
        }));
    }
    rows
}

fn model_of(file: &str, sets: &[&str]) -> Model {
    let path: PathBuf = root().join("models").join(format!("{file}.toml"));
    let overrides: Vec<Override> = sets.iter().map(|set| Override::parse(set).expect("an override")).collect();
    load(&path, &overrides).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Mean and standard error.
fn estimate(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt())
}

/// All replications of a case.
fn run_all(case: &Case) -> Vec<RunResults> {
    let model = model_of(case.model, case.sets);
    let replications = case.replications.unwrap_or(REPLICATIONS);
    (0..replications).into_par_iter().map(|replication| run(&model, 1, replication)).collect()
}

/// Compares the results of a case with its rows and adds what does not fit to the faults.
fn check(case: &Case, results: &[RunResults], references: &[Reference], faults: &mut Vec<String>) {
    let replications = results.len();
    for (quantity, rule, value) in case.rows {
        let row = only(references, case.name, case.parameters, quantity);
        let (expected, values) = (row.value(), results.iter().map(value).collect::<Vec<f64>>());
        let (mean, error) = estimate(&values);
        let digits = DIGITS * expected.abs();
        let fits = match rule {
            Rule::Exact => values.iter().all(|value| (value - expected).abs() <= digits),
            Rule::Mean => (mean - expected).abs() <= STANDARD_ERRORS * error + digits,
            Rule::Quantile => (mean - expected).abs() <= STANDARD_ERRORS * error + HISTOGRAM * expected,
            Rule::AtLeast => mean >= expected - STANDARD_ERRORS * error,
            Rule::Share(items) => {
                let binomial = (expected * (1.0 - expected) / (items * replications as f64)).sqrt();
                (mean - expected).abs() <= STANDARD_ERRORS * error.max(binomial) + 1e-12
            }
        };
        let line = format!("{}: {expected}, measured {mean:.9} ± {error:.9} ({})", row.text(), case.model);
        if !fits {
            faults.push(line);
        }
    }
}

fn only<'a>(references: &'a [Reference], name: &str, parameters: &str, quantity: &str) -> &'a Reference {
    let mut found = references.iter().filter(|row| row.is(name, parameters, quantity));
    match (found.next(), found.next()) {
        (Some(row), None) => row,
        (first, _) => {
            panic!("{name}, {parameters}, {quantity}: {} rows", if first.is_some() { "several" } else { "no" })
        }
    }
}

#[test]
fn measures_agree_with_closed_forms() {
    let references = references();
    let mut faults = Vec::new();
    // Neighbours of one model share their runs.
    for cases in CASES.chunk_by(Case::runs_like) {
        let results = run_all(&cases[0]);
        for case in cases {
            check(case, &results, &references, &mut faults);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn messages_are_sent_when_the_timers_say() {
    let references = references();
    for (parameters, model, message) in SCHEDULES {
        let row = only(&references, "SIP_timers", parameters, "transmission instants");
        let (_, hops) = trace(&model_of(model, &[]));
        let sent: Vec<String> = hops
            .iter()
            .filter(|hop| hop.message == *message && hop.from == "client")
            .map(|hop| format!("{}", hop.sent_ns as f64 / 1e9))
            .collect();
        assert_eq!(sent.join(" "), row.expected, "{}", row.text());
    }
}

#[test]
fn every_reference_value_is_checked_or_listed() {
    let references = references();
    let mut faults = Vec::new();
    for row in &references {
        let in_cases = CASES.iter().flat_map(|case| case.rows.iter().map(move |(quantity, ..)| (case, quantity)));
        let checked = in_cases.filter(|(case, quantity)| row.is(case.name, case.parameters, quantity)).count();
        let in_schedules = SCHEDULES
            .iter()
            .filter(|(parameters, ..)| row.is("SIP_timers", parameters, "transmission instants"))
            .count();
        let listed =
            NOT_COVERED.iter().filter(|(name, parameters, quantity, _)| row.is(name, parameters, quantity)).count();
        if checked + in_schedules + listed != 1 {
            faults.push(format!("{}: checked {checked}, scheduled {in_schedules}, listed {listed}", row.text()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
