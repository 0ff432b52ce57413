//! The headers of [`Headers`] as text: identity and charging, authentication and security agreement, capabilities,
//! subscriptions, and those of CPM.

use super::headers::{
    Authorization, EventPackage, Headers, OptionTags, Product, Refresher, SessionExpires, SubscriptionState,
    TerminationReason, Warning,
};
use super::{FeatureTags, Method, SipMessage, header_text};
use crate::wire::address;
use crate::wire::id::{Token, UserId};
use crate::wire::names::Names;
use crate::wire::sink::Sink;

/// Writes every extension header of a message.
#[inline]
pub(super) fn write(sink: &mut impl Sink, names: &Names, message: &SipMessage) {
    let headers = &message.headers;
    identity(sink, names, headers);
    if let Some(icid) = headers.p_charging_vector {
        charging_vector(sink, names, message, icid);
    }
    service(sink, headers);
    if let Some(accept) = headers.accept_contact {
        header_text::accept_contact(sink, accept);
    }
    if let Some(token) = headers.conversation {
        conversation(sink, token);
    }
    option_tags(sink, message);
    if message.method() == Method::Register {
        registration(sink, names, message);
    }
    if headers.security_agreement {
        security(sink, message);
    }
    session_expires(sink, headers);
    subscription(sink, message);
    if let Some(time) = headers.date {
        sink.text("Date: ");
        sink.date(time);
        sink.text("\r\n");
    }
    // RFC 3261 section 21.4.6: what is not allowed is answered with what is.
    if headers.allow || message.status() == Some(405) {
        sink.text("Allow: REGISTER,INVITE,ACK,BYE,CANCEL,MESSAGE,SUBSCRIBE,NOTIFY,OPTIONS\r\n");
    }
    if headers.accept {
        sink.text("Accept: application/octet-stream,application/sdp,message/cpim,message/external-body\r\n");
    }
    if let Some(product) = headers.product {
        product_text(sink, message, product);
    }
    trouble(sink, names, message);
}

// req: CPM-PF-4d the PF asserts its CPMDeferredMsgMgmtURI, a URI like any other here.
#[inline]
fn identity(sink: &mut impl Sink, names: &Names, headers: &Headers) {
    if let Some(uri) = headers.p_asserted_identity {
        sink.text("P-Asserted-Identity: <");
        address::uri(sink, names, uri);
        sink.text(">\r\n");
    }
    if let Some(served) = headers.p_served_user {
        sink.text("P-Served-User: <");
        address::public_identity(sink, names, served.user);
        // The optional `regstate` is left out: a server learns of registrations by third-party REGISTER.
        sink.text(if served.originating { ">;sescase=orig\r\n" } else { ">;sescase=term\r\n" });
    }
    if let Some(uri) = headers.p_preferred_identity {
        sink.text("P-Preferred-Identity: <");
        address::uri(sink, names, uri);
        sink.text(">\r\n");
    }
    if headers.p_access_network_info {
        sink.text("P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=2400712345678901\r\n");
    }
    if let Some(network) = headers.p_visited_network {
        sink.text("P-Visited-Network-ID: \"");
        sink.text(names.domain(network));
        sink.text("\"\r\n");
    }
}

#[inline]
fn charging_vector(sink: &mut impl Sink, names: &Names, message: &SipMessage, icid: Token) {
    sink.text("P-Charging-Vector: icid-value=");
    sink.hex16(icid.raw());
    if let Some(user) = address::user_of(names, message.from.uri) {
        sink.text(";orig-ioi=");
        sink.text(names.domain(names.network_of(user)));
    }
    sink.text("\r\n");
}

/// Writes P-Asserted-Service or P-Preferred-Service: the lowest ICSI value of the set, unescaped (RFC 6050).
#[inline]
fn service(sink: &mut impl Sink, headers: &Headers) {
    /// What the values have in place of `urn:urn-7:` inside a quoted parameter.
    const ESCAPED: &str = "urn%3Aurn-7%3A";
    let services = headers.p_asserted_service.icsi().0;
    if services == 0 {
        return;
    }
    let (_, text) = FeatureTags::ICSI[services.trailing_zeros() as usize];
    sink.text(if headers.service_is_preferred { "P-Preferred-Service: " } else { "P-Asserted-Service: " });
    sink.text("urn:urn-7:");
    sink.text(&text[ESCAPED.len()..]);
    sink.text("\r\n");
}

