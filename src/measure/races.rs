//! Races counted by outcome. The names of races and outcomes are fixed.

use super::application_server::LateOutcome;
use super::do_not_disturb::DndOutcome;
use super::early_reports::EarlyReports;
use super::push_mode::PushOutcome;
use super::results::RaceRow;
use crate::agents::Fact;
use crate::agents::messaging::MessagingFact;
use crate::agents::messaging::fact::MmEnd;
use crate::agents::observation::{CancelOutcome, Fate, OverlapOutcome, PassedOver};

/// Every race and outcome that is counted, in the order of the results.
pub const REGISTRY: [(&str, &str, &str); 80] = [
    ("RACE-1", "served_alone", "a management INVITE met no other and was served"),
    ("RACE-1", "empty_alone", "a management INVITE met no other and got 488"),
    ("RACE-1", "declined", "it met another in service and got 480"),
    ("RACE-1", "held_then_served", "it waited and was served"),
    ("RACE-1", "held_then_empty", "it waited and got 488"),
    ("RACE-1", "empty_success", "it got 200 at once and nothing was left at its turn"),
    ("RACE-1", "accepted_then_served", "it got 200 at once and what was left at its turn"),
    ("RACE-1", "merged", "it was merged into the one in service"),
    ("RACE-2", "delivered_overdue", "a client got a message after its expiry, because it had asked for it before"),
    ("RACE-2", "expired_and_delivered", "a message expired while its delivery was under way, and was delivered"),
    ("RACE-2", "expired_in_service", "a message expired while a pull that had asked for it was in service"),
    ("RACE-3", "sent_during_rule", "a notification was sent while the do-not-disturb rule was set"),
    ("RACE-3", "arrived_during_rule", "a notification that was sent before the rule was set arrived while it was set"),
    ("RACE-3", "missed_release", "the rule was cleared and set again and the PF told nobody in between"),
    ("RACE-4", "bye_during_work", "a BYE came while the PF worked on what the pull asked for"),
    ("RACE-4", "bye_before_ack", "a BYE came before the ACK"),
    ("RACE-4", "bye_unknown", "a BYE came for a dialog that was over: 481"),
    ("RACE-5", "copy_suppressed", "a terminal got a message again and recognised it"),
    ("RACE-5", "copy_shown", "a terminal got a message again and showed it again"),
    ("RACE-5", "original_dropped", "a terminal dropped a message that it had not seen"),
    ("RACE-5", "delivery_timed_out", "the PF got no final response to a deferred delivery"),
    ("RACE-6", "wasted_notification", "a notification reached no client: 404, 430, 480 or time-out"),
    ("RACE-7", "left_behind", "a message deferred during a pull was left in the queue"),
    ("RACE-7", "included", "a message deferred during a pull was delivered with it"),
    ("RACE-7", "stranded_then_delivered", "a message left behind was delivered later"),
    ("RACE-8", "sent_in_service", "a notification was sent while a pull of the user was in service"),
    ("RACE-8", "crossed_invite", "a notification reached a client with a pull under way"),
    ("RACE-8", "instruction_ignored", "a pull asked for a message that was gone"),
    ("RACE-10", "useless_wake_up", "an out-of-band notification reached a terminal that was registered by then"),
    ("RACE-10", "wake_up", "an out-of-band notification reached a terminal that was not registered"),
    ("RACE-11", "told_twice", "a client was told in band of what the devices had been told out of band"),
    ("RACE-11", "told_out_of_band", "devices were told out of band"),
    ("RACE-21", "notified_again", "an MMS server notified of an MM again"),
    ("RACE-21", "stale_notification", "a terminal was notified of an MM that it had"),
    ("RACE-21", "never_acknowledged", "an MM was fetched, and its server never heard so"),
    ("RACE-8", "outdated_list", "a pull with a list got 488: everything on it was gone"),
    ("RACE-9", "cancelled", "an INVITE that was given up ended with 487"),
    ("RACE-9", "refused", "it ended with another failure, or timed out"),
    ("RACE-9", "late_200", "a 2xx had overtaken the CANCEL: ACK and BYE followed"),
    ("RACE-9", "invitation_vanished", "a terminal was deciding when the invitation was cancelled"),
    ("RACE-12", "registered_mid_push", "a client registered while a push to its user was under way"),
    ("RACE-12", "further_device", "a deferred message reached a further device of its user"),
    ("RACE-12", "reordered", "a device got a deferred message that was sent before one that it had already"),
    ("RACE-13", "expiry_during_refresh", "a binding expired while its refresh was in progress and was kept"),
    ("RACE-13", "refresh_after_expiry", "a refresh came after its binding had expired"),
    ("RACE-17", "branch_cancelled", "an undecided branch was cancelled by the 6xx of another"),
    ("RACE-18", "report_in_time", "a REPORT came before its file was closed"),
    ("RACE-18", "report_lost", "a REPORT came after its file was closed"),
    ("RACE-18", "send_too_early", "a SEND came before its receiver was ready and got 481"),
    ("RACE-18", "send_without_session", "a SEND came to no session and got 481"),
    ("RACE-19", "reused", "content joined a session that lingered or was under way"),
    ("RACE-19", "too_late", "content came when BYE was out and needed a new session"),
    ("RACE-19", "glare", "a re-INVITE met another and got 491"),
    ("RACE-14", "bypassed", "an application server was late and the request went on without it"),
    ("RACE-14", "terminated", "an application server was late and the request was answered with 504"),
    ("RACE-14", "deferred_after_bypass", "the late server deferred a message that had gone on without it"),
    ("RACE-14", "deferred_after_refusal", "the late server deferred a message that its sender was refused"),
    ("RACE-14", "copy_after_bypass", "a terminal got a copy of a message that had gone on without its server"),
    ("RACE-15", "reported_then_fetched", "a client reported a message when it was invited, and then took it"),
    ("RACE-15", "reported_then_declined", "it refused the message that its sender was told was delivered"),
    ("RACE-15", "reported_never_fetched", "it had neither taken nor refused the message by the end"),
    ("RACE-16", "report_repeated", "a sender got a further report on one message"),
    ("RACE-16", "report_suppressed", "the PF kept a further report to itself"),
    ("RACE-20", "failed_over", "another PF instance was asked because the user's own was late"),
    (
        "RACE-20",
        "false_no_messages",
        "a client got 488 \"No messages\" from one PF while another had messages of its user",
    ),
    ("RACE-22", "delete_locked_out", "a client wanted a message deleted that another had asked for"),
    ("RACE-22", "deleted_in_flight", "a message was deleted while its delivery was under way"),
    ("RACE-22", "deleted_and_delivered", "of these, one that was delivered"),
    ("RACE-23", "released", "a notification was let go by the clearing of a rule"),
    ("RACE-23", "released_then_answered", "the first MESSAGE of it was answered with 2xx"),
    ("RACE-23", "released_then_refused", "it was answered with something else"),
    ("RACE-23", "released_then_timed_out", "it got no final response"),
    ("RACE-24", "partial_pull", "a pull listed fewer messages than were announced"),
    ("RACE-25", "temporary_gruu_valid", "content was taken at the temporary GRUU that its sender had learned"),
    ("RACE-25", "temporary_gruu_void", "it got 404: the registration of the GRUU was over, or another took its place"),
    ("RACE-25", "no_contact", "it got 480: the registration holds, but takes no such content"),
    ("RACE-26", "capability_held", "a terminal chosen by capability took the content"),
    ("RACE-26", "capability_gone", "it refused with 413, 415 or 488, and the sender gave up"),
    ("RACE-26", "fell_back", "it refused, and the sender tried another way"),
    ("RACE-26", "terminal_gone", "it answered nothing, or was not registered any more"),
];

