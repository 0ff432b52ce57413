//! Cx messages as octets (RFC 6733, 3GPP TS 29.229).

use super::diameter::{AssignmentType, Command, DiameterMessage, ResultCode};
use super::diameter_avp::{Avp, VENDOR_3GPP, Value};
use super::diameter_profile::Profile;
use super::names::Names;
use super::sink::Sink;
use arrayvec::ArrayVec;

/// Application id of Cx and Dx.
const APPLICATION: u32 = 16_777_216;
/// Octets of the Diameter header.
const HEADER: u64 = 20;
/// Members of Vendor-Specific-Application-Id.
const CX: [Avp<'static>; 2] = [Avp::base(266, Value::Number(VENDOR_3GPP)), Avp::base(258, Value::Number(APPLICATION))];
/// SIP-Authentication-Scheme of every vector.
const SCHEME: Avp<'static> = Avp::cx(608, Value::Text("Digest-AKAv1-MD5"));

type Avps<'a> = ArrayVec<Avp<'a>, 14>;

impl DiameterMessage {
    /// Writes the message as it stands on the wire.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        let realms =
            Realms { origin: realm(names.host(self.origin)), destination: realm(names.host(self.destination)) };
        let parts = Parts::new(self);
        let avps = self.avps(names, &realms, &parts);
        self.header(length(&avps, names) as u32, sink);
        avps.iter().for_each(|avp| avp.write(names, sink));
    }

    /// Its octets on the wire.
    pub fn wire_len(&self, names: &Names) -> u64 {
        let realms =
            Realms { origin: realm(names.host(self.origin)), destination: realm(names.host(self.destination)) };
        let parts = Parts::new(self);
        length(&self.avps(names, &realms, &parts), names)
    }

    fn header(&self, length: u32, sink: &mut impl Sink) {
        const VERSION: u32 = 1;
        let flags: u32 = if self.result.is_none() { 0xc0 } else { 0x40 };
        sink.bytes(&(VERSION << 24 | length).to_be_bytes());
        sink.bytes(&(flags << 24 | command_code(self.command)).to_be_bytes());
        sink.bytes(&APPLICATION.to_be_bytes());
        // Hop-by-Hop and End-to-End Identifier; the low half of a token tells apart what one node has pending.
        let low = self.transaction.raw() as u32;
        sink.bytes(&low.to_be_bytes());
        sink.bytes(&(low ^ (self.transaction.raw() >> 32) as u32).to_be_bytes());
    }

    fn avps<'a>(&self, names: &'a Names, realms: &Realms<'a>, parts: &'a Parts<'a>) -> Avps<'a> {
        let mut avps = Avps::new();
        avps.push(Avp::base(263, Value::Session(self.transaction.entity(), self.transaction.raw())));
        avps.push(Avp::base(260, Value::Group(&CX)));
        if let Some(result) = parts.result {
            avps.push(result);
        }
        // Auth-Session-State: no state maintained.
        avps.push(Avp::base(277, Value::Number(1)));
        avps.push(Avp::base(264, Value::Host(self.origin)));
        avps.push(Avp::base(296, Value::Text(realms.origin)));
        if self.result.is_none() {
            avps.push(Avp::base(293, Value::Host(self.destination)));
            avps.push(Avp::base(283, Value::Text(realms.destination)));
        }
        match self.result {
            None => self.request(names, &mut avps),
            Some(ResultCode::Success | ResultCode::FirstRegistration | ResultCode::SubsequentRegistration) => {
                self.answer(parts, &mut avps);
            }
            Some(ResultCode::UnregisteredService | ResultCode::UserUnknown | ResultCode::IdentityNotRegistered) => {}
        }
        avps
    }

    fn request<'a>(&self, names: &'a Names, avps: &mut Avps<'a>) {
        if self.command != Command::LocationInfo {
            avps.push(Avp::base(1, Value::PrivateIdentity(self.user)));
        }
        avps.push(Avp::cx(601, Value::PublicIdentity(self.user)));
        match self.command {
            Command::UserAuthorization => {
                avps.push(Avp::cx(600, Value::Text(names.domain(names.network_of(self.user)))));
                // User-Authorization-Type: registration.
                avps.push(Avp::cx(623, Value::Number(0)));
            }
            Command::MultimediaAuth => {
                avps.push(Avp::cx(612, Value::Group(const { &[SCHEME] })));
                avps.push(Avp::cx(607, Value::Number(1)));
            }
            Command::ServerAssignment => {
                avps.push(Avp::cx(614, Value::Number(assignment_code(self.assignment))));
                // User-Data-Already-Available: no.
                avps.push(Avp::cx(624, Value::Number(0)));
            }
            Command::LocationInfo => {}
        }
        if let Some(server) = self.server {
            avps.push(Avp::cx(602, Value::Server(server)));
        }
    }

    fn answer<'a>(&self, parts: &'a Parts<'a>, avps: &mut Avps<'a>) {
        match self.command {
            Command::UserAuthorization | Command::LocationInfo => match self.server {
                Some(server) => avps.push(Avp::cx(602, Value::Server(server))),
                // Server-Capabilities with one mandatory capability: the I-CSCF chooses.
                None => {
                    let capabilities: &[Avp<'_>] = const { &[Avp::cx(604, Value::Number(1))] };
                    avps.push(Avp::cx(603, Value::Group(capabilities)));
                }
            },
            Command::MultimediaAuth => {
                self.identities(avps);
                avps.push(Avp::cx(607, Value::Number(1)));
                avps.push(Avp::cx(612, Value::Group(&parts.vector)));
            }
            Command::ServerAssignment => {
                avps.push(Avp::base(1, Value::PrivateIdentity(self.user)));
                if wants_profile(self.assignment) {
                    avps.push(Avp::cx(606, Value::Profile(Profile(self.user))));
                }
            }
        }
    }

    fn identities(&self, avps: &mut Avps<'_>) {
        avps.push(Avp::base(1, Value::PrivateIdentity(self.user)));
        avps.push(Avp::cx(601, Value::PublicIdentity(self.user)));
    }
}

