//! What is written can be read: every message comes back as it was, and no octets whatever end the program.

use super::messaging::{any_mm1, any_notification, any_smtp};
use super::property::{any_msrp, any_sip};
use super::samples::{self, names};
use crate::kernel::{Span, Time};
use crate::wire::content::ContentType;
use crate::wire::mail::{Mail, MailContent};
use crate::wire::mailbox::{MailboxEvent, MailboxNotice, NOTICE_MIN};
use crate::wire::mms::{Mm1, Mm1Line, NotificationInd};
use crate::wire::msrp::{Msrp, MsrpStart};
use crate::wire::notice::Notice;
use crate::wire::parse::{
    HttpText, MimeText, MmsText, MsrpText, Reader, SdpText, SipText, SmtpCommandText, SmtpReplyText, mail_text,
};
use crate::wire::sip::body::{Body, ContactEvent, Cpim, CpimContent, RegInfo};
use crate::wire::sip::headers::Headers;
use crate::wire::sip::{ContactHeader, FeatureTags, Method, SipMessage};
use crate::wire::smtp::{Smtp, SmtpCommand, SmtpLine};
use crate::wire::{Message, Names, address};
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;

fn written(message: &SipMessage) -> Vec<u8> {
    let mut octets = Vec::new();
    message.write(&names(), &mut octets);
    octets
}

/// A random message without what nobody can write: a value that its header field cannot have, or that is written only
/// together with another one.
fn as_written(mut message: SipMessage) -> SipMessage {
    message.cseq &= 0x7fff_ffff;
    if !message.is_request() {
        message.max_forwards = 0;
    }
    message.contact = match message.contact {
        ContactHeader::List(list) if list.is_empty() => ContactHeader::None,
        ContactHeader::List(list) if list.len() == 1 => ContactHeader::One(list[0]),
        contacts => contacts,
    };
    let contacts: Vec<_> = match &mut message.contact {
        ContactHeader::None => Vec::new(),
        ContactHeader::One(contact) => vec![contact],
        ContactHeader::List(list) => Arc::get_mut(list).unwrap().iter_mut().collect(),
    };
    for contact in contacts {
        contact.gruu = contact.gruu.filter(|_| contact.instance.is_some());
    }
    message.headers = headers_as_written(&message);
    message.body = body_as_written(message.body);
    message
}

fn headers_as_written(message: &SipMessage) -> Headers {
    let mut headers = message.headers.clone();
    let lowest = headers.p_asserted_service.icsi().0;
    headers.p_asserted_service = FeatureTags(lowest & lowest.wrapping_neg());
    headers.service_is_preferred &= lowest != 0;
    let is_register = message.method() == Method::Register;
    if !is_register {
        (headers.path, headers.service_route, headers.p_associated_uri) = (None, None, None);
    }
    if !is_register || address::user_of(&names(), message.to.uri).is_none() {
        // Without credentials in it, a REGISTER counts as protected: it was not written as the first one.
        (headers.authorization, headers.www_authenticate) = (None, None);
    }
    headers.date = headers.date.map(|time| Time::from_secs(time.as_nanos() / 1_000_000_000));
    headers.allow &= message.status() != Some(405);
    headers.accept &= message.status() != Some(415) && headers.event.is_none();
    if headers.event.is_none() {
        headers.subscription_state = None;
    }
    headers
}

/// The same for MSRP: a chunk without content has no headers about it, and CPIM headers that do not fit into it, or
/// wrap something else than text, are not written.
fn chunk_as_written(mut message: Msrp) -> Msrp {
    if let MsrpStart::Send(chunk) = &mut message.start {
        chunk.cpim = chunk.cpim.filter(|cpim| {
            let head = cpim.len(&names()) - u64::from(text_octets(cpim));
            matches!(cpim.content, CpimContent::Text(_)) && u64::from(chunk.octets) >= head
        });
        if let Some(cpim) = &mut chunk.cpim {
            cpim.sent_at = to_millis(cpim.sent_at);
        }
        if chunk.octets == 0 {
            (chunk.kind, chunk.presentation, chunk.described) = (ContentType::Cpim, None, false);
        }
    }
    message
}

