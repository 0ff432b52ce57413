//! SIP messages as text: start line, header fields and body of any message, ours or not (RFC 3261 section 7 and 18.3).

use super::cursor::{Cursor, is_token};
use super::fault::Fault;
use super::fields::{self, Field};
use super::uri::{self, UriText};
use super::values::{self, Address, Authentication, CSeqText, Contacts, Valued, ViaText, WarningText};

/// A SIP message as its octets have it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SipText<'a> {
    /// The first line.
    pub start_line: &'a str,
    /// Header fields in order.
    pub fields: Vec<Field<'a>>,
    /// The body, as far as it is there.
    pub body: &'a [u8],
    /// What follows the body in a datagram, which means nothing (RFC 3261 section 18.3).
    pub surplus: &'a [u8],
    /// Whether the blank line that ends the head is there.
    ended: bool,
}

/// A start line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StartText<'a> {
    /// Of a request.
    Request {
        /// Method.
        method: &'a str,
        /// Request-URI.
        uri: UriText<'a>,
        /// What follows `SIP/`.
        version: &'a str,
    },
    /// Of a response.
    Response {
        /// Status code.
        status: u16,
        /// Reason phrase.
        reason: &'a str,
        /// What follows `SIP/`.
        version: &'a str,
    },
}

const START: &str = "start line";

impl<'a> SipText<'a> {
    /// Reads the message that a datagram holds.
    ///
    /// Only the lines are read. What a line means is read when it is asked for, and [`SipText::check`] asks for all, so
    /// that a message with a fault can still be answered.
    pub fn datagram(octets: &'a [u8]) -> Result<SipText<'a>, Fault> {
        let mut text = SipText::head(octets)?;
        if let Ok(Some(length)) = text.content_length()
            && length <= text.body.len()
        {
            (text.body, text.surplus) = text.body.split_at(length);
        }
        Ok(text)
    }

    /// Reads the first message of a stream, and says how many octets it has. None when more octets have to arrive.
    ///
    /// # Errors
    /// A stream with a fault cannot be read on: it is not known where the next message starts.
    pub fn stream(octets: &'a [u8]) -> Result<Option<(SipText<'a>, usize)>, Fault> {
        if !fields::has_head(without_line_ends(octets)) {
            return Ok(None);
        }
        let text = SipText::head(octets)?;
        let length = text.content_length()?.ok_or(Fault::new("Content-Length", "missing in a stream"))?;
        if text.body.len() < length {
            return Ok(None);
        }
        let used = octets.len() - text.body.len() + length;
        Ok(Some((SipText { body: &text.body[..length], ..text }, used)))
    }

    fn head(octets: &'a [u8]) -> Result<SipText<'a>, Fault> {
        let head = fields::head(without_line_ends(octets))?;
        let (start_line, lines) = head.lines.split_once("\r\n").unwrap_or((head.lines, ""));
        if start_line.is_empty() || start_line.contains(['\r', '\n']) {
            return Err(Fault::new(START, "missing"));
        }
        Ok(SipText { start_line, fields: fields::fields(lines)?, body: head.rest, surplus: &[], ended: head.ended })
    }

    /// Whether the first line is that of a response.
    pub fn is_response(&self) -> bool {
        self.start_line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("SIP/"))
    }

    /// The first line.
    pub fn start(&self) -> Result<StartText<'a>, Fault> {
        let fault = |what| Fault::new(START, what);
        let (first, rest) = self.start_line.split_once(' ').ok_or(fault("one word"))?;
        if self.is_response() {
            let (status, reason) = rest.split_once(' ').ok_or(fault("no space behind the status code"))?;
            let three = status.len() == 3 && status.bytes().all(|octet| octet.is_ascii_digit());
            let status = status.parse().ok().filter(|status| three && (100..700).contains(status));
            let status = status.ok_or(fault("not a status code"))?;
            return Ok(StartText::Response { status, reason, version: version(first)? });
        }
        let (target, protocol) = rest.split_once(' ').ok_or(fault("no version"))?;
        if first.is_empty() || !first.bytes().all(is_token) {
            return Err(fault("the method is no token"));
        }
        let version = version(protocol)?;
        let uri = uri::uri(target).map_err(|fault| fault.of("Request-URI"))?;
        if matches!(&uri, UriText::Sip(sip) if !sip.headers.is_empty()) {
            return Err(Fault::new("Request-URI", "headers in it"));
        }
        Ok(StartText::Request { method: first, uri, version })
    }

