//! Hosts, users and URIs as text. Every identifier of one kind has one width, so that the octets of a message do not
//! depend on which user or terminal it is about; only host names and domains have the lengths that the model gives
//! them.

use super::id::{Token, UserId};
use super::names::Names;
use super::sink::Sink;
use super::sip::{ManagementUri, Uri};
use crate::kernel::EntityId;

/// What the instance of every terminal starts with.
pub(super) const INSTANCE: &str = "urn:uuid:f81d4fae-7dec-41d0-a765-00a0c9";

/// Values of the second, third and fourth part of a terminal's address: 100 to 255.
const TERMINAL_VALUES: u32 = 156;

/// Port of SIP.
const SIP_PORT: &str = ":5060";

/// Writes a node's host name or a terminal's IPv4 address.
///
/// A terminal has `10.x.y.z` with x, y and z from 100 to 255: all of one width, and valid without leading zeros. From
/// the 3,796,417th entity on the first octet goes up to 14.
#[inline]
pub(crate) fn host(sink: &mut impl Sink, names: &Names, entity: EntityId) {
    const VALUES: u64 = TERMINAL_VALUES as u64;
    if !names.is_terminal(entity) {
        sink.text(names.host(entity));
        return;
    }
    let index = u64::from(entity.0);
    sink.digits(10 + index / (VALUES * VALUES * VALUES), 2);
    for place in [VALUES * VALUES, VALUES, 1] {
        sink.text(".");
        sink.digits(100 + index / place % VALUES, 3);
    }
}

/// The IPv4 address of a terminal as messages have it, and of a node from 172.16.0.0/12: 172.16.0.1 is the first.
pub fn ip_address(names: &Names, entity: EntityId) -> [u8; 4] {
    if !names.is_terminal(entity) {
        return (u32::from_be_bytes([172, 16, 0, 1]) + entity.0).to_be_bytes();
    }
    let part = |place: u32| (100 + entity.0 / place % TERMINAL_VALUES) as u8;
    let first = (10 + entity.0 / TERMINAL_VALUES.pow(3)) as u8;
    [first, part(TERMINAL_VALUES.pow(2)), part(TERMINAL_VALUES), part(1)]
}

/// Writes host and port.
#[inline]
pub(crate) fn host_port(sink: &mut impl Sink, names: &Names, entity: EntityId) {
    host(sink, names, entity);
    sink.text(SIP_PORT);
}

/// Writes the number of a user in international format: `+4670` and eight digits. Every user has a terminal, and there
/// are fewer than 2^24 of those, so eight digits hold all.
#[inline]
pub(crate) fn number(sink: &mut impl Sink, user: UserId) {
    sink.text("+4670");
    sink.digits(u64::from(user.0), 8);
}

/// Writes the number of a terminal's own subscription (MSISDN) in international format: `+4673` and eight digits.
#[inline]
pub(crate) fn msisdn(sink: &mut impl Sink, terminal: EntityId) {
    sink.text("+4673");
    sink.digits(u64::from(terminal.0), 8);
}

/// Writes the public user identity as a SIP URI.
#[inline]
pub(crate) fn public_identity(sink: &mut impl Sink, names: &Names, user: UserId) {
    sink.text("sip:");
    number(sink, user);
    sink.text("@");
    sink.text(names.domain(names.network_of(user)));
}

/// Writes the private user identity, a network access identifier.
#[inline]
pub(crate) fn private_identity(sink: &mut impl Sink, names: &Names, user: UserId) {
    sink.text("4670");
    sink.digits(u64::from(user.0), 8);
    sink.text("@private.");
    sink.text(names.domain(names.network_of(user)));
}

/// Writes the instance of a terminal, a version 4 UUID URN.
#[inline]
pub(crate) fn instance(sink: &mut impl Sink, terminal: EntityId) {
    sink.text(INSTANCE);
    sink.hex(u64::from(terminal.0), 6);
}

