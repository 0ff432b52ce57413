//! The project's own files as the structural tests read them.

use std::fs;
use std::path::{Path, PathBuf};

use pushsim::cli::requirements::tags;

/// Folders of generated files and of version control; nobody writes by hand there.
const GENERATED: [&str; 4] = [".git", "out", "results", "target"];

/// A text file of the project.
pub struct SourceFile {
    /// Path from the root, with `/`.
    pub path: String,
    /// Content.
    pub text: String,
}

/// The root of the source tree.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files of `folder` whose names end in `suffix`, sorted by path.
pub fn files(folder: &str, suffix: &str) -> Vec<SourceFile> {
    let wanted = |path: &PathBuf| path.to_string_lossy().ends_with(suffix);
    let found = tags::files(&root().join(folder)).expect("the folder can be read");
    found.into_iter().filter(wanted).map(|path| read(&path)).collect()
}

/// All hand-written files whose names end in `suffix`, in the root and in every folder that is not generated.
pub fn all_files(suffix: &str) -> Vec<SourceFile> {
    let mut all = Vec::new();
    for entry in fs::read_dir(root()).expect("the root can be read") {
        let path = entry.expect("the entry can be read").path();
        let name = tags::relative(root(), &path);
        if path.is_dir() {
            if !GENERATED.contains(&name.as_str()) && !path.join("CACHEDIR.TAG").exists() {
                all.extend(files(&name, suffix));
            }
        } else if name.ends_with(suffix) {
            all.push(read(&path));
        }
    }
    all.retain(|file| !file.path.contains("/target/"));
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

fn read(path: &Path) -> SourceFile {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    SourceFile { path: tags::relative(root(), path), text }
}

/// Rust source with comments, strings and character literals blanked out; every line keeps its number and length in
/// characters, apart from the blanked parts.
pub fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = skipped(&chars, at);
        if end == at {
            code.push(chars[at]);
            at += 1;
        } else {
            code.extend(chars[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    code
}

/// The end of the comment or literal that starts at `at`; `at` itself if none does.
fn skipped(chars: &[char], at: usize) -> usize {
    let starts = |text: &str| text.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c));
    let in_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    if starts("//") {
        return (at..chars.len()).find(|&i| chars[i] == '\n').unwrap_or(chars.len());
    }
    if starts("/*") {
        return block_comment_end(chars, at);
    }
    if chars[at] == '"' {
        return quoted_end(chars, at, '"');
    }
    if chars[at] == '\'' {
        let escaped = chars.get(at + 1) == Some(&'\\');
        let closed = chars.get(at + 2) == Some(&'\'');
        return if escaped || closed { quoted_end(chars, at, '\'') } else { at };
    }
    if chars[at] == 'r' && !in_word {
        let hashes = chars[at + 1..].iter().take_while(|&&c| c == '#').count();
        if chars.get(at + 1 + hashes) == Some(&'"') {
            let close: Vec<char> = format!("\"{}", "#".repeat(hashes)).chars().collect();
            let body = at + 2 + hashes;
            let end = chars[body..].windows(close.len()).position(|window| window == close);
            return end.map_or(chars.len(), |end| body + end + close.len());
        }
    }
    at
}

fn block_comment_end(chars: &[char], start: usize) -> usize {
    let mut depth = 0;
    let mut at = start;
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

fn quoted_end(chars: &[char], start: usize, quote: char) -> usize {
    let mut at = start + 1;
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// A Rust text without its inline test module, which is the last thing in a file.
pub fn without_tests(text: &str) -> &str {
    text.find("\n#[cfg(test)]\nmod tests {").map_or(text, |at| &text[..at + 1])
}

/// Whether a file of `src` holds tests alone.
pub fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.ends_with("_tests.rs") || path.contains("/tests/")
}

#[test]
fn code_only_blanks_comments_and_literals() {
    let text = "a(\"// x\", 'b', '\\'', b'\"'); // c\n/* d /* e */ \n f */ g<'h>(r#\"i \" j\"#)";
    let code = code_only(text);
    let words: Vec<&str> = code.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    assert_eq!(words, ["a", "b", "g", "h"], "{code}");
    assert_eq!(code.lines().count(), text.lines().count());
}
