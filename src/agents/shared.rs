//! What is fixed for a run and every agent may read: names, policies, SIP settings, random streams, and the directory
//! of who serves whom (what DNS, provisioning and configuration tell real nodes).

use super::messaging::MessagingSettings;
use super::outbox::Context;
use super::policies::{ManagementUriForm, OutOfBandAddress, Policies, SizeBasis};
use super::procedure::ReferencePoint;
use super::push_sender::{Interests, PushOrder};
use super::session::SessionProfile;
use super::settings::{SipSettings, Transport};
use crate::kernel::{Distribution, EntityId, Span, Streams};
use crate::protocol::sip::TimerValues;
use crate::wire::sip::body::CpmAction;
use crate::wire::sip::{Body, FeatureTags, ManagementUri, Method, SipMessage, Uri};
use crate::wire::{Names, NetworkId, Protocol, Token, UserId};

/// The function of a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// `p_cscf`
    PCscf,
    /// `i_cscf`
    ICscf,
    /// `s_cscf`
    SCscf,
    /// `hss`
    Hss,
    /// `pf`, the CPM Participating Function
    Pf,
    /// `message_store`, the Message Storage Server
    MessageStore,
    /// `isf`, the Interworking Selection Function with its far side
    Isf,
    /// `xdms`, the XML Document Management Server with the users' rules
    Xdms,
    /// `mem_server`, the server of mailboxes
    MemServer,
    /// `mms_server`, MTA and MMS relay/server
    MmsServer,
    /// `smsc`, the short message service centre
    Smsc,
    /// `hlr`, the home location register
    Hlr,
    /// `msc`, the mobile switching centre
    Msc,
    /// `ip_sm_gw`, the IP short message gateway
    IpSmGw,
    /// `msrp_relay`, which user planes to the terminals of its network go over
    MsrpRelay,
    /// `source` of datagrams or of plain SIP transactions
    Source,
    /// `sink` of datagrams, answers plain SIP transactions
    Sink,
    /// `relay` of datagrams: a station that passes them on along their path
    Relay,
    /// `proxy`, a transaction-stateful SIP proxy that follows the Route header
    Proxy,
    /// `router`: moves packets between links without a station
    Router,
    /// `http_server`, a content server
    HttpServer,
    /// `push_sender`, a Push Sender Agent: an application server that delivers content
    PushSender,
}

impl Role {
    /// What diagrams call it: the abbreviation of the specifications where there is one.
    pub const fn function(self) -> &'static str {
        match self {
            Role::PCscf => "P-CSCF",
            Role::ICscf => "I-CSCF",
            Role::SCscf => "S-CSCF",
            Role::Hss => "HSS",
            Role::Pf => "CPM PF",
            Role::MessageStore => "message store",
            Role::Isf => "ISF",
            Role::Xdms => "XDMS",
            Role::MemServer => "MEM server",
            Role::MmsServer => "MMS server",
            Role::Smsc => "SMSC",
            Role::Hlr => "HLR",
            Role::Msc => "MSC",
            Role::IpSmGw => "IP-SM-GW",
            Role::MsrpRelay => "MSRP relay",
            Role::Source => "source",
            Role::Sink => "sink",
            Role::Relay => "relay",
            Role::Proxy => "SIP proxy",
            Role::Router => "router",
            Role::HttpServer => "content server",
            Role::PushSender => "Push Sender Agent",
        }
    }
}

