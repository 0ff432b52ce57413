//! Registration information (RFC 3680) with GRUUs (RFC 5628) and feature tags.

use crate::wire::address;
use crate::wire::names::Names;
use crate::wire::sink::Sink;
use crate::wire::sip::body::{ContactEvent, RegInfo, RegInfoContact};
use crate::wire::sip::{FeatureTags, Uri, header_text};

/// Content-Type.
pub(super) const TYPE: &str = "application/reginfo+xml";

impl RegInfo {
    /// Writes the document: full state, one registration.
    pub(super) fn write(&self, names: &Names, sink: &mut impl Sink) {
        sink.text("<?xml version=\"1.0\"?>\r\n<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\"");
        sink.text(" xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\" version=\"");
        sink.decimal(u64::from(self.version));
        sink.text("\" state=\"full\">\r\n<registration aor=\"");
        address::public_identity(sink, names, self.user);
        sink.text("\" id=\"u");
        sink.hex(u64::from(self.user.0), 8);
        let active = self.contacts.iter().any(|contact| is_active(contact.event));
        sink.text(if active { "\" state=\"active\">\r\n" } else { "\" state=\"terminated\">\r\n" });
        for contact in &self.contacts {
            contact.write(names, sink);
        }
        sink.text("</registration>\r\n</reginfo>\r\n");
    }
}

const fn is_active(event: ContactEvent) -> bool {
    match event {
        ContactEvent::Registered | ContactEvent::Refreshed => true,
        ContactEvent::Unregistered | ContactEvent::Expired => false,
    }
}

const fn event_text(event: ContactEvent) -> &'static str {
    match event {
        ContactEvent::Registered => "\" state=\"active\" event=\"registered\" expires=\"",
        ContactEvent::Refreshed => "\" state=\"active\" event=\"refreshed\" expires=\"",
        ContactEvent::Unregistered => "\" state=\"terminated\" event=\"unregistered\" expires=\"",
        ContactEvent::Expired => "\" state=\"terminated\" event=\"expired\" expires=\"",
    }
}

impl RegInfoContact {
    fn write(&self, names: &Names, sink: &mut impl Sink) {
        sink.text("<contact id=\"c");
        sink.hex(u64::from(self.terminal.0), 6);
        sink.text(event_text(self.event));
        sink.decimal(self.expires.as_secs());
        sink.text("\">\r\n<uri>");
        address::uri(sink, names, Uri::Contact(self.terminal));
        sink.text("</uri>\r\n<unknown-param name=\"+sip.instance\">\"&lt;");
        address::instance(sink, self.terminal);
        sink.text("&gt;\"</unknown-param>\r\n");
        self.features(sink);
        if is_active(self.event) {
            self.gruus(names, sink);
        }
        sink.text("</contact>\r\n");
    }

    fn features(&self, sink: &mut impl Sink) {
        if !self.features.icsi().is_empty() {
            sink.text("<unknown-param name=\"+g.3gpp.icsi-ref\">\"");
            header_text::icsi_values(sink, self.features);
            sink.text("\"</unknown-param>\r\n");
        }
        if self.features.contains(FeatureTags::OMA_SIP_IM) {
            sink.text("<unknown-param name=\"+g.oma.sip-im\"></unknown-param>\r\n");
        }
        if self.features.contains(FeatureTags::PUSH_APPLICATION) {
            sink.text("<unknown-param name=\"+g.3gpp.iari-ref\">\"");
            sink.text(header_text::PUSH_IARI);
            sink.text("\"</unknown-param>\r\n");
        }
    }

    fn gruus(&self, names: &Names, sink: &mut impl Sink) {
        sink.text("<gr:pub-gruu uri=\"");
        address::uri(sink, names, Uri::PublicGruu(self.terminal));
        sink.text("\"/>\r\n<gr:temp-gruu uri=\"");
        address::uri(sink, names, Uri::TemporaryGruu(self.terminal, self.gruu));
        // Every registration starts with CSeq 1 under a Call-ID of its own.
        sink.text("\" first-cseq=\"1\"/>\r\n");
    }
}
