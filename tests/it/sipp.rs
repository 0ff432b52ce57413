//! A peer that is not ours: SIPp takes requests that this crate writes, and this crate reads its answers. Without
//! `sipp` on the path nothing is shown and nothing fails; `.ci/sipp` installs it.

use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use pushsim::kernel::{EntityId, Time};
use pushsim::wire::names::UserGroup;
use pushsim::wire::parse::{SdpText, SipText, StartText};
use pushsim::wire::sip::body::{Cpim, CpimContent, DispositionRequest, MediaDirection, Sdp, Setup, Stream};
use pushsim::wire::sip::headers::{Authorization, OptionTags, Product};
use pushsim::wire::sip::{Body, Contact, ContactHeader, FeatureTags, Headers, Method, Party, SipMessage, Uri, Via};
use pushsim::wire::{ContentType, ContentTypes, Names, NetworkId, Token, UserId};

use crate::source::root;

const PF: EntityId = EntityId(0);
const TERMINAL: EntityId = EntityId(1);
const ALICE: UserId = UserId(0);
const BOB: UserId = UserId(1);
const HOME: NetworkId = NetworkId(0);

fn names() -> Names {
    let group = UserGroup { first_user: ALICE, network: HOME, first_terminal: TERMINAL, terminals: 1 };
    Names::new(vec!["home.example".into()], vec!["pf0.home.example".into()], vec![group])
}

fn token(counter: u64) -> Token {
    Token::new(TERMINAL, counter)
}

/// A request of Alice's terminal on its first hop.
fn request(method: Method, uri: Uri, to: Party, cseq: u32) -> SipMessage {
    let from = Party { uri: Uri::User(ALICE), tag: Some(token(1)) };
    let mut request = SipMessage::request(method, uri, from, to, token(2), cseq);
    request.via.push(Via { branch: token(10 + u64::from(cseq)), tcp: false });
    request.headers = Headers {
        p_access_network_info: true,
        product: Some(Product::CpmClient),
        conversation: Some(token(3)),
        ..Headers::default()
    };
    request
}

fn untagged(user: UserId) -> Party {
    Party { uri: Uri::User(user), tag: None }
}

fn contact() -> Contact {
    Contact {
        features: FeatureTags::MSG.union(FeatureTags::DEFERRED),
        instance: Some(TERMINAL),
        ..Contact::plain(Uri::Contact(TERMINAL))
    }
}

fn register() -> SipMessage {
    let mut register = request(Method::Register, Uri::Domain(HOME), untagged(ALICE), 1);
    register.contact = ContactHeader::One(Contact { expires: Some(600_000), ..contact() });
    register.headers.authorization = Some(Authorization::Initial);
    register.headers.supported = OptionTags::PATH.union(OptionTags::GRUU);
    register
}

fn message() -> SipMessage {
    let mut message = request(Method::Message, Uri::User(BOB), untagged(BOB), 1);
    message.body = Body::Cpim(Cpim {
        from: ALICE,
        to: BOB,
        message_id: token(4),
        sent_at: Time::from_secs(60),
        dispositions: DispositionRequest { positive_delivery: true, negative_delivery: false },
        content: CpimContent::Text(160),
    });
    message
}

fn invite() -> SipMessage {
    let mut invite = request(Method::Invite, Uri::User(BOB), untagged(BOB), 1);
    invite.contact = ContactHeader::One(contact());
    invite.headers.allow = true;
    invite.headers.supported = OptionTags::TIMER.union(OptionTags::GRUU);
    let accept = ContentTypes::of(ContentType::Cpim);
    let stream = Stream::of_messages(token(5), Setup::Active, MediaDirection::RecvOnly, accept);
    invite.body = Body::Sdp(Arc::new(Sdp::of_one(TERMINAL, token(6), stream)));
    invite
}

/// A request in the dialog that the callee made with its tag.
fn in_dialog(method: Method, cseq: u32) -> SipMessage {
    let to = Party { uri: Uri::User(BOB), tag: Some(Token::new(EntityId(3), 0x21)) };
    request(method, Uri::Node(PF), to, cseq)
}