fn text_octets(cpim: &Cpim) -> u32 {
    match cpim.content {
        CpimContent::Text(octets) => octets,
        CpimContent::Imdn(_) => 0,
    }
}

/// The same for mail: what the record of a mailbox event does not say, and the second of the date.
fn mail_as_written(mut said: Smtp) -> Smtp {
    if said.line == SmtpLine::Command(SmtpCommand::Content) {
        said.mail.date = to_seconds(said.mail.date);
        if let MailContent::Notice { notice: Notice::Mailbox(notice), .. } = &mut said.mail.content {
            notice.at = Time::ZERO;
        }
    }
    said
}

/// The same for MMS: a URL without padding is as long as it has to be.
fn waiting_as_written(mut waiting: NotificationInd) -> NotificationInd {
    let fixed = 7 + names().host(waiting.server).len() + 1 + 16;
    if usize::from(waiting.url_octets) <= fixed {
        waiting.url_octets = 0;
    }
    waiting
}

fn to_seconds(time: Time) -> Time {
    Time::from_secs(time.as_nanos() / 1_000_000_000)
}

fn to_millis(time: Time) -> Time {
    Time::from_nanos(time.as_nanos() / 1_000_000 * 1_000_000)
}

fn body_as_written(body: Body) -> Body {
    match body {
        Body::Cpim(mut cpim) => {
            cpim.sent_at = to_millis(cpim.sent_at);
            if let CpimContent::Imdn(imdn) = &mut cpim.content {
                imdn.sent_at = to_millis(imdn.sent_at);
            }
            Body::Cpim(cpim)
        }
        Body::Notification(mut notification) => {
            for entry in &mut Arc::make_mut(&mut notification).entries {
                entry.sent_at = to_millis(entry.sent_at);
            }
            Body::Notification(notification)
        }
        Body::RegInfo(mut reginfo) => {
            let RegInfo { contacts, .. } = Arc::make_mut(&mut reginfo);
            for contact in contacts {
                contact.expires = Span::from_secs(contact.expires.as_secs());
                if matches!(contact.event, ContactEvent::Unregistered | ContactEvent::Expired) {
                    contact.gruu = 0;
                }
            }
            Body::RegInfo(reginfo)
        }
        Body::Push(mut push) => {
            if let Some(wanted) = &mut push.report {
                wanted.sent_at = to_millis(wanted.sent_at);
            }
            Body::Push(push)
        }
        Body::PushReport(mut report) => {
            report.sent_at = to_millis(report.sent_at);
            report.imdn.sent_at = to_millis(report.imdn.sent_at);
            Body::PushReport(report)
        }
        Body::Empty
        | Body::Sdp(_)
        | Body::Management(_)
        | Body::Register(_)
        | Body::RuleDocuments
        | Body::XcapDiff(_)
        | Body::Sms(_) => body,
        Body::Mailbox(notice) => Body::Mailbox(MailboxNotice { at: Time::ZERO, ..notice }),
    }
}

