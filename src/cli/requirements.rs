//! `pushsim requirements`: what the five documents ask for, and where this project does it and shows it.
//!
//! The rows come from `requirements/requirements.csv`, the places from tags in the source (see [`tags`]). Both are part
//! of the binary. In a source tree whose rows are the binary's own, the tags of that tree are read instead, so that the
//! matrix follows every edit.

pub mod tags;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use clap::Args;
use miette::{IntoDiagnostic, WrapErr};
use serde::Deserialize;

use super::{Verdict, output};
use tags::{Tag, TagKind};

/// The rows, one per requirement.
const ROWS: &str = include_str!("../../requirements/requirements.csv");

/// The tags of the tree that the binary was built from.
const TAGS: &[(&str, TagKind, &str, u32, &str)] = include!(concat!(env!("OUT_DIR"), "/requirement_tags.rs"));

/// Width of the text matrix.
const WIDTH: usize = 120;

/// Arguments of `pushsim requirements`.
#[derive(Debug, Args)]
pub struct RequirementsArgs {
    /// Print CSV in place of the readable matrix.
    #[arg(long)]
    csv: bool,
}

/// A row of `requirements.csv`.
#[derive(Deserialize, Clone, Debug)]
pub struct Requirement {
    /// Identifier.
    pub id: String,
    /// Document that it comes from.
    pub seed: String,
    /// SHALL, MUST, SHOULD, MAY, or what kind of statement it is.
    pub strength: String,
    /// The requirement in one sentence.
    pub requirement: String,
}

impl Requirement {
    /// Whether the document demands it: SHALL or MUST is among its strengths.
    pub fn is_mandatory(&self) -> bool {
        self.strength.split('/').any(|word| word == "SHALL" || word == "MUST")
    }
}

/// Where a requirement stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Status {
    /// At least one test shows it.
    Tested,
    /// No test shows it and a tag says why it is left out.
    NotModelled,
    /// Neither.
    Open,
}

impl Status {
    /// The name in the matrix.
    pub fn name(self) -> &'static str {
        match self {
            Status::Tested => "tested",
            Status::NotModelled => "not-modelled",
            Status::Open => "open",
        }
    }
}

/// The places of one requirement, `path:line` in order.
#[derive(Clone, Default, Debug)]
struct Places {
    code: Vec<String>,
    tests: Vec<String>,
    left_out: Vec<String>,
    reasons: Vec<String>,
}

impl Places {
    fn status(&self) -> Status {
        match (self.tests.is_empty(), self.left_out.is_empty()) {
            (false, _) => Status::Tested,
            (true, false) => Status::NotModelled,
            (true, true) => Status::Open,
        }
    }

    /// The code column: where it is done, or where it says why it is not.
    fn code(&self) -> String {
        let places: Vec<&str> = self.code.iter().chain(&self.left_out).map(String::as_str).collect();
        places.join(";")
    }

    fn tests(&self) -> String {
        self.tests.join(";")
    }
}

/// Prints the matrix.
///
/// # Errors
///
/// When the current folder is a source tree that cannot be read.
pub fn run(args: &RequirementsArgs) -> miette::Result<Verdict> {
    let tags = current_tags().into_diagnostic().wrap_err("cannot read the tags of this source tree")?;
    output::print(&if args.csv { matrix_csv(&tags) } else { matrix_text(&tags) });
    Ok(Verdict::Fine)
}

/// The requirements in file order.
pub fn requirements() -> Vec<Requirement> {
    let mut reader = csv::Reader::from_reader(ROWS.as_bytes());
    reader.deserialize().map(|row| row.expect("the embedded rows are well-formed: a test reads them")).collect()
}

/// The tags of the tree that the binary was built from.
pub fn embedded_tags() -> Vec<Tag> {
    let tag = |&(id, kind, path, line, note): &(&str, TagKind, &str, u32, &str)| Tag {
        id: id.to_owned(),
        kind,
        path: path.to_owned(),
        line,
        note: note.to_owned(),
    };
    TAGS.iter().map(tag).collect()
}

/// The tags of the current folder if it is the root of a source tree with the same rows, else the embedded ones.
fn current_tags() -> io::Result<Vec<Tag>> {
    match std::fs::read_to_string("requirements/requirements.csv") {
        Ok(rows) if rows == ROWS => tags::scan(Path::new(".")),
        _ => Ok(embedded_tags()),
    }
}

/// The matrix as CSV with the columns `id,seed,strength,status,code,tests,requirement`.
pub fn matrix_csv(tags: &[Tag]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["id", "seed", "strength", "status", "code", "tests", "requirement"];
    let mut write = |record: [&str; 7]| writer.write_record(record).expect("writing to memory does not fail");
    write(header);
    for (row, places) in rows_with_places(tags) {
        let status = places.status().name();
        write([&row.id, &row.seed, &row.strength, status, &places.code(), &places.tests(), &row.requirement]);
    }
    let bytes = writer.into_inner().expect("writing to memory does not fail");
    String::from_utf8(bytes).expect("every field is UTF-8")
}