/// Counts of the outcomes in [`REGISTRY`].
#[derive(Clone, Debug)]
pub struct Races([u64; REGISTRY.len()]);

impl Default for Races {
    fn default() -> Self {
        Races([0; REGISTRY.len()])
    }
}

impl Races {
    /// Takes a fact.
    pub fn observe(&mut self, fact: Fact) {
        match fact {
            Fact::PullServed(true) => self.add("RACE-1", "served_alone", 1),
            Fact::PullServed(false) => self.add("RACE-1", "empty_alone", 1),
            Fact::Overlap(outcome) => self.add("RACE-1", overlap_name(outcome), 1),
            Fact::Received { duplicate, shown, .. } => self.on_received(duplicate, shown),
            Fact::DeliveryFailed { status: None, .. } => self.add("RACE-5", "delivery_timed_out", 1),
            Fact::NotificationAnswered { status, .. } => {
                if matches!(status, None | Some(404 | 408 | 430 | 480)) {
                    self.add("RACE-6", "wasted_notification", 1);
                }
            }
            Fact::PullCompleted { ignored, left_behind, included, .. } => {
                self.add("RACE-7", "left_behind", u64::from(left_behind));
                self.add("RACE-7", "included", u64::from(included));
                self.add("RACE-8", "instruction_ignored", u64::from(ignored));
            }
            Fact::Dequeued { fate: Fate::Delivered, stranded, overdue, .. } => {
                self.add("RACE-7", "stranded_then_delivered", u64::from(stranded));
                self.add("RACE-2", "delivered_overdue", u64::from(overdue));
            }
            Fact::DeliveredAfter { fate: Fate::Expired, .. } => self.add("RACE-2", "expired_and_delivered", 1),
            Fact::DeliveredAfter { fate: Fate::Deleted, .. } => self.add("RACE-22", "deleted_and_delivered", 1),
            Fact::ExpiredInService => self.add("RACE-2", "expired_in_service", 1),
            Fact::DeleteLockedOut => self.add("RACE-22", "delete_locked_out", 1),
            Fact::DeletedInFlight => self.add("RACE-22", "deleted_in_flight", 1),
            Fact::ByeArrived { working, acked } => {
                self.add("RACE-4", "bye_during_work", u64::from(working));
                self.add("RACE-4", "bye_before_ack", u64::from(!acked));
            }
            Fact::ByeUnknown => self.add("RACE-4", "bye_unknown", 1),
            Fact::PullAnswered { status: Some(488), listed: true, .. } => self.add("RACE-8", "outdated_list", 1),
            Fact::PullStarted { partial: true, .. } => self.add("RACE-24", "partial_pull", 1),
            Fact::ReportReceived { repeated: true, .. } => self.add("RACE-16", "report_repeated", 1),
            Fact::ReportSuppressed => self.add("RACE-16", "report_suppressed", 1),
            Fact::NotificationSent { in_service: true, .. } => self.add("RACE-8", "sent_in_service", 1),
            Fact::NotificationReceived { pull_under_way: true, .. } => self.add("RACE-8", "crossed_invite", 1),
            Fact::Messaging(fact) => self.observe_messaging(fact),
            Fact::PushAnswered { status, temporary_gruu, by_capability, falls_back } => {
                self.on_push_answer(status, temporary_gruu, by_capability, falls_back);
            }
            Fact::ExpiryDuringRefresh => self.add("RACE-13", "expiry_during_refresh", 1),
            Fact::RefreshAfterExpiry { .. } => self.add("RACE-13", "refresh_after_expiry", 1),
            Fact::Cancelled(outcome) => self.add("RACE-9", cancel_name(outcome), 1),
            Fact::InvitationVanished => self.add("RACE-9", "invitation_vanished", 1),
            Fact::DeclinedForAll { undecided } => self.add("RACE-17", "branch_cancelled", u64::from(undecided)),
            Fact::MediaReport { late: false } => self.add("RACE-18", "report_in_time", 1),
            Fact::MediaReport { late: true } => self.add("RACE-18", "report_lost", 1),
            Fact::SendTooEarly => self.add("RACE-18", "send_too_early", 1),
            Fact::SendWithoutSession => self.add("RACE-18", "send_without_session", 1),
            Fact::SessionReused => self.add("RACE-19", "reused", 1),
            Fact::SessionTooLate => self.add("RACE-19", "too_late", 1),
            Fact::Glare => self.add("RACE-19", "glare", 1),
            _ => {}
        }
    }

