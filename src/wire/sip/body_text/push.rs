//! Content of a push: inline, or `message/external-body` that says where it is (RFC 4483). Where the sender asks to be
//! told, the content is wrapped in CPIM (RFC 3862) with the headers of RFC 5438.

use super::Body;
use crate::wire::address;
use crate::wire::id::Token;
use crate::wire::names::Names;
use crate::wire::sink::Sink;
use crate::wire::sip::body::{Carriage, Push, PushReport};

/// What the content of a push is taken to be; its octets are what counts.
const CONTENT: &str = "Content-Type: application/octet-stream\r\n";

impl Push {
    /// Writes the headers of the message that describe the body.
    pub(in crate::wire::sip) fn write_headers(&self, names: &Names, sink: &mut impl Sink) {
        if self.report.is_some() {
            sink.text("Content-Type: message/cpim\r\n");
        } else {
            self.write_content_headers(names, sink);
        }
    }

    /// RFC 8262 lets a SIP message name its content.
    fn write_content_headers(&self, names: &Names, sink: &mut impl Sink) {
        content_id(sink, names, self.id);
        match self.carriage {
            Carriage::Inline => sink.text(CONTENT),
            Carriage::Reference(server) => {
                sink.text("Content-Type: message/external-body;ACCESS-TYPE=URL;URL=\"http://");
                address::host(sink, names, server);
                content_path(sink, self.id, self.octets);
                sink.text("\";SIZE=");
                sink.decimal(u64::from(self.octets));
                sink.text("\r\n");
            }
        }
    }

    pub(super) fn write(&self, names: &Names, sink: &mut impl Sink) {
        if let Some(wanted) = self.report {
            sink.text("From: <sip:");
            address::host(sink, names, self.id.entity());
            sink.text(">\r\nTo: <");
            address::public_identity(sink, names, wanted.to);
            sink.text(">\r\nDateTime: ");
            sink.instant(wanted.sent_at);
            sink.text("\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: ");
            sink.hex16(self.id.raw());
            sink.text("\r\nimdn.Disposition-Notification: positive-delivery\r\n\r\n");
            self.write_content_headers(names, sink);
            sink.text("\r\n");
        }
        match self.carriage {
            Carriage::Inline => sink.filler(self.octets),
            Carriage::Reference(_) => {
                sink.text(CONTENT);
                content_id(sink, names, self.id);
                sink.text("\r\n");
            }
        }
    }
}

/// Writes the path under which a content server has the content of a push.
pub(in crate::wire) fn content_path(sink: &mut impl Sink, content: Token, octets: u32) {
    sink.text("/content/");
    sink.hex16(content.raw());
    sink.text("/");
    sink.digits(u64::from(octets), 10);
}

fn content_id(sink: &mut impl Sink, names: &Names, id: Token) {
    sink.text("Content-ID: <");
    sink.hex16(id.raw());
    sink.text("@");
    address::host(sink, names, id.entity());
    sink.text(">\r\n");
}

impl PushReport {
    pub(super) fn write(&self, names: &Names, sink: &mut impl Sink) {
        sink.text("From: <");
        address::public_identity(sink, names, self.from);
        sink.text(">\r\nTo: <sip:");
        address::host(sink, names, self.imdn.about.entity());
        sink.text(">\r\nDateTime: ");
        sink.instant(self.sent_at);
        sink.text("\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: ");
        sink.hex16(self.message_id.raw());
        sink.text("\r\n\r\n");
        self.imdn.write_part(names, self.from, sink);
    }
}

impl Body {
    /// The push that a body is.
    pub fn as_push(&self) -> Option<&Push> {
        if let Body::Push(push) = self { Some(push) } else { None }
    }
}
