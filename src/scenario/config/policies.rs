//! `[policies]` and `[sip]`: choices by name, timers by value.

use super::decode::{Choices, Cursor, Fields};
use super::deferral::{self, deferral};
use super::distribution::{Place, distribution};
use super::error::Result;
use super::sessions;
use crate::agents::policies::*;
use crate::kernel::Span;
use crate::protocol::sip::timers::TimerValues;
use crate::scenario::model::{SipSettings, Transport};
use crate::wire::notice::{DEFERRED_MAX, DEFERRED_MIN};

/// Names of [`Overlap`].
pub const OVERLAP: [(&str, Overlap); 4] = [
    ("decline480", Overlap::Decline480),
    ("hold", Overlap::Hold),
    ("accept_ignore", Overlap::AcceptIgnore),
    ("merge", Overlap::Merge),
];
/// Names of [`Completion`].
pub const COMPLETION: [(&str, Completion); 4] = [
    ("on_200", Completion::On200),
    ("on_actions_sent", Completion::OnActionsSent),
    ("on_last_final_response", Completion::OnLastFinalResponse),
    ("on_bye", Completion::OnBye),
];
/// Names of [`DeliveryStart`].
pub const DELIVERY_START: [(&str, DeliveryStart); 3] =
    [("on_200", DeliveryStart::On200), ("on_ack", DeliveryStart::OnAck), ("on_bye", DeliveryStart::OnBye)];
/// Names of [`EmptyTest`].
pub const EMPTY_TEST: [(&str, EmptyTest); 2] =
    [("at_service", EmptyTest::AtService), ("on_arrival", EmptyTest::OnArrival)];
/// Names of [`Snapshot`].
pub const SNAPSHOT: [(&str, Snapshot); 2] = [("at_200", Snapshot::At200), ("at_dequeue", Snapshot::AtDequeue)];
/// Names of [`ByeSide`].
pub const BYE_SIDE: [(&str, ByeSide); 2] = [("client", ByeSide::Client), ("pf", ByeSide::Pf)];
/// Names of [`SizeBasis`].
pub const SIZE_BASIS: [(&str, SizeBasis); 3] =
    [("content", SizeBasis::Content), ("body", SizeBasis::Body), ("request", SizeBasis::Request)];
/// Names of [`ThirdPartyRegister`].
pub const THIRD_PARTY_REGISTER: [(&str, ThirdPartyRegister); 2] =
    [("plain", ThirdPartyRegister::Plain), ("embedded", ThirdPartyRegister::Embedded)];
/// Names of [`PullRetry`].
pub const PULL_RETRY: [(&str, PullRetry); 4] = [
    ("none", PullRetry::None),
    ("fixed", PullRetry::Fixed),
    ("exponential", PullRetry::Exponential),
    ("retry_after", PullRetry::RetryAfter),
];
/// Names of [`DedupeKey`].
pub const DEDUPE_KEY: [(&str, DedupeKey); 3] =
    [("message_id", DedupeKey::MessageId), ("call_id", DedupeKey::CallId), ("none", DedupeKey::None)];
/// Names of [`PushKnowledge`].
pub const PUSH_KNOWLEDGE: [(&str, PushKnowledge); 4] = [
    ("none", PushKnowledge::None),
    ("options_gruu", PushKnowledge::OptionsGruu),
    ("options_aor", PushKnowledge::OptionsAor),
    ("reg_event", PushKnowledge::RegEvent),
];
/// Names of [`PushGruu`].
pub const PUSH_GRUU: [(&str, PushGruu); 2] = [("public", PushGruu::Public), ("temporary", PushGruu::Temporary)];
/// Names of [`PushEvidence`].
pub const PUSH_EVIDENCE: [(&str, PushEvidence); 2] =
    [("response", PushEvidence::Response), ("imdn", PushEvidence::Imdn)];
/// Names of [`PushFallback`].
pub const PUSH_FALLBACK: [(&str, PushFallback); 3] = [
    ("give_up", PushFallback::GiveUp),
    ("indirection", PushFallback::Indirection),
    ("other_sdp", PushFallback::OtherSdp),
];
/// Names of [`Transport`].
pub const TRANSPORT: [(&str, Transport); 2] = [("udp", Transport::Udp), ("tcp", Transport::Tcp)];

