//! Caller preferences: which contacts of a user a request goes to, and in which order (RFC 3841 section 7.2.4).
//!
//! [`rank`] is the algorithm for any feature tags; [`rank_by_features`] does the same for the tags of the modelled
//! clients without allocation. Preferences that a proxy could derive from the method (section 7.2.2) are not: a
//! request without Accept-Contact and Reject-Contact goes to every contact.

use crate::wire::sip::{AcceptContact, FeatureTags};
use arrayvec::ArrayVec;
use std::cmp::{Ordering, Reverse};

/// A member of a set of tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Token {
    /// This token; tokens compare without regard to case.
    Is(String),
    /// Any token but this (`!token`).
    IsNot(String),
}

/// The value of a feature tag (RFC 3840 section 9). A set means any of its members.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FeatureValue {
    /// A tag without value, or with `TRUE` or `FALSE`.
    Bool(bool),
    /// Tokens.
    Tokens(Vec<Token>),
    /// A string in angle brackets, compared as it is.
    Text(String),
    /// Ranges of numbers in thousandths, both ends included.
    Numbers(Vec<(i64, i64)>),
}

impl FeatureValue {
    /// A set of tokens, none negated.
    pub fn tokens(tokens: &[&str]) -> FeatureValue {
        FeatureValue::Tokens(tokens.iter().map(|token| Token::Is((*token).to_owned())).collect())
    }

    /// Whether some value satisfies both.
    fn meets(&self, other: &FeatureValue) -> bool {
        match (self, other) {
            (FeatureValue::Bool(a), FeatureValue::Bool(b)) => a == b,
            (FeatureValue::Tokens(a), FeatureValue::Tokens(b)) => {
                a.iter().any(|token| b.iter().any(|other| token.meets(other)))
            }
            (FeatureValue::Text(a), FeatureValue::Text(b)) => a == b,
            (FeatureValue::Numbers(a), FeatureValue::Numbers(b)) => {
                a.iter().any(|(low, high)| b.iter().any(|(from, to)| low.max(from) <= high.min(to)))
            }
            (
                FeatureValue::Bool(_) | FeatureValue::Tokens(_) | FeatureValue::Text(_) | FeatureValue::Numbers(_),
                _other_type,
            ) => false,
        }
    }
}

impl Token {
    fn meets(&self, other: &Token) -> bool {
        match (self, other) {
            (Token::Is(a), Token::Is(b)) => a.eq_ignore_ascii_case(b),
            (Token::Is(a), Token::IsNot(b)) | (Token::IsNot(a), Token::Is(b)) => !a.eq_ignore_ascii_case(b),
            // There is always a third token.
            (Token::IsNot(_), Token::IsNot(_)) => true,
        }
    }
}

/// A conjunction of feature tags with their values: what a contact can do, or what a caller asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FeatureSet(Vec<(String, FeatureValue)>);

impl FeatureSet {
    /// The conjunction of these tags, each at most once.
    pub fn new(tags: impl IntoIterator<Item = (&'static str, FeatureValue)>) -> FeatureSet {
        FeatureSet(tags.into_iter().map(|(tag, value)| (tag.to_owned(), value)).collect())
    }

    fn value(&self, tag: &str) -> Option<&FeatureValue> {
        self.0.iter().find(|(own, _)| own.eq_ignore_ascii_case(tag)).map(|(_, value)| value)
    }

    /// Whether a contact of these features could satisfy `asked` (RFC 2533): a tag that the contact is silent about
    /// stands in no way, a tag that it gives another value does.
    fn matches(&self, asked: &FeatureSet) -> bool {
        asked.0.iter().all(|(tag, value)| self.value(tag).is_none_or(|own| own.meets(value)))
    }

    /// How many tags of `asked` are among these features.
    fn mentioned(&self, asked: &FeatureSet) -> usize {
        asked.0.iter().filter(|(tag, _)| self.value(tag).is_some()).count()
    }
}

/// An Accept-Contact value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Accept {
    /// The features asked for.
    pub features: FeatureSet,
    /// `;require`
    pub require: bool,
    /// `;explicit`
    pub explicit: bool,
}

/// The preferences of a request.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Preferences {
    /// Accept-Contact values.
    pub accept: Vec<Accept>,
    /// Reject-Contact values.
    pub reject: Vec<FeatureSet>,
}

/// A registered contact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate<I> {
    /// Names it to the caller of [`rank`].
    pub id: I,
    /// The `q` of its registration, in thousandths.
    pub q: u16,
    /// Its features; without any it is immune to preferences.
    pub features: FeatureSet,
}

/// A contact that the request goes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target<I> {
    /// The contact.
    pub id: I,
    /// Its `q` in thousandths.
    pub q: u16,
    /// How well it fits.
    pub qa: Ratio,
}

/// A number from 0 to 1 as a fraction in lowest terms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ratio {
    numerator: u128,
    denominator: u128,
}

impl Ratio {
    /// 0.
    pub const ZERO: Ratio = Ratio { numerator: 0, denominator: 1 };
    /// 1.
    pub const ONE: Ratio = Ratio { numerator: 1, denominator: 1 };

    /// The fraction.
    ///
    /// # Panics
    /// When `denominator` is zero.
    pub fn new(numerator: u128, denominator: u128) -> Ratio {
        assert!(denominator != 0, "a fraction of zero parts");
        let divisor = common_divisor(numerator, denominator);
        Ratio { numerator: numerator / divisor, denominator: denominator / divisor }
    }

