//! Session descriptions as text (RFC 4566).

use super::fault::Fault;

/// A session description.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SdpText<'a> {
    /// `o=`
    pub origin: OriginText<'a>,
    /// `s=`
    pub name: &'a str,
    /// `c=` of the session.
    pub connection: Option<&'a str>,
    /// `t=`: start and stop.
    pub times: Vec<(u64, u64)>,
    /// `a=` of the session: name and value.
    pub attributes: Vec<(&'a str, Option<&'a str>)>,
    /// Any other line of the session, by its letter: `i u e p b r z k`.
    pub others: Vec<(u8, &'a str)>,
    /// Media descriptions.
    pub media: Vec<MediaText<'a>>,
}

/// `o=`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OriginText<'a> {
    /// User name.
    pub user: &'a str,
    /// Session id.
    pub session: u64,
    /// Session version.
    pub version: u64,
    /// Network type, address type and address.
    pub address: (&'a str, &'a str, &'a str),
}

/// `m=` and the lines behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MediaText<'a> {
    /// `audio`, `message` and so on.
    pub kind: &'a str,
    /// Port.
    pub port: u16,
    /// Number of ports.
    pub ports: Option<u16>,
    /// Transport.
    pub transport: &'a str,
    /// Formats.
    pub formats: Vec<&'a str>,
    /// `c=` of this medium.
    pub connection: Option<&'a str>,
    /// `a=`: name and value.
    pub attributes: Vec<(&'a str, Option<&'a str>)>,
    /// Any other line, by its letter: `i b k`.
    pub others: Vec<(u8, &'a str)>,
}

impl<'a> MediaText<'a> {
    /// The value of an attribute: `Some(None)` when it stands there without one.
    pub fn attribute(&self, name: &str) -> Option<Option<&'a str>> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

/// Letters in the order in which RFC 4566 section 5 wants their lines, for the session and for a medium.
const SESSION_ORDER: &[u8] = b"vosiuepcbtrzka";
const MEDIA_ORDER: &[u8] = b"micbka";

const fn fault(what: &'static str) -> Fault {
    Fault::new("SDP", what)
}

impl<'a> SdpText<'a> {
    /// Reads a session description. Lines end with CR LF; a line feed alone is taken as well (RFC 4566 section 5).
    pub fn parse(octets: &'a [u8]) -> Result<SdpText<'a>, Fault> {
        let text = str::from_utf8(octets).map_err(|_| fault("no UTF-8"))?;
        let mut lines = Lines { rest: text.strip_suffix('\n').ok_or(fault("the last line does not end"))?.split('\n') };
        if lines.next()? != Some((b'v', "0")) {
            return Err(fault("the first line is not v=0"));
        }
        let origin = match lines.next()? {
            Some((b'o', value)) => OriginText::read(value).ok_or(fault("not an origin"))?,
            Some(_) | None => return Err(fault("no origin in the second line")),
        };
        let name = match lines.next()? {
            Some((b's', value)) if !value.is_empty() => value,
            Some(_) | None => return Err(fault("no session name in the third line")),
        };
        let mut sdp = SdpText {
            origin,
            name,
            connection: None,
            times: Vec::new(),
            attributes: Vec::new(),
            others: Vec::new(),
            media: Vec::new(),
        };
        let mut order = Order { letters: SESSION_ORDER, at: 2 };
        while let Some((letter, value)) = lines.next()? {
            if letter == b'm' {
                sdp.media.push(MediaText::read(value).ok_or(fault("not a media description"))?);
                order = Order { letters: MEDIA_ORDER, at: 0 };
                continue;
            }
            order.step(letter)?;
            sdp.line(letter, value)?;
        }
        if sdp.times.is_empty() {
            return Err(fault("no time"));
        }
        // Every medium needs an address, its own or that of the session (RFC 4566 section 5.7).
        if sdp.connection.is_none() && sdp.media.iter().any(|media| media.connection.is_none()) {
            return Err(fault("no connection"));
        }
        Ok(sdp)
    }

    fn line(&mut self, letter: u8, value: &'a str) -> Result<(), Fault> {
        let (connection, attributes, others) = match self.media.last_mut() {
            Some(media) => (&mut media.connection, &mut media.attributes, &mut media.others),
            None => (&mut self.connection, &mut self.attributes, &mut self.others),
        };
        match letter {
            b'c' if value.split(' ').count() == 3 => *connection = Some(value),
            b'c' => return Err(fault("not a connection")),
            b'a' => attributes.push(attribute(value)?),
            b't' => self.times.push(times(value).ok_or(fault("not a time"))?),
            _ => others.push((letter, value)),
        }
        Ok(())
    }
}

/// The lines of a description, each as letter and value.
struct Lines<'a> {
    rest: std::str::Split<'a, char>,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Result<Option<(u8, &'a str)>, Fault> {
        let Some(line) = self.rest.next() else { return Ok(None) };
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.contains(['\r', '\0']) {
            return Err(fault("a control character"));
        }
        match line.as_bytes() {
            [letter, b'=', ..] => Ok(Some((*letter, &line[2..]))),
            _ => Err(fault("a line that is no letter with a value")),
        }
    }
}

/// How far the order of lines has got.
struct Order {
    letters: &'static [u8],
    at: usize,
}

impl Order {
    fn step(&mut self, letter: u8) -> Result<(), Fault> {
        let place = self.letters.iter().position(|known| *known == letter).ok_or(fault("an unknown line"))?;
        // Repeat times belong to the time before them, so these two take turns.
        let again = matches!(letter, b'e' | b'p' | b'b' | b't' | b'r' | b'a') || place > self.at;
        let turns = letter == b't' && self.letters[self.at] == b'r';
        if (place < self.at && !turns) || !again {
            return Err(fault("a line out of order"));
        }
        self.at = place;
        Ok(())
    }
}

impl<'a> OriginText<'a> {
    fn read(value: &'a str) -> Option<OriginText<'a>> {
        let mut words = value.split(' ');
        let user = words.next().filter(|user| !user.is_empty())?;
        let (session, version) = (digits(words.next()?)?, digits(words.next()?)?);
        let address = (words.next()?, words.next()?, words.next().filter(|address| !address.is_empty())?);
        words.next().is_none().then_some(OriginText { user, session, version, address })
    }
}

impl<'a> MediaText<'a> {
    fn read(value: &'a str) -> Option<MediaText<'a>> {
        let mut words = value.split(' ');
        let kind = words.next().filter(|kind| !kind.is_empty())?;
        let port = words.next()?;
        let (port, ports) = match port.split_once('/') {
            Some((port, ports)) => (port, Some(digits(ports)?.try_into().ok()?)),
            None => (port, None),
        };
        let port = digits(port)?.try_into().ok()?;
        let transport = words.next().filter(|transport| !transport.is_empty())?;
        let formats: Vec<&str> = words.collect();
        let named = !formats.is_empty() && formats.iter().all(|format| !format.is_empty());
        let media = MediaText {
            kind,
            port,
            ports,
            transport,
            formats,
            connection: None,
            attributes: Vec::new(),
            others: Vec::new(),
        };
        named.then_some(media)
    }
}

fn attribute(value: &str) -> Result<(&str, Option<&str>), Fault> {
    let (name, value) = match value.split_once(':') {
        Some((name, value)) => (name, Some(value)),
        None => (value, None),
    };
    if name.is_empty() { Err(fault("an attribute without a name")) } else { Ok((name, value)) }
}

fn times(value: &str) -> Option<(u64, u64)> {
    let (start, stop) = value.split_once(' ')?;
    Some((digits(start)?, digits(stop)?))
}

/// A number without sign.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok())?
}
