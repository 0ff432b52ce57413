//! Properties of random messages: what is counted is what is written, and what is written is a well-formed message.

use super::messaging::{any_messaging, any_record, any_relay};
use super::samples::{self, names, token};
use crate::kernel::{EntityId, Span, Time};
use crate::wire::datagram::Datagram;
use crate::wire::diameter::{AssignmentType, Command, DiameterMessage, ResultCode};
use crate::wire::msrp::*;
use crate::wire::sip::body::*;
use crate::wire::sip::headers::*;
use crate::wire::sip::{AcceptContact, FeatureTags, ManagementUri, Method, SipMessage, Start, Uri};
use crate::wire::{ContentType, ContentTypes, Message, NetworkId, Token, UserId};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::Arc;

// Strategies are boxed: tuples of them by value outgrow the stack of a test's thread.

pub(super) fn any_node() -> BoxedStrategy<EntityId> {
    (0..5u32).prop_map(EntityId).boxed()
}

pub(super) fn any_terminal() -> BoxedStrategy<EntityId> {
    (5..EntityId::LIMIT).prop_map(EntityId).boxed()
}

fn any_entity() -> BoxedStrategy<EntityId> {
    prop_oneof![any_node(), any_terminal()].boxed()
}

pub(super) fn any_user() -> BoxedStrategy<UserId> {
    (0..8_000_000u32).prop_map(UserId).boxed()
}

pub(super) fn any_token() -> BoxedStrategy<Token> {
    (any_entity(), 1..1u64 << 40).prop_map(|(entity, counter)| Token::new(entity, counter)).boxed()
}

fn any_uri() -> BoxedStrategy<Uri> {
    prop_oneof![
        any_user().prop_map(Uri::User),
        Just(Uri::Domain(NetworkId(0))),
        any_terminal().prop_map(Uri::Contact),
        any_terminal().prop_map(Uri::PublicGruu),
        (any_terminal(), any::<u32>()).prop_map(|(terminal, number)| Uri::TemporaryGruu(terminal, number)),
        any_node().prop_map(Uri::Node),
        Just(Uri::DeferredManagement(ManagementUri::Opaque(NetworkId(0)))),
        Just(Uri::DeferredManagement(ManagementUri::Hostname(samples::PF))),
    ]
    .boxed()
}

fn any_features() -> BoxedStrategy<FeatureTags> {
    (0..512u16).prop_map(FeatureTags).boxed()
}

fn any_party() -> BoxedStrategy<Party> {
    (any_uri(), option::of(any_token())).prop_map(|(uri, tag)| Party { uri, tag }).boxed()
}

fn any_contact() -> BoxedStrategy<Contact> {
    let parts =
        (any_uri(), any_features(), option::of(any_terminal()), option::of(any::<u32>()), option::of(any::<u32>()));
    parts
        .prop_map(|(uri, features, instance, gruu, expires)| Contact { uri, features, instance, gruu, expires })
        .boxed()
}

fn any_contacts() -> BoxedStrategy<ContactHeader> {
    prop_oneof![
        Just(ContactHeader::None),
        any_contact().prop_map(ContactHeader::One),
        vec(any_contact(), 0..4).prop_map(|list| ContactHeader::List(list.into())),
    ]
    .boxed()
}

fn any_route() -> BoxedStrategy<Route> {
    let kind = prop_oneof![
        Just(RouteKind::Plain),
        Just(RouteKind::Originating),
        any_token().prop_map(RouteKind::OriginalDialog)
    ];
    (any_node(), kind).prop_map(|(node, kind)| Route { node, kind }).boxed()
}

fn any_identity_headers() -> BoxedStrategy<Headers> {
    let uris = (option::of(any_uri()), option::of(any_uri()), option::of(any_uri()));
    let service = (any_features(), any::<bool>(), any::<bool>());
    let network = (any::<bool>(), option::of(any_token()), option::of(any_token()));
    let served = option::of((any_user(), any::<bool>()));
    (uris, service, network, served)
        .prop_map(|(uris, service, network, served)| Headers {
            p_asserted_identity: uris.0,
            p_preferred_identity: uris.1,
            p_associated_uri: uris.2,
            p_served_user: served.map(|(user, originating)| ServedUser { user, originating }),
            p_asserted_service: service.0,
            service_is_preferred: service.1,
            p_access_network_info: service.2,
            p_visited_network: network.0.then_some(NetworkId(0)),
            p_charging_vector: network.1,
            conversation: network.2,
            ..Headers::default()
        })
        .boxed()
}

