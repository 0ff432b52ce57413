//! SIP headers as compact values.

use super::feature::{AcceptContact, FeatureTags};
use super::uri::Uri;
use crate::kernel::{EntityId, Time};
use crate::wire::id::{NetworkId, Token, UserId};
use std::sync::Arc;

/// A Via header value. The sender is the entity of the branch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Via {
    /// Branch, written behind the magic cookie.
    pub branch: Token,
    /// Whether it went over TCP.
    pub tcp: bool,
}

/// From or To.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Party {
    /// URI.
    pub uri: Uri,
    /// Tag.
    pub tag: Option<Token>,
}

/// What a Route entry says beside the node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RouteKind {
    /// A loose router.
    Plain,
    /// The S-CSCF of the originating user (`;orig`), as the Service-Route gives it.
    Originating,
    /// Back to the S-CSCF after an application server: the original dialog identifier (3GPP TS 24.229 section 5.4.3.1).
    OriginalDialog(Token),
}

/// A Route header value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Route {
    /// The node.
    pub node: EntityId,
    /// Its parameters.
    pub kind: RouteKind,
}

/// A Contact header value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Contact {
    /// URI.
    pub uri: Uri,
    /// Feature tags.
    pub features: FeatureTags,
    /// Terminal whose `+sip.instance` is given.
    pub instance: Option<EntityId>,
    /// Temporary GRUU given with it (`temp-gruu`, and then `pub-gruu` too), by number of the registration.
    pub gruu: Option<u32>,
    /// `expires` parameter, seconds.
    pub expires: Option<u32>,
}

impl Contact {
    /// A contact that is only a URI.
    pub fn plain(uri: Uri) -> Contact {
        Contact { uri, features: FeatureTags::NONE, instance: None, gruu: None, expires: None }
    }
}

/// The Contact headers of a message.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ContactHeader {
    /// None.
    None,
    /// One.
    One(Contact),
    /// Several, in the 200 to a REGISTER.
    List(Arc<[Contact]>),
}

impl ContactHeader {
    /// The only or first contact.
    pub fn first(&self) -> Option<Contact> {
        match self {
            ContactHeader::None => None,
            ContactHeader::One(contact) => Some(*contact),
            ContactHeader::List(contacts) => contacts.first().copied(),
        }
    }
}

/// Digest AKA credentials of a REGISTER.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Authorization {
    /// First REGISTER: empty nonce and response.
    Initial,
    /// The response to a challenge.
    Response {
        /// The nonce of the challenge.
        nonce: Token,
    },
}

/// An event package.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EventPackage {
    /// `reg` (RFC 3680).
    Reg,
    /// Content that a push sender delivers to its subscribers. No registered package does this: the name is our own.
    Push,
    /// `xcap-diff` (RFC 5875).
    XcapDiff,
}

/// Subscription-State of a NOTIFY.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SubscriptionState {
    /// `active;expires=…`.
    Active(u32),
    /// `terminated;reason=timeout`, `deactivated`, `noresource`.
    Terminated(TerminationReason),
}

/// Reason of a terminated subscription (RFC 6665 section 4.1.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TerminationReason {
    /// It was not refreshed.
    Timeout,
    /// The notifier ends it, a new one may be made.
    Deactivated,
    /// What it watched is gone.
    NoResource,
}

/// The Warning of a response.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Warning {
    /// Text "125 No messages" (CPM-PF-11), written with warn-code 399 (O-10).
    NoMessages,
}

/// A set of option tags (RFC 3261 section 19.2), for Supported and Require.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct OptionTags(pub u8);

impl OptionTags {
    /// `path`
    pub const PATH: OptionTags = OptionTags(1);
    /// `gruu`
    pub const GRUU: OptionTags = OptionTags(1 << 1);
    /// `sec-agree`
    pub const SEC_AGREE: OptionTags = OptionTags(1 << 2);
    /// `timer`
    pub const TIMER: OptionTags = OptionTags(1 << 3);
    /// `recipient-list-invite`
    pub const RECIPIENT_LIST_INVITE: OptionTags = OptionTags(1 << 4);

