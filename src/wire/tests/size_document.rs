//! `docs/message_sizes.md`: sizes of messages as they are written, beside those that others published.

use super::messaging;
use super::samples::*;
use crate::wire::Message;
use crate::wire::msrp::Msrp;
use crate::wire::sip::headers::{OptionTags, Product};
use crate::wire::sip::{Body, Contact, ContactHeader, Headers, Method, SipMessage, Start, Uri};
use std::fmt::Write;

fn sip(message: SipMessage) -> u64 {
    Message::Sip(message.into()).wire_len(&names())
}

fn msrp(message: Msrp) -> u64 {
    message.wire_len(&names())
}

/// The BYE of the management session as it leaves Bob's terminal.
fn bye() -> SipMessage {
    let mut message = ack();
    message.start = Start::Request { method: Method::Bye, uri: Uri::Node(PF) };
    let Headers { p_preferred_identity, p_access_network_info, security_agreement, product, .. } =
        management(0).headers;
    message.headers = Headers {
        p_preferred_identity,
        p_access_network_info,
        security_agreement,
        product,
        require: OptionTags::SEC_AGREE,
        ..Headers::default()
    };
    message
}

/// The CANCEL of the management INVITE, which goes the same way.
fn cancel() -> SipMessage {
    let invite = management(0);
    SipMessage {
        start: Start::Request { method: Method::Cancel, uri: invite.uri().unwrap() },
        contact: ContactHeader::None,
        headers: Headers::default(),
        body: Body::Empty,
        ..invite
    }
}

/// A response to the management INVITE on its last hop.
fn answer(status: u16) -> SipMessage {
    let mut message = SipMessage::response_to(&management(0), status, (status > 100).then(|| token(PF, 34)));
    message.headers.product = (status > 100).then_some(Product::CpmPf);
    message
}

fn push_at(files: u64) -> u64 {
    sip(push(files))
}

/// The PF's answer to a third-party REGISTER.
fn third_party_ok() -> SipMessage {
    let mut message = SipMessage::response_to(&third_party_register(false), 200, Some(token(PF, 60)));
    message.contact = ContactHeader::One(Contact::plain(Uri::Node(S)));
    message
}

