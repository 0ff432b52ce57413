//! Counts of mail, multimedia and short messages. Failure ratios are named after ETSI TS 102 250-2 (clauses of MMS and
//! SMS).

use super::rows::Rows;
use crate::agents::messaging::MessagingFact;
use crate::agents::messaging::fact::MmEnd;
use crate::agents::messaging::settings::Bearer;

/// What has happened so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessagingMeter {
    seen: bool,
    filtered: u64,
    in_band: u64,
    out_of_band: [u64; 4],
    push_failed: u64,
    mail_deferred: u64,
    mail_failed: u64,
    status: [u64; 2],
    short_taken: u64,
    short_failed_first: u64,
    short_failed: u64,
    short_delivered: u64,
    short_expired: u64,
    mm_taken: u64,
    mm_id_lost: u64,
    mm_notified: u64,
    mm_notified_again: u64,
    mm_fetched: u64,
    mm_over: [u64; 3],
    mm_stale: u64,
    mm_received: u64,
    mm_inbox: u64,
    mm_failed: u64,
    notices: u64,
    synchronised: u64,
    useless: u64,
    wake_ups: u64,
    wake_ups_registered: u64,
    pf_sent: u64,
    pf_both: u64,
    pf_impossible: u64,
}

impl MessagingMeter {
    /// Takes a fact.
    pub fn observe(&mut self, fact: MessagingFact) {
        self.seen = true;
        match fact {
            MessagingFact::EventFiltered => self.filtered += 1,
            MessagingFact::NoticeInBand => self.in_band += 1,
            MessagingFact::NoticeOutOfBand(bearer) => self.out_of_band[bearer as usize] += 1,
            MessagingFact::PushFailed => self.push_failed += 1,
            MessagingFact::MailDeferred => self.mail_deferred += 1,
            MessagingFact::MailFailed => self.mail_failed += 1,
            MessagingFact::StatusReceived { delivered } => self.status[usize::from(delivered)] += 1,
            MessagingFact::ShortTaken => self.short_taken += 1,
            MessagingFact::ShortAttemptFailed { first } => {
                self.short_failed += 1;
                self.short_failed_first += u64::from(first);
            }
            MessagingFact::ShortDelivered { .. } => self.short_delivered += 1,
            MessagingFact::ShortExpired => self.short_expired += 1,
            MessagingFact::MmTaken { id_lost } => {
                self.mm_taken += 1;
                self.mm_id_lost += u64::from(id_lost);
            }
            MessagingFact::MmNotified { before } => {
                self.mm_notified += 1;
                self.mm_notified_again += u64::from(before > 0);
            }
            MessagingFact::MmFetched => self.mm_fetched += 1,
            MessagingFact::MmOver(end) => self.mm_over[end as usize] += 1,
            MessagingFact::MmNotification { stale, .. } => self.mm_stale += u64::from(stale),
            MessagingFact::MmReceived { inbox, .. } => {
                self.mm_received += 1;
                self.mm_inbox += u64::from(inbox);
            }
            MessagingFact::MmRetrievalFailed => self.mm_failed += 1,
            MessagingFact::NoticeReceived { .. } => self.notices += 1,
            MessagingFact::Synchronised { useless, .. } => {
                self.synchronised += 1;
                self.useless += u64::from(useless);
            }
            MessagingFact::WakeUp { registered, .. } => {
                self.wake_ups += 1;
                self.wake_ups_registered += u64::from(registered);
            }
            MessagingFact::OutOfBandSent => self.pf_sent += 1,
            MessagingFact::OutOfBandImpossible => self.pf_impossible += 1,
            MessagingFact::InBandAfterOutOfBand => self.pf_both += 1,
        }
    }

    /// Writes the measures, of a run in which any of this happened. `unaddressed` says whether there are devices that
    /// the PF cannot reach out of band.
    pub fn write(&self, rows: &mut Rows, unaddressed: bool) {
        if !self.seen {
            return;
        }
        rows.count("mailbox.filtered", self.filtered);
        rows.count("mailbox.in_band", self.in_band);
        for (bearer, name) in [
            (Bearer::Mms, "mailbox.out_of_band.mms"),
            (Bearer::Sms, "mailbox.out_of_band.sms"),
            (Bearer::WapPush, "mailbox.out_of_band.wap_push"),
            (Bearer::SipPush, "mailbox.out_of_band.sip_push"),
        ] {
            rows.count(name, self.out_of_band[bearer as usize]);
        }
        rows.count("mailbox.push_failed", self.push_failed);
        rows.count("mailbox.received", self.notices);
        rows.count("mailbox.synchronised", self.synchronised);
        rows.count("mailbox.useless_wake_ups", self.useless);
        rows.count("mail.deferred", self.mail_deferred);
        rows.count("mail.failed", self.mail_failed);
        rows.count("mail.reported_delivered", self.status[1]);
        rows.count("mail.reported_failed", self.status[0]);
        rows.count("mms.taken", self.mm_taken);
        rows.count("mms.id_lost", self.mm_id_lost);
        rows.count("mms.notifications", self.mm_notified);
        rows.count("mms.notified_again", self.mm_notified_again);
        rows.count("mms.stale_notifications", self.mm_stale);
        rows.count("mms.fetched", self.mm_fetched);
        rows.count("mms.received", self.mm_received);
        rows.count("mms.inbox", self.mm_inbox);
        rows.count("mms.acknowledged", self.mm_over[MmEnd::Acknowledged as usize]);
        rows.count("mms.retrieved", self.mm_over[MmEnd::Retrieved as usize]);
        rows.count("mms.expired", self.mm_over[MmEnd::Expired as usize]);
        let over: u64 = self.mm_over.iter().sum();
        rows.count("mms.pending", self.mm_taken.saturating_sub(over));
        rows.ratio("mms.end_to_end_failure_ratio", self.mm_over[MmEnd::Expired as usize], over);
        rows.ratio("mms.retrieval_failure_ratio", self.mm_failed, self.mm_failed + self.mm_received);
        rows.count("sms.taken", self.short_taken);
        rows.count("sms.delivered", self.short_delivered);
        rows.count("sms.expired", self.short_expired);
        rows.count("sms.failed_attempts", self.short_failed);
        rows.ratio("sms.first_attempt_failure_ratio", self.short_failed_first, self.short_taken);
        let settled = self.short_delivered + self.short_expired;
        rows.ratio("sms.completion_failure_ratio", self.short_expired, settled);
        rows.count("out_of_band.sent", self.pf_sent);
        if unaddressed {
            rows.count("out_of_band.no_address", self.pf_impossible);
        }
        rows.count("out_of_band.told_in_band_too", self.pf_both);
        rows.count("out_of_band.wake_ups", self.wake_ups);
        rows.count("out_of_band.useless_wake_ups", self.wake_ups_registered);
    }
}
