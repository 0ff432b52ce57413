//! Where written octets go: into a buffer, or only counted. One writer serves both, so a counted length is the written
//! one.

use crate::kernel::Time;

/// Takes the octets of a message in order.
pub trait Sink {
    /// Takes text.
    fn text(&mut self, text: &str);

    /// Takes octets that are no text.
    fn bytes(&mut self, bytes: &[u8]);

    /// Takes a number in decimal without leading zeros.
    fn decimal(&mut self, number: u64);

    /// Takes a number in decimal, filled with leading zeros to `width` digits. The number must fit.
    fn digits(&mut self, number: u64, width: u32);

    /// Takes a number like [`Sink::digits`], and only works it out when it is written.
    fn digits_of(&mut self, number: impl FnOnce() -> u64, width: u32);

    /// Takes the lowest `width` hexadecimal digits of a number.
    fn hex(&mut self, number: u64, width: u32);

    /// Takes a number as 16 hexadecimal digits.
    #[inline]
    fn hex16(&mut self, number: u64) {
        self.hex(number, 16);
    }

    /// Takes an instant as RFC 3339 text with milliseconds; virtual time starts at 2026-01-01T00:00:00Z.
    fn instant(&mut self, time: Time);

    /// Takes an instant as a date of SIP, HTTP and mail, to the second and in GMT: `Thu, 01 Jan 2026 00:00:00 GMT`.
    fn date(&mut self, time: Time);

    /// Takes `count` octets of content that nobody reads.
    fn filler(&mut self, count: u32);
}

/// Counts octets and keeps none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter(pub u64);

impl Counter {
    /// Wraps, which no message comes near: without the checks of overflow, neighbouring constants become one addition.
    #[inline(always)]
    fn add(&mut self, octets: u64) {
        self.0 = self.0.wrapping_add(octets);
    }
}

impl Sink for Counter {
    #[inline]
    fn text(&mut self, text: &str) {
        self.add(text.len() as u64);
    }

    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        self.add(bytes.len() as u64);
    }

    #[inline]
    fn decimal(&mut self, number: u64) {
        self.add(u64::from(number.checked_ilog10().map_or(1, |log| log + 1)));
    }

    #[inline]
    fn digits(&mut self, _number: u64, width: u32) {
        self.add(u64::from(width));
    }

    #[inline]
    fn digits_of(&mut self, _number: impl FnOnce() -> u64, width: u32) {
        self.add(u64::from(width));
    }

    #[inline]
    fn hex(&mut self, _number: u64, width: u32) {
        self.add(u64::from(width));
    }

    #[inline]
    fn instant(&mut self, _time: Time) {
        self.add(24);
    }

    #[inline]
    fn date(&mut self, _time: Time) {
        self.add(29);
    }

    #[inline]
    fn filler(&mut self, count: u32) {
        self.add(u64::from(count));
    }
}

impl Sink for Vec<u8> {
    fn text(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn decimal(&mut self, number: u64) {
        self.extend_from_slice(number.to_string().as_bytes());
    }

    fn digits(&mut self, number: u64, width: u32) {
        let text = format!("{number:0width$}", width = width as usize);
        debug_assert!(text.len() == width as usize, "{number} needs more than {width} digits");
        self.extend_from_slice(text.as_bytes());
    }

    fn digits_of(&mut self, number: impl FnOnce() -> u64, width: u32) {
        self.digits(number(), width);
    }

    fn hex(&mut self, number: u64, width: u32) {
        for place in (0..width).rev() {
            let digit = (number >> (4 * place)) as usize & 0xf;
            self.push(b"0123456789abcdef"[digit]);
        }
    }

    fn instant(&mut self, time: Time) {
        let millis = time.as_nanos() / 1_000_000;
        let (year, month, day) = civil_date(millis / 86_400_000);
        let fields = [(year, 4, "-"), (month, 2, "-"), (day, 2, "T")];
        let clock = [
            (millis / 3_600_000 % 24, 2, ":"),
            (millis / 60_000 % 60, 2, ":"),
            (millis / 1_000 % 60, 2, "."),
            (millis % 1_000, 3, "Z"),
        ];
        for (number, width, separator) in fields.into_iter().chain(clock) {
            self.digits(number, width);
            self.text(separator);
        }
    }

    fn date(&mut self, time: Time) {
        const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let seconds = time.as_nanos() / 1_000_000_000;
        let days = seconds / 86_400;
        let (year, month, day) = civil_date(days);
        // 2026-01-01 is a Thursday.
        self.text(WEEKDAYS[(days % 7) as usize]);
        self.text(", ");
        self.digits(day, 2);
        self.text(" ");
        self.text(MONTHS[month as usize - 1]);
        self.text(" ");
        self.digits(year, 4);
        for (number, separator) in [(seconds / 3_600 % 24, " "), (seconds / 60 % 60, ":"), (seconds % 60, ":")] {
            self.text(separator);
            self.digits(number, 2);
        }
        self.text(" GMT");
    }

    fn filler(&mut self, count: u32) {
        const TEXT: &[u8] = b"The quick brown fox jumps over the lazy dog. ";
        self.extend(TEXT.iter().copied().cycle().take(count as usize));
    }
}

/// Year, month and day of the Gregorian calendar, `days` after 2026-01-01.
pub(super) fn civil_date(days: u64) -> (u64, u64, u64) {
    // Counted from 0000-03-01, so that a leap day ends its year (400 years are 146,097 days).
    let days = days + 739_922;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(secs: u64) -> String {
        let mut buffer = Vec::new();
        buffer.instant(Time::from_secs(secs));
        String::from_utf8(buffer).unwrap()
    }

    #[test]
    fn instants_follow_the_calendar_from_2026() {
        assert_eq!(instant(0), "2026-01-01T00:00:00.000Z");
        assert_eq!(instant(58 * 86_400 + 86_399), "2026-02-28T23:59:59.000Z");
        assert_eq!(instant(59 * 86_400), "2026-03-01T00:00:00.000Z");
        assert_eq!(instant((365 * 2 + 59) * 86_400), "2028-02-29T00:00:00.000Z");
        assert_eq!(instant(365 * 86_400), "2027-01-01T00:00:00.000Z");
    }

    #[test]
    fn dates_name_their_weekday() {
        let date = |secs| {
            let mut buffer = Vec::new();
            buffer.date(Time::from_secs(secs));
            String::from_utf8(buffer).unwrap()
        };
        assert_eq!(date(0), "Thu, 01 Jan 2026 00:00:00 GMT");
        assert_eq!(date((365 * 2 + 59) * 86_400 + 86_399), "Tue, 29 Feb 2028 23:59:59 GMT");
    }

    #[test]
    fn the_last_instant_still_has_a_year_of_four_digits() {
        let mut buffer = Vec::new();
        buffer.instant(Time::MAX);
        assert_eq!(buffer.len(), 24);
    }
}
