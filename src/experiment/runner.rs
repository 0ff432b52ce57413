//! Runs the missing replications of an experiment in parallel. The order in which they finish reaches nothing but the
//! progress display: every run goes to a file of its own, named by point and replication.

use std::any::Any;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::error::ExperimentError;
use super::folder::{ResultsFolder, RunKey};
use super::record::RunRecord;
use super::wall::Stopwatch;
use crate::measure::RunResults;

/// What to run: every model, `replications` times. Replication r of every model has the same seed and replication
/// number, so that points are compared under common random numbers.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a, M> {
    /// The model of each point.
    pub models: &'a [M],
    /// Master seed.
    pub seed: u64,
    /// Replications of each point.
    pub replications: u32,
    /// Threads.
    pub jobs: NonZeroUsize,
}

/// How far the runs are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Runs finished, those of an earlier start included.
    pub done: usize,
    /// Runs of the experiment.
    pub total: usize,
}

/// How the runs ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All runs are finished.
    Complete,
    /// The stop flag was raised; finished runs are kept.
    Interrupted(Progress),
}

/// Runs what `folder` does not hold yet. Once `stop` is raised no further run starts.
///
/// # Errors
///
/// When a run panics or cannot be kept, or `on_record` objects to it. Finished runs are kept in that case.
pub fn run_missing<M: Sync>(
    work: &Work<'_, M>,
    folder: &ResultsFolder,
    run: &(impl Fn(&M, u64, u64) -> RunResults + Sync),
    stop: &AtomicBool,
    on_record: &(dyn Fn(&RunRecord) -> Result<(), ExperimentError> + Sync),
    on_progress: &(dyn Fn(Progress) + Sync),
) -> Result<Ending, ExperimentError> {
    let points = u32::try_from(work.models.len()).expect("points are counted in 32 bits");
    let finished = folder.finished()?;
    // Replication 0 of every point comes first: a glance at all points is there early.
    let all = (0..work.replications).flat_map(|replication| (0..points).map(move |point| (point, replication)));
    let missing: Vec<RunKey> = all.filter(|key| !finished.contains(key)).collect();
    let total = work.models.len() * work.replications as usize;
    let done = AtomicUsize::new(total - missing.len());
    on_progress(Progress { done: done.load(Ordering::SeqCst), total });

    let next = AtomicUsize::new(0);
    let failure: Mutex<Option<ExperimentError>> = Mutex::new(None);
    let failed = AtomicBool::new(false);
    let worker = || {
        while !stop.load(Ordering::SeqCst) && !failed.load(Ordering::SeqCst) {
            let Some(&key) = missing.get(next.fetch_add(1, Ordering::SeqCst)) else { break };
            let kept =
                run_one(work, key, run).and_then(|record| folder.keep(&record).and_then(|()| on_record(&record)));
            match kept {
                Ok(()) => on_progress(Progress { done: done.fetch_add(1, Ordering::SeqCst) + 1, total }),
                Err(error) => {
                    failed.store(true, Ordering::SeqCst);
                    failure.lock().expect("no holder of the lock panics").get_or_insert(error);
                }
            }
        }
    };
    pool(work.jobs)?.broadcast(|_| worker());

    if let Some(error) = failure.into_inner().expect("no holder of the lock panics") {
        return Err(error);
    }
    let progress = Progress { done: done.into_inner(), total };
    Ok(if progress.done == total { Ending::Complete } else { Ending::Interrupted(progress) })
}

fn pool(jobs: NonZeroUsize) -> Result<rayon::ThreadPool, ExperimentError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(jobs.get())
        .build()
        .map_err(|error| ExperimentError::Threads { jobs: jobs.get(), reason: error.to_string() })
}

fn run_one<M>(
    work: &Work<'_, M>,
    (point, replication): RunKey,
    run: &impl Fn(&M, u64, u64) -> RunResults,
) -> Result<RunRecord, ExperimentError> {
    let model = &work.models[point as usize];
    let stopwatch = Stopwatch::start();
    // A broken invariant in one run must not take the finished ones with it.
    let results = catch_unwind(AssertUnwindSafe(|| run(model, work.seed, u64::from(replication))));
    let wall_ns = stopwatch.elapsed_ns();
    match results {
        Ok(results) => Ok(RunRecord::new(point, replication, results, wall_ns)),
        Err(panic) => Err(ExperimentError::RunFailed {
            point,
            replication,
            seed: work.seed,
            message: panic_message(panic.as_ref()),
        }),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    if let Some(text) = panic.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic without a message".to_owned()
    }
}
