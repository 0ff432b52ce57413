//! `docs/flows/`: the sequence diagram of every reference flow, and a page that explains them.
//!
//! `PICTURES=update cargo test --test it flow_pictures` draws them anew.

use std::collections::BTreeSet;
use std::path::Path;

use pushsim::report::diagram::svg;
use pushsim::scenario::{Selection, record};

use crate::flows::flow;
use crate::source::{files, root};

fn flows() -> BTreeSet<String> {
    let models = files("models/flows", ".toml");
    let name = |path: &str| Path::new(path).file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
    models.iter().map(|file| name(&file.path)).collect()
}

#[test]
fn every_flow_has_its_picture() {
    let update = std::env::var("PICTURES").is_ok_and(|value| value == "update");
    let mut old = Vec::new();
    for name in flows() {
        let model = flow(&name, &[]);
        let filter = Selection::default().filter(&model).expect("no choice");
        let picture = svg::draw(&record(&model, 0, filter, false).1);
        let path = root().join(format!("docs/flows/{name}.svg"));
        if std::fs::read_to_string(&path).is_ok_and(|kept| kept == picture) {
            continue;
        }
        if update {
            std::fs::write(&path, &picture).expect("written");
        } else {
            old.push(name);
        }
    }
    assert!(old.is_empty(), "old or missing: {old:?}; PICTURES=update cargo test --test it flow_pictures draws them");
}

#[test]
fn the_page_shows_every_picture_and_nothing_else() {
    let page = std::fs::read_to_string(root().join("docs/flows/README.md")).expect("the page is there");
    let shown: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("![")?.split_once("](")?.1.strip_suffix(".svg)").map(str::to_owned))
        .collect();
    assert_eq!(shown, flows(), "docs/flows/README.md embeds one picture per model of models/flows");
    let kept = std::fs::read_dir(root().join("docs/flows")).expect("the folder is there");
    let kept =
        kept.map(|entry| entry.expect("an entry").path()).filter(|path| path.extension().is_some_and(|e| e == "svg"));
    let kept: BTreeSet<String> =
        kept.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect();
    assert_eq!(kept, flows(), "one picture per model");
}
