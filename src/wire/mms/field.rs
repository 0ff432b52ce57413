//! Fields of MMS PDUs in the binary encoding of WSP (WAP-230 section 8.4): short integers have the highest bit set,
//! text ends with a zero octet, values of several parts begin with their length.

use crate::kernel::EntityId;
use crate::wire::address;
use crate::wire::id::Token;
use crate::wire::names::Names;
use crate::wire::sink::Sink;

/// Field codes, with the bit that marks an assigned number.
pub(super) const CONTENT_LOCATION: u8 = 0x83;
pub(super) const CONTENT_TYPE: u8 = 0x84;
pub(super) const DATE: u8 = 0x85;
pub(super) const DELIVERY_REPORT: u8 = 0x86;
pub(super) const EXPIRY: u8 = 0x88;
pub(super) const FROM: u8 = 0x89;
pub(super) const MESSAGE_CLASS: u8 = 0x8a;
pub(super) const MESSAGE_ID: u8 = 0x8b;
pub(super) const MESSAGE_TYPE: u8 = 0x8c;
pub(super) const VERSION: u8 = 0x8d;
pub(super) const MESSAGE_SIZE: u8 = 0x8e;
pub(super) const REPORT_ALLOWED: u8 = 0x91;
pub(super) const STATUS: u8 = 0x95;
pub(super) const SUBJECT: u8 = 0x96;
pub(super) const TO: u8 = 0x97;
pub(super) const TRANSACTION_ID: u8 = 0x98;
pub(super) const APPLIC_ID: u8 = 0xb7;

/// MMS version 1.3, the first with X-Mms-Applic-ID.
pub(super) const VERSION_1_3: u8 = 0x93;
/// The values yes and no.
pub(super) const YES: u8 = 0x80;
pub(super) const NO: u8 = 0x81;

/// A field with text.
pub(super) fn text(sink: &mut impl Sink, field: u8, value: &str) {
    sink.bytes(&[field]);
    sink.text(value);
    sink.bytes(&[0]);
}

/// A field with an identifier.
pub(super) fn identifier(sink: &mut impl Sink, field: u8, value: Token) {
    sink.bytes(&[field]);
    sink.hex16(value.raw());
    sink.bytes(&[0]);
}

/// A field with a number of four octets.
pub(super) fn long(sink: &mut impl Sink, field: u8, value: u32) {
    sink.bytes(&[field, 4]);
    sink.bytes(&value.to_be_bytes());
}

/// X-Mms-Expiry as seconds from now.
pub(super) fn expiry(sink: &mut impl Sink, seconds: u32) {
    sink.bytes(&[EXPIRY, 6, 0x81, 4]);
    sink.bytes(&seconds.to_be_bytes());
}

/// From with the address of a server's own mailbox.
pub(super) fn from(sink: &mut impl Sink, names: &Names, server: EntityId) {
    let host = names.host(server);
    // Address present, `notifier@`, host, zero.
    sink.bytes(&[FROM, (1 + 9 + host.len() + 1) as u8, 0x80]);
    sink.text("notifier@");
    sink.text(host);
    sink.bytes(&[0]);
}

/// To with the number of a terminal.
pub(super) fn to(sink: &mut impl Sink, terminal: EntityId) {
    sink.bytes(&[TO]);
    address::msisdn(sink, terminal);
    sink.text("/TYPE=PLMN");
    sink.bytes(&[0]);
}

/// A length as a variable-length unsigned integer of two octets, or three where it needs them.
pub(super) fn uintvar(sink: &mut impl Sink, value: u32) {
    let part = |shift: u32| (value >> shift & 0x7f) as u8;
    if value >= 1 << 14 {
        sink.bytes(&[0x80 | part(14)]);
    }
    sink.bytes(&[0x80 | part(7), part(0)]);
}
