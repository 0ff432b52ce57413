//! The keys of `[policies]` about deferred messages.

use super::decode::{Cursor, Fields};
use super::distribution::{Place, distribution};
use super::error::Result;
use crate::agents::deferral_policies::*;
use crate::wire::sip::body::CpmAction;

/// Names of [`ExpiryAction`].
pub const EXPIRY_ACTION: [(&str, ExpiryAction); 3] =
    [("discard", ExpiryAction::Discard), ("store", ExpiryAction::Store), ("interwork", ExpiryAction::Interwork)];
/// Names of [`QueueOverflow`].
pub const QUEUE_OVERFLOW: [(&str, QueueOverflow); 2] =
    [("refuse", QueueOverflow::Refuse), ("drop_oldest", QueueOverflow::DropOldest)];
/// Names of [`MessageLock`].
pub const MESSAGE_LOCK: [(&str, MessageLock); 3] =
    [("at_200", MessageLock::At200), ("at_send", MessageLock::AtSend), ("none", MessageLock::None)];
/// Names of [`DeliverTo`].
pub const DELIVER_TO: [(&str, DeliverTo); 2] =
    [("requester", DeliverTo::Requester), ("all_suitable", DeliverTo::AllSuitable)];
/// Names of [`SameClient`].
pub const SAME_CLIENT: [(&str, SameClient); 2] =
    [("overlap", SameClient::Overlap), ("decline480", SameClient::Decline480)];
/// Names of [`RecipientListInvite`].
pub const RECIPIENT_LIST_INVITE: [(&str, RecipientListInvite); 3] = [
    ("required", RecipientListInvite::Required),
    ("omitted", RecipientListInvite::Omitted),
    ("unsupported", RecipientListInvite::Unsupported),
];
/// Names of [`On488`].
pub const ON_488: [(&str, On488); 2] = [("stop", On488::Stop), ("retry", On488::Retry)];
/// Names of [`Suitability`].
pub const SUITABILITY: [(&str, Suitability); 2] = [("strict", Suitability::Strict), ("relaxed", Suitability::Relaxed)];
/// Names of [`NotifyTarget`].
pub const NOTIFY_TARGET: [(&str, NotifyTarget); 2] =
    [("per_client", NotifyTarget::PerClient), ("per_user", NotifyTarget::PerUser)];
/// Names of [`NotificationContent`].
pub const CONTENT: [(&str, NotificationContent); 2] =
    [("full", NotificationContent::Full), ("summary", NotificationContent::Summary)];
/// Names of [`ManagementMedia`].
pub const MANAGEMENT_MEDIA: [(&str, ManagementMedia); 2] =
    [("none", ManagementMedia::None), ("msrp_bind", ManagementMedia::MsrpBind)];
/// Names of [`ReportAt`].
pub const REPORT_AT: [(&str, ReportAt); 2] = [("content", ReportAt::Content), ("invitation", ReportAt::Invitation)];
/// Names of [`ImdnSuppression`].
pub const IMDN_SUPPRESSION: [(&str, ImdnSuppression); 3] =
    [("none", ImdnSuppression::None), ("first", ImdnSuppression::First), ("aggregate", ImdnSuppression::Aggregate)];
/// Names of [`CpmAction`].
pub const ACTIONS: [(&str, CpmAction); 4] = [
    ("deliver", CpmAction::Deliver),
    ("delete", CpmAction::Delete),
    ("interwork", CpmAction::Interwork),
    ("store", CpmAction::Store),
];

/// The keys.
pub const KEYS: [&str; 26] = [
    "expiry_max",
    "expiry_notification",
    "expiry_grace",
    "expiry_action",
    "delivery_attempts_max",
    "queue_limit",
    "queue_overflow",
    "instruction_order",
    "message_lock",
    "deliver_to",
    "same_client",
    "recipient_list_invite",
    "on_488",
    "renotify_interval",
    "suitability",
    "notify_target",
    "in_band_content",
    "pause_while_roaming",
    "stored_counts_as_delivered",
    "in_band_after_out_of_band",
    "management_media",
    "report_at",
    "imdn_suppression",
    "imdn_aggregate_time",
    "interworking_delay",
    "interworking_failures",
];

