//! Numbers with units: durations, octets, rates. Decimal text is converted exactly and rounded once, so that `"10ms"`
//! and `"0.01s"` are the same value everywhere.

use super::nearest::nearest;
use crate::kernel::Span;

/// A unit: its text, its power of ten and its further factor.
type Unit = (&'static str, i32, u32);

/// A kind of quantity: what to call it in an error, and its units.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// What an error says is expected.
    pub expected: &'static str,
    units: &'static [Unit],
}

impl Kind {
    /// The unit that an error suggests for a bare number.
    pub fn usual_unit(self) -> &'static str {
        let usual = ["s", "B", "kbit/s", "/s"];
        self.units.iter().map(|(name, _, _)| *name).find(|name| usual.contains(name)).unwrap_or("")
    }
}

/// Lengths of time, in seconds.
pub const DURATION: Kind = Kind {
    expected: "a duration with its unit, such as \"10ms\" (ns us ms s min h d)",
    units: &[
        ("ns", -9, 1),
        ("us", -6, 1),
        ("ms", -3, 1),
        ("s", 0, 1),
        ("min", 0, 60),
        ("h", 0, 3_600),
        ("d", 0, 86_400),
    ],
};

/// Numbers of octets.
pub const OCTETS: Kind = Kind {
    expected: "a size with its unit, such as \"60B\" (B kB MB KiB MiB)",
    units: &[("B", 0, 1), ("kB", 3, 1), ("MB", 6, 1), ("KiB", 0, 1_024), ("MiB", 0, 1_048_576)],
};

/// Rates of links, in bits per second.
pub const BIT_RATE: Kind = Kind {
    expected: "a rate with its unit, such as \"2Mbit/s\" (bit/s kbit/s Mbit/s)",
    units: &[("bit/s", 0, 1), ("kbit/s", 3, 1), ("Mbit/s", 6, 1)],
};

/// Rates of events; the factor is the number of seconds that the count is divided by.
pub const EVENT_RATE: Kind = Kind {
    expected: "a rate of events with its unit, such as \"5/s\" (/s /min /h /d)",
    units: &[("/s", 0, 1), ("/min", 0, 60), ("/h", 0, 3_600), ("/d", 0, 86_400)],
};

/// The longest duration that a file can give: a hundred years, so that no sum of two overflows the clock.
pub const LONGEST: Span = Span::from_secs(100 * 365 * 86_400);

/// A number and its unit, not yet converted.
#[derive(Clone, Copy, Debug)]
pub struct Quantity<'a> {
    number: &'a str,
    power: i32,
    factor: u32,
}

impl<'a> Quantity<'a> {
    /// Splits `text`; `Err` holds the nearest text that is a quantity of this kind, if any.
    pub fn parse(text: &'a str, kind: Kind) -> Result<Quantity<'a>, Option<String>> {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        if !is_decimal(number) {
            return Err(None);
        }
        match kind.units.iter().find(|(name, _, _)| *name == unit) {
            Some(&(_, power, factor)) => Ok(Quantity { number, power, factor }),
            None => Err(nearest_unit(unit, kind).map(|unit| format!("{number}{unit}"))),
        }
    }

    /// The value in the base unit, rounded once for the units that are powers of ten.
    pub fn value(self) -> f64 {
        self.scaled() * f64::from(self.factor)
    }

    /// The number divided by the factor of its unit, for rates.
    pub fn per(self) -> f64 {
        self.scaled() / f64::from(self.factor)
    }

    /// The value times 10^`power` as a whole number: rounded to the nearest, or `None` when `exact` and it is not
    /// whole, or when it does not fit.
    pub fn integer(self, power: u32, exact: bool) -> Option<u64> {
        let (whole, decimals) = self.number.split_once('.').unwrap_or((self.number, ""));
        let digits: u128 = format!("{whole}{decimals}").parse().ok()?;
        let shift = self.power + i32::try_from(power).ok()? - i32::try_from(decimals.len()).ok()?;
        let scaled = digits.checked_mul(u128::from(self.factor))?;
        let ten = 10u128.checked_pow(shift.unsigned_abs());
        let value = if shift >= 0 {
            scaled.checked_mul(ten?)?
        } else {
            // A divisor beyond the range leaves nothing of any number that fits.
            let ten = ten.unwrap_or(u128::MAX);
            if exact && scaled % ten != 0 {
                return None;
            }
            scaled / ten + u128::from(scaled % ten >= ten / 2 + ten % 2)
        };
        u64::try_from(value).ok()
    }

    fn scaled(self) -> f64 {
        // A decimal literal with an exponent is converted to the nearest float in one rounding.
        format!("{}e{}", self.number, self.power).parse().unwrap_or(f64::NAN)
    }
}

fn is_decimal(number: &str) -> bool {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    number.len() <= 40 && digits(whole) && digits(decimals)
}

fn nearest_unit(unit: &str, kind: Kind) -> Option<&'static str> {
    let trimmed = unit.trim();
    let exact = kind.units.iter().find(|(name, _, _)| name.eq_ignore_ascii_case(trimmed));
    let long = || {
        let (name, _) = LONG_UNITS.iter().find(|(_, long)| long.contains(&trimmed))?;
        kind.units.iter().find(|(unit, _, _)| unit == name)
    };
    let close = || {
        let near = nearest(trimmed, kind.units.iter().map(|(name, _, _)| *name))?;
        kind.units.iter().find(|(name, _, _)| *name == near)
    };
    exact.or_else(long).or_else(close).map(|(name, _, _)| *name)
}