fn any_authorization() -> BoxedStrategy<Authorization> {
    prop_oneof![Just(Authorization::Initial), any_token().prop_map(|nonce| Authorization::Response { nonce })].boxed()
}

fn any_accept() -> BoxedStrategy<AcceptContact> {
    (any_features(), any::<bool>(), any::<bool>())
        .prop_map(|(features, require, explicit)| AcceptContact { features, require, explicit })
        .boxed()
}

fn any_subscription_state() -> BoxedStrategy<SubscriptionState> {
    use TerminationReason::{Deactivated, NoResource, Timeout};
    let terminated = select(&[Timeout, Deactivated, NoResource][..]).prop_map(SubscriptionState::Terminated);
    prop_oneof![any::<u32>().prop_map(SubscriptionState::Active), terminated].boxed()
}

fn any_headers() -> BoxedStrategy<Headers> {
    let nodes = (option::of(any_node()), option::of(any_node()));
    let security = (option::of(any_authorization()), option::of(any_token()), any::<bool>());
    let tags = (option::of(any_accept()), 0..32u8, 0..32u8, any::<bool>(), any::<bool>());
    let package = option::of(select(&[EventPackage::Reg, EventPackage::Push][..]));
    let event = (package, option::of(any_subscription_state()));
    let trouble = (any::<bool>(), option::of(any::<u32>()), option::of(any_time()));
    let refresher = select(&[Refresher::Uac, Refresher::Uas][..]);
    let timer = (any::<u16>(), refresher).prop_map(|(interval, refresher)| SessionExpires { interval, refresher });
    let timer = option::of(timer);
    let product = option::of(select(&[Product::CpmClient, Product::CpmPf, Product::PushSender][..]));
    let parts = (any_identity_headers(), nodes, security, tags, event, trouble, product, timer);
    parts
        .prop_map(|(identity, nodes, security, tags, event, trouble, product, timer)| Headers {
            path: nodes.0,
            service_route: nodes.1,
            authorization: security.0,
            www_authenticate: security.1,
            security_agreement: security.2,
            accept_contact: tags.0,
            supported: OptionTags(tags.1),
            require: OptionTags(tags.2),
            allow: tags.3,
            accept: tags.4,
            event: event.0,
            subscription_state: event.1,
            warning: trouble.0.then_some(Warning::NoMessages),
            retry_after: trouble.1,
            date: trouble.2,
            product,
            session_expires: timer,
            ..identity
        })
        .boxed()
}

pub(super) fn any_time() -> BoxedStrategy<Time> {
    any::<u64>().prop_map(Time::from_nanos).boxed()
}

fn any_setup() -> BoxedStrategy<Setup> {
    select(&[Setup::Active, Setup::Passive][..]).boxed()
}

fn any_content_type() -> BoxedStrategy<ContentType> {
    select(&ContentType::ALL[..]).boxed()
}

fn any_presentation() -> BoxedStrategy<Presentation> {
    select(&[Presentation::Render, Presentation::Attachment][..]).boxed()
}

fn any_stream_file() -> BoxedStrategy<StreamFile> {
    let selector =
        (option::of(any_token()), option::of(any_content_type()), option::of(any::<u32>()), option::of(any_token()));
    // A selector says something.
    let selector = selector.prop_map(|(name, kind, octets, hash)| FileSelector {
        name,
        kind: kind.or((name.is_none() && octets.is_none() && hash.is_none()).then_some(ContentType::Octets)),
        octets,
        hash,
    });
    (selector, any_token(), any_presentation())
        .prop_map(|(selector, transfer, presentation)| StreamFile { selector, transfer, presentation })
        .boxed()
}

fn any_media_line() -> BoxedStrategy<MediaLine> {
    use MediaDirection::{Inactive, RecvOnly, SendOnly, SendRecv};
    let direction = select(&[SendRecv, SendOnly, RecvOnly, Inactive][..]);
    let accept = (1..512u16).prop_map(ContentTypes);
    let path = (any_token(), option::of(any_token()));
    let parts = (path, any_setup(), direction, accept, option::of(any::<u32>()), option::of(any_stream_file()));
    let stream = parts.prop_map(|((session, relay), setup, direction, accept, max_size, file)| {
        MediaLine::Stream(Stream { session, relay, setup, direction, accept, max_size, file })
    });
    prop_oneof![4 => stream, 1 => Just(MediaLine::Zero)].boxed()
}

