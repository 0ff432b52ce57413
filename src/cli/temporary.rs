//! A folder that goes away with its owner.

use std::path::{Path, PathBuf};

/// A new folder in the system's place for such.
#[derive(Debug)]
pub struct TemporaryFolder {
    path: PathBuf,
}

impl TemporaryFolder {
    /// Makes the folder; `purpose` is part of its name.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn new(purpose: &str) -> std::io::Result<TemporaryFolder> {
        let base = std::env::temp_dir();
        let mut number = 0;
        loop {
            let path = base.join(format!("pushsim-{purpose}-{}-{number}", std::process::id()));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(TemporaryFolder { path }),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && number < 1000 => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // What is left behind lies where the system clears up.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
