//! What agents report to measurement: facts, each with the entity that saw it. Agents never count or judge.

use super::messaging::MessagingFact;
use super::push_sender::PushClass;
use crate::kernel::{EntityId, EventKey, Span, Time};
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

/// What became of a push as its sender knows it; the best that befell a terminal of the user.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PushOutcome {
    /// A terminal took it: 2xx.
    Taken,
    /// No terminal would have it: any other failure.
    Refused,
    /// There was no terminal to have it: 404, 430, 480 or 481, or none was known.
    Unregistered,
    /// Nothing answered.
    TimedOut,
}

impl PushOutcome {
    /// The outcome of one delivery by its final status.
    pub fn of(status: Option<u16>) -> PushOutcome {
        match status {
            Some(200..300) => PushOutcome::Taken,
            Some(404 | 430 | 480 | 481) => PushOutcome::Unregistered,
            Some(_) => PushOutcome::Refused,
            None => PushOutcome::TimedOut,
        }
    }
}

/// How a message leaves the deferred queue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fate {
    /// A client has it.
    Delivered,
    /// A client had it deleted, or it had to make room.
    Deleted,
    /// It is in the message store.
    Stored,
    /// The interworking selection has it.
    Interworked,
    /// It expired.
    Expired,
}

/// What became of an INVITE that its sender gave up (RACE-9).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CancelOutcome {
    /// It ended with 487.
    Cancelled,
    /// It ended with another failure, or timed out.
    Refused,
    /// A 2xx had overtaken the CANCEL: the session was made and ended at once.
    LateSuccess,
}