/// Names of [`Mode`].
pub const MODE: [(&str, Mode); 3] = [("pull", Mode::Pull), ("push", Mode::Push), ("hybrid", Mode::Hybrid)];
/// Names of [`PushTarget`].
pub const PUSH_TARGET: [(&str, PushTarget); 2] = [("contact", PushTarget::Contact), ("aor", PushTarget::Aor)];
/// Names of [`ManagementUriForm`].
pub const MANAGEMENT_URI: [(&str, ManagementUriForm); 2] =
    [("opaque", ManagementUriForm::Opaque), ("hostname", ManagementUriForm::Hostname)];
/// Names of [`DefaultHandling`].
pub const DEFAULT_HANDLING: [(&str, DefaultHandling); 2] =
    [("continue", DefaultHandling::Continue), ("terminate", DefaultHandling::Terminate)];
/// Names of [`PfFailover`].
pub const PF_FAILOVER: [(&str, PfFailover); 2] =
    [("none", PfFailover::None), ("next_instance", PfFailover::NextInstance)];
/// Names of [`DndLearning`].
pub const DND_LEARNING: [(&str, DndLearning); 3] =
    [("xcapdiff", DndLearning::XcapDiff), ("get_on_event", DndLearning::GetOnEvent), ("poll", DndLearning::Poll)];

/// Names of [`OutOfBandBearer`].
pub const OOB_BEARER: [(&str, OutOfBandBearer); 3] =
    [("none", OutOfBandBearer::None), ("sms", OutOfBandBearer::Sms), ("mms", OutOfBandBearer::Mms)];
/// Names of [`OutOfBandDevices`].
pub const OOB_DEVICES: [(&str, OutOfBandDevices); 2] =
    [("all", OutOfBandDevices::All), ("first", OutOfBandDevices::First)];

const POLICY_KEYS: [&str; 54] = [
    "overlap",
    "decline_retry_after",
    "completion",
    "delivery_start",
    "empty_test",
    "snapshot",
    "bye_side",
    "pull_service_time",
    "empty_service_time",
    "notify_on",
    "suppress_notification_in_service",
    "size_basis",
    "size_limit",
    "serial_window",
    "third_party_register",
    "third_party_register_on_expiry",
    "reg_event",
    "reg_event_interval",
    "reg_event_expires",
    "registration_expires_max",
    "registration_refresh_lead",
    "challenge_refresh",
    "pull_retry",
    "pull_retry_interval",
    "pull_retry_max",
    "dedupe_key",
    "trying",
    "oob_bearer",
    "oob_devices",
    "oob_content",
    "oob_octets",
    "cx_timeout",
    "as_timeout",
    "as_timeout_invite",
    "default_handling_originating",
    "default_handling_terminating",
    "pf_failover",
    "mode",
    "push_target",
    "hybrid_threshold",
    "hybrid_fallback",
    "management_uri",
    "dnd_learning",
    "dnd_poll_interval",
    "dnd_defers",
    "xcap_timeout",
    "push_knowledge",
    "push_cache_lifetime",
    "push_gruu",
    "push_evidence",
    "push_evidence_timeout",
    "push_fallback",
    "push_subscription_expires",
    "push_fetch_timeout",
];

