//! Where written octets go: into a buffer, or only counted. One writer serves both, so a counted length is the written one.

/// Takes the octets of a message in order.
pub trait Sink {
    /// Takes text.
    fn text(&mut self, text: &str);

    /// Takes a number in decimal without leading zeros.
    fn decimal(&mut self, number: u64);

    /// Takes a number as 16 hexadecimal digits.
    fn hex16(&mut self, number: u64);

    /// Takes `count` octets of content that nobody reads.
    fn filler(&mut self, count: u32);
}

/// Counts octets and keeps none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter(pub u64);

impl Sink for Counter {
    #[inline]
    fn text(&mut self, text: &str) {
        self.0 += text.len() as u64;
    }

    #[inline]
    fn decimal(&mut self, number: u64) {
        self.0 += u64::from(number.checked_ilog10().map_or(1, |log| log + 1));
    }

    #[inline]
    fn hex16(&mut self, _number: u64) {
        self.0 += 16;
    }

    #[inline]
    fn filler(&mut self, count: u32) {
        self.0 += u64::from(count);
    }
}

impl Sink for Vec<u8> {
    fn text(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }

    fn decimal(&mut self, number: u64) {
        self.extend_from_slice(number.to_string().as_bytes());
    }

    fn hex16(&mut self, number: u64) {
        self.extend_from_slice(format!("{number:016x}").as_bytes());
    }

    fn filler(&mut self, count: u32) {
        const TEXT: &[u8] = b"The quick brown fox jumps over the lazy dog. ";
        self.extend(TEXT.iter().copied().cycle().take(count as usize));
    }
}