impl CancelOutcome {
    /// The outcome by the final status of a failure.
    pub fn of(status: Option<u16>) -> CancelOutcome {
        if status == Some(487) { CancelOutcome::Cancelled } else { CancelOutcome::Refused }
    }
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
    /// A message left the deferred queue.
    Dequeued {
        /// Whose queue.
        user: UserId,
        /// imdn.Message-ID.
        message: Token,
        /// How.
        fate: Fate,
        /// Whether a delivery of it was ever sent.
        was_sent: bool,
        /// Whether it should have expired before.
        overdue: bool,
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
    /// A client has a message by a delivery that was under way when the message left the queue by another fate.
    DeliveredAfter {
        /// imdn.Message-ID.
        message: Token,
        /// The fate that came first.
        fate: Fate,
    },
    /// A message expired while a management session worked on it (RACE-2).
    ExpiredInService,
    /// A client wanted a message deleted that another's session had locked (RACE-22).
    DeleteLockedOut,
    /// A message was deleted while a delivery of it was under way (RACE-22).
    DeletedInFlight,
    /// A message found the queue of its user full; its sender was refused.
    QueueFull,
    /// The far side of an interworking has a result.
    InterworkingDone {
        /// Whether it delivered.
        delivered: bool,
        /// Class of the message.
        class: u16,
        /// When the message was submitted.
        began: Time,
    },
    /// A node restarted: its transactions are gone.
    Restarted,
    /// The PF kept a report of a client to itself (RACE-16).
    ReportSuppressed,
    /// A report got no final response and is not sent again.
    ReportTimedOut,
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
        /// Whether it lists fewer messages than a notification announced (RACE-24).
        partial: bool,
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
        /// Whether the INVITE had a list.
        listed: bool,
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
        /// Messages deleted, stored or interworked.
        handled: u32,
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
        /// Whether the sender had one about the message before.
        repeated: bool,
    },
    /// A push sender was asked for a push to a user, and the user's profile fits or does not.
    PushConsidered {
        /// Kind of push.
        kind: PushClass,
        /// Whether the push is made.
        selected: bool,
    },
    /// A push sender took on a push.
    PushSubmitted {
        /// Content-ID.
        content: Token,
        /// Class.
        class: u16,
        /// Kind of push.
        kind: PushClass,
    },
    /// A push sender sent content, or where it is, to an address.
    PushSent {
        /// Content-ID.
        content: Token,
        /// Octets of content in the message.
        octets: u32,
    },
    /// A terminal has the content of a push.
    PushReceived {
        /// Content-ID.
        content: Token,
        /// Octets of content.
        octets: u32,
        /// Whether the terminal had it already.
        duplicate: bool,
    },
    /// A terminal could not fetch the content of a push.
    FetchFailed,
    /// A terminal answered OPTIONS with its capabilities.
    CapabilitiesTold,
    /// A push sender learned the capabilities of a terminal from the answer to OPTIONS.
    CapabilitiesLearned,
    /// One delivery of a push got its final response; `None` is a time-out.
    PushAnswered {
        /// Final status.
        status: Option<u16>,
        /// Whether it went to a temporary GRUU (RACE-25).
        temporary_gruu: bool,
        /// Whether the terminal was chosen by what the sender knew of its capabilities (RACE-26).
        by_capability: bool,
        /// Whether the sender tries another way.
        falls_back: bool,
    },
    /// A push is over at its sender.
    PushEnded {
        /// Content-ID.
        content: Token,
        /// What became of it.
        outcome: PushOutcome,
    },
    /// A user agent has a MESSAGE pending to a URI.
    MessagePending(Uri),
    /// That MESSAGE has its final response or timed out.
    MessageSettled(Uri),
    /// A BYE of a management session reached the PF (RACE-4).
    ByeArrived {
        /// Whether the PF was still at work on what the INVITE asks for.
        working: bool,
        /// Whether the ACK had come before.
        acked: bool,
    },
    /// A BYE reached the PF for no dialog of it (RACE-4).
    ByeUnknown,
    /// A sender invited to a session.
    SessionInvited,
    /// The INVITE to a session has its final response; `None` is a time-out. SRD (RFC 6076 section 4.3) is the time
    /// from `began`.
    SessionAnswered {
        /// Final status.
        status: Option<u16>,
        /// When the INVITE was sent.
        began: Time,
        /// Class.
        class: u16,
        /// Whether its sender had given it up.
        cancelled: bool,
    },
    /// An INVITE that its sender gave up is over (RACE-9).
    Cancelled(CancelOutcome),
    /// An invitation that its receiver was deciding about was cancelled (RACE-9).
    InvitationVanished,
    /// A client reported a large message as delivered when it was invited to take it (RACE-15).
    InvitationReported {
        /// Message-ID.
        message: Token,
    },
    /// A receiver gave its final response to an INVITE.
    SessionDecided {
        /// Status.
        status: u16,
        /// The message that it announced, if it was one (Conversation-ID).
        message: Option<Token>,
    },
    /// A 2xx of a second branch of a fork was acknowledged and its dialog ended.
    ForkReleased,
    /// A 6xx on one branch made a proxy cancel those that were undecided (RACE-17).
    DeclinedForAll {
        /// How many.
        undecided: u32,
    },
    /// An end of a session sent a re-INVITE.
    ReInvited,
    /// A re-INVITE met another and got 491 (RACE-19).
    Glare,
    /// Content joined a session that was there (RACE-19).
    SessionReused,
    /// Content came when its session was about to end (RACE-19).
    SessionTooLate,
    /// A session stood with nothing to send.
    SessionIdle {
        /// For how long.
        span: Span,
    },
    /// No refresh came: this end ends the session.
    SessionExpired,
    /// The user plane of a session exists (true) or no longer exists at this end.
    UserPlane(bool),
    /// A file is delivered, as its sender knows.
    FileDelivered {
        /// Octets.
        octets: u32,
        /// When it was begun.
        began: Time,
        /// Class.
        class: u16,
    },
    /// A file was refused before any of it was sent.
    FileRefused {
        /// Octets.
        octets: u32,
    },
    /// A file that was accepted was not delivered.
    FileFailed {
        /// Status of the user plane, 408 for a time-out; none when the session ended before.
        status: Option<u16>,
    },
    /// The sender of a file got a REPORT about it (RACE-18).
    MediaReport {
        /// Whether it had closed the file before.
        late: bool,
    },
    /// A terminal asked its MSRP relay for a path: whether it got one.
    UsePath(bool),
    /// An MSRP relay told a sender by a REPORT of its own that a SEND failed behind it.
    RelayFailure,
    /// A SEND came before its receiver was ready: 481 (RACE-18).
    SendTooEarly,
    /// A SEND came to no session: 481 (RACE-18).
    SendWithoutSession,
    /// Content that arrived by a session is shown to the user.
    ContentShown {
        /// When its procedure began.
        began: Time,
        /// How long after its arrival.
        after: Span,
        /// Class.
        class: u16,
    },
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
    /// A user was to send a message from a terminal that is switched off: nothing is sent.
    SenderOff,
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
    /// The PF began to push deferred messages.
    PushStarted {
        /// The user.
        user: UserId,
        /// How many.
        messages: u32,
    },
    /// A push is over.
    PushOver {
        /// Messages that were taken.
        delivered: u32,
        /// Whether one was not.
        failed: bool,
    },
    /// A client registered while a push to its user was under way (RACE-12).
    RegisteredMidPush,
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
    NotificationReleased {
        /// The user.
        user: UserId,
        /// Class of the user.
        class: u16,
    },
    /// The PF asked the XDMS for the rule of a user.
    RuleAsked,
}
