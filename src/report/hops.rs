//! Recorded messages as CSV: one row per message and hop, or counts.

use std::collections::BTreeMap;

use crate::experiment::format;
use crate::measure::results::{HopRow, SignallingRow};

/// Columns of the table of messages.
const COLUMNS: [&str; 14] = [
    "sent_s",
    "arrives_s",
    "from",
    "to",
    "reference_point",
    "procedure",
    "protocol",
    "message",
    "transmission",
    "octets",
    "lost",
    "transport",
    "timer",
    "message_id",
];

/// One row per message and hop. `arrives_s` is empty for what is lost or still under way at the end.
///
/// # Errors
///
/// Never in practice: it is written to memory.
pub fn table(rows: &[HopRow]) -> csv::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for row in rows {
        let seconds = |ns: u64| format::seconds(u128::from(ns));
        writer.write_record([
            seconds(row.sent_ns).as_str(),
            &row.arrives_ns.map(seconds).unwrap_or_default(),
            &row.from,
            &row.to,
            row.reference_point,
            row.procedure,
            row.protocol,
            &row.message,
            &row.transmission.to_string(),
            &row.octets.to_string(),
            if row.lost { "yes" } else { "no" },
            row.carriage.transport.name(),
            row.timer.unwrap_or_default(),
            row.message_id.as_deref().unwrap_or_default(),
        ])?;
    }
    Ok(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

/// Messages and octets by procedure, reference point and protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<[&'static str; 3], (u64, u64)>);

impl Counts {
    /// Of recorded messages.
    pub fn of_hops(rows: &[HopRow]) -> Counts {
        let mut counts = Counts::default();
        for row in rows {
            counts.add([row.procedure, row.reference_point, row.protocol], 1, row.octets);
        }
        counts
    }

    /// Of the results of a run.
    pub fn of_results<'a>(rows: impl IntoIterator<Item = &'a SignallingRow>) -> Counts {
        let mut counts = Counts::default();
        for row in rows {
            let key = [row.procedure, row.reference_point, row.protocol];
            counts.add(key, row.sent + row.retransmitted, row.octets);
        }
        counts
    }

    fn add(&mut self, key: [&'static str; 3], messages: u64, octets: u64) {
        let total = self.0.entry(key).or_default();
        total.0 += messages;
        total.1 += octets;
    }

    /// As CSV.
    ///
    /// # Errors
    ///
    /// Never in practice: it is written to memory.
    pub fn csv(&self) -> csv::Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["procedure", "reference_point", "protocol", "messages", "octets"])?;
        for ([procedure, reference_point, protocol], (messages, octets)) in &self.0 {
            let (messages, octets) = (messages.to_string(), octets.to_string());
            writer.write_record([*procedure, *reference_point, *protocol, &messages, &octets])?;
        }
        let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