/// A device profile as its terminal and the PF know it.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// Feature tags that it registers.
    pub features: FeatureTags,
    /// Largest pager content that it takes, octets.
    pub max_content: Option<u32>,
    /// Reaction time to a notification, seconds; `None` never pulls.
    pub think_time: Option<Distribution>,
    /// Whether its pulls list the notified entries.
    pub pull_listed: bool,
    /// What a listing pull wants done with an entry, as a position in [`WISHES`].
    pub pull_actions: Distribution,
    /// The same for an entry that the device cannot take.
    pub pull_unsuitable: Wish,
    /// Time it takes to answer a request, seconds.
    pub answer_delay: Distribution,
    /// Whether the CPMDeferredMsgMgmtURI is provisioned.
    // req-not-modelled: CPM-F-2, CPM-F-11 a client has its parameters from the start: there is no bootstrap to secure
    // req-not-modelled: CPM-F-3, CPM-F-4, CPM-F-6 names in the provisioned document that no procedure reads
    // req-not-modelled: CPM-F-7, CPM-F-8 there are no groups and no Controlling Function
    // req: CPM-F-1, CPM-F-10
    pub provisioned: bool,
    /// Whether it is in a visited network.
    pub roaming: bool,
    /// What the PF knows it by outside of CPM.
    pub oob_address: OutOfBandAddress,
    /// What it takes by sessions.
    pub sessions: SessionProfile,
}

/// What a client wants done with a deferred message; `None` leaves it.
pub type Wish = Option<CpmAction>;

/// Every wish.
pub const WISHES: [Wish; 5] =
    [Some(CpmAction::Deliver), Some(CpmAction::Delete), Some(CpmAction::Interwork), Some(CpmAction::Store), None];

/// Node instances of one home network by role.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HomeNodes {
    /// P-CSCFs.
    pub p_cscf: Vec<EntityId>,
    /// I-CSCFs.
    pub i_cscf: Vec<EntityId>,
    /// S-CSCFs.
    pub s_cscf: Vec<EntityId>,
    /// HSSs.
    pub hss: Vec<EntityId>,
    /// PFs.
    pub pf: Vec<EntityId>,
    /// Message Storage Servers.
    pub message_store: Vec<EntityId>,
    /// Interworking Selection Functions.
    pub isf: Vec<EntityId>,
    /// Push senders.
    pub push_sender: Vec<EntityId>,
    /// Content servers.
    pub http_server: Vec<EntityId>,
    /// XDMSs; none where do-not-disturb is not modelled.
    pub xdms: Vec<EntityId>,
    /// MEM servers.
    pub mem_server: Vec<EntityId>,
    /// MMS servers.
    pub mms_server: Vec<EntityId>,
    /// SMSCs.
    pub smsc: Vec<EntityId>,
    /// HLRs.
    pub hlr: Vec<EntityId>,
    /// MSCs.
    pub msc: Vec<EntityId>,
    /// IP-SM-GWs.
    pub ip_sm_gw: Vec<EntityId>,
    /// MSRP relays.
    pub msrp_relay: Vec<EntityId>,
}

/// Who serves whom. An instance is chosen by the number of the user or terminal.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// Role of each node instance, by entity index; terminals follow.
    pub roles: Vec<Role>,
    /// Nodes of each home network.
    pub homes: Vec<HomeNodes>,
    /// Device profiles.
    pub devices: Vec<Device>,
    /// Per group of users: the device of each terminal of a user, in the order of [`Names`]' groups.
    pub group_devices: Vec<Vec<u16>>,
    /// Per group: Expires that its terminals ask for.
    pub group_expires: Vec<Span>,
    /// Per group: the push sender that its terminals subscribe to, by its instances.
    pub group_subscription: Vec<Vec<EntityId>>,
    /// Per group: the features that its terminals can lose.
    pub group_capability: Vec<FeatureTags>,
    /// Per group: what its users are interested in.
    pub group_interests: Vec<Interests>,
}

fn pick(instances: &[EntityId], number: u32) -> Option<EntityId> {
    let count = u32::try_from(instances.len()).ok().filter(|count| *count > 0)?;
    Some(instances[(number % count) as usize])
}

/// What is fixed for a run.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Names on the wire.
    pub names: Names,
    /// Who serves whom.
    pub directory: Directory,
    /// Policies.
    pub policies: Policies,
    /// SIP transport and timers.
    pub sip: SipSettings,
    /// Mailbox notifications, multimedia and short messages.
    pub messaging: MessagingSettings,
    /// Random streams.
    pub streams: Streams,
    /// Names of the classes: one per workload, then one per user group, then `script`.
    pub classes: Vec<String>,
    /// Plain workloads of sources and sinks, by workload index.
    pub plain: Vec<Option<super::plain::PlainWorkload>>,
    /// What push senders are asked for: by workloads, then by steps of the script, each in file order.
    pub pushes: Vec<PushOrder>,
}

