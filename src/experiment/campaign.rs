//! An experiment from its plan to its results folder.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::error::ExperimentError;
use super::figure_check::FigureCheck;
use super::folder::{Opened, ResultsFolder};
use super::manifest::Manifest;
use super::results::write_results;
use super::runner::{Ending, Progress, Work, run_missing};
use super::wall::Execution;
use crate::measure::RunResults;

/// An experiment that is ready to run.
#[derive(Clone, Copy, Debug)]
pub struct Campaign<'a, M> {
    /// What it is, without results.
    pub identity: &'a Manifest,
    /// The model of each point.
    pub models: &'a [M],
    /// Threads.
    pub jobs: NonZeroUsize,
    /// Command line, for `timing.csv`.
    pub command_line: &'a str,
}

/// How an execution ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All results are written.
    Complete,
    /// They were there already; nothing was run.
    AlreadyComplete,
    /// The stop flag was raised; finished runs are kept in the folder.
    Interrupted(Progress),
}

impl<M: Sync> Campaign<'_, M> {
    /// Runs what is missing in the folder `out` and writes the results.
    ///
    /// # Errors
    ///
    /// When the folder is refused, a run fails or a file cannot be written.
    pub fn execute(
        &self,
        out: &Path,
        resume: bool,
        run: &(impl Fn(&M, u64, u64) -> RunResults + Sync),
        stop: &AtomicBool,
        on_progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Outcome, ExperimentError> {
        assert_eq!(self.models.len(), self.identity.points.len(), "every point has a model");
        let check = FigureCheck::new(self.identity);
        let execution = Execution::start(self.jobs.get(), self.command_line.to_owned());
        let folder = match ResultsFolder::open(out, self.identity, resume)? {
            Opened::Unfinished(folder) => folder,
            Opened::Complete(_) => return Ok(Outcome::AlreadyComplete),
        };
        let work = Work {
            models: self.models,
            seed: self.identity.seed,
            replications: self.identity.replications,
            jobs: self.jobs,
        };
        // Of a folder that is continued, some replications 0 may have been looked at before.
        let look_at = |record: &_| if resume { Ok(()) } else { check.look_at(record) };
        match run_missing(&work, &folder, run, stop, &look_at, on_progress) {
            Err(error @ ExperimentError::UnknownMeasure { .. }) => {
                folder.discard()?;
                Err(error)
            }
            Err(error) => Err(error),
            Ok(Ending::Complete) => {
                write_results(&folder, self.identity, &execution)?;
                Ok(Outcome::Complete)
            }
            Ok(Ending::Interrupted(progress)) => Ok(Outcome::Interrupted(progress)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::experiment::results::{RESULT_FILES, TIMING};
    use crate::experiment::synthetic;

    const POINTS: usize = 3;
    const REPLICATIONS: u32 = 4;

    #[test]
    fn the_number_of_jobs_does_not_reach_the_results() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_eq!(execute(one.path(), 1, false, usize::MAX), Outcome::Complete);
        assert_eq!(execute(two.path(), 2, false, usize::MAX), Outcome::Complete);
        assert_eq!(bytes(one.path()), bytes(two.path()));
    }

    #[test]
    fn an_interrupted_experiment_resumes_to_the_same_bytes() {
        let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        execute(whole.path(), 1, false, usize::MAX);
        let ending = execute(parts.path(), 1, false, 5);
        assert_eq!(ending, Outcome::Interrupted(Progress { done: 5, total: 12 }));
        assert!(!parts.path().join("signalling.csv").exists(), "nothing is half-written");
        assert_eq!(execute(parts.path(), 2, true, 3), Outcome::Interrupted(Progress { done: 8, total: 12 }));
        assert_eq!(execute(parts.path(), 2, true, usize::MAX), Outcome::Complete);
        assert_eq!(bytes(whole.path()), bytes(parts.path()));
        assert_eq!(execute(parts.path(), 2, true, usize::MAX), Outcome::AlreadyComplete);
    }

    #[test]
    fn a_failing_run_is_named_and_the_finished_ones_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let identity = synthetic::identity(POINTS, REPLICATIONS);
        let models: Vec<u64> = (0..POINTS as u64).collect();
        let campaign = Campaign { identity: &identity, models: &models, jobs: NonZeroUsize::MIN, command_line: "" };
        let run = |model: &u64, seed, replication| {
            assert!((*model, replication) != (1, 2), "two equal keys");
            synthetic::run(model, seed, replication)
        };
        let error = campaign.execute(dir.path(), false, &run, &AtomicBool::new(false), &|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "point 1, replication 2 (seed 7) failed: two equal keys");
        // Replications 0 and 1 of three points and replication 2 of the first.
        let kept = fs::read_dir(dir.path().join(".partial")).unwrap().count() - 1;
        assert_eq!(kept, 7);
    }

    /// Runs synthetic models and raises the stop flag once `limit` further runs are finished.
    fn execute(out: &Path, jobs: usize, resume: bool, limit: usize) -> Outcome {
        let identity = synthetic::identity(POINTS, REPLICATIONS);
        let models: Vec<u64> = (0..POINTS as u64).collect();
        let jobs = NonZeroUsize::new(jobs).unwrap();
        let campaign = Campaign { identity: &identity, models: &models, jobs, command_line: "pushsim run" };
        let stop = AtomicBool::new(false);
        let started = AtomicUsize::new(0);
        let run = |model: &u64, seed, replication| {
            // The flag is raised inside the last run that may start, so that the number of finished runs is exact.
            if started.fetch_add(1, Ordering::SeqCst) + 1 >= limit {
                stop.store(true, Ordering::SeqCst);
            }
            synthetic::run(model, seed, replication)
        };
        campaign.execute(out, resume, &run, &stop, &|_| ()).unwrap()
    }

    /// Files by name, `timing.csv` aside.
    fn bytes(dir: &Path) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(dir).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name != TIMING {
                files.insert(name.clone(), fs::read(dir.join(&name)).unwrap());
            }
        }
        assert_eq!(files.len(), RESULT_FILES.len() + 1, "{:?}", files.keys());
        files
    }
}
