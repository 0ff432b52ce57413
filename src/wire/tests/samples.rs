//! A small network and one message of each kind as it looks at one place of a flow.

use crate::kernel::{EntityId, Span, Time};
use crate::wire::msrp::*;
use crate::wire::names::UserGroup;
use crate::wire::sip::body::*;
use crate::wire::sip::headers::*;
use crate::wire::sip::{AcceptContact, FeatureTags, ManagementUri, Method, SipMessage, Uri};
use crate::wire::{ContentType, ContentTypes, Message, Names, NetworkId, Token, UserId};
use std::sync::Arc;

pub(super) const P: EntityId = EntityId(0);
pub(super) const I: EntityId = EntityId(1);
pub(super) const S: EntityId = EntityId(2);
pub(super) const PF: EntityId = EntityId(3);
pub(super) const HSS: EntityId = EntityId(4);
/// First terminal of Alice.
pub(super) const UE_A: EntityId = EntityId(5);
/// First terminal of Bob.
pub(super) const UE_B: EntityId = EntityId(7);
pub(super) const ALICE: UserId = UserId(0);
pub(super) const BOB: UserId = UserId(1);
const HOME: NetworkId = NetworkId(0);
const MONTH: u32 = 600_000;

pub(super) const CLIENT_TAGS: FeatureTags = FeatureTags::MSG
    .union(FeatureTags::LARGE_MSG)
    .union(FeatureTags::DEFERRED)
    .union(FeatureTags::SESSION)
    .union(FeatureTags::FILE_TRANSFER)
    .union(FeatureTags::SYSTEM_MSG);

pub(super) fn names() -> Names {
    let hosts = ["p1", "i1", "s1", "pf1", "hss1"].map(|host| format!("{host}.home.example"));
    let group = UserGroup { first_user: ALICE, network: HOME, first_terminal: UE_A, terminals: 2 };
    Names::new(vec!["home.example".into()], hosts.into(), vec![group])
}

pub(super) fn token(entity: EntityId, counter: u64) -> Token {
    Token::new(entity, counter)
}

fn party(uri: Uri, entity: EntityId) -> Party {
    Party { uri, tag: Some(token(entity, 11)) }
}

fn untagged(uri: Uri) -> Party {
    Party { uri, tag: None }
}

fn vias(message: &mut SipMessage, senders: &[EntityId]) {
    message.via.extend(senders.iter().map(|sender| Via { branch: token(*sender, 12), tcp: false }));
}

fn contact(terminal: EntityId, features: FeatureTags) -> Contact {
    Contact { features, instance: Some(terminal), ..Contact::plain(Uri::Contact(terminal)) }
}

/// A REGISTER of Bob's terminal as it leaves it, first or answering the challenge.
pub(super) fn register(answer: bool) -> SipMessage {
    let bob = Uri::User(BOB);
    let cseq = if answer { 2 } else { 1 };
    let mut message =
        SipMessage::request(Method::Register, Uri::Domain(HOME), party(bob, UE_B), untagged(bob), token(UE_B, 1), cseq);
    vias(&mut message, &[UE_B]);
    message.contact = ContactHeader::One(Contact { expires: Some(MONTH), ..contact(UE_B, CLIENT_TAGS) });
    message.headers = Headers {
        authorization: Some(if answer {
            Authorization::Response { nonce: token(S, 3) }
        } else {
            Authorization::Initial
        }),
        security_agreement: true,
        supported: OptionTags::PATH.union(OptionTags::GRUU),
        require: OptionTags::SEC_AGREE,
        p_access_network_info: true,
        allow: true,
        product: Some(Product::CpmClient),
        ..Headers::default()
    };
    message
}

/// The same REGISTER between P-CSCF and I-CSCF, or I-CSCF and S-CSCF.
pub(super) fn register_in_core(senders: &[EntityId]) -> SipMessage {
    let mut message = register(true);
    vias(&mut message, senders);
    message.max_forwards -= senders.len() as u8;
    message.headers.security_agreement = false;
    message.headers.require = OptionTags::PATH;
    message.headers.path = Some(P);
    message.headers.p_visited_network = Some(HOME);
    message.headers.p_charging_vector = Some(token(P, 4));
    message
}

