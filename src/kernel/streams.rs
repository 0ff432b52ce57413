//! Named random streams: every draw has a name (who, what for, which one), never a position in a shared sequence.
//!
//! A name selects a block of a ChaCha8 key stream directly, so draws do not depend on the order in which they are
//! asked for, and a change of one policy does not shift the draws of anything else. The key is made from the master
//! seed and the replication; every sweep point of one replication shares it (common random numbers).
//!
//! The packing of names, permanent because results depend on it:
//!
//! | draw | 64-bit ChaCha stream | group of four blocks |
//! |---|---|---|
//! | [`Streams::draw`] | scope (32) 0 (16) purpose (16) | counter (48) |
//! | [`Streams::hop_draw`] | origin (32) leg (16) 0xFFFF (16) | origin's counter (32) transmission (16) |
//!
//! A group of four blocks is 64 words, that is 32 values of 64 bits. The 64-bit block position is
//! page (14) group (48) block (2): a draw that uses up its 32 values goes on in the next page, which no other name has.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a draw is for. The numbers are permanent: a new purpose gets a new number, an old number is never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u16)]
pub enum Purpose {
    /// A property of a whole message; its hops have [`Streams::hop_draw`].
    Message = 0,
    /// The time to the next arrival of a workload.
    Arrival = 1,
    /// The size of a message.
    MessageSize = 2,
    /// The time that a user waits before the next action.
    ThinkTime = 3,
    /// How long a terminal stays on or off.
    Availability = 4,
    /// The latency of an access network outside of message hops.
    AccessLatency = 5,
    /// The time to page an idle terminal.
    Paging = 6,
    /// A service time that belongs to no message.
    ServiceTime = 7,
    /// A choice of a workload: who sends, to whom, what.
    WorkloadChoice = 8,
    /// The spread of registrations over the refresh interval.
    RegistrationJitter = 9,
    /// The service time of a pull.
    PullService = 10,
    /// The spread of retries.
    Retry = 11,
    /// A choice among equal routes or instances.
    Routing = 12,
    /// An arrival of one traffic source, by the number of the source.
    SourceArrival = 13,
    /// Tests and benchmarks.
    Test = 14,
    /// The time that a terminal or sink takes to answer.
    AnswerDelay = 15,
    /// The number of items of an arrival.
    BatchSize = 16,
    /// The initial state of a terminal.
    InitialState = 17,
    /// What a receiver decides about an invitation, and when.
    Acceptance = 34,
    /// How long a node or link works until it fails, or how long a failure lasts.
    Fault = 18,
    /// When a user sets or clears do-not-disturb.
    DoNotDisturb = 20,
    /// Whether an attempt to deliver a short message fails on the radio interface.
    RadioFailure = 40,
    /// Whether a terminal's answer to its MMS server is lost.
    AnswerLoss = 41,
    /// The time that the far side of an interworking takes.
    Interworking = 24,
    /// Whether the far side of an interworking delivers.
    InterworkingResult = 25,
    /// What a client wants done with a deferred message.
    Instruction = 26,
    /// How long a terminal has or lacks a capability.
    Capability = 31,
}

/// The purpose number of hop draws, outside of [`Purpose`] so that no named purpose can meet them.
const HOP: u64 = 0xFFFF;
const VALUES_PER_BLOCK: u32 = 8;
const BLOCKS_PER_GROUP: u32 = 4;
const GROUP_BITS: u32 = 48;
const PAGE_SHIFT: u32 = GROUP_BITS + 2;
const BLOCKS_MAX: u32 = BLOCKS_PER_GROUP << (64 - PAGE_SHIFT);
const NO_BLOCK: u32 = u32::MAX;

/// The random draws of one replication: a key, from which every draw is made by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streams {
    key: [u32; 8],
}

impl Streams {
    /// The streams of replication `replication` under `master_seed`: 32 octets of the ChaCha20 key stream whose key is
    /// the seed (little-endian, then zeros) and whose stream number is the replication.
    pub fn new(master_seed: u64, replication: u64) -> Streams {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&master_seed.to_le_bytes());
        let mut source = ChaCha20Rng::from_seed(seed);
        source.set_stream(replication);
        Streams { key: std::array::from_fn(|_| source.next_u32()) }
    }

    /// The draw number `counter` that `scope` (an entity, a workload) makes for `purpose`.
    ///
    /// # Panics
    /// When the counter exceeds 48 bits.
    #[inline]
    pub fn draw(&self, scope: u32, purpose: Purpose, counter: u64) -> Draw {
        Draw::new(self.key, u64::from(scope) << 32 | purpose as u64, counter)
    }

    /// The draw of one hop of a message: the message is the `origin_counter`-th of `origin`, `leg` counts its hops and
    /// `transmission` the retransmissions of that hop.
    #[inline]
    pub fn hop_draw(&self, origin: u32, origin_counter: u32, leg: u16, transmission: u16) -> Draw {
        let stream = u64::from(origin) << 32 | u64::from(leg) << 16 | HOP;
        Draw::new(self.key, stream, u64::from(origin_counter) << 16 | u64::from(transmission))
    }
}

