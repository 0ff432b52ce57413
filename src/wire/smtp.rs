//! SMTP (RFC 5321) between a MEM server or a PF and an MMS server, one command or reply each, without pipelining.
//! Delivery status is asked by the parameters of RFC 3461.

use super::id::Token;
use super::mail::{self, Mail, MailContent};
use super::message::MessageKind;
use super::names::Names;
use super::sink::{Counter, Sink};
use crate::kernel::EntityId;

/// One unit of an SMTP session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Smtp {
    /// Joins the units of one session, as their connection does. Not on the wire.
    pub session: Token,
    /// The client.
    pub client: EntityId,
    /// The server.
    pub server: EntityId,
    /// The mail of the session: its envelope stands in MAIL and RCPT, all of it in the data.
    pub mail: Mail,
    /// What is said.
    pub line: SmtpLine,
}

/// What is said in a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SmtpLine {
    /// A command of the client.
    Command(SmtpCommand),
    /// A reply of the server: its code, and what it replies to.
    Reply(u16, SmtpCommand),
}

/// A command; the opening of the connection and the data stand in for commands of their own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SmtpCommand {
    /// The connection was opened: the server greets.
    Connect,
    /// EHLO.
    Ehlo,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA.
    Data,
    /// The mail and the line with a dot that ends it.
    Content,
    /// QUIT.
    Quit,
}

impl SmtpCommand {
    /// All, in the order of a session.
    pub const ALL: [SmtpCommand; 7] = [
        SmtpCommand::Connect,
        SmtpCommand::Ehlo,
        SmtpCommand::Mail,
        SmtpCommand::Rcpt,
        SmtpCommand::Data,
        SmtpCommand::Content,
        SmtpCommand::Quit,
    ];

    /// The name in results.
    pub const fn name(self) -> &'static str {
        match self {
            SmtpCommand::Connect => "connect",
            SmtpCommand::Ehlo => "EHLO",
            SmtpCommand::Mail => "MAIL",
            SmtpCommand::Rcpt => "RCPT",
            SmtpCommand::Data => "DATA",
            SmtpCommand::Content => "content",
            SmtpCommand::Quit => "QUIT",
        }
    }

    /// The reply of a server that is content.
    pub const fn success(self) -> u16 {
        match self {
            SmtpCommand::Connect => 220,
            SmtpCommand::Ehlo | SmtpCommand::Mail | SmtpCommand::Rcpt | SmtpCommand::Content => 250,
            SmtpCommand::Data => 354,
            SmtpCommand::Quit => 221,
        }
    }
}

impl Smtp {
    /// What it is.
    pub fn kind(&self) -> MessageKind {
        MessageKind::Smtp(self.line)
    }

    /// Writes the command or reply.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        match self.line {
            SmtpLine::Command(command) => self.write_command(command, names, sink),
            SmtpLine::Reply(code, command) => self.write_reply(code, command, names, sink),
        }
    }

    fn write_command(&self, command: SmtpCommand, names: &Names, sink: &mut impl Sink) {
        match command {
            SmtpCommand::Connect => {}
            SmtpCommand::Ehlo => {
                sink.text("EHLO ");
                sink.text(names.host(self.client));
                sink.text("\r\n");
            }
            SmtpCommand::Mail => self.write_sender(names, sink),
            SmtpCommand::Rcpt => self.write_recipient(names, sink),
            SmtpCommand::Data => sink.text("DATA\r\n"),
            SmtpCommand::Content => {
                self.mail.write(names, sink);
                sink.text(".\r\n");
            }
            SmtpCommand::Quit => sink.text("QUIT\r\n"),
        }
    }

    fn write_sender(&self, names: &Names, sink: &mut impl Sink) {
        match self.mail.content {
            MailContent::Notice { report, .. } => {
                sink.text("MAIL FROM:<");
                mail::server_address(sink, names, self.mail.from);
                sink.text("> SIZE=");
                sink.decimal(self.mail.len(names));
                if report {
                    sink.text(" RET=HDRS ENVID=");
                    sink.hex16(self.mail.id.raw());
                }
                sink.text("\r\n");
            }
            // A null return path: no report is made about a report.
            MailContent::Status { .. } => {
                sink.text("MAIL FROM:<> SIZE=");
                sink.decimal(self.mail.len(names));
                sink.text("\r\n");
            }
        }
    }

    fn write_recipient(&self, names: &Names, sink: &mut impl Sink) {
        sink.text("RCPT TO:<");
        match self.mail.content {
            MailContent::Notice { report, .. } => {
                mail::terminal_address(sink, names, self.mail.terminal, self.mail.to);
                sink.text(if report { "> NOTIFY=SUCCESS,FAILURE\r\n" } else { ">\r\n" });
            }
            MailContent::Status { .. } => {
                mail::server_address(sink, names, self.mail.to);
                sink.text(">\r\n");
            }
        }
    }

    fn write_reply(&self, code: u16, command: SmtpCommand, names: &Names, sink: &mut impl Sink) {
        let host = names.host(self.server);
        if code == command.success() && command == SmtpCommand::Ehlo {
            sink.text("250-");
            sink.text(host);
            return sink.text(
                "\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-SIZE 307200\r\n250-DELIVERBY\r\n250 DSN\r\n",
            );
        }
        sink.digits(u64::from(code), 3);
        if code != command.success() {
            return sink.text(refusal(code));
        }
        match command {
            SmtpCommand::Connect => {
                sink.text(" ");
                sink.text(host);
                sink.text(" ESMTP ready\r\n");
            }
            SmtpCommand::Ehlo | SmtpCommand::Mail => sink.text(" 2.1.0 Sender ok\r\n"),
            SmtpCommand::Rcpt => sink.text(" 2.1.5 Recipient ok\r\n"),
            SmtpCommand::Data => sink.text(" End data with <CR><LF>.<CR><LF>\r\n"),
            SmtpCommand::Content => {
                sink.text(" 2.0.0 Ok: queued as ");
                sink.hex16(self.session.raw());
                sink.text("\r\n");
            }
            SmtpCommand::Quit => sink.text(" 2.0.0 Bye\r\n"),
        }
    }

    /// Its octets on the wire.
    pub fn wire_len(&self, names: &Names) -> u64 {
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }
}

/// Text of a reply that refuses, with the end of the line.
const fn refusal(code: u16) -> &'static str {
    match code {
        421 => " 4.3.2 Service not available, closing transmission channel\r\n",
        450 => " 4.2.1 Mailbox unavailable\r\n",
        451 => " 4.3.0 Local error in processing\r\n",
        452 => " 4.3.1 Insufficient system storage\r\n",
        550 => " 5.1.1 No such recipient\r\n",
        552 => " 5.3.4 Message too big\r\n",
        _ => " 5.0.0 Refused\r\n",
    }
}
