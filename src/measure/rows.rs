//! Rows of measures under way: names, units, values.

use super::results::MeasureRow;
use crate::kernel::Span;

/// The measures of a run as they are written.
#[derive(Clone, Debug, Default)]
pub struct Rows(pub Vec<MeasureRow>);

impl Rows {
    /// A value, `None` where its denominator is zero.
    pub fn push(&mut self, measure: &str, unit: &'static str, value: Option<f64>) {
        self.0.push(MeasureRow { measure: measure.to_string(), unit, value });
    }

    /// A count.
    pub fn count(&mut self, measure: &str, count: u64) {
        self.push(measure, "1", Some(count as f64));
    }

    /// A ratio of counts.
    pub fn ratio(&mut self, measure: &str, part: u64, whole: u64) {
        self.push(measure, "1", ratio(part, whole));
    }
}

/// A ratio of counts, `None` where the denominator is zero.
pub fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Seconds without trailing zeros, for names.
pub fn seconds(span: Span) -> String {
    let text = span.to_string();
    let trimmed = text.trim_end_matches('0').trim_end_matches('.');
    format!("{trimmed}s")
}
