//! MM1: the MMS PDUs that a terminal exchanges with its server, over HTTP.

use super::pdu::{self, MmStatus, RetrieveConf};
use crate::kernel::EntityId;
use crate::wire::id::Token;
use crate::wire::message::MessageKind;
use crate::wire::names::Names;
use crate::wire::sink::{Counter, Sink};

/// A message between terminal and MMS server.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Mm1 {
    /// The terminal.
    pub terminal: EntityId,
    /// The server.
    pub server: EntityId,
    /// The MM that it is about.
    pub message: Token,
    /// X-Mms-Transaction-Id of the notification.
    pub transaction: Token,
    /// What it is.
    pub line: Mm1Line,
    /// Octets of the MM's URL.
    pub url_octets: u16,
    /// The MM, in the response to GET that brings it.
    pub retrieved: Option<RetrieveConf>,
}

/// What an MM1 message is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mm1Line {
    /// GET of the MM.
    Get,
    /// 200 with m-retrieve-conf.
    RetrieveConf,
    /// A response to GET without an MM: 404 for one that the server does not have (any more).
    Refused(u16),
    /// POST of m-notifyresp-ind.
    NotifyResp(MmStatus),
    /// POST of m-acknowledge-ind.
    Acknowledge,
    /// 200 without content.
    Ok,
}

impl Mm1Line {
    /// The name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Mm1Line::Get => "GET",
            Mm1Line::RetrieveConf => "m-retrieve-conf",
            Mm1Line::Refused(_) => "refused",
            Mm1Line::NotifyResp(MmStatus::Retrieved) => "m-notifyresp-ind retrieved",
            Mm1Line::NotifyResp(MmStatus::Deferred) => "m-notifyresp-ind deferred",
            Mm1Line::Acknowledge => "m-acknowledge-ind",
            Mm1Line::Ok => "200",
        }
    }
}

const TYPE: &str = "Content-Type: application/vnd.wap.mms-message\r\n";

impl Mm1 {
    /// What it is.
    pub fn kind(&self) -> MessageKind {
        MessageKind::Mms(self.line)
    }

    /// Writes the message.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        match self.line {
            Mm1Line::Get => {
                sink.text("GET ");
                pdu::path(sink, names, self.server, self.message, self.url_octets);
                self.request_head(names, sink);
                sink.text("Accept: application/vnd.wap.mms-message\r\n\r\n");
            }
            Mm1Line::NotifyResp(_) | Mm1Line::Acknowledge => {
                sink.text("POST /");
                self.request_head(names, sink);
                let mut length = Counter::default();
                self.write_answer(&mut length);
                content_head(sink, length.0);
                self.write_answer(sink);
            }
            Mm1Line::RetrieveConf => {
                sink.text("HTTP/1.1 200 OK\r\n");
                let length = self.retrieved.map_or(0, |retrieved| retrieved.len(names));
                content_head(sink, length);
                if let Some(retrieved) = &self.retrieved {
                    retrieved.write(names, sink);
                }
            }
            Mm1Line::Refused(404) => sink.text("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
            Mm1Line::Refused(status) => {
                sink.text("HTTP/1.1 ");
                sink.digits(u64::from(status), 3);
                sink.text(" Refused\r\nContent-Length: 0\r\n\r\n");
            }
            Mm1Line::Ok => sink.text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        }
    }

    fn request_head(&self, names: &Names, sink: &mut impl Sink) {
        sink.text(" HTTP/1.1\r\nHost: ");
        sink.text(names.host(self.server));
        sink.text("\r\nUser-Agent: MMS-client/1.3 pushsim/0.1\r\nX-MSISDN: ");
        pdu::subscriber(sink, self.terminal);
        sink.text("\r\n");
    }

    fn write_answer(&self, sink: &mut impl Sink) {
        match self.line {
            Mm1Line::NotifyResp(status) => pdu::notify_resp(sink, self.transaction, status),
            Mm1Line::Acknowledge => pdu::acknowledge(sink, self.transaction),
            Mm1Line::Get | Mm1Line::RetrieveConf | Mm1Line::Refused(_) | Mm1Line::Ok => {}
        }
    }

    /// Its octets on the wire.
    pub fn wire_len(&self, names: &Names) -> u64 {
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }
}

fn content_head(sink: &mut impl Sink, length: u64) {
    sink.text(TYPE);
    sink.text("Content-Length: ");
    sink.decimal(length);
    sink.text("\r\n\r\n");
}
