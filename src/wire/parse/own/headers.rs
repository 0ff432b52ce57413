//! The headers of [`Headers`].

use super::address::{date, leading_token, token_of_uuid};
use super::message::{icsi_values, other_tags};
use super::{Reader, foreign};
use crate::kernel::EntityId;
use crate::wire::id::Token;
use crate::wire::parse::cursor::unquote;
use crate::wire::parse::fault::Fault;
use crate::wire::parse::sip::SipText;
use crate::wire::sip::headers::{
    Authorization, EventPackage, Headers, OptionTags, Product, Refresher, ServedUser, SessionExpires,
    SubscriptionState, TerminationReason, Warning,
};
use crate::wire::sip::{AcceptContact, FeatureTags, Uri};

fn event_package(value: &str) -> Option<EventPackage> {
    match value.split(';').next()? {
        "reg" => Some(EventPackage::Reg),
        "xcap-diff" => Some(EventPackage::XcapDiff),
        "x-push" => Some(EventPackage::Push),
        _ => None,
    }
}

impl Reader<'_> {
    pub(super) fn headers(&self, text: &SipText<'_>) -> Result<Headers, Fault> {
        let (service, service_is_preferred) = asserted_service(text)?;
        Ok(Headers {
            p_asserted_identity: self.identity(text, "P-Asserted-Identity")?,
            p_served_user: self.served_user(text)?,
            p_preferred_identity: self.identity(text, "P-Preferred-Identity")?,
            p_access_network_info: has(text, "P-Access-Network-Info"),
            p_visited_network: read(text, "P-Visited-Network-ID", |value| self.network(&unquote(value)))?,
            p_charging_vector: read(text, "P-Charging-Vector", |value| {
                leading_token(value.strip_prefix("icid-value=")?)
            })?,
            p_asserted_service: service,
            service_is_preferred,
            p_associated_uri: self.identity(text, "P-Associated-URI")?,
            path: self.single_router(text, "Path")?,
            service_route: self.single_router(text, "Service-Route")?,
            authorization: authorization(text)?,
            www_authenticate: challenge(text)?,
            security_agreement: ["Security-Client", "Security-Server", "Security-Verify"]
                .into_iter()
                .any(|name| has(text, name)),
            accept_contact: accept_contact(text)?,
            supported: option_tags(text, "Supported")?,
            require: option_tags(text, "Require")?,
            // A 405 has it in any case.
            allow: has(text, "Allow") && !text.start_line.starts_with("SIP/2.0 405 "),
            // So has a 415, and a SUBSCRIBE says what it takes in notifications.
            accept: has(text, "Accept") && !has(text, "Event") && !text.start_line.starts_with("SIP/2.0 415 "),
            event: read(text, "Event", event_package)?,
            subscription_state: subscription_state(text)?,
            product: product(text)?,
            warning: has(text, "Warning").then_some(Warning::NoMessages),
            date: read(text, "Date", date)?,
            retry_after: text.retry_after()?,
            session_expires: session_expires(text)?,
            conversation: read(text, "Conversation-ID", token_of_uuid)?,
        })
    }

    fn identity(&self, text: &SipText<'_>, name: &'static str) -> Result<Option<Uri>, Fault> {
        text.addresses(name)?.first().map(|address| self.plain_uri(name, address)).transpose()
    }

    fn single_router(&self, text: &SipText<'_>, name: &'static str) -> Result<Option<EntityId>, Fault> {
        text.addresses(name)?.first().map(|address| self.router(address).ok_or(foreign(name))).transpose()
    }

    fn served_user(&self, text: &SipText<'_>) -> Result<Option<ServedUser>, Fault> {
        const NAME: &str = "P-Served-User";
        let addresses = text.addresses(NAME)?;
        let Some(address) = addresses.first() else { return Ok(None) };
        match self.plain_uri(NAME, address)? {
            Uri::User(user) => {
                let originating = address.parameters.get("sescase").as_deref() == Some("orig");
                Ok(Some(ServedUser { user, originating }))
            }
            Uri::Domain(_)
            | Uri::Contact(_)
            | Uri::PublicGruu(_)
            | Uri::TemporaryGruu(..)
            | Uri::Node(_)
            | Uri::DeferredManagement(_) => Err(foreign(NAME)),
        }
    }
}

fn has(text: &SipText<'_>, name: &'static str) -> bool {
    text.values(name).next().is_some()
}