    /// Takes what a fact means for do-not-disturb.
    pub fn observe_rule(&mut self, outcome: DndOutcome) {
        match outcome {
            DndOutcome::Sent => self.add("RACE-3", "sent_during_rule", 1),
            DndOutcome::Crossed(_) => self.add("RACE-3", "arrived_during_rule", 1),
            DndOutcome::Violated(_) => {}
            DndOutcome::MissedRelease => self.add("RACE-3", "missed_release", 1),
            DndOutcome::Released(..) => self.add("RACE-23", "released", 1),
            DndOutcome::Answered(Some(200..300)) => self.add("RACE-23", "released_then_answered", 1),
            DndOutcome::Answered(Some(_)) => self.add("RACE-23", "released_then_refused", 1),
            DndOutcome::Answered(None) => self.add("RACE-23", "released_then_timed_out", 1),
        }
    }

    /// Takes what became of messages that were reported when they were announced.
    pub fn add_early_reports(&mut self, reports: &EarlyReports) {
        for (outcome, count) in reports.outcomes() {
            self.add("RACE-15", outcome, count);
        }
    }

    /// Takes what a fact means for a push.
    pub fn observe_push(&mut self, outcome: PushOutcome) {
        let name = match outcome {
            PushOutcome::RegisteredMidPush => "registered_mid_push",
            PushOutcome::FurtherDevice => "further_device",
            PushOutcome::Reordered => "reordered",
        };
        self.add("RACE-12", name, 1);
    }

