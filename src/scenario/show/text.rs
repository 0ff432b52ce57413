//! Values as a model file writes them.

use std::fmt::{Display, Write};

use crate::kernel::distribution::Parameter;
use crate::kernel::{Distribution, Span, Time};

/// A model file in the making.
#[derive(Default)]
pub struct Page(String);

impl Page {
    /// A line for the reader.
    pub fn comment(&mut self, text: &str) {
        let line = format!("# {text}\n");
        self.0.push_str(&line);
    }

    /// `[name]`
    pub fn table(&mut self, name: &str) {
        let line = format!("\n[{name}]\n");
        self.0.push_str(&line);
    }

    /// `[[name]]`
    pub fn element(&mut self, name: &str) {
        let line = format!("\n[[{name}]]\n");
        self.0.push_str(&line);
    }

    /// `key = value`
    pub fn key(&mut self, key: &str, value: impl Display) {
        let line = format!("{key} = {value}\n");
        self.0.push_str(&line);
    }

    /// The whole text.
    pub fn finish(self) -> String {
        self.0
    }
}

/// A TOML string.
pub fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The name of `value` among `choices`, in quotes.
pub fn name_in<T: PartialEq>(choices: &[(&'static str, T)], value: &T) -> String {
    quote(choices.iter().find(|(_, known)| known == value).map_or("", |(name, _)| name))
}

/// `[a, b]`
pub fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(", "))
}

/// A duration, exact, in the largest unit that divides it.
pub fn span(span: Span) -> String {
    const UNITS: [(&str, u64); 5] =
        [("h", 3_600_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];
    let nanos = span.as_nanos();
    if nanos == 0 {
        return quote("0s");
    }
    let fitting = UNITS.iter().find(|(_, unit)| nanos.is_multiple_of(*unit));
    quote(&fitting.map_or(String::new(), |(name, unit)| format!("{}{name}", nanos / unit)))
}

/// An instant as the duration from the start.
pub fn time(time: Time) -> String {
    span(time.since(Time::ZERO))
}

/// Seconds in a unit that leaves a digit before the point.
pub fn seconds(seconds: f64) -> String {
    let (unit, power) = match seconds {
        s if s == 0.0 || s >= 1.0 => ("s", 0),
        s if s >= 1e-3 => ("ms", 3),
        s if s >= 1e-6 => ("us", 6),
        _ => ("ns", 9),
    };
    quote(&format!("{}{unit}", decimal(seconds, power)))
}

/// Octets.
pub fn octets(octets: f64) -> String {
    quote(&format!("{}B", decimal(octets, 0)))
}

/// Octets per second as bits per second.
pub fn bit_rate(octets_per_second: f64) -> String {
    let bits = octets_per_second * 8.0;
    let (unit, power) = match bits {
        bits if bits >= 1e6 => ("Mbit/s", -6),
        bits if bits >= 1e3 => ("kbit/s", -3),
        _ => ("bit/s", 0),
    };
    quote(&format!("{}{unit}", decimal(bits, power)))
}

/// Events per second.
pub fn event_rate(per_second: f64) -> String {
    quote(&format!("{}/s", decimal(per_second, 0)))
}

/// A number without a unit.
pub fn number(value: f64) -> String {
    decimal(value, 0)
}

/// `value` times 10^`power` in decimal digits without an exponent: twelve digits, so that what was computed from a
/// file's value is written as the file wrote it.
fn decimal(value: f64, power: i32) -> String {
    let scientific = format!("{value:.11e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = digits.replace('.', "");
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return "0".to_owned();
    }
    // The point stands after this many digits.
    let point = exponent.parse::<i32>().unwrap_or(0) + power + 1;
    let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    if point <= 0 {
        format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize))
    } else if point >= length {
        format!("{digits}{}", "0".repeat((point - length) as usize))
    } else {
        format!("{}.{}", &digits[..point as usize], &digits[point as usize..])
    }
}

/// A distribution of times.
pub fn time_distribution(distribution: &Distribution) -> String {
    distribution_text(distribution, seconds)
}

/// A distribution of sizes.
pub fn octets_distribution(distribution: &Distribution) -> String {
    distribution_text(distribution, octets)
}

/// A distribution of numbers.
pub fn plain_distribution(distribution: &Distribution) -> String {
    distribution_text(distribution, number)
}

fn distribution_text(distribution: &Distribution, quantity: fn(f64) -> String) -> String {
    if let Distribution::Constant(value) = distribution {
        return quantity(*value);
    }
    let (family, parameters) = distribution.parameters();
    let mut text = format!("{{ dist = {}", quote(family));
    for (name, parameter) in parameters {
        let value = match parameter {
            Parameter::Quantity(value) => quantity(value),
            Parameter::Number(value) => number(value),
            Parameter::Quantities(values) => list(values.into_iter().map(quantity)),
            Parameter::Numbers(values) => list(values.into_iter().map(number)),
            Parameter::Branches(branches) => list(
                branches.into_iter().map(|(p, mean)| format!("{{ p = {}, mean = {} }}", number(p), quantity(mean))),
            ),
        };
        text.push_str(&format!(", {name} = {value}"));
    }
    text.push_str(" }");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_without_exponents() {
        assert_eq!(seconds(0.0025), "\"2.5ms\"");
        assert_eq!(seconds(1e-9), "\"1ns\"");
        assert_eq!(seconds(86_400.0), "\"86400s\"");
        assert_eq!(seconds(0.01 / 3.0), "\"3.33333333333ms\"");
        assert_eq!(bit_rate(250_000.0), "\"2Mbit/s\"");
        assert_eq!(number(0.0005), "0.0005");
        assert_eq!(span(Span::from_millis(1_500)), "\"1500ms\"");
        assert_eq!(span(Span::from_secs(7_200)), "\"2h\"");
        assert_eq!(quote("a\"\n"), "\"a\\\"\\u000A\"");
    }
}
