//! SIP messages (RFC 3261 and its extensions), their headers and bodies as compact values.

pub mod body;
mod body_text;
mod extension_text;
pub mod feature;
mod header_text;
pub mod headers;
pub mod method;
mod reason;
mod shared;
pub mod uri;
mod write;

pub use body::Body;
pub(in crate::wire) use body_text::push::content_path;
pub use feature::{AcceptContact, FeatureTags};
pub use headers::{Contact, ContactHeader, Headers, Party, Route, RouteKind, Via};
pub use method::Method;
pub use reason::reason_phrase;
pub use shared::Sip;
pub use uri::{ManagementUri, Uri};

use super::id::Token;
use crate::kernel::EntityId;
use arrayvec::ArrayVec;

/// Most Via entries of a message: twice the longest path of the modelled flows.
pub const VIA_MAX: usize = 12;

/// The start line.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Start {
    /// A request.
    Request {
        /// Method.
        method: Method,
        /// Request-URI.
        uri: Uri,
    },
    /// A response.
    Response {
        /// Status code, 100 to 699.
        status: u16,
        /// Method of the CSeq.
        method: Method,
    },
}

/// A SIP request or response.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SipMessage {
    /// Start line.
    pub start: Start,
    /// Via stack, the last element is the topmost header.
    pub via: ArrayVec<Via, VIA_MAX>,
    /// Max-Forwards of a request.
    pub max_forwards: u8,
    /// From.
    pub from: Party,
    /// To.
    pub to: Party,
    /// Call-ID.
    pub call_id: Token,
    /// CSeq number; the method is in the start line.
    pub cseq: u32,
    /// Route headers, the last element is the topmost.
    pub route: ArrayVec<Route, 6>,
    /// Record-Route headers in order of insertion: the last element is the topmost.
    pub record_route: ArrayVec<EntityId, 8>,
    /// Contact.
    pub contact: ContactHeader,
    /// Expires, seconds.
    pub expires: Option<u32>,
    /// Everything else.
    pub headers: Headers,
    /// Body.
    pub body: Body,
}

impl SipMessage {
    /// A request as its user agent makes it: no Via yet, Max-Forwards 70.
    pub fn request(method: Method, uri: Uri, from: Party, to: Party, call_id: Token, cseq: u32) -> SipMessage {
        SipMessage {
            start: Start::Request { method, uri },
            via: ArrayVec::new(),
            max_forwards: 70,
            from,
            to,
            call_id,
            cseq,
            route: ArrayVec::new(),
            record_route: ArrayVec::new(),
            contact: ContactHeader::None,
            expires: None,
            headers: Headers::default(),
            body: Body::Empty,
        }
    }

    /// The response to `request` with its Via stack, Record-Route, From, To, Call-ID and CSeq (RFC 3261 section 8.2.6).
    pub fn response_to(request: &SipMessage, status: u16, to_tag: Option<Token>) -> SipMessage {
        let mut to = request.to;
        if to.tag.is_none() {
            to.tag = to_tag;
        }
        SipMessage {
            start: Start::Response { status, method: request.method() },
            via: request.via.clone(),
            max_forwards: 0,
            from: request.from,
            to,
            call_id: request.call_id,
            cseq: request.cseq,
            route: ArrayVec::new(),
            record_route: request.record_route.clone(),
            contact: ContactHeader::None,
            expires: None,
            headers: Headers::default(),
            body: Body::Empty,
        }
    }

    /// Method of the request, or of the request that a response answers.
    pub fn method(&self) -> Method {
        match self.start {
            Start::Request { method, .. } | Start::Response { method, .. } => method,
        }
    }

    /// Status code of a response.
    pub fn status(&self) -> Option<u16> {
        match self.start {
            Start::Response { status, .. } => Some(status),
            Start::Request { .. } => None,
        }
    }

    /// Whether it is a request.
    pub fn is_request(&self) -> bool {
        self.status().is_none()
    }

    /// Request-URI of a request.
    pub fn uri(&self) -> Option<Uri> {
        match self.start {
            Start::Request { uri, .. } => Some(uri),
            Start::Response { .. } => None,
        }
    }

    /// Replaces the Request-URI of a request; a response stays as it is.
    pub fn set_uri(&mut self, target: Uri) {
        if let Start::Request { uri, .. } = &mut self.start {
            *uri = target;
        }
    }

    /// The topmost Via.
    pub fn top_via(&self) -> Option<Via> {
        self.via.last().copied()
    }
}