/// What a writer could not write must not be made of what is read.
#[test]
fn names_and_lengths_that_fit_nothing_are_refused() {
    let names = names();
    let reader = Reader::new(&names);
    let octets = |message: &SipMessage| String::from_utf8(written(message)).unwrap();
    let mut record = samples::pager_at_origin(0);
    let id = samples::token(samples::PF, 1);
    let event = MailboxEvent::Login;
    record.body = Body::Mailbox(MailboxNotice { user: samples::BOB, event, id, at: Time::ZERO, octets: NOTICE_MIN });
    let whole = octets(&record);
    assert_eq!(reader.sip(whole.as_bytes()), Ok(record));
    // Cut off inside the record, with a length that says so.
    let short = whole.replace(&format!("Content-Length: {NOTICE_MIN}"), "Content-Length: 52");
    assert!(reader.sip(&short.as_bytes()[..short.len() - NOTICE_MIN as usize + 52]).is_err());
    // A terminal where a server has to be.
    let mail = "From: <notifier@10.100.100.105>\r\nTo: <+467300000007/TYPE=PLMN@10.100.100.106>\r\n\
                Date: Thu, 01 Jan 2026 01:00:00 +0000\r\nMessage-ID: <0000030000000002@pf1.home.example>\r\n\r\n";
    let mail = format!("{mail}{}\r\n.\r\n", &whole[whole.len() - NOTICE_MIN as usize..]);
    let Message::Smtp(said) = super::messaging::smtp_content() else { panic!("not SMTP") };
    assert!(reader.smtp_command(mail.as_bytes(), &said).is_err());
    // Nobody is known at all.
    assert!(Reader::new(&Names::default()).sip(whole.as_bytes()).is_err());
}

#[test]
fn every_sample_is_read_as_it_was_written() {
    let names = names();
    for (name, message) in samples::all() {
        let mut octets = Vec::new();
        message.write(&names, &mut octets);
        let reader = Reader::new(&names);
        let read = match &message {
            Message::Sip(_) => reader.sip(&octets).map(|sip| Message::Sip(sip.into())),
            Message::Msrp(_) => reader.msrp(&octets).map(|msrp| Message::Msrp(Box::new(msrp))),
            _ => continue,
        };
        let message = match message {
            Message::Msrp(msrp) => Message::Msrp(Box::new(chunk_as_written(*msrp))),
            other => other,
        };
        assert_eq!(read, Ok(message), "{name}");
    }
}

