//! The fingerprint of a run: the wrapping sum of a hash of each event's key and content, so that it does not depend on
//! the interleaving of independent events.

use crate::kernel::EventKey;

/// A running fingerprint.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Adds an event with its content in a few words.
    pub fn add(&mut self, key: EventKey, content: [u64; 3]) {
        let (high, low) = key.raw();
        let mut hash = mix(key.time.as_nanos() ^ 0x9E37_79B9_7F4A_7C15);
        hash = mix(hash ^ high);
        hash = mix(hash ^ u64::from(low) ^ content[0]);
        hash = mix(hash ^ content[1]);
        hash = mix(hash ^ content[2]);
        self.0 = self.0.wrapping_add(hash);
    }

    /// The value.
    pub fn value(self) -> u64 {
        self.0
    }
}

/// The finaliser of SplitMix64: a bijection that spreads every bit.
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Time;

    #[test]
    fn the_order_of_events_does_not_matter_but_their_content_does() {
        let key = |n| EventKey::from_raw(Time::from_secs(n), n, 0);
        let (mut a, mut b, mut c) = (Fingerprint::default(), Fingerprint::default(), Fingerprint::default());
        a.add(key(1), [1, 0, 0]);
        a.add(key(2), [2, 0, 0]);
        b.add(key(2), [2, 0, 0]);
        b.add(key(1), [1, 0, 0]);
        c.add(key(1), [2, 0, 0]);
        c.add(key(2), [1, 0, 0]);
        assert_eq!(a, b);
        assert_ne!(a, c);
    }
}
