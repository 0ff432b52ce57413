//! The policies of the model file: every choice that the seeds leave open or argue about, by name, with its default.

pub use super::deferral_policies::*;
pub use super::push_sender::policies::{PushEvidence, PushFallback, PushGruu, PushKnowledge, PushPolicies};
use super::session::SessionPolicies;
use crate::kernel::{Distribution, Span};

/// What the PF does with a management INVITE that arrives while another of the same user is in service.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Overlap {
    /// Declines it with 480 (`decline480`).
    Decline480,
    /// Answers 100 and keeps it until the one before is complete (`hold`).
    Hold,
    /// Answers 200 at once; identifiers that are gone by its turn are ignored (`accept_ignore`).
    #[default]
    AcceptIgnore,
    /// Answers 200 at once; messages still in service are also delivered to this client (`merge`).
    Merge,
}

/// When the processing of a management INVITE counts as complete.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Completion {
    /// When the 200 is sent (`on_200`).
    On200,
    /// When the last delivery has been sent (`on_actions_sent`).
    OnActionsSent,
    /// When the last delivery has its final response (`on_last_final_response`).
    #[default]
    OnLastFinalResponse,
    /// When the BYE arrives and the deliveries are done (`on_bye`).
    OnBye,
}

/// When the PF starts the deliveries that a management INVITE asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum DeliveryStart {
    /// With the 200 (`on_200`).
    #[default]
    On200,
    /// When the ACK arrives (`on_ack`).
    OnAck,
    /// When the BYE arrives (`on_bye`).
    OnBye,
}

/// When the PF tests whether there is anything to manage.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum EmptyTest {
    /// When the INVITE's turn comes (`at_service`): a late one gets 488.
    #[default]
    AtService,
    /// When the INVITE arrives (`on_arrival`): a late one may get 200 and nothing.
    OnArrival,
}

/// Which messages "all" means when a management INVITE has no URI list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Snapshot {
    /// Those queued when the 200 is sent (`at_200`).
    #[default]
    At200,
    /// Whatever is queued each time the next one is taken (`at_dequeue`).
    AtDequeue,
}

/// Who sends the BYE of a management session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ByeSide {
    /// The client, right after its ACK (`client`).
    #[default]
    Client,
    /// The PF, when its processing is complete (`pf`).
    Pf,
}

/// What the size limit of a MESSAGE is compared with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum SizeBasis {
    /// The user's content alone (`content`).
    #[default]
    Content,
    /// The whole body, CPIM and MIME headers included (`body`).
    Body,
    /// The whole request (`request`).
    Request,
}

/// What the third-party REGISTER tells the PF.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ThirdPartyRegister {
    /// The user is registered; no client is known (`plain`).
    Plain,
    /// The REGISTER of the client is embedded in the body (`embedded`).
    #[default]
    Embedded,
}

/// What lets the PF send a notification about messages that are already queued.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NotifyOn {
    /// A further message is deferred (`new_deferral`).
    pub new_deferral: bool,
    /// A client registers anew (`new_registration`).
    pub new_registration: bool,
    /// A delivery failed (`failed_delivery`).
    pub failed_delivery: bool,
    /// `renotify_interval` is over and no client has acted (`timer`).
    pub timer: bool,
}

impl Default for NotifyOn {
    fn default() -> Self {
        NotifyOn { new_deferral: true, new_registration: true, failed_delivery: false, timer: false }
    }
}

/// What a client does after a management INVITE was declined with 480 or 503.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PullRetry {
    /// Gives up (`none`).
    #[default]
    None,
    /// Tries again after `pull_retry_interval` (`fixed`).
    Fixed,
    /// Tries again after `pull_retry_interval`, doubled at each attempt (`exponential`).
    Exponential,
    /// Tries again after the Retry-After of the response, and not without one (`retry_after`).
    RetryAfter,
}

/// What a client takes for the identity of a message when it looks for duplicates.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum DedupeKey {
    /// The imdn.Message-ID (`message_id`).
    #[default]
    MessageId,
    /// The Call-ID of the MESSAGE (`call_id`).
    CallId,
    /// Nothing: every copy is shown (`none`).
    None,
}

/// Who subscribes to the registration event package of a user.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct RegEventSubscribers {
    /// Each terminal (`terminal`).
    pub terminal: bool,
    /// The P-CSCF of each terminal (`p_cscf`).
    pub p_cscf: bool,
    /// The PF of the user's network (`pf`).
    pub pf: bool,
}

/// Who starts the delivery of deferred messages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Mode {
    /// The client, after a notification (`pull`).
    #[default]
    Pull,
    /// The PF, when a client registers (`push`).
    Push,
    /// The PF for messages up to `hybrid_threshold`, the client for larger ones (`hybrid`).
    Hybrid,
}

/// Where a push goes (RACE-12).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PushTarget {
    /// To the client that registered (`contact`).
    #[default]
    Contact,
    /// To the user's address, that is to all clients that the S-CSCF has then (`aor`).
    Aor,
}