/// Reads the value of a header field that may stand there once.
fn read<T>(text: &SipText<'_>, name: &'static str, value: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Fault> {
    text.single(name)?.map(|written| value(written).ok_or(foreign(name))).transpose()
}

fn asserted_service(text: &SipText<'_>) -> Result<(FeatureTags, bool), Fault> {
    const NAMES: [(&str, bool); 2] = [("P-Asserted-Service", false), ("P-Preferred-Service", true)];
    for (name, preferred) in NAMES {
        if let Some(tag) = read(text, name, |value| icsi_values(&value.replace(':', "%3A")))? {
            return Ok((tag, preferred));
        }
    }
    Ok((FeatureTags::NONE, false))
}

fn authorization(text: &SipText<'_>) -> Result<Option<Authorization>, Fault> {
    const NAME: &str = "Authorization";
    let credentials = text.authentication(NAME)?;
    let Some(credentials) = credentials.first() else { return Ok(None) };
    let nonce = credentials.parameters.get("nonce").ok_or(foreign(NAME))?;
    if nonce.is_empty() {
        return Ok(Some(Authorization::Initial));
    }
    Ok(Some(Authorization::Response { nonce: leading_token(&nonce).ok_or(foreign(NAME))? }))
}

fn challenge(text: &SipText<'_>) -> Result<Option<Token>, Fault> {
    const NAME: &str = "WWW-Authenticate";
    let challenges = text.authentication(NAME)?;
    let Some(challenge) = challenges.first() else { return Ok(None) };
    let nonce = challenge.parameters.get("nonce").ok_or(foreign(NAME))?;
    leading_token(&nonce).ok_or(foreign(NAME)).map(Some)
}

fn accept_contact(text: &SipText<'_>) -> Result<Option<AcceptContact>, Fault> {
    const NAME: &str = "Accept-Contact";
    let values = text.valued_list(NAME)?;
    let Some(value) = values.first() else { return Ok(None) };
    let parameters = &value.parameters;
    let tags = parameters.get("+g.3gpp.icsi-ref");
    let features = icsi_values(tags.as_deref().unwrap_or_default())
        .ok_or(foreign(NAME))?
        .union(other_tags(parameters.has("+g.oma.sip-im"), parameters.has("+g.3gpp.iari-ref")));
    Ok(Some(AcceptContact { features, require: parameters.has("require"), explicit: parameters.has("explicit") }))
}

fn option_tags(text: &SipText<'_>, name: &'static str) -> Result<OptionTags, Fault> {
    let mut tags = OptionTags::default();
    for written in text.list(name)? {
        let (tag, _) = OptionTags::ALL.iter().find(|(_, known)| *known == written).ok_or(foreign(name))?;
        tags = tags.union(*tag);
    }
    Ok(tags)
}

fn subscription_state(text: &SipText<'_>) -> Result<Option<SubscriptionState>, Fault> {
    const NAME: &str = "Subscription-State";
    let Some(state) = text.valued(NAME)? else { return Ok(None) };
    if state.value == "active" {
        let seconds = state.parameters.get("expires").and_then(|seconds| seconds.parse().ok());
        return seconds.map(|seconds| Some(SubscriptionState::Active(seconds))).ok_or(foreign(NAME));
    }
    let reason = match state.parameters.get("reason").as_deref() {
        Some("timeout") => TerminationReason::Timeout,
        Some("deactivated") => TerminationReason::Deactivated,
        Some("noresource") => TerminationReason::NoResource,
        Some(_) | None => return Err(foreign(NAME)),
    };
    Ok(Some(SubscriptionState::Terminated(reason)))
}

fn session_expires(text: &SipText<'_>) -> Result<Option<SessionExpires>, Fault> {
    const NAME: &str = "Session-Expires";
    let Some(timer) = text.valued(NAME)? else { return Ok(None) };
    let refresher = match timer.parameters.get("refresher").as_deref() {
        Some("uac") => Refresher::Uac,
        Some("uas") => Refresher::Uas,
        Some(_) | None => return Err(foreign(NAME)),
    };
    let interval = timer.value.parse().map_err(|_| foreign(NAME))?;
    Ok(Some(SessionExpires { interval, refresher }))
}

fn product(text: &SipText<'_>) -> Result<Option<Product>, Fault> {
    for name in ["User-Agent", "Server"] {
        let product = read(text, name, |value| match value {
            "CPM-client/OMA1.0" => Some(Product::CpmClient),
            "CPM-serv/OMA1.0" => Some(Product::CpmPf),
            "PUSH-serv/OMA1.0" => Some(Product::PushSender),
            _ => None,
        })?;
        if product.is_some() {
            return Ok(product);
        }
    }
    Ok(None)
}
