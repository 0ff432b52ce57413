//! The body of a management INVITE: the offer, and a URI list that says what to do with which deferred message.

use crate::wire::address;
use crate::wire::names::Names;
use crate::wire::sink::Sink;
use crate::wire::sip::body::{CpmAction, Management};

/// Content-Type.
pub(super) const TYPE: &str = "multipart/mixed;boundary=\"part-of-request\"";

impl Management {
    /// Writes both parts.
    // req: CPM-C-6a
    pub(super) fn write(&self, names: &Names, sink: &mut impl Sink) {
        sink.text("--part-of-request\r\nContent-Type: application/sdp\r\n\r\n");
        self.sdp.write(names, sink);
        sink.text("\r\n--part-of-request\r\nContent-Type: application/resource-lists+xml\r\n");
        sink.text("Content-Disposition: recipient-list\r\n\r\n");
        sink.text(super::XML);
        sink.text("<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">\r\n<list>\r\n");
        for (id, action) in &self.entries {
            sink.text("<entry uri=\"");
            address::message_uri_id(sink, names, *id);
            sink.text(action_end(*action));
        }
        sink.text("</list>\r\n</resource-lists>\r\n\r\n--part-of-request--\r\n");
    }
}

/// What follows the message-URI-ID: exactly one action, and the end of the entry.
// req: CPM-C-6i
// req: CPM-C-6ii
// req: CPM-C-6iii
// req: CPM-C-6iv
const fn action_end(action: CpmAction) -> &'static str {
    match action {
        CpmAction::Deliver => "?cpm_action=deliver\"/>\r\n",
        CpmAction::Delete => "?cpm_action=delete\"/>\r\n",
        CpmAction::Interwork => "?cpm_action=interwork\"/>\r\n",
        CpmAction::Store => "?cpm_action=store\"/>\r\n",
    }
}
