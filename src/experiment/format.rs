//! How numbers are written in result files: the same characters on every platform.

/// Nanoseconds of a second.
const NANOS: u128 = 1_000_000_000;

/// A number in the shortest decimal form that reads back to the same bits, never with an exponent; empty when
/// undefined.
pub fn number(value: Option<f64>) -> String {
    match value {
        // Adding zero turns -0 into 0.
        Some(value) if value.is_finite() => format!("{}", value + 0.0),
        Some(_) | None => String::new(),
    }
}

/// Nanoseconds as seconds with nine decimals.
pub fn seconds(nanoseconds: u128) -> String {
    format!("{}.{:09}", nanoseconds / NANOS, nanoseconds % NANOS)
}

/// A fingerprint as sixteen hexadecimal digits.
pub fn fingerprint(value: u64) -> String {
    format!("{value:016x}")
}

/// A number for a person: four significant digits, no exponent from a ten-thousandth to a billion.
pub fn readable(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e9).contains(&size) {
        return format!("{value:.3e}");
    }
    let mut decimals = 3;
    let mut limit = 10.0;
    while decimals > 0 && size >= limit {
        decimals -= 1;
        limit *= 10.0;
    }
    let mut limit = 1.0;
    while size < limit {
        decimals += 1;
        limit /= 10.0;
    }
    trim_zeros(format!("{value:.decimals$}"))
}

/// Removes zeros at the end of a decimal fraction, and the point if nothing is left behind it.
pub fn trim_zeros(text: String) -> String {
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back_to_the_same_bits() {
        for value in [0.1 + 0.2, 1e21, 1.0 / 3.0, 5e-7] {
            assert_eq!(number(Some(value)).parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
        assert_eq!(number(Some(-0.0)), "0");
        assert_eq!(number(Some(f64::NAN)), "");
        assert_eq!(number(None), "");
    }

    #[test]
    fn seconds_have_nine_decimals() {
        assert_eq!(seconds(1_500_000_001), "1.500000001");
        assert_eq!(seconds(7), "0.000000007");
    }

    #[test]
    fn readable_numbers_keep_four_digits() {
        let pairs = [(0.0, "0"), (12.345_6, "12.35"), (1234.56, "1235"), (0.012_345_6, "0.01235"), (2.5, "2.5")];
        for (value, text) in pairs {
            assert_eq!(readable(value), text);
        }
        assert_eq!(readable(1_000_000.0), "1000000");
    }
}
