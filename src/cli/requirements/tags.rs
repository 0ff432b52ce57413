//! Finds requirement tags in a source tree. A tag is a comment of its own or at the end of a line:
//! `req: ID`, `req-test: ID` or `req-not-modelled: ID why`, with several IDs separated by commas, after `//` in Rust
//! files and `#` in model files.
//!
//! The build script includes this file, so that the binary carries the table of its own tree; it uses std alone.

use std::io;
use std::path::{Path, PathBuf};

/// The folders that may hold tags.
pub const FOLDERS: [&str; 3] = ["models", "src", "tests"];

/// What a tag says about a requirement.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TagKind {
    /// The code here does it (`req`).
    Code,
    /// The test here shows it (`req-test`).
    Test,
    /// It is deliberately not modelled, for the reason given here (`req-not-modelled`).
    NotModelled,
}

/// One requirement named by one tag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tag {
    /// Identifier of the requirement.
    pub id: String,
    /// What the tag says.
    pub kind: TagKind,
    /// Path from the root of the tree, with `/` on every system.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// What follows the IDs on the line of the tag: for a requirement that is not modelled, why.
    pub note: String,
}

/// All tags of the tree at `root`, by path and line. A folder that does not exist holds none.
pub fn scan(root: &Path) -> io::Result<Vec<Tag>> {
    let mut tags = Vec::new();
    for folder in FOLDERS {
        for file in files(&root.join(folder))? {
            let Some(marker) = marker(&file) else { continue };
            let text = std::fs::read_to_string(&file)?;
            let path = relative(root, &file);
            for (number, line) in (1..).zip(text.lines()) {
                let Some((kind, ids, note)) = tag_in(line, marker) else { continue };
                let tag = |id| Tag { id, kind, path: path.clone(), line: number, note: note.to_owned() };
                tags.extend(ids.into_iter().map(tag));
            }
        }
    }
    Ok(tags)
}

/// The kind, the requirements and the note of the tag in `line`, if it has one.
pub fn tag_in<'a>(line: &'a str, marker: &str) -> Option<(TagKind, Vec<String>, &'a str)> {
    let body = comment(line, marker)?;
    let (word, rest) = body.split_once(':')?;
    let kind = match word {
        "req" => TagKind::Code,
        "req-test" => TagKind::Test,
        "req-not-modelled" => TagKind::NotModelled,
        _ => return None,
    };
    let mut ids = Vec::new();
    let mut rest = rest;
    loop {
        rest = rest.trim_start();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
        ids.push(rest[..end].to_owned());
        match rest[end..].strip_prefix(',') {
            Some(more) => rest = more,
            None => return Some((kind, ids, rest[end..].trim())),
        }
    }
}

/// The comment of `line` after its marker, if the line is or ends with a plain one. A marker inside a string does not
/// count: an odd number of quotation marks stands before it.
fn comment<'a>(line: &'a str, marker: &str) -> Option<&'a str> {
    line.match_indices(marker).find_map(|(at, _)| {
        let before = &line[..at];
        let alone = before.is_empty() || before.ends_with(char::is_whitespace);
        let in_string = before.matches('"').count() % 2 == 1;
        if alone && !in_string { line[at + marker.len()..].strip_prefix(' ') } else { None }
    })
}

/// The comment marker of the language of `file`, for those that may hold tags.
fn marker(file: &Path) -> Option<&'static str> {
    match file.extension()?.to_str()? {
        "rs" => Some("//"),
        "toml" => Some("#"),
        _ => None,
    }
}

/// All files under `folder`, sorted by path.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The path of `file` from `root`, with `/` between its parts.
pub fn relative(root: &Path, file: &Path) -> String {
    let path = file.strip_prefix(root).unwrap_or(file);
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