/// The random values of one name. A value is made with the seven others of its block, when one of them is asked for.
#[derive(Clone, Debug)]
pub struct Draw {
    key: [u32; 8],
    stream: u64,
    group: u64,
    /// The number of the next value.
    next: u32,
    /// The number of the block that `values` holds.
    block: u32,
    values: [u64; VALUES_PER_BLOCK as usize],
}

impl Draw {
    #[inline]
    fn new(key: [u32; 8], stream: u64, group: u64) -> Draw {
        assert!(group < 1 << GROUP_BITS, "a name was drawn more than 2^48 times");
        Draw { key, stream, group, next: 0, block: NO_BLOCK, values: [0; VALUES_PER_BLOCK as usize] }
    }

    /// Goes on with value number `value` of this draw, counted from 0, whatever was drawn before.
    #[inline]
    pub fn skip_to(&mut self, value: u32) {
        self.next = value;
    }

    /// Goes on with value number `value` of this draw, unless it was drawn.
    #[inline]
    pub fn skip_up_to(&mut self, value: u32) {
        self.next = self.next.max(value);
    }

    fn make_block(&mut self, block: u32) {
        assert!(block < BLOCKS_MAX, "one draw was asked for more than 524,288 values");
        let (page, in_group) = (u64::from(block / BLOCKS_PER_GROUP), u64::from(block % BLOCKS_PER_GROUP));
        self.values = chacha8(&self.key, self.stream, page << PAGE_SHIFT | self.group << 2 | in_group);
        self.block = block;
    }

    /// The next 64 random bits.
    ///
    /// # Panics
    /// After 524,288 values of one draw.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let block = self.next / VALUES_PER_BLOCK;
        if block != self.block {
            self.make_block(block);
        }
        let value = self.values[(self.next % VALUES_PER_BLOCK) as usize];
        self.next += 1;
        value
    }

    /// A number above 0 and below 1: an odd multiple of 2^-53, exact, symmetrical about one half.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1u64 << 53) as f64;
        (self.next_u64() >> 11 | 1) as f64 * STEP
    }

    /// A whole number from 0 to `n` - 1, from exactly one value by multiply-shift: `x * n / 2^64`. A number can be more
    /// likely than another by at most `n / 2^64`.
    ///
    /// # Panics
    /// When `n` is zero.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "a choice among nothing");
        ((u128::from(self.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// Whether something of `probability` happens. Zero or less never does, one or more always does.
    #[inline]
    pub fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }
}

/// One block of the ChaCha8 key stream, as eight values of 64 bits. A draw needs one or two blocks, so making them one
/// by one beats a generator that makes four at a time.
fn chacha8(key: &[u32; 8], stream: u64, position: u64) -> [u64; 8] {
    const CONSTANTS: Row = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];
    let start: [Row; 4] = [
        CONSTANTS,
        [key[0], key[1], key[2], key[3]],
        [key[4], key[5], key[6], key[7]],
        [position as u32, (position >> 32) as u32, stream as u32, (stream >> 32) as u32],
    ];
    let [mut a, mut b, mut c, mut d] = start;
    for _ in 0..4 {
        quarter_rounds(&mut a, &mut b, &mut c, &mut d);
        (b, c, d) = (turned(b, 1), turned(c, 2), turned(d, 3));
        quarter_rounds(&mut a, &mut b, &mut c, &mut d);
        (b, c, d) = (turned(b, 3), turned(c, 2), turned(d, 1));
    }
    let rows = [a, b, c, d];
    std::array::from_fn(|value| {
        let word = |at: usize| u64::from(rows[at / 4][at % 4].wrapping_add(start[at / 4][at % 4]));
        word(2 * value) | word(2 * value + 1) << 32
    })
}

/// Four words side by side.
type Row = [u32; 4];

#[inline(always)]
fn quarter_rounds(a: &mut Row, b: &mut Row, c: &mut Row, d: &mut Row) {
    add_then_mix(a, b, d, 16);
    add_then_mix(c, d, b, 12);
    add_then_mix(a, b, d, 8);
    add_then_mix(c, d, b, 7);
}

