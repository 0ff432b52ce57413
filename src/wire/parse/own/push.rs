//! Content of pushes, inline, by reference and wrapped in CPIM, and what terminals report of it.

use super::address::{instant, leading_token};
use super::body::{document, imdn};
use super::{Reader, foreign};
use crate::wire::id::Token;
use crate::wire::parse::fault::Fault;
use crate::wire::parse::mime::MimeText;
use crate::wire::parse::values::Valued;
use crate::wire::sip::body::{Body, Carriage, Push, PushReport, ReportWanted};

const PART: &str = "push";

impl Reader<'_> {
    /// Content that headers with this Content-ID and Content-Type describe.
    pub(super) fn push(&self, id: Option<&str>, content: &Valued<'_>, octets: &[u8]) -> Result<Push, Fault> {
        let read = || {
            let (carriage, octets) = match content.value {
                "message/external-body" => {
                    let url = content.parameters.get("URL")?;
                    let (host, _) = url.strip_prefix("http://")?.split_once('/')?;
                    let size = content.parameters.get("SIZE")?.parse().ok()?;
                    (Carriage::Reference(self.host(host)?), size)
                }
                "application/octet-stream" => (Carriage::Inline, u32::try_from(octets.len()).ok()?),
                _ => return None,
            };
            Some(Push { id: content_id(id?)?, octets, carriage, report: None })
        };
        read().ok_or(foreign(PART))
    }

    /// A CPIM message that wraps content, or that reports on it; `None` where it is of another kind.
    pub(super) fn push_in_cpim(&self, octets: &[u8]) -> Result<Option<Body>, Fault> {
        let message = MimeText::entity(octets)?;
        let inner = MimeText::entity(message.body)?;
        let content = inner.content_type()?.ok_or(foreign(PART))?;
        let address = |name| message.value(name)?.strip_prefix('<')?.strip_suffix('>');
        let is_host = |name| address(name).is_some_and(|address| !address.contains('@'));
        let sent_at = message.value("DateTime").and_then(instant).ok_or(foreign(PART))?;
        if is_host("From") {
            let to = address("To").and_then(|to| self.user(to)).ok_or(foreign(PART))?;
            let push = self.push(inner.value("Content-ID"), &content, inner.body)?;
            return Ok(Some(Body::Push(Push { report: Some(ReportWanted { to, sent_at }), ..push })));
        }
        if !is_host("To") {
            return Ok(None);
        }
        let read = || {
            Some(PushReport {
                from: address("From").and_then(|from| self.user(from))?,
                message_id: leading_token(message.value("imdn.Message-ID")?)?,
                sent_at,
                imdn: imdn(document(inner.body).ok()?)?,
            })
        };
        read().map(|report| Some(Body::PushReport(report))).ok_or(foreign(PART))
    }
}

fn content_id(text: &str) -> Option<Token> {
    leading_token(text.strip_prefix('<')?)
}
