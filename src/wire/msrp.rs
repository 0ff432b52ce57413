//! MSRP (RFC 4975): SEND in chunks, responses, REPORT; AUTH and paths over a relay (RFC 4976).

use super::address;
use super::content::ContentType;
use super::id::Token;
use super::message::MessageKind;
use super::msrp_auth;
use super::names::Names;
use super::sink::{Counter, Sink};
use super::sip::body::{Cpim, Setup};
use crate::kernel::EntityId;

/// Port of MSRP at an endpoint that listens (RFC 4975 section 15.4).
const MSRP_PORT: &str = "2855";
/// Port that an active endpoint writes, which it does not listen on (RFC 4145 section 4.1): discard.
const ACTIVE_PORT: &str = "9";

/// An MSRP URI: one end of a session of one file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MsrpUri {
    /// Session id; whoever made it is the host.
    pub session: Token,
    /// Whether the host opens the connection or listens.
    pub setup: Setup,
}

impl MsrpUri {
    /// Writes the URI.
    pub(super) fn write(self, names: &Names, sink: &mut impl Sink) {
        sink.text("msrp://");
        address::host(sink, names, self.session.entity());
        sink.text(":");
        sink.text(port(self.setup));
        sink.text("/");
        sink.hex16(self.session.raw());
        sink.text(";tcp");
    }

    /// The URI that a relay gives to a client by this token: it listens there.
    pub const fn over_relay(session: Token) -> MsrpUri {
        MsrpUri { session, setup: Setup::Passive }
    }

    /// The URI of a relay itself, as terminals are configured with it. Its session id is one that no relay gives out.
    pub fn of_relay(relay: EntityId) -> MsrpUri {
        MsrpUri::over_relay(Token::last(relay))
    }
}

/// To-Path or From-Path: the nearest hop, and the end behind it where that is a relay.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MsrpPath {
    /// The first URI.
    pub next: MsrpUri,
    /// The second, of the end that the relay speaks for.
    pub end: Option<MsrpUri>,
}

impl From<MsrpUri> for MsrpPath {
    fn from(next: MsrpUri) -> MsrpPath {
        MsrpPath { next, end: None }
    }
}

impl MsrpPath {
    /// Whoever is at the nearest hop.
    pub fn host(self) -> EntityId {
        self.next.session.entity()
    }

    /// Writes the URIs.
    pub(super) fn write(self, names: &Names, sink: &mut impl Sink) {
        self.next.write(names, sink);
        if let Some(end) = self.end {
            sink.text(" ");
            end.write(names, sink);
        }
    }
}

/// The port that an end of a session writes.
pub(super) const fn port(setup: Setup) -> &'static str {
    match setup {
        Setup::Active => ACTIVE_PORT,
        Setup::Passive => MSRP_PORT,
    }
}

/// An MSRP request or response.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Msrp {
    /// Transaction id.
    pub transaction: Token,
    /// To-Path.
    pub to: MsrpPath,
    /// From-Path.
    pub from: MsrpPath,
    /// What it is.
    pub start: MsrpStart,
}

/// The kinds of message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MsrpStart {
    /// A chunk of a message.
    Send(Chunk),
    /// What became of a message; never answered (section 7.1.2).
    Report(Report),
    /// A client asks its relay for a path (RFC 4976 section 5.1), with the nonce of a challenge or without credentials.
    Auth(Option<Token>),
    /// 401 to an AUTH, with this nonce.
    Challenge(Token),
    /// 200 to an AUTH.
    Grant(Grant),
    /// A response with this status and nothing else: 200, 400, 403, 408, 413, 415, 423, 481, 501 or 506.
    Response(u16),
}

/// What a relay gives to a client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Grant {
    /// Use-Path: the URI of the relay that others reach the client by.
    pub path: Token,
    /// Expires: for how long, seconds.
    pub expires: u32,
}

/// When a failure is to be told (Failure-Report, section 7.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum FailureReport {
    /// Every SEND is answered (`yes`, not written).
    #[default]
    Yes,
    /// Only failures are (`partial`).
    Partial,
    /// Nothing is (`no`).
    No,
}