    /// A PF without messages turned a client away from those at another.
    pub fn false_no_messages(&mut self) {
        self.add("RACE-20", "false_no_messages", 1);
    }

    /// Takes what a fact means for late application servers.
    pub fn observe_late_server(&mut self, outcome: LateOutcome) {
        match outcome {
            LateOutcome::PassedOver(PassedOver::Continued) => self.add("RACE-14", "bypassed", 1),
            LateOutcome::PassedOver(PassedOver::Terminated) => self.add("RACE-14", "terminated", 1),
            LateOutcome::PassedOver(PassedOver::FailedOver) => self.add("RACE-20", "failed_over", 1),
            LateOutcome::DeferredAfterBypass => self.add("RACE-14", "deferred_after_bypass", 1),
            LateOutcome::DeferredAfterRefusal => self.add("RACE-14", "deferred_after_refusal", 1),
            LateOutcome::CopyAfterBypass => self.add("RACE-14", "copy_after_bypass", 1),
        }
    }

    fn observe_messaging(&mut self, fact: MessagingFact) {
        match fact {
            MessagingFact::WakeUp { registered: true, .. } => self.add("RACE-10", "useless_wake_up", 1),
            MessagingFact::WakeUp { registered: false, .. } => self.add("RACE-10", "wake_up", 1),
            MessagingFact::OutOfBandSent => self.add("RACE-11", "told_out_of_band", 1),
            MessagingFact::InBandAfterOutOfBand => self.add("RACE-11", "told_twice", 1),
            MessagingFact::MmNotified { before } if before > 0 => self.add("RACE-21", "notified_again", 1),
            MessagingFact::MmNotification { stale: true, .. } => self.add("RACE-21", "stale_notification", 1),
            MessagingFact::MmOver(MmEnd::Retrieved) => self.add("RACE-21", "never_acknowledged", 1),
            _ => {}
        }
    }

    fn on_received(&mut self, duplicate: bool, shown: bool) {
        match (duplicate, shown) {
            (true, false) => self.add("RACE-5", "copy_suppressed", 1),
            (true, true) => self.add("RACE-5", "copy_shown", 1),
            (false, false) => self.add("RACE-5", "original_dropped", 1),
            (false, true) => {}
        }
    }

    fn on_push_answer(&mut self, status: Option<u16>, temporary_gruu: bool, by_capability: bool, falls_back: bool) {
        match (status, temporary_gruu) {
            (Some(200..300), true) => self.add("RACE-25", "temporary_gruu_valid", 1),
            (Some(404), true) => self.add("RACE-25", "temporary_gruu_void", 1),
            (Some(480), true) => self.add("RACE-25", "no_contact", 1),
            (Some(_) | None, _) => {}
        }
        match (status, by_capability) {
            (_, false) => {}
            (Some(200..300), true) => self.add("RACE-26", "capability_held", 1),
            (Some(413 | 415 | 488), true) if falls_back => self.add("RACE-26", "fell_back", 1),
            (Some(413 | 415 | 488), true) => self.add("RACE-26", "capability_gone", 1),
            (Some(_) | None, true) => self.add("RACE-26", "terminal_gone", 1),
        }
    }

    fn add(&mut self, race: &str, outcome: &str, count: u64) {
        let at = REGISTRY
            .iter()
            .position(|(of, name, _)| *of == race && *name == outcome)
            .expect("every outcome that is counted stands in the registry");
        self.0[at] += count;
    }

    /// The rows of all registered outcomes, those that did not occur included; none of the `impossible` races.
    pub fn rows(&self, impossible: &[&str]) -> Vec<RaceRow> {
        let counted = REGISTRY.iter().zip(self.0).filter(|((race, ..), _)| !impossible.contains(race));
        let mut rows: Vec<RaceRow> =
            counted.map(|((race, outcome, _), count)| RaceRow { race, outcome, count }).collect();
        rows.sort();
        rows
    }
}

fn overlap_name(outcome: OverlapOutcome) -> &'static str {
    match outcome {
        OverlapOutcome::Declined => "declined",
        OverlapOutcome::HeldThenServed => "held_then_served",
        OverlapOutcome::HeldThenEmpty => "held_then_empty",
        OverlapOutcome::EmptySuccess => "empty_success",
        OverlapOutcome::AcceptedThenServed => "accepted_then_served",
        OverlapOutcome::Merged => "merged",
    }
}

fn cancel_name(outcome: CancelOutcome) -> &'static str {
    match outcome {
        CancelOutcome::Cancelled => "cancelled",
        CancelOutcome::Refused => "refused",
        CancelOutcome::LateSuccess => "late_200",
    }
}
