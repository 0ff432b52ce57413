//! MMS PDUs, and MM1 with the HTTP around them.

use super::address::leading_token;
use super::mail::applic_id;
use super::{Reader, foreign, same};
use crate::kernel::{EntityId, Time};
use crate::wire::id::Token;
use crate::wire::mail::ApplicId;
use crate::wire::mms::{Mm1, Mm1Line, MmStatus, NotificationInd, RetrieveConf, field};
use crate::wire::parse::fault::Fault;
use crate::wire::parse::http::{HttpStartText, HttpText};
use crate::wire::parse::mms::{MmsText, MmsValue};

const PART: &str = "MMS";

impl Reader<'_> {
    /// Reads m-notification-ind.
    ///
    /// # Errors
    /// When it is none, or not one that this crate writes with these names.
    pub fn notification_ind(&self, octets: &[u8]) -> Result<NotificationInd, Fault> {
        let text = MmsText::parse(octets)?;
        let read = self.waiting(&text).ok_or(foreign(PART))?;
        let mut again = Vec::with_capacity(octets.len());
        read.write(self.names, &mut again);
        same(octets, &again)?;
        Ok(read)
    }

    fn waiting(&self, text: &MmsText<'_>) -> Option<NotificationInd> {
        let location = text.value(field::CONTENT_LOCATION)?.text()?;
        let (host, path) = location.strip_prefix("http://")?.split_once('/')?;
        let (_, message) = path.split_at_checked(path.len().checked_sub(16)?)?;
        // Without padding, the URL is as long as it has to be.
        let url_octets = if path.len() > 16 { u16::try_from(location.len()).ok()? } else { 0 };
        let expiry = text.value(field::EXPIRY)?.octets()?.split_at_checked(2)?.1;
        Some(NotificationInd {
            transaction: identifier(text, field::TRANSACTION_ID)?,
            message: leading_token(message)?,
            server: self.node(host)?,
            from: self.sender(text)?,
            size: u32::try_from(text.value(field::MESSAGE_SIZE)?.integer()?).ok()?,
            expiry: u32::try_from(MmsValue::Octets(expiry).integer()?).ok()?,
            applic_id: application(text)?,
            url_octets,
            report: reports(text),
        })
    }

    /// Reads m-retrieve-conf. The instant of the mailbox event is not in it.
    ///
    /// # Errors
    /// When it is none, or not one that this crate writes with these names.
    pub fn retrieve_conf(&self, octets: &[u8]) -> Result<RetrieveConf, Fault> {
        let text = MmsText::parse(octets)?;
        let parts = text.parts()?;
        let [part] = parts[..] else { return Err(foreign(PART)) };
        let read = self.retrieved(&text, part.data).ok_or(foreign(PART))?;
        let mut again = Vec::with_capacity(octets.len());
        read.write(self.names, &mut again);
        same(octets, &again)?;
        Ok(read)
    }

    fn retrieved(&self, text: &MmsText<'_>, content: &[u8]) -> Option<RetrieveConf> {
        let date = text.value(field::DATE)?.integer()?.checked_sub(RetrieveConf::EPOCH)?;
        Some(RetrieveConf {
            transaction: identifier(text, field::TRANSACTION_ID)?,
            message: identifier(text, field::MESSAGE_ID)?,
            from: self.sender(text)?,
            terminal: self.msisdn(text.value(field::TO)?.text()?.strip_suffix("/TYPE=PLMN")?)?,
            date: Time::from_secs(date),
            applic_id: application(text)?,
            report: reports(text),
            notice: self.notice(str::from_utf8(content).ok()?)?,
        })
    }

    /// Reads a message of MM1. `exchange` is what was known before: the ends, and the MM that it is about.
    ///
    /// # Errors
    /// When it is nothing that this crate writes in that exchange.
    pub fn mm1(&self, octets: &[u8], exchange: &Mm1) -> Result<Mm1, Fault> {
        let (text, _) = HttpText::stream(octets)?.ok_or(Fault::new("HTTP", "not complete"))?;
        let mut said = Mm1 { retrieved: None, ..*exchange };
        said.line = match text.start {
            HttpStartText::Request("GET", _) => Mm1Line::Get,
            HttpStartText::Request(_, _) => answer(&MmsText::parse(text.body)?).ok_or(foreign(PART))?,
            HttpStartText::Response(200) if text.body.is_empty() => Mm1Line::Ok,
            HttpStartText::Response(200) => {
                said.retrieved = Some(self.retrieve_conf(text.body)?);
                Mm1Line::RetrieveConf
            }
            HttpStartText::Response(status) => Mm1Line::Refused(status),
        };
        let mut again = Vec::with_capacity(octets.len());
        said.write(self.names, &mut again);
        same(octets, &again)?;
        Ok(said)
    }

    /// The server whose mailbox From names.
    fn sender(&self, text: &MmsText<'_>) -> Option<EntityId> {
        // A token says that the address is there; a zero octet ends the address.
        let address = text.value(field::FROM)?.octets()?.strip_prefix(&[0x80])?.strip_suffix(&[0])?;
        self.node(str::from_utf8(address).ok()?.split_once('@')?.1)
    }
}

/// What a terminal answers.
fn answer(text: &MmsText<'_>) -> Option<Mm1Line> {
    match (text.message_type, text.value(field::STATUS)) {
        (0x83, Some(MmsValue::Short(0x81))) => Some(Mm1Line::NotifyResp(MmStatus::Retrieved)),
        (0x83, Some(MmsValue::Short(0x83))) => Some(Mm1Line::NotifyResp(MmStatus::Deferred)),
        (0x85, None) => Some(Mm1Line::Acknowledge),
        _ => None,
    }
}

fn identifier(text: &MmsText<'_>, code: u8) -> Option<Token> {
    leading_token(text.value(code)?.text()?)
}

fn reports(text: &MmsText<'_>) -> bool {
    text.value(field::DELIVERY_REPORT) == Some(MmsValue::Short(field::YES))
}

/// X-Mms-Applic-ID, which may be missing; none when it names an application that nobody knows.
fn application(text: &MmsText<'_>) -> Option<Option<ApplicId>> {
    match text.value(field::APPLIC_ID) {
        Some(value) => Some(Some(applic_id(value.text()?)?)),
        None => Some(None),
    }
}
