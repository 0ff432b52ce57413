//! MSRP messages.

use super::address::{leading_token, token};
use super::sdp::{content_type, msrp_path, presentation, use_path};
use super::{Reader, foreign, same};
use crate::wire::content::ContentType;
use crate::wire::id::Token;
use crate::wire::msrp::{Chunk, Continuation, FailureReport, Grant, Msrp, MsrpStart, Report};
use crate::wire::parse::fault::Fault;
use crate::wire::parse::mime::MimeText;
use crate::wire::parse::msrp::{ByteRange, MsrpStartText, MsrpText};
use crate::wire::parse::values::Authentication;
use crate::wire::sip::body::Cpim;

const PART: &str = "MSRP";

impl Reader<'_> {
    /// Reads an MSRP message.
    ///
    /// # Errors
    /// When it is no MSRP message, or not one that this crate writes with these names.
    pub fn msrp(&self, octets: &[u8]) -> Result<Msrp, Fault> {
        let (text, used) = MsrpText::stream(octets)?.ok_or(Fault::new(PART, "not complete"))?;
        let start = match text.start {
            MsrpStartText::Request("SEND") => self.chunk(&text).map(MsrpStart::Send),
            MsrpStartText::Request("REPORT") => report(&text).map(MsrpStart::Report),
            MsrpStartText::Request("AUTH") => nonce(&text, "Authorization").map(MsrpStart::Auth),
            MsrpStartText::Request(_) => None,
            MsrpStartText::Response(status, _) => response(&text, status),
        };
        let read = || {
            Some(Msrp {
                transaction: token(text.transaction)?,
                to: msrp_path(text.value("To-Path")?)?,
                from: msrp_path(text.value("From-Path")?)?,
                start: start?,
            })
        };
        let message = read().ok_or(foreign(PART))?;
        let mut again = Vec::with_capacity(used);
        message.write(self.names, &mut again);
        same(octets, &again)?;
        Ok(message)
    }

    fn chunk(&self, text: &MsrpText<'_>) -> Option<Chunk> {
        let ByteRange { first, total, .. } = text.byte_range().ok()??;
        let body = text.body.unwrap_or_default();
        Some(Chunk {
            message: token(text.value("Message-ID")?)?,
            first: first.try_into().ok()?,
            octets: body.len().try_into().ok()?,
            total: total?.try_into().ok()?,
            success_report: text.value("Success-Report") == Some("yes"),
            failure_report: match text.value("Failure-Report") {
                None => FailureReport::Yes,
                Some("partial") => FailureReport::Partial,
                Some("no") => FailureReport::No,
                Some(_) => return None,
            },
            // Without content no type is written.
            kind: text.value("Content-Type").map_or(Some(ContentType::Cpim), content_type)?,
            presentation: match text.value("Content-Disposition") {
                Some(value) => Some(presentation(value)?),
                None => None,
            },
            described: text.value("Content-Description").is_some(),
            cpim: self.cpim_beginning(body),
            continuation: match text.continuation {
                b'$' => Continuation::Complete,
                b'+' => Continuation::More,
                _ => Continuation::Aborted,
            },
        })
    }

    /// The CPIM message that begins in a chunk. Its text may go on in others, so its length is what its header says.
    fn cpim_beginning(&self, body: &[u8]) -> Option<Cpim> {
        let message = MimeText::entity(body).ok()?;
        let content = MimeText::entity(message.body).ok()?;
        let octets = content.value("Content-Length")?.parse().ok()?;
        self.cpim_headers(&message, crate::wire::sip::body::CpimContent::Text(octets))
    }
}

fn report(text: &MsrpText<'_>) -> Option<Report> {
    let ByteRange { last, total, .. } = text.byte_range().ok()??;
    Some(Report {
        message: leading_token(text.value("Message-ID")?)?,
        last: last?.try_into().ok()?,
        total: total?.try_into().ok()?,
        status: text.value("Status")?.strip_prefix("000 ")?.get(..3)?.parse().ok()?,
    })
}

/// A response: what its header fields add to its status says which.
fn response(text: &MsrpText<'_>, status: u16) -> Option<MsrpStart> {
    if let Some(path) = text.value("Use-Path") {
        let expires = text.value("Expires")?.parse().ok()?;
        return Some(MsrpStart::Grant(Grant { path: use_path(path)?, expires }));
    }
    Some(nonce(text, "WWW-Authenticate")?.map_or(MsrpStart::Response(status), MsrpStart::Challenge))
}

/// The nonce of a challenge or of credentials; nothing where there are none.
fn nonce(text: &MsrpText<'_>, name: &'static str) -> Option<Option<Token>> {
    let Some(value) = text.value(name) else { return Some(None) };
    let digest = Authentication::whole(name, value).ok()?;
    Some(Some(token(&digest.parameters.get("nonce")?)?))
}
