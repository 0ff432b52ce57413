//! Bodies: CPIM with IMDN, URI lists, notifications, registration information.
//!
//! The XML documents have one form each, so their values are found by the text around them.

use super::address::{instant, leading_token};
use super::message::{icsi_values, other_tags};
use super::{Depth, Reader, foreign};
use crate::kernel::{Span, Time};
use crate::wire::mailbox::{MailboxEvent, MailboxNotice, NOTICE_MIN};
use crate::wire::notice::{DEFERRED_MIN, DeferredNotice, Notice};
use crate::wire::parse::fault::Fault;
use crate::wire::parse::mime::MimeText;
use crate::wire::parse::sip::SipText;
use crate::wire::sip::body::{
    Body, ContactEvent, Cpim, CpimContent, CpmAction, Disposition, DispositionRequest, Imdn, Management, Notification,
    NotificationEntry, NotificationKind, RegInfo, RegInfoContact, XcapDiff,
};
use std::sync::Arc;

impl Reader<'_> {
    pub(super) fn body(&self, text: &SipText<'_>, depth: Depth) -> Result<Body, Fault> {
        let Some(content) = text.valued("Content-Type")? else { return Ok(Body::Empty) };
        let unknown = || foreign("body");
        Ok(match content.value {
            "application/sdp" => Body::Sdp(Arc::new(self.sdp(text.body)?)),
            "message/cpim" => match self.push_in_cpim(text.body)? {
                Some(push) => push,
                None => Body::Cpim(self.cpim(text.body)?),
            },
            "application/octet-stream" | "message/external-body" => {
                Body::Push(self.push(text.single("Content-ID")?, &content, text.body)?)
            }
            "multipart/mixed" => {
                let boundary = content.parameters.get("boundary").unwrap_or_default();
                Body::Management(Arc::new(self.management(text.body, &boundary)?))
            }
            "application/x-cpm-deferred+xml" => {
                Body::Notification(Arc::new(self.notification(document(text.body)?).ok_or_else(unknown)?))
            }
            "application/reginfo+xml" => {
                Body::RegInfo(Arc::new(self.reginfo(document(text.body)?).ok_or_else(unknown)?))
            }
            "application/resource-lists+xml" => Body::RuleDocuments,
            "application/xcap-diff+xml" => {
                Body::XcapDiff(Arc::new(self.xcap_diff(document(text.body)?).ok_or_else(unknown)?))
            }
            "text/plain" => Body::Mailbox(self.mailbox_notice(document(text.body)?).ok_or_else(unknown)?),
            "message/sip" if depth == Depth::Outer => {
                let embedded = SipText::datagram(text.body)?;
                embedded.check()?;
                Body::Register(Arc::new(self.sip_message(&embedded, Depth::Embedded)?))
            }
            _ => return Err(unknown()),
        })
    }

    /// The record for an application on a device.
    pub(super) fn notice(&self, text: &str) -> Option<Notice> {
        match text.strip_prefix("cpm-deferred;user=") {
            Some(rest) => {
                let (user, rest) = rest.split_once(";number=")?;
                Some(Notice::Deferred(DeferredNotice {
                    user: self.number(user)?,
                    number: rest.split(';').next()?.parse().ok()?,
                    octets: u32::try_from(text.len()).ok().filter(|octets| *octets >= DEFERRED_MIN)?,
                }))
            }
            None => self.mailbox_notice(text).map(Notice::Mailbox),
        }
    }

    /// The record of a mailbox event; its instant is not in it.
    fn mailbox_notice(&self, text: &str) -> Option<MailboxNotice> {
        let mut lines = text.split("\r\n");
        let name = lines.next()?.strip_prefix("event=")?;
        Some(MailboxNotice {
            event: MailboxEvent::ALL.into_iter().find(|event| event.name() == name)?,
            id: leading_token(lines.next()?.strip_prefix("id=")?)?,
            user: self.number(lines.next()?.strip_prefix("user=")?)?,
            at: Time::ZERO,
            octets: u32::try_from(text.len()).ok().filter(|octets| *octets >= NOTICE_MIN)?,
        })
    }

    fn cpim(&self, octets: &[u8]) -> Result<Cpim, Fault> {
        const PART: &str = "CPIM";
        let message = MimeText::entity(octets)?;
        let content = MimeText::entity(message.body)?;
        let kind = content.content_type()?.ok_or(foreign(PART))?;
        let content = match kind.value {
            "text/plain" => u32::try_from(content.body.len()).ok().map(CpimContent::Text),
            "message/imdn+xml" => imdn(document(content.body)?).map(CpimContent::Imdn),
            _ => None,
        };
        self.cpim_headers(&message, content.ok_or(foreign(PART))?).ok_or(foreign(PART))
    }

    /// The CPIM message of these headers with this content.
    pub(super) fn cpim_headers(&self, message: &MimeText<'_>, content: CpimContent) -> Option<Cpim> {
        let user = |name| self.user(message.value(name)?.strip_prefix('<')?.strip_suffix('>')?);
        let asked = message.value("imdn.Disposition-Notification").unwrap_or_default();
        Some(Cpim {
            from: user("From")?,
            to: user("To")?,
            message_id: leading_token(message.value("imdn.Message-ID")?)?,
            sent_at: instant(message.value("DateTime")?)?,
            dispositions: DispositionRequest {
                positive_delivery: asked.contains("positive-delivery"),
                negative_delivery: asked.contains("negative-delivery"),
            },
            content,
        })
    }

    fn management(&self, octets: &[u8], boundary: &str) -> Result<Management, Fault> {
        let parts = MimeText::parts(octets, boundary)?;
        let [sdp, list] = &parts[..] else { return Err(foreign("multipart")) };
        let entries = between(document(list.body)?, "<entry uri=\"sip:", "\"/>").map(|entry| {
            let action = match entry.rsplit_once("?cpm_action=")?.1 {
                "deliver" => CpmAction::Deliver,
                "delete" => CpmAction::Delete,
                "interwork" => CpmAction::Interwork,
                "store" => CpmAction::Store,
                _ => return None,
            };
            Some((leading_token(entry)?, action))
        });
        let entries = entries.collect::<Option<Vec<_>>>().ok_or(foreign("resource-lists"))?;
        Ok(Management { sdp: self.sdp(sdp.body)?, entries })
    }

    fn xcap_diff(&self, text: &str) -> Option<XcapDiff> {
        let user = |selected: &str| self.user(selected.split_once("/users/")?.1.split_once("/access-rules")?.0);
        let changes = between(text, "<element sel=\"", ">");
        let rules: Option<Vec<_>> =
            changes.map(|change| Some((user(change)?, change.contains("exists=\"true\"")))).collect();
        let rules = rules?;
        if !rules.is_empty() {
            return Some(XcapDiff { full: false, rules });
        }
        let named = between(text, "<document ", "/>").map(|document| Some((user(document)?, true)));
        Some(XcapDiff { full: true, rules: named.collect::<Option<Vec<_>>>()? })
    }

    fn notification(&self, text: &str) -> Option<Notification> {
        let entries = between(text, "<message uri-id=\"sip:", "</message>").map(|entry| {
            Some(NotificationEntry {
                id: leading_token(entry)?,
                from: self.user(element(entry, "<from>")?)?,
                sent_at: instant(element(entry, "<date>")?)?,
                size: element(entry, "<size>")?.parse().ok()?,
            })
        });
        let kind = match attribute(text, " event") {
            None => NotificationKind::Waiting,
            Some("expiring") => NotificationKind::Expiring,
            Some("expired") => NotificationKind::Expired,
            Some(_) => return None,
        };
        Some(Notification {
            kind,
            number: attribute(text, " number")?.parse().ok()?,
            entries: entries.collect::<Option<_>>()?,
        })
    }

    fn reginfo(&self, text: &str) -> Option<RegInfo> {
        let (_, registration) = text.split_once("<reginfo ")?;
        let contacts = between(registration, "<contact ", "</contact>").map(|contact| self.reginfo_contact(contact));
        Some(RegInfo {
            user: self.user(attribute(registration, " aor")?)?,
            version: attribute(registration, " version")?.parse().ok()?,
            contacts: contacts.collect::<Option<_>>()?,
        })
    }

    fn reginfo_contact(&self, text: &str) -> Option<RegInfoContact> {
        let event = match attribute(text, " event")? {
            "registered" => ContactEvent::Registered,
            "refreshed" => ContactEvent::Refreshed,
            "unregistered" => ContactEvent::Unregistered,
            "expired" => ContactEvent::Expired,
            _ => return None,
        };
        let tags = between(text, "<unknown-param name=\"+g.3gpp.icsi-ref\">\"", "\"").next().unwrap_or_default();
        // A contact that is gone has no GRUU.
        let gruu = match between(text, "<gr:temp-gruu uri=\"", "\"").next() {
            Some(uri) => self.registration_of(uri)?,
            None => 0,
        };
        let (_, instance) = text.split_once("\"&lt;")?;
        let features =
            icsi_values(tags)?.union(other_tags(text.contains("+g.oma.sip-im"), text.contains("+g.3gpp.iari-ref")));
        Some(RegInfoContact {
            terminal: self.instance(instance.split_once("&gt;")?.0)?,
            event,
            features,
            expires: seconds(attribute(text, " expires")?)?,
            gruu,
        })
    }
}

