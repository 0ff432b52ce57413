//! What a MEM server tells about a mailbox: an event of RFC 5423 and the record that describes it.
//!
//! The LEMONADE profile defines no payload for notifications outside of IMAP (RFC 5550 section 5.4.2 only lists what
//! could carry one), so the record is ours and its length is a parameter of the model.

use super::address;
use super::id::{Token, UserId};
use super::sink::Sink;
use crate::kernel::Time;

/// An event of a mailbox (RFC 5423 section 4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum MailboxEvent {
    /// A message was appended by a client.
    MessageAppend,
    /// A message was removed by server policy.
    MessageExpire,
    /// A message was expunged.
    MessageExpunge,
    /// A message was received into the mailbox.
    MessageNew,
    /// A quota was exceeded.
    QuotaExceed,
    /// Usage is within the quota again.
    QuotaWithin,
    /// A quota was changed.
    QuotaChange,
    /// A message was marked as seen.
    MessageRead,
    /// A message was marked as deleted.
    MessageTrash,
    /// Flags were set.
    FlagsSet,
    /// Flags were cleared.
    FlagsClear,
    /// A user logged in.
    Login,
    /// A user logged out.
    Logout,
    /// A mailbox was created.
    MailboxCreate,
    /// A mailbox was deleted.
    MailboxDelete,
    /// A mailbox was renamed.
    MailboxRename,
    /// A mailbox was subscribed to.
    MailboxSubscribe,
    /// A subscription to a mailbox was given up.
    MailboxUnSubscribe,
}

impl MailboxEvent {
    /// All events.
    pub const ALL: [MailboxEvent; 18] = [
        MailboxEvent::MessageAppend,
        MailboxEvent::MessageExpire,
        MailboxEvent::MessageExpunge,
        MailboxEvent::MessageNew,
        MailboxEvent::QuotaExceed,
        MailboxEvent::QuotaWithin,
        MailboxEvent::QuotaChange,
        MailboxEvent::MessageRead,
        MailboxEvent::MessageTrash,
        MailboxEvent::FlagsSet,
        MailboxEvent::FlagsClear,
        MailboxEvent::Login,
        MailboxEvent::Logout,
        MailboxEvent::MailboxCreate,
        MailboxEvent::MailboxDelete,
        MailboxEvent::MailboxRename,
        MailboxEvent::MailboxSubscribe,
        MailboxEvent::MailboxUnSubscribe,
    ];

    /// The name of RFC 5423.
    pub const fn name(self) -> &'static str {
        match self {
            MailboxEvent::MessageAppend => "MessageAppend",
            MailboxEvent::MessageExpire => "MessageExpire",
            MailboxEvent::MessageExpunge => "MessageExpunge",
            MailboxEvent::MessageNew => "MessageNew",
            MailboxEvent::QuotaExceed => "QuotaExceed",
            MailboxEvent::QuotaWithin => "QuotaWithin",
            MailboxEvent::QuotaChange => "QuotaChange",
            MailboxEvent::MessageRead => "MessageRead",
            MailboxEvent::MessageTrash => "MessageTrash",
            MailboxEvent::FlagsSet => "FlagsSet",
            MailboxEvent::FlagsClear => "FlagsClear",
            MailboxEvent::Login => "Login",
            MailboxEvent::Logout => "Logout",
            MailboxEvent::MailboxCreate => "MailboxCreate",
            MailboxEvent::MailboxDelete => "MailboxDelete",
            MailboxEvent::MailboxRename => "MailboxRename",
            MailboxEvent::MailboxSubscribe => "MailboxSubscribe",
            MailboxEvent::MailboxUnSubscribe => "MailboxUnSubscribe",
        }
    }
}

/// Fewest octets of a [`MailboxNotice`]: what its fixed part needs with the longest name of an event.
pub const NOTICE_MIN: u32 = 72;

/// The record of one event: the payload of a notification on every bearer.
// req: MEM-2
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MailboxNotice {
    /// Whose mailbox.
    pub user: UserId,
    /// What happened.
    pub event: MailboxEvent,
    /// Names the event.
    pub id: Token,
    /// When it happened. Not in the record: the carrying message has a date of its own.
    pub at: Time,
    /// Octets of the record, at least [`NOTICE_MIN`].
    pub octets: u32,
}

impl MailboxNotice {
    /// Writes the record: as many octets as it says.
    pub fn write(&self, sink: &mut impl Sink) {
        let name = self.event.name();
        sink.text("event=");
        sink.text(name);
        sink.text("\r\nid=");
        sink.hex16(self.id.raw());
        sink.text("\r\nuser=");
        address::number(sink, self.user);
        sink.text("\r\n");
        // The text so far: 20 octets of labels and line ends, 16 of the identifier, 13 of the number, and the name.
        sink.filler(self.octets - (49 + name.len() as u32));
    }
}
