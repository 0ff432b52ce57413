//! SIP messages as octets: start line and the order of the headers.

use super::headers::Via;
use super::reason::reason_phrase;
use super::{Body, SipMessage, Start, extension_text, header_text};
use crate::wire::address;
use crate::wire::names::Names;
use crate::wire::sink::{Counter, Sink};

impl SipMessage {
    /// Writes the message as it stands on the wire.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        self.write_under(&self.via, names, sink);
    }

    /// Writes the message with these Via entries in place of its own.
    pub(super) fn write_under(&self, vias: &[Via], names: &Names, sink: &mut impl Sink) {
        self.write_head(vias, names, self.body.len(names), sink);
        self.body.write(names, sink);
    }

    /// Its octets on the wire.
    pub fn wire_len(&self, names: &Names) -> u64 {
        self.wire_len_under(&self.via, names)
    }

    /// Its octets with these Via entries in place of its own.
    #[inline]
    pub(super) fn wire_len_under(&self, vias: &[Via], names: &Names) -> u64 {
        // The body is counted once: Content-Length needs its length before the head is complete.
        let body = self.body.len(names);
        let mut counter = Counter::default();
        self.write_head(vias, names, body, &mut counter);
        counter.0 + body
    }

    #[inline]
    fn write_head(&self, vias: &[Via], names: &Names, body: u64, sink: &mut impl Sink) {
        self.start_line(names, sink);
        for via in vias.iter().rev() {
            header_text::via(sink, names, *via);
        }
        if self.is_request() {
            sink.text("Max-Forwards: ");
            sink.decimal(u64::from(self.max_forwards));
            sink.text("\r\n");
        }
        for route in self.route.iter().rev() {
            header_text::route(sink, names, *route);
        }
        for node in self.record_route.iter().rev() {
            header_text::router(sink, names, "Record-Route: <sip:", *node);
        }
        self.identification(names, sink);
        header_text::contacts(sink, names, &self.contact);
        if let Some(expires) = self.expires {
            sink.text("Expires: ");
            sink.decimal(u64::from(expires));
            sink.text("\r\n");
        }
        extension_text::write(sink, names, self);
        self.content(body, names, sink);
    }

    #[inline]
    fn start_line(&self, names: &Names, sink: &mut impl Sink) {
        match self.start {
            Start::Request { method, uri } => {
                sink.text(method.name());
                sink.text(" ");
                address::uri(sink, names, uri);
                sink.text(" SIP/2.0\r\n");
            }
            Start::Response { status, .. } => {
                sink.text("SIP/2.0 ");
                sink.digits(u64::from(status), 3);
                sink.text(" ");
                sink.text(reason_phrase(status));
                sink.text("\r\n");
            }
        }
    }

    #[inline]
    fn identification(&self, names: &Names, sink: &mut impl Sink) {
        header_text::party(sink, names, "From: <", self.from);
        header_text::party(sink, names, "To: <", self.to);
        sink.text("Call-ID: ");
        sink.hex16(self.call_id.raw());
        sink.text("@");
        address::host(sink, names, self.call_id.entity());
        sink.text("\r\nCSeq: ");
        sink.decimal(u64::from(self.cseq));
        sink.text(" ");
        sink.text(self.method().name());
        sink.text("\r\n");
    }

    /// Writes Content-Type, Content-Length and the blank line.
    #[inline]
    fn content(&self, body: u64, names: &Names, sink: &mut impl Sink) {
        if let Body::Push(push) = &self.body {
            push.write_headers(names, sink);
        } else if let Some(content_type) = self.body.content_type() {
            sink.text("Content-Type: ");
            sink.text(content_type);
            sink.text("\r\n");
        }
        sink.text("Content-Length: ");
        sink.decimal(body);
        sink.text("\r\n\r\n");
    }
}
