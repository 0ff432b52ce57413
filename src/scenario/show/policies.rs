//! Policies and SIP settings.

use super::text::{Page, list, name_in, octets, quote, span, time_distribution};
use crate::kernel::Span;
use crate::protocol::sip::timers::TimerValues;
use crate::scenario::config::deferral::CONTENT;
use crate::scenario::config::policies as names;
use crate::scenario::model::Model;

/// Writes `[policies]` and `[sip]`.
pub fn write(page: &mut Page, model: &Model) {
    write_pull(page, model);
    write_registration(page, model);
    super::deferral::write(page, &model.policies.deferral);
    write_application_server(page, model);
    write_do_not_disturb(page, model);
    write_push(page, model);
    write_sip(page, model);
}

fn chosen(named: &[(&str, bool)]) -> String {
    list(named.iter().filter(|(_, on)| *on).map(|(name, _)| quote(name)))
}

fn write_pull(page: &mut Page, model: &Model) {
    let policies = &model.policies;
    page.table("policies");
    page.key("overlap", name_in(&names::OVERLAP, &policies.overlap));
    page.key("decline_retry_after", policies.decline_retry_after.map_or(quote("none"), span));
    page.key("completion", name_in(&names::COMPLETION, &policies.completion));
    page.key("delivery_start", name_in(&names::DELIVERY_START, &policies.delivery_start));
    page.key("empty_test", name_in(&names::EMPTY_TEST, &policies.empty_test));
    page.key("snapshot", name_in(&names::SNAPSHOT, &policies.snapshot));
    page.key("bye_side", name_in(&names::BYE_SIDE, &policies.bye_side));
    page.key("pull_service_time", time_distribution(&policies.pull_service_time));
    page.key("empty_service_time", time_distribution(&policies.empty_service_time));
    let on = policies.notify_on;
    let triggers = [
        ("new_deferral", on.new_deferral),
        ("new_registration", on.new_registration),
        ("failed_delivery", on.failed_delivery),
        ("timer", on.timer),
    ];
    page.key("notify_on", chosen(&triggers));
    page.key("suppress_notification_in_service", policies.suppress_notification_in_service);
    page.key("size_basis", name_in(&names::SIZE_BASIS, &policies.size_basis));
    page.key("size_limit", octets(f64::from(policies.size_limit)));
    page.key("serial_window", policies.serial_window);
    page.key("pull_retry", name_in(&names::PULL_RETRY, &policies.pull_retry));
    page.key("pull_retry_interval", span(policies.pull_retry_interval));
    page.key("pull_retry_max", policies.pull_retry_max);
    page.key("dedupe_key", name_in(&names::DEDUPE_KEY, &policies.dedupe_key));
}

fn write_registration(page: &mut Page, model: &Model) {
    let policies = &model.policies;
    page.key("third_party_register", name_in(&names::THIRD_PARTY_REGISTER, &policies.third_party_register));
    page.key("third_party_register_on_expiry", policies.third_party_register_on_expiry);
    let who = policies.reg_event;
    page.key("reg_event", chosen(&[("terminal", who.terminal), ("p_cscf", who.p_cscf), ("pf", who.pf)]));
    page.key("reg_event_interval", span(policies.reg_event_interval));
    page.key("reg_event_expires", span(policies.reg_event_expires));
    page.key("registration_expires_max", span(policies.registration_expires_max));
    page.key("registration_refresh_lead", span(policies.registration_refresh_lead));
    page.key("challenge_refresh", policies.challenge_refresh);
    page.key("trying", policies.trying);
    page.key("oob_bearer", name_in(&names::OOB_BEARER, &policies.oob_bearer));
    page.key("oob_devices", name_in(&names::OOB_DEVICES, &policies.oob_devices));
    page.key("oob_content", name_in(&CONTENT, &policies.oob_content));
    page.key("oob_octets", octets(f64::from(policies.oob_octets)));
    page.key("cx_timeout", span(policies.cx_timeout));
    super::sessions::write_policies(page, &policies.session);
}

fn write_push(page: &mut Page, model: &Model) {
    let push = &model.policies.push;
    page.key("push_knowledge", name_in(&names::PUSH_KNOWLEDGE, &push.knowledge));
    page.key("push_cache_lifetime", span(push.cache_lifetime));
    page.key("push_gruu", name_in(&names::PUSH_GRUU, &push.gruu));
    page.key("push_evidence", name_in(&names::PUSH_EVIDENCE, &push.evidence));
    page.key("push_evidence_timeout", span(push.evidence_timeout));
    page.key("push_fallback", name_in(&names::PUSH_FALLBACK, &push.fallback));
    page.key("push_subscription_expires", span(push.subscription_expires));
    page.key("push_fetch_timeout", span(push.fetch_timeout));
}

fn write_application_server(page: &mut Page, model: &Model) {
    let policies = &model.policies;
    let limit = |limit: Option<Span>| limit.map_or(quote("none"), span);
    page.key("as_timeout", limit(policies.as_timeout));
    page.key("as_timeout_invite", limit(policies.as_timeout_invite));
    let (originating, terminating) = (policies.default_handling_originating, policies.default_handling_terminating);
    page.key("default_handling_originating", name_in(&names::DEFAULT_HANDLING, &originating));
    page.key("default_handling_terminating", name_in(&names::DEFAULT_HANDLING, &terminating));
    page.key("mode", name_in(&names::MODE, &policies.mode));
    page.key("push_target", name_in(&names::PUSH_TARGET, &policies.push_target));
    page.key("hybrid_threshold", octets(f64::from(policies.hybrid_threshold)));
    page.key("hybrid_fallback", limit(policies.hybrid_fallback));
    page.key("management_uri", name_in(&names::MANAGEMENT_URI, &policies.management_uri));
    page.key("pf_failover", name_in(&names::PF_FAILOVER, &policies.pf_failover));
}

fn write_do_not_disturb(page: &mut Page, model: &Model) {
    let policies = &model.policies;
    page.key("dnd_learning", name_in(&names::DND_LEARNING, &policies.dnd_learning));
    page.key("dnd_poll_interval", span(policies.dnd_poll_interval));
    page.key("dnd_defers", policies.dnd_defers);
    page.key("xcap_timeout", span(policies.xcap_timeout));
}

fn write_sip(page: &mut Page, model: &Model) {
    let sip = &model.sip;
    page.table("sip");
    page.key("core_transport", name_in(&names::TRANSPORT, &sip.core_transport));
    page.key("access_transport", name_in(&names::TRANSPORT, &sip.access_transport));
    page.key("core_timers", timers(&sip.core_timers));
    page.key("access_timers", timers(&sip.access_timers));
    page.key("timer_c", span(sip.timer_c));
    page.key("tcp_rto", span(sip.tcp_rto));
}

fn timers(timers: &TimerValues) -> String {
    format!("{{ t1 = {}, t2 = {}, t4 = {} }}", span(timers.t1), span(timers.t2), span(timers.t4))
}