impl Shared {
    /// The role of a node, `None` for a terminal.
    pub fn role(&self, entity: EntityId) -> Option<Role> {
        self.directory.roles.get(entity.index()).copied()
    }

    /// Name of a class.
    pub fn class_name(&self, class: u16) -> &str {
        &self.classes[usize::from(class)]
    }

    /// Nodes of the home network of a user.
    pub fn home(&self, network: NetworkId) -> &HomeNodes {
        &self.directory.homes[usize::from(network.0)]
    }

    fn home_of(&self, user: UserId) -> &HomeNodes {
        self.home(self.names.network_of(user))
    }

    /// The S-CSCF that serves a user.
    pub fn s_cscf_of(&self, user: UserId) -> Option<EntityId> {
        pick(&self.home_of(user).s_cscf, user.0)
    }

    /// The I-CSCF that requests for a user enter by.
    pub fn i_cscf_of(&self, user: UserId) -> Option<EntityId> {
        pick(&self.home_of(user).i_cscf, user.0)
    }

    /// The HSS of a user.
    pub fn hss_of(&self, user: UserId) -> Option<EntityId> {
        pick(&self.home_of(user).hss, user.0)
    }

    /// The PF that serves a user.
    pub fn pf_of(&self, user: UserId) -> Option<EntityId> {
        pick(&self.home_of(user).pf, user.0)
    }

    /// The message store of a user.
    // req: CPM-F-9
    pub fn message_store_of(&self, user: UserId) -> Option<EntityId> {
        pick(&self.home_of(user).message_store, user.0)
    }

    /// The interworking selection of a user.
    pub fn isf_of(&self, user: UserId) -> Option<EntityId> {
        pick(&self.home_of(user).isf, user.0)
    }

    /// The CPMDeferredMsgMgmtURI of a user, by the form that the policy says; `pf` is the instance that it names.
    // req: POL-URI
    pub fn management_uri(&self, user: UserId, pf: Option<EntityId>) -> Uri {
        let opaque = ManagementUri::Opaque(self.names.network_of(user));
        Uri::DeferredManagement(match (self.policies.management_uri, pf) {
            (ManagementUriForm::Hostname, Some(pf)) => ManagementUri::Hostname(pf),
            (ManagementUriForm::Hostname, None) | (ManagementUriForm::Opaque, _) => opaque,
        })
    }

    /// The PF instance that steps in for the one of a user.
    pub fn next_pf_of(&self, user: UserId) -> Option<EntityId> {
        let all = &self.home_of(user).pf;
        if all.len() > 1 { pick(all, user.0 % all.len() as u32 + 1) } else { None }
    }

    /// The XDMS that has the rules of a user.
    pub fn xdms_of(&self, user: UserId) -> Option<EntityId> {
        pick(&self.home_of(user).xdms, user.0)
    }

    /// The XDMSs of the home network that a PF belongs to.
    pub fn xdms_beside(&self, pf: EntityId) -> &[EntityId] {
        let home = self.directory.homes.iter().find(|home| home.pf.contains(&pf));
        home.map_or(&[], |home| &home.xdms)
    }

    /// The P-CSCF of a terminal, in its home network.
    pub fn p_cscf_of(&self, terminal: EntityId) -> Option<EntityId> {
        let (user, _) = self.names.terminal_owner(terminal);
        pick(&self.home_of(user).p_cscf, terminal.0)
    }

    fn home_of_terminal(&self, terminal: EntityId) -> &HomeNodes {
        self.home_of(self.names.terminal_owner(terminal).0)
    }