/// The form of the CPMDeferredMsgMgmtURI.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ManagementUriForm {
    /// Provisioned and opaque: the S-CSCF finds the PF instance by the filter criteria (`opaque`).
    #[default]
    Opaque,
    /// With the host name of a PF instance, which the request then goes to (`hostname`).
    Hostname,
}

/// What the S-CSCF does with a request that its application server does not answer in time (the default handling of a
/// filter criterion, 3GPP TS 23.218).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum DefaultHandling {
    /// It goes on without the application server (`continue`).
    #[default]
    Continue,
    /// It answers 504 (`terminate`).
    Terminate,
}

/// What the S-CSCF does when a PF instance does not answer in time, before default handling.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PfFailover {
    /// Nothing (`none`).
    #[default]
    None,
    /// It asks the next PF instance of the network, once (`next_instance`).
    NextInstance,
}

/// How the PF learns of do-not-disturb rules.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum DndLearning {
    /// By a standing subscription to changes (`xcapdiff`).
    #[default]
    XcapDiff,
    /// By asking before each notification; a rule that is cleared meanwhile shows at the next occasion
    /// (`get_on_event`).
    GetOnEvent,
    /// The same, and while something waits, by asking again after each `dnd_poll_interval` (`poll`).
    Poll,
}

/// How the PF reaches devices whose clients are not registered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum OutOfBandBearer {
    /// Not at all (`none`).
    #[default]
    None,
    /// By short message (`sms`).
    Sms,
    /// By mail to the MMS server, which makes an MM of it (`mms`).
    Mms,
}

/// What the network has stored as the address of a device outside of CPM (POL-OOB-ADDR).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum OutOfBandAddress {
    /// An MSISDN (`msisdn`).
    #[default]
    Msisdn,
    /// A SIP address alone, at which nobody answers as long as the client is not registered (`sip`).
    Sip,
}

/// Which devices the PF tells out of band, of those whose MSISDN it knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum OutOfBandDevices {
    /// All of the user (`all`).
    #[default]
    All,
    /// The first (`first`).
    First,
}

/// The policies of a model (`[policies]`). Every field is the key of the same name.
#[derive(Clone, Debug, PartialEq)]
pub struct Policies {
    /// POL-OVERLAP, O-4. Default `accept_ignore`.
    pub overlap: Overlap,
    /// Retry-After of the 480 of `decline480`. Default none.
    pub decline_retry_after: Option<Span>,
    /// When a management INVITE is complete. Default `on_last_final_response`.
    pub completion: Completion,
    /// O-13. Default `on_200`.
    pub delivery_start: DeliveryStart,
    /// O-13. Default `at_service`.
    pub empty_test: EmptyTest,
    /// O-2. Default `at_200`.
    pub snapshot: Snapshot,
    /// POL-BYE. Default `client`.
    pub bye_side: ByeSide,
    /// Time the PF works on a management INVITE before its first delivery, in seconds. Default 0.
    pub pull_service_time: Distribution,
    /// Work of the PF before it tells a client that there is nothing to manage, seconds.
    pub empty_service_time: Distribution,
    /// O-5: the triggers, as a list of `new_deferral`, `new_registration`, `failed_delivery` and `timer`. Default the
    /// first two.
    pub notify_on: NotifyOn,
    /// RACE-8: whether notifications wait while a management INVITE of the user is in service. Default false.
    pub suppress_notification_in_service: bool,
    /// What the size limit is compared with. Default `content`.
    pub size_basis: SizeBasis,
    /// A MESSAGE above this goes over TCP, a notification is split at it; in octets. Default 1300.
    pub size_limit: u32,
    /// O-12: MESSAGE requests that may be pending to one client at a time. Default 1 (RFC 3428 section 8).
    pub serial_window: u32,
    /// What the PF learns from the third-party REGISTER. Default `embedded`.
    pub third_party_register: ThirdPartyRegister,
    /// Whether the PF is told by a third-party REGISTER when a binding expires. Default true.
    pub third_party_register_on_expiry: bool,
    /// Who subscribes to reg-event, as a list of `terminal`, `p_cscf`, `pf`. Default nobody.
    pub reg_event: RegEventSubscribers,
    /// Least time between two notifications of one reg-event subscription (RFC 3680 section 4.10). Default 5 s.
    pub reg_event_interval: Span,
    /// Expires of a reg-event subscription. Default 3761 s.
    pub reg_event_expires: Span,
    /// Longest registration that the S-CSCF grants. Default 600000 s.
    pub registration_expires_max: Span,
    /// A terminal refreshes this long before expiry when its registration lasts over twice as long, else at half.
    /// Default 600 s.
    pub registration_refresh_lead: Span,
    /// Whether a re-REGISTER inside the security association is challenged again. Default false.
    pub challenge_refresh: bool,
    /// What a client does after 480 or 503 to its management INVITE. Default `none`.
    pub pull_retry: PullRetry,
    /// First retry interval. Default 5 s.
    pub pull_retry_interval: Span,
    /// Attempts after the first. Default 3.
    pub pull_retry_max: u32,
    /// What a client de-duplicates by. Default `message_id`.
    pub dedupe_key: DedupeKey,
    /// Whether a proxy or server answers an INVITE with 100 at once. Default true.
    pub trying: bool,
    /// Bearer of out-of-band notifications. Default `none`.
    pub oob_bearer: OutOfBandBearer,
    /// POL-OOB-SET. Default `all`.
    pub oob_devices: OutOfBandDevices,
    /// POL-OOB-CONTENT. Default `summary`.
    pub oob_content: NotificationContent,
    /// Octets of an out-of-band notification without metadata of messages. Default 100.
    pub oob_octets: u32,
    /// A Cx query without an answer has failed after this. Default 5 s.
    pub cx_timeout: Span,
    /// What becomes of deferred messages; the keys stand in `[policies]` like those above.
    pub deferral: DeferralPolicies,
    /// Sessions and their user plane.
    pub session: SessionPolicies,
    /// An application server that has neither answered a request other than INVITE nor sent it back after this is
    /// passed over. Default none: never.
    pub as_timeout: Option<Span>,
    /// The same for INVITE.
    pub as_timeout_invite: Option<Span>,
    /// Default handling of requests from the served user. Default `continue`.
    pub default_handling_originating: DefaultHandling,
    /// Default handling of requests to the served user. Default `continue`.
    pub default_handling_terminating: DefaultHandling,
    /// Whether another PF instance steps in for one that does not answer in time. Default `none`.
    pub pf_failover: PfFailover,
    /// Who starts the delivery of deferred messages. Default `pull`.
    pub mode: Mode,
    /// RACE-12. Default `contact`.
    pub push_target: PushTarget,
    /// Largest content that hybrid pushes, in octets. Default 300.
    pub hybrid_threshold: u32,
    /// What hybrid has notified and nobody has pulled is pushed after this. Default none: never.
    pub hybrid_fallback: Option<Span>,
    /// POL-URI. Default `opaque`.
    pub management_uri: ManagementUriForm,
    /// How the PF learns of do-not-disturb rules. Default `xcapdiff`.
    pub dnd_learning: DndLearning,
    /// Time between two questions about a user whose notification waits, in `poll`. Default 60 s.
    pub dnd_poll_interval: Span,
    /// Whether a message to a user with the rule is deferred though a client could take it. Default true.
    pub dnd_defers: bool,
    /// An XCAP request without an answer has failed after this. Default 5 s.
    pub xcap_timeout: Span,
    /// Pushes: the keys `push_…`.
    pub push: PushPolicies,
}

