//! Axes: where a value lies between the ends of an axis, and which values are marked on it.

use crate::experiment::format::trim_zeros;

/// How an axis spreads its values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Evenly from the first value to the second.
    Linear(f64, f64),
    /// By powers of ten from the first value to the second, both positive.
    Log(f64, f64),
    /// One slot for each of so many categories; values are their indices.
    Slots(usize),
}

/// A marked value and its label.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The value.
    pub value: f64,
    /// Its label.
    pub label: String,
}

impl Scale {
    /// A linear axis that covers `low..=high` between two marks; it starts at zero where the values are not far from
    /// it.
    pub fn linear_around(low: f64, high: f64, zero: bool) -> Scale {
        let (mut low, mut high) = (low, high);
        if zero || (low > 0.0 && low < 0.6 * high) {
            low = low.min(0.0);
            high = high.max(0.0);
        }
        if high - low <= f64::EPSILON * high.abs() {
            let room = if high == 0.0 { 1.0 } else { high.abs() * 0.1 };
            (low, high) = (if low == 0.0 { 0.0 } else { low - room }, high + room);
        }
        let step = linear_step(low, high);
        Scale::Linear(libm::floor(low / step + 1e-9) * step, libm::ceil(high / step - 1e-9) * step)
    }

    /// A linear axis from the lowest to the highest value with a little room at both ends.
    pub fn linear_between(low: f64, high: f64) -> Scale {
        let room = if high > low { (high - low) * 0.05 } else { low.abs().max(1.0) * 0.5 };
        Scale::Linear(low - room, high + room)
    }

    /// A logarithmic axis that covers positive `low..=high` with a little room at both ends.
    pub fn log_around(low: f64, high: f64) -> Scale {
        let decades = libm::log10(high / low).max(0.3);
        let room = libm::pow(10.0, decades * 0.06);
        Scale::Log(low / room, high * room)
    }

    /// Where a value lies: 0 at the start of the axis, 1 at its end. Values beyond are held at the ends.
    pub fn place(&self, value: f64) -> f64 {
        let place = match *self {
            Scale::Linear(low, high) => (value - low) / (high - low),
            Scale::Log(low, high) if value > 0.0 => libm::log10(value / low) / libm::log10(high / low),
            Scale::Log(..) => 0.0,
            Scale::Slots(count) => (value + 0.5) / count as f64,
        };
        place.clamp(0.0, 1.0)
    }

    /// The marked values; for slots the caller labels the categories.
    pub fn ticks(&self) -> Vec<Tick> {
        match *self {
            Scale::Linear(low, high) => linear_ticks(low, high),
            Scale::Log(low, high) => log_ticks(low, high),
            Scale::Slots(_) => Vec::new(),
        }
    }
}

/// The step among 1, 2, 5 times a power of ten that gives four to nine marks.
fn linear_step(low: f64, high: f64) -> f64 {
    let rough = (high - low) / 6.0;
    let power = libm::pow(10.0, libm::floor(libm::log10(rough)));
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= rough * 0.999).unwrap_or(10.0);
    factor * power
}

fn linear_ticks(low: f64, high: f64) -> Vec<Tick> {
    let step = linear_step(low, high);
    let (first, last) = (libm::ceil(low / step - 1e-6) as i64, libm::floor(high / step + 1e-6) as i64);
    let decimals = (-libm::floor(libm::log10(step) + 1e-9)).max(0.0) as usize;
    let label = |value: f64| match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 1e7 || step < 1e-4 => scientific(value),
        _ => thousands(&format!("{value:.decimals$}")),
    };
    (first..=last).map(|index| index as f64 * step).map(|value| Tick { value, label: label(value) }).collect()
}

/// Fewest marks of an axis.
const FEWEST: usize = 3;

/// Decades, or as much finer as it takes to have some marks on the axis.
fn log_ticks(low: f64, high: f64) -> Vec<Tick> {
    let few = libm::log10(high / low) < 2.0;
    let steps: &[&[f64]] = &[&[1.0], &[1.0, 2.0, 5.0], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0]];
    let ticks = steps.iter().skip(usize::from(few)).map(|factors| decades(low, high, factors));
    ticks.into_iter().find(|ticks| ticks.len() >= FEWEST).unwrap_or_else(|| linear_ticks(low, high))
}

fn decades(low: f64, high: f64, factors: &[f64]) -> Vec<Tick> {
    let (first, last) = (libm::floor(libm::log10(low)) as i32, libm::ceil(libm::log10(high)) as i32);
    let mut ticks = Vec::new();
    for exponent in first..=last {
        for factor in factors {
            let value = factor * libm::pow(10.0, f64::from(exponent));
            if value >= low * 0.999_999 && value <= high * 1.000_001 {
                ticks.push(Tick { value, label: plain(value) });
            }
        }
    }
    ticks
}

fn plain(value: f64) -> String {
    if !(1e-4..1e7).contains(&value) {
        return scientific(value);
    }
    let decimals = (-libm::floor(libm::log10(value) + 1e-9)).max(0.0) as usize;
    thousands(&trim_zeros(format!("{value:.decimals$}")))
}

fn scientific(value: f64) -> String {
    let text = format!("{value:.1e}");
    text.replace(".0e", "e")
}

