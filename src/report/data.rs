//! Reads back what a report needs from a results folder: the manifest and `summary.csv`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use crate::experiment::ExperimentError;
use crate::experiment::manifest::Manifest;
use crate::experiment::summary::SUMMARY_COLUMNS;

/// The contents of a results folder that a report shows.
#[derive(Debug)]
pub struct ReportData {
    /// The manifest.
    pub manifest: Manifest,
    /// Measures by name.
    pub measures: BTreeMap<String, MeasureSummary>,
}

/// One measure at all points.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasureSummary {
    /// Unit.
    pub unit: String,
    /// One value per point, in the order of the points.
    pub points: Vec<PointValue>,
}

/// One measure at one point.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct PointValue {
    /// Mean over replications; `None` where it is undefined.
    pub mean: Option<f64>,
    /// Bounds of the 95 % confidence interval, with two replications or more.
    pub interval: Option<(f64, f64)>,
    /// Replications with a value.
    pub replications: u32,
}

impl ReportData {
    /// Reads a results folder.
    ///
    /// # Errors
    ///
    /// When a file is missing or is not one of this tool.
    pub fn read(folder: &Path) -> Result<ReportData, ExperimentError> {
        let manifest = Manifest::read(folder)?;
        let measures = read_summary(&folder.join("summary.csv"), &manifest)?;
        Ok(ReportData { manifest, measures })
    }

    /// Measures of the figures in their order, each once.
    pub fn figure_measures(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for figure in &self.manifest.figures {
            if !names.contains(&figure.y.as_str()) && self.measures.contains_key(&figure.y) {
                names.push(&figure.y);
            }
        }
        names
    }

    /// The measure whose name is most like `name`.
    pub fn nearest_measure(&self, name: &str) -> Option<&str> {
        self.measures.keys().map(String::as_str).min_by_key(|known| edit_distance(known, name))
    }
}

impl PointValue {
    /// Mean and half the width of the interval, for a person.
    pub fn describe(&self) -> String {
        use crate::experiment::format::readable;
        match (self.mean, self.interval) {
            (None, _) => "–".to_owned(),
            (Some(mean), None) => readable(mean),
            (Some(mean), Some((low, high))) => format!("{} ± {}", readable(mean), readable((high - low) / 2.0)),
        }
    }
}

fn read_summary(path: &Path, manifest: &Manifest) -> Result<BTreeMap<String, MeasureSummary>, ExperimentError> {
    let malformed = |reason: String| ExperimentError::Malformed { path: path.to_owned(), reason };
    let file = File::open(path).map_err(ExperimentError::reading(path))?;
    let mut reader = csv::Reader::from_reader(BufReader::new(file));
    let header = reader.headers().map_err(ExperimentError::csv(path))?.clone();
    let keys = manifest.sweep.len();
    if header.iter().skip(1 + keys).ne(SUMMARY_COLUMNS) {
        return Err(malformed(format!("its columns do not end in {}", SUMMARY_COLUMNS.join(","))));
    }
    let mut measures: BTreeMap<String, MeasureSummary> = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(ExperimentError::csv(path))?;
        let number = |column: usize| parse_number(&record[column]).map_err(malformed);
        let column = 1 + keys;
        let value = PointValue {
            mean: number(column + 2)?,
            interval: number(column + 3)?.zip(number(column + 4)?),
            replications: record[column + 5].parse().map_err(|_| malformed(format!("bad row {record:?}")))?,
        };
        let point: usize = record[0].parse().map_err(|_| malformed(format!("no point {}", &record[0])))?;
        let points = manifest.points.len();
        let measure = measures.entry(record[column].to_owned()).or_insert_with(|| MeasureSummary {
            unit: record[column + 1].to_owned(),
            points: vec![PointValue::default(); points],
        });
        let place = measure.points.get_mut(point).ok_or_else(|| malformed(format!("no point {point}")))?;
        *place = value;
    }
    Ok(measures)
}

fn parse_number(text: &str) -> Result<Option<f64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| format!("not a number: {text}"))
}

/// Insertions, deletions and replacements between two names.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distances_are_those_of_the_textbook() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("same", "same"), 0);
    }

    #[test]
    fn values_read_as_a_person_reads_them() {
        let value = PointValue { mean: Some(12.5), interval: Some((12.0, 13.0)), replications: 4 };
        assert_eq!(value.describe(), "12.5 ± 0.5");
        assert_eq!(PointValue::default().describe(), "–");
    }
}
