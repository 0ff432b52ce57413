//! Routing, identification and contact headers as text.

use super::feature::{AcceptContact, FeatureTags};
use super::headers::{Contact, ContactHeader, Party, Route, RouteKind, Via};
use crate::kernel::EntityId;
use crate::wire::address;
use crate::wire::names::Names;
use crate::wire::sink::Sink;

/// Writes a Via header; the sender is the entity that made the branch.
#[inline]
pub(super) fn via(sink: &mut impl Sink, names: &Names, via: Via) {
    sink.text(if via.tcp { "Via: SIP/2.0/TCP " } else { "Via: SIP/2.0/UDP " });
    address::host_port(sink, names, via.branch.entity());
    sink.text(";branch=z9hG4bK");
    sink.hex16(via.branch.raw());
    sink.text("\r\n");
}

/// Writes a From or To header.
#[inline]
pub(super) fn party(sink: &mut impl Sink, names: &Names, label: &str, party: Party) {
    sink.text(label);
    address::uri(sink, names, party.uri);
    sink.text(">");
    if let Some(tag) = party.tag {
        sink.text(";tag=");
        sink.hex16(tag.raw());
    }
    sink.text("\r\n");
}

/// Writes a Route header.
#[inline]
pub(super) fn route(sink: &mut impl Sink, names: &Names, route: Route) {
    sink.text("Route: <sip:");
    match route.kind {
        RouteKind::Plain => loose_router(sink, names, route.node),
        RouteKind::Originating => originating_router(sink, names, route.node),
        RouteKind::OriginalDialog(dialog) => {
            sink.text("odi-");
            sink.hex16(dialog.raw());
            sink.text("@");
            loose_router(sink, names, route.node);
        }
    }
}

/// Writes a header that holds one loose router: Record-Route or Path.
#[inline]
pub(super) fn router(sink: &mut impl Sink, names: &Names, label: &str, node: EntityId) {
    sink.text(label);
    loose_router(sink, names, node);
}

/// Writes a Service-Route header: what the terminal puts into its Route later on.
#[inline]
pub(super) fn service_route(sink: &mut impl Sink, names: &Names, node: EntityId) {
    sink.text("Service-Route: <sip:");
    originating_router(sink, names, node);
}

#[inline]
fn loose_router(sink: &mut impl Sink, names: &Names, node: EntityId) {
    address::host_port(sink, names, node);
    sink.text(";lr>\r\n");
}

#[inline]
fn originating_router(sink: &mut impl Sink, names: &Names, node: EntityId) {
    address::host_port(sink, names, node);
    sink.text(";lr;orig>\r\n");
}

/// Writes the Contact headers, one line for each contact.
#[inline]
pub(super) fn contacts(sink: &mut impl Sink, names: &Names, header: &ContactHeader) {
    match header {
        ContactHeader::None => {}
        ContactHeader::One(value) => contact(sink, names, value),
        ContactHeader::List(values) => values.iter().for_each(|value| contact(sink, names, value)),
    }
}

// req: CPM-C-3 the deferred ICSI value stands in the Contact when the client has it among its features.
// req: IMN-2 so does the tag of an IM client.
#[inline]
fn contact(sink: &mut impl Sink, names: &Names, contact: &Contact) {
    sink.text("Contact: <");
    address::uri(sink, names, contact.uri);
    sink.text(">");
    if let Some(terminal) = contact.instance {
        sink.text(";+sip.instance=\"<");
        address::instance(sink, terminal);
        sink.text(">\"");
        if let Some(registration) = contact.gruu {
            gruus(sink, names, terminal, registration);
        }
    }
    features(sink, contact.features);
    if let Some(expires) = contact.expires {
        sink.text(";expires=");
        sink.decimal(u64::from(expires));
    }
    sink.text("\r\n");
}

fn gruus(sink: &mut impl Sink, names: &Names, terminal: EntityId, registration: u32) {
    sink.text(";pub-gruu=\"");
    address::uri(sink, names, super::Uri::PublicGruu(terminal));
    sink.text("\";temp-gruu=\"");
    address::uri(sink, names, super::Uri::TemporaryGruu(terminal, registration));
    sink.text("\"");
}

/// Writes an Accept-Contact header.
// req: CPM-C-4
// req: CPM-PF-4b
// req: IMN-7
#[inline]
pub(super) fn accept_contact(sink: &mut impl Sink, accept: AcceptContact) {
    sink.text("Accept-Contact: *");
    features(sink, accept.features);
    if accept.require {
        sink.text(";require");
    }
    if accept.explicit {
        sink.text(";explicit");
    }
    sink.text("\r\n");
}

/// Writes feature tags as header parameters: all ICSI values in one `+g.3gpp.icsi-ref`, then the older tag, then
/// the application.
#[inline]
fn features(sink: &mut impl Sink, features: FeatureTags) {
    if !features.icsi().is_empty() {
        sink.text(";+g.3gpp.icsi-ref=\"");
        icsi_values(sink, features);
        sink.text("\"");
    }
    // req: IMN-8 the value seen in deployed clients.
    if features.contains(FeatureTags::OMA_SIP_IM) {
        sink.text(";+g.oma.sip-im");
    }
    // req: PUSH-S-5
    if features.contains(FeatureTags::PUSH_APPLICATION) {
        sink.text(";+g.3gpp.iari-ref=\"");
        sink.text(PUSH_IARI);
        sink.text("\"");
    }
}

/// The value of `+g.3gpp.iari-ref` of [`FeatureTags::PUSH_APPLICATION`].
pub(super) const PUSH_IARI: &str = "urn%3Aurn-7%3A3gpp-application.ims.iari.push-content";

/// Writes the ICSI values of a set, with commas between them.
#[inline]
pub(super) fn icsi_values(sink: &mut impl Sink, features: FeatureTags) {
    let mut rest = features.icsi().0;
    let mut separator = "";
    while rest != 0 {
        sink.text(separator);
        sink.text(FeatureTags::ICSI[rest.trailing_zeros() as usize].1);
        separator = ",";
        rest &= rest - 1;
    }
}