/// How content is to be presented (Content-Disposition, RFC 2183).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Presentation {
    /// `render`: at once.
    Render,
    /// `attachment`: when the user asks for it.
    Attachment,
}

/// What ends a chunk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Continuation {
    /// `$`: the message is complete.
    Complete,
    /// `+`: more chunks follow.
    More,
    /// `#`: the sender gave up the message.
    Aborted,
}

/// A SEND request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Chunk {
    /// Message-ID.
    pub message: Token,
    /// Position of the first octet, from 1.
    pub first: u32,
    /// Octets in this chunk; none in the SEND that only binds a connection to its session (section 5.4).
    pub octets: u32,
    /// Octets of the whole message.
    pub total: u32,
    /// Whether Success-Report is `yes`.
    pub success_report: bool,
    /// Failure-Report.
    pub failure_report: FailureReport,
    /// Content-Type.
    pub kind: ContentType,
    /// Content-Disposition.
    pub presentation: Option<Presentation>,
    /// Whether there is a Content-Description.
    pub described: bool,
    /// Beginning of the message when it is wrapped in CPIM, in the first chunk.
    pub cpim: Option<Cpim>,
    /// End of the chunk.
    pub continuation: Continuation,
}

/// A REPORT request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Report {
    /// Message-ID.
    pub message: Token,
    /// Position of the last octet that it is about; the first is 1.
    pub last: u32,
    /// Octets of the whole message.
    pub total: u32,
    /// Status.
    pub status: u16,
}

/// A chunk longer than this may be interrupted, so its Byte-Range leaves the end open (section 7.1.1).
pub const INTERRUPTIBLE: u32 = 2048;

impl Msrp {
    /// What it is.
    pub const fn kind(&self) -> MessageKind {
        match self.start {
            MsrpStart::Send(_) => MessageKind::MsrpSend,
            MsrpStart::Report(_) => MessageKind::MsrpReport,
            MsrpStart::Auth(_) => MessageKind::MsrpAuth,
            MsrpStart::Challenge(_) => MessageKind::MsrpResponse(401),
            MsrpStart::Grant(_) => MessageKind::MsrpResponse(200),
            MsrpStart::Response(status) => MessageKind::MsrpResponse(status),
        }
    }

    /// The CPIM headers of the message that begins in it.
    pub const fn cpim(&self) -> Option<&Cpim> {
        match &self.start {
            MsrpStart::Send(chunk) => chunk.cpim.as_ref(),
            MsrpStart::Report(_)
            | MsrpStart::Auth(_)
            | MsrpStart::Challenge(_)
            | MsrpStart::Grant(_)
            | MsrpStart::Response(_) => None,
        }
    }

    /// The answer to it, which goes to the hop that it came from and no further (section 7.2).
    pub fn answer(&self, start: MsrpStart) -> Msrp {
        Msrp { transaction: self.transaction, to: self.from.next.into(), from: self.to.next.into(), start }
    }

    /// The same one hop on, as a relay sends it in a transaction of its own: the URI of the relay leaves To-Path and
    /// stands first in From-Path (RFC 4976 section 6.4). None where To-Path ends at the relay, and where there has been
    /// a relay before.
    pub fn relayed(&self, transaction: Token) -> Option<Msrp> {
        let (end, None) = (self.to.end?, self.from.end) else { return None };
        let from = MsrpPath { next: self.to.next, end: Some(self.from.next) };
        Some(Msrp { transaction, to: end.into(), from, start: self.start })
    }