/// The policies.
pub fn policies(top: &Fields<'_>) -> Result<Policies> {
    let Some(cursor) = top.get("policies") else { return Ok(Policies::default()) };
    let keys = [&POLICY_KEYS[..], &deferral::KEYS, &sessions::POLICY_KEYS].concat();
    let read = Reader(cursor.fields(&keys)?);
    let usual = Policies::default();
    Ok(Policies {
        overlap: read.choice("overlap", &OVERLAP)?,
        decline_retry_after: read.0.or("decline_retry_after", None, |c| c.unless("none", |c| c.span()))?,
        completion: read.choice("completion", &COMPLETION)?,
        delivery_start: read.choice("delivery_start", &DELIVERY_START)?,
        empty_test: read.choice("empty_test", &EMPTY_TEST)?,
        snapshot: read.choice("snapshot", &SNAPSHOT)?,
        bye_side: read.choice("bye_side", &BYE_SIDE)?,
        empty_service_time: read
            .0
            .or("empty_service_time", usual.empty_service_time, |c| distribution(c, Place::Time))?,
        pull_service_time: read.0.or("pull_service_time", usual.pull_service_time, |c| distribution(c, Place::Time))?,
        notify_on: read.0.or("notify_on", usual.notify_on, notify_on)?,
        suppress_notification_in_service: read
            .flag("suppress_notification_in_service", usual.suppress_notification_in_service)?,
        size_basis: read.choice("size_basis", &SIZE_BASIS)?,
        size_limit: read.0.or("size_limit", usual.size_limit, size_limit)?,
        serial_window: read.0.or("serial_window", usual.serial_window, |c| c.count(1))?,
        third_party_register: read.choice("third_party_register", &THIRD_PARTY_REGISTER)?,
        third_party_register_on_expiry: read
            .flag("third_party_register_on_expiry", usual.third_party_register_on_expiry)?,
        reg_event: read.0.or("reg_event", usual.reg_event, reg_event)?,
        reg_event_interval: read.0.or("reg_event_interval", usual.reg_event_interval, |c| c.span())?,
        reg_event_expires: read.positive("reg_event_expires", usual.reg_event_expires)?,
        registration_expires_max: read.positive("registration_expires_max", usual.registration_expires_max)?,
        registration_refresh_lead: read.positive("registration_refresh_lead", usual.registration_refresh_lead)?,
        challenge_refresh: read.flag("challenge_refresh", usual.challenge_refresh)?,
        pull_retry: read.choice("pull_retry", &PULL_RETRY)?,
        pull_retry_interval: read.positive("pull_retry_interval", usual.pull_retry_interval)?,
        pull_retry_max: read.0.or("pull_retry_max", usual.pull_retry_max, |c| c.count(0))?,
        dedupe_key: read.choice("dedupe_key", &DEDUPE_KEY)?,
        trying: read.flag("trying", usual.trying)?,
        oob_bearer: read.choice("oob_bearer", &OOB_BEARER)?,
        oob_devices: read.choice("oob_devices", &OOB_DEVICES)?,
        oob_content: read.0.or("oob_content", usual.oob_content, |c| c.choice(&deferral::CONTENT))?,
        oob_octets: read.0.or("oob_octets", usual.oob_octets, oob_octets)?,
        cx_timeout: read.positive("cx_timeout", usual.cx_timeout)?,
        deferral: deferral(&read.0)?,
        session: sessions::policies(&read.0)?,
        as_timeout: read.limit("as_timeout")?,
        as_timeout_invite: read.limit("as_timeout_invite")?,
        default_handling_originating: read.choice("default_handling_originating", &DEFAULT_HANDLING)?,
        default_handling_terminating: read.choice("default_handling_terminating", &DEFAULT_HANDLING)?,
        pf_failover: read.choice("pf_failover", &PF_FAILOVER)?,
        mode: read.choice("mode", &MODE)?,
        push_target: read.choice("push_target", &PUSH_TARGET)?,
        hybrid_threshold: read.0.or("hybrid_threshold", usual.hybrid_threshold, |c| c.octets())?,
        hybrid_fallback: read.limit("hybrid_fallback")?,
        management_uri: read.choice("management_uri", &MANAGEMENT_URI)?,
        dnd_learning: read.choice("dnd_learning", &DND_LEARNING)?,
        dnd_poll_interval: read.positive("dnd_poll_interval", usual.dnd_poll_interval)?,
        dnd_defers: read.flag("dnd_defers", usual.dnd_defers)?,
        xcap_timeout: read.positive("xcap_timeout", usual.xcap_timeout)?,
        push: push(&read, usual.push)?,
    })
}

fn push(read: &Reader<'_>, usual: PushPolicies) -> Result<PushPolicies> {
    Ok(PushPolicies {
        knowledge: read.choice("push_knowledge", &PUSH_KNOWLEDGE)?,
        cache_lifetime: read.positive("push_cache_lifetime", usual.cache_lifetime)?,
        gruu: read.choice("push_gruu", &PUSH_GRUU)?,
        evidence: read.choice("push_evidence", &PUSH_EVIDENCE)?,
        evidence_timeout: read.positive("push_evidence_timeout", usual.evidence_timeout)?,
        fallback: read.choice("push_fallback", &PUSH_FALLBACK)?,
        subscription_expires: read.positive("push_subscription_expires", usual.subscription_expires)?,
        fetch_timeout: read.positive("push_fetch_timeout", usual.fetch_timeout)?,
    })
}