pub(super) fn unauthorized() -> SipMessage {
    let mut message = SipMessage::response_to(&register(false), 401, Some(token(S, 5)));
    message.headers.www_authenticate = Some(token(S, 3));
    message.headers.security_agreement = true;
    message
}

pub(super) fn register_ok() -> SipMessage {
    let mut message = SipMessage::response_to(&register(true), 200, Some(token(S, 6)));
    let bound = Contact { gruu: Some(1), expires: Some(MONTH), ..contact(UE_B, CLIENT_TAGS) };
    message.contact = ContactHeader::One(bound);
    message.headers = Headers {
        path: Some(P),
        service_route: Some(S),
        p_associated_uri: Some(Uri::User(BOB)),
        supported: OptionTags::GRUU,
        date: Some(Time::from_secs(86_400)),
        p_charging_vector: Some(token(P, 4)),
        ..Headers::default()
    };
    message
}

pub(super) fn third_party_register(embedded: bool) -> SipMessage {
    let core = Uri::Node(S);
    let mut message =
        SipMessage::request(Method::Register, Uri::Node(PF), party(core, S), untagged(Uri::User(BOB)), token(S, 7), 1);
    vias(&mut message, &[S]);
    message.contact = ContactHeader::One(Contact::plain(core));
    message.expires = Some(MONTH);
    message.headers.p_access_network_info = true;
    message.headers.p_charging_vector = Some(token(P, 4));
    if embedded {
        message.body = Body::Register(Arc::new(register_in_core(&[P, I])));
    }
    message
}

pub(super) fn cpim(octets: u32) -> Body {
    Body::Cpim(Cpim {
        from: ALICE,
        to: BOB,
        message_id: token(UE_A, 21),
        sent_at: Time::from_nanos(86_400_250_000_000),
        dispositions: DispositionRequest { positive_delivery: true, negative_delivery: true },
        content: CpimContent::Text(octets),
    })
}

/// A pager MESSAGE of Alice to Bob as it leaves Alice's terminal.
pub(super) fn pager_at_origin(octets: u32) -> SipMessage {
    let (alice, bob) = (Uri::User(ALICE), Uri::User(BOB));
    let mut message = SipMessage::request(Method::Message, bob, party(alice, UE_A), untagged(bob), token(UE_A, 20), 1);
    vias(&mut message, &[UE_A]);
    message.route.push(Route { node: S, kind: RouteKind::Originating });
    message.route.push(Route { node: P, kind: RouteKind::Plain });
    message.headers = Headers {
        p_preferred_identity: Some(alice),
        p_access_network_info: true,
        p_asserted_service: FeatureTags::MSG,
        service_is_preferred: true,
        accept_contact: Some(AcceptContact { features: FeatureTags::MSG, require: true, explicit: true }),
        security_agreement: true,
        conversation: Some(token(UE_A, 22)),
        require: OptionTags::SEC_AGREE,
        product: Some(Product::CpmClient),
        ..Headers::default()
    };
    message.body = cpim(octets);
    message
}

/// The MESSAGE after `senders`, the first of which is the terminal of Alice; it is for Bob's own terminal when
/// `target` says.
pub(super) fn pager_in_core(octets: u32, senders: &[EntityId], target: Uri) -> SipMessage {
    let mut message = pager_at_origin(octets);
    message.set_uri(target);
    message.via.clear();
    vias(&mut message, senders);
    message.max_forwards = 71 - senders.len() as u8;
    message.route.clear();
    message.headers.p_preferred_identity = None;
    message.headers.p_asserted_identity = Some(Uri::User(ALICE));
    message.headers.service_is_preferred = false;
    message.headers.security_agreement = false;
    message.headers.require = OptionTags::default();
    message.headers.p_charging_vector = Some(token(P, 23));
    message
}

/// The MESSAGE with which a PF delivers, towards the S-CSCF or past `senders`.
pub(super) fn delivery(octets: u32, senders: &[EntityId]) -> SipMessage {
    let target = if senders.len() == 1 { Uri::PublicGruu(UE_B) } else { Uri::Contact(UE_B) };
    let mut message = pager_in_core(octets, senders, target);
    if senders.len() == 1 {
        message.route.push(Route { node: S, kind: RouteKind::OriginalDialog(token(S, 24)) });
    }
    message
}