    /// Values of the header fields of a name, in order, each as it stands in its field.
    pub fn values(&self, name: &'static str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |field| field.is(name)).map(|field| &*field.value)
    }

    /// The value of a header field that may stand there once.
    pub fn single(&self, name: &'static str) -> Result<Option<&str>, Fault> {
        let mut values = self.values(name);
        let first = values.next();
        if values.next().is_some() { Err(Fault::new(name, "more than one")) } else { Ok(first) }
    }

    fn required(&self, name: &'static str) -> Result<&str, Fault> {
        self.single(name)?.ok_or(Fault::new(name, "missing"))
    }

    /// The elements of all header fields of a name: those with commas between them and those in fields of their own.
    pub fn list(&self, name: &'static str) -> Result<Vec<&str>, Fault> {
        let mut all = Vec::new();
        for value in self.values(name) {
            all.extend(fields::elements(name, value)?);
        }
        all.retain(|element| !element.is_empty());
        Ok(all)
    }

    /// Via values, the topmost first.
    pub fn vias(&self) -> Result<Vec<ViaText<'_>>, Fault> {
        let mut vias = Vec::new();
        for value in self.values("Via") {
            vias.extend(ViaText::list("Via", value)?);
        }
        Ok(vias)
    }

    /// From.
    pub fn from(&self) -> Result<Address<'_>, Fault> {
        Address::whole("From", self.required("From")?)
    }

    /// To.
    pub fn to(&self) -> Result<Address<'_>, Fault> {
        Address::whole("To", self.required("To")?)
    }

    /// Call-ID.
    pub fn call_id(&self) -> Result<&str, Fault> {
        values::call_id("Call-ID", self.required("Call-ID")?)
    }

    /// CSeq.
    pub fn cseq(&self) -> Result<CSeqText<'_>, Fault> {
        CSeqText::whole("CSeq", self.required("CSeq")?)
    }

    /// A header field that is a number of at most `most`.
    pub fn number(&self, name: &'static str, most: u32) -> Result<Option<u32>, Fault> {
        let Some(value) = self.single(name)? else { return Ok(None) };
        let mut place = Cursor::new(name, value);
        let number = place.number(u64::from(most))?;
        place.end()?;
        Ok(Some(number as u32))
    }

    /// Retry-After without its comment and parameters, seconds.
    pub fn retry_after(&self) -> Result<Option<u32>, Fault> {
        let Some(value) = self.single("Retry-After")? else { return Ok(None) };
        Ok(Some(Cursor::new("Retry-After", value).number(u64::from(u32::MAX))? as u32))
    }

    /// Content-Length.
    pub fn content_length(&self) -> Result<Option<usize>, Fault> {
        Ok(self.number("Content-Length", u32::MAX)?.map(|length| length as usize))
    }

    /// Contact.
    pub fn contacts(&self) -> Result<Contacts<'_>, Fault> {
        let mut values = self.values("Contact");
        if let (Some("*"), None) = (values.next(), values.next()) {
            return Ok(Contacts::All);
        }
        Ok(Contacts::These(self.addresses("Contact")?))
    }

    /// The addresses of a header field: Route, Record-Route, Path, P-Asserted-Identity and their like.
    pub fn addresses(&self, name: &'static str) -> Result<Vec<Address<'_>>, Fault> {
        let mut all = Vec::new();
        for value in self.values(name) {
            all.extend(Address::list(name, value)?);
        }
        Ok(all)
    }

    /// A header field that is a value with parameters: Content-Type, Event, Subscription-State.
    pub fn valued(&self, name: &'static str) -> Result<Option<Valued<'_>>, Fault> {
        self.single(name)?.map(|value| Valued::whole(name, value)).transpose()
    }

    /// The values with parameters of a list: Accept, Accept-Contact.
    pub fn valued_list(&self, name: &'static str) -> Result<Vec<Valued<'_>>, Fault> {
        self.list(name)?.into_iter().map(|value| Valued::whole(name, value)).collect()
    }

    /// Credentials or challenges: one in each header field.
    pub fn authentication(&self, name: &'static str) -> Result<Vec<Authentication<'_>>, Fault> {
        self.values(name).map(|value| Authentication::whole(name, value)).collect()
    }

    /// Warning values.
    pub fn warnings(&self) -> Result<Vec<WarningText<'_>>, Fault> {
        self.list("Warning")?.into_iter().map(|value| WarningText::whole("Warning", value)).collect()
    }

    /// Reads everything whose syntax is known here, and the length of the body.
    ///
    /// # Errors
    /// The first fault. Header fields of other names may have any value.
    pub fn check(&self) -> Result<(), Fault> {
        let start = self.start()?;
        let cseq = self.cseq()?;
        if let StartText::Request { method, .. } = start
            && method != cseq.method
        {
            return Err(Fault::new("CSeq", "another method than in the start line"));
        }
        if self.vias()?.is_empty() {
            return Err(Fault::new("Via", "missing"));
        }
        self.from()?;
        self.to()?;
        self.call_id()?;
        self.check_values()?;
        if !self.ended {
            return Err(Fault::new("head", "no blank line ends it"));
        }
        match self.content_length()? {
            Some(length) if length > self.body.len() => Err(Fault::new("Content-Length", "more than there is")),
            Some(_) | None => Ok(()),
        }
    }

    fn check_values(&self) -> Result<(), Fault> {
        self.number("Max-Forwards", 255)?;
        for name in ["Expires", "Min-Expires"] {
            self.number(name, u32::MAX)?;
        }
        self.retry_after()?;
        if let Contacts::These(contacts) = self.contacts()? {
            for seconds in contacts.iter().filter_map(|contact| contact.parameters.written("expires")) {
                let mut place = Cursor::new("Contact", seconds.unwrap_or_default());
                place.number(u64::from(u32::MAX))?;
            }
        }
        for name in ["Route", "Record-Route", "Path", "Service-Route"] {
            if self.addresses(name)?.iter().any(|address| !address.bracketed) {
                return Err(Fault::new(name, "no angle brackets"));
            }
        }
        for name in ["P-Asserted-Identity", "P-Preferred-Identity", "P-Associated-URI", "P-Served-User"] {
            self.addresses(name)?;
        }
        for name in ["Supported", "Require", "Proxy-Require", "Unsupported", "Allow", "Allow-Events"] {
            if !self.list(name)?.into_iter().all(uri::is_whole_token) {
                return Err(Fault::new(name, "no list of tokens"));
            }
        }
        for name in ["Content-Type", "Content-Disposition", "Event", "Subscription-State", "Session-Expires", "Min-SE"]
        {
            self.valued(name)?;
        }
        for name in ["Accept", "Accept-Contact", "Reject-Contact", "P-Access-Network-Info"] {
            self.valued_list(name)?;
        }
        for name in ["Authorization", "Proxy-Authorization", "WWW-Authenticate", "Proxy-Authenticate"] {
            self.authentication(name)?;
        }
        if let Some(value) = self.single("Date")? {
            values::date("Date", value)?;
        }
        self.warnings()?;
        Ok(())
    }
}

/// Octets without line ends before the start line, which mean nothing (RFC 3261 section 7.5).
fn without_line_ends(octets: &[u8]) -> &[u8] {
    let mut rest = octets;
    while let Some(behind) = rest.strip_prefix(b"\r\n") {
        rest = behind;
    }
    rest
}

fn version(protocol: &str) -> Result<&str, Fault> {
    let fault = Fault::new(START, "not a version of SIP");
    let (name, version) = protocol.split_once('/').ok_or(fault)?;
    let (major, minor) = version.split_once('.').ok_or(fault)?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    if name.eq_ignore_ascii_case("SIP") && digits(major) && digits(minor) { Ok(version) } else { Err(fault) }
}
