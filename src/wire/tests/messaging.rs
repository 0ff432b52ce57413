//! Mail, multimedia and short messages: recorded octets, and readers of their own for what has lengths inside.

use super::property::{any_node, any_terminal, any_time, any_token, any_user};
use super::samples::{BOB, HSS, PF, UE_B, names, token};
use crate::kernel::Time;
use crate::wire::imap::{Imap, ImapCommand, ImapLine};
use crate::wire::mail::{ApplicId, Mail, MailContent, StatusAction};
use crate::wire::mailbox::{MailboxEvent, MailboxNotice, NOTICE_MIN};
use crate::wire::map::{Map, Operation, Step};
use crate::wire::mms::{Mm1, Mm1Line, MmStatus, NotificationInd, RetrieveConf};
use crate::wire::notice::{DEFERRED_MIN, DeferredNotice, Notice};
use crate::wire::smpp::{Smpp, SmppLine};
use crate::wire::sms::{Radio, RadioLine, Rp, ShortContent, ShortMessage};
use crate::wire::smtp::{Smtp, SmtpCommand, SmtpLine};
use crate::wire::wap_push::WapPush;
use crate::wire::{Message, Token};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::fmt::Write;

/// The MEM server and the MMS server of the samples; any node will do.
const MEM: crate::kernel::EntityId = PF;
const MMS: crate::kernel::EntityId = HSS;

fn notice(octets: u32) -> MailboxNotice {
    MailboxNotice { user: BOB, event: MailboxEvent::MessageNew, id: token(MEM, 1), at: Time::from_secs(3600), octets }
}

fn deferred() -> DeferredNotice {
    DeferredNotice { user: BOB, number: 3, octets: DEFERRED_MIN + 2 }
}

fn mail() -> Mail {
    Mail {
        id: token(MEM, 2),
        from: MEM,
        to: MMS,
        terminal: UE_B,
        date: Time::from_secs(3600),
        content: MailContent::Notice {
            notice: Notice::Mailbox(notice(100)),
            applic_id: Some(ApplicId::Mem),
            report: true,
        },
    }
}

fn notification(applic_id: Option<ApplicId>, url_octets: u16) -> NotificationInd {
    NotificationInd {
        transaction: token(MMS, 3),
        message: token(MMS, 4),
        server: MMS,
        from: MEM,
        size: 300,
        expiry: 604_800,
        applic_id,
        url_octets,
        report: false,
    }
}

fn retrieved() -> RetrieveConf {
    RetrieveConf {
        transaction: token(MMS, 3),
        message: token(MMS, 4),
        from: MEM,
        terminal: UE_B,
        date: Time::from_secs(3600),
        applic_id: Some(ApplicId::Mem),
        report: false,
        notice: Notice::Mailbox(notice(100)),
    }
}

fn short(content: ShortContent, segment: u8) -> ShortMessage {
    let segments = content.segments(&names());
    ShortMessage { id: token(MMS, 5), from: MMS, to: UE_B, at: Time::from_secs(3661), content, segment, segments }
}

fn written(message: Message) -> Vec<u8> {
    let mut octets = Vec::new();
    message.write(&names(), &mut octets);
    octets
}

/// Text as it is, anything else in hexadecimal.
fn dump(name: &str, message: Message, out: &mut String) {
    let octets = written(message);
    let is_text = octets.iter().all(|octet| octet.is_ascii_graphic() || b" \r\n".contains(octet));
    writeln!(out, "--- {name}").unwrap();
    if is_text {
        out.push_str(&String::from_utf8(octets).unwrap().replace("\r\n", "\n"));
        if !out.ends_with('\n') {
            out.push('\n');
        }
    } else {
        for line in octets.chunks(16) {
            let hex: Vec<String> = line.iter().map(|octet| format!("{octet:02x}")).collect();
            let shown = |octet: &u8| if octet.is_ascii_graphic() { char::from(*octet) } else { '.' };
            let text: String = line.iter().map(shown).collect();
            writeln!(out, "{:<47}  {text}", hex.join(" ")).unwrap();
        }
    }
}

fn check(recorded: &str, samples: Samples) {
    let mut out = String::new();
    for (name, message) in samples {
        dump(&name, message, &mut out);
    }
    assert!(out == recorded, "is now:\n{out}");
}

/// The mail of a session.
pub(super) fn smtp_content() -> Message {
    smtp(SmtpLine::Command(SmtpCommand::Content), mail())
}

