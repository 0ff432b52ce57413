//! Compares results folders: signalling counts against a baseline, and files byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::error::ExperimentError;
use super::manifest::MANIFEST;
use super::results::RESULT_FILES;

/// Key columns of `signalling.csv`.
const KEYS: [&str; 8] = ["point", "replication", "procedure", "reference_point", "from", "to", "protocol", "message"];

/// Counts of `signalling.csv`.
const COUNTS: [&str; 3] = ["sent", "retransmitted", "octets"];

/// A count of `signalling.csv` that differs. A row that one side lacks counts zero there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountDifference {
    /// Point, replication, procedure, reference point, from, to, protocol, message.
    pub key: [String; 8],
    /// `sent`, `retransmitted` or `octets`.
    pub count: &'static str,
    /// In the baseline.
    pub baseline: u64,
    /// In the new results.
    pub now: u64,
}

/// A file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDifference {
    /// Name of the file.
    pub file: String,
    /// First differing line, from 1; 0 where the file is missing.
    pub line: usize,
    /// That line before; `None` behind the end of the file.
    pub before: Option<String>,
    /// That line now; `None` behind the end of the file.
    pub now: Option<String>,
}

/// Compares the signalling counts of two results folders row by row.
///
/// # Errors
///
/// When one of the files cannot be read or is malformed.
pub fn signalling_differences(baseline: &Path, now: &Path) -> Result<Vec<CountDifference>, ExperimentError> {
    let (baseline, now) = (read_signalling(baseline)?, read_signalling(now)?);
    let keys: BTreeSet<&RowKey> = baseline.keys().chain(now.keys()).collect();
    let mut differences = Vec::new();
    for key in keys {
        let before = baseline.get(key).copied().unwrap_or_default();
        let after = now.get(key).copied().unwrap_or_default();
        for ((count, before), after) in COUNTS.into_iter().zip(before).zip(after) {
            if before != after {
                differences.push(CountDifference { key: key.fields.clone(), count, baseline: before, now: after });
            }
        }
    }
    Ok(differences)
}

/// Compares the manifest and all result files under the promise, byte for byte.
///
/// # Errors
///
/// When a file cannot be read.
pub fn file_differences(before: &Path, now: &Path) -> Result<Vec<FileDifference>, ExperimentError> {
    let mut differences = Vec::new();
    // The manifest comes last: it differs whenever another file does.
    for name in RESULT_FILES.into_iter().chain([MANIFEST]) {
        let (old, new) = (before.join(name), now.join(name));
        let Some(old_bytes) = read_if_there(&old)? else {
            differences.push(FileDifference { file: name.to_owned(), line: 0, before: None, now: None });
            continue;
        };
        let new_bytes = fs::read(&new).map_err(ExperimentError::reading(&new))?;
        differences.extend(first_differing_line(name, &old_bytes, &new_bytes));
    }
    Ok(differences)
}

/// A key in the order of the file: point and replication as numbers.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct RowKey {
    point: u64,
    replication: u64,
    fields: [String; 8],
}

fn read_signalling(folder: &Path) -> Result<BTreeMap<RowKey, [u64; 3]>, ExperimentError> {
    let path = folder.join("signalling.csv");
    let file = fs::File::open(&path).map_err(ExperimentError::reading(&path))?;
    let mut reader = csv::Reader::from_reader(std::io::BufReader::new(file));
    let header = reader.headers().map_err(ExperimentError::csv(&path))?.clone();
    if !header.iter().eq(KEYS.into_iter().chain(COUNTS)) {
        let reason = format!("its header is not {},{}", KEYS.join(","), COUNTS.join(","));
        return Err(ExperimentError::Malformed { path, reason });
    }
    let mut rows = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(ExperimentError::csv(&path))?;
        let number = |column: usize| {
            record[column].parse::<u64>().map_err(|_| ExperimentError::Malformed {
                path: path.clone(),
                reason: format!("{} is not a count: {}", &header[column], &record[column]),
            })
        };
        let fields = std::array::from_fn(|column| record[column].to_owned());
        let key = RowKey { point: number(0)?, replication: number(1)?, fields };
        rows.insert(key, [number(8)?, number(9)?, number(10)?]);
    }
    Ok(rows)
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, ExperimentError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ExperimentError::reading(path)(error)),
    }
}

fn first_differing_line(name: &str, before: &[u8], now: &[u8]) -> Option<FileDifference> {
    if before == now {
        return None;
    }
    let (before, now) = (String::from_utf8_lossy(before), String::from_utf8_lossy(now));
    let (mut old_lines, mut new_lines) = (before.split('\n'), now.split('\n'));
    let mut line = 1;
    loop {
        let (old, new) = (old_lines.next(), new_lines.next());
        if old != new || (old.is_none() && new.is_none()) {
            let own = |text: Option<&str>| text.map(str::to_owned);
            return Some(FileDifference { file: name.to_owned(), line, before: own(old), now: own(new) });
        }
        line += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "point,replication,procedure,reference_point,from,to,protocol,message,sent,retransmitted,octets";

    #[test]
    fn changed_missing_and_new_counts_are_found() {
        let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let write =
            |dir: &Path, rows: &str| fs::write(dir.join("signalling.csv"), format!("{HEADER}\n{rows}")).unwrap();
        write(old.path(), "0,0,pager,Gm,terminal,p,SIP,MESSAGE,4,0,900\n0,0,pager,Mw,p,s,SIP,MESSAGE,4,1,900\n");
        write(
            new.path(),
            "0,0,pager,Gm,terminal,p,SIP,MESSAGE,4,0,900\n\
             0,0,pager,Mw,p,s,SIP,MESSAGE,4,0,800\n\
             0,0,push,Gm,p,terminal,SIP,MESSAGE,1,0,0\n",
        );
        let found = signalling_differences(old.path(), new.path()).unwrap();
        let short: Vec<_> = found
            .iter()
            .map(|row| (row.key[2].as_str(), row.key[3].as_str(), row.count, row.baseline, row.now))
            .collect();
        assert_eq!(
            short,
            [("pager", "Mw", "retransmitted", 1, 0), ("pager", "Mw", "octets", 900, 800), ("push", "Gm", "sent", 0, 1)]
        );
        assert!(signalling_differences(old.path(), old.path()).unwrap().is_empty());
    }

    #[test]
    fn the_first_differing_line_is_found() {
        let difference = first_differing_line("a.csv", b"x\ny\nz\n", b"x\nq\nz\n").unwrap();
        assert_eq!(
            (difference.line, difference.before.as_deref(), difference.now.as_deref()),
            (2, Some("y"), Some("q"))
        );
        let shorter = first_differing_line("a.csv", b"x\ny", b"x").unwrap();
        assert_eq!((shorter.line, shorter.now), (2, None));
        assert_eq!(first_differing_line("a.csv", b"x\n", b"x\n"), None);
    }
}
