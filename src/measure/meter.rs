//! The measurement of one run: takes facts and messages, gives the results. Names of measures are fixed;
//! `docs/measures.md` lists them.

use super::application_server::LateServers;
use super::average::TimeAverage;
use super::do_not_disturb::{DndOutcome, DoNotDisturbMeter};
use super::early_reports::EarlyReports;
use super::failover::Queued;
use super::fingerprint::Fingerprint;
use super::latency::{Latencies, Latency, LatencyKind};
use super::lifecycle::Lifecycle;
use super::messaging::MessagingMeter;
use super::missing_reports::MissingReports;
use super::plain::PlainMeter;
use super::push_mode::PushModeMeter;
use super::pushes::{PushLatency, PushLatencyKind, Pushes};
use super::races::Races;
use super::results::{LatencyRow, MeasureRow, RunResults, TimelineRow};
use super::rows::{Rows, seconds};
use super::sessions::SessionMeter;
use super::signalling::{CountKey, Signalling};
use super::staleness::Staleness;
use super::stations::StationMeter;
use crate::agents::messaging::MessagingFact;
use crate::agents::observation::{Fate, RegistrationKind};
use crate::agents::push_sender::PushClass;
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
    /// How often an INVITE and another request can be sent, by the SIP timers.
    pub most_sends: [u16; 2],
    /// Names of the nodes of the model.
    pub node_names: Vec<String>,
    /// Names of the node instances by entity.
    pub station_names: Vec<String>,
    /// Servers of each station; `None` is as many as needed.
    pub servers: Vec<Option<u32>>,
    /// Stations that are metered, by entity.
    pub metered: Vec<bool>,
    /// Names of classes; the first `plain.len()` are workloads.
    pub classes: Vec<String>,
    /// Names of the message classes of stations.
    pub message_classes: Vec<String>,
    /// Which workloads are plain, by index.
    pub plain: Vec<bool>,
    /// Kinds of push in the model.
    pub push_classes: Vec<PushClass>,
    /// Whether anything of the model can fail.
    pub faults: bool,
    /// Whether a fault loses some of the messages.
    pub loss_faults: bool,
    /// Terminals in the model.
    pub terminals: u64,
    /// Users in the model.
    pub users: u64,
    /// Whether the PF delivers deferred messages unasked.
    pub push_mode: bool,
    /// Whether users can set do-not-disturb.
    pub do_not_disturb: bool,
    /// Whether there are devices that the PF would tell out of band and knows no address of.
    pub unaddressed: bool,
    /// Whether anybody opens sessions that carry files or large messages.
    pub sessions: bool,
    /// Whether there is an MSRP relay.
    pub relays: bool,
    /// First terminal entity, where the staleness of the PF's view is to be measured.
    pub staleness_from: Option<u32>,
    /// Races that cannot happen in the model; they have no rows.
    pub impossible_races: Vec<&'static str>,
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
    senders_off: u64,
    reports_sent: u64,
    pf_reports: [u64; 2],
    reports_suppressed: u64,
    queue_full: u64,
    interworked: [u64; 2],
    instructions: [u64; 2],
    reports_received: u64,
    reports_discarded: u64,
    reports_timed_out: u64,
    timeouts: u64,
    rejected: u64,
    strays: u64,
    failures: u64,
    lost_to_failures: u64,
    lost_at_restart: u64,
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
    plain: PlainMeter,
    messaging: MessagingMeter,
    pushes: Pushes,
    push_latencies: Vec<PushLatency>,
    sessions: SessionMeter,
    dnd: DoNotDisturbMeter,
    late_servers: LateServers,
    early_reports: EarlyReports,
    missing_reports: MissingReports,
    staleness: Option<Staleness>,
    queued_by_user: Queued,
    push_mode: PushModeMeter,
    pulls_by_user: Lookup<UserId, UserPulls>,
    users_with_pulls: u64,
    users_with_overlap: u64,
    bound: TimeAverage,
    queued: TimeAverage,
    dialogs: TimeAverage,
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
            lifecycle: Lifecycle::new(plan.serial_window, plan.most_sends),
            races: Races::default(),
            fingerprint: Fingerprint::default(),
            counters: Counters::default(),
            messaging: MessagingMeter::default(),
            plain: PlainMeter::new(plan.warm_up, plan.plain.len()),
            pushes: Pushes::default(),
            push_latencies: Vec::new(),
            sessions: SessionMeter::new(plan.warm_up),
            dnd: DoNotDisturbMeter::default(),
            late_servers: LateServers::default(),
            early_reports: EarlyReports::default(),
            missing_reports: MissingReports::default(),
            queued_by_user: Queued::default(),
            push_mode: PushModeMeter::default(),
            staleness: plan.staleness_from.map(|first| Staleness::new(first, plan.terminals, plan.users, plan.warm_up)),
            pulls_by_user: Lookup::default(),
            users_with_pulls: 0,
            users_with_overlap: 0,
            bound: TimeAverage::new(plan.warm_up),
            queued: TimeAverage::new(plan.warm_up),
            dialogs: TimeAverage::new(plan.warm_up),
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

    /// The counts of plain workloads.
    pub fn plain(&mut self) -> &mut PlainMeter {
        &mut self.plain
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

    /// A message of a class arrived at a station, or was turned away there.
    pub fn station_arrival(&mut self, now: Time, entity: EntityId, class: u16, turned_away: bool) {
        if self.plan.metered.get(entity.index()).copied().unwrap_or(false) {
            self.stations[entity.index()].arrival(now, class, turned_away, &self.plan.thresholds);
        }
    }

    /// A message met a failure.
    pub fn lost_to_failure(&mut self, now: Time) {
        self.counters.lost_to_failures += u64::from(now >= self.plan.warm_up);
    }

    /// A station began to serve a message that had arrived at `arrived`.
    pub fn service_began(&mut self, now: Time, entity: EntityId, class: u16, arrived: Time) {
        if self.plan.metered.get(entity.index()).copied().unwrap_or(false) {
            self.stations[entity.index()].began(now, class, arrived, &self.plan.thresholds);
        }
    }

    /// A station has served a message that had arrived at `arrived`.
    pub fn service_ended(&mut self, now: Time, entity: EntityId, class: u16, arrived: Time) {
        if self.plan.metered.get(entity.index()).copied().unwrap_or(false) {
            self.stations[entity.index()].ended(now, class, arrived, &self.plan.thresholds);
        }
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
            rows.push(row("all", "terminals.registered", self.bound.value() as f64));
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
        if !self.plan.push_classes.is_empty() {
            self.pushes.observe(now, fact, &mut self.push_latencies);
            self.record_push_latencies();
        }
        if now >= self.plan.warm_up {
            self.races.observe(fact);
            self.sessions.count(fact);
            self.count(fact);
        }
        self.count_always(now, fact);
        self.sessions.follow(now, fact);
        self.time(now, class_of_entity, fact);
        if let Some(staleness) = &mut self.staleness {
            staleness.observe(now, fact);
        }
        if self.plan.push_mode {
            let counts = now >= self.plan.warm_up;
            let outcome = self.push_mode.observe(entity, fact, counts).filter(|_| counts);
            outcome.into_iter().for_each(|outcome| self.races.observe_push(outcome));
        }
        self.early_reports.observe(entity, fact, now >= self.plan.warm_up);
        if self.plan.loss_faults {
            self.missing_reports.observe(fact, now >= self.plan.warm_up);
        }
        if self.queued_by_user.observe(fact) && now >= self.plan.warm_up {
            self.races.false_no_messages();
        }
        if let Some(outcome) = self.late_servers.observe(fact).filter(|_| now >= self.plan.warm_up) {
            self.races.observe_late_server(outcome);
        }
        if self.plan.do_not_disturb {
            self.observe_rules(now, class_of_entity, fact);
        }
    }

    fn observe_rules(&mut self, now: Time, class: u16, fact: Fact) {
        let counts = now >= self.plan.warm_up;
        let Some(outcome) = self.dnd.observe(now, fact, counts).filter(|_| counts) else { return };
        self.races.observe_rule(outcome);
        match outcome {
            DndOutcome::Released(after, of) => self.latencies.record(LatencyKind::DndRelease, of, after),
            DndOutcome::Crossed(inside) | DndOutcome::Violated(inside) => {
                self.latencies.record(LatencyKind::DndViolation, class, inside);
            }
            DndOutcome::Sent | DndOutcome::MissedRelease | DndOutcome::Answered(_) => {}
        }
    }

    fn record_push_latencies(&mut self) {
        while let Some(PushLatency { kind, class, submitted_at, at }) = self.push_latencies.pop() {
            match kind {
                PushLatencyKind::First => {
                    self.latency(LatencyKind::PushFirst, class, at, submitted_at);
                    self.latency(LatencyKind::PushDevice, class, at, submitted_at);
                }
                PushLatencyKind::Further => self.latency(LatencyKind::PushDevice, class, at, submitted_at),
                PushLatencyKind::All => self.latency(LatencyKind::PushAll, class, at, submitted_at),
            }
        }
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
            Fact::Dequeued { fate: Fate::Delivered, class, deferred_at, .. } => {
                self.latency(LatencyKind::Deferral, class, now, deferred_at);
            }
            Fact::ReportReceived { class, sent_at, .. } => {
                self.latency(LatencyKind::Report, class, now, sent_at);
            }
            Fact::PullAnswered { status: Some(status), began, .. } => {
                let kind = if status < 300 { LatencyKind::PullAccepted } else { LatencyKind::PullRefused };
                self.latency(kind, class, now, began);
            }
            Fact::PullCompleted { began, class, .. } => self.latency(LatencyKind::PullWork, class, now, began),
            Fact::Held { since, class } => self.latency(LatencyKind::Hold, class, now, since),
            Fact::ByeAnswered { began } => self.latency(LatencyKind::SessionDisconnect, class, now, began),
            Fact::NotificationAnswered { status: Some(_), began, class, .. } => {
                self.latency(LatencyKind::Notification, class, now, began);
            }
            Fact::RefreshAfterExpiry { expired_at, class } => {
                self.latency(LatencyKind::GhostRegistration, class, now, expired_at);
            }
            Fact::Messaging(fact) => self.time_messaging(now, fact),
            Fact::SessionAnswered { status: Some(status), began, class, .. } => {
                let kind = if status < 300 { LatencyKind::SessionAccepted } else { LatencyKind::SessionRefused };
                self.latency(kind, class, now, began);
            }
            Fact::FileDelivered { began, class, .. } => self.latency(LatencyKind::FileTransfer, class, now, began),
            Fact::ContentShown { began, after, class } => {
                self.latency(LatencyKind::Shown, class, now.saturating_add(after), began);
            }
            Fact::ItemDone { workload, began, .. } => self.latency(LatencyKind::Datagram, workload, now, began),
            Fact::ItemAnswered { workload, number, began, status } => {
                self.on_item_answer(now, workload, number, began, status);
            }
            _ => {}
        }
    }

    fn time_messaging(&mut self, now: Time, fact: MessagingFact) {
        match fact {
            MessagingFact::MmNotification { began, class, stale: false } => {
                self.latency(LatencyKind::MmsNotification, class, now, began);
            }
            MessagingFact::MmReceived { began, fetched, class, .. } => {
                self.latency(LatencyKind::MmsRetrieval, class, now, fetched);
                self.latency(LatencyKind::MmsEndToEnd, class, now, began);
            }
            MessagingFact::ShortDelivered { taken, class } => {
                self.latency(LatencyKind::ShortDelivery, class, now, taken);
            }
            MessagingFact::NoticeReceived { began, class } => {
                self.latency(LatencyKind::MailboxNotification, class, now, began);
            }
            MessagingFact::Synchronised { began, class, useless: false } => {
                self.latency(LatencyKind::MailboxSynchronisation, class, now, began);
            }
            MessagingFact::WakeUp { began, class, .. } => self.latency(LatencyKind::WakeUp, class, now, began),
            _ => {}
        }
    }

    fn on_item_answer(&mut self, now: Time, workload: u16, number: u32, began: Time, status: u16) {
        let response = self.plain.answered(now, workload, number, status);
        if response.first {
            self.latency(LatencyKind::FirstResponse, workload, now, began);
        }
        if response.last {
            self.latency(LatencyKind::Transaction, workload, now, began);
        }
    }

    /// What has to be followed from the start of the run.
    fn count_always(&mut self, now: Time, fact: Fact) {
        match fact {
            Fact::Binding { bound, .. } => {
                let value = if bound { self.bound.value() + 1 } else { self.bound.value() - 1 };
                self.bound.set(now, value);
            }
            Fact::DialogOpened | Fact::DialogClosed { .. } => self.dialogs.set(now, self.lifecycle.dialogs_open()),
            Fact::Deferred { .. } | Fact::Dequeued { .. } => self.queued.set(now, self.lifecycle.totals().queued),
            Fact::ItemSent { workload, number, transaction } => self.plain.started(now, workload, number, transaction),
            Fact::ItemDone { workload, began, .. } => self.plain.datagram_done(now, workload, began),
            Fact::RequestReceived { workload, number } => self.plain.at_sink(workload, number),
            Fact::ItemFailed { workload, number } => self.plain.failed(workload, number),
            Fact::NoAck { workload, began } => self.plain.no_ack(workload, began),
            _ => {}
        }
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
            Fact::PullStarted { attempt, .. } => {
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
            Fact::PullCompleted { empty_success, handled, ignored, .. } => {
                counters.instructions[0] += u64::from(handled);
                counters.instructions[1] += u64::from(ignored);
                counters.pulls_completed += 1;
                counters.empty_successes += u64::from(empty_success);
                counters.pull_failures += u64::from(empty_success);
            }
            Fact::Held { .. } => counters.held += 1,
            Fact::ReportSent { by_pf, positive, .. } => {
                counters.reports_sent += 1;
                counters.pf_reports[usize::from(positive)] += u64::from(by_pf);
            }
            Fact::ReportSuppressed => counters.reports_suppressed += 1,
            Fact::QueueFull => counters.queue_full += 1,
            Fact::InterworkingDone { delivered, .. } => counters.interworked[usize::from(delivered)] += 1,
            Fact::ReportReceived { .. } => counters.reports_received += 1,
            Fact::ReportTimedOut => counters.reports_timed_out += 1,
            Fact::ReportDiscarded => counters.reports_discarded += 1,
            Fact::TransactionTimedOut(_) => counters.timeouts += 1,
            Fact::Rejected => counters.rejected += 1,
            Fact::Messaging(fact) => self.messaging.observe(fact),
            Fact::Stray => counters.strays += 1,
            Fact::SenderOff => counters.senders_off += 1,
            Fact::Failure(begins) => counters.failures += u64::from(begins),
            Fact::LostAtRestart { .. } => counters.lost_at_restart += 1,
            _ => {}
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

    /// Messages that are neither settled nor queued, and dialog ends, that are open.
    pub fn open(&self) -> (u64, u64) {
        (self.lifecycle.in_flight(), self.lifecycle.dialogs_open())
    }

    /// Ends the measurement: the results, and the invariants that were violated. `queued` is what the PFs hold.
    pub fn finish(mut self, now: Time, events: u64, queued: u64) -> (RunResults, Vec<String>) {
        self.bound.advance(now);
        self.queued.advance(now);
        self.dialogs.advance(now);
        self.sessions.finish(now);
        for station in &mut self.stations {
            station.finish(now);
        }
        let mut violations = self.lifecycle.finish(now, queued);
        violations.append(&mut self.pushes.finish(&mut self.push_latencies));
        self.record_push_latencies();
        self.races.add_early_reports(&self.early_reports);
        let measures = self.measures(now);
        let latency = self.latency_rows();
        let results = RunResults {
            signalling: self.signalling.rows(&self.plan.node_names),
            latency,
            measures,
            races: if self.plan.users == 0 { Vec::new() } else { self.races.rows(&self.plan.impossible_races) },
            timeline: self.timeline,
            events,
            hops: self.hops,
            fingerprint: self.fingerprint.value(),
        };
        (results, violations)
    }

    fn latency_rows(&self) -> Vec<LatencyRow> {
        let plan = &self.plan;
        let mut rows = self.latencies.rows(|class| plan.classes.get(usize::from(class)).cloned().unwrap_or_default());
        for (at, meter) in self.stations.iter().enumerate().filter(|(at, _)| plan.metered[*at]) {
            rows.extend(meter.latency_rows(&plan.station_names[at], &plan.message_classes, &plan.thresholds));
        }
        rows.sort_by(|a, b| (&a.procedure, &a.class).cmp(&(&b.procedure, &b.class)));
        rows
    }

    fn measures(&mut self, now: Time) -> Vec<MeasureRow> {
        let mut rows = Rows(Vec::new());
        let span = now.since(self.plan.warm_up).as_secs_f64();
        if self.plan.terminals > 0 {
            self.message_measures(&mut rows);
            self.queue_measures(&mut rows);
            self.registration_measures(&mut rows, span);
            self.pull_measures(&mut rows);
        }
        if self.plan.do_not_disturb {
            self.dnd.write(&mut rows);
        }
        if self.plan.push_mode {
            self.push_mode.write(&mut rows);
        }
        self.pushes.write(&self.plan.push_classes, &mut rows);
        if self.plan.sessions {
            self.sessions.write(&mut rows);
            if self.plan.relays {
                self.sessions.write_relays(&mut rows);
            }
        }
        if let Some(staleness) = &mut self.staleness {
            staleness.write(now, &mut rows);
        }
        rows.count("events.timeouts", self.counters.timeouts);
        rows.count("events.rejected", self.counters.rejected);
        rows.count("events.stray", self.counters.strays);
        if self.plan.faults {
            rows.count("faults.begun", self.counters.failures);
            rows.count("faults.messages_lost", self.counters.lost_to_failures);
            rows.count("messages.lost_at_restart", self.counters.lost_at_restart);
        }
        if self.plan.loss_faults {
            rows.count("reports.timed_out", self.counters.reports_timed_out);
            rows.count("reports.missing", self.missing_reports.count());
        }
        self.plain_measures(&mut rows, span);
        self.messaging.write(&mut rows, self.plan.unaddressed);
        for (at, meter) in self.stations.iter().enumerate().filter(|(at, _)| self.plan.metered[*at]) {
            let node = &self.plan.station_names[at];
            let servers = self.plan.servers[at];
            meter.write(node, servers, &self.plan.message_classes, &self.plan.thresholds, &mut rows);
        }
        rows.0.sort_by(|a, b| a.measure.cmp(&b.measure));
        rows.0
    }

    fn message_measures(&self, rows: &mut Rows) {
        let totals = self.lifecycle.totals();
        rows.count("messages.submitted", totals.submitted);
        rows.count("messages.sender_off", self.counters.senders_off);
        rows.count("messages.accepted", totals.accepted);
        rows.count("messages.refused", totals.refused);
        rows.count("messages.deferred", totals.deferred);
        rows.ratio("messages.deferred_ratio", totals.deferred, totals.submitted);
        rows.count("messages.dequeued", totals.dequeued);
        for (fate, count) in ["deleted", "stored", "interworked", "expired"].iter().zip(totals.taken) {
            rows.count(&format!("messages.{fate}"), count);
        }
        rows.count("messages.queue_full", self.counters.queue_full);
        rows.count("messages.queued_at_end", totals.queued);
        rows.count("messages.in_flight_at_end", self.lifecycle.in_flight());
        rows.count("messages.delivered", totals.delivered);
        rows.count("messages.copies_received", totals.received);
        rows.count("messages.duplicates_received", totals.duplicates);
        rows.count("messages.duplicates_shown", totals.duplicates_shown);
        rows.count("messages.false_failures", totals.false_failures);
        rows.count("messages.false_deferrals", totals.false_deferrals);
        rows.count("reports.sent", self.counters.reports_sent);
        rows.count("reports.received", self.counters.reports_received);
        rows.count("reports.discarded", self.counters.reports_discarded);
        rows.count("reports.suppressed", self.counters.reports_suppressed);
        rows.count("reports.by_pf.negative", self.counters.pf_reports[0]);
        rows.count("reports.by_pf.positive", self.counters.pf_reports[1]);
        rows.count("interworking.failed", self.counters.interworked[0]);
        rows.count("interworking.delivered", self.counters.interworked[1]);
        rows.count("dialogs.open_at_end", self.lifecycle.dialogs_open());
    }

    fn queue_measures(&self, rows: &mut Rows) {
        let mean = self.queued.mean();
        let users = self.plan.users as f64;
        rows.push("messages.queued_mean", "1", mean);
        rows.push("messages.queued_mean_per_user", "1", mean.filter(|_| users > 0.0).map(|mean| mean / users));
        rows.count("messages.queued_max", self.queued.maximum());
        rows.push("dialogs.open_mean", "1", self.dialogs.mean());
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
        rows.count("terminals.registered_at_end", self.bound.value());
        rows.ratio("terminals.registered_ratio_at_end", self.bound.value(), self.plan.terminals);
        let share = self.bound.mean().filter(|_| self.plan.terminals > 0);
        rows.push("terminals.registered_share", "1", share.map(|mean| mean / self.plan.terminals as f64));
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
        rows.count("pulls.instructions.handled", counters.instructions[0]);
        rows.count("pulls.instructions.ignored", counters.instructions[1]);
        rows.count("pulls.retried", counters.pull_retries);
        for (at, name) in ["200", "480", "488", "other", "timed_out"].iter().enumerate() {
            rows.count(&format!("pulls.answered.{name}"), counters.pull_answers[at]);
        }
        rows.count("pulls.empty_successes", counters.empty_successes);
        rows.count("pulls.user_visible_failures", counters.pull_failures);
        rows.ratio("pulls.user_visible_failure_ratio", counters.pull_failures, counters.pulls_first);
        rows.ratio("pulls.user_visible_failures_per_user", counters.pull_failures, self.users_with_pulls);
        rows.ratio("pulls.overlap_probability", self.users_with_overlap, self.users_with_pulls);
        rows.ratio("pulls.overlapping_per_user", counters.pulls_overlapping, self.users_with_pulls);
        rows.ratio("pulls.declined_per_user", counters.pull_answers[1], self.users_with_pulls);
        rows.ratio("pulls.empty_per_user", counters.pull_answers[2], self.users_with_pulls);
        let invites: u64 = counters.pull_answers.iter().sum();
        let effective: u64 = counters.pull_answers[..2].iter().sum();
        rows.ratio("sessions.ser", counters.pull_answers[0], invites);
        rows.ratio("sessions.seer", effective, invites);
    }

    fn plain_measures(&self, rows: &mut Rows, span: f64) {
        for (at, _) in self.plan.plain.iter().enumerate().filter(|(_, plain)| **plain) {
            let class = &self.plan.classes[at];
            self.plain.write(at, class, span, rows);
            let times = [LatencyKind::Datagram, LatencyKind::Transaction]
                .iter()
                .find_map(|kind| self.latencies.get(*kind, at as u16));
            rows.push(&format!("plain.{class}.latency_mean"), "s", times.and_then(Latency::mean));
            rows.push(&format!("plain.{class}.latency_deviation"), "s", times.and_then(Latency::deviation));
        }
        for (kind, class, latency) in self.latencies.iter() {
            let name = self.plan.classes.get(usize::from(class)).map_or("", String::as_str);
            for (at, threshold) in self.plan.thresholds.iter().enumerate() {
                let measure = format!("latency_within.{}.{name}.{}", kind.name(), seconds(*threshold));
                rows.push(&measure, "1", latency.share_within(at));
            }
        }
    }
}
