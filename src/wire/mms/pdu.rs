//! The PDUs that a terminal gets and those that it answers with (OMA MMS encapsulation section 6).

use super::field;
use crate::kernel::{EntityId, Time};
use crate::wire::address;
use crate::wire::id::Token;
use crate::wire::mail::ApplicId;
use crate::wire::names::Names;
use crate::wire::notice::Notice;
use crate::wire::sink::{Counter, Sink};

/// m-notification-ind: an MM waits at the server.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NotificationInd {
    /// X-Mms-Transaction-Id.
    pub transaction: Token,
    /// Names the MM at its server.
    pub message: Token,
    /// The server.
    pub server: EntityId,
    /// Who wrote the mail that the MM was made of.
    pub from: EntityId,
    /// X-Mms-Message-Size, octets.
    pub size: u32,
    /// What is left of the MM's life, seconds.
    pub expiry: u32,
    /// X-Mms-Applic-ID.
    pub applic_id: Option<ApplicId>,
    /// Octets of X-Mms-Content-Location, at least what its parts need.
    pub url_octets: u16,
    /// X-Mms-Delivery-Report.
    pub report: bool,
}

/// The code of an X-Mms-Message-Type.
fn begin(sink: &mut impl Sink, message_type: u8) {
    sink.bytes(&[field::MESSAGE_TYPE, message_type]);
}

fn version(sink: &mut impl Sink) {
    sink.bytes(&[field::VERSION, field::VERSION_1_3]);
}

// req: MEM-9
fn applic_id(sink: &mut impl Sink, applic_id: Option<ApplicId>) {
    if let Some(applic_id) = applic_id {
        field::text(sink, field::APPLIC_ID, applic_id.text());
    }
}

/// Writes the path of an MM at its server: `/`, its identifier, and zeros up to the length that the URL shall have.
pub(super) fn path(sink: &mut impl Sink, names: &Names, server: EntityId, message: Token, url_octets: u16) {
    sink.text("/");
    let fixed = 7 + names.host(server).len() + 1 + 16;
    let padding = usize::from(url_octets).saturating_sub(fixed) as u32;
    if padding > 0 {
        sink.digits(0, padding);
    }
    sink.hex16(message.raw());
}

impl NotificationInd {
    /// Writes the PDU.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        begin(sink, 0x82);
        field::identifier(sink, field::TRANSACTION_ID, self.transaction);
        version(sink);
        field::from(sink, names, self.from);
        sink.bytes(&[field::DELIVERY_REPORT, if self.report { field::YES } else { field::NO }]);
        // Personal.
        sink.bytes(&[field::MESSAGE_CLASS, 0x80]);
        field::long(sink, field::MESSAGE_SIZE, self.size);
        field::expiry(sink, self.expiry);
        applic_id(sink, self.applic_id);
        sink.bytes(&[field::CONTENT_LOCATION]);
        sink.text("http://");
        sink.text(names.host(self.server));
        path(sink, names, self.server, self.message, self.url_octets);
        sink.bytes(&[0]);
    }
}

/// m-retrieve-conf: the MM.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RetrieveConf {
    /// X-Mms-Transaction-Id.
    pub transaction: Token,
    /// Message-ID.
    pub message: Token,
    /// Who wrote the mail that it was made of.
    pub from: EntityId,
    /// The terminal that it is for.
    pub terminal: EntityId,
    /// Date.
    pub date: Time,
    /// X-Mms-Applic-ID.
    pub applic_id: Option<ApplicId>,
    /// X-Mms-Delivery-Report.
    pub report: bool,
    /// Its one part: the body of the mail.
    pub notice: Notice,
}

impl RetrieveConf {
    /// Seconds from 1970 to the beginning of virtual time.
    pub(in crate::wire) const EPOCH: u64 = 1_767_225_600;

    /// Writes the PDU.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        begin(sink, 0x84);
        field::identifier(sink, field::TRANSACTION_ID, self.transaction);
        version(sink);
        field::identifier(sink, field::MESSAGE_ID, self.message);
        field::long(sink, field::DATE, u32::try_from(RetrieveConf::EPOCH + self.date.as_secs()).unwrap_or(u32::MAX));
        field::from(sink, names, self.from);
        field::to(sink, self.terminal);
        field::text(sink, field::SUBJECT, self.notice.subject());
        sink.bytes(&[field::DELIVERY_REPORT, if self.report { field::YES } else { field::NO }]);
        applic_id(sink, self.applic_id);
        // Content type application/vnd.wap.multipart.mixed with one part of text/plain in US-ASCII.
        sink.bytes(&[field::CONTENT_TYPE, 0xa3, 1, 4]);
        field::uintvar(sink, self.notice.octets());
        sink.bytes(&[0x03, 0x83, 0x81, 0x83]);
        self.notice.write(sink);
    }

    /// Its octets.
    pub fn len(&self, names: &Names) -> u64 {
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }
}

/// X-Mms-Status of m-notifyresp-ind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MmStatus {
    /// The terminal has the MM.
    Retrieved,
    /// The terminal will fetch it later.
    Deferred,
}

/// Writes m-notifyresp-ind: the answer to a notification, at once or after an immediate retrieval.
pub(super) fn notify_resp(sink: &mut impl Sink, transaction: Token, status: MmStatus) {
    begin(sink, 0x83);
    field::identifier(sink, field::TRANSACTION_ID, transaction);
    version(sink);
    let status = match status {
        MmStatus::Retrieved => 0x81,
        MmStatus::Deferred => 0x83,
    };
    sink.bytes(&[field::STATUS, status, field::REPORT_ALLOWED, field::YES]);
}

/// Writes m-acknowledge-ind: the terminal has what it deferred.
pub(super) fn acknowledge(sink: &mut impl Sink, transaction: Token) {
    begin(sink, 0x85);
    field::identifier(sink, field::TRANSACTION_ID, transaction);
    version(sink);
    sink.bytes(&[field::REPORT_ALLOWED, field::YES]);
}

/// Writes the number of a terminal as the access network tells it to the server.
pub(super) fn subscriber(sink: &mut impl Sink, terminal: EntityId) {
    address::msisdn(sink, terminal);
}