    /// The MEM server of a user.
    pub fn mem_server_of(&self, user: UserId) -> Option<EntityId> {
        pick(&self.home_of(user).mem_server, user.0)
    }

    /// The MMS server of a terminal.
    pub fn mms_server_of(&self, terminal: EntityId) -> Option<EntityId> {
        pick(&self.home_of_terminal(terminal).mms_server, terminal.0)
    }

    /// The service centre that takes short messages to a terminal.
    pub fn smsc_of(&self, terminal: EntityId) -> Option<EntityId> {
        pick(&self.home_of_terminal(terminal).smsc, terminal.0)
    }

    /// The HLR of a terminal.
    pub fn hlr_of(&self, terminal: EntityId) -> Option<EntityId> {
        pick(&self.home_of_terminal(terminal).hlr, terminal.0)
    }

    /// The MSC of a terminal.
    pub fn msc_of(&self, terminal: EntityId) -> Option<EntityId> {
        pick(&self.home_of_terminal(terminal).msc, terminal.0)
    }

    /// The IP-SM-GW of a terminal.
    pub fn ip_sm_gw_of(&self, terminal: EntityId) -> Option<EntityId> {
        pick(&self.home_of_terminal(terminal).ip_sm_gw, terminal.0)
    }

    /// The MSRP relay of a terminal.
    pub fn msrp_relay_of(&self, terminal: EntityId) -> Option<EntityId> {
        pick(&self.home_of_terminal(terminal).msrp_relay, terminal.0)
    }

    /// The device of a terminal.
    pub fn device_of(&self, terminal: EntityId) -> &Device {
        let (group, number) = self.names.terminal_group(terminal);
        &self.directory.devices[usize::from(self.directory.group_devices[group][number as usize])]
    }

    /// What an end of a session takes: a terminal by its device, a server everything.
    pub fn session_profile(&self, entity: EntityId) -> &SessionProfile {
        static SERVER: SessionProfile = SessionProfile::WILLING;
        if self.role(entity).is_some() { &SERVER } else { &self.device_of(entity).sessions }
    }

    /// The Expires that a terminal asks for.
    pub fn expires_of(&self, terminal: EntityId) -> Span {
        let (group, _) = self.names.terminal_group(terminal);
        self.directory.group_expires[group]
    }

    /// The content server that has content for a user.
    pub fn http_server_of(&self, user: UserId) -> Option<EntityId> {
        pick(&self.home_of(user).http_server, user.0)
    }

    /// The push sender that a user's terminals subscribe to, where they do; else one of the network.
    pub fn push_sender_of(&self, user: UserId) -> Option<EntityId> {
        let (terminal, _) = self.names.terminals_of(user);
        let (group, _) = self.names.terminal_group(terminal);
        let of_group = pick(&self.directory.group_subscription[group], user.0);
        of_group.or_else(|| pick(&self.home_of(user).push_sender, user.0))
    }

    /// Whether a terminal subscribes to content once it is registered.
    pub fn subscribes_to_content(&self, terminal: EntityId) -> bool {
        let (group, _) = self.names.terminal_group(terminal);
        !self.directory.group_subscription[group].is_empty()
    }

    /// The features that a terminal can lose.
    pub fn losable_features(&self, terminal: EntityId) -> FeatureTags {
        let (group, _) = self.names.terminal_group(terminal);
        self.directory.group_capability[group]
    }

    /// What a user is interested in.
    pub fn interests_of(&self, user: UserId) -> Interests {
        let (terminal, _) = self.names.terminals_of(user);
        let (group, _) = self.names.terminal_group(terminal);
        self.directory.group_interests[group]
    }

    /// Whether a node is an application server on ISC.
    pub fn is_application_server(&self, entity: EntityId) -> bool {
        matches!(self.role(entity), Some(Role::Pf | Role::PushSender | Role::MemServer | Role::IpSmGw))
    }

    /// The class of what a terminal does of its own accord: its user group.
    pub fn class_of_terminal(&self, terminal: EntityId) -> u16 {
        let (group, _) = self.names.terminal_group(terminal);
        (self.plain.len() + group) as u16
    }