pub(super) fn imdn(text: &str) -> Option<Imdn> {
    let disposition = match (text.contains("<delivered/>"), text.contains("<failed/>")) {
        (true, false) => Disposition::Delivered,
        (false, true) => Disposition::Failed,
        (true, true) | (false, false) => return None,
    };
    Some(Imdn {
        about: leading_token(element(text, "<message-id>")?)?,
        sent_at: instant(element(text, "<datetime>")?)?,
        disposition,
    })
}

pub(super) fn document(octets: &[u8]) -> Result<&str, Fault> {
    str::from_utf8(octets).map_err(|_| Fault::new("body", "no UTF-8"))
}

/// The texts between each `open` and the next `close`.
fn between<'t>(text: &'t str, open: &'t str, close: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(open).skip(1).map(move |rest| rest.split(close).next().unwrap_or_default())
}

/// The text of the first element with this start tag.
fn element<'t>(text: &'t str, tag: &str) -> Option<&'t str> {
    text.split_once(tag)?.1.split('<').next()
}

/// The value of the first attribute of this name.
fn attribute<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.split_once(&format!("{name}=\""))?.1.split('"').next()
}

fn seconds(text: &str) -> Option<Span> {
    text.parse::<u64>().ok()?.checked_mul(1_000_000_000).map(Span::from_nanos)
}