impl Default for Policies {
    fn default() -> Self {
        Policies {
            overlap: Overlap::default(),
            decline_retry_after: None,
            completion: Completion::default(),
            delivery_start: DeliveryStart::default(),
            empty_test: EmptyTest::default(),
            snapshot: Snapshot::default(),
            bye_side: ByeSide::default(),
            pull_service_time: Distribution::Constant(0.0),
            empty_service_time: Distribution::Constant(0.0),
            notify_on: NotifyOn::default(),
            suppress_notification_in_service: false,
            size_basis: SizeBasis::default(),
            size_limit: 1300,
            serial_window: 1,
            third_party_register: ThirdPartyRegister::default(),
            third_party_register_on_expiry: true,
            reg_event: RegEventSubscribers::default(),
            reg_event_interval: Span::from_secs(5),
            reg_event_expires: Span::from_secs(3761),
            registration_expires_max: Span::from_secs(600_000),
            registration_refresh_lead: Span::from_secs(600),
            challenge_refresh: false,
            pull_retry: PullRetry::default(),
            pull_retry_interval: Span::from_secs(5),
            pull_retry_max: 3,
            dedupe_key: DedupeKey::default(),
            trying: true,
            oob_bearer: OutOfBandBearer::default(),
            oob_devices: OutOfBandDevices::default(),
            oob_content: NotificationContent::Summary,
            oob_octets: 100,
            cx_timeout: Span::from_secs(5),
            deferral: DeferralPolicies::default(),
            session: SessionPolicies::default(),
            as_timeout: None,
            as_timeout_invite: None,
            default_handling_originating: DefaultHandling::default(),
            default_handling_terminating: DefaultHandling::default(),
            pf_failover: PfFailover::default(),
            mode: Mode::default(),
            push_target: PushTarget::default(),
            hybrid_threshold: 300,
            hybrid_fallback: None,
            management_uri: ManagementUriForm::default(),
            dnd_learning: DndLearning::default(),
            dnd_poll_interval: Span::from_secs(60),
            dnd_defers: true,
            xcap_timeout: Span::from_secs(5),
            push: PushPolicies::default(),
        }
    }
}
