//! Writes the table of requirement tags of this tree for `src/cli/requirements.rs`, so that the installed binary prints
//! the requirement matrix without the source tree.

#[path = "src/cli/requirements/tags.rs"]
mod tags;

use std::fmt::Write as _;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Only these, so that a change in tests or models alone does not compile the crate again.
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src");
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let mut table = String::from("&[\n");
    for tag in tags::scan(&root)? {
        let tags::Tag { id, kind, path, line, note } = tag;
        writeln!(table, "    ({id:?}, TagKind::{kind:?}, {path:?}, {line}, {note:?}),")?;
    }
    table.push_str("]\n");
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("requirement_tags.rs"), table)?;
    Ok(())
}
