//! The files that a model or experiment is read from: each is read once, and remembered for the manifest.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::error::{ConfigError, Result};
use super::origin::{Origin, Source};

/// Files read so far, in the order of their first reading.
#[derive(Default, Debug)]
pub struct Files {
    read: Vec<(PathBuf, Arc<Source>)>,
}

impl Files {
    /// Files, none read yet.
    pub fn new() -> Files {
        Files::default()
    }

    /// The text of the file at `path`, read at most once. `wanted_by` is the key and place that name it.
    pub fn text(&mut self, path: &Path, wanted_by: Option<(&Origin, &str)>) -> Result<Arc<Source>> {
        let path = clean(path);
        if let Some((_, source)) = self.read.iter().find(|(known, _)| *known == path) {
            return Ok(Arc::clone(source));
        }
        let source = Arc::new(Source { name: shown(&path), text: Some(read(&path, wanted_by)?) });
        self.read.push((path, Arc::clone(&source)));
        Ok(source)
    }

    /// Path and octets of each file read, in the order of their first reading.
    pub fn into_read(self) -> Vec<(PathBuf, Vec<u8>)> {
        let octets = |source: Arc<Source>| source.text.clone().unwrap_or_default().into_bytes();
        self.read.into_iter().map(|(path, source)| (path, octets(source))).collect()
    }
}

/// `path` as named inside the file `by`: relative to its folder.
pub fn relative_to(by: &Path, path: &str) -> PathBuf {
    clean(&by.parent().unwrap_or(Path::new("")).join(path))
}

/// The path as it is written in messages and manifests, with `/` on every system.
pub fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

fn read(path: &Path, wanted_by: Option<(&Origin, &str)>) -> Result<String> {
    let unread = Origin::unread(&shown(path));
    let fail = |found: String, expected: &str| match wanted_by {
        Some((origin, key)) => ConfigError::new(origin, key, found, expected),
        None => ConfigError::new(&unread, "", found, expected),
    };
    if !path.exists() {
        return Err(fail(format!("no file `{}`", shown(path)), "the path of a file").near(sibling(path)));
    }
    // A device or pipe may never end.
    if !path.is_file() {
        return Err(fail(format!("`{}`, which is not a file", shown(path)), "the path of a file"));
    }
    let octets = std::fs::read(path)
        .map_err(|error| fail(format!("`{}`, which cannot be read ({error})", shown(path)), "a readable file"))?;
    String::from_utf8(octets).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let valid = String::from_utf8_lossy(&error.as_bytes()[..at]).into_owned();
        let source = Arc::new(Source { name: shown(path), text: Some(valid) });
        ConfigError::new(&Origin::new(&source, at..at), "", "octets that are not UTF-8", "a text file in UTF-8")
    })
}

fn sibling(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut names: Vec<String> =
        std::fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort_unstable();
    super::nearest::nearest(name, names.iter().map(String::as_str))
}

/// Takes out `.` and `name/..`, so that one file has one name.
fn clean(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            (part, _) => parts.push(part),
        }
    }
    parts.iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_inside_a_file_is_relative_to_its_folder() {
        assert_eq!(
            relative_to(Path::new("models/flows/a.toml"), "../networks/x.toml"),
            Path::new("models/networks/x.toml")
        );
        assert_eq!(relative_to(Path::new("a.toml"), "./x.toml"), Path::new("x.toml"));
        assert_eq!(relative_to(Path::new("../a.toml"), "../x.toml"), Path::new("../../x.toml"));
    }
}
