//! What `[policies]` and `[devices.NAME]` say about sessions that carry files and large messages.

use super::text::{Page, bit_rate, list, name_in, number, octets, quote, span, time_distribution};
use crate::agents::session::policies::{SessionPolicies, SessionProfile};
use crate::scenario::config::sessions as names;

/// Writes the policies.
pub fn write_policies(page: &mut Page, policies: &SessionPolicies) {
    page.key("session_expires", policies.session_expires.map_or(quote("none"), span));
    page.key("refresher", name_in(&names::REFRESHER, &policies.refresher));
    page.key("linger_timer", span(policies.linger_timer));
    page.key("bye_after_linger", policies.bye_after_linger);
    page.key("rezero_policy", name_in(&names::REZERO, &policies.rezero_policy));
    page.key("file_order", name_in(&names::FILE_ORDER, &policies.file_order));
    page.key("files_per_session", count(policies.files_per_session));
    page.key("chunk_policy", name_in(&names::CHUNKS, &policies.chunk_policy));
    page.key("msrp_window", policies.msrp_window);
    page.key("success_report", policies.success_report);
    page.key("failure_report", name_in(&names::FAILURE_REPORT, &policies.failure_report));
    page.key("msrp_close_on", name_in(&names::CLOSE_ON, &policies.msrp_close_on));
    page.key("msrp_timeout", span(policies.msrp_timeout));
    page.key("msrp_min_rate", bit_rate(policies.msrp_min_rate));
    page.key("relay_lifetime", span(policies.relay_lifetime));
}

/// Writes what a device takes.
pub fn write_profile(page: &mut Page, profile: &SessionProfile) {
    let types = names::content_types().into_iter().filter(|(_, kind)| profile.accept_types.0 & kind.0 != 0);
    page.key("accept_types", list(types.map(|(name, _)| quote(name))));
    page.key("max_size", profile.max_size.map_or(quote("unlimited"), |size| octets(f64::from(size))));
    page.key("acceptance_delay", time_distribution(&profile.acceptance_delay));
    page.key("alerting", profile.alerting);
    let shares = SessionProfile::REFUSALS.iter().zip(profile.refusal);
    let shares: Vec<String> = shares.map(|(status, share)| format!("{status} = {}", number(share))).collect();
    page.key("refusal", format!("{{ {} }}", shares.join(", ")));
    page.key("file_refusal", number(profile.file_refusal));
    page.key("refuse_known", profile.refuse_known);
    page.key("max_sessions", count(profile.max_sessions));
    page.key("ready_delay", time_distribution(&profile.ready_delay));
    page.key("render_delay", time_distribution(&profile.render_delay));
}

fn count(limit: Option<u32>) -> String {
    limit.map_or(quote("unlimited"), |limit| limit.to_string())
}