fn any_sdp() -> BoxedStrategy<Sdp> {
    (any_entity(), any_token(), any::<u32>(), vec(any_media_line(), 1..6))
        .prop_map(|(owner, session, version, media)| Sdp { owner, session, version, media })
        .boxed()
}

fn any_chunk() -> BoxedStrategy<Chunk> {
    let octets = prop_oneof![Just(0), 1..3000u32];
    let reports = (any::<bool>(), select(&[FailureReport::Yes, FailureReport::Partial, FailureReport::No][..]));
    let content = (any_content_type(), option::of(any_presentation()), any::<bool>(), option::of(any_cpim()));
    let end = select(&[Continuation::Complete, Continuation::More, Continuation::Aborted][..]);
    (any_token(), 1..1_000_000u32, octets, any::<u32>(), reports, content, end)
        .prop_map(|(message, first, octets, total, reports, content, continuation)| Chunk {
            message,
            first,
            octets,
            total,
            success_report: reports.0,
            failure_report: reports.1,
            kind: content.0,
            presentation: content.1,
            described: content.2,
            cpim: content.3,
            continuation,
        })
        .boxed()
}

pub(super) fn any_msrp() -> BoxedStrategy<Msrp> {
    let uri = || (any_token(), any_setup()).prop_map(|(session, setup)| MsrpUri { session, setup });
    let report = (any_token(), any::<u32>(), any::<u32>(), 100..700u16)
        .prop_map(|(message, last, total, status)| Report { message, last, total, status });
    let start = prop_oneof![
        any_chunk().prop_map(MsrpStart::Send),
        report.prop_map(MsrpStart::Report),
        option::of(any_token()).prop_map(MsrpStart::Auth),
        any_token().prop_map(MsrpStart::Challenge),
        (any_token(), any::<u32>()).prop_map(|(path, expires)| MsrpStart::Grant(Grant { path, expires })),
        (100..700u16).prop_map(MsrpStart::Response),
    ];
    let path = || (uri(), option::of(uri())).prop_map(|(next, end)| MsrpPath { next, end });
    (any_token(), path(), path(), start)
        .prop_map(|(transaction, to, from, start)| Msrp { transaction, to, from, start })
        .boxed()
}

fn any_cpim() -> BoxedStrategy<Cpim> {
    let disposition = select(&[Disposition::Delivered, Disposition::Failed][..]);
    let imdn = (any_token(), any_time(), disposition)
        .prop_map(|(about, sent_at, disposition)| CpimContent::Imdn(Imdn { about, sent_at, disposition }));
    let content = prop_oneof![(0..3000u32).prop_map(CpimContent::Text), imdn];
    let asked = (any::<bool>(), any::<bool>())
        .prop_map(|(positive_delivery, negative_delivery)| DispositionRequest { positive_delivery, negative_delivery });
    (any_user(), any_user(), any_token(), any_time(), asked, content)
        .prop_map(|(from, to, message_id, sent_at, dispositions, content)| Cpim {
            from,
            to,
            message_id,
            sent_at,
            dispositions,
            content,
        })
        .boxed()
}

fn any_management() -> BoxedStrategy<Body> {
    let action = select(&[CpmAction::Deliver, CpmAction::Delete, CpmAction::Interwork, CpmAction::Store][..]);
    (any_sdp(), vec((any_token(), action), 0..20))
        .prop_map(|(sdp, entries)| Body::Management(Arc::new(Management { sdp, entries })))
        .boxed()
}

fn any_notification() -> BoxedStrategy<Body> {
    let entry = (any_token(), any_user(), any_time(), any::<u32>())
        .prop_map(|(id, from, sent_at, size)| NotificationEntry { id, from, sent_at, size });
    let kind = select(&[NotificationKind::Waiting, NotificationKind::Expiring, NotificationKind::Expired][..]);
    (kind, any::<u32>(), vec(entry, 0..12))
        .prop_map(|(kind, number, entries)| Body::Notification(Arc::new(Notification { kind, number, entries })))
        .boxed()
}

fn any_reginfo() -> BoxedStrategy<Body> {
    use ContactEvent::{Expired, Refreshed, Registered, Unregistered};
    let event = select(&[Registered, Refreshed, Unregistered, Expired][..]);
    let contact = (any_terminal(), event, any_features(), any::<u64>(), any::<u32>()).prop_map(
        |(terminal, event, features, nanos, gruu)| RegInfoContact {
            terminal,
            event,
            features,
            expires: Span::from_nanos(nanos),
            gruu,
        },
    );
    (any_user(), any::<u32>(), vec(contact, 0..4))
        .prop_map(|(user, version, contacts)| Body::RegInfo(Arc::new(RegInfo { user, version, contacts })))
        .boxed()
}

