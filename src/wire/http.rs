//! HTTP/1.1 (RFC 9110, RFC 9112) as far as terminals and servers use it: fetching content that a message refers to, and
//! XCAP (RFC 4825) for the do-not-disturb rule of a user.

use super::address;
use super::id::{Token, UserId};
use super::message::{MessageKind, Protocol};
use super::names::Names;
use super::sink::{Counter, Sink};
use super::sip::content_path;
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
    /// Octets of the body's content; of XCAP, those of [`RULE`] or none.
    pub content: u32,
}

/// What an HTTP exchange is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HttpUse {
    /// Content that a message refers to (RFC 4483).
    Content,
    /// The do-not-disturb rule of a user (RFC 4825, OMA XDM).
    Xcap,
}

/// Start line of a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HttpStart {
    /// A request for a resource that `Token` names.
    Request(HttpMethod, Token),
    /// A GET of the content of a push by its reference, which says how many octets the content has.
    Fetch(Token, u32),
    /// An XCAP request for the do-not-disturb rule of a user.
    RuleRequest(HttpMethod, UserId),
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
            HttpUse::Xcap => Protocol::Xcap,
        }
    }
}

impl Http {
    /// What it is.
    pub fn kind(&self) -> MessageKind {
        match self.start {
            HttpStart::Request(method, _) | HttpStart::RuleRequest(method, _) => {
                MessageKind::HttpRequest(self.usage, method)
            }
            HttpStart::Fetch(..) => MessageKind::HttpRequest(self.usage, HttpMethod::Get),
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
                self.request_headers(names, sink);
            }
            HttpStart::Fetch(content, octets) => {
                sink.text("GET ");
                content_path(sink, content, octets);
                self.request_headers(names, sink);
            }
            HttpStart::RuleRequest(method, user) => {
                self.write_rule_request(names, sink, method, user);
            }
            HttpStart::Response(status) => {
                sink.text("HTTP/1.1 ");
                sink.digits(u64::from(status), 3);
                sink.text(reason(status));
                self.write_entity(sink);
            }
        }
        sink.text("\r\n");
        match self.usage {
            HttpUse::Content => sink.filler(self.content),
            HttpUse::Xcap if self.content > 0 => sink.text(RULE),
            HttpUse::Xcap => {}
        }
    }

    // req: CPM-PF-1
    fn write_rule_request(&self, names: &Names, sink: &mut impl Sink, method: HttpMethod, user: UserId) {
        sink.text(method.name());
        sink.text(" /services/org.openmobilealliance.access-rules/users/");
        address::public_identity(sink, names, user);
        sink.text("/access-rules/~~/cp:ruleset/cp:rule%5b@id=%22cpm-dnd%22%5d HTTP/1.1\r\nHost: ");
        address::host(sink, names, self.server);
        sink.text("\r\nX-3GPP-Intended-Identity: \"");
        address::public_identity(sink, names, user);
        sink.text("\"\r\nUser-Agent: XDM-client/OMA2.0 pushsim/0.1\r\n");
        if self.content > 0 {
            self.write_entity(sink);
        }
    }

    fn write_entity(&self, sink: &mut impl Sink) {
        match self.usage {
            HttpUse::Content => sink.text("Content-Type: application/octet-stream\r\n"),
            HttpUse::Xcap => {
                if let HttpStart::Response(_) = self.start {
                    sink.text("ETag: \"a1b2c3d4\"\r\n");
                }
                if self.content > 0 {
                    sink.text("Content-Type: application/xcap-el+xml\r\n");
                }
            }
        }
        sink.text("Content-Length: ");
        sink.decimal(u64::from(self.content));
        sink.text("\r\n");
    }

    fn request_headers(&self, names: &Names, sink: &mut impl Sink) {
        sink.text(" HTTP/1.1\r\nHost: ");
        address::host(sink, names, self.server);
        sink.text("\r\nAccept: */*\r\nUser-Agent: CPM-client/OMA2.0 pushsim/0.1\r\n");
    }

    /// Its octets on the wire.
    pub fn wire_len(&self, names: &Names) -> u64 {
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }
}

/// The do-not-disturb rule as an XCAP element (RFC 4745 with the OMA policy extensions, whose schema could not be
/// verified): the enabler is CPM, and the user wants no disturbance.
// req: CPM-PF-1
pub const RULE: &str = concat!(
    "<cp:rule id=\"cpm-dnd\" xmlns:cp=\"urn:ietf:params:xml:ns:common-policy\" ",
    "xmlns:ocp=\"urn:oma:xml:xdm:common-policy\">\r\n",
    "<cp:conditions>\r\n<ocp:service-list><ocp:service enabler=\"CPM\"/></ocp:service-list>\r\n</cp:conditions>\r\n",
    "<cp:actions>\r\n<ocp:allow-do-not-disturb>true</ocp:allow-do-not-disturb>\r\n</cp:actions>\r\n</cp:rule>\r\n"
);

/// Reason phrase with the end of the line.
const fn reason(status: u16) -> &'static str {
    match status {
        200 => " OK\r\n",
        404 => " Not Found\r\n",
        503 => " Service Unavailable\r\n",
        _ => " Unknown\r\n",
    }
}