fn smtp(line: SmtpLine, mail: Mail) -> Message {
    Message::Smtp(Box::new(Smtp { session: token(MEM, 9), client: MEM, server: MMS, mail, line }))
}

type Samples = Vec<(String, Message)>;

/// The recorded messages, by protocol.
pub(super) fn all() -> [(&'static str, Samples); 5] {
    [
        ("SMTP", smtp_samples()),
        ("IMAP", imap_samples()),
        ("MM1", mm1_samples()),
        ("MAP and SMPP", map_samples()),
        ("radio interface", radio_samples()),
    ]
}

fn smtp_samples() -> Samples {
    let mut samples = Vec::new();
    for command in SmtpCommand::ALL {
        if command != SmtpCommand::Connect {
            samples.push((format!("C {}", command.name()), smtp(SmtpLine::Command(command), mail())));
        }
        samples.push((format!("S {}", command.name()), smtp(SmtpLine::Reply(command.success(), command), mail())));
    }
    samples.push(("S busy".into(), smtp(SmtpLine::Reply(452, SmtpCommand::Rcpt), mail())));
    let status = Mail {
        from: MMS,
        to: MEM,
        content: MailContent::Status { about: token(MEM, 2), action: StatusAction::Delivered },
        ..mail()
    };
    samples.push(("C MAIL of a report".into(), smtp(SmtpLine::Command(SmtpCommand::Mail), status)));
    samples.push(("C RCPT of a report".into(), smtp(SmtpLine::Command(SmtpCommand::Rcpt), status)));
    samples.push(("C content of a report".into(), smtp(SmtpLine::Command(SmtpCommand::Content), status)));
    let of_pf =
        MailContent::Notice { notice: Notice::Deferred(deferred()), applic_id: Some(ApplicId::Cpm), report: false };
    let of_pf = Mail { content: of_pf, ..mail() };
    samples.push(("C content of a PF".into(), smtp(SmtpLine::Command(SmtpCommand::Content), of_pf)));
    samples
}

// req-test: MEM-3
// req-test: MEM-5
// req-test: MEM-7
// req-test: MEM-8
#[test]
fn a_session_of_smtp() {
    check(include_str!("golden/smtp.txt"), smtp_samples());
}

fn imap(line: ImapLine) -> Message {
    Message::Imap(Box::new(Imap { connection: token(UE_B, 1), server: MEM, user: BOB, line, messages: 2, octets: 20 }))
}

fn imap_samples() -> Samples {
    let mut samples = vec![("S greeting".into(), imap(ImapLine::Greeting))];
    for command in ImapCommand::ALL {
        samples.push((format!("C {}", command.name()), imap(ImapLine::Command(command))));
        samples.push((format!("S {}", command.name()), imap(ImapLine::Ok(command))));
    }
    samples.push(("S event".into(), imap(ImapLine::Event)));
    samples
}

#[test]
fn a_session_of_imap() {
    check(include_str!("golden/imap.txt"), imap_samples());
}

fn mm1(line: Mm1Line) -> Message {
    Message::Mms(Box::new(Mm1 {
        terminal: UE_B,
        server: MMS,
        message: token(MMS, 4),
        transaction: token(MMS, 3),
        line,
        url_octets: 48,
        retrieved: (line == Mm1Line::RetrieveConf).then(retrieved),
    }))
}

fn mm1_samples() -> Samples {
    let lines = [
        Mm1Line::Get,
        Mm1Line::RetrieveConf,
        Mm1Line::Refused(404),
        Mm1Line::NotifyResp(MmStatus::Retrieved),
        Mm1Line::NotifyResp(MmStatus::Deferred),
        Mm1Line::Acknowledge,
        Mm1Line::Ok,
    ];
    lines.map(|line| (line.name().to_owned(), mm1(line))).into()
}

// req-test: MEM-4
// req-test: MEM-9
#[test]
fn the_messages_of_mm1() {
    check(include_str!("golden/mm1.txt"), mm1_samples());
}

fn radio(line: RadioLine, relay: Option<Rp>) -> Message {
    Message::Sms(Box::new(Radio { terminal: UE_B, line, relay }))
}

fn data(message: ShortMessage) -> Rp {
    Rp::Data { centre: MMS, message }
}

fn radio_samples() -> Samples {
    let push = ShortContent::Push(WapPush::Mms(notification(Some(ApplicId::Mem), 0)));
    let long = ShortContent::Push(WapPush::Mms(notification(Some(ApplicId::Mem), 100)));
    let mail = ShortContent::Push(WapPush::Email(notice(NOTICE_MIN)));
    let deferred = ShortContent::Deferred(deferred());
    let ack = Rp::Ack { id: token(MMS, 5), segment: 1 };
    let on_radio = |content, segment| radio(RadioLine::Data, Some(data(short(content, segment))));
    vec![
        ("an MMS notification".to_owned(), on_radio(push, 1)),
        ("a longer one, first segment".to_owned(), on_radio(long, 1)),
        ("a longer one, second segment".to_owned(), on_radio(long, 2)),
        ("an e-mail notification".to_owned(), on_radio(mail, 1)),
        ("deferred messages".to_owned(), on_radio(deferred, 1)),
        ("text".to_owned(), on_radio(ShortContent::Text(9), 1)),
        ("text, second segment".to_owned(), on_radio(ShortContent::Text(162), 2)),
        ("CP-ACK".to_owned(), radio(RadioLine::Acknowledgement, Some(ack))),
        ("RP-ACK".to_owned(), radio(RadioLine::Report, Some(ack))),
        ("attach".to_owned(), radio(RadioLine::Attach, None)),
        ("attached".to_owned(), radio(RadioLine::Attached, None)),
        ("detach".to_owned(), radio(RadioLine::Detach, None)),
    ]
}

#[test]
fn short_messages_on_the_radio_interface() {
    check(include_str!("golden/sms.txt"), radio_samples());
}

fn map(operation: Operation, step: Step) -> Message {
    let forward = operation == Operation::Forward && step == Step::Request;
    Message::Map(Box::new(Map {
        transaction: token(MMS, 6),
        centre: MMS,
        terminal: UE_B,
        operation,
        step,
        serving: (operation == Operation::RoutingInfo && step == Step::Done).then_some(PF),
        message: forward.then(|| short(ShortContent::Text(9), 1)),
    }))
}

fn map_samples() -> Samples {
    let mut samples = Vec::new();
    for operation in Operation::ALL {
        for step in [Step::Request, Step::Done] {
            samples.push((format!("{}{}", operation.name(), step.suffix()), map(operation, step)));
        }
    }
    samples.push(("MT-ForwardSM absent".to_owned(), map(Operation::Forward, Step::Absent)));
    for line in [SmppLine::Submit, SmppLine::Response(crate::wire::smpp::OK)] {
        let message = short(ShortContent::Text(9), 1);
        samples.push((line.name().to_owned(), Message::Smpp(Box::new(Smpp { centre: HSS, message, line }))));
    }
    samples
}

#[test]
fn map_operations_and_submissions() {
    check(include_str!("golden/map_smpp.txt"), map_samples());
}

/// The sizes that the literature gives: 100 octets with a short URL fit one short message, 151 and more need two.
#[test]
fn a_notification_needs_two_short_messages_with_a_longer_url() {
    let segments = |url| ShortContent::Push(WapPush::Mms(notification(Some(ApplicId::Mem), url))).segments(&names());
    assert_eq!([segments(0), segments(40), segments(80), segments(255)], [1, 1, 2, 3]);
    let text = |characters| ShortContent::Text(characters).segments(&names());
    assert_eq!([text(0), text(160), text(161), text(306), text(307)], [1, 1, 2, 2, 3]);
    let mailbox = |octets| ShortContent::Mailbox(notice(octets)).segments(&names());
    assert_eq!([mailbox(133), mailbox(134), mailbox(256), mailbox(257)], [1, 2, 2, 3]);
}

/// Reads BER elements and gives how many there are; panics where lengths do not fit into each other.
fn elements(mut octets: &[u8]) -> usize {
    let mut count = 0;
    while !octets.is_empty() {
        let (tag, first) = (octets[0], octets[1]);
        let (length, head) = match first {
            0x81 => (usize::from(octets[2]), 3),
            0x82 => (usize::from(octets[2]) << 8 | usize::from(octets[3]), 4),
            short => {
                assert!(short < 0x80);
                (usize::from(short), 2)
            }
        };
        let content = &octets[head..head + length];
        count += 1;
        // Constructed elements hold others.
        if tag & 0x20 != 0 {
            count += elements(content);
        }
        octets = &octets[head + length..];
    }
    count
}

fn any_notice() -> BoxedStrategy<MailboxNotice> {
    (any_user(), select(&MailboxEvent::ALL[..]), any_token(), any_time(), NOTICE_MIN..2000u32)
        .prop_map(|(user, event, id, at, octets)| MailboxNotice { user, event, id, at, octets })
        .boxed()
}

fn any_deferred() -> BoxedStrategy<DeferredNotice> {
    (any_user(), 0..1000u32, DEFERRED_MIN..600)
        .prop_map(|(user, number, octets)| DeferredNotice { user, number, octets })
        .boxed()
}

/// A record of either kind.
fn any_told() -> BoxedStrategy<Notice> {
    prop_oneof![any_notice().prop_map(Notice::Mailbox), any_deferred().prop_map(Notice::Deferred)].boxed()
}

fn any_applic_id() -> BoxedStrategy<Option<ApplicId>> {
    option::of(select(&ApplicId::ALL[..])).boxed()
}

fn any_mail() -> BoxedStrategy<Mail> {
    let status = (any_token(), select(&[StatusAction::Delivered, StatusAction::Failed][..]))
        .prop_map(|(about, action)| MailContent::Status { about, action });
    let notice = (any_told(), any_applic_id(), any::<bool>())
        .prop_map(|(notice, applic_id, report)| MailContent::Notice { notice, applic_id, report });
    (any_token(), any_node(), any_node(), any_terminal(), any_time(), prop_oneof![status, notice])
        .prop_map(|(id, from, to, terminal, date, content)| Mail { id, from, to, terminal, date, content })
        .boxed()
}

pub(super) fn any_smtp() -> BoxedStrategy<Message> {
    let command = || select(&SmtpCommand::ALL[..]);
    let line = prop_oneof![
        command().prop_map(SmtpLine::Command),
        command().prop_map(|command| SmtpLine::Reply(command.success(), command)),
        (400..600u16, command()).prop_map(|(code, command)| SmtpLine::Reply(code, command)),
    ];
    (any_token(), any_node(), any_node(), any_mail(), line)
        .prop_map(|(session, client, server, mail, line)| {
            Message::Smtp(Box::new(Smtp { session, client, server, mail, line }))
        })
        .boxed()
}

fn any_imap() -> BoxedStrategy<Message> {
    let command = || select(&ImapCommand::ALL[..]);
    let line = prop_oneof![
        Just(ImapLine::Greeting),
        Just(ImapLine::Event),
        command().prop_map(ImapLine::Command),
        command().prop_map(ImapLine::Ok),
    ];
    (any_token(), any_node(), any_user(), line, 0..5u32, 0..3000u32)
        .prop_map(|(connection, server, user, line, messages, octets)| {
            Message::Imap(Box::new(Imap { connection, server, user, line, messages, octets }))
        })
        .boxed()
}

pub(super) fn any_notification() -> BoxedStrategy<NotificationInd> {
    let parts = (any_token(), any_token(), any_node(), any_node(), any::<u32>(), any::<u32>());
    (parts, any_applic_id(), 0..400u16, any::<bool>())
        .prop_map(|(parts, applic_id, url_octets, report)| NotificationInd {
            transaction: parts.0,
            message: parts.1,
            server: parts.2,
            from: parts.3,
            size: parts.4,
            expiry: parts.5,
            applic_id,
            url_octets,
            report,
        })
        .boxed()
}

pub(super) fn any_mm1() -> BoxedStrategy<Message> {
    let line = prop_oneof![
        Just(Mm1Line::Get),
        Just(Mm1Line::RetrieveConf),
        (400..600u16).prop_map(Mm1Line::Refused),
        Just(Mm1Line::NotifyResp(MmStatus::Retrieved)),
        Just(Mm1Line::NotifyResp(MmStatus::Deferred)),
        Just(Mm1Line::Acknowledge),
        Just(Mm1Line::Ok),
    ];
    (any_terminal(), any_node(), any_token(), line, 0..400u16, any_told(), any_applic_id())
        .prop_map(|(terminal, server, message, line, url_octets, notice, applic_id)| {
            let retrieved = RetrieveConf { terminal, applic_id, notice, ..retrieved() };
            let retrieved = (line == Mm1Line::RetrieveConf).then_some(retrieved);
            Message::Mms(Box::new(Mm1 { terminal, server, message, transaction: message, line, url_octets, retrieved }))
        })
        .boxed()
}

pub(super) fn any_content() -> BoxedStrategy<ShortContent> {
    prop_oneof![
        (0..1000u32).prop_map(ShortContent::Text),
        any_deferred().prop_map(ShortContent::Deferred),
        any_notice().prop_map(ShortContent::Mailbox),
        any_notification().prop_map(|notification| ShortContent::Push(WapPush::Mms(notification))),
        any_notice().prop_map(|notice| ShortContent::Push(WapPush::Email(notice))),
    ]
    .boxed()
}

fn any_segment() -> BoxedStrategy<ShortMessage> {
    (any_token(), any_node(), any_terminal(), any_time(), any_content(), any::<u8>())
        .prop_map(|(id, from, to, at, content, segment)| {
            let segments = content.segments(&names());
            ShortMessage { id, from, to, at, content, segment: segment % segments + 1, segments }
        })
        .boxed()
}

fn any_short() -> BoxedStrategy<Message> {
    let radio = (any_terminal(), select(&RadioLine::ALL[..]), any_segment(), any_node()).prop_map(
        |(terminal, line, message, centre)| {
            let relay = match line {
                RadioLine::Data => Some(Rp::Data { centre, message }),
                RadioLine::Report | RadioLine::Acknowledgement => {
                    Some(Rp::Ack { id: message.id, segment: message.segment })
                }
                RadioLine::Attach | RadioLine::Attached | RadioLine::Detach => None,
            };
            Message::Sms(Box::new(Radio { terminal, line, relay }))
        },
    );
    let smpp = (any_segment(), any_node(), option::of(0..=255u32)).prop_map(|(message, centre, status)| {
        let line = status.map_or(SmppLine::Submit, SmppLine::Response);
        Message::Smpp(Box::new(Smpp { centre, message, line }))
    });
    prop_oneof![radio, smpp, any_map()].boxed()
}

fn any_map() -> BoxedStrategy<Message> {
    let step = select(&[Step::Request, Step::Done, Step::Absent][..]);
    let operation = select(&Operation::ALL[..]);
    (any_token(), any_node(), operation, step, option::of(any_node()), any_segment())
        .prop_map(|(transaction, centre, operation, step, serving, message)| {
            let terminal = message.to;
            let message = (operation == Operation::Forward).then_some(message);
            Message::Map(Box::new(Map { transaction, centre, terminal, operation, step, serving, message }))
        })
        .boxed()
}

/// Any message of this part of the wire.
pub(super) fn any_messaging() -> BoxedStrategy<Message> {
    prop_oneof![any_smtp(), any_imap(), any_mm1(), any_short()].boxed()
}

/// A relay message as SIP carries it.
pub(super) fn any_relay() -> BoxedStrategy<Rp> {
    let data = (any_node(), any_segment()).prop_map(|(centre, message)| Rp::Data { centre, message });
    let ack = (any_token(), 1..9u8).prop_map(|(id, segment): (Token, u8)| Rp::Ack { id, segment });
    prop_oneof![data, ack].boxed()
}

/// A record of a mailbox event as SIP carries it.
pub(super) fn any_record() -> BoxedStrategy<MailboxNotice> {
    any_notice()
}

proptest! {
    #[test]
    fn a_record_has_the_octets_that_it_says(notice in any_told()) {
        let mut octets = Vec::new();
        notice.write(&mut octets);
        prop_assert_eq!(octets.len() as u32, notice.octets());
    }

    #[test]
    fn map_is_well_formed_ber(message in any_map()) {
        let octets = written(message);
        prop_assert!(elements(&octets) > 4);
    }

    #[test]
    fn an_smpp_pdu_begins_with_its_length(message in any_segment()) {
        let octets = written(Message::Smpp(Box::new(Smpp { centre: HSS, message, line: SmppLine::Submit })));
        prop_assert_eq!(octets[..4].to_vec(), (octets.len() as u32).to_be_bytes().to_vec());
    }

    #[test]
    fn user_data_have_at_most_140_octets(message in any_segment()) {
        let (stated, octets) = message.user_data_len(&names());
        let mut data = Vec::new();
        message.write_user_data(&names(), &mut data);
        prop_assert_eq!(data.len() as u64, octets);
        prop_assert!(octets <= 140 && u64::from(stated) <= 160);
    }

    #[test]
    fn the_segments_of_data_are_the_content(content in any_content()) {
        prop_assume!(!matches!(content, ShortContent::Text(_)));
        let mut whole = Vec::new();
        for segment in 1..=content.segments(&names()) {
            let message = short(content, segment);
            let mut data = Vec::new();
            message.write_user_data(&names(), &mut data);
            whole.extend_from_slice(&data[usize::from(data[0]) + 1..]);
        }
        let single = ShortMessage { segments: 1, ..short(content, 1) };
        let mut direct = Vec::new();
        single.write_user_data(&names(), &mut direct);
        prop_assert_eq!(&whole, &direct[usize::from(direct[0]) + 1..]);
    }
}
