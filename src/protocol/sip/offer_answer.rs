//! Offer and answer (RFC 3264): who may offer when, and which direction answers which.

use crate::wire::sip::body::MediaDirection;

/// Where the negotiation of a session stands at one end (RFC 3264 section 4, RFC 3261 section 14).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Negotiation {
    /// Nothing is open.
    #[default]
    Stable,
    /// This end has offered and has no answer.
    HaveLocalOffer,
    /// The other end has offered and has no answer, or has not acknowledged it.
    HaveRemoteOffer,
}

impl Negotiation {
    /// Whether an offer of this end may go out now; it counts as open from here on.
    pub fn offer(&mut self) -> bool {
        let may = *self == Negotiation::Stable;
        if may {
            *self = Negotiation::HaveLocalOffer;
        }
        may
    }

    /// Whether an offer of the other end can be answered; where it meets one of this end it gets 491.
    pub fn receive_offer(&mut self) -> bool {
        let may = *self != Negotiation::HaveLocalOffer;
        if may {
            *self = Negotiation::HaveRemoteOffer;
        }
        may
    }

    /// What was open is settled.
    pub fn settle(&mut self) {
        *self = Negotiation::Stable;
    }
}

/// The direction that answers a direction in full.
// req: PUSH-R-8
pub const fn opposite(direction: MediaDirection) -> MediaDirection {
    match direction {
        MediaDirection::SendOnly => MediaDirection::RecvOnly,
        MediaDirection::RecvOnly => MediaDirection::SendOnly,
        MediaDirection::SendRecv => MediaDirection::SendRecv,
        MediaDirection::Inactive => MediaDirection::Inactive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_that_cross_are_refused_and_those_in_turn_are_not() {
        let mut here = Negotiation::default();
        assert!(here.offer());
        assert!(!here.offer() && !here.receive_offer());
        here.settle();
        assert!(here.receive_offer() && !here.offer());
        here.settle();
        assert_eq!(here, Negotiation::Stable);
    }
}
