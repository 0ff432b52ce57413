//! The measurement of one run: takes facts and messages, gives the results. Names of measures are fixed;
//! `docs/measures.md` lists them.

use super::fingerprint::Fingerprint;
use super::latency::{Latencies, LatencyKind};
use super::lifecycle::Lifecycle;
use super::races::Races;
use super::results::{MeasureRow, RunResults, TimelineRow};
use super::signalling::{CountKey, Signalling};
use super::stations::StationMeter;
use crate::agents::observation::RegistrationKind;
use crate::agents::{Fact, Meta};
use crate::kernel::lookup::Lookup;
use crate::kernel::{EntityId, Span, Time};
use crate::wire::{Message, UserId};

/// What to measure, and the names that results need.
#[derive(Clone, Debug, Default)]
pub struct MeasurePlan {
    /// Means, latencies and measures start here.
    pub warm_up: Time,
    /// A message counts if its procedure began at or after this.
    pub count_from: Time,
    /// End of the run.
    pub horizon: Time,
    /// Shares of waits, sojourns and latencies at or below these.
    pub thresholds: Vec<Span>,
    /// State probabilities of stations up to this.
    pub states: u32,
    /// Serial window of the PF.
    pub serial_window: u32,
    /// Names of the nodes of the model.
    pub node_names: Vec<String>,
    /// Names of the node instances by entity.
    pub station_names: Vec<String>,
    /// Stations that are metered, by entity.
    pub metered: Vec<bool>,
    /// Names of classes; the first `plain.len()` are workloads.
    pub classes: Vec<String>,
    /// Which workloads are plain, by index.
    pub plain: Vec<bool>,
    /// Terminals in the model.
    pub terminals: u64,
    /// Users in the model.
    pub users: u64,
}