/// The same message with compact names, in another case, with folds, and with spaces where they may stand.
fn written_otherwise(octets: &[u8], ways: &[u8]) -> Vec<u8> {
    const COMPACT: [(&str, &str); 8] = [
        ("Via", "v"),
        ("From", "f"),
        ("To", "t"),
        ("Call-ID", "i"),
        ("Contact", "m"),
        ("Supported", "k"),
        ("Accept-Contact", "a"),
        ("Content-Length", "l"),
    ];
    let end = octets.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = str::from_utf8(&octets[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let mut other = lines.next().unwrap().to_owned();
    for (line, way) in lines.zip(ways.iter().cycle()) {
        let (name, value) = line.split_once(": ").unwrap();
        let compact = COMPACT.iter().find(|(full, _)| *full == name).filter(|_| way & 1 != 0);
        let name = compact.map_or(name, |(_, compact)| compact);
        let name = if way & 2 != 0 { name.to_uppercase() } else { name.to_owned() };
        let colon = if way & 4 != 0 { "  :\r\n \t" } else { ":" };
        // Semicolons in angle brackets are part of a URI, which has no spaces.
        let value = if way & 8 != 0 { value.replace(">;", "> ;\r\n ") } else { value.to_owned() };
        let value = if way & 16 != 0 { value.replace("\",", "\" ,\r\n\t") } else { value };
        other.push_str(&format!("\r\n{name}{colon}{value}"));
    }
    [other.as_bytes(), &octets[end..]].concat()
}

/// Octets that somebody has been at.
fn mutated(mut octets: Vec<u8>, changes: &[(u32, u8, u8)]) -> Vec<u8> {
    for (place, kind, value) in changes {
        let at = *place as usize % (octets.len() + 1);
        match kind % 5 {
            0 => octets.insert(at, *value),
            1 => octets.truncate(at),
            2 => octets.splice(at..at, b"\r\n".iter().copied()).for_each(drop),
            3 if at < octets.len() => drop(octets.remove(at)),
            _ => octets.get_mut(at).into_iter().for_each(|octet| *octet = *value),
        }
    }
    octets
}

/// Characters that mean something to a parser, and some that do not.
fn any_octets() -> BoxedStrategy<Vec<u8>> {
    let telling = prop::sample::select(&b"\r\n \t:;,=\"\\<>@?%/*-.019aSIP[]\0\x7f\xc3\xa4"[..]);
    vec(prop_oneof![3 => telling, 1 => any::<u8>()], 0..200).boxed()
}

/// Reads octets as everything that can be read, and asks for all of it. Only a panic is a failure.
fn read_as_anything(octets: &[u8]) {
    let names = names();
    if let Ok(text) = SipText::datagram(octets) {
        let _ = text.check();
    }
    drop(SipText::stream(octets));
    drop(SdpText::parse(octets));
    drop(MimeText::entity(octets));
    drop(MimeText::parts(octets, "part-of-request"));
    drop(MsrpText::stream(octets));
    drop(HttpText::stream(octets));
    drop(SmtpReplyText::parse(octets));
    let _ = SmtpCommandText::parse(octets).and_then(|command| command.path("FROM"));
    drop(mail_text(octets));
    drop(MmsText::parse(octets).and_then(|text| text.parts()));
    let reader = Reader::new(&names);
    let _ = (reader.notification_ind(octets), reader.retrieve_conf(octets));
    drop(Reader::new(&names).msrp(octets));
    if let Ok(message) = Reader::new(&names).sip(octets) {
        assert_eq!(written(&message), octets, "read, but not as it is written");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn octets_of_any_kind_end_nothing(octets in any_octets()) {
        read_as_anything(&octets);
    }

    #[test]
    fn an_msrp_message_that_was_changed_is_read_or_refused(
        message in any_msrp(),
        changes in vec((any::<u32>(), any::<u8>(), any::<u8>()), 1..6),
    ) {
        let mut octets = Vec::new();
        message.write(&names(), &mut octets);
        read_as_anything(&mutated(octets, &changes));
    }

    #[test]
    fn mail_and_mms_that_were_changed_are_read_or_refused(
        message in prop_oneof![any_smtp(), any_mm1()],
        waiting in any_notification(),
        changes in vec((any::<u32>(), any::<u8>(), any::<u8>()), 1..6),
    ) {
        let (names, mut octets) = (names(), Vec::new());
        message.write(&names, &mut octets);
        let octets = mutated(octets, &changes);
        read_as_anything(&octets);
        let reader = Reader::new(&names);
        match message {
            Message::Smtp(said) => {
                let _ = (reader.smtp_command(&octets, &said), reader.smtp_reply(&octets, &said));
            }
            Message::Mms(said) => drop(reader.mm1(&octets, &said)),
            _ => {}
        }
        let mut octets = Vec::new();
        waiting.write(&names, &mut octets);
        read_as_anything(&mutated(octets, &changes));
    }

    #[test]
    fn a_message_that_was_changed_is_read_or_refused(
        message in any_sip(),
        changes in vec((any::<u32>(), any::<u8>(), any::<u8>()), 1..6),
    ) {
        let octets = mutated(written(&message), &changes);
        read_as_anything(&octets);
        // The body as a message of its own: session descriptions and MIME are reached more often.
        if let Ok(text) = SipText::datagram(&octets) {
            read_as_anything(text.body);
        }
    }

    #[test]
    fn a_message_is_read_as_it_was_written(message in any_sip().prop_map(as_written)) {
        // A message without a Via is on no wire.
        prop_assume!(!message.via.is_empty());
        let names = names();
        let octets = written(&message);
        let read = Reader::new(&names).sip(&octets);
        prop_assert_eq!(read, Ok(message), "{}", String::from_utf8_lossy(&octets));
    }

    #[test]
    fn an_msrp_message_is_read_as_it_was_written(message in any_msrp().prop_map(chunk_as_written)) {
        let names = names();
        let mut octets = Vec::new();
        message.write(&names, &mut octets);
        prop_assert_eq!(MsrpText::stream(&octets[..octets.len() - 1]), Ok(None));
        let read = Reader::new(&names).msrp(&octets);
        prop_assert_eq!(read, Ok(message), "{}", String::from_utf8_lossy(&octets));
    }

    #[test]
    fn a_session_of_smtp_is_read_as_it_was_written(said in any_smtp()) {
        let Message::Smtp(said) = said else { return Ok(()) };
        let (names, said) = (names(), mail_as_written(*said));
        let mut octets = Vec::new();
        said.write(&names, &mut octets);
        let reader = Reader::new(&names);
        let read = match said.line {
            // The server greets; a connection is opened without a word.
            SmtpLine::Command(SmtpCommand::Connect) => Ok(said),
            SmtpLine::Command(SmtpCommand::Content) => {
                // Of the mail, its envelope alone is known before.
                let mail = Mail { id: said.session, date: Time::ZERO, ..said.mail };
                reader.smtp_command(&octets, &Smtp { mail, ..said })
            }
            SmtpLine::Command(_) => reader.smtp_command(&octets, &said),
            SmtpLine::Reply(_, command) => {
                reader.smtp_reply(&octets, &Smtp { line: SmtpLine::Command(command), ..said })
            }
        };
        prop_assert_eq!(read, Ok(said), "{}", String::from_utf8_lossy(&octets));
    }

    #[test]
    fn mms_is_read_as_it_was_written(said in any_mm1(), waiting in any_notification().prop_map(waiting_as_written)) {
        let (names, mut octets) = (names(), Vec::new());
        let reader = Reader::new(&names);
        waiting.write(&names, &mut octets);
        prop_assert_eq!(reader.notification_ind(&octets), Ok(waiting));
        let Message::Mms(mut said) = said else { return Ok(()) };
        if let Some(retrieved) = &mut said.retrieved {
            retrieved.date = to_seconds(retrieved.date);
            if let Notice::Mailbox(notice) = &mut retrieved.notice {
                notice.at = Time::ZERO;
            }
        }
        octets.clear();
        said.write(&names, &mut octets);
        let read = reader.mm1(&octets, &Mm1 { line: Mm1Line::Ok, retrieved: None, ..*said });
        prop_assert_eq!(read, Ok(*said), "{}", String::from_utf8_lossy(&octets));
    }

    #[test]
    fn another_way_to_write_a_message_says_the_same(
        message in any_sip().prop_map(as_written),
        ways in vec(any::<u8>(), 1..20),
    ) {
        let octets = written(&message);
        let other = written_otherwise(&octets, &ways);
        let (one, two) = (SipText::datagram(&octets).unwrap(), SipText::datagram(&other).unwrap());
        prop_assert_eq!(one.start(), two.start());
        prop_assert_eq!(one.vias(), two.vias(), "{}", String::from_utf8_lossy(&other));
        prop_assert_eq!((one.from(), one.to()), (two.from(), two.to()));
        prop_assert_eq!((one.call_id(), one.cseq()), (two.call_id(), two.cseq()));
        prop_assert_eq!(one.contacts(), two.contacts());
        for name in ["Route", "Record-Route", "P-Asserted-Identity"] {
            prop_assert_eq!(one.addresses(name), two.addresses(name));
        }
        for name in ["Supported", "Require", "Allow"] {
            prop_assert_eq!(one.list(name), two.list(name));
        }
        prop_assert_eq!(one.valued_list("Accept-Contact"), two.valued_list("Accept-Contact"));
        prop_assert_eq!(one.check(), two.check());
        prop_assert_eq!(one.body, two.body);
    }

    #[test]
    fn a_stream_is_cut_into_its_messages(first in any_sip(), second in any_sip(), cut in 0..10_000usize) {
        let (first, second) = (written(&first), written(&second));
        let both = [&first[..], &second].concat();
        let (text, used) = SipText::stream(&both).unwrap().unwrap();
        prop_assert_eq!(used, first.len());
        prop_assert!(first.ends_with(text.body));
        prop_assert_eq!(SipText::stream(&first[..cut % first.len()]), Ok(None));
        prop_assert_eq!(SipText::stream(&both[used..]).unwrap().unwrap().1, second.len());
    }
}
