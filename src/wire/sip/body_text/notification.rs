//! In-band notifications about deferred messages.
//!
//! OMA CPM Appendix I.1.2 has the schema of the metadata and is not public. The document here is our own, with what the
//! text around it names (the number of messages; for each its message-URI-ID, sender, date and size) and as large as
//! estimates of the real one: about 253 octets for each message.

use crate::wire::address;
use crate::wire::names::Names;
use crate::wire::sink::{Counter, Sink};
use crate::wire::sip::body::{Notification, NotificationEntry, NotificationKind};

/// Content-Type; the registered name of the real document is not public either.
pub(super) const TYPE: &str = "application/x-cpm-deferred+xml";

impl Notification {
    /// Octets of the body.
    pub fn len(&self, names: &Names) -> u64 {
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }

    /// Octets that a notification of `number` messages has when it describes `entries`, so that the metadata can be cut
    /// to a size without being built.
    pub fn len_for(names: &Names, number: u32, entries: &[NotificationEntry]) -> u64 {
        Notification::base_len(number) + entries.iter().map(|entry| entry.len(names)).sum::<u64>()
    }

    /// Octets of a notification of `number` messages that describes none of them.
    pub fn base_len(number: u32) -> u64 {
        let mut counter = Counter::default();
        open(&mut counter, NotificationKind::Waiting, number);
        counter.text(CLOSE);
        counter.0
    }

    // req: CPM-PF-4f
    // req: CPM-PF-4g
    pub(super) fn write(&self, names: &Names, sink: &mut impl Sink) {
        open(sink, self.kind, self.number);
        for entry in &self.entries {
            entry.write(names, sink);
        }
        sink.text(CLOSE);
    }
}

const CLOSE: &str = "</deferred-messages>\r\n";

fn open(sink: &mut impl Sink, kind: NotificationKind, number: u32) {
    sink.text(super::XML);
    sink.text("<deferred-messages xmlns=\"urn:x-cpm:deferred\"");
    sink.text(match kind {
        NotificationKind::Waiting => "",
        NotificationKind::Expiring => " event=\"expiring\"",
        NotificationKind::Expired => " event=\"expired\"",
    });
    sink.text(" number=\"");
    sink.decimal(u64::from(number));
    sink.text("\">\r\n");
}

impl NotificationEntry {
    /// Octets that the entry adds to a notification.
    pub fn len(&self, names: &Names) -> u64 {
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }

    fn write(&self, names: &Names, sink: &mut impl Sink) {
        sink.text("<message uri-id=\"");
        address::message_uri_id(sink, names, self.id);
        sink.text("\">\r\n<from>");
        address::public_identity(sink, names, self.from);
        sink.text("</from>\r\n<date>");
        sink.instant(self.sent_at);
        sink.text("</date>\r\n<content-type>text/plain;charset=utf-8</content-type>\r\n<size>");
        sink.decimal(u64::from(self.size));
        sink.text("</size>\r\n<priority>normal</priority>\r\n</message>\r\n");
    }
}
