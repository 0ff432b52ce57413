//! Values of SIP header fields as text.

use super::cursor::{Cursor, is_token, is_word, unquote};
use super::fault::Fault;
use super::uri::{self, UriText};

/// The parameters behind a value, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parameters<'a>(pub Vec<(&'a str, Option<&'a str>)>);

impl<'a> Parameters<'a> {
    /// Whether a parameter is there.
    pub fn has(&self, name: &str) -> bool {
        self.written(name).is_some()
    }

    /// What a parameter says, without quotes. One that has no value says nothing.
    pub fn get(&self, name: &str) -> Option<String> {
        self.written(name).flatten().map(unquote)
    }

    /// The value of a parameter as written, with its quotes.
    pub fn written(&self, name: &str) -> Option<Option<&'a str>> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// Reads `;name=value` as often as it is there.
    fn semicolons(place: &mut Cursor<'a>) -> Result<Parameters<'a>, Fault> {
        let mut parameters = Parameters::default();
        while place.separator(b';') {
            parameters.0.push(parameter(place)?);
        }
        Ok(parameters)
    }

    /// Reads `name=value` with commas between them, as credentials have it.
    fn commas(place: &mut Cursor<'a>) -> Result<Parameters<'a>, Fault> {
        let mut parameters = Parameters(vec![parameter(place)?]);
        while place.separator(b',') {
            parameters.0.push(parameter(place)?);
        }
        Ok(parameters)
    }
}

fn parameter<'a>(place: &mut Cursor<'a>) -> Result<(&'a str, Option<&'a str>), Fault> {
    let name = place.token()?;
    if !place.separator(b'=') {
        return Ok((name, None));
    }
    let value = if place.is_at(b'"') {
        place.quoted()?
    } else {
        // A token or a host: the latter adds the characters of an IPv6 address.
        place.take_while(|octet| is_token(octet) || matches!(octet, b'[' | b']' | b':'))
    };
    if value.is_empty() { Err(place.fault("a parameter has no value")) } else { Ok((name, Some(value))) }
}

/// A URI with what stands around it: From, To, Contact, Route and their like.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address<'a> {
    /// Display name as written, with its quotes; empty when there is none.
    pub display: &'a str,
    /// The URI.
    pub uri: UriText<'a>,
    /// Whether the URI stands in angle brackets.
    pub bracketed: bool,
    /// Parameters of the header field.
    pub parameters: Parameters<'a>,
}

impl<'a> Address<'a> {
    /// Reads one address that is all of a value.
    pub(super) fn whole(part: &'static str, value: &'a str) -> Result<Address<'a>, Fault> {
        let mut place = Cursor::new(part, value);
        let address = Address::read(part, &mut place)?;
        place.end()?;
        Ok(address)
    }

    /// Reads addresses with commas between them.
    pub(super) fn list(part: &'static str, value: &'a str) -> Result<Vec<Address<'a>>, Fault> {
        let mut place = Cursor::new(part, value);
        let mut addresses = vec![Address::read(part, &mut place)?];
        while place.separator(b',') {
            addresses.push(Address::read(part, &mut place)?);
        }
        place.end()?;
        Ok(addresses)
    }

    fn read(part: &'static str, place: &mut Cursor<'a>) -> Result<Address<'a>, Fault> {
        place.skip_space();
        let before = place.clone();
        let display = if place.is_at(b'"') {
            place.quoted()?
        } else {
            place.take_while(|octet| is_token(octet) || matches!(octet, b' ' | b'\t')).trim_end_matches([' ', '\t'])
        };
        place.skip_space();
        let bracketed = place.eat(b'<');
        let text = if bracketed {
            let text = place.take_until(b">");
            if !place.eat(b'>') {
                return Err(place.fault("an angle bracket does not close"));
            }
            text
        } else {
            if display.starts_with('"') {
                return Err(place.fault("no address behind the display name"));
            }
            // Without brackets, what follows a semicolon or a comma is no part of the URI (RFC 3261 section 20.10).
            *place = before;
            place.take_until(b";, \t")
        };
        let uri = uri::uri(text).map_err(|fault| fault.of(part))?;
        if !bracketed && text.contains('?') {
            return Err(place.fault("a URI with a question mark outside of angle brackets"));
        }
        let parameters = Parameters::semicolons(place)?;
        Ok(Address { display: if bracketed { display } else { "" }, uri, bracketed, parameters })
    }
}

/// The contacts of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Contacts<'a> {
    /// `*`: all of them.
    All,
    /// Those named.
    These(Vec<Address<'a>>),
}

/// A Via value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ViaText<'a> {
    /// Version behind `SIP/`.
    pub version: &'a str,
    /// Transport.
    pub transport: &'a str,
    /// Host of the sender.
    pub host: &'a str,
    /// Port of the sender.
    pub port: Option<u16>,
    /// Parameters.
    pub parameters: Parameters<'a>,
}

/// What a branch starts with that is unique (RFC 3261 section 8.1.1.7).
const COOKIE: &str = "z9hG4bK";

