//! Any message that crosses a reference point.

use super::append::{Append, AppendLine};
use super::datagram::Datagram;
use super::diameter::{Command, DiameterMessage};
use super::http::{Http, HttpMethod, HttpUse};
use super::imap::{Imap, ImapLine};
use super::map::{self, Map};
use super::mms::{Mm1, Mm1Line};
use super::msrp::Msrp;
use super::names::Names;
use super::sink::Sink;
use super::sip::body::Cpim;
use super::sip::{Method, Sip};
use super::smpp::{Smpp, SmppLine};
use super::sms::{Radio, RadioLine};
use super::smtp::{Smtp, SmtpCommand, SmtpLine};
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
    /// SMTP.
    Smtp(Box<Smtp>),
    /// IMAP.
    Imap(Box<Imap>),
    /// IMAP as the PF uses it.
    Append(Box<Append>),
    /// MMS over HTTP.
    Mms(Box<Mm1>),
    /// SMPP.
    Smpp(Box<Smpp>),
    /// MAP.
    Map(Box<Map>),
    /// Short messages and attachment on the radio interface.
    Sms(Box<Radio>),
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
    /// An SMTP command or reply.
    Smtp(SmtpLine),
    /// An IMAP command or response.
    Imap(ImapLine),
    /// A message of an APPEND.
    Append(AppendLine),
    /// An MMS PDU, or HTTP around none.
    Mms(Mm1Line),
    /// An SMPP PDU.
    Smpp(SmppLine),
    /// A MAP operation or its result.
    Map(map::Operation, map::Step),
    /// A message of the radio interface.
    Sms(RadioLine),
    /// An MSRP SEND.
    MsrpSend,
    /// An MSRP REPORT.
    MsrpReport,
    /// An MSRP AUTH.
    MsrpAuth,
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
            Message::Smtp(smtp) => smtp.write(names, sink),
            Message::Imap(imap) => imap.write(names, sink),
            Message::Append(append) => append.write(names, sink),
            Message::Mms(mms) => mms.write(names, sink),
            Message::Smpp(smpp) => smpp.write(names, sink),
            Message::Map(map) => map.write(names, sink),
            Message::Sms(radio) => radio.write(names, sink),
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
            Message::Smtp(smtp) => smtp.wire_len(names),
            Message::Imap(imap) => imap.wire_len(names),
            Message::Append(append) => append.wire_len(names),
            Message::Mms(mms) => mms.wire_len(names),
            Message::Smpp(smpp) => smpp.wire_len(names),
            Message::Map(map) => map.wire_len(names),
            Message::Sms(radio) => radio.wire_len(names),
            Message::Msrp(msrp) => msrp.wire_len(names),
        }
    }

    /// Its octets on the wire, worked out once and then carried along with a SIP message.
    pub fn measure(&mut self, names: &Names) -> u64 {
        if let Message::Sip(sip) = self { sip.measure(names) } else { self.wire_len(names) }
    }

    /// The SIP message, where it is one.
    pub fn sip(&self) -> Option<&Sip> {
        if let Message::Sip(sip) = self { Some(sip) } else { None }
    }

    /// The CPIM message that it carries, where it carries one.
    pub fn cpim(&self) -> Option<&Cpim> {
        match self {
            Message::Msrp(msrp) => msrp.cpim(),
            Message::Append(append) => append.cpim(),
            _ => self.sip().and_then(|sip| sip.body.cpim()),
        }
    }

    /// Whether it stands for the last segment of a connection's set-up, after which the server speaks first. It is no
    /// message and has no octets.
    pub fn is_connection(&self) -> bool {
        match self {
            Message::Smtp(smtp) => smtp.line == SmtpLine::Command(SmtpCommand::Connect),
            Message::Imap(imap) => imap.line == ImapLine::Connect,
            _ => false,
        }
    }

    /// Its protocol.
    pub fn protocol(&self) -> Protocol {
        match self {
            Message::Sip(_) => Protocol::Sip,
            Message::Diameter(_) => Protocol::Diameter,
            Message::Datagram(_) => Protocol::Datagram,
            Message::Http(http) => http.usage.protocol(),
            Message::Smtp(_) => Protocol::Smtp,
            Message::Imap(_) | Message::Append(_) => Protocol::Imap,
            Message::Mms(_) => Protocol::Mms,
            Message::Smpp(_) => Protocol::Smpp,
            Message::Map(_) => Protocol::Map,
            Message::Sms(_) => Protocol::Sms,
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
            Message::Smtp(smtp) => smtp.kind(),
            Message::Imap(imap) => imap.kind(),
            Message::Append(append) => append.kind(),
            Message::Mms(mms) => mms.kind(),
            Message::Smpp(smpp) => smpp.kind(),
            Message::Map(map) => map.kind(),
            Message::Sms(radio) => radio.kind(),
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
            MessageKind::Smtp(_) => Protocol::Smtp,
            MessageKind::Imap(_) | MessageKind::Append(_) => Protocol::Imap,
            MessageKind::Mms(_) => Protocol::Mms,
            MessageKind::Smpp(_) => Protocol::Smpp,
            MessageKind::Map(..) => Protocol::Map,
            MessageKind::Sms(_) => Protocol::Sms,
            MessageKind::MsrpSend | MessageKind::MsrpReport | MessageKind::MsrpAuth | MessageKind::MsrpResponse(_) => {
                Protocol::Msrp
            }
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
            MessageKind::Smtp(SmtpLine::Command(command)) => f.write_str(command.name()),
            MessageKind::Smtp(SmtpLine::Reply(code, _)) => write!(f, "{code}"),
            MessageKind::Imap(ImapLine::Connect) => f.write_str("connect"),
            MessageKind::Append(line) => f.write_str(line.name()),
            MessageKind::Imap(ImapLine::Greeting) => f.write_str("greeting"),
            MessageKind::Imap(ImapLine::Command(command)) => f.write_str(command.name()),
            MessageKind::Imap(ImapLine::Ok(command)) => write!(f, "OK {}", command.name()),
            MessageKind::Imap(ImapLine::Event) => f.write_str("EXISTS"),
            MessageKind::Mms(Mm1Line::Refused(status)) => write!(f, "{status}"),
            MessageKind::Mms(line) => f.write_str(line.name()),
            MessageKind::Smpp(line) => f.write_str(line.name()),
            MessageKind::Map(operation, step) => write!(f, "{}{}", operation.name(), step.suffix()),
            MessageKind::Sms(line) => f.write_str(line.name()),
            MessageKind::HttpResponse(_, status) | MessageKind::MsrpResponse(status) => write!(f, "{status}"),
            MessageKind::MsrpSend => f.write_str("SEND"),
            MessageKind::MsrpReport => f.write_str("REPORT"),
            MessageKind::MsrpAuth => f.write_str("AUTH"),
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
