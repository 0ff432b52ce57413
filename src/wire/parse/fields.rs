//! Header fields: lines of a name, a colon and a value, as SIP, MIME and CPIM share them.

use super::cursor::is_token;
use super::fault::Fault;
use std::borrow::Cow;

/// A header field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field<'a> {
    /// The name as written.
    pub name: &'a str,
    /// The value: without white space around it, each fold one space.
    pub value: Cow<'a, str>,
}

/// Header field names with a compact form: RFC 3261 section 7.3.3 and later ones.
const COMPACT: [(&str, &str); 20] = [
    ("a", "Accept-Contact"),
    ("b", "Referred-By"),
    ("c", "Content-Type"),
    ("d", "Request-Disposition"),
    ("e", "Content-Encoding"),
    ("f", "From"),
    ("i", "Call-ID"),
    ("j", "Reject-Contact"),
    ("k", "Supported"),
    ("l", "Content-Length"),
    ("m", "Contact"),
    ("n", "Identity-Info"),
    ("o", "Event"),
    ("r", "Refer-To"),
    ("s", "Subject"),
    ("t", "To"),
    ("u", "Allow-Events"),
    ("v", "Via"),
    ("x", "Session-Expires"),
    ("y", "Identity"),
];

impl Field<'_> {
    /// Whether it is the field of this name, in any case of letters or in compact form.
    pub fn is(&self, name: &str) -> bool {
        let full = match COMPACT.iter().find(|(compact, _)| self.name.eq_ignore_ascii_case(compact)) {
            Some((_, full)) => full,
            None => self.name,
        };
        full.eq_ignore_ascii_case(name)
    }
}

/// A head and what follows it.
pub(super) struct Head<'a> {
    /// The lines without the blank one that ends them.
    pub lines: &'a str,
    /// Everything behind the blank line.
    pub rest: &'a [u8],
    /// Whether the blank line is there.
    pub ended: bool,
}

/// What ends a head: the end of its last line and a blank line.
const END: &[u8] = b"\r\n\r\n";

fn end_of_head(octets: &[u8]) -> Option<usize> {
    octets.windows(END.len()).position(|window| window == END)
}

/// Whether a head is there up to its blank line.
pub(super) fn has_head(octets: &[u8]) -> bool {
    end_of_head(octets).is_some()
}

/// Cuts octets at the first blank line.
pub(super) fn head(octets: &[u8]) -> Result<Head<'_>, Fault> {
    let (lines, rest, ended) = if let Some(rest) = octets.strip_prefix(b"\r\n") {
        (&octets[..0], rest, true)
    } else {
        match end_of_head(octets) {
            Some(at) => (&octets[..at], &octets[at + END.len()..], true),
            None => (octets, &octets[octets.len()..], false),
        }
    };
    let lines = str::from_utf8(lines).map_err(|_| Fault::new("head", "no UTF-8"))?;
    Ok(Head { lines: lines.strip_suffix("\r\n").unwrap_or(lines), rest, ended })
}

/// The fields of a head. A line that starts with white space continues the one before it.
pub(super) fn fields(lines: &str) -> Result<Vec<Field<'_>>, Fault> {
    let mut fields: Vec<Field<'_>> = Vec::new();
    if lines.is_empty() {
        return Ok(fields);
    }
    for line in lines.split("\r\n") {
        if line.contains(['\r', '\n']) {
            return Err(Fault::new("head", "a line end that is not CR LF"));
        }
        if line.starts_with([' ', '\t']) {
            let last = fields.last_mut().ok_or(Fault::new("head", "the first line is a continuation"))?;
            let more = line.trim_matches([' ', '\t']);
            if !last.value.is_empty() && !more.is_empty() {
                last.value.to_mut().push(' ');
            }
            last.value.to_mut().push_str(more);
            continue;
        }
        let (name, value) = line.split_once(':').ok_or(Fault::new("head", "a line without a colon"))?;
        let name = name.trim_end_matches([' ', '\t']);
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(Fault::new("head", "the name of a header field is no token"));
        }
        fields.push(Field { name, value: Cow::Borrowed(value.trim_matches([' ', '\t'])) });
    }
    Ok(fields)
}

/// The elements of a comma-separated list. Commas in quotes and in angle brackets separate nothing.
pub(super) fn elements<'a>(part: &'static str, value: &'a str) -> Result<Vec<&'a str>, Fault> {
    let (mut elements, mut start) = (Vec::new(), 0);
    let (mut quoted, mut escaped, mut bracketed) = (false, false, false);
    for (at, octet) in value.bytes().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'<' if !quoted => bracketed = true,
            b'>' if !quoted => bracketed = false,
            b',' if !quoted && !bracketed => {
                elements.push(&value[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    elements.push(&value[start..]);
    if quoted {
        return Err(Fault::new(part, "a quoted string does not end"));
    }
    let elements: Vec<&str> = elements.into_iter().map(|element| element.trim_matches([' ', '\t'])).collect();
    if elements.len() > 1 && elements.iter().any(|element| element.is_empty()) {
        return Err(Fault::new(part, "an element of the list is empty"));
    }
    Ok(elements)
}
