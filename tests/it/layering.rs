//! The layers of `src/lib.rs`: a row may use the rows above it, and no arrow goes the other way.

use crate::source::{SourceFile, code_only, files, is_test_file, without_tests};

/// The layers from the top of the table in `src/lib.rs` downwards.
const LAYERS: [&str; 10] =
    ["kernel", "wire", "protocol", "agents", "network", "measure", "scenario", "experiment", "report", "cli"];

/// Uses that the order alone would allow: `report` reads results and knows nothing of the simulator; agents and the
/// network do not know each other, the world joins them.
const FORBIDDEN: [(&str, &str); 5] = [
    ("report", "protocol"),
    ("report", "agents"),
    ("report", "network"),
    ("report", "scenario"),
    ("network", "agents"),
];

/// Layers that see no file: their inputs come as values.
const WITHOUT_FILES: [&str; 6] = ["kernel", "wire", "protocol", "agents", "network", "measure"];

/// Words that print. `main.rs` hands over to `cli`, where they are allowed.
const PRINTING: [&str; 6] = ["print!", "println!", "eprint!", "eprintln!", "stdout()", "stderr()"];

fn rank(layer: &str) -> usize {
    LAYERS.iter().position(|&name| name == layer).unwrap_or_else(|| panic!("{layer} is not a layer of src/lib.rs"))
}

/// The layer of a file in `src`, none for `lib.rs` and `main.rs`.
fn layer_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let first = inside.split('/').next()?.trim_end_matches(".rs");
    (first != "lib" && first != "main").then_some(first)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Every module of the crate's root that `code` names: `crate::a`, `crate::{a::X, b}`, and as many `super` as lead from
/// the file to the root. With the line of each.
fn uses(path: &str, code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(is_word) || code[..at].ends_with('$') {
            continue;
        }
        let line = code[..at].lines().count().max(1);
        let names = root_names(&code[at + "crate::".len()..]);
        found.extend(names.into_iter().map(|name| (line, name)));
    }
    let depth = path.trim_start_matches("src/").trim_end_matches("/mod.rs").trim_end_matches(".rs").split('/').count();
    let to_root = "super::".repeat(depth);
    for (at, _) in code.match_indices(&to_root) {
        let name: String = code[at + to_root.len()..].chars().take_while(|&c| is_word(c)).collect();
        let own = layer_of(path) == Some(name.as_str());
        if LAYERS.contains(&name.as_str()) && !own && !code[..at].ends_with("super::") && !code[..at].ends_with(is_word)
        {
            found.push((code[..at].lines().count().max(1), name));
        }
    }
    found
}

/// The first names after `crate::`: one, or the members of a group in braces.
fn root_names(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else {
        return vec![rest.chars().take_while(|&c| is_word(c)).collect()];
    };
    let mut names = vec![String::new()];
    let mut depth = 0;
    let mut in_first_segment = true;
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => (names.push(String::new()), in_first_segment = true).0,
            ':' => in_first_segment &= depth > 0,
            c if is_word(c) && depth == 0 && in_first_segment => names.last_mut().expect("never empty").push(c),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn layer_files() -> Vec<SourceFile> {
    files("src", ".rs").into_iter().filter(|file| layer_of(&file.path).is_some()).collect()
}

#[test]
fn no_layer_uses_one_below_it() {
    let mut faults = Vec::new();
    for file in layer_files() {
        let layer = layer_of(&file.path).expect("filtered");
        for (line, used) in uses(&file.path, &code_only(&file.text)) {
            if rank(&used) > rank(layer) {
                faults.push(format!("{}:{line}: {layer} uses {used}, which is below it", file.path));
            }
            if FORBIDDEN.contains(&(layer, used.as_str())) {
                faults.push(format!("{}:{line}: {layer} may not use {used}", file.path));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_library_declares_the_layers_in_order() {
    let lib = files("src", "src/lib.rs").remove(0).text;
    let declared: Vec<&str> = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(declared, LAYERS);
}

#[test]
fn only_the_command_line_prints() {
    let mut faults = Vec::new();
    for file in layer_files() {
        if layer_of(&file.path) == Some("cli") || is_test_file(&file.path) {
            continue;
        }
        for (number, line) in (1..).zip(code_only(without_tests(&file.text)).lines()) {
            for word in PRINTING {
                let stands_alone = |(at, _): (usize, &str)| !line[..at].ends_with(is_word);
                if line.match_indices(word).any(stands_alone) {
                    faults.push(format!("{}:{number}: {word} outside src/cli", file.path));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_simulator_opens_no_file() {
    let mut faults = Vec::new();
    for file in layer_files() {
        if !WITHOUT_FILES.contains(&layer_of(&file.path).expect("filtered")) || is_test_file(&file.path) {
            continue;
        }
        for (number, line) in (1..).zip(code_only(without_tests(&file.text)).lines()) {
            for word in ["std::fs", "File::", "std::env", "std::net", "std::process"] {
                if line.contains(word) {
                    faults.push(format!("{}:{number}: {word}", file.path));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn uses_are_found_in_every_form() {
    let names = |path: &str, code: &str| uses(path, code).into_iter().map(|(_, name)| name).collect::<Vec<_>>();
    assert_eq!(names("src/wire/id.rs", "use crate::kernel::{Span, Time};"), ["kernel"]);
    assert_eq!(names("src/wire/id.rs", "use crate::{kernel::{self, Time}, cli, wire::id};"), ["kernel", "cli", "wire"]);
    assert_eq!(names("src/wire/id.rs", "fn f(x: &crate::measure::X) {}"), ["measure"]);
    assert_eq!(names("src/wire/id.rs", "use super::super::report::X;"), ["report"]);
    assert_eq!(names("src/wire/sip/uri.rs", "use super::super::id; use super::Body;"), [""; 0]);
}
