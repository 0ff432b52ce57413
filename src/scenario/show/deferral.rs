//! The policies of deferred messages.

use super::text::{Page, list, name_in, quote, span, time_distribution};
use crate::agents::deferral_policies::DeferralPolicies;
use crate::scenario::config::deferral as names;

/// Writes the keys of `[policies]` about deferred messages.
pub fn write(page: &mut Page, policies: &DeferralPolicies) {
    let limit = |limit: Option<u32>| limit.map_or(quote("none"), |limit| limit.to_string());
    page.key("expiry_max", policies.expiry_max.map_or(quote("none"), span));
    page.key("expiry_notification", policies.expiry_notification);
    page.key("expiry_grace", span(policies.expiry_grace));
    page.key("expiry_action", name_in(&names::EXPIRY_ACTION, &policies.expiry_action));
    page.key("delivery_attempts_max", limit(policies.delivery_attempts_max));
    page.key("queue_limit", limit(policies.queue_limit));
    page.key("queue_overflow", name_in(&names::QUEUE_OVERFLOW, &policies.queue_overflow));
    let order = policies.instruction_order.iter().map(|action| name_in(&names::ACTIONS, action));
    page.key("instruction_order", list(order));
    page.key("message_lock", name_in(&names::MESSAGE_LOCK, &policies.message_lock));
    page.key("deliver_to", name_in(&names::DELIVER_TO, &policies.deliver_to));
    page.key("same_client", name_in(&names::SAME_CLIENT, &policies.same_client));
    page.key("recipient_list_invite", name_in(&names::RECIPIENT_LIST_INVITE, &policies.recipient_list_invite));
    page.key("on_488", name_in(&names::ON_488, &policies.on_488));
    page.key("renotify_interval", span(policies.renotify_interval));
    page.key("suitability", name_in(&names::SUITABILITY, &policies.suitability));
    page.key("notify_target", name_in(&names::NOTIFY_TARGET, &policies.notify_target));
    page.key("in_band_content", name_in(&names::CONTENT, &policies.in_band_content));
    page.key("pause_while_roaming", policies.pause_while_roaming);
    page.key("stored_counts_as_delivered", policies.stored_counts_as_delivered);
    page.key("in_band_after_out_of_band", policies.in_band_after_out_of_band);
    page.key("management_media", name_in(&names::MANAGEMENT_MEDIA, &policies.management_media));
    page.key("report_at", name_in(&names::REPORT_AT, &policies.report_at));
    page.key("imdn_suppression", name_in(&names::IMDN_SUPPRESSION, &policies.imdn_suppression));
    page.key("imdn_aggregate_time", span(policies.imdn_aggregate_time));
    page.key("interworking_delay", time_distribution(&policies.interworking_delay));
    page.key("interworking_failures", policies.interworking_failures);
}
