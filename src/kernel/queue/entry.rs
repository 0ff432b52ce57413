//! A queue entry: 24 octets, the key and the position of the payload.

use crate::kernel::order::EventKey;
use crate::kernel::time::Time;

/// An event key taken apart, because the padding of a nested key would make an entry 32 octets. The derived order is
/// that of the keys: equal keys never stay together in a queue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(super) struct Entry {
    pub(super) time: u64,
    high: u64,
    low: u32,
    pub(super) index: u32,
}

const _: () = assert!(size_of::<Entry>() == 24);

impl Entry {
    /// Has a key that no event has: its class does not exist.
    pub(super) const NEVER: Entry = Entry { time: u64::MAX, high: u64::MAX, low: u32::MAX, index: u32::MAX };

    #[inline]
    pub(super) fn new(key: EventKey, index: u32) -> Entry {
        let (high, low) = key.raw();
        Entry { time: key.time.as_nanos(), high, low, index }
    }

    #[inline]
    pub(super) fn key(self) -> EventKey {
        EventKey::from_raw(Time::from_nanos(self.time), self.high, self.low)
    }

    /// Whether both have the same key.
    #[inline]
    pub(super) fn meets(self, other: Entry) -> bool {
        (self.time, self.high, self.low) == (other.time, other.high, other.low)
    }
}
