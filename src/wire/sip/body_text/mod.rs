//! Bodies as octets.

mod cpim;
mod management;
mod notification;
pub(in crate::wire) mod push;
mod reginfo;
mod sdp;
mod xcap_diff;

use super::body::{Body, Carriage, Cpim, CpimContent, Push};
use crate::wire::names::Names;
use crate::wire::sink::{Counter, Sink};

/// First line of the XML documents.
const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n";

impl Body {
    /// Writes the body.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        match self {
            Body::Empty => {}
            Body::Sdp(sdp) => sdp.write(names, sink),
            Body::Cpim(cpim) => cpim.write(names, sink),
            Body::Management(management) => management.write(names, sink),
            Body::Notification(notification) => notification.write(names, sink),
            Body::RegInfo(reginfo) => reginfo.write(names, sink),
            Body::Register(register) => register.write(names, sink),
            Body::Push(push) => push.write(names, sink),
            Body::PushReport(report) => report.write(names, sink),
            Body::RuleDocuments => sink.text(xcap_diff::DOCUMENTS),
            Body::XcapDiff(diff) => diff.write(names, sink),
            Body::Sms(relay) => relay.write(names, sink),
            Body::Mailbox(notice) => notice.write(sink),
        }
    }

    /// Octets of the body, its own headers included.
    #[inline]
    pub fn len(&self, names: &Names) -> u64 {
        if let Body::Register(register) = self {
            return register.wire_len(names);
        }
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }

    /// Whether there is no body.
    pub fn is_empty(&self) -> bool {
        matches!(self, Body::Empty)
    }

    /// Octets of the content that a CPIM message wraps: the user's text, or the IMDN document; of a push that is
    /// inline, its content. Of any other body, which nothing wraps, all its octets.
    pub fn content_len(&self, names: &Names) -> u64 {
        match self {
            Body::Cpim(cpim) => match cpim.content {
                CpimContent::Text(octets) => u64::from(octets),
                CpimContent::Imdn(imdn) => imdn.len(names, cpim.from),
            },
            Body::Push(Push { carriage: Carriage::Inline, octets, .. }) => u64::from(*octets),
            _ => self.len(names),
        }
    }

    /// The CPIM message, where the body is one.
    pub fn cpim(&self) -> Option<&Cpim> {
        if let Body::Cpim(cpim) = self { Some(cpim) } else { None }
    }

    /// The value of Content-Type, where it is the same for every body of the kind.
    pub const fn content_type(&self) -> Option<&'static str> {
        match self {
            Body::Empty => None,
            Body::Sdp(_) => Some(sdp::TYPE),
            Body::Cpim(_) => Some(cpim::TYPE),
            Body::Management(_) => Some(management::TYPE),
            Body::Notification(_) => Some(notification::TYPE),
            Body::RegInfo(_) => Some(reginfo::TYPE),
            Body::Register(_) => Some("message/sip"),
            Body::PushReport(_) => Some(cpim::TYPE),
            // Its type has parameters: the push writes it itself.
            Body::Push(_) => None,
            Body::RuleDocuments => Some(xcap_diff::DOCUMENTS_TYPE),
            Body::XcapDiff(_) => Some(xcap_diff::TYPE),
            Body::Sms(_) => Some("application/vnd.3gpp.sms"),
            Body::Mailbox(_) => Some("text/plain"),
        }
    }
}
