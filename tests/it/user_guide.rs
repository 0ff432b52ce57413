//! The user guide: every complete file in it loads.

use std::collections::BTreeMap;
use std::path::Path;

use pushsim::experiment::plan::{Overrides, is_experiment, show_file};

use crate::source::root;

/// The fenced blocks that are marked `file=NAME`, by name.
fn complete_files(guide: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open: Option<(String, String)> = None;
    for line in guide.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let name = info.split_whitespace().find_map(|word| word.strip_prefix("file="));
                open = Some((name.unwrap_or("").to_owned(), String::new()));
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some((_, text)), None) => *text += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    found.remove("");
    found
}

#[test]
fn every_complete_file_of_the_guide_loads() {
    let guide = std::fs::read_to_string(root().join("docs/user-guide.md")).expect("the guide is there");
    let files = complete_files(&guide);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("networks")).expect("made");
    for name in ["one_network.toml", "push_network.toml", "two_networks.toml"] {
        let network = root().join("models/networks").join(name);
        std::fs::copy(network, folder.path().join("networks").join(name)).expect("copied");
    }
    for (name, text) in &files {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    let mut experiments = 0;
    for name in files.keys().filter(|name| Path::new(name).extension().is_some_and(|end| end == "toml")) {
        let path = folder.path().join(name);
        show_file(&path, &Overrides::default()).unwrap_or_else(|error| panic!("{error}"));
        experiments += usize::from(is_experiment(&path).expect("it was just read"));
    }
    assert!(files.len() >= 12 && experiments == 2, "{:?}", files.keys());
}
