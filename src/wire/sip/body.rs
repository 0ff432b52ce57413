//! Bodies of SIP messages. Those of variable length are shared by reference count: made once, never copied per hop.

use super::SipMessage;
use super::feature::FeatureTags;
use crate::kernel::{EntityId, Span, Time};
use crate::wire::content::{ContentType, ContentTypes};
use crate::wire::id::{Token, UserId};
use crate::wire::mailbox::MailboxNotice;
use crate::wire::msrp::{MsrpPath, MsrpUri, Presentation};
use crate::wire::sms::Rp;
use std::sync::Arc;

/// The body of a SIP message.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Body {
    /// None.
    Empty,
    /// `application/sdp`.
    Sdp(Arc<Sdp>),
    /// `message/cpim`.
    Cpim(Cpim),
    /// `multipart/mixed` of SDP and a URI list with actions (CPM-C-6a, RFC 5366).
    Management(Arc<Management>),
    /// In-band notification about deferred messages (CPM-PF-4f, 4g).
    Notification(Arc<Notification>),
    /// `application/reginfo+xml` (RFC 3680).
    RegInfo(Arc<RegInfo>),
    /// `message/sip`: the REGISTER embedded in a third-party REGISTER.
    Register(Arc<SipMessage>),
    /// Content of a push, inline or by reference.
    Push(Push),
    /// `message/cpim` with an IMDN about content of a push.
    PushReport(PushReport),
    /// `application/resource-lists+xml`: the rule documents that a SUBSCRIBE to xcap-diff is about (RFC 5875).
    RuleDocuments,
    /// `application/xcap-diff+xml` (RFC 5874).
    XcapDiff(Arc<XcapDiff>),
    /// `application/vnd.3gpp.sms`: a short message or its acknowledgement (3GPP TS 24.341).
    Sms(Arc<Rp>),
    /// The record of a mailbox event, where SIP push carries it (MEM-14).
    Mailbox(MailboxNotice),
}

/// Content that a push sender delivers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Push {
    /// Content-ID, and imdn.Message-ID: one for all copies of a push. Its maker is the push sender.
    pub id: Token,
    /// Octets of the content.
    pub octets: u32,
    /// How it travels.
    pub carriage: Carriage,
    /// What CPIM says around it where the sender asks to be told of its delivery (RFC 5438).
    pub report: Option<ReportWanted>,
}

/// The CPIM headers around content whose delivery is to be reported.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReportWanted {
    /// To.
    pub to: UserId,
    /// DateTime: when the push was submitted.
    pub sent_at: Time,
}

/// How the content of a push travels.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Carriage {
    /// In the message.
    Inline,
    /// The message says where it is: at this content server (RFC 4483).
    Reference(EntityId),
}

/// What a terminal tells the push sender of content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PushReport {
    /// The user whose terminal reports.
    pub from: UserId,
    /// imdn.Message-ID of the report itself.
    pub message_id: Token,
    /// DateTime.
    pub sent_at: Time,
    /// What it says, and about which content.
    pub imdn: Imdn,
}

/// Direction attribute of a media stream.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MediaDirection {
    /// `a=sendrecv`
    SendRecv,
    /// `a=sendonly`
    SendOnly,
    /// `a=recvonly`
    RecvOnly,
    /// `a=inactive`
    Inactive,
}

/// Which end opens the connection of a stream (RFC 4145, RFC 6135).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Setup {
    /// `a=setup:active`: this end connects.
    Active,
    /// `a=setup:passive`: this end listens.
    Passive,
}

/// A session description with MSRP streams (RFC 4566, RFC 4975, RFC 5547).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Sdp {
    /// Who describes: its address is in `o=` and `c=`.
    pub owner: EntityId,
    /// Session id of `o=`.
    pub session: Token,
    /// Version of `o=`.
    pub version: u32,
    /// The m-lines in order. Their number never shrinks in a session (RFC 3264 section 8).
    pub media: Vec<MediaLine>,
}

impl Sdp {
    /// A description with a single stream.
    pub fn of_one(owner: EntityId, session: Token, stream: Stream) -> Sdp {
        Sdp { owner, session, version: 1, media: vec![MediaLine::Stream(stream)] }
    }

    /// The streams that are not zeroed, each with the position of its m-line.
    pub fn streams(&self) -> impl Iterator<Item = (usize, &Stream)> {
        self.media.iter().enumerate().filter_map(|(at, line)| match line {
            MediaLine::Stream(stream) => Some((at, stream)),
            MediaLine::Zero => None,
        })
    }
}

/// An m-line.
// req: PUSH-S-13
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MediaLine {
    /// Port zero: refused, or over.
    Zero,
    /// A stream.
    Stream(Stream),
}

/// An MSRP stream: of one file, or of messages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Stream {
    /// Session id of the MSRP path; whoever made it is its host.
    pub session: Token,
    /// Session id of the relay before it in the path (RFC 4976), where there is one; the relay made it.
    pub relay: Option<Token>,
    /// Which end connects.
    pub setup: Setup,
    /// Direction.
    pub direction: MediaDirection,
    /// `a=accept-types`.
    pub accept: ContentTypes,
    /// `a=max-size`, octets.
    pub max_size: Option<u32>,
    /// What is transferred, as its sender describes it.
    pub file: Option<StreamFile>,
}

