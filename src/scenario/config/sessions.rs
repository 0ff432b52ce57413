//! The keys of `[policies]` and `[devices.NAME]` about sessions that carry files and large messages.

use super::decode::{Cursor, Fields};
use super::distribution::{Place, distribution};
use super::error::Result;
use crate::agents::session::policies::{ChunkPolicy, FileOrder, Rezero, SessionPolicies, SessionProfile};
use crate::kernel::Span;
use crate::protocol::msrp::CloseOn;
use crate::protocol::sip::session_timer::LEAST_INTERVAL;
use crate::wire::msrp::FailureReport;
use crate::wire::sip::headers::Refresher;
use crate::wire::{ContentType, ContentTypes};

/// Names of [`Refresher`].
pub const REFRESHER: [(&str, Refresher); 2] = [("uac", Refresher::Uac), ("uas", Refresher::Uas)];
/// Names of [`Rezero`].
pub const REZERO: [(&str, Rezero); 3] =
    [("immediate", Rezero::Immediate), ("batched", Rezero::Batched), ("none", Rezero::None)];
/// Names of [`FileOrder`].
pub const FILE_ORDER: [(&str, FileOrder); 2] =
    [("sequential", FileOrder::Sequential), ("parallel", FileOrder::Parallel)];
/// Names of [`ChunkPolicy`].
pub const CHUNKS: [(&str, ChunkPolicy); 2] =
    [("uninterrupted", ChunkPolicy::Uninterrupted), ("chunks_2048", ChunkPolicy::Chunks2048)];
/// Names of [`FailureReport`].
pub const FAILURE_REPORT: [(&str, FailureReport); 3] =
    [("yes", FailureReport::Yes), ("partial", FailureReport::Partial), ("no", FailureReport::No)];
/// Names of [`CloseOn`].
pub const CLOSE_ON: [(&str, CloseOn); 3] =
    [("response", CloseOn::Response), ("report", CloseOn::Report), ("either", CloseOn::Either)];

/// Keys of `[policies]`.
pub const POLICY_KEYS: [&str; 15] = [
    "session_expires",
    "refresher",
    "linger_timer",
    "bye_after_linger",
    "rezero_policy",
    "file_order",
    "files_per_session",
    "chunk_policy",
    "msrp_window",
    "success_report",
    "failure_report",
    "msrp_close_on",
    "msrp_timeout",
    "msrp_min_rate",
    "relay_lifetime",
];

/// Keys of `[devices.NAME]`.
pub const DEVICE_KEYS: [&str; 10] = [
    "accept_types",
    "max_size",
    "acceptance_delay",
    "alerting",
    "refusal",
    "file_refusal",
    "refuse_known",
    "max_sessions",
    "ready_delay",
    "render_delay",
];

/// The policies.
pub fn policies(fields: &Fields<'_>) -> Result<SessionPolicies> {
    let usual = SessionPolicies::default();
    let unlimited = |cursor: &Cursor<'_>| cursor.unless("unlimited", |cursor| cursor.count(1));
    let read = SessionPolicies {
        session_expires: fields.or("session_expires", usual.session_expires, |c| c.unless("none", session_expires))?,
        refresher: fields.or("refresher", usual.refresher, |c| c.choice(&REFRESHER))?,
        linger_timer: fields.or("linger_timer", usual.linger_timer, |c| c.span())?,
        bye_after_linger: fields.or("bye_after_linger", usual.bye_after_linger, |c| c.boolean())?,
        rezero_policy: fields.or("rezero_policy", usual.rezero_policy, |c| c.choice(&REZERO))?,
        file_order: fields.or("file_order", usual.file_order, |c| c.choice(&FILE_ORDER))?,
        files_per_session: fields.or("files_per_session", usual.files_per_session, unlimited)?,
        chunk_policy: fields.or("chunk_policy", usual.chunk_policy, |c| c.choice(&CHUNKS))?,
        msrp_window: fields.or("msrp_window", usual.msrp_window, |c| c.count(1))?,
        success_report: fields.or("success_report", usual.success_report, |c| c.boolean())?,
        failure_report: fields.or("failure_report", usual.failure_report, |c| c.choice(&FAILURE_REPORT))?,
        msrp_close_on: fields.or("msrp_close_on", usual.msrp_close_on, |c| c.choice(&CLOSE_ON))?,
        msrp_timeout: fields.or("msrp_timeout", usual.msrp_timeout, |c| c.positive_span())?,
        msrp_min_rate: fields.or("msrp_min_rate", usual.msrp_min_rate, |c| c.octet_rate())?,
        relay_lifetime: fields.or("relay_lifetime", usual.relay_lifetime, relay_lifetime)?,
    };
    check_evidence(fields, &read)?;
    Ok(read)
}

