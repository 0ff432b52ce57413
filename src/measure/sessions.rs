//! Sessions that carry files and large messages: how they were answered, what became of their files, what they held.

use super::average::TimeAverage;
use super::rows::Rows;
use crate::agents::Fact;
use crate::kernel::{Span, Time};

#[derive(Clone, Copy, Debug, Default)]
struct Counters {
    invited: u64,
    /// 2xx, 480, 486, 487, 488, 491, 603, 606, other, none.
    answered: [u64; 10],
    reused: u64,
    too_late: u64,
    reinvites: u64,
    glares: u64,
    expired: u64,
    forks_released: u64,
    late_successes: u64,
    idle_ns: u64,
    files_delivered: u64,
    files_refused: u64,
    files_failed: u64,
    octets_delivered: u64,
    octets_avoided: u64,
    reports: u64,
    reports_lost: u64,
    paths: u64,
    paths_missed: u64,
    relay_failures: u64,
}

/// Names of the answers that are told apart.
const ANSWERS: [&str; 10] = ["2xx", "480", "486", "487", "488", "491", "603", "606", "other", "timed_out"];

fn answer(status: Option<u16>) -> usize {
    match status {
        Some(200..300) => 0,
        Some(480) => 1,
        Some(486) => 2,
        Some(487) => 3,
        Some(488) => 4,
        Some(491) => 5,
        Some(603) => 6,
        Some(606) => 7,
        Some(_) => 8,
        None => 9,
    }
}

/// The counts of a run.
#[derive(Clone, Debug)]
pub struct SessionMeter {
    counters: Counters,
    /// User planes that stand, at each end.
    user_planes: TimeAverage,
}

impl SessionMeter {
    /// Counts from `warm_up` on.
    pub fn new(warm_up: Time) -> SessionMeter {
        SessionMeter { counters: Counters::default(), user_planes: TimeAverage::new(warm_up) }
    }

    /// Follows what stands, from the start of the run.
    pub fn follow(&mut self, now: Time, fact: Fact) {
        if let Fact::UserPlane(stands) = fact {
            let open = self.user_planes.value();
            self.user_planes.set(now, if stands { open + 1 } else { open.saturating_sub(1) });
        }
    }

    /// Counts a fact after the warm-up.
    pub fn count(&mut self, fact: Fact) {
        let counters = &mut self.counters;
        match fact {
            Fact::SessionInvited => counters.invited += 1,
            Fact::SessionAnswered { status, .. } => counters.answered[answer(status)] += 1,
            Fact::SessionReused => counters.reused += 1,
            Fact::SessionTooLate => counters.too_late += 1,
            Fact::ReInvited => counters.reinvites += 1,
            Fact::Glare => counters.glares += 1,
            Fact::SessionExpired => counters.expired += 1,
            Fact::ForkReleased => counters.forks_released += 1,
            Fact::Cancelled(crate::agents::observation::CancelOutcome::LateSuccess) => counters.late_successes += 1,
            Fact::SessionIdle { span } => counters.idle_ns += span.as_nanos(),
            Fact::FileDelivered { octets, .. } => {
                counters.files_delivered += 1;
                counters.octets_delivered += u64::from(octets);
            }
            Fact::FileRefused { octets } => {
                counters.files_refused += 1;
                counters.octets_avoided += u64::from(octets);
            }
            Fact::FileFailed { .. } => counters.files_failed += 1,
            Fact::UsePath(true) => counters.paths += 1,
            Fact::UsePath(false) => counters.paths_missed += 1,
            Fact::RelayFailure => counters.relay_failures += 1,
            Fact::MediaReport { late } => {
                counters.reports += 1;
                counters.reports_lost += u64::from(late);
            }
            _ => {}
        }
    }

    /// Ends the measurement.
    pub fn finish(&mut self, now: Time) {
        self.user_planes.advance(now);
    }

    /// Writes the measures.
    pub fn write(&self, rows: &mut Rows) {
        let counters = &self.counters;
        rows.count("sessions.invited", counters.invited);
        for (name, count) in ANSWERS.iter().zip(counters.answered) {
            rows.count(&format!("sessions.answered.{name}"), count);
        }
        rows.count("sessions.reused", counters.reused);
        rows.count("sessions.too_late", counters.too_late);
        rows.count("sessions.reinvites", counters.reinvites);
        rows.count("sessions.glares", counters.glares);
        rows.count("sessions.expired", counters.expired);
        rows.count("sessions.forks_released", counters.forks_released);
        rows.count("sessions.late_successes", counters.late_successes);
        rows.push("sessions.idle_time", "s", Some(Span::from_nanos(counters.idle_ns).as_secs_f64()));
        rows.count("sessions.user_planes_at_end", self.user_planes.value());
        rows.push("sessions.user_planes_mean", "1", self.user_planes.mean());
        rows.count("files.delivered", counters.files_delivered);
        rows.count("files.refused", counters.files_refused);
        rows.count("files.failed", counters.files_failed);
        rows.push("files.octets_delivered", "octets", Some(counters.octets_delivered as f64));
        rows.push("files.octets_avoided", "octets", Some(counters.octets_avoided as f64));
        rows.count("files.reports", counters.reports);
        rows.count("files.reports_lost", counters.reports_lost);
    }

    /// Writes the measures of MSRP relays.
    pub fn write_relays(&self, rows: &mut Rows) {
        let counters = &self.counters;
        rows.count("msrp_relay.paths", counters.paths);
        rows.count("msrp_relay.paths_missed", counters.paths_missed);
        rows.count("msrp_relay.failures", counters.relay_failures);
    }
}