/// The matrix for reading: one line per requirement, its places below it, and a count by status at the end.
pub fn matrix_text(tags: &[Tag]) -> String {
    let mut text = String::new();
    let mut seed = String::new();
    let mut counts: BTreeMap<Status, [usize; 2]> = BTreeMap::new();
    for (row, places) in rows_with_places(tags) {
        if row.seed != seed {
            let gap = if seed.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}{}\n", row.seed));
            seed.clone_from(&row.seed);
        }
        let count = counts.entry(places.status()).or_default();
        count[0] += 1;
        count[1] += usize::from(row.is_mandatory());
        let start = format!("  {:<17} {:<11} {:<12} ", row.id, row.strength, places.status().name());
        text.push_str(&wrapped(&start, &row.requirement));
        for (label, list) in [("code", &places.code), ("test", &places.tests), ("why", &places.reasons)] {
            if !list.is_empty() {
                text.push_str(&wrapped(&format!("      {label:<5}"), &list.join(" ")));
            }
        }
    }
    text.push('\n');
    for (status, [all, mandatory]) in counts {
        text.push_str(&format!("{:<12} {all:>4}, of these SHALL or MUST {mandatory:>3}\n", status.name()));
    }
    text
}

/// `text` after `start`, broken at spaces to lines of [`WIDTH`], further lines indented as far as `start` is long.
fn wrapped(start: &str, text: &str) -> String {
    let indent = start.chars().count();
    let mut lines = String::from(start);
    let mut column = indent;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column > indent && column + 1 + width > WIDTH {
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += width;
    }
    lines.truncate(lines.trim_end().len());
    lines.push('\n');
    lines
}

/// Every requirement with its places.
fn rows_with_places(tags: &[Tag]) -> Vec<(Requirement, Places)> {
    let mut places: BTreeMap<&str, Places> = BTreeMap::new();
    for tag in tags {
        let of_id = places.entry(&tag.id).or_default();
        let place = format!("{}:{}", tag.path, tag.line);
        match tag.kind {
            TagKind::Code => of_id.code.push(place),
            TagKind::Test => of_id.tests.push(place),
            TagKind::NotModelled => {
                of_id.reasons.push(format!("{} ({place})", tag.note));
                of_id.left_out.push(place);
            }
        }
    }
    let with_places = |row: Requirement| {
        let of_row = places.remove(row.id.as_str()).unwrap_or_default();
        (row, of_row)
    };
    requirements().into_iter().map(with_places).collect()
}

#[cfg(test)]
mod tests {
    use super::tags::tag_in;
    use super::*;

    /// A tag line for the scanner; written so that this file does not hold the tag itself.
    fn line(comment: &str) -> Option<(TagKind, Vec<String>, String)> {
        let text = ["    // ", comment].concat();
        tag_in(&text, "//").map(|(kind, ids, note)| (kind, ids, note.to_owned()))
    }

    #[test]
    fn a_tag_names_one_or_several_requirements_and_may_say_why() {
        let found = |kind, ids: &[&str], note: &str| {
            Some((kind, ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>(), note.to_owned()))
        };
        assert_eq!(line("req: CPM-PF-21"), found(TagKind::Code, &["CPM-PF-21"], ""));
        assert_eq!(line("req-test: A-1, A-2,A-3"), found(TagKind::Test, &["A-1", "A-2", "A-3"], ""));
        let left_out = line("req-not-modelled: MEM-15 an editor's note");
        assert_eq!(left_out, found(TagKind::NotModelled, &["MEM-15"], "an editor's note"));
        assert_eq!(line("request: nothing"), None);
        assert_eq!(line("a req: in the middle"), None);
    }

    #[test]
    fn a_tag_may_stand_after_code_but_not_in_a_string() {
        let tag = |text: &str| tag_in(text, "//").map(|(_, ids, _)| ids);
        let id = vec!["A-1".to_owned()];
        assert_eq!(tag(&["call(); // ", "req: A-1"].concat()), Some(id.clone()));
        assert_eq!(tag(&["let a = \" // ", "req: A-1\";"].concat()), None);
        assert_eq!(tag(&["/// ", "req: A-1"].concat()), None);
        assert_eq!(tag_in("at = \"1s\" # req-test: A-1", "#").map(|(_, ids, _)| ids), Some(id));
    }

    #[test]
    fn the_csv_quotes_commas_and_joins_places() {
        let tag = |kind, line| Tag { id: "MEM-2".into(), kind, path: "src/a.rs".into(), line, note: String::new() };
        let csv = matrix_csv(&[tag(TagKind::Code, 3), tag(TagKind::Code, 9), tag(TagKind::Test, 12)]);
        let row = csv.lines().find(|row| row.starts_with("MEM-2,")).expect("the row is there");
        assert!(row.contains(",MUST,tested,src/a.rs:3;src/a.rs:9,src/a.rs:12,\"Payload, bindings"), "{row}");
    }

    #[test]
    fn a_test_outweighs_a_reason_for_leaving_out() {
        let tag = |kind| Tag { id: "MEM-2".into(), kind, path: "src/a.rs".into(), line: 1, note: "why".into() };
        let status = |tags: &[Tag]| {
            let rows = rows_with_places(tags);
            rows.into_iter().find(|(row, _)| row.id == "MEM-2").map(|(_, places)| places.status())
        };
        assert_eq!(status(&[]), Some(Status::Open));
        assert_eq!(status(&[tag(TagKind::Code)]), Some(Status::Open));
        assert_eq!(status(&[tag(TagKind::NotModelled)]), Some(Status::NotModelled));
        assert_eq!(status(&[tag(TagKind::NotModelled), tag(TagKind::Test)]), Some(Status::Tested));
    }
}