impl<'a> ViaText<'a> {
    /// The part of the branch that names the transaction; none when the branch is missing, of RFC 2543, or nothing but
    /// the cookie.
    pub fn transaction(&self) -> Option<&'a str> {
        let branch = self.parameters.written("branch").flatten()?;
        let cookie = branch.get(..COOKIE.len()).filter(|start| start.eq_ignore_ascii_case(COOKIE))?;
        Some(&branch[cookie.len()..]).filter(|rest| !rest.is_empty())
    }

    pub(super) fn list(part: &'static str, value: &'a str) -> Result<Vec<ViaText<'a>>, Fault> {
        let mut place = Cursor::new(part, value);
        let mut vias = vec![ViaText::read(&mut place)?];
        while place.separator(b',') {
            vias.push(ViaText::read(&mut place)?);
        }
        place.end()?;
        Ok(vias)
    }

    fn read(place: &mut Cursor<'a>) -> Result<ViaText<'a>, Fault> {
        if !place.token()?.eq_ignore_ascii_case("SIP") || !place.separator(b'/') {
            return Err(place.fault("another protocol than SIP"));
        }
        let version = place.token()?;
        if !place.separator(b'/') {
            return Err(place.fault("no transport"));
        }
        let transport = place.token()?;
        place.space()?;
        let host = uri::host(place)?;
        let port = if place.separator(b':') { Some(uri::port(place)?) } else { None };
        let parameters = Parameters::semicolons(place)?;
        Ok(ViaText { version, transport, host, port, parameters })
    }
}

/// A CSeq value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CSeqText<'a> {
    /// Number, below 2^31.
    pub number: u32,
    /// Method.
    pub method: &'a str,
}

impl<'a> CSeqText<'a> {
    pub(super) fn whole(part: &'static str, value: &'a str) -> Result<CSeqText<'a>, Fault> {
        let mut place = Cursor::new(part, value);
        let number = place.number((1 << 31) - 1)?;
        place.space()?;
        let method = place.token()?;
        place.end()?;
        Ok(CSeqText { number: number as u32, method })
    }
}

/// A value with parameters: Content-Type, Event, Subscription-State, Accept-Contact and their like.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Valued<'a> {
    /// The value.
    pub value: &'a str,
    /// Parameters.
    pub parameters: Parameters<'a>,
}

impl<'a> Valued<'a> {
    /// Reads a token, or tokens joined by a slash, with parameters.
    pub(super) fn whole(part: &'static str, value: &'a str) -> Result<Valued<'a>, Fault> {
        let mut place = Cursor::new(part, value);
        let value = place.take_while(|octet| is_token(octet) || octet == b'/');
        let tokens = value.split('/').all(uri::is_whole_token) && value.split('/').count() <= 2;
        if !tokens {
            return Err(place.fault("neither a token nor two with a slash"));
        }
        let parameters = Parameters::semicolons(&mut place)?;
        place.end()?;
        Ok(Valued { value, parameters })
    }
}

/// Credentials or a challenge: Authorization, WWW-Authenticate and their like.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authentication<'a> {
    /// Scheme.
    pub scheme: &'a str,
    /// Parameters.
    pub parameters: Parameters<'a>,
}

impl<'a> Authentication<'a> {
    pub(super) fn whole(part: &'static str, value: &'a str) -> Result<Authentication<'a>, Fault> {
        let mut place = Cursor::new(part, value);
        let scheme = place.token()?;
        place.space()?;
        let parameters = Parameters::commas(&mut place)?;
        place.end()?;
        Ok(Authentication { scheme, parameters })
    }
}

/// A Warning value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WarningText<'a> {
    /// Code of three digits.
    pub code: u16,
    /// Who warns.
    pub agent: &'a str,
    /// The text with its quotes.
    pub text: &'a str,
}

impl<'a> WarningText<'a> {
    pub(super) fn whole(part: &'static str, value: &'a str) -> Result<WarningText<'a>, Fault> {
        let mut place = Cursor::new(part, value);
        let digits = place.clone().take_while(|octet| octet.is_ascii_digit()).len();
        let code = place.number(999)?;
        if digits != 3 {
            return Err(place.fault("the code has not three digits"));
        }
        place.space()?;
        let agent = place.take_while(|octet| is_token(octet) || matches!(octet, b'[' | b']' | b':'));
        if agent.is_empty() {
            return Err(place.fault("nobody warns"));
        }
        place.space()?;
        let text = place.quoted()?;
        place.end()?;
        Ok(WarningText { code: code as u16, agent, text })
    }
}

/// Checks a Call-ID: a word, or two with an at sign.
pub(super) fn call_id<'a>(part: &'static str, value: &'a str) -> Result<&'a str, Fault> {
    let is_whole_word = |text: &str| !text.is_empty() && text.bytes().all(is_word);
    let (first, second) = value.split_once('@').unwrap_or((value, "x"));
    if is_whole_word(first) && is_whole_word(second) { Ok(value) } else { Err(Fault::new(part, "not a Call-ID")) }
}

/// Months as dates name them.
pub(super) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Checks a SIP date (RFC 3261 section 20.17): RFC 1123, and always GMT.
pub(super) fn date<'a>(part: &'static str, value: &'a str) -> Result<&'a str, Fault> {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let digits = |text: Option<&str>, width: usize, most: u32| {
        let text = text.filter(|text| text.len() == width && text.bytes().all(|octet| octet.is_ascii_digit()))?;
        text.parse::<u32>().ok().filter(|number| *number <= most)
    };
    let read = || {
        let (weekday, rest) = value.split_once(", ")?;
        let mut words = rest.split(' ');
        let day = digits(words.next(), 2, 31)?;
        let month = words.next().filter(|month| MONTHS.contains(month));
        let _year = digits(words.next(), 4, 9999)?;
        let mut clock = words.next()?.split(':');
        let _hour = digits(clock.next(), 2, 23)?;
        let _minute = digits(clock.next(), 2, 59)?;
        let _second = digits(clock.next(), 2, 60)?;
        let ends = clock.next().is_none() && words.next() == Some("GMT") && words.next().is_none();
        (DAYS.contains(&weekday) && day > 0 && month.is_some() && ends).then_some(value)
    };
    read().ok_or(Fault::new(part, "not a date in GMT"))
}
