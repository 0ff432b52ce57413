//! Session descriptions with one MSRP stream.

use crate::kernel::EntityId;
use crate::wire::address;
use crate::wire::names::Names;
use crate::wire::sink::Sink;
use crate::wire::sip::body::{MediaDirection, Sdp};

/// Content-Type.
pub(super) const TYPE: &str = "application/sdp";

/// Port of MSRP on the network's side (RFC 4975 section 15.4).
const MSRP_PORT: &str = "2855";
/// Port that an active endpoint writes, which it does not listen on (RFC 4145 section 4.1): discard.
const ACTIVE_PORT: &str = "9";

impl Sdp {
    /// Writes the description.
    ///
    /// A terminal is always the active side and a node the passive one (RFC 6135), as terminals sit behind address
    /// translators; so both an offer and an answer can be written without knowing which it is.
    // req: CPM-C-5
    // req: CPM-C-5a
    // req: CPM-C-5b
    // req: CPM-C-5c
    pub(super) fn write(&self, names: &Names, sink: &mut impl Sink) {
        let active = names.is_terminal(self.owner);
        let port = if active { ACTIVE_PORT } else { MSRP_PORT };
        sink.text("v=0\r\no=- ");
        sink.digits(self.session.raw(), 20);
        sink.text(" ");
        sink.decimal(u64::from(self.version));
        connection(sink, names, " ", self.owner);
        sink.text("s=-\r\n");
        connection(sink, names, "c=", self.owner);
        sink.text("t=0 0\r\nm=message ");
        sink.text(port);
        sink.text(" TCP/MSRP *\r\na=path:msrp://");
        address::host(sink, names, self.owner);
        sink.text(":");
        sink.text(port);
        sink.text("/");
        sink.hex16(self.session.raw());
        sink.text(";tcp\r\na=accept-types:message/cpim");
        sink.text(if self.accept_any { " *\r\n" } else { "\r\n" });
        sink.text(direction_line(self.direction));
        sink.text(if active { "a=setup:active\r\n" } else { "a=setup:passive\r\n" });
    }
}

fn connection(sink: &mut impl Sink, names: &Names, start: &str, owner: EntityId) {
    sink.text(start);
    sink.text("IN IP4 ");
    address::host(sink, names, owner);
    sink.text("\r\n");
}

const fn direction_line(direction: MediaDirection) -> &'static str {
    match direction {
        MediaDirection::SendRecv => "a=sendrecv\r\n",
        MediaDirection::SendOnly => "a=sendonly\r\n",
        MediaDirection::RecvOnly => "a=recvonly\r\n",
        MediaDirection::Inactive => "a=inactive\r\n",
    }
}
