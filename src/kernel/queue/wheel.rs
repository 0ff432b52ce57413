//! The hierarchical wheel: entries later than a base instant, by the highest digit in which they differ from it.
//!
//! A time is read as ten digits. Five of 6 bits make up a near bucket of 2^30 ns (1.07 s); one of 13 bits counts 8192
//! such buckets (2.4 h); four more reach the end of the clock. An entry lies at the level of the highest digit in which
//! it differs from the base, in the slot of its own digit there. So every entry of a level is earlier than every entry
//! of the levels above, slots of a level are in order, and what is inside one slot is not sorted at all.

use super::chunks::{Bucket, CHUNK, Chunks};
use super::entry::Entry;

/// Digits of a time; see the module.
pub(super) const LEVELS: usize = 10;
/// The level whose slots are the far buckets.
pub(super) const FAR: usize = 5;
const DIGIT_BITS: [u32; LEVELS] = [6, 6, 6, 6, 6, 13, 6, 6, 6, 3];
const WORD_BITS: usize = 64;
const WORDS: usize = 137;
const SUMMARY_WORDS: usize = WORDS.div_ceil(WORD_BITS);

/// Where a digit lies in a time, and where its slots lie in the table.
#[derive(Clone, Copy, Debug)]
struct Digit {
    shift: u32,
    offset: u32,
    mask: u32,
}

const DIGITS: [Digit; LEVELS] = digits();
/// Of every bit of a time, the digit that it belongs to.
const DIGIT_OF_BIT: [Digit; 64] = digit_of_bit();
const LEVEL_OF_BIT: [u8; 64] = level_of_bit();

const fn digits() -> [Digit; LEVELS] {
    let mut digits = [Digit { shift: 0, offset: 0, mask: 0 }; LEVELS];
    let (mut level, mut shift, mut words) = (0, 0, 0);
    while level < LEVELS {
        let slots = 1 << DIGIT_BITS[level];
        digits[level] = Digit { shift, offset: words * WORD_BITS as u32, mask: slots - 1 };
        shift += DIGIT_BITS[level];
        words += slots.div_ceil(WORD_BITS as u32);
        level += 1;
    }
    assert!(shift == u64::BITS && words as usize == WORDS);
    digits
}

const fn level_of_bit() -> [u8; 64] {
    let mut levels = [0; 64];
    let (mut level, mut bit) = (0, 0);
    while bit < 64 {
        if bit >= DIGITS[level].shift + DIGIT_BITS[level] {
            level += 1;
        }
        levels[bit as usize] = level as u8;
        bit += 1;
    }
    levels
}

const fn digit_of_bit() -> [Digit; 64] {
    let mut digits = [DIGITS[0]; 64];
    let mut bit = 0;
    while bit < 64 {
        digits[bit] = DIGITS[LEVEL_OF_BIT[bit] as usize];
        bit += 1;
    }
    digits
}

/// The level of the highest digit in which two different times differ.
pub(super) fn level_between(a: u64, b: u64) -> usize {
    usize::from(LEVEL_OF_BIT[(a ^ b).ilog2() as usize])
}

/// A slot that holds entries: its place and the times that belong to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) level: usize,
    pub(super) count: usize,
    /// Its first instant.
    pub(super) start: u64,
    /// Its last instant.
    pub(super) last: u64,
    at: usize,
}

/// The slots, with bitmaps of those that hold entries.
#[derive(Clone, Debug)]
pub(super) struct Wheel {
    slots: Vec<Bucket>,
    words: [u64; WORDS],
    summary: [u64; SUMMARY_WORDS],
    chunks: Chunks,
}

impl Wheel {
    pub(super) fn new() -> Wheel {
        Wheel {
            slots: vec![Bucket::EMPTY; WORDS * WORD_BITS],
            words: [0; WORDS],
            summary: [0; SUMMARY_WORDS],
            chunks: Chunks::default(),
        }
    }

    /// Adds an entry that is later than `base`.
    #[inline]
    pub(super) fn push(&mut self, base: u64, entry: Entry) {
        let digit = DIGIT_OF_BIT[(entry.time ^ base).ilog2() as usize];
        self.push_at(digit, entry);
    }

    #[inline]
    fn push_at(&mut self, digit: Digit, entry: Entry) {
        let at = (digit.offset + ((entry.time >> digit.shift) as u32 & digit.mask)) as usize;
        let bucket = &mut self.slots[at];
        if bucket.count == 0 {
            let word = at / WORD_BITS;
            self.words[word] |= 1 << (at % WORD_BITS);
            self.summary[word / WORD_BITS] |= 1 << (word % WORD_BITS);
        }
        self.chunks.push(bucket, entry);
    }

    /// The slot of the earliest entries.
    #[inline]
    pub(super) fn lowest(&self, base: u64) -> Option<Slot> {
        let group = self.summary.iter().position(|&bits| bits != 0)?;
        let word = group * WORD_BITS + self.summary[group].trailing_zeros() as usize;
        let at = word * WORD_BITS + self.words[word].trailing_zeros() as usize;
        let level = DIGITS.partition_point(|digit| digit.offset as usize <= at) - 1;
        let Digit { shift, offset, mask } = DIGITS[level];
        let above = u64::MAX.checked_shl(shift + DIGIT_BITS[level]).unwrap_or(0);
        debug_assert!(at - offset as usize <= mask as usize);
        let start = base & above | ((at - offset as usize) as u64) << shift;
        let last = start | !(u64::MAX << shift);
        Some(Slot { level, count: self.slots[at].count as usize, start, last, at })
    }

    #[inline]
    fn clear(&mut self, slot: Slot) -> Bucket {
        let word = slot.at / WORD_BITS;
        self.words[word] &= !(1 << (slot.at % WORD_BITS));
        if self.words[word] == 0 {
            self.summary[word / WORD_BITS] &= !(1 << (word % WORD_BITS));
        }
        std::mem::replace(&mut self.slots[slot.at], Bucket::EMPTY)
    }

    /// Empties a slot onto the end of `out`.
    #[inline]
    pub(super) fn take(&mut self, slot: Slot, out: &mut Vec<Entry>) {
        let mut bucket = self.clear(slot);
        self.chunks.take_all(&mut bucket, out);
    }

    /// Spreads the entries of a slot above level 0 that `keep` accepts over the slots of the level below, which are
    /// empty. Returns how many it refused.
    pub(super) fn spread(&mut self, slot: Slot, mut keep: impl FnMut(Entry) -> bool) -> usize {
        let digit = DIGITS[slot.level - 1];
        let mut bucket = self.clear(slot);
        let mut refused = 0;
        let mut chunk = [Entry::default(); CHUNK];
        loop {
            let count = self.chunks.take_chunk(&mut bucket, &mut chunk);
            if count == 0 {
                return refused;
            }
            for &entry in &chunk[..count] {
                if keep(entry) {
                    self.push_at(digit, entry);
                } else {
                    refused += 1;
                }
            }
        }
    }

    /// Chunks that exist, free ones included.
    #[cfg(test)]
    pub(super) fn chunks(&self) -> usize {
        self.chunks.len()
    }
}
