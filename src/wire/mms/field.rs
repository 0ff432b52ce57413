//! Fields of MMS PDUs in the binary encoding of WSP (WAP-230 section 8.4): short integers have the highest bit set,
//! text ends with a zero octet, values of several parts begin with their length.

use crate::kernel::EntityId;
use crate::wire::address;
use crate::wire::id::Token;
use crate::wire::names::Names;
use crate::wire::sink::Sink;

/// Field codes, with the bit that marks an assigned number.
pub(in crate::wire) const CONTENT_LOCATION: u8 = 0x83;
pub(in crate::wire) const CONTENT_TYPE: u8 = 0x84;
pub(in crate::wire) const DATE: u8 = 0x85;
pub(in crate::wire) const DELIVERY_REPORT: u8 = 0x86;
pub(in crate::wire) const EXPIRY: u8 = 0x88;
pub(in crate::wire) const FROM: u8 = 0x89;
pub(in crate::wire) const MESSAGE_CLASS: u8 = 0x8a;
pub(in crate::wire) const MESSAGE_ID: u8 = 0x8b;
pub(in crate::wire) const MESSAGE_TYPE: u8 = 0x8c;
pub(in crate::wire) const VERSION: u8 = 0x8d;
pub(in crate::wire) const MESSAGE_SIZE: u8 = 0x8e;
pub(in crate::wire) const REPORT_ALLOWED: u8 = 0x91;
pub(in crate::wire) const STATUS: u8 = 0x95;
pub(in crate::wire) const SUBJECT: u8 = 0x96;
pub(in crate::wire) const TO: u8 = 0x97;
pub(in crate::wire) const TRANSACTION_ID: u8 = 0x98;
pub(in crate::wire) const APPLIC_ID: u8 = 0xb7;

/// MMS version 1.3, the first with X-Mms-Applic-ID.
pub(in crate::wire) const VERSION_1_3: u8 = 0x93;
/// The values yes and no.
pub(in crate::wire) const YES: u8 = 0x80;
pub(in crate::wire) const NO: u8 = 0x81;

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
    sink.bytes(&[FROM]);
    value_length(sink, 1 + 9 + host.len() as u32 + 1);
    sink.bytes(&[0x80]);
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

/// The length of a value of several parts: one octet up to 30, then a quote before it (WAP-230 section 8.4.2.2).
fn value_length(sink: &mut impl Sink, length: u32) {
    match length {
        0..=30 => sink.bytes(&[length as u8]),
        31..=127 => sink.bytes(&[31, length as u8]),
        _ => {
            sink.bytes(&[31]);
            uintvar(sink, length);
        }
    }
}

/// A length as a variable-length unsigned integer of two octets, or three where it needs them.
pub(super) fn uintvar(sink: &mut impl Sink, value: u32) {
    let part = |shift: u32| (value >> shift & 0x7f) as u8;
    if value >= 1 << 14 {
        sink.bytes(&[0x80 | part(14)]);
    }
    sink.bytes(&[0x80 | part(7), part(0)]);
}