/// The policies of deferred messages.
pub fn deferral(read: &Fields<'_>) -> Result<DeferralPolicies> {
    let usual = DeferralPolicies::default();
    let flag = |key, usual| read.or(key, usual, |cursor| cursor.boolean());
    let time = |key, usual| read.or(key, usual, |cursor| distribution(cursor, Place::Time));
    Ok(DeferralPolicies {
        expiry_max: read.or("expiry_max", None, |cursor| cursor.unless("none", |cursor| cursor.positive_span()))?,
        expiry_notification: flag("expiry_notification", usual.expiry_notification)?,
        expiry_grace: read.or("expiry_grace", usual.expiry_grace, |cursor| cursor.span())?,
        expiry_action: read.or("expiry_action", usual.expiry_action, |cursor| cursor.choice(&EXPIRY_ACTION))?,
        delivery_attempts_max: limit(read, "delivery_attempts_max")?,
        queue_limit: limit(read, "queue_limit")?,
        queue_overflow: read.or("queue_overflow", usual.queue_overflow, |cursor| cursor.choice(&QUEUE_OVERFLOW))?,
        instruction_order: read.or("instruction_order", usual.instruction_order, instruction_order)?,
        message_lock: read.or("message_lock", usual.message_lock, |cursor| cursor.choice(&MESSAGE_LOCK))?,
        deliver_to: read.or("deliver_to", usual.deliver_to, |cursor| cursor.choice(&DELIVER_TO))?,
        same_client: read.or("same_client", usual.same_client, |cursor| cursor.choice(&SAME_CLIENT))?,
        recipient_list_invite: read
            .or("recipient_list_invite", usual.recipient_list_invite, |cursor| cursor.choice(&RECIPIENT_LIST_INVITE))?,
        on_488: read.or("on_488", usual.on_488, |cursor| cursor.choice(&ON_488))?,
        renotify_interval: read.or("renotify_interval", usual.renotify_interval, |cursor| cursor.positive_span())?,
        suitability: read.or("suitability", usual.suitability, |cursor| cursor.choice(&SUITABILITY))?,
        notify_target: read.or("notify_target", usual.notify_target, |cursor| cursor.choice(&NOTIFY_TARGET))?,
        in_band_content: read.or("in_band_content", usual.in_band_content, |cursor| cursor.choice(&CONTENT))?,
        pause_while_roaming: flag("pause_while_roaming", usual.pause_while_roaming)?,
        stored_counts_as_delivered: flag("stored_counts_as_delivered", usual.stored_counts_as_delivered)?,
        in_band_after_out_of_band: flag("in_band_after_out_of_band", usual.in_band_after_out_of_band)?,
        management_media: read
            .or("management_media", usual.management_media, |cursor| cursor.choice(&MANAGEMENT_MEDIA))?,
        report_at: read.or("report_at", usual.report_at, |cursor| cursor.choice(&REPORT_AT))?,
        imdn_suppression: read
            .or("imdn_suppression", usual.imdn_suppression, |cursor| cursor.choice(&IMDN_SUPPRESSION))?,
        imdn_aggregate_time: read
            .or("imdn_aggregate_time", usual.imdn_aggregate_time, |cursor| cursor.positive_span())?,
        interworking_delay: time("interworking_delay", usual.interworking_delay)?,
        interworking_failures: read
            .or("interworking_failures", usual.interworking_failures, |cursor| cursor.ratio())?,
    })
}

fn limit(read: &Fields<'_>, key: &str) -> Result<Option<u32>> {
    read.or(key, None, |cursor| cursor.unless("none", |cursor| cursor.count(1)))
}

/// Each of the four actions once.
fn instruction_order(cursor: &Cursor<'_>) -> Result<[CpmAction; 4]> {
    let list = cursor.list()?.iter().map(|item| item.choice(&ACTIONS)).collect::<Result<Vec<_>>>()?;
    let each_once = ACTIONS.iter().all(|(_, action)| list.iter().filter(|other| *other == action).count() == 1);
    let order: Option<[CpmAction; 4]> = list.try_into().ok().filter(|_| each_once);
    order.ok_or_else(|| cursor.fail("a list of deliver, delete, interwork and store, each once"))
}
