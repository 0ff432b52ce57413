//! The ids that stand for strings inside messages.

use super::address::mix;
use crate::kernel::EntityId;
use std::num::NonZeroU64;

/// A user (one subscription with one public user identity), by dense index over all groups.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UserId(pub u32);

impl UserId {
    /// The dense index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A home network, by index in the model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NetworkId(pub u8);

/// An identifier that an entity made from its own counter: branch, tag, Call-ID, message-URI-ID, nonce, session id. It
/// is unique in a run and is always written with 16 hexadecimal digits, so octets never depend on unrelated traffic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Token(NonZeroU64);

impl Token {
    const COUNTER_BITS: u32 = 40;

    /// The `counter`-th identifier of `entity`.
    ///
    /// # Panics
    /// When `counter` is zero or exceeds 40 bits.
    pub fn new(entity: EntityId, counter: u64) -> Token {
        assert!(counter != 0 && counter < 1 << Self::COUNTER_BITS, "identifier counter out of range");
        let packed = u64::from(entity.0) << Self::COUNTER_BITS | counter;
        Token(NonZeroU64::new(packed).expect("the counter is not zero"))
    }

    /// The last identifier of `entity`, which its counter never reaches: for something that it has from the start.
    pub fn last(entity: EntityId) -> Token {
        Token::new(entity, (1 << Self::COUNTER_BITS) - 1)
    }

    /// An identifier that `entity` makes from somebody else's: the same one each time, so it needs no memory (RFC 3261
    /// section 8.2.7 wants that of whoever answers statelessly).
    pub fn derived(entity: EntityId, from: Token) -> Token {
        let most = (1 << Self::COUNTER_BITS) - 1;
        Token::new(entity, mix(from.raw()) % most + 1)
    }

    /// The identifier that is written as this number; none when no counter has that value.
    pub fn from_raw(number: u64) -> Option<Token> {
        let token = Token(NonZeroU64::new(number)?);
        (token.counter() != 0).then_some(token)
    }

    /// The entity that made it.
    pub fn entity(self) -> EntityId {
        EntityId((self.0.get() >> Self::COUNTER_BITS) as u32)
    }

    /// The entity's own counter.
    pub fn counter(self) -> u64 {
        self.0.get() & ((1 << Self::COUNTER_BITS) - 1)
    }

    /// The number that is written as 16 hexadecimal digits.
    pub fn raw(self) -> u64 {
        self.0.get()
    }
}
