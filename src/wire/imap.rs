//! IMAP (RFC 3501 with RFC 5161, 5465 and 7162) as far as a MEM client uses it: it opens its mailbox, resynchronises
//! by what it knows of the last time, fetches what is new, and may stay to be told of events in the same connection.

use super::address;
use super::id::{Token, UserId};
use super::message::MessageKind;
use super::names::Names;
use super::sink::{Counter, Sink};
use crate::kernel::EntityId;

/// A command with its response, or data that nobody asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Imap {
    /// Joins the messages of one connection. Not on the wire.
    pub connection: Token,
    /// The server.
    pub server: EntityId,
    /// Whose mailbox.
    pub user: UserId,
    /// What is said.
    pub line: ImapLine,
    /// Messages of the mailbox that it is about: those to fetch, or those that are new.
    pub messages: u32,
    /// Octets of each of these messages.
    pub octets: u32,
}

/// What is said on a connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ImapLine {
    /// The connection was opened; nothing is on the wire but that.
    Connect,
    /// The greeting of the server.
    Greeting,
    /// A command.
    Command(ImapCommand),
    /// Untagged data and the tagged OK to a command.
    Ok(ImapCommand),
    /// Untagged data that tells of an event (RFC 5465).
    Event,
}

/// A command.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ImapCommand {
    /// LOGIN.
    Login,
    /// SELECT with QRESYNC (RFC 7162).
    Select,
    /// UID FETCH.
    Fetch,
    /// NOTIFY (RFC 5465).
    Notify,
    /// LOGOUT.
    Logout,
}

impl ImapCommand {
    /// All, in the order of a session.
    pub const ALL: [ImapCommand; 5] =
        [ImapCommand::Login, ImapCommand::Select, ImapCommand::Fetch, ImapCommand::Notify, ImapCommand::Logout];

    /// The name in results.
    pub const fn name(self) -> &'static str {
        match self {
            ImapCommand::Login => "LOGIN",
            ImapCommand::Select => "SELECT",
            ImapCommand::Fetch => "FETCH",
            ImapCommand::Notify => "NOTIFY",
            ImapCommand::Logout => "LOGOUT",
        }
    }

    const fn tag(self) -> &'static str {
        match self {
            ImapCommand::Login => "A1",
            ImapCommand::Select => "A2",
            ImapCommand::Fetch => "A3",
            ImapCommand::Notify => "A4",
            ImapCommand::Logout => "A5",
        }
    }
}

impl Imap {
    /// What it is.
    pub fn kind(&self) -> MessageKind {
        MessageKind::Imap(self.line)
    }

    /// Writes the message.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        match self.line {
            ImapLine::Connect => {}
            ImapLine::Greeting => {
                sink.text("* OK [CAPABILITY IMAP4rev1 ENABLE CONDSTORE QRESYNC NOTIFY] ");
                sink.text(names.host(self.server));
                sink.text(" ready\r\n");
            }
            ImapLine::Command(command) => self.write_command(command, sink),
            ImapLine::Ok(command) => self.write_ok(command, sink),
            ImapLine::Event => self.exists(sink),
        }
    }

    fn write_command(&self, command: ImapCommand, sink: &mut impl Sink) {
        sink.text(command.tag());
        match command {
            ImapCommand::Login => {
                sink.text(" LOGIN ");
                address::number(sink, self.user);
                sink.text(" ");
                sink.hex16(address::mix(u64::from(self.user.0)));
                sink.text("\r\n");
            }
            ImapCommand::Select => {
                sink.text(" SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541))\r\n");
            }
            ImapCommand::Fetch => {
                sink.text(" UID FETCH 542:* (FLAGS BODY.PEEK[])\r\n");
            }
            ImapCommand::Notify => {
                sink.text(" NOTIFY SET (selected (MessageNew (UID FLAGS) MessageExpunge FlagChange))\r\n");
            }
            ImapCommand::Logout => sink.text(" LOGOUT\r\n"),
        }
    }

    fn write_ok(&self, command: ImapCommand, sink: &mut impl Sink) {
        match command {
            ImapCommand::Login | ImapCommand::Notify => {}
            ImapCommand::Select => {
                self.exists(sink);
                sink.text("* OK [UIDVALIDITY 67890007] UIDVALIDITY\r\n* OK [HIGHESTMODSEQ 20050715194045007]\r\n");
            }
            ImapCommand::Fetch => {
                for number in 1..=self.messages {
                    sink.text("* ");
                    sink.decimal(u64::from(number));
                    sink.text(" FETCH (FLAGS (\\Recent) BODY[] {");
                    sink.decimal(u64::from(self.octets));
                    sink.text("}\r\n");
                    sink.filler(self.octets);
                    sink.text(")\r\n");
                }
            }
            ImapCommand::Logout => sink.text("* BYE logging out\r\n"),
        }
        sink.text(command.tag());
        sink.text(" OK ");
        sink.text(command.name());
        sink.text(" completed\r\n");
    }

    fn exists(&self, sink: &mut impl Sink) {
        sink.text("* ");
        sink.decimal(u64::from(self.messages));
        sink.text(" EXISTS\r\n");
    }

    /// Its octets on the wire.
    pub fn wire_len(&self, names: &Names) -> u64 {
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }
}
