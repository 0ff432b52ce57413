//! A results folder on disk: finished runs are kept one by one under `.partial`, result files appear whole or not at
//! all.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::ExperimentError;
use super::manifest::{MANIFEST, Manifest};
use super::record::RunRecord;

/// Sub-folder of an unfinished experiment.
const PARTIAL: &str = ".partial";

/// Where a run stands, by point and replication.
pub type RunKey = (u32, u32);

/// An open results folder.
#[derive(Debug)]
pub struct ResultsFolder {
    path: PathBuf,
}

/// What opening a folder found.
#[derive(Debug)]
pub enum Opened {
    /// Runs are missing, perhaps all of them.
    Unfinished(ResultsFolder),
    /// All results are there already.
    Complete(ResultsFolder),
}

impl ResultsFolder {
    /// Opens `path` for the experiment `identity`, creating it where it is missing.
    ///
    /// # Errors
    ///
    /// When the folder holds something and `resume` is not set, or belongs to another run.
    pub fn open(path: &Path, identity: &Manifest, resume: bool) -> Result<Opened, ExperimentError> {
        let folder = ResultsFolder { path: path.to_owned() };
        let unfinished = folder.partial().join(MANIFEST);
        if !resume && !is_empty(path)? {
            let advice = if unfinished.exists() {
                "add --resume to continue the runs that it holds, or name another folder with --out"
            } else {
                "name another folder with --out"
            };
            return Err(ExperimentError::NotEmpty { path: path.to_owned(), advice });
        }
        if unfinished.exists() {
            folder.refuse_other_run(&Manifest::read_file(&unfinished)?, identity)?;
            return Ok(Opened::Unfinished(folder));
        }
        if path.join(MANIFEST).exists() {
            folder.refuse_other_run(&Manifest::read(path)?, identity)?;
            return Ok(Opened::Complete(folder));
        }
        if !is_empty(path)? && !folder.partial().exists() {
            let advice = "it holds no unfinished run; name another folder with --out";
            return Err(ExperimentError::NotEmpty { path: path.to_owned(), advice });
        }
        let partial = folder.partial();
        fs::create_dir_all(&partial).map_err(ExperimentError::writing(path))?;
        write_whole(&unfinished, identity.to_text().as_bytes())?;
        Ok(Opened::Unfinished(folder))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Points and replications that are finished.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn finished(&self) -> Result<BTreeSet<RunKey>, ExperimentError> {
        let partial = self.partial();
        let mut keys = BTreeSet::new();
        for entry in fs::read_dir(&partial).map_err(ExperimentError::reading(&partial))? {
            let name = entry.map_err(ExperimentError::reading(&partial))?.file_name();
            keys.extend(name.to_str().and_then(parse_run_file_name));
        }
        Ok(keys)
    }

    /// Keeps a finished run.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn keep(&self, record: &RunRecord) -> Result<(), ExperimentError> {
        let path = self.run_file((record.point, record.replication));
        let bytes = serde_json::to_vec(record).expect("a record holds only strings, whole numbers and lists");
        write_whole(&path, &bytes)
    }

    /// Reads a finished run.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is damaged.
    pub fn load(&self, key: RunKey) -> Result<RunRecord, ExperimentError> {
        let path = self.run_file(key);
        let bytes = fs::read(&path).map_err(ExperimentError::reading(&path))?;
        serde_json::from_slice(&bytes).map_err(|source| ExperimentError::Malformed { path, reason: source.to_string() })
    }

    /// Where a result file is written before it is published.
    pub fn draft(&self, name: &str) -> PathBuf {
        self.partial().join(name)
    }

    /// Moves the drafts `names` in place, then the manifest, then removes what was kept for resuming.
    ///
    /// # Errors
    ///
    /// When a file cannot be moved. The runs are kept in that case.
    pub fn publish(&self, names: &[&str], manifest: &Manifest) -> Result<(), ExperimentError> {
        for name in names {
            let to = self.path.join(name);
            fs::rename(self.draft(name), &to).map_err(ExperimentError::writing(&to))?;
        }
        write_whole(&self.path.join(MANIFEST), manifest.to_text().as_bytes())?;
        let partial = self.partial();
        fs::remove_dir_all(&partial).map_err(ExperimentError::writing(&partial))
    }

    /// Takes back what opening an empty or missing folder made, and the runs in it.
    ///
    /// # Errors
    ///
    /// When it cannot be removed.
    pub fn discard(&self) -> Result<(), ExperimentError> {
        let partial = self.partial();
        fs::remove_dir_all(&partial).map_err(ExperimentError::writing(&partial))?;
        // A folder that was there before may be one that others look at, but it is empty again either way.
        fs::remove_dir(&self.path).map_err(ExperimentError::writing(&self.path))
    }

    fn partial(&self) -> PathBuf {
        self.path.join(PARTIAL)
    }

    fn run_file(&self, (point, replication): RunKey) -> PathBuf {
        self.partial().join(format!("run-{point}-{replication}.json"))
    }

    fn refuse_other_run(&self, found: &Manifest, asked: &Manifest) -> Result<(), ExperimentError> {
        match found.first_difference(asked) {
            Some(difference) => Err(ExperimentError::OtherRun { path: self.path.clone(), difference }),
            None => Ok(()),
        }
    }
}

/// Writes a file so that it is there whole or not at all.
///
/// # Errors
///
/// When it cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ExperimentError> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".tmp");
    let draft = PathBuf::from(draft);
    fs::write(&draft, bytes).map_err(ExperimentError::writing(path))?;
    fs::rename(&draft, path).map_err(ExperimentError::writing(path))
}

fn is_empty(path: &Path) -> Result<bool, ExperimentError> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(ExperimentError::reading(path)(error)),
    }
}

fn parse_run_file_name(name: &str) -> Option<RunKey> {
    let (point, replication) = name.strip_prefix("run-")?.strip_suffix(".json")?.split_once('-')?;
    Some((point.parse().ok()?, replication.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::synthetic;

    #[test]
    fn a_non_empty_folder_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("notes.txt"), "mine").unwrap();
        for resume in [false, true] {
            let error = ResultsFolder::open(dir.path(), &synthetic::identity(1, 1), resume).unwrap_err();
            assert!(matches!(error, ExperimentError::NotEmpty { .. }), "{error}");
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing was written");
    }

    #[test]
    fn an_unfinished_folder_is_continued_only_on_request_and_only_by_the_same_run() {
        let dir = tempfile::tempdir().unwrap();
        let identity = synthetic::identity(1, 2);
        ResultsFolder::open(dir.path(), &identity, false).unwrap();
        assert!(matches!(
            ResultsFolder::open(dir.path(), &identity, false),
            Err(ExperimentError::NotEmpty { advice, .. }) if advice.contains("--resume")
        ));
        assert!(matches!(ResultsFolder::open(dir.path(), &identity, true), Ok(Opened::Unfinished(_))));
        assert!(matches!(
            ResultsFolder::open(dir.path(), &synthetic::identity(1, 3), true),
            Err(ExperimentError::OtherRun { difference, .. }) if difference.contains("replications")
        ));
    }

    #[test]
    fn run_files_are_recognised_and_others_are_not() {
        assert_eq!(parse_run_file_name("run-3-12.json"), Some((3, 12)));
        assert_eq!(parse_run_file_name("run-3-12.json.tmp"), None);
        assert_eq!(parse_run_file_name("manifest.json"), None);
    }
}