/// Writes Conversation-ID and Contribution-ID; both come from one token.
#[inline]
fn conversation(sink: &mut impl Sink, token: Token) {
    sink.text("Conversation-ID: ");
    address::uuid(sink, token.raw(), 0);
    sink.text("\r\nContribution-ID: ");
    address::uuid(sink, token.raw(), 0x5bf0_3635);
    sink.text("\r\n");
}

#[inline]
fn option_tags(sink: &mut impl Sink, message: &SipMessage) {
    let headers = &message.headers;
    tag_list(sink, "Supported: ", headers.supported);
    tag_list(sink, "Require: ", headers.require);
    // RFC 3329 section 2.3.1: what requires the security agreement of the server requires it of the proxy as well.
    if message.is_request() && headers.require.contains(OptionTags::SEC_AGREE) {
        sink.text("Proxy-Require: sec-agree\r\n");
    }
}

#[inline]
fn tag_list(sink: &mut impl Sink, label: &str, tags: OptionTags) {
    if tags == OptionTags::default() {
        return;
    }
    sink.text(label);
    let mut separator = "";
    for (tag, text) in OptionTags::ALL {
        if tags.contains(tag) {
            sink.text(separator);
            sink.text(text);
            separator = ",";
        }
    }
    sink.text("\r\n");
}

fn registration(sink: &mut impl Sink, names: &Names, message: &SipMessage) {
    let headers = &message.headers;
    if let Some(node) = headers.path {
        header_text::router(sink, names, "Path: <sip:term@", node);
    }
    if let Some(node) = headers.service_route {
        header_text::service_route(sink, names, node);
    }
    if let Some(uri) = headers.p_associated_uri {
        sink.text("P-Associated-URI: <");
        address::uri(sink, names, uri);
        sink.text(">\r\n");
    }
    let user = address::user_of(names, message.to.uri);
    if let (Some(authorization), Some(user)) = (headers.authorization, user) {
        credentials(sink, names, authorization, user, headers.path.is_some());
    }
    if let (Some(nonce), Some(user)) = (headers.www_authenticate, user) {
        challenge(sink, names, nonce, user);
    }
}

/// Writes the Authorization header (RFC 3310). What has passed a P-CSCF, which shows by its Path, also says whether the
/// request came over a security association (TS 24.229 section 5.2.2).
fn credentials(sink: &mut impl Sink, names: &Names, authorization: Authorization, user: UserId, past_p_cscf: bool) {
    let domain = names.domain(names.network_of(user));
    sink.text("Authorization: Digest username=\"");
    address::private_identity(sink, names, user);
    sink.text("\",realm=\"");
    sink.text(domain);
    sink.text("\",uri=\"sip:");
    sink.text(domain);
    sink.text("\",algorithm=AKAv1-MD5,");
    match authorization {
        Authorization::Initial => {
            sink.text("nonce=\"\",response=\"\"");
            sink.text(if past_p_cscf { ",integrity-protected=no\r\n" } else { "\r\n" });
        }
        Authorization::Response { nonce } => {
            digest_response(sink, nonce);
            sink.text(if past_p_cscf { ",integrity-protected=yes\r\n" } else { "\r\n" });
        }
    }
}

fn digest_response(sink: &mut impl Sink, nonce: Token) {
    sink.text("nonce=\"");
    nonce_text(sink, nonce);
    sink.text("\",qop=auth,nc=00000001,cnonce=\"");
    sink.hex16(address::mix(nonce.raw() ^ 1));
    sink.text("\",response=\"");
    sink.hex16(address::mix(nonce.raw() ^ 2));
    sink.hex16(address::mix(nonce.raw() ^ 3));
    sink.text("\"");
}

fn challenge(sink: &mut impl Sink, names: &Names, nonce: Token, user: UserId) {
    sink.text("WWW-Authenticate: Digest realm=\"");
    sink.text(names.domain(names.network_of(user)));
    sink.text("\",nonce=\"");
    nonce_text(sink, nonce);
    sink.text("\",algorithm=AKAv1-MD5,qop=\"auth\"\r\n");
}

/// Writes the nonce: base64 of 32 octets, as RAND and AUTN are.
fn nonce_text(sink: &mut impl Sink, nonce: Token) {
    sink.hex16(nonce.raw());
    sink.hex16(address::mix(nonce.raw()));
    sink.text("AAAAAAAAAAA=");
}

