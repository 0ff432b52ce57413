//! Session descriptions with MSRP streams.

use crate::kernel::EntityId;
use crate::wire::address;
use crate::wire::id::Token;
use crate::wire::msrp::{self, Presentation};
use crate::wire::names::Names;
use crate::wire::sink::Sink;
use crate::wire::sip::body::{FileSelector, MediaDirection, MediaLine, Sdp, Setup, Stream, StreamFile};

/// Content-Type.
pub(super) const TYPE: &str = "application/sdp";

impl Sdp {
    /// Writes the description.
    // req: CPM-C-5
    // req: CPM-C-5a
    // req: CPM-C-5b
    // req: CPM-C-5c
    pub(super) fn write(&self, names: &Names, sink: &mut impl Sink) {
        sink.text("v=0\r\no=- ");
        sink.digits(self.session.raw(), 20);
        sink.text(" ");
        sink.decimal(u64::from(self.version));
        connection(sink, names, " ", self.owner);
        sink.text("s=-\r\n");
        connection(sink, names, "c=", self.owner);
        sink.text("t=0 0\r\n");
        for line in &self.media {
            match line {
                MediaLine::Zero => sink.text("m=message 0 TCP/MSRP *\r\n"),
                MediaLine::Stream(stream) => stream.write(names, sink),
            }
        }
    }
}

impl Stream {
    fn write(&self, names: &Names, sink: &mut impl Sink) {
        sink.text("m=message ");
        sink.text(msrp::port(self.setup));
        sink.text(" TCP/MSRP *\r\na=path:");
        self.path().write(names, sink);
        sink.text("\r\na=accept-types:");
        self.accept.write(sink);
        sink.text("\r\n");
        if let Some(octets) = self.max_size {
            sink.text("a=max-size:");
            sink.decimal(u64::from(octets));
            sink.text("\r\n");
        }
        sink.text(direction_line(self.direction));
        sink.text(match self.setup {
            Setup::Active => "a=setup:active\r\n",
            Setup::Passive => "a=setup:passive\r\n",
        });
        if let Some(file) = self.file {
            file.write(sink);
        }
    }
}

impl StreamFile {
    fn write(self, sink: &mut impl Sink) {
        self.selector.write(sink);
        sink.text("a=file-transfer-id:");
        sink.hex16(self.transfer.raw());
        sink.text(match self.presentation {
            Presentation::Render => "\r\na=file-disposition:render\r\n",
            Presentation::Attachment => "\r\na=file-disposition:attachment\r\n",
        });
    }
}

impl FileSelector {
    fn write(self, sink: &mut impl Sink) {
        sink.text("a=file-selector:");
        let mut separator = "";
        if let Some(name) = self.name {
            sink.text("name:\"content-");
            sink.hex16(name.raw());
            sink.text("\"");
            separator = " ";
        }
        if let Some(kind) = self.kind {
            sink.text(separator);
            sink.text("type:");
            sink.text(kind.name());
            separator = " ";
        }
        if let Some(octets) = self.octets {
            sink.text(separator);
            sink.text("size:");
            sink.decimal(u64::from(octets));
            separator = " ";
        }
        if let Some(content) = self.hash {
            sink.text(separator);
            sink.text("hash:sha-1");
            hash(sink, content);
        }
        sink.text("\r\n");
    }
}

/// Writes 20 octets that stand for the digest of a content: the first eight are its token.
fn hash(sink: &mut impl Sink, content: Token) {
    let words = [content.raw(), address::mix(content.raw()), address::mix(content.raw() ^ 1)];
    for octet in words.into_iter().flat_map(u64::to_be_bytes).take(20) {
        sink.text(":");
        for digit in [octet >> 4, octet & 0xf] {
            sink.text(&"0123456789ABCDEF"[usize::from(digit)..=usize::from(digit)]);
        }
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
