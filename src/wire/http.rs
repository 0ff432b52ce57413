//! HTTP/1.1 (RFC 9110, RFC 9112) as far as terminals use it: fetching content that a message refers to.

use super::address;
use super::id::Token;
use super::message::{MessageKind, Protocol};
use super::names::Names;
use super::sink::{Counter, Sink};
use crate::kernel::EntityId;

/// An HTTP request or response.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Http {
    /// Joins a response to its request, as their connection does. Not on the wire.
    pub exchange: Token,
    /// The server, which the Host header names.
    pub server: EntityId,
    /// What it is for.
    pub usage: HttpUse,
    /// Request or response.
    pub start: HttpStart,
    /// Octets of the body's content.
    pub content: u32,
}

/// What an HTTP exchange is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HttpUse {
    /// Content that a message refers to (RFC 4483).
    Content,
}

/// Start line of a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HttpStart {
    /// A request for a resource that `Token` names.
    Request(HttpMethod, Token),
    /// A response with this status.
    Response(u16),
}

/// A method.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HttpMethod {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// DELETE.
    Delete,
}

impl HttpMethod {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            HttpMethod::Get => "GET",
            HttpMethod::Post => "POST",
            HttpMethod::Put => "PUT",
            HttpMethod::Delete => "DELETE",
        }
    }
}

impl HttpUse {
    /// The protocol that results list.
    pub const fn protocol(self) -> Protocol {
        match self {
            HttpUse::Content => Protocol::Http,
        }
    }
}

impl Http {
    /// What it is.
    pub fn kind(&self) -> MessageKind {
        match self.start {
            HttpStart::Request(method, _) => MessageKind::HttpRequest(self.usage, method),
            HttpStart::Response(status) => MessageKind::HttpResponse(self.usage, status),
        }
    }

    /// Writes the message.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        match self.start {
            HttpStart::Request(method, resource) => {
                sink.text(method.name());
                sink.text(" /content/");
                sink.hex16(resource.raw());
                sink.text(" HTTP/1.1\r\nHost: ");
                address::host(sink, names, self.server);
                sink.text("\r\nAccept: */*\r\nUser-Agent: CPM-client/OMA2.0 pushsim/0.1\r\n");
            }
            HttpStart::Response(status) => {
                sink.text("HTTP/1.1 ");
                sink.digits(u64::from(status), 3);
                sink.text(reason(status));
                sink.text("Content-Type: application/octet-stream\r\n");
                sink.text("Content-Length: ");
                sink.decimal(u64::from(self.content));
                sink.text("\r\n");
            }
        }
        sink.text("\r\n");
        sink.filler(self.content);
    }

    /// Its octets on the wire.
    pub fn wire_len(&self, names: &Names) -> u64 {
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }
}

/// Reason phrase with the end of the line.
const fn reason(status: u16) -> &'static str {
    match status {
        200 => " OK\r\n",
        404 => " Not Found\r\n",
        503 => " Service Unavailable\r\n",
        _ => " Unknown\r\n",
    }
}
