//! The octets of the reference flows: every SIP message that the simulator sends there is well-formed and has the
//! header fields that its specifications ask for; and SIP, MSRP, mail and MMS are read as what they were written from.

use std::collections::BTreeMap;
use std::sync::Arc;

use pushsim::kernel::{Span, Time};
use pushsim::measure::{Filter, Trace};
use pushsim::scenario::build::{Layout, names};
use pushsim::scenario::{Model, World};
use pushsim::wire::mail::MailContent;
use pushsim::wire::mms::Mm1;
use pushsim::wire::msrp::{Msrp, MsrpStart};
use pushsim::wire::notice::Notice;
use pushsim::wire::parse::{Fault, Reader, SdpText, SipText, StartText};
use pushsim::wire::sip::body::{Body, ContactEvent, CpimContent};
use pushsim::wire::sip::{Sip, SipMessage};
use pushsim::wire::smtp::{Smtp, SmtpCommand, SmtpLine};
use pushsim::wire::{ContentType, Message, Names};

use crate::flows::flow;
use crate::source::root;

/// Every message of a flow, set-up included.
fn messages(model: &Model) -> Vec<Message> {
    let mut world = World::new(Arc::new(model.clone()), model.seed, 0, Trace::new(Filter::default()));
    world.run_until(model.horizon);
    let (_, trace) = world.finish();
    trace.hops.into_iter().map(|hop| hop.message).collect()
}

fn flow_names() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("models/flows")).expect("the folder is there");
    let stem = |path: std::path::PathBuf| path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
    let mut flows: Vec<String> = entries.filter_map(|entry| stem(entry.expect("an entry").path())).collect();
    flows.sort();
    flows
}

fn written(message: &Message, names: &Names) -> Vec<u8> {
    let mut octets = Vec::new();
    message.write(names, &mut octets);
    octets
}

