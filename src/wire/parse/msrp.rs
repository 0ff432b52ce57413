//! MSRP as text (RFC 4975 section 7.1 and 9).

use super::cursor::is_token;
use super::fault::Fault;
use super::fields::{self, Field};

/// An MSRP request or response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MsrpText<'a> {
    /// Transaction id.
    pub transaction: &'a str,
    /// What the first line says.
    pub start: MsrpStartText<'a>,
    /// Header fields in order.
    pub fields: Vec<Field<'a>>,
    /// The content; none where there is no blank line, which is not the same as content without octets.
    pub body: Option<&'a [u8]>,
    /// What ends it: `$` complete, `+` more follows, `#` given up.
    pub continuation: u8,
}

/// What a first line says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MsrpStartText<'a> {
    /// A request with this method.
    Request(&'a str),
    /// A response: status, and its comment or nothing.
    Response(u16, &'a str),
}

/// Byte-Range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ByteRange {
    /// Position of the first octet, from 1.
    pub first: u64,
    /// Position of the last one; none for `*`.
    pub last: Option<u64>,
    /// Octets of the whole message; none for `*`.
    pub total: Option<u64>,
}

const fn fault(what: &'static str) -> Fault {
    Fault::new("MSRP", what)
}

/// The longest first line: more than any transaction id, method and comment need.
const LONGEST_LINE: usize = 1024;

impl<'a> MsrpText<'a> {
    /// Reads the first message of a stream, and says how many octets it has. None when more octets have to arrive.
    ///
    /// # Errors
    /// A stream with a fault cannot be read on.
    pub fn stream(octets: &'a [u8]) -> Result<Option<(MsrpText<'a>, usize)>, Fault> {
        let Some(end_of_line) = octets.iter().take(LONGEST_LINE).position(|octet| *octet == b'\n') else {
            return if octets.len() < LONGEST_LINE { Ok(None) } else { Err(fault("the first line does not end")) };
        };
        let line = octets[..end_of_line].strip_suffix(b"\r").ok_or(fault("a line end that is not CR LF"))?;
        let line = str::from_utf8(line).map_err(|_| fault("no UTF-8"))?;
        let (transaction, start) = first_line(line)?;
        // The head begins with its line end, so that an end line right behind it is found as well.
        let rest = &octets[line.len()..];
        let Some((end, continuation)) = end_line(rest, transaction) else { return Ok(None) };
        let used = line.len() + end + END.len() + transaction.len() + 3;
        let inside = rest.get(2..end).unwrap_or_default();
        let head = fields::head(inside)?;
        let body = head.ended.then_some(head.rest);
        let message = MsrpText { transaction, start, fields: fields::fields(head.lines)?, body, continuation };
        message.check()?;
        Ok(Some((message, used)))
    }

    /// The value of the first header field of a name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| &*field.value)
    }

    /// Byte-Range.
    pub fn byte_range(&self) -> Result<Option<ByteRange>, Fault> {
        let Some(value) = self.value("Byte-Range") else { return Ok(None) };
        let number = |text: &str| text.parse::<u64>().ok().filter(|_| text.bytes().all(|octet| octet.is_ascii_digit()));
        let open = |text: &str| if text == "*" { Some(None) } else { number(text).map(Some) };
        let read = || {
            let (range, total) = value.split_once('/')?;
            let (first, last) = range.split_once('-')?;
            Some(ByteRange { first: number(first)?, last: open(last)?, total: open(total)? })
        };
        read().map(Some).ok_or(Fault::new("Byte-Range", "not a range"))
    }

    /// What every message has to have (section 7.1, 7.2 and 9, and RFC 4976).
    fn check(&self) -> Result<(), Fault> {
        let mut names = self.fields.iter().map(|field| field.name);
        if names.next() != Some("To-Path") || names.next() != Some("From-Path") {
            return Err(fault("To-Path and From-Path are not the first header fields"));
        }
        for name in ["To-Path", "From-Path", "Use-Path"] {
            let Some(value) = self.value(name) else { continue };
            let uris = value.split(' ');
            if !uris.into_iter().all(|uri| uri.starts_with("msrp://") || uri.starts_with("msrps://")) {
                return Err(Fault::new(name, "not an MSRP URI"));
            }
        }
        if let MsrpStartText::Request(method @ ("SEND" | "REPORT")) = self.start {
            if self.value("Message-ID").is_none() {
                return Err(Fault::new("Message-ID", "missing"));
            }
            if method == "REPORT" && self.value("Status").is_none() {
                return Err(Fault::new("Status", "missing"));
            }
        }
        if self.value("Expires").is_some_and(|value| value.parse::<u32>().is_err()) {
            return Err(Fault::new("Expires", "not a number of seconds"));
        }
        if self.body.is_some() && self.value("Content-Type").is_none() {
            return Err(Fault::new("Content-Type", "missing"));
        }
        self.byte_range().map(|_| ())
    }
}

fn first_line(line: &str) -> Result<(&str, MsrpStartText<'_>), Fault> {
    let mut words = line.splitn(4, ' ');
    if words.next() != Some("MSRP") {
        return Err(fault("another protocol"));
    }
    let transaction = words.next().unwrap_or_default();
    let is_ident = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'+' | b'%' | b'=');
    let begins = transaction.bytes().next().is_some_and(|octet| octet.is_ascii_alphanumeric());
    if !begins || !(4..=32).contains(&transaction.len()) || !transaction.bytes().all(is_ident) {
        return Err(fault("not a transaction id"));
    }
    let (word, comment) = (words.next().unwrap_or_default(), words.next());
    if word.len() == 3 && word.bytes().all(|octet| octet.is_ascii_digit()) {
        let status = word.parse().map_err(|_| fault("not a status"))?;
        return Ok((transaction, MsrpStartText::Response(status, comment.unwrap_or_default())));
    }
    let is_method = !word.is_empty() && word.bytes().all(|octet| octet.is_ascii_uppercase() && is_token(octet));
    if !is_method || comment.is_some() {
        return Err(fault("neither a method nor a status"));
    }
    Ok((transaction, MsrpStartText::Request(word)))
}

/// What an end line starts with, behind the line end before it.
const END: &[u8] = b"\r\n-------";

/// Where the end line of a transaction begins, with the line end before it, and its flag.
fn end_line(octets: &[u8], transaction: &str) -> Option<(usize, u8)> {
    let behind = |at: usize| {
        let rest = octets[at + END.len()..].strip_prefix(transaction.as_bytes())?;
        match rest {
            [flag @ (b'$' | b'+' | b'#'), b'\r', b'\n', ..] => Some((at, *flag)),
            _ => None,
        }
    };
    octets.windows(END.len()).enumerate().filter(|(_, window)| *window == END).find_map(|(at, _)| behind(at))
}