const LONG_UNITS: &[(&str, &[&str])] = &[
    ("s", &["sec", "secs", "second", "seconds"]),
    ("ms", &["msec", "millis", "milliseconds"]),
    ("min", &["m", "mins", "minute", "minutes"]),
    ("h", &["hr", "hour", "hours"]),
    ("d", &["day", "days"]),
    ("B", &["byte", "bytes", "octets"]),
    ("Mbit/s", &["Mbps", "Mb/s"]),
    ("kbit/s", &["kbps", "kb/s"]),
    ("/s", &["Hz", "per second", "/sec"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(text: &str) -> Option<u64> {
        Quantity::parse(text, DURATION).ok()?.integer(9, false)
    }

    #[test]
    fn durations_are_exact() {
        assert_eq!(nanos("10ms"), Some(10_000_000));
        assert_eq!(nanos("0.01s"), Some(10_000_000));
        assert_eq!(nanos("1.5min"), Some(90_000_000_000));
        assert_eq!(nanos("2h"), Some(7_200_000_000_000));
        assert_eq!(nanos("0.5ns"), Some(1));
        assert_eq!(nanos("0.4ns"), Some(0));
        assert_eq!(nanos("0"), None);
        assert_eq!(nanos("1e3s"), None);
        assert_eq!(nanos(".5s"), None);
        assert_eq!(nanos("999999999999999999999d"), None);
        assert_eq!(nanos("0.00000000000000000000000000000000001s"), Some(0));
    }

    #[test]
    fn a_value_is_the_float_that_its_decimal_text_names() {
        assert_eq!(Quantity::parse("10ms", DURATION).map(Quantity::value), Ok(0.01));
        assert_eq!(Quantity::parse("2/h", EVENT_RATE).map(Quantity::per), Ok(2.0 / 3600.0));
        assert_eq!(Quantity::parse("1.5kB", OCTETS).map(|q| q.integer(0, true)), Ok(Some(1500)));
        assert_eq!(Quantity::parse("1.5B", OCTETS).map(|q| q.integer(0, true)), Ok(None));
        assert_eq!(Quantity::parse("2Mbit/s", BIT_RATE).map(Quantity::value), Ok(2e6));
    }

    #[test]
    fn a_wrong_unit_names_the_nearest_right_one() {
        assert_eq!(Quantity::parse("10 ms", DURATION).map(Quantity::value), Err(Some("10ms".to_owned())));
        assert_eq!(Quantity::parse("3sec", DURATION).map(Quantity::value), Err(Some("3s".to_owned())));
        assert_eq!(Quantity::parse("60KB", OCTETS).map(Quantity::value), Err(Some("60kB".to_owned())));
    }
}
