//! HTTP/1.1 as text (RFC 9112), for messages whose content has a Content-Length.

use super::fault::Fault;
use super::fields::{self, Field};

/// An HTTP request or response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HttpText<'a> {
    /// What the first line says.
    pub start: HttpStartText<'a>,
    /// Header fields in order.
    pub fields: Vec<Field<'a>>,
    /// The content.
    pub body: &'a [u8],
}

/// What a first line says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HttpStartText<'a> {
    /// A request: method and target.
    Request(&'a str, &'a str),
    /// A response: status.
    Response(u16),
}

const fn fault(what: &'static str) -> Fault {
    Fault::new("HTTP", what)
}

impl<'a> HttpText<'a> {
    /// Reads the first message of a stream, and says how many octets it has. None when more octets have to arrive.
    ///
    /// # Errors
    /// A stream with a fault cannot be read on.
    pub fn stream(octets: &'a [u8]) -> Result<Option<(HttpText<'a>, usize)>, Fault> {
        if !fields::has_head(octets) {
            return Ok(None);
        }
        let head = fields::head(octets)?;
        let (line, lines) = head.lines.split_once("\r\n").unwrap_or((head.lines, ""));
        let fields = fields::fields(lines)?;
        let mut lengths = fields.iter().filter(|field| field.name.eq_ignore_ascii_case("Content-Length"));
        let length = match (lengths.next(), lengths.next()) {
            (None, _) => 0,
            (Some(field), None) => digits(&field.value).ok_or(Fault::new("Content-Length", "not a number"))?,
            (Some(_), Some(_)) => return Err(Fault::new("Content-Length", "more than one")),
        };
        let Some(body) = usize::try_from(length).ok().and_then(|length| head.rest.get(..length)) else {
            return Ok(None);
        };
        let used = octets.len() - head.rest.len() + body.len();
        Ok(Some((HttpText { start: first_line(line)?, fields, body }, used)))
    }

    /// The value of the first header field of a name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| &*field.value)
    }
}

fn digits(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|octet| octet.is_ascii_digit()))
}

fn first_line(line: &str) -> Result<HttpStartText<'_>, Fault> {
    if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
        let (status, _) = rest.split_once(' ').ok_or(fault("no space behind the status code"))?;
        let status = digits(status).filter(|_| status.len() == 3).ok_or(fault("not a status code"))?;
        return Ok(HttpStartText::Response(status as u16));
    }
    let mut words = line.split(' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(method), Some(target), Some("HTTP/1.1"), None) if !method.is_empty() && !target.is_empty() => {
            Ok(HttpStartText::Request(method, target))
        }
        _ => Err(fault("neither a request line nor a status line")),
    }
}
