//! CPIM messages (RFC 3862) with the headers of RFC 5438, and the IMDN documents in them.

use crate::wire::address;
use crate::wire::id::UserId;
use crate::wire::names::Names;
use crate::wire::sink::{Counter, Sink};
use crate::wire::sip::body::{Cpim, CpimContent, Disposition, DispositionRequest, Imdn};

/// Content-Type.
pub(super) const TYPE: &str = "message/cpim";

impl Cpim {
    /// Writes the message.
    #[inline]
    pub(super) fn write(&self, names: &Names, sink: &mut impl Sink) {
        self.headers(names, sink);
        match self.content {
            CpimContent::Text(octets) => text(sink, octets),
            CpimContent::Imdn(imdn) => imdn.write_part(names, self.from, sink),
        }
    }

    /// Octets of the message.
    pub fn len(&self, names: &Names) -> u64 {
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }

    /// Writes all of the message that comes before its user's text, which other chunks may continue, and returns how
    /// many octets that is; nothing when it is longer than `room`.
    pub(in crate::wire) fn write_beginning(&self, names: &Names, room: u32, sink: &mut impl Sink) -> u32 {
        let CpimContent::Text(octets) = self.content else { return 0 };
        let mut counter = Counter::default();
        self.headers(names, &mut counter);
        text_head(&mut counter, octets);
        let Some(begun) = u32::try_from(counter.0).ok().filter(|begun| *begun <= room) else { return 0 };
        self.headers(names, sink);
        text_head(sink, octets);
        begun
    }

    #[inline]
    fn headers(&self, names: &Names, sink: &mut impl Sink) {
        sink.text("From: <");
        address::public_identity(sink, names, self.from);
        sink.text(">\r\nTo: <");
        address::public_identity(sink, names, self.to);
        sink.text(">\r\nDateTime: ");
        sink.instant(self.sent_at);
        sink.text("\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: ");
        sink.hex16(self.message_id.raw());
        sink.text("\r\n");
        sink.text(disposition_line(self.dispositions));
        sink.text("\r\n");
    }
}

#[inline]
fn text(sink: &mut impl Sink, octets: u32) {
    text_head(sink, octets);
    sink.filler(octets);
}

#[inline]
fn text_head(sink: &mut impl Sink, octets: u32) {
    sink.text("Content-Type: text/plain; charset=utf-8\r\nContent-Length: ");
    sink.decimal(u64::from(octets));
    sink.text("\r\n\r\n");
}

#[inline]
const fn disposition_line(asked: DispositionRequest) -> &'static str {
    match (asked.positive_delivery, asked.negative_delivery) {
        (false, false) => "",
        (true, false) => "imdn.Disposition-Notification: positive-delivery\r\n",
        (false, true) => "imdn.Disposition-Notification: negative-delivery\r\n",
        (true, true) => "imdn.Disposition-Notification: positive-delivery, negative-delivery\r\n",
    }
}

impl Imdn {
    pub(super) fn write_part(&self, names: &Names, recipient: UserId, sink: &mut impl Sink) {
        sink.text("Content-Type: message/imdn+xml\r\nContent-Disposition: notification\r\nContent-Length: ");
        sink.decimal(self.len(names, recipient));
        sink.text("\r\n\r\n");
        self.write(names, recipient, sink);
    }

    /// Octets of the document.
    pub(super) fn len(&self, names: &Names, recipient: UserId) -> u64 {
        let mut counter = Counter::default();
        self.write(names, recipient, &mut counter);
        counter.0
    }

    fn write(&self, names: &Names, recipient: UserId, sink: &mut impl Sink) {
        sink.text(super::XML);
        sink.text("<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">\r\n<message-id>");
        sink.hex16(self.about.raw());
        sink.text("</message-id>\r\n<datetime>");
        sink.instant(self.sent_at);
        sink.text("</datetime>\r\n<recipient-uri>");
        address::public_identity(sink, names, recipient);
        sink.text("</recipient-uri>\r\n<original-recipient-uri>");
        address::public_identity(sink, names, recipient);
        sink.text("</original-recipient-uri>\r\n<delivery-notification><status>");
        sink.text(match self.disposition {
            Disposition::Delivered => "<delivered/>",
            Disposition::Failed => "<failed/>",
        });
        sink.text("</status></delivery-notification>\r\n</imdn>\r\n");
    }
}
