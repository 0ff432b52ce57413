//! Mail and the SMTP sessions that carry it.

use super::address::{date, leading_token};
use super::{Reader, foreign, same};
use crate::kernel::EntityId;
use crate::wire::mail::{ApplicId, Mail, MailContent, StatusAction};
use crate::wire::parse::fault::Fault;
use crate::wire::parse::mime::MimeText;
use crate::wire::parse::smtp::{SmtpCommandText, SmtpReplyText, mail_text};
use crate::wire::smtp::{Smtp, SmtpCommand, SmtpLine};

const PART: &str = "mail";

impl Reader<'_> {
    /// Reads a command of a client, or the mail and the dot that ends it. `session` is what was known before: the ends,
    /// and the mail, which a mail that is read replaces but for what stands in the envelope alone.
    ///
    /// # Errors
    /// When it is nothing that this crate writes in that session.
    pub fn smtp_command(&self, octets: &[u8], session: &Smtp) -> Result<Smtp, Fault> {
        let mut said = *session;
        let command = if octets.ends_with(b"\r\n.\r\n") {
            let asked = match session.mail.content {
                MailContent::Notice { report, .. } => report,
                MailContent::Status { .. } => false,
            };
            said.mail = self.mail(&mail_text(octets)?, asked).ok_or(foreign(PART))?;
            SmtpCommand::Content
        } else {
            let text = SmtpCommandText::parse(octets)?;
            let known = SmtpCommand::ALL.into_iter().find(|command| command.name() == text.verb);
            known.ok_or(foreign("SMTP"))?
        };
        said.line = SmtpLine::Command(command);
        self.as_said(octets, said)
    }

    /// Reads a reply of a server to the command of `session`.
    ///
    /// # Errors
    /// When it is nothing that this crate writes in that session.
    pub fn smtp_reply(&self, octets: &[u8], session: &Smtp) -> Result<Smtp, Fault> {
        let (SmtpLine::Command(command) | SmtpLine::Reply(_, command)) = session.line;
        let text = SmtpReplyText::parse(octets)?;
        self.as_said(octets, Smtp { line: SmtpLine::Reply(text.code, command), ..*session })
    }

    fn as_said(&self, octets: &[u8], said: Smtp) -> Result<Smtp, Fault> {
        let mut again = Vec::with_capacity(octets.len());
        said.write(self.names, &mut again);
        same(octets, &again)?;
        Ok(said)
    }

    fn mail(&self, text: &MimeText<'_>, report: bool) -> Option<Mail> {
        let to = text.value("To")?.strip_prefix('<')?.strip_suffix('>')?;
        let id = text.value("Message-ID")?.strip_prefix('<')?;
        let mail = |to, terminal, content| {
            let (_, host) = text.value("From")?.strip_suffix('>')?.split_once('@')?;
            Some(Mail {
                id: leading_token(id)?,
                from: self.node(host)?,
                to,
                terminal,
                date: date(text.value("Date")?)?,
                content,
            })
        };
        let body = str::from_utf8(text.body).ok()?;
        if let Some((terminal, host)) = self.subscriber(to) {
            let applic_id = match text.value("Applic-ID") {
                Some(written) => Some(applic_id(written)?),
                None => None,
            };
            let notice = self.notice(body.strip_suffix("\r\n")?)?;
            return mail(host, terminal, MailContent::Notice { notice, applic_id, report });
        }
        let field = |name: &str| body.split_once(name)?.1.split("\r\n").next();
        let (terminal, _) = self.subscriber(field("Final-Recipient: rfc822; ")?)?;
        let action = match field("Action: ")? {
            "delivered" => StatusAction::Delivered,
            "failed" => StatusAction::Failed,
            _ => return None,
        };
        let about = leading_token(field("Original-Envelope-Id: ")?)?;
        mail(self.node(to.split_once('@')?.1)?, terminal, MailContent::Status { about, action })
    }

    /// The terminal and the server of an address with the number of a terminal.
    fn subscriber(&self, address: &str) -> Option<(EntityId, EntityId)> {
        let (number, host) = address.split_once("/TYPE=PLMN@")?;
        Some((self.msisdn(number)?, self.node(host)?))
    }
}

/// The application of an identifier.
pub(super) fn applic_id(text: &str) -> Option<ApplicId> {
    ApplicId::ALL.into_iter().find(|known| known.text() == text)
}
