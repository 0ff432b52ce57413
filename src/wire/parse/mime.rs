//! MIME entities (RFC 2045), multipart bodies (RFC 2046) and CPIM messages, which are an entity behind header fields of
//! their own (RFC 3862 section 2).

use super::fault::Fault;
use super::fields::{self, Field};
use super::values::Valued;

/// Header fields, and what they describe.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MimeText<'a> {
    /// Header fields in order.
    pub fields: Vec<Field<'a>>,
    /// The content.
    pub body: &'a [u8],
}

impl<'a> MimeText<'a> {
    /// Reads header fields up to a blank line and takes the rest as content.
    pub fn entity(octets: &'a [u8]) -> Result<MimeText<'a>, Fault> {
        let head = fields::head(octets)?;
        if !head.ended {
            return Err(Fault::new("MIME", "no blank line ends the head"));
        }
        Ok(MimeText { fields: fields::fields(head.lines)?, body: head.rest })
    }

    /// Reads the parts of a multipart body.
    pub fn parts(body: &'a [u8], boundary: &str) -> Result<Vec<MimeText<'a>>, Fault> {
        let fault = |what| Fault::new("multipart", what);
        if boundary.is_empty() || boundary.len() > 70 {
            return Err(fault("not a boundary"));
        }
        let delimiter = format!("\r\n--{boundary}");
        // The first delimiter may stand at the very start, without a line end before it.
        let mut rest = match body.strip_prefix(&delimiter.as_bytes()[2..]) {
            Some(rest) => rest,
            None => split(body, delimiter.as_bytes()).ok_or(fault("no delimiter"))?.1,
        };
        let mut parts = Vec::new();
        loop {
            if rest.starts_with(b"--") {
                return Ok(parts);
            }
            let padding = rest.iter().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
            let part = rest[padding..].strip_prefix(b"\r\n").ok_or(fault("something follows a delimiter"))?;
            let (part, behind) = split(part, delimiter.as_bytes()).ok_or(fault("no closing delimiter"))?;
            parts.push(MimeText::entity(part)?);
            rest = behind;
        }
    }

    /// The value of the first header field of a name.
    pub fn value(&self, name: &str) -> Option<&str> {
        // No compact forms here.
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| &*field.value)
    }

    /// Content-Type.
    pub fn content_type(&self) -> Result<Option<Valued<'_>>, Fault> {
        self.value("Content-Type").map(|value| Valued::whole("Content-Type", value)).transpose()
    }
}

/// What stands before and behind the first occurrence of some octets.
fn split<'a>(octets: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let start = octets.windows(at.len()).position(|window| window == at)?;
    Some((&octets[..start], &octets[start + at.len()..]))
}
