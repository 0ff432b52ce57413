//! Ids from hosts, numbers, URIs and identifiers: the way back of `wire::address`.

use super::{Reader, foreign};
use crate::kernel::{EntityId, Time};
use crate::wire::address;
use crate::wire::id::{NetworkId, Token, UserId};
use crate::wire::parse::fault::Fault;
use crate::wire::parse::uri::{SipUri, UriText};
use crate::wire::parse::values::{Address, MONTHS};
use crate::wire::sip::{ManagementUri, Uri};

/// Digits of the user or terminal in a number.
const USER_DIGITS: usize = 8;

impl Reader<'_> {
    /// The node instance of a host name.
    pub(super) fn node(&self, text: &str) -> Option<EntityId> {
        self.hosts.get(text).copied()
    }

    /// The entity of a host name or a terminal's address.
    pub(super) fn host(&self, text: &str) -> Option<EntityId> {
        if let Some(node) = self.node(text) {
            return Some(node);
        }
        let mut parts = text.split('.').map(|part| part.parse::<u64>().ok());
        let mut part = |least: u64, most: u64| parts.next()??.checked_sub(least).filter(|value| *value < most);
        let (first, second, third, fourth) = (part(10, 5)?, part(100, 156)?, part(100, 156)?, part(100, 156)?);
        let index = ((first * 156 + second) * 156 + third) * 156 + fourth;
        self.terminal(u32::try_from(index).ok()?)
    }

    /// The terminal of an index, when the run has such a thing as its owner.
    pub(super) fn terminal(&self, index: u32) -> Option<EntityId> {
        let terminal = EntityId(index);
        let known = index < EntityId::LIMIT && self.names.first_terminal().is_some_and(|first| first <= terminal);
        known.then_some(terminal)
    }

    /// The user of a number: `+4670` and eight digits.
    pub(super) fn number(&self, text: &str) -> Option<UserId> {
        let digits = text.strip_prefix("+4670").filter(|digits| digits.len() == USER_DIGITS)?;
        let user = UserId(digits.parse().ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_digit()))?);
        self.names.first_user().is_some_and(|first| first <= user).then_some(user)
    }

    /// The terminal of the number of its own subscription: `+4673` and eight digits.
    pub(super) fn msisdn(&self, text: &str) -> Option<EntityId> {
        let digits = text.strip_prefix("+4673").filter(|digits| digits.len() == USER_DIGITS)?;
        self.terminal(digits.parse().ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_digit()))?)
    }

    pub(super) fn network(&self, domain: &str) -> Option<NetworkId> {
        self.domains.get(domain).copied()
    }

    pub(super) fn uri(&self, text: &UriText<'_>) -> Option<Uri> {
        let UriText::Sip(sip) = text else { return None };
        match sip.user {
            None if sip.port.is_some() => Some(Uri::Node(self.host(sip.host)?)),
            None => Some(Uri::Domain(self.network(sip.host)?)),
            Some("cpm-deferred-mgmt") => Some(Uri::DeferredManagement(ManagementUri::Opaque(self.network(sip.host)?))),
            Some("CPMDeferredMsgMgmt") => Some(Uri::DeferredManagement(ManagementUri::Hostname(self.host(sip.host)?))),
            Some(user) => match user.strip_prefix("tgruu.") {
                Some(mixed) => self.temporary_gruu(mixed),
                None => self.numbered(user, sip),
            },
        }
    }

    fn numbered(&self, user: &str, sip: &SipUri<'_>) -> Option<Uri> {
        if sip.port.is_some() {
            return Some(Uri::Contact(self.host(sip.host)?));
        }
        match sip.parameter("gr") {
            Some(instance) => Some(Uri::PublicGruu(self.instance(instance?)?)),
            None => Some(Uri::User(self.number(user)?)),
        }
    }

    fn temporary_gruu(&self, mixed: &str) -> Option<Uri> {
        let number = address::unmix(hex(mixed, 16)?);
        let terminal = self.terminal(u32::try_from(number >> 32).ok()?)?;
        Some(Uri::TemporaryGruu(terminal, number as u32))
    }

    /// The terminal of an instance URN.
    pub(super) fn instance(&self, text: &str) -> Option<EntityId> {
        self.terminal(u32::try_from(hex(text.strip_prefix(address::INSTANCE)?, 6)?).ok()?)
    }

    /// The URI of an address without parameters.
    pub(super) fn plain_uri(&self, part: &'static str, address: &Address<'_>) -> Result<Uri, Fault> {
        self.uri(&address.uri).ok_or(foreign(part))
    }

    /// The user that a text names with a SIP URI.
    pub(super) fn user(&self, text: &str) -> Option<UserId> {
        let (number, _) = text.strip_prefix("sip:")?.split_once('@')?;
        self.number(number)
    }
}