/// `x += y; z ^= x; z <<<= bits`, four times side by side.
#[inline(always)]
fn add_then_mix(x: &mut Row, y: &Row, z: &mut Row, bits: u32) {
    for at in 0..4 {
        x[at] = x[at].wrapping_add(y[at]);
    }
    for at in 0..4 {
        z[at] = (z[at] ^ x[at]).rotate_left(bits);
    }
}

#[inline(always)]
fn turned(row: Row, by: usize) -> Row {
    std::array::from_fn(|at| row[(at + by) % 4])
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;

    fn cipher(streams: &Streams) -> ChaCha8Rng {
        let mut seed = [0; 32];
        for (octets, word) in seed.chunks_exact_mut(4).zip(streams.key) {
            octets.copy_from_slice(&word.to_le_bytes());
        }
        ChaCha8Rng::from_seed(seed)
    }

    fn first(mut draw: Draw) -> u64 {
        draw.next_u64()
    }

    #[test]
    fn first_draws_are_known_answers() {
        let streams = Streams::new(7, 0);
        let mut draw = streams.draw(3, Purpose::Arrival, 5);
        let named = [draw.next_u64(), draw.next_u64()];
        assert_eq!(named, [17_563_032_335_816_692_138, 18_064_402_462_355_157_640]);
        assert_eq!(first(streams.hop_draw(3, 5, 2, 1)), 9_555_929_799_875_331_750);
        assert_eq!(first(Streams::new(7, 1).draw(3, Purpose::Arrival, 5)), 3_755_437_119_237_822_442);
    }

    #[test]
    fn values_are_the_chacha8_words_of_the_documented_position() {
        let streams = Streams::new(1, 2);
        let mut cipher = cipher(&streams);
        cipher.set_stream(9 << 32 | 14);
        cipher.set_word_pos(64 * 1000);
        let mut draw = streams.draw(9, Purpose::Test, 1000);
        for _ in 0..32 {
            assert_eq!(draw.next_u64(), cipher.next_u64());
        }
        cipher.set_word_pos(16 * ((1 << 50) + 4 * 1000));
        assert_eq!(draw.next_u64(), cipher.next_u64());
    }

    #[test]
    fn a_draw_skips_to_the_value_asked_for() {
        let streams = Streams::new(1, 2);
        let mut draw = streams.hop_draw(3, 5, 2, 1);
        let values: Vec<u64> = (0..40).map(|_| draw.next_u64()).collect();
        for value in [24, 3, 31, 0, 36, 35] {
            draw.skip_to(value);
            assert_eq!(draw.next_u64(), values[value as usize]);
        }
        draw.skip_up_to(12);
        assert_eq!(draw.next_u64(), values[36]);
        draw.skip_up_to(39);
        assert_eq!(draw.next_u64(), values[39]);
    }

    #[test]
    fn different_names_give_different_values() {
        let streams = Streams::new(1, 1);
        let mut seen = Vec::new();
        for scope in 0..6 {
            for counter in 0..6 {
                for purpose in [Purpose::Message, Purpose::Arrival, Purpose::Test] {
                    let mut draw = streams.draw(scope, purpose, counter);
                    seen.extend((0..70).map(|_| draw.next_u64()));
                }
                for (leg, transmission) in [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)] {
                    let mut draw = streams.hop_draw(scope, counter as u32, leg, transmission);
                    seen.extend((0..70).map(|_| draw.next_u64()));
                }
            }
        }
        let drawn = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), drawn);
    }

    #[test]
    fn draws_do_not_depend_on_the_order_asked() {
        let streams = Streams::new(5, 5);
        let ahead: Vec<u64> = (0..50).map(|n| first(streams.draw(1, Purpose::Test, n))).collect();
        let mut back: Vec<u64> = (0..50).rev().map(|n| first(streams.draw(1, Purpose::Test, n))).collect();
        back.reverse();
        assert_eq!(ahead, back);
    }

    #[test]
    fn uniform_is_inside_the_open_interval_and_below_covers_its_range() {
        let mut draw = Streams::new(0, 0).draw(0, Purpose::Test, 0);
        let mut counts = [0u32; 7];
        let mut sum = 0.0;
        for _ in 0..70_000 {
            let u = draw.uniform();
            assert!(u > 0.0 && u < 1.0);
            sum += u;
            counts[draw.below(7) as usize] += 1;
        }
        assert!((sum / 70_000.0 - 0.5).abs() < 0.005);
        assert!(counts.iter().all(|&n| n.abs_diff(10_000) < 400), "{counts:?}");
    }
}