    fn plus(self, other: Ratio) -> Ratio {
        let numerator = self.numerator * other.denominator + other.numerator * self.denominator;
        Ratio::new(numerator, self.denominator * other.denominator)
    }

    fn over(self, parts: usize) -> Ratio {
        Ratio::new(self.numerator, self.denominator * parts as u128)
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Ratio) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Ratio) -> Ordering {
        (self.numerator * other.denominator).cmp(&(other.numerator * self.denominator))
    }
}

const fn common_divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// The contacts that a request goes to, best first: by `q`, then by Qa, then in the order given. None at all means 480.
pub fn rank<I>(candidates: impl IntoIterator<Item = Candidate<I>>, preferences: &Preferences) -> Vec<Target<I>> {
    let fit = |candidate: Candidate<I>| {
        let qa = qa(&candidate.features, preferences)?;
        Some(Target { id: candidate.id, q: candidate.q, qa })
    };
    let mut targets: Vec<Target<I>> = candidates.into_iter().filter_map(fit).collect();
    targets.sort_by_key(|target| (Reverse(target.q), Reverse(target.qa)));
    targets
}

/// The caller's preference value of a contact, or `None` when the contact is discarded.
fn qa(contact: &FeatureSet, preferences: &Preferences) -> Option<Ratio> {
    if contact.0.is_empty() {
        return Some(Ratio::ONE);
    }
    // A contact must have every tag of a Reject-Contact value to fall under it: silence is no reason to reject.
    let rejects = |asked: &FeatureSet| contact.matches(asked) && contact.mentioned(asked) == asked.0.len();
    if preferences.reject.iter().any(rejects) {
        return None;
    }
    let mut sum = Ratio::ZERO;
    let mut matched = 0;
    for accept in &preferences.accept {
        match score(contact, accept) {
            Score::Discard => return None,
            Score::NoMatch => {}
            Score::Match(score) => {
                sum = sum.plus(score);
                matched += 1;
            }
        }
    }
    // Where no predicate is left the RFC leaves Qa undefined; such a contact was asked for by nothing and goes last.
    Some(if matched == 0 { Ratio::ZERO } else { sum.over(matched) })
}

enum Score {
    Discard,
    NoMatch,
    Match(Ratio),
}

fn score(contact: &FeatureSet, accept: &Accept) -> Score {
    if !contact.matches(&accept.features) {
        return if accept.require { Score::Discard } else { Score::NoMatch };
    }
    let (asked, found) = (accept.features.0.len(), contact.mentioned(&accept.features));
    if found == asked {
        Score::Match(Ratio::ONE)
    } else if !accept.explicit {
        Score::Match(Ratio::new(found as u128, asked as u128))
    } else if accept.require {
        Score::Discard
    } else {
        Score::Match(Ratio::ZERO)
    }
}

/// Most contacts that a request forks to; of more contacts the best are taken.
pub const TARGETS_MAX: usize = 8;

/// [`rank`] for one Accept-Contact with the tags of the modelled clients and contacts of equal `q`: `+g.3gpp.icsi-ref`
/// is one tag whose value is a set of tokens, `+g.oma.sip-im` another, `+g.3gpp.iari-ref` a third. None at all means
/// 480.
///
/// A contact without any of these tags counts as one without parameters, as if `+sip.instance` were none.
// req: IMN-7
// req: CPM-PF-4b
pub fn rank_by_features<I>(
    contacts: impl IntoIterator<Item = (I, FeatureTags)>,
    accept: AcceptContact,
) -> ArrayVec<I, TARGETS_MAX> {
    let mut ranked: ArrayVec<(I, u8), TARGETS_MAX> = ArrayVec::new();
    for (id, features) in contacts {
        let Some(sixths) = qa_sixths(features, accept) else { continue };
        let place = ranked.iter().position(|(_, other)| *other < sixths).unwrap_or(ranked.len());
        if place == TARGETS_MAX {
            continue;
        }
        if ranked.is_full() {
            ranked.pop();
        }
        ranked.insert(place, (id, sixths));
    }
    ranked.into_iter().map(|(id, _)| id).collect()
}

/// Qa in sixths, or `None` when the contact is discarded.
fn qa_sixths(contact: FeatureTags, accept: AcceptContact) -> Option<u8> {
    const FULL: u8 = 6;
    if contact.is_empty() {
        return Some(FULL);
    }
    let asked = accept.features;
    let (asks_icsi, has_icsi) = (!asked.icsi().is_empty(), !contact.icsi().is_empty());
    if asks_icsi && has_icsi && !contact.icsi().intersects(asked.icsi()) {
        return if accept.require { None } else { Some(0) };
    }
    let mut terms = u8::from(asks_icsi);
    let mut found = u8::from(asks_icsi && has_icsi);
    for tag in [FeatureTags::OMA_SIP_IM, FeatureTags::PUSH_APPLICATION] {
        terms += u8::from(asked.contains(tag));
        found += u8::from(asked.contains(tag) && contact.contains(tag));
    }
    if found == terms {
        Some(FULL)
    } else if !accept.explicit {
        Some(FULL * found / terms)
    } else if accept.require {
        None
    } else {
        Some(0)
    }
}

#[cfg(test)]
mod tests;