pub(super) fn message_ok(senders: &[EntityId]) -> SipMessage {
    let request = delivery(40, senders);
    let mut message = SipMessage::response_to(&request, 200, Some(token(UE_B, 25)));
    message.headers.product = Some(Product::CpmClient);
    message
}

fn offer(owner: EntityId, direction: MediaDirection) -> Sdp {
    let session = token(owner, 31);
    let setup = if names().is_terminal(owner) { Setup::Active } else { Setup::Passive };
    let accept = ContentTypes::of(ContentType::Cpim);
    Sdp::of_one(owner, session, Stream::of_messages(session, setup, direction, accept))
}

/// The stream of a file as a push sender offers it, or as the terminal takes it.
fn file_stream(session: Token, setup: Setup, number: u64) -> Stream {
    let offered = setup == Setup::Active;
    let direction = if offered { MediaDirection::SendOnly } else { MediaDirection::RecvOnly };
    let content = token(PF, 60 + number);
    let kind = ContentType::Jpeg;
    let selector = FileSelector { name: Some(content), kind: Some(kind), octets: Some(120_000), hash: Some(content) };
    let file = StreamFile { selector, transfer: token(PF, 70 + number), presentation: Presentation::Attachment };
    Stream {
        max_size: (!offered).then_some(10_000_000),
        file: Some(file),
        ..Stream::of_messages(session, setup, direction, ContentTypes::of(kind))
    }
}

/// The INVITE of a PF to Bob's terminal with this many files.
pub(super) fn push(files: u64) -> SipMessage {
    let pf = Uri::Node(PF);
    let target = Uri::PublicGruu(UE_B);
    let mut message =
        SipMessage::request(Method::Invite, target, party(pf, PF), untagged(Uri::User(BOB)), token(PF, 53), 1);
    vias(&mut message, &[PF]);
    message.route.push(Route { node: S, kind: RouteKind::Plain });
    message.contact = ContactHeader::One(Contact { features: FeatureTags::LARGE_MSG, ..Contact::plain(pf) });
    message.headers = Headers {
        p_asserted_identity: Some(pf),
        p_asserted_service: FeatureTags::LARGE_MSG,
        accept_contact: Some(AcceptContact { features: FeatureTags::LARGE_MSG, require: true, explicit: true }),
        p_charging_vector: Some(token(PF, 51)),
        supported: OptionTags::TIMER,
        allow: true,
        session_expires: Some(SessionExpires { interval: 1800, refresher: Refresher::Uac }),
        conversation: Some(token(PF, 52)),
        product: Some(Product::CpmPf),
        ..Headers::default()
    };
    let line = |number| MediaLine::Stream(file_stream(token(PF, 80 + number), Setup::Active, number));
    let media = (0..files).map(line).collect();
    message.body = Body::Sdp(Arc::new(Sdp { owner: PF, session: token(PF, 54), version: 1, media }));
    message
}

/// The terminal takes the first file of two and refuses the second.
pub(super) fn push_ok() -> SipMessage {
    let mut message = SipMessage::response_to(&push(2), 200, Some(token(UE_B, 55)));
    message.contact = ContactHeader::One(contact(UE_B, FeatureTags::LARGE_MSG));
    message.headers.require = OptionTags::TIMER;
    message.headers.supported = OptionTags::TIMER;
    message.headers.session_expires = Some(SessionExpires { interval: 1800, refresher: Refresher::Uac });
    message.headers.product = Some(Product::CpmClient);
    let stream = file_stream(token(UE_B, 90), Setup::Passive, 0);
    let media = vec![MediaLine::Stream(stream), MediaLine::Zero];
    message.body = Body::Sdp(Arc::new(Sdp { owner: UE_B, session: token(UE_B, 56), version: 1, media }));
    message
}

fn sender() -> MsrpPath {
    MsrpUri { session: token(PF, 80), setup: Setup::Active }.into()
}

fn receiver() -> MsrpPath {
    MsrpUri { session: token(UE_B, 90), setup: Setup::Passive }.into()
}

