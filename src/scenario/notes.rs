//! What a diagram says of the things that happen at a node or a terminal: its state changes, in a few words.

use crate::agents::Fact;
use crate::agents::observation::{CancelOutcome, Fate, OverlapOutcome, PassedOver, RegistrationKind};
use crate::kernel::EntityId;
use crate::wire::sip::Method;

/// The note for a fact; `None` for one that the messages around it show already. `terminal` names the terminal that a
/// binding is about.
pub fn note(fact: &Fact, terminal: impl Fn(EntityId) -> String) -> Option<String> {
    let text = match fact {
        Fact::RegistrationSucceeded { kind, .. } => match kind {
            RegistrationKind::Initial => "registered",
            RegistrationKind::Refresh => "registration refreshed",
            RegistrationKind::DeRegistration => "de-registered",
        },
        Fact::RegistrationFailed { .. } => "registration failed",
        Fact::Power(true) => "switched on",
        Fact::Power(false) => "switched off",
        Fact::Binding { terminal: of, bound, .. } => {
            let what = if *bound { "stored" } else { "removed" };
            return Some(format!("binding of {} {what}", terminal(*of)));
        }
        Fact::ExpiryDuringRefresh => "binding expires during refresh, kept",
        Fact::RefreshAfterExpiry { .. } => "refresh after expiry",
        Fact::SubmissionAnswered { status: None, .. } => "submission timed out",
        Fact::Received { duplicate: true, .. } => "message received again",
        Fact::Received { deferred: true, .. } => "deferred message received",
        Fact::Received { .. } => "message received",
        Fact::Deferred { .. } => "message deferred",
        Fact::Dequeued { fate, .. } => match fate {
            Fate::Delivered => "delivered, leaves the queue",
            Fate::Deleted => "deleted from the queue",
            Fate::Stored => "stored, leaves the queue",
            Fate::Interworked => "interworked, leaves the queue",
            Fate::Expired => "expired, leaves the queue",
        },
        Fact::LostAtRestart { .. } => "message lost with the memory",
        Fact::Failure(true) => "out of service",
        Fact::Failure(false) => "in service again",
        Fact::DeliveryFailed { .. } => "delivery failed, back in the queue",
        Fact::ReportDiscarded => "report discarded",
        Fact::NotificationAnswered { status: None, .. } => "notification timed out",
        Fact::PullImpossible => "cannot pull: no CPMDeferredMsgMgmtURI",
        Fact::PullAnswered { retry: true, .. } => "will pull again",
        Fact::Overlap(outcome) => match outcome {
            OverlapOutcome::Declined => "overlapping INVITE declined",
            OverlapOutcome::HeldThenServed => "held INVITE served",
            OverlapOutcome::HeldThenEmpty => "held INVITE: nothing left",
            OverlapOutcome::EmptySuccess => "overlapping INVITE: nothing left",
            OverlapOutcome::AcceptedThenServed => "overlapping INVITE served",
            OverlapOutcome::Merged => "overlapping INVITE merged",
        },
        Fact::PullCompleted { delivered, .. } => return Some(format!("management complete: {delivered} delivered")),
        Fact::TransactionTimedOut(Method::Invite) => "INVITE timed out (Timer B)",
        Fact::TransactionTimedOut(method) => return Some(format!("{} timed out (Timer F)", method.name())),
        Fact::RuleChanged { is_set: true, .. } => "do-not-disturb set",
        Fact::RuleChanged { is_set: false, .. } => "do-not-disturb cleared",
        Fact::NotificationHeld(_) => "notification waits: do-not-disturb",
        Fact::NotificationReleased { .. } => "notification let go",
        Fact::ServerPassedOver { handling: PassedOver::Continued, .. } => "late server passed over",
        Fact::ServerPassedOver { handling: PassedOver::Terminated, .. } => "late server: request refused",
        Fact::ServerPassedOver { handling: PassedOver::FailedOver, .. } => "late server: next instance",
        Fact::Cancelled(CancelOutcome::LateSuccess) => "CANCEL came too late",
        Fact::InvitationVanished => "invitation withdrawn",
        Fact::DeclinedForAll { .. } => "6xx: other branches cancelled",
        Fact::Glare => "re-INVITE met another",
        Fact::SessionTooLate => "session just ended",
        Fact::SessionExpired => "session expired",
        Fact::FileDelivered { .. } => "file delivered",
        Fact::FileRefused { .. } => "file refused",
        Fact::FileFailed { .. } => "file not delivered",
        Fact::ContentShown { .. } => "content shown",
        Fact::Stray => "stray message dropped",
        // The rest is for counters: the messages themselves show it.
        _ => return None,
    };
    Some(text.to_owned())
}
