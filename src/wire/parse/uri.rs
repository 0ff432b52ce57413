//! URIs as text (RFC 3261 section 19.1 and 25.1).

use super::cursor::{Cursor, is_token};
use super::fault::Fault;

/// A URI by its scheme.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UriText<'a> {
    /// `sip` or `sips`.
    Sip(SipUri<'a>),
    /// Any other.
    Other {
        /// The scheme.
        scheme: &'a str,
        /// What follows its colon.
        rest: &'a str,
    },
}

/// A SIP URI. Its parts are as written: see [`unescape`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SipUri<'a> {
    /// Whether it is `sips`.
    pub secure: bool,
    /// User.
    pub user: Option<&'a str>,
    /// Password.
    pub password: Option<&'a str>,
    /// Host name or address.
    pub host: &'a str,
    /// Port.
    pub port: Option<u16>,
    /// Parameters in order, some without a value.
    pub parameters: Vec<(&'a str, Option<&'a str>)>,
    /// Headers in order.
    pub headers: Vec<(&'a str, &'a str)>,
}

impl SipUri<'_> {
    /// The value of a parameter: `Some(None)` when it stands there without one.
    pub fn parameter(&self, name: &str) -> Option<Option<&str>> {
        self.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

const fn is_unreserved(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')')
}

const fn is_user(octet: u8) -> bool {
    is_password(octet) || matches!(octet, b';' | b'?' | b'/')
}

const fn is_password(octet: u8) -> bool {
    is_unreserved(octet) || matches!(octet, b'&' | b'=' | b'+' | b'$' | b',')
}

const fn is_parameter(octet: u8) -> bool {
    is_unreserved(octet) || matches!(octet, b'[' | b']' | b'/' | b':' | b'&' | b'+' | b'$')
}

const fn is_header(octet: u8) -> bool {
    is_unreserved(octet) || matches!(octet, b'[' | b']' | b'/' | b'?' | b':' | b'+' | b'$')
}

const fn is_any(octet: u8) -> bool {
    is_unreserved(octet) || matches!(octet, b';' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+' | b'$' | b',')
}

/// Whether a text has octets of a class and well-formed escapes only.
fn consists_of(text: &str, class: impl Fn(u8) -> bool) -> bool {
    let octets = text.as_bytes();
    let mut at = 0;
    while let Some(octet) = octets.get(at) {
        if *octet == b'%' {
            let digits = octets.get(at + 1..at + 3);
            if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                return false;
            }
            at += 3;
        } else if class(*octet) {
            at += 1;
        } else {
            return false;
        }
    }
    true
}

/// The octets that a text with escapes (`%41`) stands for. A `%` that starts no escape stands for itself.
pub fn unescape(text: &str) -> Vec<u8> {
    let octets = text.as_bytes();
    let mut plain = Vec::with_capacity(octets.len());
    let mut at = 0;
    while let Some(octet) = octets.get(at) {
        let escaped = text.get(at + 1..at + 3).filter(|_| *octet == b'%');
        let digits = escaped.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) => {
                plain.push(value);
                at += 3;
            }
            None => {
                plain.push(*octet);
                at += 1;
            }
        }
    }
    plain
}

const PART: &str = "URI";

/// Reads a URI that is all of a text.
pub fn uri(text: &str) -> Result<UriText<'_>, Fault> {
    let fault = |what| Fault::new(PART, what);
    let (scheme, rest) = text.split_once(':').ok_or(fault("no scheme"))?;
    let starts = scheme.bytes().next().is_some_and(|octet| octet.is_ascii_alphabetic());
    if !starts || !scheme.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.')) {
        return Err(fault("not a scheme"));
    }
    let secure = scheme.eq_ignore_ascii_case("sips");
    if secure || scheme.eq_ignore_ascii_case("sip") {
        return Ok(UriText::Sip(sip_uri(secure, rest)?));
    }
    if rest.is_empty() || !consists_of(rest, is_any) {
        return Err(fault("a character that has no place in a URI"));
    }
    Ok(UriText::Other { scheme, rest })
}

fn sip_uri(secure: bool, rest: &str) -> Result<SipUri<'_>, Fault> {
    let fault = |what| Fault::new(PART, what);
    // An at sign stands nowhere in a SIP URI but behind the user.
    let (user, password, address) = match rest.split_once('@') {
        None => (None, None, rest),
        Some((before, address)) => {
            let (user, password) = match before.split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (before, None),
            };
            if user.is_empty() || !consists_of(user, is_user) {
                return Err(fault("not a user"));
            }
            if password.is_some_and(|password| !consists_of(password, is_password)) {
                return Err(fault("not a password"));
            }
            (Some(user), password, address)
        }
    };
    let (address, headers) = match address.split_once('?') {
        Some((address, headers)) => (address, uri_headers(headers)?),
        None => (address, Vec::new()),
    };
    let mut pieces = address.split(';');
    let mut place = Cursor::new(PART, pieces.next().unwrap_or_default());
    let host = host(&mut place)?;
    let port = if place.eat(b':') { Some(port(&mut place)?) } else { None };
    if !place.is_at_end() {
        return Err(fault("something follows host and port"));
    }
    let parameters = pieces.map(uri_parameter).collect::<Result<_, _>>()?;
    Ok(SipUri { secure, user, password, host, port, parameters, headers })
}

fn uri_parameter(text: &str) -> Result<(&str, Option<&str>), Fault> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let valued = value.is_none_or(|value| !value.is_empty() && consists_of(value, is_parameter));
    if name.is_empty() || !consists_of(name, is_parameter) || !valued {
        return Err(Fault::new(PART, "not a parameter"));
    }
    Ok((name, value))
}

fn uri_headers(text: &str) -> Result<Vec<(&str, &str)>, Fault> {
    let header = |piece: &str| {
        let (name, value) = piece.split_once('=')?;
        let fits = !name.is_empty() && consists_of(name, is_header) && consists_of(value, is_header);
        fits.then_some(())
    };
    text.split('&')
        .map(|piece| {
            header(piece).ok_or(Fault::new(PART, "not a header"))?;
            Ok(piece.split_once('=').unwrap_or((piece, "")))
        })
        .collect()
}

/// A port, one to 65535.
pub(super) fn port(place: &mut Cursor<'_>) -> Result<u16, Fault> {
    let number = place.number(u64::from(u16::MAX))?;
    u16::try_from(number).ok().filter(|number| *number > 0).ok_or(place.fault("not a port"))
}

/// A host name, an IPv4 address, or an IPv6 address in brackets.
pub(super) fn host<'a>(place: &mut Cursor<'a>) -> Result<&'a str, Fault> {
    if place.is_at(b'[') {
        let whole = place.rest();
        let inside = place.take_until(b"]");
        if !place.eat(b']') || inside.len() < 3 || inside[1..].parse::<core::net::Ipv6Addr>().is_err() {
            return Err(place.fault("not an IPv6 address"));
        }
        return Ok(&whole[..=inside.len()]);
    }
    let name = place.take_while(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.'));
    let labels = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    if labels.is_empty() || !labels.split('.').all(is_label) {
        return Err(place.fault("not a host"));
    }
    // A name whose last label starts with a digit is an address (RFC 3261: toplabel starts with a letter).
    let top = labels.rsplit('.').next().unwrap_or_default();
    let is_number = top.bytes().next().is_some_and(|octet| octet.is_ascii_digit());
    if is_number && name.parse::<core::net::Ipv4Addr>().is_err() {
        return Err(place.fault("not an IPv4 address"));
    }
    Ok(name)
}

/// Whether a text is a token and nothing else.
pub(super) fn is_whole_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token)
}