/// A chunk of this many octets from `first` of a picture, or of a large message wrapped in CPIM.
pub(super) fn send(first: u32, octets: u32, cpim: bool) -> Msrp {
    let Body::Cpim(head) = self::cpim(119_000) else { unreachable!("the sample is CPIM") };
    let last = first + octets == 120_001 || octets == 0;
    let chunk = Chunk {
        message: token(PF, 100),
        first,
        octets,
        total: if octets == 0 { 0 } else { 120_000 },
        success_report: true,
        failure_report: FailureReport::Partial,
        kind: if cpim { ContentType::Cpim } else { ContentType::Jpeg },
        presentation: Some(Presentation::Attachment),
        described: true,
        cpim: (cpim && first == 1).then_some(head),
        continuation: if last { Continuation::Complete } else { Continuation::More },
    };
    Msrp { transaction: token(PF, 101), to: receiver(), from: sender(), start: MsrpStart::Send(chunk) }
}

pub(super) fn msrp_ok() -> Msrp {
    Msrp { transaction: token(PF, 101), to: sender(), from: receiver(), start: MsrpStart::Response(200) }
}

pub(super) fn msrp_report() -> Msrp {
    let report = Report { message: token(PF, 100), last: 120_000, total: 120_000, status: 200 };
    Msrp { transaction: token(UE_B, 102), to: sender(), from: receiver(), start: MsrpStart::Report(report) }
}

/// What Bob's terminal asks of its relay, whose part the host of the P-CSCF plays: without credentials, then with them.
pub(super) fn msrp_auth(nonce: Option<Token>) -> Msrp {
    let client = MsrpUri { session: token(UE_B, 91), setup: Setup::Passive };
    let (to, from) = (MsrpUri::of_relay(P).into(), client.into());
    Msrp { transaction: token(UE_B, 103), to, from, start: MsrpStart::Auth(nonce) }
}

/// What the relay answers.
pub(super) fn msrp_challenge() -> Msrp {
    msrp_auth(None).answer(MsrpStart::Challenge(token(P, 1)))
}

/// What the relay answers when it knows the terminal.
pub(super) fn msrp_grant() -> Msrp {
    msrp_auth(Some(token(P, 1))).answer(MsrpStart::Grant(Grant { path: token(P, 2), expires: 1800 }))
}

/// A chunk on its way from that relay.
pub(super) fn msrp_relayed() -> Msrp {
    let mut message = send(119_961, 40, false);
    message.to = MsrpPath { next: MsrpUri::over_relay(token(P, 2)), end: Some(message.to.next) };
    message.relayed(token(P, 3)).expect("there is an end behind the relay")
}

/// A management INVITE that leaves Bob's terminal, with this many entries or without a list.
pub(super) fn management(entries: usize) -> SipMessage {
    let (bob, pf) = (Uri::User(BOB), Uri::DeferredManagement(ManagementUri::Opaque(HOME)));
    let mut message = SipMessage::request(Method::Invite, pf, party(bob, UE_B), untagged(pf), token(UE_B, 30), 1);
    vias(&mut message, &[UE_B]);
    message.route.push(Route { node: S, kind: RouteKind::Originating });
    message.route.push(Route { node: P, kind: RouteKind::Plain });
    message.contact = ContactHeader::One(contact(UE_B, FeatureTags::DEFERRED));
    message.headers = Headers {
        p_preferred_identity: Some(bob),
        p_access_network_info: true,
        p_asserted_service: FeatureTags::DEFERRED,
        service_is_preferred: true,
        accept_contact: Some(AcceptContact { features: FeatureTags::DEFERRED, require: true, explicit: true }),
        security_agreement: true,
        supported: OptionTags::TIMER,
        allow: true,
        conversation: Some(token(UE_B, 32)),
        product: Some(Product::CpmClient),
        ..Headers::default()
    };
    let sdp = offer(UE_B, MediaDirection::RecvOnly);
    message.body = Body::Sdp(Arc::new(sdp.clone()));
    if entries > 0 {
        let actions = [CpmAction::Deliver, CpmAction::Delete, CpmAction::Interwork, CpmAction::Store];
        let entries = (0..entries).map(|index| (token(PF, 40 + index as u64), actions[index % 4])).collect();
        message.headers.require = OptionTags::RECIPIENT_LIST_INVITE;
        message.body = Body::Management(Arc::new(Management { sdp, entries }));
    }
    message
}