fn any_push() -> BoxedStrategy<Body> {
    let carriage = prop_oneof![Just(Carriage::Inline), any_node().prop_map(Carriage::Reference)];
    let wanted = option::of((any_user(), any_time()).prop_map(|(to, sent_at)| ReportWanted { to, sent_at }));
    let node_token = || (any_node(), 1..1u64 << 40).prop_map(|(node, counter)| Token::new(node, counter));
    let push = (node_token(), 0..3000u32, carriage, wanted)
        .prop_map(|(id, octets, carriage, report)| Body::Push(Push { id, octets, carriage, report }));
    let imdn = (node_token(), any_time()).prop_map(|(about, sent_at)| Imdn {
        about,
        sent_at,
        disposition: Disposition::Delivered,
    });
    let report = (any_user(), any_token(), any_time(), imdn)
        .prop_map(|(from, message_id, sent_at, imdn)| Body::PushReport(PushReport { from, message_id, sent_at, imdn }));
    prop_oneof![2 => push, 1 => report].boxed()
}

fn any_body() -> BoxedStrategy<Body> {
    prop_oneof![
        Just(Body::Empty),
        any_sdp().prop_map(|sdp| Body::Sdp(Arc::new(sdp))),
        any_cpim().prop_map(Body::Cpim),
        any_management(),
        any_notification(),
        any_reginfo(),
        any_push(),
        any::<bool>().prop_map(|answer| Body::Register(Arc::new(samples::register(answer)))),
        any_record().prop_map(Body::Mailbox),
    ]
    .boxed()
}

fn any_start() -> BoxedStrategy<Start> {
    let method = || select(&Method::ALL[..]);
    prop_oneof![
        (method(), any_uri()).prop_map(|(method, uri)| Start::Request { method, uri }),
        (method(), 100..700u16).prop_map(|(method, status)| Start::Response { method, status }),
    ]
    .boxed()
}

pub(super) fn any_sip() -> BoxedStrategy<SipMessage> {
    let via = (any_token(), any::<bool>()).prop_map(|(branch, tcp)| Via { branch, tcp });
    let path = (vec(via, 0..=12), vec(any_route(), 0..=6), vec(any_node(), 0..=8), any::<u8>());
    let dialog = (any_party(), any_party(), any_token(), any::<u32>());
    let rest = (any_contacts(), option::of(any::<u32>()), any_headers(), any_body());
    (any_start(), path, dialog, rest)
        .prop_map(|(start, path, dialog, rest)| SipMessage {
            start,
            via: path.0.into_iter().collect(),
            route: path.1.into_iter().collect(),
            record_route: path.2.into_iter().collect(),
            max_forwards: path.3,
            from: dialog.0,
            to: dialog.1,
            call_id: dialog.2,
            cseq: dialog.3,
            contact: rest.0,
            expires: rest.1,
            headers: rest.2,
            body: rest.3,
        })
        .boxed()
}

fn any_diameter() -> BoxedStrategy<DiameterMessage> {
    use AssignmentType::*;
    use Command::*;
    use ResultCode::*;
    let command = select(&[UserAuthorization, ServerAssignment, LocationInfo, MultimediaAuth][..]);
    let results =
        [Success, FirstRegistration, SubsequentRegistration, UnregisteredService, UserUnknown, IdentityNotRegistered];
    let result = option::of(select(results.to_vec()));
    let types = [Registration, ReRegistration, UserDeregistration, TimeoutDeregistration, UnregisteredUser];
    let assignment = option::of(select(types.to_vec()));
    let rest = (any_token(), any_user(), any_node(), any_node(), option::of(any_node()), assignment);
    (command, result, rest)
        .prop_map(|(command, result, rest)| DiameterMessage {
            command,
            result,
            transaction: rest.0,
            user: rest.1,
            origin: rest.2,
            destination: rest.3,
            server: rest.4,
            assignment: rest.5,
        })
        .boxed()
}

