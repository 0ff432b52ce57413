//! Any message that crosses a reference point.

use super::append::Append;
use super::datagram::Datagram;
use super::diameter::{Command, DiameterMessage};
use super::http::{Http, HttpMethod, HttpUse};
use super::msrp::Msrp;
use super::names::Names;
use super::sink::Sink;
use super::sip::{Method, Sip};
use std::fmt;

/// The protocol of a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Protocol {
    /// SIP.
    Sip,
    /// Diameter.
    Diameter,
    /// Plain datagrams of `source` and `sink`.
    Datagram,
    /// MSRP.
    Msrp,
    /// HTTP.
    Http,
    /// XCAP over HTTP.
    Xcap,
    /// IMAP.
    Imap,
    /// SMTP.
    Smtp,
    /// MMS encapsulation over HTTP.
    Mms,
    /// SMPP.
    Smpp,
    /// MAP.
    Map,
    /// Short messages on the radio interface.
    Sms,
}

impl Protocol {
    /// The name used in results.
    pub const fn name(self) -> &'static str {
        match self {
            Protocol::Sip => "SIP",
            Protocol::Diameter => "Diameter",
            Protocol::Datagram => "datagram",
            Protocol::Msrp => "MSRP",
            Protocol::Http => "HTTP",
            Protocol::Xcap => "XCAP",
            Protocol::Imap => "IMAP",
            Protocol::Smtp => "SMTP",
            Protocol::Mms => "MMS",
            Protocol::Smpp => "SMPP",
            Protocol::Map => "MAP",
            Protocol::Sms => "SMS",
        }
    }
}

/// A message.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Message {
    /// SIP.
    Sip(Sip),
    /// Diameter.
    Diameter(DiameterMessage),
    /// A plain datagram.
    Datagram(Datagram),
    /// HTTP and what runs over it.
    Http(Box<Http>),
    /// IMAP.
    Append(Append),
    /// MSRP.
    Msrp(Box<Msrp>),
}

/// What a message is, as results and ladders call it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MessageKind {
    /// A SIP request.
    Request(Method),
    /// A SIP response: status, method.
    Response(u16, Method),
    /// A Diameter request.
    DiameterRequest(Command),
    /// A Diameter answer.
    DiameterAnswer(Command),
    /// A plain datagram.
    Datagram,
    /// An HTTP request: its use, its method.
    HttpRequest(HttpUse, HttpMethod),
    /// An HTTP response: its use, its status.
    HttpResponse(HttpUse, u16),
    /// A message of an IMAP exchange, by its name.
    Append(&'static str),
    /// An MSRP SEND.
    MsrpSend,
    /// An MSRP REPORT.
    MsrpReport,
    /// An MSRP response: its status.
    MsrpResponse(u16),
}

impl Message {
    /// Writes the message as it stands on the wire, without the headers of transport and network.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        match self {
            Message::Sip(sip) => sip.write(names, sink),
            Message::Diameter(diameter) => diameter.write(names, sink),
            Message::Datagram(datagram) => datagram.write(sink),
            Message::Http(http) => http.write(names, sink),
            Message::Append(append) => append.write(names, sink),
            Message::Msrp(msrp) => msrp.write(names, sink),
        }
    }

    /// Its octets on the wire: as many as [`Message::write`] writes, by the same code, with nothing kept.
    pub fn wire_len(&self, names: &Names) -> u64 {
        match self {
            Message::Sip(sip) => sip.wire_len(names),
            Message::Diameter(diameter) => diameter.wire_len(names),
            Message::Datagram(datagram) => u64::from(datagram.octets),
            Message::Http(http) => http.wire_len(names),
            Message::Append(append) => append.wire_len(names),
            Message::Msrp(msrp) => msrp.wire_len(names),
        }
    }

    /// Its octets on the wire, worked out once and then carried along with a SIP message.
    pub fn measure(&mut self, names: &Names) -> u64 {
        match self {
            Message::Sip(sip) => sip.measure(names),
            Message::Diameter(_) | Message::Datagram(_) | Message::Http(_) | Message::Msrp(_) | Message::Append(_) => {
                self.wire_len(names)
            }
        }
    }

    /// Its protocol.
    pub fn protocol(&self) -> Protocol {
        match self {
            Message::Sip(_) => Protocol::Sip,
            Message::Diameter(_) => Protocol::Diameter,
            Message::Datagram(_) => Protocol::Datagram,
            Message::Http(http) => http.usage.protocol(),
            Message::Append(_) => Protocol::Imap,
            Message::Msrp(_) => Protocol::Msrp,
        }
    }

    /// What it is.
    pub fn kind(&self) -> MessageKind {
        match self {
            Message::Sip(sip) => match sip.status() {
                Some(status) => MessageKind::Response(status, sip.method()),
                None => MessageKind::Request(sip.method()),
            },
            Message::Diameter(diameter) => match diameter.result {
                Some(_) => MessageKind::DiameterAnswer(diameter.command),
                None => MessageKind::DiameterRequest(diameter.command),
            },
            Message::Datagram(_) => MessageKind::Datagram,
            Message::Http(http) => http.kind(),
            Message::Append(append) => append.kind(),
            Message::Msrp(msrp) => msrp.kind(),
        }
    }
}

impl MessageKind {
    /// The protocol.
    pub const fn protocol(self) -> Protocol {
        match self {
            MessageKind::Request(_) | MessageKind::Response(..) => Protocol::Sip,
            MessageKind::DiameterRequest(_) | MessageKind::DiameterAnswer(_) => Protocol::Diameter,
            MessageKind::Datagram => Protocol::Datagram,
            MessageKind::HttpRequest(usage, _) | MessageKind::HttpResponse(usage, _) => usage.protocol(),
            MessageKind::Append(_) => Protocol::Imap,
            MessageKind::MsrpSend | MessageKind::MsrpReport | MessageKind::MsrpResponse(_) => Protocol::Msrp,
        }
    }
}

impl fmt::Display for MessageKind {
    /// `MESSAGE`, `200 MESSAGE`, `UAR`, `UAA`, `datagram`, `GET`, `SEND`, `200`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MessageKind::Request(method) => f.write_str(method.name()),
            MessageKind::Response(status, method) => write!(f, "{status} {}", method.name()),
            MessageKind::DiameterRequest(command) => f.write_str(command.request_name()),
            MessageKind::DiameterAnswer(command) => f.write_str(command.answer_name()),
            MessageKind::Datagram => f.write_str("datagram"),
            MessageKind::HttpRequest(_, method) => f.write_str(method.name()),
            MessageKind::Append(name) => f.write_str(name),
            MessageKind::HttpResponse(_, status) | MessageKind::MsrpResponse(status) => write!(f, "{status}"),
            MessageKind::MsrpSend => f.write_str("SEND"),
            MessageKind::MsrpReport => f.write_str("REPORT"),
        }
    }
}

impl Command {
    /// Abbreviation of the request.
    pub const fn request_name(self) -> &'static str {
        match self {
            Command::UserAuthorization => "UAR",
            Command::ServerAssignment => "SAR",
            Command::LocationInfo => "LIR",
            Command::MultimediaAuth => "MAR",
        }
    }

    /// Abbreviation of the answer.
    pub const fn answer_name(self) -> &'static str {
        match self {
            Command::UserAuthorization => "UAA",
            Command::ServerAssignment => "SAA",
            Command::LocationInfo => "LIA",
            Command::MultimediaAuth => "MAA",
        }
    }
}
