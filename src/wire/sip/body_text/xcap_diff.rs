//! Changes of rule documents (RFC 5874, RFC 5875): the list of a SUBSCRIBE and the document of a NOTIFY.

use crate::wire::address;
use crate::wire::http::RULE;
use crate::wire::names::Names;
use crate::wire::sink::Sink;
use crate::wire::sip::body::XcapDiff;

/// Content-Type of the document of a NOTIFY.
pub(super) const TYPE: &str = "application/xcap-diff+xml";
/// Content-Type of the list of a SUBSCRIBE.
pub(super) const DOCUMENTS_TYPE: &str = "application/resource-lists+xml";

/// The collection of all rule documents. Of it, a subscriber is told about the users that it serves.
pub(super) const DOCUMENTS: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n",
    "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">\r\n",
    "<list>\r\n<entry uri=\"org.openmobilealliance.access-rules/users/\"/>\r\n</list>\r\n</resource-lists>\r\n"
);

impl XcapDiff {
    /// Writes the document: the documents that have the rule, or one element for each change, with the rule itself
    /// where it was set.
    pub(super) fn write(&self, names: &Names, sink: &mut impl Sink) {
        sink.text(super::XML);
        sink.text("<xcap-diff xmlns=\"urn:ietf:params:xml:ns:xcap-diff\">\r\n");
        for (user, is_set) in &self.rules {
            if self.full {
                sink.text("<document new-etag=\"a1b2c3d4\" sel=\"org.openmobilealliance.access-rules/users/");
                address::public_identity(sink, names, *user);
                sink.text("/access-rules\"/>\r\n");
                continue;
            }
            sink.text("<element sel=\"org.openmobilealliance.access-rules/users/");
            address::public_identity(sink, names, *user);
            sink.text("/access-rules/~~/cp:ruleset/cp:rule%5b@id=%22cpm-dnd%22%5d\" exists=\"");
            sink.text(if *is_set { "true\">\r\n" } else { "false\"/>\r\n" });
            if *is_set {
                sink.text(RULE);
                sink.text("</element>\r\n");
            }
        }
        sink.text("</xcap-diff>\r\n");
    }
}