    /// Writes the message.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        sink.text("MSRP ");
        sink.hex16(self.transaction.raw());
        sink.text(" ");
        match self.start {
            MsrpStart::Send(_) => sink.text("SEND"),
            MsrpStart::Report(_) => sink.text("REPORT"),
            MsrpStart::Auth(_) => sink.text("AUTH"),
            MsrpStart::Challenge(_) => status_and_comment(sink, 401),
            MsrpStart::Grant(_) => status_and_comment(sink, 200),
            MsrpStart::Response(status) => status_and_comment(sink, status),
        }
        sink.text("\r\nTo-Path: ");
        self.to.write(names, sink);
        sink.text("\r\nFrom-Path: ");
        self.from.write(names, sink);
        sink.text("\r\n");
        let end = match &self.start {
            MsrpStart::Send(chunk) => {
                chunk.write(names, sink);
                chunk.continuation
            }
            MsrpStart::Report(report) => {
                report.write(sink);
                Continuation::Complete
            }
            MsrpStart::Auth(nonce) => {
                if let Some(nonce) = nonce {
                    msrp_auth::credentials(sink, names, *nonce, self.from.host(), self.to.host());
                }
                Continuation::Complete
            }
            MsrpStart::Challenge(nonce) => {
                msrp_auth::challenge(sink, names, *nonce, self.from.host());
                Continuation::Complete
            }
            MsrpStart::Grant(grant) => {
                msrp_auth::grant(sink, names, *grant);
                Continuation::Complete
            }
            MsrpStart::Response(_) => Continuation::Complete,
        };
        sink.text("-------");
        sink.hex16(self.transaction.raw());
        sink.text(match end {
            Continuation::Complete => "$\r\n",
            Continuation::More => "+\r\n",
            Continuation::Aborted => "#\r\n",
        });
    }

    /// Its octets on the wire.
    pub fn wire_len(&self, names: &Names) -> u64 {
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }
}

impl Chunk {
    // req: PUSH-U-3
    // req: PUSH-U-4
    // req: PUSH-U-5
    fn write(&self, names: &Names, sink: &mut impl Sink) {
        message_id(sink, self.message);
        let last = self.first.saturating_add(self.octets).saturating_sub(1);
        byte_range(sink, self.first, (self.octets <= INTERRUPTIBLE).then_some(last), self.total);
        if self.success_report {
            sink.text("Success-Report: yes\r\n");
        }
        match self.failure_report {
            FailureReport::Yes => {}
            FailureReport::Partial => sink.text("Failure-Report: partial\r\n"),
            FailureReport::No => sink.text("Failure-Report: no\r\n"),
        }
        if self.octets == 0 {
            return;
        }
        match self.presentation {
            None => {}
            Some(Presentation::Render) => sink.text("Content-Disposition: render\r\n"),
            Some(Presentation::Attachment) => sink.text("Content-Disposition: attachment\r\n"),
        }
        if self.described {
            sink.text("Content-Description: Pushed content\r\n");
        }
        sink.text("Content-Type: ");
        sink.text(self.kind.name());
        sink.text("\r\n\r\n");
        let begun = self.cpim.map_or(0, |cpim| cpim.write_beginning(names, self.octets, sink));
        sink.filler(self.octets - begun);
        sink.text("\r\n");
    }
}

impl Report {
    fn write(&self, sink: &mut impl Sink) {
        message_id(sink, self.message);
        byte_range(sink, 1, Some(self.last), self.total);
        sink.text("Status: 000 ");
        status_and_comment(sink, self.status);
        sink.text("\r\n");
    }
}

fn message_id(sink: &mut impl Sink, message: Token) {
    sink.text("Message-ID: ");
    sink.hex16(message.raw());
    sink.text("\r\n");
}

fn byte_range(sink: &mut impl Sink, first: u32, last: Option<u32>, total: u32) {
    sink.text("Byte-Range: ");
    sink.decimal(u64::from(first));
    sink.text("-");
    match last {
        Some(last) => sink.decimal(u64::from(last)),
        None => sink.text("*"),
    }
    sink.text("/");
    sink.decimal(u64::from(total));
    sink.text("\r\n");
}

fn status_and_comment(sink: &mut impl Sink, status: u16) {
    sink.digits(u64::from(status), 3);
    sink.text(match status {
        200 => " OK",
        400 => " Bad Request",
        401 => " Unauthorized",
        403 => " Forbidden",
        408 => " Request Timeout",
        413 => " Stop Sending Message",
        415 => " Media Type Not Understood",
        423 => " Parameter Out Of Bounds",
        481 => " No Such Session",
        501 => " Unknown Method",
        506 => " Session Already In Use",
        _ => " Failed",
    });
}