/// A number of `width` lower-case hexadecimal digits.
pub(super) fn hex(text: &str, width: usize) -> Option<u64> {
    let digits = text.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
    u64::from_str_radix(text, 16).ok().filter(|_| digits && text.len() == width)
}

/// An identifier of 16 hexadecimal digits.
pub(super) fn token(text: &str) -> Option<Token> {
    Token::from_raw(hex(text, 16)?)
}

/// The identifier that a text starts with.
pub(super) fn leading_token(text: &str) -> Option<Token> {
    token(text.get(..16)?)
}

/// The identifier of which [`address::uuid`] made a UUID without salt.
pub(super) fn token_of_uuid(text: &str) -> Option<Token> {
    // Four bits of the number are not in the text by themselves, only mixed with the others.
    let (top, rest) = (hex(text.get(20..23)?, 3)?, hex(text.get(24..)?, 12)?);
    let mixed = hex(text.get(..8)?, 8)?;
    let candidates = (0..16u64).map(|missing| top << 52 | missing << 48 | rest);
    candidates.filter(|number| address::mix(*number) >> 32 == mixed).find_map(Token::from_raw)
}

/// The instant of an RFC 3339 text with milliseconds.
pub(super) fn instant(text: &str) -> Option<Time> {
    let field = |from: usize, to: usize| {
        let digits = text.get(from..to).filter(|digits| digits.bytes().all(|octet| octet.is_ascii_digit()))?;
        digits.parse::<u64>().ok()
    };
    let (year, month, day) = (field(0, 4)?, field(5, 7)?, field(8, 10)?);
    let (hour, minute, second, millis) = (field(11, 13)?, field(14, 16)?, field(17, 19)?, field(20, 23)?);
    let days = days_since_2026(year, month, day)?;
    let millis = ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1_000 + millis;
    millis.checked_mul(1_000_000).map(Time::from_nanos)
}

/// The instant of a date of SIP.
pub(super) fn date(text: &str) -> Option<Time> {
    let field = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let month = MONTHS.iter().position(|month| text.get(8..11) == Some(month))? as u64 + 1;
    let days = days_since_2026(field(12, 16)?, month, field(5, 7)?)?;
    let seconds = ((days * 24 + field(17, 19)?) * 60 + field(20, 22)?) * 60 + field(23, 25)?;
    seconds.checked_mul(1_000_000_000).map(Time::from_nanos)
}

/// Days from 2026-01-01 to a date of the Gregorian calendar.
fn days_since_2026(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Counted from 0000-03-01, so that a leap day ends its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    days.checked_sub(739_922)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_has_sixteen_digits() {
        assert_eq!(token("00000300000000zz"), None);
        assert_eq!(token("3000000000a"), None);
        assert_eq!(token("0000030000000000"), None, "a counter is never zero");
        assert_eq!(token("000003000000000a").map(Token::counter), Some(10));
    }

    #[test]
    fn instants_are_read_as_they_are_written() {
        assert_eq!(instant("2026-01-01T00:00:00.000Z"), Some(Time::ZERO));
        assert_eq!(
            instant("2028-02-29T00:00:00.250Z"),
            Some(Time::from_nanos((730 + 59) * 86_400_000_000_000 + 250_000_000))
        );
        assert_eq!(instant("2025-12-31T23:59:59.999Z"), None);
        assert_eq!(instant("9999-12-31T23:59:59.999Z"), None);
        assert_eq!(instant("2026-13-01T00:00:00.000Z"), None);
    }
}