    /// The tags with their text, in the order written.
    pub const ALL: [(OptionTags, &'static str); 5] = [
        (OptionTags::PATH, "path"),
        (OptionTags::GRUU, "gruu"),
        (OptionTags::SEC_AGREE, "sec-agree"),
        (OptionTags::TIMER, "timer"),
        (OptionTags::RECIPIENT_LIST_INVITE, "recipient-list-invite"),
    ];

    /// Both sets together.
    pub const fn union(self, other: OptionTags) -> OptionTags {
        OptionTags(self.0 | other.0)
    }

    /// Whether every tag of `other` is in this set.
    pub const fn contains(self, other: OptionTags) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Which end refreshes a session (RFC 4028 section 4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Refresher {
    /// `refresher=uac`: whoever sent the request.
    Uac,
    /// `refresher=uas`
    Uas,
}

/// Session-Expires (RFC 4028 section 4). Min-SE and 422 do not occur: nobody asks for less than 90 s, which everybody
/// takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SessionExpires {
    /// Seconds.
    pub interval: u16,
    /// Who refreshes.
    pub refresher: Refresher,
}

/// Who a User-Agent or Server header names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Product {
    /// The CPM client with its release (CPM-PF-4e).
    CpmClient,
    /// The CPM Participating Function with its release.
    CpmPf,
    /// The Push Sender Agent with its release.
    PushSender,
}

/// P-Served-User (RFC 5502): for whom, and in which session case, the S-CSCF asks an application server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ServedUser {
    /// The served user.
    pub user: UserId,
    /// `sescase=orig` or `sescase=term`.
    pub originating: bool,
}

/// The headers beyond those that every message has.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Headers {
    /// P-Asserted-Identity, between trusted nodes.
    pub p_asserted_identity: Option<Uri>,
    /// P-Served-User, from the S-CSCF to an application server.
    pub p_served_user: Option<ServedUser>,
    /// P-Preferred-Identity, from the terminal.
    pub p_preferred_identity: Option<Uri>,
    /// P-Access-Network-Info, from the terminal.
    pub p_access_network_info: bool,
    /// P-Visited-Network-ID, from the P-CSCF to the I-CSCF.
    pub p_visited_network: Option<NetworkId>,
    /// P-Charging-Vector with this ICID.
    pub p_charging_vector: Option<Token>,
    /// P-Asserted-Service (P-Preferred-Service from a terminal): one ICSI value.
    pub p_asserted_service: FeatureTags,
    /// Whether the service above is only preferred.
    pub service_is_preferred: bool,
    /// P-Associated-URI of the 200 to a REGISTER.
    pub p_associated_uri: Option<Uri>,
    /// Path (RFC 3327): the P-CSCF of a REGISTER.
    pub path: Option<EntityId>,
    /// Service-Route (RFC 3608): the S-CSCF in the 200 to a REGISTER.
    pub service_route: Option<EntityId>,
    /// Authorization of a REGISTER.
    pub authorization: Option<Authorization>,
    /// WWW-Authenticate of a 401, with this nonce.
    pub www_authenticate: Option<Token>,
    /// Security-Client, Security-Server or Security-Verify (RFC 3329) as the message asks for.
    pub security_agreement: bool,
    /// Accept-Contact, at most two values are used.
    pub accept_contact: Option<AcceptContact>,
    /// Supported.
    pub supported: OptionTags,
    /// Require.
    pub require: OptionTags,
    /// Allow with all methods.
    pub allow: bool,
    /// Accept with all bodies that a client takes, in the answer to OPTIONS.
    pub accept: bool,
    /// Event.
    pub event: Option<EventPackage>,
    /// Subscription-State of a NOTIFY.
    pub subscription_state: Option<SubscriptionState>,
    /// User-Agent in requests, Server in responses.
    pub product: Option<Product>,
    /// Warning.
    pub warning: Option<Warning>,
    /// Date, to the second on the wire: when the registrar says how long contacts are bound (RFC 3261 section 10.3),
    /// or when a MESSAGE that expires was sent (RFC 3428 section 4).
    pub date: Option<Time>,
    /// Retry-After, seconds.
    pub retry_after: Option<u32>,
    /// Conversation-ID and Contribution-ID of a CPM message.
    pub conversation: Option<Token>,
    /// Session-Expires.
    pub session_expires: Option<SessionExpires>,
}
