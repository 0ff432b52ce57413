//! The rules of the house that no lint knows: sizes, file headers, dead text, documents that say what is there.

use std::collections::BTreeSet;
use std::path::Path;

use crate::source::{SourceFile, all_files, code_only, files, root, without_tests};

/// Most characters in a line of Rust.
const LINE_WIDTH: usize = 120;
/// More lines than this before the test module, and a file is split.
const MOST_LINES: usize = 900;
/// From here on a file is named in the output of `file_sizes`: is it still one idea?
const MANY_LINES: usize = 600;

/// Fails with all of `faults`, one per line.
fn none(faults: &[String]) {
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn rust_files() -> Vec<SourceFile> {
    all_files(".rs")
}

/// `path:line: what` for each line of `text` where `wrong` says what is wrong.
fn faulty_lines<'a>(path: &str, text: &'a str, wrong: impl Fn(&'a str) -> Option<String>) -> Vec<String> {
    let numbered = (1..).zip(text.lines());
    numbered.filter_map(|(number, line)| Some(format!("{path}:{number}: {}", wrong(line)?))).collect()
}

#[test]
fn file_sizes() {
    let mut faults = Vec::new();
    for file in rust_files() {
        let lines = without_tests(&file.text).lines().count();
        if lines > MOST_LINES {
            faults.push(format!("{} has {lines} lines before its tests, more than {MOST_LINES}", file.path));
        } else if lines > MANY_LINES {
            eprintln!("{} has {lines} lines before its tests: is it still one idea?", file.path);
        }
    }
    none(&faults);
}

#[test]
fn lines_fit_and_end_clean() {
    let mut faults = Vec::new();
    for suffix in [".rs", ".md", ".toml", ".csv"] {
        for file in all_files(suffix) {
            faults.extend(faulty_lines(&file.path, &file.text, |line| {
                let clean = !line.ends_with([' ', '\t', '\r']);
                let is_table_row = line.trim_start().trim_start_matches(['/', '!']).starts_with(" |");
                let fits = suffix != ".rs" || is_table_row || line.chars().count() <= LINE_WIDTH;
                match (clean, fits) {
                    (false, _) => Some("white space at the end of the line".into()),
                    (true, false) => Some(format!("more than {LINE_WIDTH} characters")),
                    (true, true) => None,
                }
            }));
            if !file.text.is_empty() && !file.text.ends_with('\n') {
                faults.push(format!("{}: no line end at the end of the file", file.path));
            }
        }
    }
    none(&faults);
}

#[test]
fn every_rust_file_says_what_it_is() {
    let silent = rust_files().into_iter().filter(|file| !file.text.starts_with("//! "));
    none(&silent.map(|file| format!("{} does not start with //!", file.path)).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_unfinished_or_commented_out() {
    const LEFT_IN: [&str; 3] = ["todo!(", "unimplemented!(", "dbg!("];
    let mut faults = Vec::new();
    for file in rust_files() {
        let unfinished = |line: &str| LEFT_IN.iter().find(|word| line.contains(**word)).map(|word| format!("{word})"));
        faults.extend(faulty_lines(&file.path, &code_only(&file.text), unfinished));
        let commented_out = |line: &str| looks_like_code(line).then(|| "this comment looks like code".to_owned());
        faults.extend(faulty_lines(&file.path, &file.text, commented_out));
    }
    none(&faults);
}

/// Whether a line is a plain comment that reads like a statement.
fn looks_like_code(line: &str) -> bool {
    let Some(comment) = line.trim_start().strip_prefix("// ") else { return false };
    let comment = comment.trim();
    let starts = ["let ", "use ", "pub ", "fn ", "if ", "for ", "match ", "return ", "mod ", "impl ", "#["];
    let starts_like_code = starts.iter().any(|word| comment.starts_with(word));
    let is_call = comment.ends_with(");") || comment.ends_with("?;") || comment.ends_with("};");
    let is_brace = matches!(comment, "}" | "{" | "});" | "},");
    is_call || is_brace || (starts_like_code && comment.ends_with([';', '{', '}', ']']))
}

#[test]
fn every_test_file_is_a_module_of_the_test_binary() {
    let main = files("tests/it", "it/main.rs").remove(0).text;
    let declared: BTreeSet<&str> = main
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    let entries = std::fs::read_dir(root().join("tests/it")).expect("the folder can be read");
    let forgotten = entries.filter_map(|entry| {
        let path = entry.expect("the entry can be read").path();
        let is_module = path.extension().is_some_and(|end| end == "rs") || path.join("mod.rs").exists();
        let name = path.file_stem()?.to_str()?.to_owned();
        (is_module && name != "main" && !declared.contains(name.as_str())).then_some(name)
    });
    none(&forgotten.map(|name| format!("tests/it/main.rs does not declare {name}")).collect::<Vec<_>>());
}

#[test]
fn every_document_has_one_title_first() {
    let mut faults = Vec::new();
    for file in all_files(".md") {
        let titles = outside_fences(&file.text).filter(|(_, line)| line.starts_with("# ")).count();
        if titles != 1 || !file.text.starts_with("# ") {
            faults.push(format!("{}: {titles} titles; one is expected, in the first line", file.path));
        }
    }
    none(&faults);
}

/// The lines of a markdown text that are not in a fenced block, with their numbers.
fn outside_fences(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let fence = line.starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

#[test]
fn links_between_documents_resolve() {
    let mut faults = Vec::new();
    for file in all_files(".md") {
        let folder = Path::new(&file.path).parent().expect("a file has a folder");
        for (number, line) in outside_fences(&file.text) {
            for target in link_targets(line) {
                let (target, anchor) = target.split_once('#').unwrap_or((target, ""));
                let path = if target.is_empty() { root().join(&file.path) } else { root().join(folder).join(target) };
                if target.contains("://") || target.starts_with("mailto:") {
                    continue;
                }
                if !path.exists() {
                    faults.push(format!("{}:{number}: {target} does not exist", file.path));
                } else if !anchor.is_empty() && !has_heading(&path, anchor) {
                    faults.push(format!("{}:{number}: {target} has no heading #{anchor}", file.path));
                }
            }
        }
    }
    none(&faults);
}

/// The targets of the inline links and pictures in a line.
fn link_targets(line: &str) -> Vec<&str> {
    line.match_indices("](")
        .filter_map(|(at, open)| line[at + open.len()..].split_once(')'))
        .map(|(to, _)| to)
        .collect()
}

fn has_heading(path: &Path, anchor: &str) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let headings = outside_fences(&text).filter(|(_, line)| line.starts_with('#')).map(|(_, line)| slug(line));
    headings.collect::<BTreeSet<_>>().contains(anchor)
}

/// The anchor that a heading gets: lower case, words joined by hyphens.
fn slug(heading: &str) -> String {
    let title = heading.trim_start_matches('#').trim().to_lowercase();
    title
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// Folders whose files the documents name by path from the root.
const FOLDERS: [&str; 8] = ["src/", "tests/", "docs/", "models/", "experiments/", "benches/", "requirements/", ".ci/"];

#[test]
fn paths_in_documents_exist() {
    let mut faults = Vec::new();
    for file in all_files(".md") {
        for (number, line) in outside_fences(&file.text) {
            for name in line.split('`').skip(1).step_by(2) {
                let is_path = FOLDERS.iter().any(|folder| name.starts_with(folder));
                let is_pattern = name.contains(['*', '<', '{', '…', ' ', ':']);
                if is_path && !is_pattern && !root().join(name).exists() {
                    faults.push(format!("{}:{number}: `{name}` does not exist", file.path));
                }
            }
        }
    }
    none(&faults);
}

#[test]
fn the_commands_of_the_readme_exist() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README can be read");
    let mut faults = Vec::new();
    for command in readme.lines().filter(|line| line.starts_with("cargo ") || line.starts_with("pushsim ")) {
        let words: Vec<&str> = command.split_whitespace().take_while(|word| !word.starts_with('#')).collect();
        let arguments: &[&str] = match words.iter().position(|word| *word == "--") {
            Some(at) => &words[at + 1..],
            None if words[0] == "pushsim" => &words[1..],
            None => &[],
        };
        if let Some(verb) = arguments.first() {
            let file = format!("src/cli/{verb}.rs");
            if !root().join(&file).exists() {
                faults.push(format!("README.md: `{command}`: there is no {file}"));
            }
        }
        for path in arguments.iter().filter(|word| word.ends_with(".toml")) {
            if !root().join(path).exists() {
                faults.push(format!("README.md: `{command}`: {path} does not exist"));
            }
        }
    }
    none(&faults);
}

#[test]
fn every_dependency_is_explained() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("the manifest can be read");
    let document = std::fs::read_to_string(root().join("docs/dependencies.md")).expect("the document can be read");
    let manifest: toml::Table = manifest.parse().expect("the manifest is TOML");
    let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
    let tables = sections.iter().filter_map(|section| manifest.get(*section)?.as_table());
    let used: BTreeSet<&str> = tables.flat_map(|table| table.keys()).map(String::as_str).collect();
    let written_here = document.find("## Written here").expect("the section is there");
    let explained: BTreeSet<&str> = document[..written_here]
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0))
        .collect();
    let missing = used.difference(&explained).map(|name| format!("docs/dependencies.md does not explain {name}"));
    let stale = explained.difference(&used).map(|name| format!("docs/dependencies.md names {name}, which is not used"));
    none(&missing.chain(stale).collect::<Vec<_>>());
}