/// Counts of a plain workload.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainCounts {
    started: u64,
    done: u64,
    failed: u64,
    /// Requests that arrived at the sink, copies included.
    requests_received: u64,
    requests_sent: u64,
    responses_sent: u64,
    no_ack: u64,
    ghosts: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counters {
    registrations: [u64; 3],
    registered: [u64; 3],
    registration_failures: [u64; 3],
    ineffective: u64,
    power_ons: u64,
    notifications: u64,
    notification_entries: u64,
    pulls_started: u64,
    pulls_first: u64,
    pull_answers: [u64; 5],
    pull_retries: u64,
    pull_failures: u64,
    pull_impossible: u64,
    pulls_arrived: u64,
    pulls_overlapping: u64,
    pulls_completed: u64,
    held: u64,
    empty_successes: u64,
    reports_sent: u64,
    reports_received: u64,
    reports_discarded: u64,
    timeouts: u64,
    rejected: u64,
    strays: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct UserPulls {
    pulls: u64,
    overlaps: u64,
}

/// The measurement of a run.
#[derive(Clone, Debug)]
pub struct Meter {
    plan: MeasurePlan,
    signalling: Signalling,
    latencies: Latencies,
    stations: Vec<StationMeter>,
    lifecycle: Lifecycle,
    races: Races,
    fingerprint: Fingerprint,
    counters: Counters,
    plain: Vec<PlainCounts>,
    /// Requests of plain transactions that reached their sink and have no final response: a time-out makes a ghost of
    /// them.
    at_sink: Lookup<(u16, u32), ()>,
    /// First responses of plain transactions that were seen.
    answered: Lookup<(u16, u32), ()>,
    pulls_by_user: Lookup<UserId, UserPulls>,
    users_with_pulls: u64,
    users_with_overlap: u64,
    bound: u64,
    bound_ns: u128,
    bound_since: Time,
    timeline: Vec<TimelineRow>,
    hops: u64,
}

impl Meter {
    /// Begins a measurement.
    pub fn new(plan: MeasurePlan) -> Meter {
        Meter {
            signalling: Signalling::default(),
            latencies: Latencies::new(plan.thresholds.clone()),
            stations: plan.station_names.iter().map(|_| StationMeter::new(plan.warm_up, plan.states)).collect(),
            lifecycle: Lifecycle::new(plan.serial_window),
            races: Races::default(),
            fingerprint: Fingerprint::default(),
            counters: Counters::default(),
            plain: vec![PlainCounts::default(); plan.plain.len()],
            at_sink: Lookup::default(),
            answered: Lookup::default(),
            pulls_by_user: Lookup::default(),
            users_with_pulls: 0,
            users_with_overlap: 0,
            bound: 0,
            bound_ns: 0,
            bound_since: plan.warm_up,
            timeline: Vec::new(),
            hops: 0,
            plan,
        }
    }

    /// The running fingerprint.
    pub fn fingerprint(&mut self) -> &mut Fingerprint {
        &mut self.fingerprint
    }

    /// Whether a message of a procedure that began then is counted.
    pub fn counts(&self, meta: &Meta) -> bool {
        meta.began >= self.plan.count_from
    }

    /// A message is sent.
    pub fn sent(&mut self, now: Time, key: CountKey, message: &Message, meta: &Meta, transmission: u16, octets: u64) {
        self.lifecycle.check_send(now, message, transmission);
        if self.counts(meta) {
            self.signalling.count(key, octets, transmission > 0);
        }
    }

    /// A message of a plain transaction is sent by its source or its sink, or arrives at the sink.
    pub fn plain_request_sent(&mut self, workload: u16) {
        self.plain_counts(workload, |counts| counts.requests_sent += 1);
    }

    /// A request of a plain transaction arrived at its sink, copies included.
    pub fn plain_request_received(&mut self, workload: u16) {
        self.plain_counts(workload, |counts| counts.requests_received += 1);
    }

    /// A response of a plain transaction left its sink, copies included.
    pub fn plain_response_sent(&mut self, workload: u16) {
        self.plain_counts(workload, |counts| counts.responses_sent += 1);
    }

    fn plain_counts(&mut self, workload: u16, change: impl FnOnce(&mut PlainCounts)) {
        if let Some(counts) = self.plain.get_mut(usize::from(workload)) {
            change(counts);
        }
    }

    /// A message was served and handed to its receiver.
    pub fn arrived(&mut self) {
        self.hops += 1;
    }

    /// Messages handed to their receivers so far.
    pub fn hops(&self) -> u64 {
        self.hops
    }

    /// The meter of a node instance, where it is metered and counting has begun.
    pub fn station(&mut self, entity: EntityId) -> Option<&mut StationMeter> {
        if *self.plan.metered.get(entity.index())? { self.stations.get_mut(entity.index()) } else { None }
    }

    /// A station began to serve a message that had arrived at `arrived`.
    pub fn service_began(&mut self, now: Time, entity: EntityId, arrived: Time) {
        if arrived < self.plan.warm_up || !self.plan.metered.get(entity.index()).copied().unwrap_or(false) {
            return;
        }
        let wait = now.since(arrived);
        let meter = &mut self.stations[entity.index()];
        meter.begun += 1;
        meter.waited += u64::from(!wait.is_zero());
        self.latencies.record(LatencyKind::Wait, entity.0 as u16, wait);
    }

    /// A station has served a message.
    pub fn service_ended(&mut self, now: Time, entity: EntityId, arrived: Time) {
        if arrived < self.plan.warm_up || !self.plan.metered.get(entity.index()).copied().unwrap_or(false) {
            return;
        }
        self.stations[entity.index()].served += 1;
        self.latencies.record(LatencyKind::Sojourn, entity.0 as u16, now.since(arrived));
    }

    /// A message arrived at a station, or was turned away there.
    pub fn station_arrival(&mut self, now: Time, entity: EntityId, turned_away: bool) {
        if now < self.plan.warm_up || !self.plan.metered.get(entity.index()).copied().unwrap_or(false) {
            return;
        }
        let meter = &mut self.stations[entity.index()];
        meter.arrivals += 1;
        meter.dropped += u64::from(turned_away);
    }

    /// A sample for the timeline.
    pub fn sample(&mut self, now: Time) {
        let row = |node: &str, measure: &'static str, value: f64| TimelineRow {
            time_ns: now.as_nanos(),
            node: node.to_string(),
            measure,
            value,
        };
        let mut rows = Vec::new();
        for (at, name) in self.plan.station_names.iter().enumerate() {
            if self.plan.metered[at] {
                rows.push(row(name, "number", f64::from(self.stations[at].number())));
                rows.push(row(name, "busy", f64::from(self.stations[at].busy())));
            }
        }
        if self.plan.terminals > 0 {
            rows.push(row("all", "terminals.registered", self.bound as f64));
            rows.push(row("all", "messages.queued", self.lifecycle.totals().queued as f64));
            rows.push(row("all", "dialogs.open", self.lifecycle.dialogs_open() as f64));
        }
        self.timeline.append(&mut rows);
    }

    fn latency(&mut self, kind: LatencyKind, class: u16, now: Time, began: Time) {
        if began >= self.plan.warm_up {
            self.latencies.record(kind, class, now.since(began));
        }
    }

    /// Takes a fact.
    pub fn observe(&mut self, now: Time, entity: EntityId, class_of_entity: u16, fact: Fact) {
        if let Some(first) = self.lifecycle.observe(now, entity, fact) {
            self.latency(LatencyKind::Delivery, first.class, now, first.submitted_at);
            let kind = if first.was_deferred { LatencyKind::DeliveryDeferred } else { LatencyKind::DeliveryDirect };
            self.latency(kind, first.class, now, first.submitted_at);
        }
        if now >= self.plan.warm_up {
            self.races.observe(fact);
            self.count(fact);
        }
        self.count_always(now, fact);
        self.time(now, class_of_entity, fact);
    }

    /// Latencies that a fact tells of.
    fn time(&mut self, now: Time, class: u16, fact: Fact) {
        match fact {
            Fact::RegistrationSucceeded { kind, began } => {
                let kind = match kind {
                    RegistrationKind::Initial => LatencyKind::Registration,
                    RegistrationKind::Refresh => LatencyKind::ReRegistration,
                    RegistrationKind::DeRegistration => LatencyKind::DeRegistration,
                };
                self.latency(kind, class, now, began);
            }
            Fact::SubmissionAnswered { status: Some(_), class, began, .. } => {
                self.latency(LatencyKind::Submission, class, now, began);
            }
            Fact::Dequeued { class, deferred_at, .. } => {
                self.latency(LatencyKind::Deferral, class, now, deferred_at);
            }
            Fact::ReportReceived { class, sent_at, .. } => {
                self.latency(LatencyKind::Report, class, now, sent_at);
            }
            Fact::PullAnswered { status: Some(status), began, .. } => {
                let kind = if status < 300 { LatencyKind::PullAccepted } else { LatencyKind::PullRefused };
                self.latency(kind, class, now, began);
            }
            Fact::PullCompleted { began, .. } => self.latency(LatencyKind::PullWork, class, now, began),
            Fact::Held { since } => self.latency(LatencyKind::Hold, class, now, since),
            Fact::ByeAnswered { began } => self.latency(LatencyKind::SessionDisconnect, class, now, began),
            Fact::NotificationAnswered { status: Some(_), began } => {
                self.latency(LatencyKind::Notification, class, now, began);
            }
            Fact::RefreshAfterExpiry { expired_at } => {
                self.latency(LatencyKind::GhostRegistration, class, now, expired_at);
            }
            Fact::ItemDone { workload, began, .. } => self.latency(LatencyKind::Datagram, workload, now, began),
            Fact::ItemAnswered { workload, number, began, status } => {
                self.on_item_answer(now, workload, number, began, status);
            }
            _ => {}
        }
    }

    fn on_item_answer(&mut self, now: Time, workload: u16, number: u32, began: Time, status: u16) {
        let first = self.answered.insert((workload, number), ()).is_none();
        if first {
            self.latency(LatencyKind::FirstResponse, workload, now, began);
        }
        if status >= 200 && self.at_sink.remove(&(workload, number)).is_some() {
            self.answered.remove(&(workload, number));
            self.latency(LatencyKind::Transaction, workload, now, began);
            self.plain_counts(workload, |counts| counts.done += 1);
        }
    }

    /// What has to be followed from the start of the run.
    fn count_always(&mut self, now: Time, fact: Fact) {
        match fact {
            Fact::Binding { bound, .. } => {
                self.advance_bound(now);
                if bound {
                    self.bound += 1;
                } else {
                    self.bound -= 1;
                }
            }
            Fact::RequestReceived { workload, number } => {
                self.at_sink.insert((workload, number), ());
            }
            Fact::ItemFailed { workload, number } => {
                let ghost = self.at_sink.remove(&(workload, number)).is_some();
                self.answered.remove(&(workload, number));
                self.plain_counts(workload, |counts| {
                    counts.failed += 1;
                    counts.ghosts += u64::from(ghost);
                });
            }
            Fact::ItemSent { workload } => self.plain_counts(workload, |counts| counts.started += 1),
            Fact::ItemDone { workload, .. } => self.plain_counts(workload, |counts| counts.done += 1),
            _ => {}
        }
    }

    fn advance_bound(&mut self, now: Time) {
        let elapsed = now.since(self.bound_since);
        self.bound_ns += u128::from(self.bound) * u128::from(elapsed.as_nanos());
        self.bound_since = self.bound_since.max(now);
    }

    fn count(&mut self, fact: Fact) {
        let counters = &mut self.counters;
        match fact {
            Fact::RegistrationStarted(kind) => counters.registrations[kind as usize] += 1,
            Fact::RegistrationSucceeded { kind, .. } => counters.registered[kind as usize] += 1,
            Fact::RegistrationFailed { kind, status } => {
                counters.registration_failures[kind as usize] += 1;
                counters.ineffective += u64::from(!matches!(status, Some(401 | 402 | 407)));
            }
            Fact::Power(true) => counters.power_ons += 1,
            Fact::NotificationSent { entries, .. } => {
                counters.notifications += 1;
                counters.notification_entries += u64::from(entries);
            }
            Fact::PullStarted { attempt } => {
                counters.pulls_started += 1;
                counters.pulls_first += u64::from(attempt == 0);
            }
            Fact::PullImpossible => counters.pull_impossible += 1,
            Fact::PullAnswered { status, retry, .. } => {
                let at = match status {
                    Some(200..300) => 0,
                    Some(480) => 1,
                    Some(488) => 2,
                    Some(_) => 3,
                    None => 4,
                };
                counters.pull_answers[at] += 1;
                counters.pull_retries += u64::from(retry);
                counters.pull_failures += u64::from(!retry && matches!(status, Some(480 | 488)));
            }
            Fact::PullArrived { user, ahead } => {
                counters.pulls_arrived += 1;
                counters.pulls_overlapping += u64::from(ahead > 0);
                self.count_user_pull(user, ahead > 0);
            }
            Fact::PullCompleted { empty_success, .. } => {
                counters.pulls_completed += 1;
                counters.empty_successes += u64::from(empty_success);
                counters.pull_failures += u64::from(empty_success);
            }
            Fact::Held { .. } => counters.held += 1,
            Fact::ReportSent { .. } => counters.reports_sent += 1,
            Fact::ReportReceived { .. } => counters.reports_received += 1,
            Fact::ReportDiscarded => counters.reports_discarded += 1,
            Fact::TransactionTimedOut(_) => counters.timeouts += 1,
            Fact::Rejected => counters.rejected += 1,
            Fact::Stray => counters.strays += 1,
            _ => {}
        }
        if let Fact::NoAck = fact {
            self.plain.iter_mut().for_each(|counts| counts.no_ack += 1);
        }
    }

    fn count_user_pull(&mut self, user: UserId, overlaps: bool) {
        let mut pulls = self.pulls_by_user.get(&user).copied().unwrap_or_default();
        self.users_with_pulls += u64::from(pulls.pulls == 0);
        self.users_with_overlap += u64::from(overlaps && pulls.overlaps == 0);
        pulls.pulls += 1;
        pulls.overlaps += u64::from(overlaps);
        self.pulls_by_user.insert(user, pulls);
    }

    /// Ends the measurement: the results, and the invariants that were violated. `queued` is what the PFs hold.
    pub fn finish(mut self, now: Time, events: u64, queued: u64) -> (RunResults, Vec<String>) {
        self.advance_bound(now);
        for station in &mut self.stations {
            station.finish(now);
        }
        let violations = self.lifecycle.finish(now, queued);
        let measures = self.measures(now);
        let station_names = self.plan.station_names.clone();
        let classes = self.plan.classes.clone();
        let name = |kind: LatencyKind, class: u16| match kind {
            LatencyKind::Wait | LatencyKind::Sojourn => station_names[usize::from(class)].clone(),
            _ => classes.get(usize::from(class)).cloned().unwrap_or_default(),
        };
        let results = RunResults {
            signalling: self.signalling.rows(&self.plan.node_names),
            latency: self.latencies.rows(name),
            measures,
            races: self.races.rows(),
            timeline: self.timeline,
            events,
            hops: self.hops,
            fingerprint: self.fingerprint.value(),
        };
        (results, violations)
    }

    fn measures(&self, now: Time) -> Vec<MeasureRow> {
        let mut rows = Rows(Vec::new());
        let span = now.since(self.plan.warm_up).as_secs_f64();
        if self.plan.terminals > 0 {
            self.message_measures(&mut rows);
            self.registration_measures(&mut rows, span);
            self.pull_measures(&mut rows);
        }
        rows.count("events.timeouts", self.counters.timeouts);
        rows.count("events.rejected", self.counters.rejected);
        rows.count("events.stray", self.counters.strays);
        self.plain_measures(&mut rows);
        self.station_measures(&mut rows);
        rows.0.sort_by(|a, b| a.measure.cmp(&b.measure));
        rows.0
    }

    fn message_measures(&self, rows: &mut Rows) {
        let totals = self.lifecycle.totals();
        rows.count("messages.submitted", totals.submitted);
        rows.count("messages.accepted", totals.accepted);
        rows.count("messages.refused", totals.refused);
        rows.count("messages.deferred", totals.deferred);
        rows.ratio("messages.deferred_ratio", totals.deferred, totals.submitted);
        rows.count("messages.dequeued", totals.dequeued);
        rows.count("messages.queued_at_end", totals.queued);
        rows.count("messages.in_flight_at_end", self.lifecycle.in_flight().saturating_sub(totals.queued));
        rows.count("messages.delivered", totals.delivered);
        rows.count("messages.copies_received", totals.received);
        rows.count("messages.duplicates_received", totals.duplicates);
        rows.count("messages.duplicates_shown", totals.duplicates_shown);
        rows.count("messages.false_failures", totals.false_failures);
        rows.count("messages.false_deferrals", totals.false_deferrals);
        rows.count("reports.sent", self.counters.reports_sent);
        rows.count("reports.received", self.counters.reports_received);
        rows.count("reports.discarded", self.counters.reports_discarded);
        rows.count("dialogs.open_at_end", self.lifecycle.dialogs_open());
    }

    fn registration_measures(&self, rows: &mut Rows, span: f64) {
        let counters = &self.counters;
        let kinds = ["initial", "refresh", "de_registration"];
        for (at, kind) in kinds.iter().enumerate() {
            rows.count(&format!("registrations.{kind}.attempted"), counters.registrations[at]);
            rows.count(&format!("registrations.{kind}.succeeded"), counters.registered[at]);
            rows.count(&format!("registrations.{kind}.failed"), counters.registration_failures[at]);
        }
        let attempts: u64 = counters.registrations.iter().sum();
        rows.ratio("registrations.ineffective_ratio", counters.ineffective, attempts);
        let per_second = |count: u64| (span > 0.0).then(|| count as f64 / span);
        rows.push("registrations.refresh.rate", "1/s", per_second(counters.registrations[1]));
        let days = span / 86_400.0 * self.plan.terminals as f64;
        rows.push("terminals.power_ons_per_day", "1/d", (days > 0.0).then(|| counters.power_ons as f64 / days));
        rows.count("terminals.registered_at_end", self.bound);
        rows.ratio("terminals.registered_ratio_at_end", self.bound, self.plan.terminals);
        let full = span * 1e9 * self.plan.terminals as f64;
        rows.push("terminals.registered_share", "1", (full > 0.0).then(|| self.bound_ns as f64 / full));
    }

    fn pull_measures(&self, rows: &mut Rows) {
        let counters = &self.counters;
        rows.count("notifications.sent", counters.notifications);
        rows.count("notifications.entries", counters.notification_entries);
        rows.count("pulls.started", counters.pulls_started);
        rows.count("pulls.impossible", counters.pull_impossible);
        rows.count("pulls.arrived", counters.pulls_arrived);
        rows.count("pulls.overlapping", counters.pulls_overlapping);
        rows.count("pulls.completed", counters.pulls_completed);
        rows.count("pulls.held", counters.held);
        rows.count("pulls.retried", counters.pull_retries);
        for (at, name) in ["200", "480", "488", "other", "timed_out"].iter().enumerate() {
            rows.count(&format!("pulls.answered.{name}"), counters.pull_answers[at]);
        }
        rows.count("pulls.empty_successes", counters.empty_successes);
        rows.count("pulls.user_visible_failures", counters.pull_failures);
        rows.ratio("pulls.user_visible_failure_ratio", counters.pull_failures, counters.pulls_first);
        rows.ratio("pulls.overlap_probability", self.users_with_overlap, self.users_with_pulls);
        rows.ratio("pulls.overlapping_per_user", counters.pulls_overlapping, self.users_with_pulls);
        rows.ratio("pulls.declined_per_user", counters.pull_answers[1], self.users_with_pulls);
        rows.ratio("pulls.empty_per_user", counters.pull_answers[2], self.users_with_pulls);
        let invites: u64 = counters.pull_answers.iter().sum();
        let effective: u64 = counters.pull_answers[..2].iter().sum();
        rows.ratio("sessions.ser", counters.pull_answers[0], invites);
        rows.ratio("sessions.seer", effective, invites);
    }

    fn plain_measures(&self, rows: &mut Rows) {
        for (at, counts) in self.plain.iter().enumerate().filter(|(at, _)| self.plan.plain[*at]) {
            let class = &self.plan.classes[at];
            rows.count(&format!("plain.{class}.started"), counts.started);
            rows.count(&format!("plain.{class}.done"), counts.done);
            rows.count(&format!("plain.{class}.failed"), counts.failed);
            rows.ratio(&format!("plain.{class}.done_ratio"), counts.done, counts.started);
            rows.ratio(&format!("plain.{class}.failed_ratio"), counts.failed, counts.started);
            if counts.requests_sent > 0 {
                rows.ratio(&format!("plain.{class}.requests_per_item"), counts.requests_sent, counts.started);
                let received = counts.requests_received;
                rows.ratio(&format!("plain.{class}.requests_received_per_item"), received, counts.started);
                rows.ratio(&format!("plain.{class}.responses_per_item"), counts.responses_sent, counts.started);
                rows.ratio(&format!("plain.{class}.ghost_ratio"), counts.ghosts, counts.started);
                rows.count(&format!("plain.{class}.no_ack"), counts.no_ack);
            }
            let span = self.plan.horizon.since(self.plan.warm_up).as_secs_f64();
            let done = [LatencyKind::Datagram, LatencyKind::Transaction]
                .iter()
                .find_map(|kind| self.latencies.get(*kind, at as u16))
                .map_or(0, super::latency::Latency::count);
            rows.push(&format!("plain.{class}.throughput"), "1/s", (span > 0.0).then(|| done as f64 / span));
        }
        for (kind, class, latency) in self.latencies.iter() {
            if matches!(kind, LatencyKind::Wait | LatencyKind::Sojourn) {
                continue;
            }
            let name = self.plan.classes.get(usize::from(class)).map_or("", String::as_str);
            for (at, threshold) in self.plan.thresholds.iter().enumerate() {
                let measure = format!("latency_within.{}.{name}.{}", kind.name(), seconds(*threshold));
                rows.push(&measure, "1", latency.share_within(at));
            }
        }
    }

    fn station_measures(&self, rows: &mut Rows) {
        for (at, meter) in self.stations.iter().enumerate().filter(|(at, _)| self.plan.metered[*at]) {
            let node = &self.plan.station_names[at];
            let mut push = |name: &str, unit, value| rows.push(&format!("station.{node}.{name}"), unit, value);
            push("arrivals", "1", Some(meter.arrivals as f64));
            push("dropped", "1", Some(meter.dropped as f64));
            push("drop_ratio", "1", ratio(meter.dropped, meter.arrivals));
            push("number_mean", "1", meter.mean_number());
            push("waiting_mean", "1", meter.mean_waiting());
            push("busy_mean", "1", meter.mean_busy());
            push("wait_ratio", "1", ratio(meter.waited, meter.begun));
            push("busy_period_mean", "s", meter.mean_busy_period());
            let class = at as u16;
            for kind in [LatencyKind::Wait, LatencyKind::Sojourn] {
                let latency = self.latencies.get(kind, class);
                push(&format!("{}_mean", kind.name()), "s", latency.and_then(super::latency::Latency::mean));
                for (index, threshold) in self.plan.thresholds.iter().enumerate() {
                    let share = latency.and_then(|latency| latency.share_within(index));
                    push(&format!("{}_within.{}", kind.name(), seconds(*threshold)), "1", share);
                }
            }
            for state in 0..self.plan.states as usize {
                push(&format!("p_number.{state}"), "1", meter.share_of_state(state));
                push(&format!("p_number_from.{state}"), "1", meter.share_from_state(state));
            }
            if self.plan.states > 0 {
                let last = self.plan.states as usize;
                push(&format!("p_number.{last}"), "1", meter.share_of_state(last));
                push(&format!("p_number_from.{last}"), "1", meter.share_from_state(last));
            }
        }
    }
}

/// Seconds without trailing zeros, for names.
fn seconds(span: Span) -> String {
    let text = span.to_string();
    let trimmed = text.trim_end_matches('0').trim_end_matches('.');
    format!("{trimmed}s")
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

struct Rows(Vec<MeasureRow>);

impl Rows {
    fn push(&mut self, measure: &str, unit: &'static str, value: Option<f64>) {
        self.0.push(MeasureRow { measure: measure.to_string(), unit, value });
    }

    fn count(&mut self, measure: &str, count: u64) {
        self.push(measure, "1", Some(count as f64));
    }

    fn ratio(&mut self, measure: &str, part: u64, whole: u64) {
        self.push(measure, "1", ratio(part, whole));
    }
}