pub(super) fn management_ok() -> SipMessage {
    let mut request = management(0);
    request.record_route.extend([P, S]);
    let mut message = SipMessage::response_to(&request, 200, Some(token(PF, 33)));
    message.contact = ContactHeader::One(Contact { features: FeatureTags::DEFERRED, ..Contact::plain(Uri::Node(PF)) });
    message.headers.product = Some(Product::CpmPf);
    message.headers.allow = true;
    message.headers.p_asserted_identity = Some(Uri::DeferredManagement(ManagementUri::Opaque(HOME)));
    message.body = Body::Sdp(Arc::new(offer(PF, MediaDirection::SendOnly)));
    message
}

pub(super) fn nothing_to_manage() -> SipMessage {
    let mut message = SipMessage::response_to(&management(0), 488, Some(token(PF, 34)));
    message.headers.warning = Some(Warning::NoMessages);
    message.headers.product = Some(Product::CpmPf);
    message
}

pub(super) fn ack() -> SipMessage {
    let invite = management(0);
    let mut message = SipMessage::request(Method::Ack, Uri::Node(PF), invite.from, invite.to, invite.call_id, 1);
    message.to.tag = Some(token(PF, 33));
    vias(&mut message, &[UE_B]);
    message.route.extend([Route { node: S, kind: RouteKind::Plain }, Route { node: P, kind: RouteKind::Plain }]);
    message
}

pub(super) fn entry(index: u64) -> NotificationEntry {
    NotificationEntry { id: token(PF, 40 + index), from: ALICE, sent_at: Time::from_secs(60 * index), size: 40 }
}

/// The in-band notification of a PF to Bob's terminal, on its way to the S-CSCF.
pub(super) fn notification(entries: usize) -> SipMessage {
    let pf = Uri::DeferredManagement(ManagementUri::Opaque(HOME));
    let target = Uri::PublicGruu(UE_B);
    let mut message =
        SipMessage::request(Method::Message, target, party(pf, PF), untagged(Uri::User(BOB)), token(PF, 50), 1);
    vias(&mut message, &[PF]);
    message.route.push(Route { node: S, kind: RouteKind::OriginalDialog(token(S, 24)) });
    message.headers = Headers {
        p_asserted_identity: Some(pf),
        p_asserted_service: FeatureTags::SYSTEM_MSG,
        accept_contact: Some(AcceptContact { features: FeatureTags::SYSTEM_MSG, require: true, explicit: true }),
        p_charging_vector: Some(token(PF, 51)),
        conversation: Some(token(PF, 52)),
        product: Some(Product::CpmPf),
        ..Headers::default()
    };
    let entries = (0..entries as u64).map(entry).collect::<Vec<_>>();
    message.body = Body::Notification(Arc::new(Notification {
        kind: NotificationKind::Waiting,
        number: entries.len() as u32,
        entries,
    }));
    message
}

pub(super) fn imdn() -> SipMessage {
    let mut message = pager_at_origin(0);
    message.set_uri(Uri::User(ALICE));
    message.from = party(Uri::User(BOB), UE_B);
    message.to = untagged(Uri::User(ALICE));
    message.body = Body::Cpim(Cpim {
        from: BOB,
        to: ALICE,
        message_id: token(UE_B, 60),
        sent_at: Time::from_secs(86_401),
        dispositions: DispositionRequest::default(),
        content: CpimContent::Imdn(Imdn {
            about: token(UE_A, 21),
            sent_at: Time::from_nanos(86_400_250_000_000),
            disposition: Disposition::Delivered,
        }),
    });
    message
}

pub(super) fn subscribe() -> SipMessage {
    let bob = Uri::User(BOB);
    let mut message = SipMessage::request(Method::Subscribe, bob, party(bob, UE_B), untagged(bob), token(UE_B, 70), 1);
    vias(&mut message, &[UE_B]);
    message.route.push(Route { node: S, kind: RouteKind::Originating });
    message.route.push(Route { node: P, kind: RouteKind::Plain });
    message.contact = ContactHeader::One(Contact::plain(Uri::Contact(UE_B)));
    message.expires = Some(3761);
    message.headers = Headers {
        event: Some(EventPackage::Reg),
        p_preferred_identity: Some(bob),
        p_access_network_info: true,
        security_agreement: true,
        require: OptionTags::SEC_AGREE,
        ..Headers::default()
    };
    message
}