/// Writes Security-Client, Security-Server and Security-Verify (RFC 3329, TS 33.203 annex H): a REGISTER offers, a
/// response states the server's parameters, and every protected request repeats those.
fn security(sink: &mut impl Sink, message: &SipMessage) {
    let association = u64::from(message.call_id.entity().0);
    if !message.is_request() {
        mechanism(sink, "Security-Server: ipsec-3gpp;q=0.1", 60_000_000 + association);
        return;
    }
    let protected = message.headers.authorization != Some(Authorization::Initial);
    if message.method() == Method::Register {
        mechanism(sink, "Security-Client: ipsec-3gpp", 20_000_000 + association);
    }
    if protected {
        mechanism(sink, "Security-Verify: ipsec-3gpp;q=0.1", 60_000_000 + association);
    }
}

fn mechanism(sink: &mut impl Sink, start: &str, index: u64) {
    sink.text(start);
    sink.text(";alg=hmac-sha-1-96;ealg=aes-cbc;prot=esp;mod=trans;spi-c=");
    sink.digits(index, 8);
    sink.text(";spi-s=");
    sink.digits(index + 20_000_000, 8);
    sink.text(";port-c=31112;port-s=31113\r\n");
}

// req: PUSH-S-8
#[inline]
fn session_expires(sink: &mut impl Sink, headers: &Headers) {
    let Some(SessionExpires { interval, refresher }) = headers.session_expires else { return };
    sink.text("Session-Expires: ");
    sink.decimal(u64::from(interval));
    sink.text(match refresher {
        Refresher::Uac => ";refresher=uac\r\n",
        Refresher::Uas => ";refresher=uas\r\n",
    });
}

#[inline]
fn subscription(sink: &mut impl Sink, message: &SipMessage) {
    let Some(package) = message.headers.event else { return };
    match package {
        EventPackage::Reg => {
            sink.text("Event: reg\r\n");
            if message.method() == Method::Subscribe && message.is_request() {
                sink.text("Accept: application/reginfo+xml\r\n");
            }
        }
        EventPackage::Push => {
            sink.text("Event: x-push\r\n");
            if message.method() == Method::Subscribe && message.is_request() {
                sink.text("Accept: application/octet-stream,message/cpim,message/external-body\r\n");
            }
        }
        EventPackage::XcapDiff => {
            sink.text("Event: xcap-diff;diff-processing=aggregate\r\n");
            if message.method() == Method::Subscribe && message.is_request() {
                sink.text("Accept: application/xcap-diff+xml\r\n");
            }
        }
    }
    let Some(state) = message.headers.subscription_state else { return };
    sink.text("Subscription-State: ");
    match state {
        SubscriptionState::Active(expires) => {
            sink.text("active;expires=");
            sink.decimal(u64::from(expires));
        }
        SubscriptionState::Terminated(reason) => sink.text(match reason {
            TerminationReason::Timeout => "terminated;reason=timeout",
            TerminationReason::Deactivated => "terminated;reason=deactivated",
            TerminationReason::NoResource => "terminated;reason=noresource",
        }),
    }
    sink.text("\r\n");
}

/// Writes User-Agent in a request, Server in a response.
///
/// The values name the CPM release; the exact text that OMA CPM Appendix D asks for could not be verified, so these
/// follow the pattern of the older OMA SIMPLE IM enabler (`IM-client/OMA1.0`).
// req: CPM-PF-4e
#[inline]
fn product_text(sink: &mut impl Sink, message: &SipMessage, product: Product) {
    sink.text(if message.is_request() { "User-Agent: " } else { "Server: " });
    sink.text(match product {
        Product::CpmClient => "CPM-client/OMA1.0\r\n",
        Product::CpmPf => "CPM-serv/OMA1.0\r\n",
        Product::PushSender => "PUSH-serv/OMA1.0\r\n",
    });
}

/// Writes what a failure response says of its cause.
#[inline]
fn trouble(sink: &mut impl Sink, names: &Names, message: &SipMessage) {
    if let Some(seconds) = message.headers.retry_after {
        sink.text("Retry-After: ");
        sink.decimal(u64::from(seconds));
        sink.text("\r\n");
    }
    // RFC 3261 section 21.4.13: a body of an unsupported type is answered with the supported ones.
    if message.status() == Some(415) {
        sink.text("Accept: application/sdp,message/cpim,multipart/mixed\r\n");
    }
    let Some(warning) = message.headers.warning else { return };
    sink.text("Warning: 399 ");
    match message.to.tag {
        // The tag of To was made by whoever answers.
        Some(tag) => address::host(sink, names, tag.entity()),
        None => sink.text("pf"),
    }
    match warning {
        // req: CPM-PF-11
        Warning::NoMessages => sink.text(" \"125 No messages\"\r\n"),
    }
}