/// Octets of a message with these pairs.
fn length(avps: &[Avp<'_>], names: &Names) -> u64 {
    HEADER + avps.iter().map(|avp| avp.padded_len(names)).sum::<u64>()
}

/// The realms at both ends.
struct Realms<'a> {
    origin: &'a str,
    destination: &'a str,
}

/// Groups whose members depend on the message.
struct Parts<'a> {
    result: Option<Avp<'a>>,
    vector: [Avp<'a>; 6],
}

impl Parts<'_> {
    fn new(message: &DiameterMessage) -> Parts<'static> {
        let seed = message.transaction.raw();
        let vector = [
            Avp::cx(613, Value::Number(1)),
            SCHEME,
            // SIP-Authenticate (RAND and AUTN), SIP-Authorization (XRES), Confidentiality-Key, Integrity-Key.
            Avp::cx(609, Value::Key(seed, 4)),
            Avp::cx(610, Value::Key(seed ^ 1, 1)),
            Avp::cx(625, Value::Key(seed ^ 2, 2)),
            Avp::cx(626, Value::Key(seed ^ 3, 2)),
        ];
        Parts { result: message.result.map(result_avp), vector }
    }
}

/// Result-Code, or Experimental-Result with a code of 3GPP.
const fn result_avp(result: ResultCode) -> Avp<'static> {
    const fn experimental(members: &'static [Avp<'static>; 2]) -> Avp<'static> {
        Avp::base(297, Value::Group(members))
    }
    const fn members(code: u32) -> [Avp<'static>; 2] {
        [Avp::base(266, Value::Number(VENDOR_3GPP)), Avp::base(298, Value::Number(code))]
    }
    match result {
        ResultCode::Success => Avp::base(268, Value::Number(2001)),
        ResultCode::FirstRegistration => experimental(const { &members(2001) }),
        ResultCode::SubsequentRegistration => experimental(const { &members(2002) }),
        ResultCode::UnregisteredService => experimental(const { &members(2003) }),
        ResultCode::UserUnknown => experimental(const { &members(5001) }),
        ResultCode::IdentityNotRegistered => experimental(const { &members(5003) }),
    }
}

const fn command_code(command: Command) -> u32 {
    match command {
        Command::UserAuthorization => 300,
        Command::ServerAssignment => 301,
        Command::LocationInfo => 302,
        Command::MultimediaAuth => 303,
    }
}

/// Server-Assignment-Type; 0 is NO_ASSIGNMENT.
const fn assignment_code(assignment: Option<AssignmentType>) -> u32 {
    match assignment {
        None => 0,
        Some(AssignmentType::Registration) => 1,
        Some(AssignmentType::ReRegistration) => 2,
        Some(AssignmentType::UnregisteredUser) => 3,
        Some(AssignmentType::TimeoutDeregistration) => 4,
        Some(AssignmentType::UserDeregistration) => 5,
    }
}

/// Whether an answer carries the profile: the S-CSCF gets it with every assignment that leaves it in charge of the
/// user.
const fn wants_profile(assignment: Option<AssignmentType>) -> bool {
    match assignment {
        None
        | Some(AssignmentType::Registration | AssignmentType::ReRegistration | AssignmentType::UnregisteredUser) => {
            true
        }
        Some(AssignmentType::UserDeregistration | AssignmentType::TimeoutDeregistration) => false,
    }
}

/// The realm of a host: what follows its first label.
fn realm(host: &str) -> &str {
    host.split_once('.').map_or(host, |(_, realm)| realm)
}