/// Runs a check over every message of every flow and fails with all that it finds, each kind of fault once.
fn none_of(check: impl Fn(&Message, &[u8], &Names) -> Vec<String>) {
    let mut faults: BTreeMap<String, String> = BTreeMap::new();
    let mut checked = 0;
    for name in flow_names() {
        let model = flow(&name, &[]);
        let names = names(&model, &Layout::new(&model));
        for message in messages(&model) {
            checked += 1;
            let octets = written(&message, &names);
            for fault in check(&message, &octets, &names) {
                let kind = message.kind();
                let text = String::from_utf8_lossy(&octets).into_owned();
                faults.entry(format!("{kind}: {fault}")).or_insert_with(|| format!("{name}:\n{text}"));
            }
        }
    }
    assert!(checked > 400, "{checked} messages");
    let faults: Vec<String> = faults.into_iter().map(|(fault, place)| format!("{fault}\nin {place}")).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

const SECOND: u64 = 1_000_000_000;
const MILLISECOND: u64 = 1_000_000;

/// The instant as a text with this resolution has it.
fn to(unit: u64, time: Time) -> Time {
    Time::from_nanos(time.as_nanos() / unit * unit)
}

/// The message with its times as exact as they are on the wire.
fn sip_as_written(sip: &Sip) -> SipMessage {
    let mut message = SipMessage { via: sip.vias().iter().copied().collect(), ..(**sip).clone() };
    if !message.is_request() {
        message.max_forwards = 0;
    }
    message.headers.date = message.headers.date.map(|date| to(SECOND, date));
    match &mut message.body {
        Body::Cpim(cpim) => {
            cpim.sent_at = to(MILLISECOND, cpim.sent_at);
            if let CpimContent::Imdn(imdn) = &mut cpim.content {
                imdn.sent_at = to(MILLISECOND, imdn.sent_at);
            }
        }
        Body::Notification(notification) => {
            for entry in &mut Arc::make_mut(notification).entries {
                entry.sent_at = to(MILLISECOND, entry.sent_at);
            }
        }
        Body::RegInfo(reginfo) => {
            for contact in &mut Arc::make_mut(reginfo).contacts {
                contact.expires = Span::from_secs(contact.expires.as_secs());
                if matches!(contact.event, ContactEvent::Unregistered | ContactEvent::Expired) {
                    contact.gruu = 0;
                }
            }
        }
        _ => {}
    }
    message
}

/// The same for MSRP: CPIM headers that do not fit are not written, and nothing about content that is not there.
fn msrp_as_written(msrp: &Msrp, names: &Names) -> Msrp {
    let mut message = msrp.clone();
    let MsrpStart::Send(chunk) = &mut message.start else { return message };
    chunk.cpim = chunk.cpim.filter(|cpim| match cpim.content {
        CpimContent::Text(octets) => u64::from(chunk.octets) >= cpim.len(names) - u64::from(octets),
        CpimContent::Imdn(_) => false,
    });
    if let Some(cpim) = &mut chunk.cpim {
        cpim.sent_at = to(MILLISECOND, cpim.sent_at);
    }
    if chunk.octets == 0 {
        (chunk.kind, chunk.presentation, chunk.described) = (ContentType::Cpim, None, false);
    }
    message
}

/// The same for mail and MMS, whose dates are seconds and which do not say when the mailbox event was.
fn smtp_as_written(said: &Smtp) -> Smtp {
    let mut said = *said;
    if said.line == SmtpLine::Command(SmtpCommand::Content) {
        said.mail.date = to(SECOND, said.mail.date);
        if let MailContent::Notice { notice: Notice::Mailbox(notice), .. } = &mut said.mail.content {
            notice.at = Time::ZERO;
        }
    }
    said
}

fn mm1_as_written(said: &Mm1) -> Mm1 {
    let mut said = *said;
    if let Some(retrieved) = &mut said.retrieved {
        retrieved.date = to(SECOND, retrieved.date);
        if let Notice::Mailbox(notice) = &mut retrieved.notice {
            notice.at = Time::ZERO;
        }
    }
    said
}

/// What is wrong with what was read.
fn compare<T: PartialEq + std::fmt::Debug>(read: Result<T, Fault>, written: &T) -> Vec<String> {
    match read {
        Ok(read) if read == *written => Vec::new(),
        Ok(read) => vec![format!("read as {read:?}\nbut written from {written:?}")],
        Err(fault) => vec![fault.to_string()],
    }
}

#[test]
fn every_message_is_read_as_it_was_written() {
    none_of(|message, octets, names| {
        let reader = Reader::new(names);
        match message {
            // A segment of a short message does not say what the others have.
            Message::Sip(sip) if matches!(sip.body, Body::Sms(_)) => Vec::new(),
            Message::Sip(sip) => compare(reader.sip(octets), &sip_as_written(sip)),
            Message::Msrp(msrp) => compare(reader.msrp(octets), &msrp_as_written(msrp, names)),
            Message::Smtp(said) => match said.line {
                SmtpLine::Command(SmtpCommand::Connect) => Vec::new(),
                SmtpLine::Command(_) => compare(reader.smtp_command(octets, said), &smtp_as_written(said)),
                SmtpLine::Reply(..) => compare(reader.smtp_reply(octets, said), said),
            },
            Message::Mms(said) => compare(reader.mm1(octets, said), &mm1_as_written(said)),
            _ => Vec::new(),
        }
    });
}

/// Header fields that a message has to have, by method and status.
fn asked_for(method: &str, status: Option<u16>) -> Vec<&'static str> {
    // RFC 3261 section 8.1.1 and 8.2.6; Content-Length is mandatory over a stream (section 20.14).
    let mut fields = vec!["Via", "From", "To", "Call-ID", "CSeq", "Content-Length"];
    match status {
        None => {
            fields.push("Max-Forwards");
            fields.extend(asked_of_request(method));
        }
        Some(status) => fields.extend(asked_of_response(method, status)),
    }
    fields
}

fn asked_of_request(method: &str) -> &'static [&'static str] {
    match method {
        // RFC 3261 section 13.2.1.
        "INVITE" => &["Contact", "Supported"],
        // RFC 3261 section 11.1.
        "OPTIONS" => &["Accept"],
        // RFC 6665 section 8.2.1 and 3.1.2.
        "SUBSCRIBE" => &["Contact", "Event", "Expires"],
        "NOTIFY" => &["Contact", "Event", "Subscription-State"],
        "REGISTER" => &["Contact"],
        _ => &[],
    }
}

fn asked_of_response(method: &str, status: u16) -> &'static [&'static str] {
    match (method, status) {
        // RFC 3261 section 13.3.1.4: Contact has to be there, Allow ought to be.
        ("INVITE", 200..300) => &["Contact", "Allow"],
        // RFC 3261 section 11.2.
        ("OPTIONS", 200..300) => &["Accept", "Allow"],
        ("SUBSCRIBE", 200..300) => &["Contact", "Expires"],
        (_, 401) => &["WWW-Authenticate"],
        (_, 405) => &["Allow"],
        (_, 415) => &["Accept"],
        (_, 420) => &["Unsupported"],
        (_, 421) => &["Require"],
        (_, 422) => &["Min-SE"],
        (_, 423) => &["Min-Expires"],
        (_, 489) => &["Allow-Events"],
        (_, 494) => &["Security-Server", "Require"],
        _ => &[],
    }
}

