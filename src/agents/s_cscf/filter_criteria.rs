//! Initial filter criteria (3GPP TS 23.218): which application server a request visits. The profile is the same for
//! every user of a network with a PF.

use crate::wire::sip::{FeatureTags, Method, SipMessage};

/// Whether the served user is the caller or the called one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SessionCase {
    /// The served user sends.
    Originating,
    /// The served user receives.
    Terminating,
}

/// One criterion. The application server is the PF of the served user.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FilterCriterion {
    /// Method that triggers.
    pub method: Method,
    /// Session case that triggers.
    pub session_case: SessionCase,
    /// Feature tag that the Accept-Contact must ask for.
    pub feature: Option<FeatureTags>,
}

/// The profile in order of priority.
// req: IMN-3
const PROFILE: [FilterCriterion; 5] = [
    FilterCriterion { method: Method::Register, session_case: SessionCase::Originating, feature: None },
    FilterCriterion {
        method: Method::Invite,
        session_case: SessionCase::Originating,
        feature: Some(FeatureTags::DEFERRED),
    },
    FilterCriterion { method: Method::Message, session_case: SessionCase::Originating, feature: None },
    FilterCriterion { method: Method::Message, session_case: SessionCase::Terminating, feature: None },
    FilterCriterion {
        method: Method::Invite,
        session_case: SessionCase::Terminating,
        feature: Some(FeatureTags::LARGE_MSG),
    },
];

/// The first criterion from position `from` on that `request` matches, with its position.
pub fn first_match(request: &SipMessage, session_case: SessionCase, from: u8) -> Option<u8> {
    let position = PROFILE.iter().skip(usize::from(from)).position(|criterion| {
        criterion.method == request.method()
            && criterion.session_case == session_case
            && criterion.feature.is_none_or(|feature| {
                request.headers.accept_contact.is_some_and(|accept| accept.features.contains(feature))
            })
    })?;
    u8::try_from(position).ok().map(|position| position + from)
}
