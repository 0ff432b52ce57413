//! What a server tells an application on a device outside of SIP: the record of a mailbox event for the MEM client, or
//! that messages are deferred for the CPM client. A short message or a mail, and the MM that is made of it, carries it.

use super::address;
use super::id::UserId;
use super::mail::ApplicId;
use super::mailbox::MailboxNotice;
use super::sink::Sink;

/// Fewest octets of a [`DeferredNotice`].
pub const DEFERRED_MIN: u32 = 48;
/// Most octets of a [`DeferredNotice`].
pub const DEFERRED_MAX: u32 = 20_000;

/// The PF tells a user that messages are deferred (CPM-PF-5, CPM-PF-7). The format of the CPM specification (seed 004,
/// I.1.1) is not public, so the record is ours: a summary, and behind it as many octets as the model says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DeferredNotice {
    /// The user.
    pub user: UserId,
    /// How many are deferred.
    pub number: u32,
    /// Octets of the record, at least [`DEFERRED_MIN`].
    pub octets: u32,
}

impl DeferredNotice {
    /// Writes the record: as many octets as it says.
    pub fn write(&self, sink: &mut impl Sink) {
        sink.text("cpm-deferred;user=");
        address::number(sink, self.user);
        sink.text(";number=");
        sink.digits(u64::from(self.number), 8);
        sink.text(";");
        sink.filler(self.octets - DEFERRED_MIN);
    }
}

/// What is told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Notice {
    /// A mailbox event.
    Mailbox(MailboxNotice),
    /// Deferred messages.
    Deferred(DeferredNotice),
}

impl Notice {
    /// Writes the record.
    pub fn write(&self, sink: &mut impl Sink) {
        match self {
            Notice::Mailbox(notice) => notice.write(sink),
            Notice::Deferred(notice) => notice.write(sink),
        }
    }

    /// Octets of the record.
    pub fn octets(&self) -> u32 {
        match self {
            Notice::Mailbox(notice) => notice.octets,
            Notice::Deferred(notice) => notice.octets,
        }
    }

    /// The application that can do something with it.
    pub fn application(&self) -> ApplicId {
        match self {
            Notice::Mailbox(_) => ApplicId::Mem,
            Notice::Deferred(_) => ApplicId::Cpm,
        }
    }

    /// Subject of the mail and of the MM.
    pub fn subject(&self) -> &'static str {
        match self {
            Notice::Mailbox(_) => "Mailbox event",
            Notice::Deferred(_) => "Deferred messages",
        }
    }
}
