//! Trace files: CSV with the header `time_s,from,to,size,report`, rows sorted by time.

use std::sync::Arc;

use super::error::{ConfigError, Result};
use super::names::{UserProblem, near_user, parse_user};
use super::origin::{Origin, Source};
use super::quantity::{DURATION, LONGEST, OCTETS, Quantity};
use super::tree::quoted;
use crate::kernel::{Span, Time};
use crate::scenario::model::{GroupSpec, TraceRow, UserRef};

const HEADER: [&str; 5] = ["time_s", "from", "to", "size", "report"];

/// The rows of a trace file. Rows of a pager workload (`users_needed`) name both users.
pub fn rows(source: &Arc<Source>, groups: &[GroupSpec], users_needed: bool) -> Result<Vec<TraceRow>> {
    let text = source.text.as_deref().unwrap_or("");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows: Vec<TraceRow> = Vec::new();
    let mut header_seen = false;
    for record in reader.records() {
        let record = record.map_err(|error| {
            let start = error.position().map_or(0, |position| position.byte() as usize);
            let origin = Origin::new(source, start..start);
            ConfigError::new(&origin, "", format!("a row that is not CSV ({error})"), "five cells with commas between")
        })?;
        let row = Row { source, start: record.position().map_or(0, |position| position.byte() as usize), record };
        if header_seen {
            let last = rows.last().map_or(Time::ZERO, |row| row.at);
            rows.push(row.read(groups, users_needed, last)?);
        } else {
            row.check_header()?;
            header_seen = true;
        }
    }
    if rows.is_empty() {
        let origin = Origin::new(source, 0..text.len());
        return Err(ConfigError::new(&origin, "", "no rows", "the header time_s,from,to,size,report, then rows"));
    }
    Ok(rows)
}

struct Row<'s> {
    source: &'s Arc<Source>,
    start: usize,
    record: csv::StringRecord,
}

impl Row<'_> {
    fn check_header(&self) -> Result<()> {
        if self.record.iter().eq(HEADER) {
            return Ok(());
        }
        let cells: Vec<&str> = self.record.iter().collect();
        Err(self.fail(0, quoted(&cells.join(",")), "the header time_s,from,to,size,report"))
    }

    fn read(&self, groups: &[GroupSpec], users_needed: bool, last: Time) -> Result<TraceRow> {
        if self.record.len() != HEADER.len() {
            let found = format!("{} cells", self.record.len());
            return Err(self.fail(0, found, "five cells: time_s,from,to,size,report"));
        }
        let at = self.time()?;
        if at < last {
            return Err(self.fail(
                0,
                quoted(self.cell(0)),
                format!("a time of at least {last}: rows are sorted by time"),
            ));
        }
        Ok(TraceRow {
            at,
            from: self.user(1, groups, users_needed)?,
            to: self.user(2, groups, users_needed)?,
            size: self.size()?,
            report: self.report()?,
        })
    }

    fn time(&self) -> Result<Time> {
        let text = format!("{}s", self.cell(0));
        let nanos = Quantity::parse(&text, DURATION).ok().and_then(|quantity| quantity.integer(9, false));
        let span = nanos.map(Span::from_nanos).filter(|span| *span <= LONGEST);
        let span = span.ok_or_else(|| self.fail(0, quoted(self.cell(0)), "seconds such as 12.5, without a unit"))?;
        Ok(Time::from_nanos(span.as_nanos()))
    }

    fn user(&self, column: usize, groups: &[GroupSpec], needed: bool) -> Result<Option<UserRef>> {
        let text = self.cell(column);
        if text.is_empty() && !needed {
            return Ok(None);
        }
        parse_user(text, groups).map(Some).map_err(|problem| match problem {
            UserProblem::Group => {
                let expected = "a user: the name of a group of one user, or `group[index]`";
                self.fail(column, quoted(text), expected).near(near_user(text, groups))
            }
            UserProblem::Index(expected) => self.fail(column, quoted(text), expected),
        })
    }

    fn size(&self) -> Result<Option<u32>> {
        let text = self.cell(3);
        if text.is_empty() {
            return Ok(None);
        }
        let plain = format!("{text}B");
        let octets = [text, &plain].into_iter().find_map(|text| Quantity::parse(text, OCTETS).ok()?.integer(0, true));
        let octets = octets.and_then(|octets| u32::try_from(octets).ok());
        octets.map(Some).ok_or_else(|| self.fail(3, quoted(text), "a number of octets such as 60, or nothing"))
    }

    fn report(&self) -> Result<bool> {
        match self.cell(4) {
            "true" | "1" => Ok(true),
            "false" | "0" | "" => Ok(false),
            other => Err(self.fail(4, quoted(other), "true, false or nothing")),
        }
    }

    fn cell(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or("").trim()
    }

    /// An error in a column; the place is that of the cell as far as no cell before it is in quotes.
    fn fail(&self, column: usize, found: impl Into<String>, expected: impl Into<String>) -> ConfigError {
        let before: usize = self.record.iter().take(column).map(|cell| cell.len() + 1).sum();
        let start = self.start + before;
        let length = self.record.get(column).map_or(0, str::len);
        let origin = Origin::new(self.source, start..start + length);
        ConfigError::new(&origin, HEADER.get(column).copied().unwrap_or(""), found, expected)
    }
}