/// Groups whole digits by a thin space from five digits on.
fn thousands(text: &str) -> String {
    let (whole, rest) = text.split_once('.').map_or((text, String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("−", digits));
    if digits.len() < 5 {
        return format!("{sign}{digits}{rest}");
    }
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('\u{2009}');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{rest}")
}

/// Units that a swept value may carry, with their size in the unit of the axis.
const UNITS: [(&str, f64, &str); 20] = [
    ("ns", 1e-9, "s"),
    ("us", 1e-6, "s"),
    ("ms", 1e-3, "s"),
    ("s", 1.0, "s"),
    ("min", 60.0, "s"),
    ("h", 3600.0, "s"),
    ("d", 86_400.0, "s"),
    ("B", 1.0, "B"),
    ("kB", 1e3, "B"),
    ("MB", 1e6, "B"),
    ("KiB", 1024.0, "B"),
    ("MiB", 1_048_576.0, "B"),
    ("bit/s", 1.0, "bit/s"),
    ("kbit/s", 1e3, "bit/s"),
    ("Mbit/s", 1e6, "bit/s"),
    ("/s", 1.0, "/s"),
    ("/min", 1.0 / 60.0, "/s"),
    ("/h", 1.0 / 3600.0, "/s"),
    ("/d", 1.0 / 86_400.0, "/s"),
    ("%", 1.0, "%"),
];

/// Reads swept values as numbers of one unit; `None` unless all of them are. Values that share their unit keep it.
pub fn numeric_values(values: &[&str]) -> Option<(Vec<f64>, String)> {
    let parts: Vec<(f64, &str)> = values.iter().map(|value| split_quantity(value)).collect::<Option<_>>()?;
    let first = parts.first()?.1;
    if parts.iter().all(|(_, unit)| *unit == first) {
        return Some((parts.iter().map(|(number, _)| *number).collect(), first.to_owned()));
    }
    // Zero needs no unit.
    let mut base = None;
    let mut numbers = Vec::new();
    for (number, unit) in parts {
        if unit.is_empty() && number == 0.0 {
            numbers.push(0.0);
            continue;
        }
        let &(_, size, dimension) = UNITS.iter().find(|(name, _, _)| *name == unit)?;
        if *base.get_or_insert(dimension) != dimension {
            return None;
        }
        numbers.push(number * size);
    }
    Some((numbers, base?.to_owned()))
}

fn split_quantity(value: &str) -> Option<(f64, &str)> {
    let end = value.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | '_'))).unwrap_or(value.len());
    let (number, unit) = value.split_at(end);
    let known = unit.is_empty() || UNITS.iter().any(|(name, _, _)| *name == unit);
    let number: f64 = number.replace('_', "").parse().ok()?;
    known.then_some((number, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_one_unit_keep_it_and_mixed_ones_share_a_base() {
        assert_eq!(numeric_values(&["1", "2.5"]), Some((vec![1.0, 2.5], String::new())));
        assert_eq!(numeric_values(&["10s", "20s"]), Some((vec![10.0, 20.0], "s".to_owned())));
        assert_eq!(numeric_values(&["0", "500ms", "2s"]), Some((vec![0.0, 0.5, 2.0], "s".to_owned())));
        assert_eq!(numeric_values(&["5%", "10%"]), Some((vec![5.0, 10.0], "%".to_owned())));
        assert_eq!(numeric_values(&["2/h", "1/s"]), Some((vec![2.0 / 3600.0, 1.0], "/s".to_owned())));
    }

    #[test]
    fn names_and_mixed_dimensions_are_categories() {
        assert_eq!(numeric_values(&["busy", "queue"]), None);
        assert_eq!(numeric_values(&["1s", "1kB"]), None);
        assert_eq!(numeric_values(&["1s", "never"]), None);
    }

    #[test]
    fn linear_marks_are_round_and_cover_the_values() {
        let scale = Scale::linear_around(0.3, 9.7, false);
        assert_eq!(scale, Scale::Linear(0.0, 10.0));
        let labels: Vec<String> = scale.ticks().into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, ["0", "2", "4", "6", "8", "10"]);
        assert!((scale.place(5.0) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn equal_values_still_make_an_axis() {
        for value in [0.0, 7.0, -3.0] {
            let Scale::Linear(low, high) = Scale::linear_around(value, value, false) else { panic!("linear") };
            assert!(low <= value && value < high, "{low} {value} {high}");
        }
    }

    #[test]
    fn log_marks_are_decades_or_finer_on_a_short_axis() {
        let long: Vec<String> = Scale::Log(0.5, 2e4).ticks().into_iter().map(|tick| tick.label).collect();
        assert_eq!(long, ["1", "10", "100", "1000", "10\u{2009}000"]);
        let short: Vec<String> = Scale::Log(0.09, 2.0).ticks().into_iter().map(|tick| tick.label).collect();
        assert_eq!(short, ["0.1", "0.2", "0.5", "1", "2"]);
        let shorter: Vec<String> = Scale::Log(210.0, 880.0).ticks().into_iter().map(|tick| tick.label).collect();
        assert_eq!(shorter, ["300", "400", "500", "600", "800"]);
        let shortest: Vec<String> = Scale::Log(310.0, 390.0).ticks().into_iter().map(|tick| tick.label).collect();
        assert_eq!(shortest, ["320", "340", "360", "380"]);
    }
}