/// Without answers to its SENDs, or where it waits for a REPORT, a sender learns the end of a file from the REPORT
/// alone.
fn check_evidence(fields: &Fields<'_>, read: &SessionPolicies) -> Result<()> {
    let needs_report = read.failure_report != FailureReport::Yes || read.msrp_close_on == CloseOn::Report;
    if read.success_report || !needs_report {
        return Ok(());
    }
    let key = if read.failure_report == FailureReport::Yes { "msrp_close_on" } else { "failure_report" };
    let cursor = fields.get(key).unwrap_or(fields.cursor.clone());
    Err(cursor.found("a file whose end only a REPORT tells", "`success_report = true` beside it"))
}

/// Expires of a relay (RFC 4976 section 5.1).
fn relay_lifetime(cursor: &Cursor<'_>) -> Result<Span> {
    let span = cursor.span()?;
    let (whole, seconds) = (span.as_nanos() % 1_000_000_000 == 0, span.as_secs());
    if whole && (60..=u64::from(u32::MAX)).contains(&seconds) {
        Ok(span)
    } else {
        Err(cursor.fail("whole seconds from 60s on"))
    }
}

fn session_expires(cursor: &Cursor<'_>) -> Result<Span> {
    let span = cursor.span()?;
    let whole = span.as_nanos() % 1_000_000_000 == 0;
    if whole && span >= LEAST_INTERVAL && span.as_secs() <= u64::from(u16::MAX) {
        Ok(span)
    } else {
        Err(cursor.fail("whole seconds from 90s to 65535s, or \"none\""))
    }
}

/// What a device takes.
pub fn profile(fields: &Fields<'_>) -> Result<SessionProfile> {
    let usual = SessionProfile::default();
    let time = |cursor: &Cursor<'_>| distribution(cursor, Place::Time);
    Ok(SessionProfile {
        accept_types: fields.or("accept_types", usual.accept_types, accept_types)?,
        max_size: fields.or("max_size", None, |c| c.unless("unlimited", |c| c.octets()))?,
        acceptance_delay: fields.or("acceptance_delay", usual.acceptance_delay, time)?,
        alerting: fields.or("alerting", usual.alerting, |c| c.boolean())?,
        refusal: fields.or("refusal", usual.refusal, refusal)?,
        file_refusal: fields.or("file_refusal", usual.file_refusal, |c| c.ratio())?,
        refuse_known: fields.or("refuse_known", usual.refuse_known, |c| c.boolean())?,
        max_sessions: fields.or("max_sessions", None, |c| c.unless("unlimited", |c| c.count(0)))?,
        ready_delay: fields.or("ready_delay", usual.ready_delay, time)?,
        render_delay: fields.or("render_delay", usual.render_delay, time)?,
    })
}

/// The content types by their names, `*` for any.
pub fn content_types() -> Vec<(&'static str, ContentTypes)> {
    let named = ContentType::ALL.iter().map(|kind| (kind.name(), ContentTypes::of(*kind)));
    named.chain([("*", ContentTypes::ANY)]).collect()
}

fn accept_types(cursor: &Cursor<'_>) -> Result<ContentTypes> {
    let names = content_types();
    let list = cursor.list()?;
    let set = list.iter().map(|item| item.choice(&names)).collect::<Result<Vec<_>>>()?;
    Ok(set.into_iter().fold(ContentTypes::default(), ContentTypes::union))
}

fn refusal(cursor: &Cursor<'_>) -> Result<[f64; 4]> {
    let fields = cursor.fields(&["480", "486", "603", "606"])?;
    let share = |key| fields.or(key, 0.0, |cursor| cursor.ratio());
    let shares = [share("480")?, share("486")?, share("603")?, share("606")?];
    if shares.iter().sum::<f64>() > 1.0 {
        Err(cursor.fail("probabilities that add up to 1 at most"))
    } else {
        Ok(shares)
    }
}
