//! Dialogs (RFC 3261 section 12): the identifiers, route set and remote target that later requests of a session use.

use crate::kernel::EntityId;
use crate::wire::Token;
use crate::wire::sip::{Method, Party, Route, RouteKind, SipMessage, Uri};
use arrayvec::ArrayVec;

/// A confirmed dialog, seen from one end.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Dialog {
    /// Call-ID.
    pub call_id: Token,
    /// This end, with its tag.
    pub local: Party,
    /// The other end, with its tag.
    pub remote: Party,
    /// Contact of the other end: Request-URI of later requests.
    pub remote_target: Uri,
    /// Route headers of later requests, the last element is the topmost.
    pub route_set: ArrayVec<Route, 6>,
    /// CSeq of the last request sent.
    pub local_cseq: u32,
}

/// Identifies a dialog at one end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DialogId {
    /// Call-ID.
    pub call_id: Token,
    /// Tag of this end.
    pub local_tag: Option<Token>,
}

impl Dialog {
    /// The dialog that a 2xx makes at the caller (section 12.1.2). `None` when the response lacks a Contact.
    pub fn of_caller(request: &SipMessage, response: &SipMessage) -> Option<Dialog> {
        let remote_target = response.contact.first()?.uri;
        // The caller uses the Record-Route headers in reverse order: the bottommost becomes the topmost Route.
        let route_set = route_set(response.record_route.iter().rev());
        Some(Dialog {
            call_id: request.call_id,
            local: response.from,
            remote: response.to,
            remote_target,
            route_set,
            local_cseq: request.cseq,
        })
    }

    /// The dialog that a 2xx with `local_tag` makes at the called end (section 12.1.1). `None` when the request lacks a
    /// Contact.
    pub fn of_callee(request: &SipMessage, local_tag: Token) -> Option<Dialog> {
        let remote_target = request.contact.first()?.uri;
        let mut local = request.to;
        local.tag = Some(local_tag);
        let route_set = route_set(request.record_route.iter());
        Some(Dialog { call_id: request.call_id, local, remote: request.from, remote_target, route_set, local_cseq: 0 })
    }

    /// Its identifier at this end.
    pub fn id(&self) -> DialogId {
        DialogId { call_id: self.call_id, local_tag: self.local.tag }
    }

    /// A new request inside the dialog.
    pub fn request(&mut self, method: Method) -> SipMessage {
        if method != Method::Ack {
            self.local_cseq += 1;
        }
        let mut request =
            SipMessage::request(method, self.remote_target, self.local, self.remote, self.call_id, self.local_cseq);
        request.route = self.route_set.clone();
        request
    }

    /// Where the next request goes first: the first node of the route set, else the remote target itself (section
    /// 12.2.1.1).
    pub fn first_hop(&self) -> Option<EntityId> {
        match (self.route_set.last(), self.remote_target) {
            (Some(route), _) => Some(route.node),
            (None, Uri::Node(target) | Uri::Contact(target)) => Some(target),
            (None, _) => None,
        }
    }
}

impl DialogId {
    /// The dialog that a request inside it belongs to, at the end that receives it.
    pub fn of_request(request: &SipMessage) -> DialogId {
        DialogId { call_id: request.call_id, local_tag: request.to.tag }
    }
}

/// Route headers from the Record-Route headers, given bottommost-to-topmost of the Route stack.
fn route_set<'a>(nodes: impl DoubleEndedIterator<Item = &'a EntityId>) -> ArrayVec<Route, 6> {
    nodes.map(|node| Route { node: *node, kind: RouteKind::Plain }).take(6).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::UserId;
    use crate::wire::sip::{Contact, ContactHeader};

    #[test]
    fn both_ends_route_through_the_same_proxies_in_opposite_order() {
        let token = |n| Token::new(EntityId(9), n);
        let party = |tag| Party { uri: Uri::User(UserId(1)), tag };
        let mut invite =
            SipMessage::request(Method::Invite, Uri::User(UserId(2)), party(Some(token(1))), party(None), token(2), 1);
        invite.contact = ContactHeader::One(Contact::plain(Uri::Contact(EntityId(7))));
        // The first proxy inserts first: its Record-Route is the bottommost.
        invite.record_route.push(EntityId(1));
        invite.record_route.push(EntityId(2));
        let mut ok = SipMessage::response_to(&invite, 200, Some(token(3)));
        ok.contact = ContactHeader::One(Contact::plain(Uri::Contact(EntityId(8))));

        let caller = Dialog::of_caller(&invite, &ok).expect("the response has a contact");
        let callee = Dialog::of_callee(&invite, token(3)).expect("the request has a contact");
        assert_eq!(caller.first_hop(), Some(EntityId(1)));
        assert_eq!(callee.first_hop(), Some(EntityId(2)));
        assert_eq!(caller.remote, callee.local);
        assert_eq!(caller.local, callee.remote);
    }
}
