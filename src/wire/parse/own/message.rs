//! SIP messages: start line, Via, routing and identification.

use super::address::{leading_token, token};
use super::{Depth, Reader, foreign};
use crate::kernel::EntityId;
use crate::wire::id::Token;
use crate::wire::parse::fault::Fault;
use crate::wire::parse::sip::{SipText, StartText};
use crate::wire::parse::uri::UriText;
use crate::wire::parse::values::{Address, Contacts, ViaText};
use crate::wire::sip::feature::FeatureTags;
use crate::wire::sip::{Contact, ContactHeader, Method, Party, Route, RouteKind, SipMessage, Start, Via};
use arrayvec::ArrayVec;

impl Reader<'_> {
    pub(super) fn sip_message(&self, text: &SipText<'_>, depth: Depth) -> Result<SipMessage, Fault> {
        let start = self.start(text)?;
        let is_request = matches!(start, Start::Request { .. });
        let vias = text.vias()?;
        let routes = text.addresses("Route")?;
        let record_routes = text.addresses("Record-Route")?;
        let max_forwards = text.number("Max-Forwards", 255)?.unwrap_or(0) as u8;
        Ok(SipMessage {
            start,
            via: collect("Via", vias.iter().rev().map(Self::via))?,
            max_forwards: if is_request { max_forwards } else { 0 },
            from: self.party("From", &text.from()?)?,
            to: self.party("To", &text.to()?)?,
            call_id: leading_token(text.call_id()?).ok_or(foreign("Call-ID"))?,
            cseq: text.cseq()?.number,
            route: collect("Route", routes.iter().rev().map(|route| self.route(route)))?,
            record_route: collect("Record-Route", record_routes.iter().rev().map(|route| self.router(route)))?,
            contact: self.contacts(text)?,
            expires: text.number("Expires", u32::MAX)?,
            headers: self.headers(text)?,
            body: self.body(text, depth)?,
        })
    }

    fn start(&self, text: &SipText<'_>) -> Result<Start, Fault> {
        let named = text.cseq()?.method;
        let method = Method::ALL.into_iter().find(|method| method.name() == named).ok_or(foreign("CSeq"))?;
        Ok(match text.start()? {
            StartText::Request { uri, .. } => {
                Start::Request { method, uri: self.uri(&uri).ok_or(foreign("Request-URI"))? }
            }
            StartText::Response { status, .. } => Start::Response { status, method },
        })
    }

    fn via(text: &ViaText<'_>) -> Option<Via> {
        Some(Via { branch: token(text.transaction()?)?, tcp: text.transport == "TCP" })
    }

    fn party(&self, part: &'static str, address: &Address<'_>) -> Result<Party, Fault> {
        let uri = self.plain_uri(part, address)?;
        let tag = match address.parameters.get("tag") {
            Some(tag) => Some(token(&tag).ok_or(foreign(part))?),
            None => None,
        };
        Ok(Party { uri, tag })
    }

    fn route(&self, address: &Address<'_>) -> Option<Route> {
        let UriText::Sip(sip) = &address.uri else { return None };
        let dialog = |user: &str| -> Option<Token> { token(user.strip_prefix("odi-")?) };
        let kind = match sip.user {
            Some(user) => RouteKind::OriginalDialog(dialog(user)?),
            None if sip.parameter("orig").is_some() => RouteKind::Originating,
            None => RouteKind::Plain,
        };
        Some(Route { node: self.host(sip.host)?, kind })
    }

    /// The node of a loose router.
    pub(super) fn router(&self, address: &Address<'_>) -> Option<EntityId> {
        match &address.uri {
            UriText::Sip(sip) => self.host(sip.host),
            UriText::Other { .. } => None,
        }
    }

    fn contacts(&self, text: &SipText<'_>) -> Result<ContactHeader, Fault> {
        let Contacts::These(addresses) = text.contacts()? else { return Err(foreign("Contact")) };
        let mut contacts = addresses.iter().map(|address| self.contact(address)).collect::<Result<Vec<_>, _>>()?;
        Ok(match contacts.len() {
            0 => ContactHeader::None,
            1 => ContactHeader::One(contacts.remove(0)),
            _ => ContactHeader::List(contacts.into()),
        })
    }

    fn contact(&self, address: &Address<'_>) -> Result<Contact, Fault> {
        const PART: &str = "Contact";
        let parameters = &address.parameters;
        let instance = match parameters.get("+sip.instance") {
            Some(urn) => {
                let urn = urn.strip_prefix('<').and_then(|urn| urn.strip_suffix('>')).ok_or(foreign(PART))?;
                Some(self.instance(urn).ok_or(foreign(PART))?)
            }
            None => None,
        };
        let gruu = match parameters.get("temp-gruu") {
            Some(uri) => Some(self.registration_of(&uri).ok_or(foreign(PART))?),
            None => None,
        };
        let expires = match parameters.get("expires") {
            Some(seconds) => Some(seconds.parse().map_err(|_| foreign(PART))?),
            None => None,
        };
        let tags = parameters.get("+g.3gpp.icsi-ref");
        let features = icsi_values(tags.as_deref().unwrap_or_default())
            .ok_or(foreign(PART))?
            .union(other_tags(parameters.has("+g.oma.sip-im"), parameters.has("+g.3gpp.iari-ref")));
        Ok(Contact { uri: self.plain_uri(PART, address)?, features, instance, gruu, expires })
    }

    /// The number of the registration that a temporary GRUU came with.
    pub(super) fn registration_of(&self, uri: &str) -> Option<u32> {
        match self.uri(&crate::wire::parse::uri::uri(uri).ok()?)? {
            crate::wire::sip::Uri::TemporaryGruu(_, registration) => Some(registration),
            _ => None,
        }
    }
}

/// The values of `+g.3gpp.icsi-ref`.
pub(super) fn icsi_values(text: &str) -> Option<FeatureTags> {
    let mut tags = FeatureTags::NONE;
    for value in text.split(',').filter(|value| !value.is_empty()) {
        tags = tags.union(FeatureTags::ICSI.iter().find(|(_, known)| *known == value)?.0);
    }
    Some(tags)
}

/// The tags beside `+g.3gpp.icsi-ref`: whether each is there.
pub(super) fn other_tags(older: bool, application: bool) -> FeatureTags {
    let set = |there, tag| if there { tag } else { FeatureTags::NONE };
    set(older, FeatureTags::OMA_SIP_IM).union(set(application, FeatureTags::PUSH_APPLICATION))
}

/// Collects values, of which a message holds only so many.
fn collect<T, const N: usize>(
    part: &'static str,
    values: impl Iterator<Item = Option<T>>,
) -> Result<ArrayVec<T, N>, Fault> {
    let mut all = ArrayVec::new();
    for value in values {
        all.try_push(value.ok_or(foreign(part))?).map_err(|_| Fault::new(part, "more than a message has"))?;
    }
    Ok(all)
}