/// SIPp with a scenario of `tests/data/sipp`; it goes when the test does.
struct Peer {
    process: Child,
    socket: UdpSocket,
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Peer {
    /// Starts SIPp; none when it is not there.
    fn start(scenario: &str) -> Option<Peer> {
        let free = UdpSocket::bind("127.0.0.1:0").expect("a port of the loopback interface");
        let address: SocketAddr = free.local_addr().expect("it is bound");
        drop(free);
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port of the loopback interface");
        socket.connect(address).expect("UDP connects without the peer");
        socket.set_read_timeout(Some(Duration::from_millis(500))).expect("a time-out that is not zero");
        let process = Command::new("sipp")
            .arg("-sf")
            .arg(root().join(format!("tests/data/sipp/{scenario}.xml")))
            .args(["-i", "127.0.0.1", "-p", &address.port().to_string()])
            .args(["-m", "1", "-nostdin", "-timeout", "30", "-timeout_error"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match process {
            Ok(process) => Some(Peer { process, socket }),
            Err(error) => {
                eprintln!("sipp does not run ({error}): nothing is shown about its answers");
                None
            }
        }
    }

    fn send(&self, request: &SipMessage) {
        let mut octets = Vec::new();
        request.write(&names(), &mut octets);
        // Nobody listens yet in the first moments; the caller repeats.
        let _ = self.socket.send(&octets);
    }

    /// Sends a request until its final response, as a client over UDP does, and checks every answer.
    fn ask(&self, request: &SipMessage) -> Vec<u8> {
        for _ in 0..40 {
            self.send(request);
            let mut buffer = [0; 65_536];
            while let Ok(length) = self.socket.recv(&mut buffer) {
                let octets = &buffer[..length];
                if answers(request, octets) >= 200 {
                    return octets.to_vec();
                }
            }
            // Refused at once while nobody listens yet.
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("no answer to {}", request.method().name());
    }

    /// SIPp ends well when the scenario was followed to its end.
    fn followed(mut self) {
        let status = self.process.wait().expect("it can be waited for");
        assert!(status.success(), "sipp: {status}");
    }
}

/// The status of an answer that is well-formed and matches its request.
fn answers(request: &SipMessage, octets: &[u8]) -> u16 {
    let shown = String::from_utf8_lossy(octets);
    let text = SipText::datagram(octets).unwrap_or_else(|fault| panic!("{fault} in\n{shown}"));
    text.check().unwrap_or_else(|fault| panic!("{fault} in\n{shown}"));
    let cseq = text.cseq().expect("checked");
    assert_eq!((cseq.number, cseq.method), (request.cseq, request.method().name()), "{shown}");
    let branch = request.top_via().expect("it was sent").branch;
    let expected = format!("{:016x}", branch.raw());
    assert_eq!(text.vias().expect("checked")[0].transaction(), Some(&*expected), "{shown}");
    assert!(text.call_id().expect("checked").starts_with(&format!("{:016x}@", request.call_id.raw())), "{shown}");
    assert!(text.to().expect("checked").parameters.has("tag"), "{shown}");
    match text.start().expect("checked") {
        StartText::Response { status, .. } => status,
        StartText::Request { .. } => panic!("a request:\n{shown}"),
    }
}

fn status(octets: &[u8]) -> u16 {
    match SipText::datagram(octets).and_then(|text| text.start()) {
        Ok(StartText::Response { status, .. }) => status,
        Ok(StartText::Request { .. }) | Err(_) => 0,
    }
}

#[test]
fn a_foreign_registrar_takes_our_register() {
    let Some(peer) = Peer::start("register") else { return };
    let answer = peer.ask(&register());
    assert_eq!(status(&answer), 200);
    let text = SipText::datagram(&answer).unwrap();
    assert_eq!(text.addresses("Service-Route").unwrap().len(), 1);
    assert_eq!(text.contacts().unwrap(), SipText::datagram(&written(&register())).unwrap().contacts().unwrap());
    peer.followed();
}

fn written(message: &SipMessage) -> Vec<u8> {
    let mut octets = Vec::new();
    message.write(&names(), &mut octets);
    octets
}

#[test]
fn a_foreign_user_agent_takes_our_message() {
    let Some(peer) = Peer::start("message") else { return };
    assert_eq!(status(&peer.ask(&message())), 200);
    peer.followed();
}

#[test]
fn a_foreign_user_agent_takes_our_invite_and_ends_the_session() {
    let Some(peer) = Peer::start("invite") else { return };
    let answer = peer.ask(&invite());
    assert_eq!(status(&answer), 200);
    let text = SipText::datagram(&answer).unwrap();
    let sdp = SdpText::parse(text.body).unwrap();
    assert_eq!((sdp.media[0].kind, sdp.media[0].transport), ("message", "TCP/MSRP"));
    peer.send(&in_dialog(Method::Ack, 1));
    assert_eq!(status(&peer.ask(&in_dialog(Method::Bye, 2))), 200);
    peer.followed();
}