fn any_message() -> BoxedStrategy<Message> {
    let datagram = (0..10_000u32).prop_map(|octets| Message::Datagram(Datagram { workload: 0, hop: 0, octets }));
    let sip = any_sip().prop_map(|message| Message::Sip(message.into()));
    let relayed = (any_sip(), any_relay()).prop_map(|(mut message, relay)| {
        message.body = Body::Sms(Arc::new(relay));
        Message::Sip(message.into())
    });
    let diameter = any_diameter().prop_map(Message::Diameter);
    let msrp = any_msrp().prop_map(|message| Message::Msrp(Box::new(message)));
    prop_oneof![4 => sip, 2 => diameter, 1 => datagram, 2 => msrp, 1 => relayed, 4 => any_messaging()].boxed()
}

fn written(message: &Message) -> Vec<u8> {
    let mut octets = Vec::new();
    message.write(&names(), &mut octets);
    octets
}

/// Replaces the identifiers that every message has.
fn with_identifiers(mut message: SipMessage, entity: EntityId, counter: u64) -> SipMessage {
    let fresh = token(entity, counter);
    for via in &mut message.via {
        via.branch = token(via.branch.entity(), counter);
    }
    for party in [&mut message.from, &mut message.to] {
        // A Warning names the host of whoever made the tag.
        party.tag = party.tag.map(|tag| token(tag.entity(), counter));
    }
    message.call_id = token(message.call_id.entity(), counter);
    message.headers.conversation = message.headers.conversation.map(|_| fresh);
    message.headers.p_charging_vector = message.headers.p_charging_vector.map(|_| fresh);
    message.headers.www_authenticate = message.headers.www_authenticate.map(|_| fresh);
    message
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn counted_octets_are_written_octets(message in any_message()) {
        prop_assert_eq!(message.wire_len(&names()), written(&message).len() as u64);
    }

    #[test]
    fn a_sip_message_is_lines_a_blank_line_and_the_body(message in any_sip()) {
        let body = message.body.len(&names());
        let text = String::from_utf8(written(&Message::Sip(message.into()))).unwrap();
        prop_assert!(text.is_ascii());
        let (head, rest) = text.split_once("\r\n\r\n").unwrap();
        prop_assert_eq!(rest.len() as u64, body);
        let stated = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
        prop_assert_eq!(stated.parse::<u64>().unwrap(), body);
        for line in head.lines().skip(1) {
            let (name, value) = line.split_once(": ").unwrap();
            prop_assert!(name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-'), "{}", line);
            prop_assert!(!value.is_empty() && value.trim() == value, "{}", line);
            prop_assert!(value.matches('"').count() % 2 == 0, "{}", line);
        }
    }

    #[test]
    fn octets_do_not_depend_on_identifiers(message in any_sip(), entity in any_entity(), counter in 1..1u64 << 40) {
        let before = message.wire_len(&names());
        prop_assert_eq!(with_identifiers(message, entity, counter).wire_len(&names()), before);
    }

    #[test]
    fn the_way_back_over_a_relay_is_the_way_there(message in any_msrp(), hops in [any_token(), any_token()]) {
        let onward = message.relayed(hops[0]);
        // A message ends at the relay that its path ends at, and passes no second one.
        prop_assert_eq!(onward.is_some(), message.to.end.is_some() && message.from.end.is_none());
        if let Some(onward) = onward {
            let answer = Msrp { to: onward.from, from: onward.to, ..message.clone() };
            let back = answer.relayed(hops[1]);
            prop_assert_eq!(back.map(|back| (back.to, back.from)), Some((message.from, message.to)));
            prop_assert_eq!(onward.answer(MsrpStart::Response(200)).to.host(), message.to.host());
        }
    }

    #[test]
    fn an_msrp_message_is_lines_and_ends_with_its_transaction(message in any_msrp()) {
        let text = String::from_utf8(written(&Message::Msrp(Box::new(message.clone())))).unwrap();
        let end = format!("\r\n-------{:016x}", message.transaction.raw());
        let at = text.rfind(&end).unwrap();
        prop_assert!(["$\r\n", "+\r\n", "#\r\n"].contains(&&text[at + end.len()..]));
        let head = text.split("\r\n\r\n").next().unwrap();
        let start = format!("MSRP {:016x} ", message.transaction.raw());
        prop_assert!(head.starts_with(&start));
        prop_assert!(head.contains("\r\nTo-Path: msrp://") && head.contains("\r\nFrom-Path: msrp://"));
    }

    #[test]
    fn diameter_is_padded(message in any_diameter()) {
        let octets = written(&Message::Diameter(message));
        prop_assert_eq!(octets.len() % 4, 0);
        prop_assert_eq!(octets[..4].to_vec(), (1u32 << 24 | octets.len() as u32).to_be_bytes().to_vec());
    }
}