impl Stream {
    /// A stream of messages that are no files, of any size.
    pub fn of_messages(session: Token, setup: Setup, direction: MediaDirection, accept: ContentTypes) -> Stream {
        Stream { session, relay: None, setup, direction, accept, max_size: None, file: None }
    }

    /// Its `a=path`.
    pub fn path(&self) -> MsrpPath {
        let end = MsrpUri { session: self.session, setup: self.setup };
        match self.relay {
            None => end.into(),
            Some(relay) => MsrpPath { next: MsrpUri::over_relay(relay), end: Some(end) },
        }
    }
}

/// The attributes of a file transfer (RFC 5547 section 6).
// req: PUSH-S-12
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StreamFile {
    /// `a=file-selector`.
    pub selector: FileSelector,
    /// `a=file-transfer-id`.
    pub transfer: Token,
    /// `a=file-disposition`.
    pub presentation: Presentation,
}

/// What a file selector says of a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct FileSelector {
    /// `name`, by the number of the content.
    pub name: Option<Token>,
    /// `type`
    pub kind: Option<ContentType>,
    /// `size`, octets.
    pub octets: Option<u32>,
    /// `hash`, by the number of the content: equal numbers are equal content.
    pub hash: Option<Token>,
}

/// Dispositions that a message asks to be told (RFC 5438 section 6.3). A set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct DispositionRequest {
    /// `positive-delivery`
    pub positive_delivery: bool,
    /// `negative-delivery`
    pub negative_delivery: bool,
}

/// A CPIM message (RFC 3862) with IMDN headers (RFC 5438).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Cpim {
    /// From.
    pub from: UserId,
    /// To.
    pub to: UserId,
    /// imdn.Message-ID.
    pub message_id: Token,
    /// DateTime.
    pub sent_at: Time,
    /// imdn.Disposition-Notification.
    pub dispositions: DispositionRequest,
    /// What is inside.
    pub content: CpimContent,
}

/// The content of a CPIM message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CpimContent {
    /// `text/plain` of this many octets.
    Text(u32),
    /// `message/imdn+xml`: what became of a message.
    Imdn(Imdn),
}

/// What an IMDN says (RFC 5438 section 11).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Imdn {
    /// imdn.Message-ID of the message that it is about.
    pub about: Token,
    /// DateTime of that message.
    pub sent_at: Time,
    /// What became of it.
    pub disposition: Disposition,
}

/// A disposition of the delivery kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Disposition {
    /// `<delivery-notification>` with `<delivered/>`.
    Delivered,
    /// `<delivery-notification>` with `<failed/>`.
    Failed,
}

/// What a client wants done with a deferred message (CPM-C-6i to 6iv).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CpmAction {
    /// `cpm_action=deliver`
    Deliver,
    /// `cpm_action=delete`
    Delete,
    /// `cpm_action=interwork`
    Interwork,
    /// `cpm_action=store`
    Store,
}

/// Body of a management INVITE with a URI list.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Management {
    /// The offer.
    pub sdp: Sdp,
    /// Message-URI-IDs with one action each.
    pub entries: Vec<(Token, CpmAction)>,
}

/// What a notification says about the deferred messages of a user.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Notification {
    /// What it is about.
    pub kind: NotificationKind,
    /// Number of messages deferred, over all MESSAGEs of this notification.
    pub number: u32,
    /// The messages described here.
    pub entries: Vec<NotificationEntry>,
}

/// What a notification tells of its messages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum NotificationKind {
    /// They wait.
    #[default]
    Waiting,
    /// They expire soon, a client can still act.
    Expiring,
    /// They have expired.
    Expired,
}

/// Metadata of one deferred message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NotificationEntry {
    /// Message-URI-ID that the PF assigned.
    pub id: Token,
    /// Sender.
    pub from: UserId,
    /// When it was sent.
    pub sent_at: Time,
    /// Octets of content.
    pub size: u32,
}

/// What became of the do-not-disturb rules of users.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct XcapDiff {
    /// Whether it names every user with the rule, in contrast to changes since the one before.
    pub full: bool,
    /// Users, each with whether the rule is there now.
    pub rules: Vec<(UserId, bool)>,
}

/// State of a contact in a reg-info document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ContactEvent {
    /// `registered`
    Registered,
    /// `refreshed`
    Refreshed,
    /// `unregistered`
    Unregistered,
    /// `expired`
    Expired,
}

/// A contact of a reg-info document.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RegInfoContact {
    /// The terminal.
    pub terminal: EntityId,
    /// What happened to it last; the state follows from it.
    pub event: ContactEvent,
    /// Feature tags.
    pub features: FeatureTags,
    /// What is left of its registration.
    pub expires: Span,
    /// Number of the registration that its temporary GRUU came with.
    pub gruu: u32,
}

/// A reg-info document with full state of one user.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RegInfo {
    /// The user.
    pub user: UserId,
    /// Version, one more with each document of a subscription.
    pub version: u32,
    /// Contacts.
    pub contacts: Vec<RegInfoContact>,
}
