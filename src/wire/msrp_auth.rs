//! The headers by which a client of an MSRP relay gets a path (RFC 4976 section 5.1): Digest (RFC 2617), Use-Path,
//! Expires.

use super::address;
use super::id::Token;
use super::msrp::{Grant, MsrpUri};
use super::names::Names;
use super::sink::Sink;
use crate::kernel::EntityId;

/// Writes the Authorization header of `client` for the realm of `relay`.
pub(super) fn credentials(sink: &mut impl Sink, names: &Names, nonce: Token, client: EntityId, relay: EntityId) {
    sink.text("Authorization: Digest username=\"");
    if names.is_terminal(client) {
        address::private_identity(sink, names, names.terminal_owner(client).0);
    } else {
        address::host(sink, names, client);
    }
    sink.text("\",realm=\"");
    address::host(sink, names, relay);
    sink.text("\",nonce=\"");
    sink.hex16(nonce.raw());
    sink.text("\",qop=auth,nc=00000001,cnonce=\"");
    sink.hex16(address::mix(nonce.raw() ^ 1));
    sink.text("\",response=\"");
    sink.hex16(address::mix(nonce.raw() ^ 2));
    sink.hex16(address::mix(nonce.raw() ^ 3));
    sink.text("\"\r\n");
}

/// Writes the WWW-Authenticate header of `relay`.
pub(super) fn challenge(sink: &mut impl Sink, names: &Names, nonce: Token, relay: EntityId) {
    sink.text("WWW-Authenticate: Digest realm=\"");
    address::host(sink, names, relay);
    sink.text("\",nonce=\"");
    sink.hex16(nonce.raw());
    sink.text("\",qop=\"auth\"\r\n");
}

/// Writes Use-Path and Expires.
pub(super) fn grant(sink: &mut impl Sink, names: &Names, grant: Grant) {
    sink.text("Use-Path: ");
    MsrpUri::over_relay(grant.path).write(names, sink);
    sink.text("\r\nExpires: ");
    sink.decimal(u64::from(grant.expires));
    sink.text("\r\n");
}
