//! Messages that were read line by line when they were recorded.

use super::samples;
use crate::wire::msrp::Msrp;
use crate::wire::sip::body::MediaLine;
use crate::wire::sip::{AcceptContact, Body, FeatureTags, SipMessage};
use crate::wire::{ContentTypes, Message};
use std::sync::Arc;

impl From<SipMessage> for Message {
    fn from(message: SipMessage) -> Message {
        Message::Sip(message.into())
    }
}

impl From<Msrp> for Message {
    fn from(message: Msrp) -> Message {
        Message::Msrp(Box::new(message))
    }
}

fn text(message: impl Into<Message>) -> String {
    let mut buffer = Vec::new();
    message.into().write(&samples::names(), &mut buffer);
    let text = String::from_utf8(buffer).unwrap();
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "a line that does not end with CR LF");
    text.replace("\r\n", "\n")
}

macro_rules! golden {
    ($($name:ident: $message:expr;)*) => {
        $(#[test]
        fn $name() {
            let written = text($message);
            let recorded = include_str!(concat!("golden/", stringify!($name), ".txt"));
            assert!(written == recorded, "{} is now:\n{written}", stringify!($name));
        })*
    };
}

golden! {
    // req-test: IMN-2
    register_initial: samples::register(false);
    register_answer: samples::register(true);
    unauthorized: samples::unauthorized();
    register_ok: samples::register_ok();
    third_party_register: samples::third_party_register(true);
    pager_at_origin: samples::pager_at_origin(40);
    // req-test: IMN-6
    delivery_last_hop: samples::delivery(40, &[samples::PF, samples::S, samples::P]);
    // req-test: CPM-C-3
    // req-test: CPM-C-4
    // req-test: CPM-C-5
    // req-test: CPM-C-5a
    // req-test: CPM-C-5c
    // req-test: CPM-C-6a
    // req-test: CPM-C-6i
    management: samples::management(4);
    management_ok: samples::management_ok();
    // req-test: CPM-PF-11
    nothing_to_manage: samples::nothing_to_manage();
    // req-test: CPM-PF-4b
    // req-test: CPM-PF-4d
    // req-test: CPM-PF-4e
    // req-test: CPM-PF-4f
    // req-test: CPM-PF-4g
    // req-test: IMN-7
    notification: samples::notification(2);
    imdn: samples::imdn();
    subscribe: samples::subscribe();
    notify: samples::notify(2);
    push: samples::push(2);
    push_ok: samples::push_ok();
    msrp_bind: samples::send(1, 0, false);
    msrp_send: samples::send(119_961, 40, false);
    msrp_ok: samples::msrp_ok();
    msrp_report: samples::msrp_report();
    msrp_auth: samples::msrp_auth(Some(samples::token(samples::P, 1)));
    msrp_challenge: samples::msrp_challenge();
    msrp_grant: samples::msrp_grant();
    msrp_relayed: samples::msrp_relayed();
}

// req-test: IMN-8
#[test]
fn the_tag_of_the_older_client_stands_beside_the_icsi_values() {
    let mut message = samples::pager_at_origin(1);
    let features = FeatureTags::MSG.union(FeatureTags::OMA_SIP_IM);
    message.headers.accept_contact = Some(AcceptContact { features, require: false, explicit: true });
    let expected = "\nAccept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg\";\
                    +g.oma.sip-im;explicit\n";
    assert!(text(message).contains(expected));
}

// req-test: CPM-C-5b
#[test]
fn an_offer_can_accept_any_format_beside_cpim() {
    let mut message = samples::management(0);
    if let Body::Sdp(sdp) = &mut message.body
        && let MediaLine::Stream(stream) = &mut Arc::make_mut(sdp).media[0]
    {
        stream.accept = stream.accept.union(ContentTypes::ANY);
    }
    assert!(text(message).contains("\na=accept-types:message/cpim *\n"));
}

#[test]
fn the_first_chunk_of_a_wrapped_message_begins_with_its_cpim_headers_and_leaves_its_end_open() {
    let written = text(samples::send(1, 4096, true));
    assert!(written.contains("\nByte-Range: 1-*/120000\n"), "{written}");
    assert!(written.contains("\nContent-Type: message/cpim\n\nFrom: <sip:+467000000000@home.example>\n"), "{written}");
    assert!(written.contains("\nContent-Length: 119000\n\nThe quick"), "{written}");
    assert!(written.ends_with("\n-------0000030000000065+\n"), "{written}");
}
