//! The policies of deferred messages: what becomes of them, who is told how, what is reported. Part of `[policies]`.

use crate::kernel::{Distribution, Span};
use crate::wire::sip::body::CpmAction;

/// What is done with a message that expired, or whose deliveries failed too often.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ExpiryAction {
    /// It is discarded (`discard`).
    #[default]
    Discard,
    /// It goes to the message store of its user (`store`).
    Store,
    /// It goes to the interworking selection (`interwork`).
    Interwork,
}

/// What is done with a message for a user whose queue is full.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum QueueOverflow {
    /// Its sender gets 480 (`refuse`).
    #[default]
    Refuse,
    /// The oldest message that no client has asked for is discarded; without one, as `refuse` (`drop_oldest`).
    DropOldest,
}

/// From when on a message that a client asked for is safe from expiry and from the instructions of other clients.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum MessageLock {
    /// From the turn of the management INVITE on (`at_200`).
    #[default]
    At200,
    /// From the moment its delivery is sent (`at_send`).
    AtSend,
    /// Never (`none`).
    None,
}

/// Which clients get a message that one of them asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum DeliverTo {
    /// The one that asked (`requester`).
    #[default]
    Requester,
    /// Every suitable one beside it (`all_suitable`).
    AllSuitable,
}

/// What is done with a second management INVITE of the same client while its first is in service.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum SameClient {
    /// What `overlap` says (`overlap`).
    #[default]
    Overlap,
    /// 480 (`decline480`).
    Decline480,
}

/// How RFC 5366 is kept by a management INVITE with a URI list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum RecipientListInvite {
    /// The client requires the option tag and the PF knows it (`required`).
    #[default]
    Required,
    /// The client leaves the option tag out, as the seed does (`omitted`).
    Omitted,
    /// The client requires it and the PF does not know it: 420 (`unsupported`).
    Unsupported,
}

/// What a client makes of a 488 to its management INVITE.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum On488 {
    /// It reads the text "125 No messages" and stops (`stop`).
    #[default]
    Stop,
    /// It ignores the text, as RFC 3261 section 20.43 wants it, and tries once more with other SDP (`retry`).
    Retry,
}

/// Which clients are suitable for a notification.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Suitability {
    /// Those that can take a message that it is about (`strict`).
    #[default]
    Strict,
    /// Every registered one (`relaxed`): its user decides what becomes of what it cannot take.
    Relaxed,
}

/// For whom the PF decides how to notify.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum NotifyTarget {
    /// For each registered client (`per_client`).
    #[default]
    PerClient,
    /// Once for the user: the suitable client that registered last is told (`per_user`).
    PerUser,
}

/// What a notification says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum NotificationContent {
    /// Metadata of every message (`full`).
    #[default]
    Full,
    /// The number of messages alone (`summary`).
    Summary,
}

/// What the PF of a user does with disposition notifications of several clients of the user about one message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ImdnSuppression {
    /// Passes all on (`none`).
    #[default]
    None,
    /// Passes the first on and answers the others itself (`first`).
    First,
    /// Answers all itself and sends one of its own after `imdn_aggregate_time` (`aggregate`).
    Aggregate,
}

/// When a client reports a large message as delivered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ReportAt {
    /// When it has the content, and its sender asked for it (`content`).
    #[default]
    Content,
    /// When it is invited, before the user has accepted (`invitation`), as a deployed client does. The invitation
    /// does not say whether a report is wanted, so it is taken to be.
    Invitation,
}

/// What a client does with the media plane of its management session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ManagementMedia {
    /// Nothing: it is offered, answered and never used, as the seed has it (`none`).
    #[default]
    None,
    /// As the active end it opens the connection and sends a SEND without content at once (`msrp_bind`, RFC 4975
    /// section 5.4).
    MsrpBind,
}