    /// The reference point that a message of a protocol crosses between two entities.
    pub fn reference_point(&self, from: EntityId, to: EntityId, protocol: Protocol) -> ReferencePoint {
        match protocol {
            Protocol::Sip | Protocol::Diameter | Protocol::Datagram => self.signalling_reference_point(from, to),
            Protocol::Msrp => ReferencePoint::Msrp,
            Protocol::Imap if self.is_message_store(from) || self.is_message_store(to) => ReferencePoint::Mss,
            Protocol::Http | Protocol::Imap => ReferencePoint::Http,
            Protocol::Xcap if self.role(from).is_none() || self.role(to).is_none() => ReferencePoint::Ut,
            Protocol::Xcap => ReferencePoint::Xdm,
            Protocol::Smtp => ReferencePoint::Me3,
            Protocol::Mms => ReferencePoint::Mm1,
            Protocol::Smpp => ReferencePoint::Smpp,
            Protocol::Map => ReferencePoint::Map,
            Protocol::Sms => ReferencePoint::Radio,
        }
    }

    fn is_message_store(&self, entity: EntityId) -> bool {
        self.role(entity) == Some(Role::MessageStore)
    }

    fn signalling_reference_point(&self, from: EntityId, to: EntityId) -> ReferencePoint {
        let (Some(from), Some(to)) = (self.role(from), self.role(to)) else { return ReferencePoint::Gm };
        let is_cscf = |role| matches!(role, Role::PCscf | Role::ICscf | Role::SCscf);
        let is_server = |role| matches!(role, Role::Pf | Role::PushSender | Role::MemServer | Role::IpSmGw);
        if from == Role::Xdms || to == Role::Xdms {
            ReferencePoint::Xdm
        } else if from == Role::Hss || to == Role::Hss {
            ReferencePoint::Cx
        } else if from == Role::Isf || to == Role::Isf {
            ReferencePoint::Isf
        } else if is_server(from) || is_server(to) {
            ReferencePoint::Isc
        } else if is_cscf(from) && is_cscf(to) {
            ReferencePoint::Mw
        } else {
            ReferencePoint::Plain
        }
    }

    /// The SIP timers of a hop.
    pub fn timers(&self, a: EntityId, b: EntityId) -> TimerValues {
        if self.names.is_terminal(a) || self.names.is_terminal(b) {
            self.sip.access_timers
        } else {
            self.sip.core_timers
        }
    }

    /// Whether a message between two entities goes over TCP: by the transport of the hop, or because a request exceeds
    /// the size limit on the policy's basis (RFC 3261 section 18.1.1).
    pub fn over_tcp(&self, from: EntityId, to: EntityId, message: &SipMessage) -> bool {
        let access = self.names.is_terminal(from) || self.names.is_terminal(to);
        let transport = if access { self.sip.access_transport } else { self.sip.core_transport };
        transport == Transport::Tcp || message.is_request() && self.exceeds_limit(message)
    }

    fn exceeds_limit(&self, message: &SipMessage) -> bool {
        let limit = u64::from(self.policies.size_limit);
        // What users are sent travels in a MESSAGE, or in the NOTIFY of a push.
        let carries = message.method() == Method::Message || matches!(message.body, Body::Push(_));
        match self.policies.size_basis {
            SizeBasis::Content => carries && message.body.content_len(&self.names) > limit,
            SizeBasis::Body => carries && message.body.len(&self.names) > limit,
            SizeBasis::Request => message.wire_len(&self.names) > limit,
        }
    }
}

/// The number of the temporary GRUUs of all registrations with one Call-ID; another Call-ID makes them void (RFC 5627
/// section 5.3).
// req: MT-12
pub fn gruu_number(call_id: Token) -> u32 {
    call_id.counter() as u32
}

impl Context<'_> {
    /// The policies.
    pub fn policies(&self) -> &Policies {
        &self.shared.policies
    }
}