/// Header fields that a message must not have.
fn not_wanted(method: &str, status: Option<u16>) -> &'static [&'static str] {
    match (method, status) {
        // RFC 3428 section 4 and 7.
        ("MESSAGE", None) => &["Contact"],
        ("MESSAGE", Some(200..300)) => &["Contact", "Content-Type"],
        ("ACK" | "BYE" | "CANCEL", None) => &["Contact", "Expires"],
        (_, Some(_)) => &["Max-Forwards", "Route", "Security-Verify", "Security-Client"],
        (_, None) => &["Warning", "Retry-After", "Service-Route", "WWW-Authenticate"],
    }
}

fn has(text: &SipText<'_>, name: &'static str) -> bool {
    text.values(name).next().is_some()
}

/// What is missing from a message, or has no place in it.
fn incomplete(text: &SipText<'_>) -> Vec<String> {
    let method = text.cseq().map(|cseq| cseq.method.to_owned()).unwrap_or_default();
    let status = match text.start() {
        Ok(StartText::Response { status, .. }) => Some(status),
        Ok(StartText::Request { .. }) => None,
        Err(fault) => return vec![fault.to_string()],
    };
    let missing = asked_for(&method, status).into_iter().filter(|name| !has(text, name));
    let mut faults: Vec<String> = missing.map(|name| format!("no {name}")).collect();
    let odd = not_wanted(&method, status).iter().filter(|name| has(text, name));
    faults.extend(odd.map(|name| format!("{name} has no place here")));
    let mut rule = |broken: bool, what: &str| {
        if broken {
            faults.push(what.to_owned());
        }
    };
    let tagged =
        |party: Result<pushsim::wire::parse::Address<'_>, _>| party.is_ok_and(|party| party.parameters.has("tag"));
    rule(!tagged(text.from()), "From without a tag");
    rule(status.is_some_and(|status| status > 100) && !tagged(text.to()), "To of a response without a tag");
    let begins_a_dialog = method == "INVITE" && status.is_none() && !tagged(text.to());
    rule(begins_a_dialog && !has(text, "Allow"), "no Allow at the beginning of a dialog (RFC 3261 section 13.2.1)");
    rule(!text.body.is_empty() && !has(text, "Content-Type"), "a body without a type");
    rule(
        method == "MESSAGE" && has(text, "Expires") && !has(text, "Date"),
        "Expires without Date (RFC 3428 section 4)",
    );
    let of_registrar = method == "REGISTER" && status == Some(200) && is_own(text);
    rule(of_registrar && !has(text, "Date"), "no Date (RFC 3261 section 10.3)");
    let lists = |name, tag| text.list(name).is_ok_and(|tags| tags.contains(&tag));
    let agreed = lists("Require", "sec-agree") && lists("Proxy-Require", "sec-agree");
    rule(status.is_none() && has(text, "Security-Verify") && !agreed, "an agreement that is not required (RFC 3329)");
    let refresher = text.valued("Session-Expires").ok().flatten().map(|timer| timer.parameters.get("refresher"));
    let timer = lists("Supported", "timer") || lists("Require", "timer");
    rule(refresher.is_some() && !timer, "Session-Expires without the option tag (RFC 4028 section 7.1)");
    let by_caller = refresher.flatten().as_deref() == Some("uac") && status.is_some_and(|status| status < 300);
    rule(by_caller && !lists("Require", "timer"), "a refresher that is not required (RFC 4028 section 9)");
    rule(method == "REGISTER" && has(text, "Record-Route"), "Record-Route means nothing here (RFC 3261 section 10.3)");
    rule(status.is_none() && text.number("Max-Forwards", 70) == Ok(Some(0)), "Max-Forwards used up");
    rule(has(text, "Path") && status.is_none() && !lists("Require", "path"), "a Path that is not required (RFC 3327)");
    faults
}

/// Whether it was a terminal that registered: an application server is told of that, and is no registrar.
fn is_own(text: &SipText<'_>) -> bool {
    matches!((text.from(), text.to()), (Ok(from), Ok(to)) if from.uri == to.uri)
}

#[test]
fn every_message_is_well_formed_and_complete() {
    none_of(|message, octets, _| {
        let Message::Sip(_) = message else { return Vec::new() };
        let text = match SipText::datagram(octets) {
            Ok(text) => text,
            Err(fault) => return vec![fault.to_string()],
        };
        let mut faults = incomplete(&text);
        faults.extend(text.check().err().map(|fault| fault.to_string()));
        if text.valued("Content-Type").is_ok_and(|kind| kind.is_some_and(|kind| kind.value == "application/sdp")) {
            faults.extend(SdpText::parse(text.body).err().map(|fault| fault.to_string()));
        }
        faults
    });
}
