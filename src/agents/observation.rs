//! What agents report to measurement: facts, each with the entity that saw it. Agents never count or judge.

use super::messaging::MessagingFact;
use crate::kernel::{EntityId, EventKey, Time};
use crate::wire::sip::{Method, Uri};
use crate::wire::{Token, UserId};

/// A fact with who saw it, in the order of events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Observation {
    /// The event during which it was seen.
    pub key: EventKey,
    /// Who saw it.
    pub entity: EntityId,
    /// What was seen.
    pub fact: Fact,
}

/// The kinds of registration exchange.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RegistrationKind {
    /// Initial.
    Initial,
    /// Refresh.
    Refresh,
    /// De-registration.
    DeRegistration,
}

/// How a management INVITE fared under the overlap policy (RACE-1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum OverlapOutcome {
    /// Declined with 480 while another was in service.
    Declined,
    /// Held, and served when its turn came.
    HeldThenServed,
    /// Held, and answered 488 because nothing was left.
    HeldThenEmpty,
    /// Accepted at once, and found nothing left at its turn.
    EmptySuccess,
    /// Accepted at once, and given what was left at its turn.
    AcceptedThenServed,
    /// Merged into the one in service.
    Merged,
}

/// What an S-CSCF does when an application server is late.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PassedOver {
    /// The request goes on without it.
    Continued,
    /// The request is answered with 504.
    Terminated,
    /// Another instance is asked (RACE-20).
    FailedOver,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fact {
    /// A terminal began a registration exchange.
    RegistrationStarted(RegistrationKind),
    /// It succeeded; RRD (RFC 6076 section 4.1) is the time from `began`.
    RegistrationSucceeded {
        /// Which exchange.
        kind: RegistrationKind,
        /// First REGISTER sent.
        began: Time,
    },
    /// It failed; `None` is a time-out.
    RegistrationFailed {
        /// Which exchange.
        kind: RegistrationKind,
        /// Final status.
        status: Option<u16>,
    },
    /// A terminal was switched on or off.
    Power(bool),
    /// The S-CSCF has (true) or no longer has (false) a binding of the terminal.
    Binding {
        /// Its user.
        user: UserId,
        /// The terminal.
        terminal: EntityId,
        /// Whether it is bound.
        bound: bool,
    },
    /// A binding expired at the S-CSCF while its refresh was in progress; the binding was kept (RACE-13).
    ExpiryDuringRefresh,
    /// A refresh arrived after its binding had expired: the terminal believed to be registered (RACE-13).
    RefreshAfterExpiry {
        /// When the binding expired.
        expired_at: Time,
        /// Class of the user.
        class: u16,
    },
    /// A PF knows a client until then, as far as nothing else is heard; an instant that is not to come means that it
    /// knows it no longer.
    ClientKnown {
        /// The client.
        terminal: EntityId,
        /// Until when.
        until: Time,
    },
    /// A PF takes a user for registered until then, by third-party registration.
    UserKnown {
        /// The user.
        user: UserId,
        /// Until when.
        until: Time,
    },
    /// A terminal submitted a pager message.
    Submitted {
        /// imdn.Message-ID.
        message: Token,
        /// Receiver.
        to: UserId,
        /// Class.
        class: u16,
    },
    /// The sender of a pager message has its final response; `None` is a time-out.
    SubmissionAnswered {
        /// imdn.Message-ID.
        message: Token,
        /// Final status.
        status: Option<u16>,
        /// Class.
        class: u16,
        /// When it was submitted.
        began: Time,
    },
    /// A terminal received a pager message.
    Received {
        /// imdn.Message-ID.
        message: Token,
        /// Class.
        class: u16,
        /// When it was submitted.
        sent_at: Time,
        /// Whether it came from the deferred queue.
        deferred: bool,
        /// Whether the terminal had it already.
        duplicate: bool,
        /// Whether it was shown to the user.
        shown: bool,
    },
    /// The PF put a message into the deferred queue.
    Deferred {
        /// Whose queue.
        user: UserId,
        /// imdn.Message-ID.
        message: Token,
        /// Message-URI-ID that it got.
        id: Token,
        /// Class.
        class: u16,
        /// Whether a management INVITE of the user was in service (RACE-7).
        in_service: bool,
    },
    /// A message left the deferred queue because a client has it.
    Dequeued {
        /// Whose queue.
        user: UserId,
        /// imdn.Message-ID.
        message: Token,
        /// Class.
        class: u16,
        /// When it was deferred.
        deferred_at: Time,
        /// Whether it was deferred while a management INVITE of the user was in service, and that one left it behind.
        stranded: bool,
    },
    /// A deferred message was lost with the data of its PF.
    LostAtRestart {
        /// Whose queue it was in.
        user: UserId,
        /// imdn.Message-ID.
        message: Token,
    },
    /// A node, link or group fails (true) or works again (false).
    Failure(bool),
    /// A delivery of a deferred message got no 2xx; the message is back in the queue.
    DeliveryFailed {
        /// imdn.Message-ID.
        message: Token,
        /// Final status, `None` is a time-out.
        status: Option<u16>,
    },
    /// The PF discarded a report that no client of its user could take.
    ReportDiscarded,
    /// The PF sent a notification MESSAGE.
    NotificationSent {
        /// The user.
        user: UserId,
        /// The client.
        terminal: EntityId,
        /// Messages described.
        entries: u32,
        /// Whether a management INVITE of the user was in service (RACE-8).
        in_service: bool,
    },
    /// A notification MESSAGE got its final response; `None` is a time-out (RACE-6).
    NotificationAnswered {
        /// The user.
        user: UserId,
        /// Final status.
        status: Option<u16>,
        /// When it was sent.
        began: Time,
        /// Class of the user.
        class: u16,
    },
    /// A client received a notification MESSAGE.
    NotificationReceived {
        /// The user.
        user: UserId,
        /// When the PF sent it.
        sent_at: Time,
        /// Whether the client had a management INVITE of its own under way (RACE-8).
        pull_under_way: bool,
    },
    /// A client sent a management INVITE.
    PullStarted {
        /// Attempts before it.
        attempt: u32,
    },
    /// A client cannot pull because the CPMDeferredMsgMgmtURI is not provisioned.
    PullImpossible,
    /// A client has the final response to a management INVITE; `None` is a time-out. SRD (RFC 6076 section 4.3) is the
    /// time from `began`.
    PullAnswered {
        /// Final status.
        status: Option<u16>,
        /// When the INVITE was sent.
        began: Time,
        /// Whether the client will try again.
        retry: bool,
        /// Whether the 488 said that there are no messages.
        no_messages: bool,
    },
    /// A client's BYE was answered; SDD (RFC 6076 section 4.4) is the time from `began`.
    ByeAnswered {
        /// When the BYE was sent.
        began: Time,
    },
    /// A management INVITE reached the PF.
    PullArrived {
        /// The user.
        user: UserId,
        /// Management INVITEs of the user in service or waiting before it.
        ahead: u32,
    },
    /// A management INVITE that met another in service has its outcome (RACE-1).
    Overlap(OverlapOutcome),
    /// The PF answered a management INVITE that met no other; `true` is 200, `false` is 488.
    PullServed(bool),
    /// How long a held INVITE had waited when its turn came.
    Held {
        /// When it arrived.
        since: Time,
        /// Class of the user.
        class: u16,
    },
    /// The PF completed a management INVITE.
    PullCompleted {
        /// When the INVITE arrived.
        began: Time,
        /// Class of the user.
        class: u16,
        /// Messages delivered to the client that asked.
        delivered: u32,
        /// Instructions for messages that were no longer queued (CPM-PF-18).
        ignored: u32,
        /// Messages that were deferred meanwhile and left behind (RACE-7).
        left_behind: u32,
        /// Messages that were deferred meanwhile and delivered too (RACE-7).
        included: u32,
        /// Whether the INVITE was answered with 200 and its client got nothing: a user-visible failure.
        empty_success: bool,
    },
    /// A disposition notification was sent.
    ReportSent {
        /// The message that it is about.
        about: Token,
        /// Whether it says `delivered`.
        positive: bool,
        /// Whether the PF made it, in contrast to the receiving client.
        by_pf: bool,
    },
    /// The sender of a message got a disposition notification.
    ReportReceived {
        /// The message that it is about.
        about: Token,
        /// Whether it says `delivered`.
        positive: bool,
        /// Class.
        class: u16,
        /// When the message was submitted.
        sent_at: Time,
    },
    /// A user agent has a MESSAGE pending to a URI.
    MessagePending(Uri),
    /// That MESSAGE has its final response or timed out.
    MessageSettled(Uri),
    /// A dialog exists at this end.
    DialogOpened,
    /// A dialog is over at this end.
    DialogClosed {
        /// When it was opened.
        opened_at: Time,
        /// Whether both sides ended it in order.
        orderly: bool,
    },
    /// A client transaction got no final response.
    TransactionTimedOut(Method),
    /// A response or request that fits nothing known was dropped.
    Stray,
    /// A plain item was sent by a source.
    ItemSent {
        /// Workload by index.
        workload: u16,
        /// Number of the item.
        number: u32,
        /// Whether it is a transaction, in contrast to a datagram.
        transaction: bool,
    },
    /// A datagram reached its sink.
    ItemDone {
        /// Workload by index.
        workload: u16,
        /// Number of the item.
        number: u32,
        /// When it was sent.
        began: Time,
    },
    /// A plain transaction got a response.
    ItemAnswered {
        /// Workload by index.
        workload: u16,
        /// Number of the item.
        number: u32,
        /// When the request was sent first.
        began: Time,
        /// Status.
        status: u16,
    },
    /// A plain transaction got no final response.
    ItemFailed {
        /// Workload by index.
        workload: u16,
        /// Number of the item.
        number: u32,
    },
    /// A sink received the request of a plain transaction for the first time.
    RequestReceived {
        /// Workload by index.
        workload: u16,
        /// Number of the item.
        number: u32,
    },
    /// A sink got no ACK for its 2xx to an INVITE.
    NoAck {
        /// Workload by index.
        workload: u16,
        /// When the INVITE was sent first.
        began: Time,
    },
    /// A node answered a request with 503.
    Rejected,
    /// Something of mail, multimedia or short messages.
    Messaging(MessagingFact),
    /// An S-CSCF has waited long enough for an application server (RACE-14).
    ServerPassedOver {
        /// imdn.Message-ID of the message that waited, where it is one.
        message: Option<Token>,
        /// What it did.
        handling: PassedOver,
    },
    /// A PF answers a management INVITE with 488 "125 No messages" (RACE-20).
    NoMessages {
        /// The user.
        user: UserId,
        /// Messages of the user that this PF has all the same.
        queued: u32,
    },
    /// The do-not-disturb rule of a user was set or cleared at the XDMS.
    RuleChanged {
        /// The user.
        user: UserId,
        /// Whether it is there now.
        is_set: bool,
    },
    /// A terminal failed to tell the XDMS of a change.
    RuleChangeFailed,
    /// The PF has a reason to tell a user of deferred messages and waits for the end of do-not-disturb.
    NotificationHeld(UserId),
    /// It goes on, because the rule is gone as far as the PF knows.
    NotificationReleased(UserId),
    /// The PF asked the XDMS for the rule of a user.
    RuleAsked,
}