pub(super) fn rule_subscribe() -> SipMessage {
    let (pf, hss) = (Uri::Node(PF), Uri::Node(HSS));
    let mut message = SipMessage::request(Method::Subscribe, hss, party(pf, PF), untagged(hss), token(PF, 70), 1);
    vias(&mut message, &[PF]);
    message.contact = ContactHeader::One(Contact::plain(pf));
    message.expires = Some(3761);
    message.headers =
        Headers { event: Some(EventPackage::XcapDiff), p_asserted_identity: Some(pf), ..Headers::default() };
    message.body = Body::RuleDocuments;
    message
}

/// The HSS stands for an XDMS here.
pub(super) fn rule_notify(full: bool) -> SipMessage {
    let (pf, hss) = (Uri::Node(PF), Uri::Node(HSS));
    let mut message = SipMessage::request(Method::Notify, pf, party(hss, HSS), party(pf, PF), token(PF, 70), 1);
    vias(&mut message, &[HSS]);
    message.contact = ContactHeader::One(Contact::plain(hss));
    message.headers.event = Some(EventPackage::XcapDiff);
    message.headers.subscription_state = Some(SubscriptionState::Active(3761));
    message.body = Body::XcapDiff(Arc::new(XcapDiff { full, rules: vec![(ALICE, true), (BOB, full)] }));
    message
}

pub(super) fn notify(contacts: u32) -> SipMessage {
    let bob = Uri::User(BOB);
    let mut message =
        SipMessage::request(Method::Notify, Uri::Contact(UE_B), party(bob, S), party(bob, UE_B), token(UE_B, 70), 1);
    vias(&mut message, &[S]);
    message.route.push(Route { node: P, kind: RouteKind::Plain });
    message.contact = ContactHeader::One(Contact::plain(Uri::Node(S)));
    message.headers.event = Some(EventPackage::Reg);
    message.headers.subscription_state = Some(SubscriptionState::Active(3761));
    let contact = |index| RegInfoContact {
        terminal: EntityId(UE_B.0 + index),
        event: ContactEvent::Registered,
        features: CLIENT_TAGS,
        expires: Span::from_secs(u64::from(MONTH)),
        gruu: 1,
    };
    message.body =
        Body::RegInfo(Arc::new(RegInfo { user: BOB, version: 0, contacts: (0..contacts).map(contact).collect() }));
    message
}

/// Every sample with a name.
pub(super) fn all() -> Vec<(&'static str, Message)> {
    let sip = [
        ("register_initial", register(false)),
        ("register_answer", register(true)),
        ("register_in_core", register_in_core(&[P, I])),
        ("unauthorized", unauthorized()),
        ("register_ok", register_ok()),
        ("third_party_register", third_party_register(true)),
        ("pager_at_origin", pager_at_origin(40)),
        ("delivery_last_hop", delivery(40, &[PF, S, P])),
        ("message_ok", message_ok(&[PF, S, P])),
        ("management", management(4)),
        ("management_ok", management_ok()),
        ("nothing_to_manage", nothing_to_manage()),
        ("ack", ack()),
        ("notification", notification(2)),
        ("imdn", imdn()),
        ("subscribe", subscribe()),
        ("notify", notify(2)),
        ("rule_subscribe", rule_subscribe()),
        ("rule_notify_full", rule_notify(true)),
        ("rule_notify", rule_notify(false)),
        ("push", push(2)),
        ("push_ok", push_ok()),
    ];
    let msrp = [
        ("msrp_bind", send(1, 0, false)),
        ("msrp_send", send(1, 2048, true)),
        ("msrp_last", send(118_001, 2000, false)),
        ("msrp_ok", msrp_ok()),
        ("msrp_report", msrp_report()),
        ("msrp_auth", msrp_auth(Some(token(P, 1)))),
        ("msrp_challenge", msrp_challenge()),
        ("msrp_grant", msrp_grant()),
        ("msrp_relayed", msrp_relayed()),
    ];
    let msrp = msrp.map(|(name, message)| (name, Message::Msrp(Box::new(message))));
    let sip = sip.map(|(name, message)| (name, Message::Sip(message.into())));
    sip.into_iter().chain(msrp).chain(super::diameter::samples()).collect()
}

#[test]
fn every_sample_is_written_as_counted() {
    for (name, message) in all() {
        let mut buffer = Vec::new();
        message.write(&names(), &mut buffer);
        assert_eq!(buffer.len() as u64, message.wire_len(&names()), "{name}");
    }
}
