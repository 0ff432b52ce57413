//! Whether the figures of an experiment name measures that its runs have. Which measures there are shows only in runs,
//! so replication 0 of every point is looked at, and a figure without a measure ends the experiment there. Counts and
//! latencies of what happened may show in later replications only, so of them the families are known, not the names.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::error::ExperimentError;
use super::manifest::{Figure, Manifest};
use super::record::RunRecord;
use super::summary::SummaryTable;
use crate::scenario::config::nearest::nearest;

/// Measures that a run has only where something happened.
const FAMILIES: [&str; 4] = ["latency.", "races.", "signalling.", "octets."];

/// What is still to be seen.
#[derive(Debug)]
pub struct FigureCheck<'a> {
    figures: &'a [Figure],
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Points whose replication 0 has not been looked at.
    points_left: usize,
    /// Measures seen.
    measures: BTreeSet<String>,
}

impl<'a> FigureCheck<'a> {
    /// Before the first run of the experiment.
    pub fn new(identity: &'a Manifest) -> FigureCheck<'a> {
        let state = State { points_left: identity.points.len(), measures: BTreeSet::new() };
        FigureCheck { figures: &identity.figures, state: Mutex::new(state) }
    }

    /// A run is finished.
    ///
    /// # Errors
    ///
    /// When it is the last replication 0 and a figure names a measure that none of them has.
    pub fn look_at(&self, record: &RunRecord) -> Result<(), ExperimentError> {
        if record.replication != 0 || self.figures.is_empty() {
            return Ok(());
        }
        let mut table = SummaryTable::default();
        table.add(record);
        let mut state = self.state.lock().expect("no holder of the lock panics");
        state.measures.extend(table.names().map(str::to_owned));
        state.points_left -= 1;
        let State { points_left, measures } = &*state;
        let is_known = |y: &String| measures.contains(y) || FAMILIES.iter().any(|family| y.starts_with(family));
        match self.figures.iter().find(|figure| *points_left == 0 && !is_known(&figure.y)) {
            Some(figure) => Err(ExperimentError::UnknownMeasure {
                figure: figure.name.clone(),
                measure: figure.y.clone(),
                nearest: nearest(&figure.y, measures.iter().map(String::as_str))
                    .map_or_else(String::new, |near| format!("; did you mean `{near}`?")),
            }),
            None => Ok(()),
        }
    }
}
