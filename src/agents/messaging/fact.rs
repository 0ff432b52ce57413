//! What the agents of mail, multimedia and short messages report to measurement.

use super::settings::Bearer;
use crate::kernel::Time;

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessagingFact {
    /// An event of a mailbox that its user does not want to be told of.
    EventFiltered,
    /// The MEM server told a connected terminal.
    NoticeInBand,
    /// The MEM server sent a notification out of band.
    NoticeOutOfBand(Bearer),
    /// A SIP push got no 2xx.
    PushFailed,
    /// A mail was deferred by its server and waits.
    MailDeferred,
    /// A mail was given up.
    MailFailed,
    /// A delivery status notification arrived.
    StatusReceived {
        /// Whether it says delivered.
        delivered: bool,
    },
    /// A short message was taken by its service centre.
    ShortTaken,
    /// An attempt to deliver one failed.
    ShortAttemptFailed {
        /// Whether it was the first.
        first: bool,
    },
    /// A terminal has all of a short message.
    ShortDelivered {
        /// When the service centre took it.
        taken: Time,
        /// Class.
        class: u16,
    },
    /// A short message expired.
    ShortExpired,
    /// The MMS server made an MM of a mail.
    MmTaken {
        /// Whether the application id of the mail is lost.
        id_lost: bool,
    },
    /// The MMS server notified.
    MmNotified {
        /// How many notifications of this MM went before.
        before: u32,
    },
    /// A terminal fetched an MM.
    MmFetched,
    /// An MM is over.
    MmOver(MmEnd),
    /// A terminal got a notification of an MM.
    MmNotification {
        /// When the procedure began.
        began: Time,
        /// Class.
        class: u16,
        /// Whether the terminal has had that MM.
        stale: bool,
    },
    /// A terminal has an MM.
    MmReceived {
        /// When the procedure began.
        began: Time,
        /// When the terminal began to fetch.
        fetched: Time,
        /// Class.
        class: u16,
        /// Whether the MM went to the people's inbox, as no client took it.
        inbox: bool,
    },
    /// A terminal tried to fetch an MM and failed for good.
    MmRetrievalFailed,
    /// The MEM client was told of an event.
    NoticeReceived {
        /// When it happened.
        began: Time,
        /// Class.
        class: u16,
    },
    /// The MEM client has synchronised.
    Synchronised {
        /// When the event happened.
        began: Time,
        /// Class.
        class: u16,
        /// Whether there was nothing new.
        useless: bool,
    },
    /// A terminal got an out-of-band notification of its PF.
    WakeUp {
        /// When the PF began to notify.
        began: Time,
        /// Class.
        class: u16,
        /// Whether the terminal was registered already (RACE-10).
        registered: bool,
    },
    /// The PF notified out of band.
    OutOfBandSent,
    /// The PF would have notified out of band, and knows no address of any device of the user.
    OutOfBandImpossible,
    /// The PF notified a client in band of what it had told out of band (RACE-11).
    InBandAfterOutOfBand,
}

/// How an MM ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MmEnd {
    /// The terminal has acknowledged it.
    Acknowledged,
    /// The terminal has fetched it and never said so.
    Retrieved,
    /// It was never fetched.
    Expired,
}