/// Writes a UUID made of 122 bits of a number, as Conversation-ID and Contribution-ID carry it.
#[inline]
pub(crate) fn uuid(sink: &mut impl Sink, number: u64, salt: u64) {
    let mixed = mix(number ^ salt);
    sink.hex(mixed >> 32, 8);
    sink.text("-");
    sink.hex(mixed >> 16, 4);
    sink.text("-4");
    sink.hex(mixed, 3);
    sink.text("-a");
    sink.hex(number >> 52, 3);
    sink.text("-");
    sink.hex(number, 12);
}

/// Scatters the bits of a number (a bijection), for values that look random on the wire.
#[inline]
pub(crate) fn mix(number: u64) -> u64 {
    let x = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

/// The number that [`mix`] scattered.
pub(super) fn unmix(mixed: u64) -> u64 {
    // Each step back: what was shifted away from the top is put back, and the factors have inverses modulo 2^64.
    let unshift = |x: u64, by: u32| x ^ x >> by ^ x >> (2 * by);
    let x = unshift(mixed, 31).wrapping_mul(0x3196_42b2_d24d_8ec3);
    let x = unshift(x, 27).wrapping_mul(0x96de_1b17_3f11_9089);
    unshift(x, 30)
}

/// Writes the message-URI-ID that a PF gave to a deferred message.
#[inline]
pub(crate) fn message_uri_id(sink: &mut impl Sink, names: &Names, id: Token) {
    sink.text("sip:");
    sink.hex16(id.raw());
    sink.text("@");
    host(sink, names, id.entity());
}

/// The user that a URI names, directly or by a terminal.
pub(crate) fn user_of(names: &Names, uri: Uri) -> Option<UserId> {
    match uri {
        Uri::User(user) => Some(user),
        Uri::Contact(terminal) | Uri::PublicGruu(terminal) | Uri::TemporaryGruu(terminal, _) => {
            Some(names.terminal_owner(terminal).0)
        }
        Uri::Domain(_) | Uri::Node(_) | Uri::DeferredManagement(_) => None,
    }
}

/// Writes a URI without brackets.
#[inline]
pub(crate) fn uri(sink: &mut impl Sink, names: &Names, uri: Uri) {
    match uri {
        Uri::User(user) => public_identity(sink, names, user),
        Uri::Domain(network) => {
            sink.text("sip:");
            sink.text(names.domain(network));
        }
        Uri::Contact(terminal) => contact(sink, names, terminal),
        Uri::PublicGruu(terminal) => public_gruu(sink, names, terminal),
        Uri::TemporaryGruu(terminal, registration) => temporary_gruu(sink, names, terminal, registration),
        Uri::Node(node) => {
            sink.text("sip:");
            host_port(sink, names, node);
        }
        Uri::DeferredManagement(ManagementUri::Opaque(network)) => {
            sink.text("sip:cpm-deferred-mgmt@");
            sink.text(names.domain(network));
        }
        Uri::DeferredManagement(ManagementUri::Hostname(node)) => {
            sink.text("sip:CPMDeferredMsgMgmt@");
            host(sink, names, node);
        }
    }
}

#[inline]
fn contact(sink: &mut impl Sink, names: &Names, terminal: EntityId) {
    sink.text("sip:+4670");
    sink.digits_of(|| u64::from(names.terminal_owner(terminal).0.0), 8);
    sink.text("@");
    host_port(sink, names, terminal);
}

#[inline]
fn public_gruu(sink: &mut impl Sink, names: &Names, terminal: EntityId) {
    public_identity(sink, names, names.terminal_owner(terminal).0);
    sink.text(";gr=");
    instance(sink, terminal);
}

#[inline]
fn temporary_gruu(sink: &mut impl Sink, names: &Names, terminal: EntityId, registration: u32) {
    let (user, _) = names.terminal_owner(terminal);
    sink.text("sip:tgruu.");
    sink.hex16(mix(u64::from(terminal.0) << 32 | u64::from(registration)));
    sink.text("@");
    sink.text(names.domain(names.network_of(user)));
    sink.text(";gr");
}