fn oob_octets(cursor: &Cursor<'_>) -> Result<u32> {
    let octets = cursor.octets()?;
    if (DEFERRED_MIN..=DEFERRED_MAX).contains(&octets) {
        Ok(octets)
    } else {
        Err(cursor.fail(format!("a size from {DEFERRED_MIN}B to {}kB", DEFERRED_MAX / 1000)))
    }
}

struct Reader<'a>(Fields<'a>);

impl Reader<'_> {
    fn choice<T: Clone + Default>(&self, key: &str, choices: Choices<'_, T>) -> Result<T> {
        self.0.or(key, T::default(), |cursor| cursor.choice(choices))
    }

    fn flag(&self, key: &str, usual: bool) -> Result<bool> {
        self.0.or(key, usual, |cursor| cursor.boolean())
    }

    /// A duration above zero, or `"none"`, which is usual.
    fn limit(&self, key: &str) -> Result<Option<Span>> {
        self.0.or(key, None, |cursor| cursor.unless("none", |cursor| cursor.positive_span()))
    }

    fn positive(&self, key: &str, usual: Span) -> Result<Span> {
        self.0.or(key, usual, |cursor| cursor.positive_span())
    }
}

fn size_limit(cursor: &Cursor<'_>) -> Result<u32> {
    let limit = cursor.octets()?;
    if limit == 0 { Err(cursor.fail("a size of at least 1B")) } else { Ok(limit) }
}

fn notify_on(cursor: &Cursor<'_>) -> Result<NotifyOn> {
    const TRIGGERS: Choices<'_, fn(&mut NotifyOn)> = &[
        ("new_deferral", |on| on.new_deferral = true),
        ("new_registration", |on| on.new_registration = true),
        ("failed_delivery", |on| on.failed_delivery = true),
        ("timer", |on| on.timer = true),
    ];
    let mut on = NotifyOn { new_deferral: false, new_registration: false, failed_delivery: false, timer: false };
    cursor.list()?.iter().try_for_each(|item| item.choice(TRIGGERS).map(|set| set(&mut on)))?;
    Ok(on)
}

fn reg_event(cursor: &Cursor<'_>) -> Result<RegEventSubscribers> {
    const SUBSCRIBERS: Choices<'_, fn(&mut RegEventSubscribers)> =
        &[("terminal", |who| who.terminal = true), ("p_cscf", |who| who.p_cscf = true), ("pf", |who| who.pf = true)];
    let mut who = RegEventSubscribers::default();
    cursor.list()?.iter().try_for_each(|item| item.choice(SUBSCRIBERS).map(|set| set(&mut who)))?;
    Ok(who)
}

const SIP_KEYS: [&str; 6] =
    ["core_transport", "access_transport", "core_timers", "access_timers", "timer_c", "tcp_rto"];

/// The SIP settings.
pub fn sip(top: &Fields<'_>) -> Result<SipSettings> {
    let usual = SipSettings {
        core_transport: Transport::default(),
        access_transport: Transport::default(),
        core_timers: TimerValues::RFC3261,
        access_timers: TimerValues::ACCESS,
        timer_c: Span::from_secs(180),
        tcp_rto: Span::from_millis(200),
    };
    let Some(cursor) = top.get("sip") else { return Ok(usual) };
    let read = Reader(cursor.fields(&SIP_KEYS)?);
    Ok(SipSettings {
        core_transport: read.choice("core_transport", &TRANSPORT)?,
        access_transport: read.choice("access_transport", &TRANSPORT)?,
        core_timers: read.0.or("core_timers", usual.core_timers, |c| timers(c, usual.core_timers))?,
        access_timers: read.0.or("access_timers", usual.access_timers, |c| timers(c, usual.access_timers))?,
        timer_c: read.positive("timer_c", usual.timer_c)?,
        tcp_rto: read.positive("tcp_rto", usual.tcp_rto)?,
    })
}

fn timers(cursor: &Cursor<'_>, usual: TimerValues) -> Result<TimerValues> {
    let read = Reader(cursor.fields(&["t1", "t2", "t4"])?);
    Ok(TimerValues {
        t1: read.positive("t1", usual.t1)?,
        t2: read.positive("t2", usual.t2)?,
        t4: read.positive("t4", usual.t4)?,
    })
}