/// The policies of deferred messages. Every field is the key of the same name in `[policies]`.
#[derive(Clone, Debug, PartialEq)]
pub struct DeferralPolicies {
    /// Longest life of a deferred message; a sender's Expires can only shorten it. Default none.
    pub expiry_max: Option<Span>,
    /// Whether clients are told of an expiry. Default false.
    pub expiry_notification: bool,
    /// Time from the notification of the expiry to what `expiry_action` says, in which clients can still act. Default
    /// 0.
    pub expiry_grace: Span,
    /// Default `discard`.
    pub expiry_action: ExpiryAction,
    /// O-3: failed deliveries after which a message is treated as expired. Default none.
    pub delivery_attempts_max: Option<u32>,
    /// Most messages that may wait for one user. Default none.
    pub queue_limit: Option<u32>,
    /// Default `refuse`.
    pub queue_overflow: QueueOverflow,
    /// O-7: the order in which the instructions of one request are worked off. Default the seed's: delete, interwork,
    /// store, deliver.
    pub instruction_order: [CpmAction; 4],
    /// O-9, races 2 and 22. Default `at_200`.
    pub message_lock: MessageLock,
    /// O-1. Default `requester`.
    pub deliver_to: DeliverTo,
    /// O-8. Default `overlap`.
    pub same_client: SameClient,
    /// O-11. Default `required`.
    pub recipient_list_invite: RecipientListInvite,
    /// O-10. Default `stop`.
    pub on_488: On488,
    /// O-5: interval of the trigger `timer`. Default 1 h.
    pub renotify_interval: Span,
    /// POL-SUIT. Default `strict`.
    pub suitability: Suitability,
    /// POL-NOTIFY-CLIENT. Default `per_client`.
    pub notify_target: NotifyTarget,
    /// POL-INBAND-CONTENT. Default `full`.
    pub in_band_content: NotificationContent,
    /// CPM-PF-6: whether clients of roaming devices are left alone. Default false.
    pub pause_while_roaming: bool,
    /// CPM-PF-15: whether a positive report tells the sender of a stored message that it was delivered. Default true.
    pub stored_counts_as_delivered: bool,
    /// O-6: whether a client that registers after its user's devices were told out of band is told in band as well.
    /// Default true.
    pub in_band_after_out_of_band: bool,
    /// CPM-C-8. Default `none`.
    pub management_media: ManagementMedia,
    /// RACE-15. Default `content`.
    pub report_at: ReportAt,
    /// RACE-16. Default `none`.
    pub imdn_suppression: ImdnSuppression,
    /// Default 10 s.
    pub imdn_aggregate_time: Span,
    /// Time that the far side of the interworking takes, in seconds. Default 5 s.
    pub interworking_delay: Distribution,
    /// Share of messages that the far side of the interworking cannot deliver. Default 0.
    pub interworking_failures: f64,
}

/// The order of the steps of seed 004.
pub const SEED_ORDER: [CpmAction; 4] = [CpmAction::Delete, CpmAction::Interwork, CpmAction::Store, CpmAction::Deliver];

impl Default for DeferralPolicies {
    fn default() -> Self {
        DeferralPolicies {
            expiry_max: None,
            expiry_notification: false,
            expiry_grace: Span::ZERO,
            expiry_action: ExpiryAction::default(),
            delivery_attempts_max: None,
            queue_limit: None,
            queue_overflow: QueueOverflow::default(),
            instruction_order: SEED_ORDER,
            message_lock: MessageLock::default(),
            deliver_to: DeliverTo::default(),
            same_client: SameClient::default(),
            recipient_list_invite: RecipientListInvite::default(),
            on_488: On488::default(),
            renotify_interval: Span::from_secs(3600),
            suitability: Suitability::default(),
            notify_target: NotifyTarget::default(),
            in_band_content: NotificationContent::default(),
            pause_while_roaming: false,
            stored_counts_as_delivered: true,
            in_band_after_out_of_band: true,
            management_media: ManagementMedia::default(),
            report_at: ReportAt::default(),
            imdn_suppression: ImdnSuppression::default(),
            imdn_aggregate_time: Span::from_secs(10),
            interworking_delay: Distribution::Constant(5.0),
            interworking_failures: 0.0,
        }
    }
}
