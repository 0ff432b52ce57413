//! Sizes of the samples against published and measured ones.

use super::samples::*;
use crate::kernel::{EntityId, Time};
use crate::wire::sip::body::Notification;
use crate::wire::sip::{Body, SipMessage};
use crate::wire::{Message, Token};

fn len(message: SipMessage) -> u64 {
    Message::Sip(message.into()).wire_len(&names())
}

/// Octets of messages as estimated for a full IMS with CPM headers; ours may differ by what a network adds.
#[test]
fn sizes_are_those_of_an_ims() {
    let expected = [
        ("MESSAGE of 40 octets, PF to S-CSCF", len(delivery(40, &[PF])), 1411),
        ("the same, P-CSCF to terminal", len(delivery(40, &[PF, S, P])), 1631),
        ("management INVITE, no list", len(management(0)), 1346),
        ("management INVITE, 10 entries", len(management(10)), 2631),
        ("management INVITE, 50 entries", len(management(50)), 6471),
        ("notification, 1 entry", len(notification(1)), 1360),
        ("notification, 10 entries", len(notification(10)), 3639),
        ("REGISTER", len(register(false)), 1379),
        ("REGISTER with response", len(register(true)), 1651),
        ("REGISTER, I-CSCF to S-CSCF", len(register_in_core(&[P, I])), 1996),
        ("401", len(unauthorized()), 646),
        ("200 REGISTER with GRUUs", len(register_ok()), 1307),
        ("third-party REGISTER with the REGISTER in it", len(third_party_register(true)), 2728),
        ("SUBSCRIBE", len(subscribe()), 974),
        ("IMDN", len(imdn()), 1610),
    ];
    for (what, octets, estimate) in expected {
        let (low, high) = (estimate * 3 / 4, estimate * 5 / 4);
        assert!((low..=high).contains(&octets), "{what}: {octets} octets, estimated {estimate}");
    }
}

// req-test: CPM-PF-4g
#[test]
fn a_notification_entry_has_about_253_octets() {
    let octets = entry(0).len(&names());
    assert!((245..=261).contains(&octets), "{octets}");
}

#[test]
fn a_notification_can_be_sized_before_it_is_built() {
    let names = names();
    let message = notification(7);
    let Body::Notification(notification) = &message.body else { panic!("not a notification") };
    let octets = message.body.len(&names);
    assert_eq!(Notification::len_for(&names, 7, &notification.entries), octets);
    assert_eq!(Notification::base_len(7) + 7 * entry(0).len(&names), octets);
}

#[test]
fn content_is_what_cpim_wraps() {
    let names = names();
    assert_eq!(cpim(160).content_len(&names), 160);
    assert!(cpim(160).len(&names) > 400);
    assert_eq!(imdn().body.content_len(&names), 405);
    assert_eq!(Body::Empty.content_len(&names), 0);
}

#[test]
fn octets_do_not_depend_on_identifiers() {
    let with = |entity, counter| {
        let mut message = pager_at_origin(40);
        message.call_id = Token::new(entity, counter);
        message.from.tag = Some(Token::new(entity, counter));
        message.headers.conversation = Some(Token::new(entity, counter));
        len(message)
    };
    let first = EntityId(names().terminals_of(ALICE).0.0);
    assert_eq!(with(first, 1), with(EntityId(16_000_000), (1 << 40) - 1));
}

#[test]
fn terminals_have_addresses_of_one_width() {
    let names = names();
    let address = |index| {
        let mut buffer = Vec::new();
        crate::wire::address::host(&mut buffer, &names, EntityId(index));
        String::from_utf8(buffer).unwrap()
    };
    assert_eq!(address(5), "10.100.100.105");
    assert_eq!(address(156), "10.100.101.100");
    assert_eq!(address(156 * 156 * 156 - 1), "10.255.255.255");
    assert_eq!(address(EntityId::LIMIT - 1), "14.165.162.139");
}

#[test]
fn wire_len_does_not_look_at_the_time() {
    let entry_at = |time| crate::wire::sip::body::NotificationEntry { sent_at: time, ..entry(0) };
    assert_eq!(entry_at(Time::ZERO).len(&names()), entry_at(Time::MAX).len(&names()));
}
