//! Messages that were read line by line when they were recorded.

use super::samples;
use crate::wire::Message;
use crate::wire::sip::{AcceptContact, Body, FeatureTags, SipMessage};

fn text(message: SipMessage) -> String {
    let mut buffer = Vec::new();
    Message::Sip(message.into()).write(&samples::names(), &mut buffer);
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
    if let Body::Sdp(sdp) = &mut message.body {
        sdp.accept_any = true;
    }
    assert!(text(message).contains("\na=accept-types:message/cpim *\n"));
}