/// What, octets here, octets published, where.
type Row = (&'static str, u64, &'static str, &'static str);

fn published() -> Vec<Row> {
    vec![
        (
            "MESSAGE of 18 characters; theirs without CPIM and IMS",
            sip(pager_at_origin(18)),
            "294",
            "RFC 3428 section 10",
        ),
        ("200 to MESSAGE, 2 Via", sip(message_ok(&[PF, S])), "319", "RFC 3428 section 10"),
        ("REGISTER; theirs without feature tags and IMS", sip(register(false)), "359", "RFC 3665 section 2.1"),
        ("REGISTER of a VoLTE phone", sip(register(false)), "1155", "a capture"),
        ("REGISTER of an RCS client", sip(register(false)), "1619", "public code of a client"),
        ("REGISTER with credentials", sip(register(true)), "568", "RFC 3665 section 2.1"),
        ("401 to REGISTER", sip(unauthorized()), "464", "RFC 3665 section 2.1"),
        ("200 to REGISTER; theirs without GRUUs", sip(register_ok()), "367", "RFC 3665 section 2.1"),
        ("SUBSCRIBE to reg", sip(subscribe()), "686", "a capture"),
        ("INVITE with SDP; theirs past 2 proxies, audio", sip(management(0)), "700 to 970", "RFC 3665 section 3.2"),
        ("200 with SDP; theirs past 2 proxies, audio", sip(management_ok()), "550 to 800", "RFC 3665 section 3.2"),
        ("MESSAGE with IMDN; theirs with a compressed body", sip(imdn()), "999", "a capture of Linphone"),
        ("INVITE with one file", push_at(1), "1300", "RFC 5547 section 9.1"),
        ("MSRP SEND of 40 octets", msrp(send(119_961, 40, false)), "246", "RFC 4975 section 11"),
        ("MSRP 200", msrp(msrp_ok()), "158", "RFC 4975 section 11"),
        ("MSRP REPORT", msrp(msrp_report()), "277", "RFC 4975 section 11"),
    ]
}

/// Sizes worked out on paper for a full IMS with the headers of CPM, before this code was written.
fn estimated() -> Vec<Row> {
    let row = |what, octets, estimate| (what, octets, estimate, "estimate");
    vec![
        row("MESSAGE of 1 character, PF to S-CSCF", sip(delivery(1, &[PF])), "1371"),
        row("MESSAGE of 40 characters, PF to S-CSCF", sip(delivery(40, &[PF])), "1411"),
        row("MESSAGE of 160 characters, PF to S-CSCF", sip(delivery(160, &[PF])), "1532"),
        row("MESSAGE of 40 characters, S-CSCF to P-CSCF", sip(delivery(40, &[PF, S])), "1586"),
        row("MESSAGE of 40 characters, P-CSCF to terminal", sip(delivery(40, &[PF, S, P])), "1631"),
        row("200 to MESSAGE, terminal to P-CSCF", sip(message_ok(&[PF, S, P])), "668"),
        row("200 to MESSAGE, S-CSCF to PF", sip(message_ok(&[PF])), "491"),
        row("MESSAGE with IMDN, terminal to P-CSCF", sip(imdn()), "1610"),
        row("INVITE with 1 file, PF to S-CSCF", push_at(1), "1774"),
        row("INVITE with 3 files, PF to S-CSCF", push_at(3), "2525"),
        row("INVITE with 5 files, PF to S-CSCF", push_at(5), "3275"),
        row("200 with answer, terminal to P-CSCF", sip(push_ok()), "1415"),
        row("100", sip(answer(100)), "468"),
        row("ACK", sip(ack()), "555"),
        row("BYE", sip(bye()), "681"),
        row("CANCEL", sip(cancel()), "485"),
        row("480, 487", sip(answer(480)), "606"),
        row("management INVITE without list", sip(management(0)), "1346"),
        row("management INVITE, 1 entry", sip(management(1)), "1766"),
        row("management INVITE, 3 entries", sip(management(3)), "1958"),
        row("management INVITE, 5 entries", sip(management(5)), "2150"),
        row("management INVITE, 10 entries", sip(management(10)), "2631"),
        row("management INVITE, 50 entries", sip(management(50)), "6471"),
        row("200 to the management INVITE", sip(management_ok()), "1161"),
        row("488 with Warning", sip(nothing_to_manage()), "662"),
        row("notification of 1 message", sip(notification(1)), "1360"),
        row("notification of 2 messages", sip(notification(2)), "1613"),
        row("notification of 3 messages", sip(notification(3)), "1866"),
        row("notification of 5 messages", sip(notification(5)), "2373"),
        row("notification of 10 messages", sip(notification(10)), "3639"),
        row("REGISTER, terminal to P-CSCF", sip(register(false)), "1379"),
        row("REGISTER with response, terminal to P-CSCF", sip(register(true)), "1651"),
        row("REGISTER with response, P-CSCF to I-CSCF", sip(register_in_core(&[P])), "1883"),
        row("REGISTER with response, I-CSCF to S-CSCF", sip(register_in_core(&[P, I])), "1996"),
        row("401 to REGISTER", sip(unauthorized()), "646"),
        row("200 to REGISTER with GRUUs", sip(register_ok()), "1307"),
        row("third-party REGISTER", sip(third_party_register(false)), "728"),
        row("third-party REGISTER with the REGISTER in it", sip(third_party_register(true)), "2728"),
        row("200 to a third-party REGISTER", sip(third_party_ok()), "442"),
        row("SUBSCRIBE to reg", sip(subscribe()), "974"),
        row("NOTIFY of 1 contact; theirs with 2 identities", sip(notify(1)), "1893"),
        row("NOTIFY of 3 contacts; theirs with 2 identities", sip(notify(3)), "3581"),
        row("MSRP SEND without content", msrp(send(1, 0, false)), "203"),
        row("MSRP SEND of 2048 octets, without them", msrp(send(1, 2048, false)) - 2048, "285"),
        row("MSRP 200", msrp(msrp_ok()), "161"),
        row("MSRP REPORT", msrp(msrp_report()), "235"),
    ]
}

fn table(out: &mut String, rows: &[Row]) {
    out.push_str("| message | here | theirs | where |\n|---|--:|--:|---|\n");
    for (what, octets, theirs, place) in rows {
        writeln!(out, "| {what} | {octets} | {theirs} | {place} |").unwrap();
    }
}

fn document() -> String {
    let mut out = String::from(
        "# Message sizes\n\n\
         Octets of messages as they are written, without the headers of transport and network. They are those of\n\
         messages between users of `home.example`. Host names and domains have the lengths that a model gives them,\n\
         all other identifiers have one width. The test `the_page_of_sizes_is_up_to_date` makes this page.\n\n\
         ## Beside published sizes\n\n\
         Examples of RFCs are plain SIP: without P-headers, feature tags, security agreement and CPIM, which take\n\
         some 500 to 1300 octets here.\n\n",
    );
    table(&mut out, &published());
    out.push_str(
        "\n## Beside estimates\n\n\
         Worked out on paper for an IMS with the headers of CPM. Theirs have longer host names, and P-headers in\n\
         responses and in ACK; ours have there what RFC 3261 asks for.\n\n",
    );
    table(&mut out, &estimated());
    let growth = sip(delivery(40, &[PF, S, P])) - sip(delivery(40, &[PF, S]));
    writeln!(out, "\nEach proxy adds one Via, here {growth} octets.").unwrap();
    out.push_str("\n## Messages that the tests record\n\n| message | kind | octets |\n|---|---|--:|\n");
    let names = names();
    for (name, message) in all() {
        let name = name.replace('_', " ");
        writeln!(out, "| {name} | {} | {} |", message.kind(), message.wire_len(&names)).unwrap();
    }
    out.push_str(
        "\n## Mail, multimedia and short messages\n\n\
         `C` is what a client says, `S` what a server says. The event of a mailbox takes 100 octets where it is in a\n\
         mail or a multimedia message.\n\n| protocol | message | octets |\n|---|---|--:|\n",
    );
    for (protocol, samples) in messaging::all() {
        for (name, message) in samples {
            writeln!(out, "| {protocol} | {name} | {} |", message.wire_len(&names)).unwrap();
        }
    }
    out
}

#[test]
fn the_page_of_sizes_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/message_sizes.md");
    let written = document();
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        std::fs::write(path, &written).unwrap();
    }
    let recorded = std::fs::read_to_string(path).unwrap_or_default();
    assert!(recorded == written, "docs/message_sizes.md is old: run this test with UPDATE_DOCUMENTS=1");
}
