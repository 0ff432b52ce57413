//! Offer and answer (RFC 3264) for MSRP streams: who may offer when, and what an answer says line by line.

use crate::wire::sip::body::{MediaDirection, MediaLine, Sdp, Stream};

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

/// The m-lines that answer an offer, one for each of its lines: `take` makes the stream of a line or refuses it.
// req: PUSH-R-7
pub fn answer(offer: &Sdp, mut take: impl FnMut(usize, &Stream) -> Option<Stream>) -> Vec<MediaLine> {
    let line = |(at, line): (usize, &MediaLine)| match line {
        MediaLine::Zero => MediaLine::Zero,
        MediaLine::Stream(stream) => take(at, stream).map_or(MediaLine::Zero, MediaLine::Stream),
    };
    offer.media.iter().enumerate().map(line).collect()
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
    use crate::kernel::EntityId;
    use crate::wire::sip::body::Setup;
    use crate::wire::{ContentType, ContentTypes, Token};

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

    // req-test: PUSH-R-7, PUSH-R-8
    #[test]
    fn an_answer_has_a_line_for_each_line_and_never_revives_a_zero() {
        let token = |counter| Token::new(EntityId(3), counter);
        let accept = ContentTypes::of(ContentType::Jpeg);
        let stream = Stream::of_messages(token(1), Setup::Active, MediaDirection::SendOnly, accept);
        let media = vec![MediaLine::Stream(stream), MediaLine::Zero, MediaLine::Stream(stream)];
        let offer = Sdp { owner: EntityId(3), session: token(2), version: 1, media };
        let taken = answer(&offer, |at, offered| {
            (at == 0).then(|| Stream { direction: opposite(offered.direction), setup: Setup::Passive, ..*offered })
        });
        let MediaLine::Stream(first) = taken[0] else { panic!("the first line is taken") };
        assert_eq!(first.direction, MediaDirection::RecvOnly);
        assert_eq!(taken[1..], [MediaLine::Zero, MediaLine::Zero]);
    }
}
