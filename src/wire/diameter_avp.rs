//! Diameter attribute-value pairs (RFC 6733 section 4) as values on the stack.

use super::address;
use super::diameter_profile::Profile;
use super::id::UserId;
use super::names::Names;
use super::sink::{Counter, Sink};
use crate::kernel::EntityId;

/// Vendor-Id of 3GPP.
pub(super) const VENDOR_3GPP: u32 = 10_415;

/// An attribute-value pair.
#[derive(Clone, Copy)]
pub(super) struct Avp<'a> {
    code: u32,
    vendor: bool,
    value: Value<'a>,
}

/// The data of a pair.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    /// Unsigned32 or Enumerated.
    Number(u32),
    /// Text, or octets that are written as text.
    Text(&'a str),
    /// Octets made from a seed, this many groups of eight: keys and vectors.
    Key(u64, u32),
    /// Session-Id: host of the entity, and the number in two halves.
    Session(EntityId, u64),
    /// Host name of a node.
    Host(EntityId),
    /// SIP URI of a node.
    Server(EntityId),
    /// Private user identity.
    PrivateIdentity(UserId),
    /// Public user identity.
    PublicIdentity(UserId),
    /// User profile in XML.
    Profile(Profile),
    /// Other pairs.
    Group(&'a [Avp<'a>]),
}

impl<'a> Avp<'a> {
    /// A pair of the base protocol.
    pub(super) const fn base(code: u32, value: Value<'a>) -> Avp<'a> {
        Avp { code, vendor: false, value }
    }

    /// A pair of 3GPP (TS 29.229).
    pub(super) const fn cx(code: u32, value: Value<'a>) -> Avp<'a> {
        Avp { code, vendor: true, value }
    }

    /// Octets with header and padding.
    pub(super) fn padded_len(&self, names: &Names) -> u64 {
        self.len(names).next_multiple_of(4)
    }

    /// Octets as the length field counts them: without padding.
    fn len(&self, names: &Names) -> u64 {
        let header = if self.vendor { 12 } else { 8 };
        header + self.value.len(names)
    }

    /// Writes header, data and padding.
    pub(super) fn write(&self, names: &Names, sink: &mut impl Sink) {
        let flags: u32 = if self.vendor { 0xc0 } else { 0x40 };
        let length = self.len(names) as u32;
        sink.bytes(&self.code.to_be_bytes());
        sink.bytes(&(flags << 24 | length).to_be_bytes());
        if self.vendor {
            sink.bytes(&VENDOR_3GPP.to_be_bytes());
        }
        self.value.write(names, sink);
        // The next pair starts at a multiple of four.
        sink.bytes(&[0; 3][..(length.wrapping_neg() % 4) as usize]);
    }
}

impl Value<'_> {
    fn len(&self, names: &Names) -> u64 {
        if let Value::Group(members) = self {
            return members.iter().map(|member| member.padded_len(names)).sum();
        }
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }

    fn write(&self, names: &Names, sink: &mut impl Sink) {
        match *self {
            Value::Number(number) => sink.bytes(&number.to_be_bytes()),
            Value::Text(text) => sink.text(text),
            Value::Key(seed, groups) => {
                for group in 0..u64::from(groups) {
                    sink.bytes(&address::mix(seed ^ group << 56).to_be_bytes());
                }
            }
            Value::Session(entity, number) => session(sink, names, entity, number),
            Value::Host(node) => address::host(sink, names, node),
            Value::Server(node) => {
                sink.text("sip:");
                address::host_port(sink, names, node);
            }
            Value::PrivateIdentity(user) => address::private_identity(sink, names, user),
            Value::PublicIdentity(user) => address::public_identity(sink, names, user),
            Value::Profile(profile) => profile.write(names, sink),
            Value::Group(members) => members.iter().for_each(|member| member.write(names, sink)),
        }
    }
}

/// `host;high 32 bits;low 32 bits` (RFC 6733 section 8.8).
fn session(sink: &mut impl Sink, names: &Names, entity: EntityId, number: u64) {
    address::host(sink, names, entity);
    sink.text(";");
    sink.digits(number >> 32, 10);
    sink.text(";");
    sink.digits(number & 0xffff_ffff, 10);
}
