//! Unsorted buckets of entries in a common pool of chunks.
//!
//! Buckets fill and empty all the time and at different places; because their chunks go back to one free list, memory
//! follows the number of entries pending and not the sum of what every bucket once held.

use super::entry::Entry;

/// Entries of one chunk: 768 octets. Fewer cost more list work per entry with a million pending, more waste memory in
/// buckets of few entries.
pub(super) const CHUNK: usize = 32;
const END: u32 = u32::MAX;

/// Entries in a chain of chunks, of which the first may be partly filled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    first: u32,
    pub(super) count: u32,
}

impl Bucket {
    pub(super) const EMPTY: Bucket = Bucket { first: END, count: 0 };
}

/// The pool.
#[derive(Clone, Debug)]
pub(super) struct Chunks {
    entries: Vec<Entry>,
    /// Of each chunk, the one after it in its bucket or in the free list.
    next: Vec<u32>,
    free: u32,
}

impl Default for Chunks {
    fn default() -> Self {
        Chunks { entries: Vec::new(), next: Vec::new(), free: END }
    }
}

impl Chunks {
    #[inline]
    pub(super) fn push(&mut self, bucket: &mut Bucket, entry: Entry) {
        let at = bucket.count as usize % CHUNK;
        if at == 0 {
            bucket.first = self.occupy(bucket.first);
        }
        self.entries[bucket.first as usize * CHUNK + at] = entry;
        bucket.count += 1;
    }

    #[inline]
    fn occupy(&mut self, next: u32) -> u32 {
        if self.free == END {
            return self.grow(next);
        }
        let chunk = self.free;
        self.free = std::mem::replace(&mut self.next[chunk as usize], next);
        chunk
    }

    #[cold]
    fn grow(&mut self, next: u32) -> u32 {
        let chunk = u32::try_from(self.next.len()).expect("entries are counted in 32 bits");
        self.entries.resize(self.entries.len() + CHUNK, Entry::default());
        self.next.push(next);
        chunk
    }

    /// Gives back the first chunk of a bucket after copying its entries to the front of `out`; returns how many.
    #[inline]
    pub(super) fn take_chunk(&mut self, bucket: &mut Bucket, out: &mut [Entry; CHUNK]) -> usize {
        let (from, count) = self.first_chunk(*bucket);
        if count > 0 {
            out[..count].copy_from_slice(&self.entries[from..from + count]);
            self.vacate_first(bucket, count);
        }
        count
    }

    /// Empties a bucket onto the end of `out`.
    #[inline]
    pub(super) fn take_all(&mut self, bucket: &mut Bucket, out: &mut Vec<Entry>) {
        while bucket.count > 0 {
            let (from, count) = self.first_chunk(*bucket);
            out.extend_from_slice(&self.entries[from..from + count]);
            self.vacate_first(bucket, count);
        }
    }

    #[inline]
    fn first_chunk(&self, bucket: Bucket) -> (usize, usize) {
        if bucket.count == 0 {
            return (0, 0);
        }
        (bucket.first as usize * CHUNK, (bucket.count as usize - 1) % CHUNK + 1)
    }

    #[inline]
    fn vacate_first(&mut self, bucket: &mut Bucket, count: usize) {
        let chunk = bucket.first;
        bucket.first = std::mem::replace(&mut self.next[chunk as usize], self.free);
        bucket.count -= count as u32;
        self.free = chunk;
    }

    /// Chunks that exist, free ones included.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.next.len()
    }
}
