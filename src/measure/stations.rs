//! What is measured at a station: time averages of the number in it, waiting, and in service, busy periods, state
//! probabilities; counts, waits and sojourns, also by message class.

use super::latency::Latency;
use super::results::LatencyRow;
use super::rows::{Rows, ratio, seconds};
use crate::kernel::{Span, Time};

/// What is measured of one message class at a station.
#[derive(Clone, Debug)]
struct ClassMeter {
    class: u16,
    arrivals: u64,
    dropped: u64,
    begun: u64,
    waited: u64,
    wait: Latency,
    sojourn: Latency,
}

impl ClassMeter {
    fn new(class: u16, thresholds: usize) -> ClassMeter {
        let (wait, sojourn) = (Latency::new(thresholds), Latency::new(thresholds));
        ClassMeter { class, arrivals: 0, dropped: 0, begun: 0, waited: 0, wait, sojourn }
    }

    fn add(&mut self, other: &ClassMeter) {
        self.arrivals += other.arrivals;
        self.dropped += other.dropped;
        self.begun += other.begun;
        self.waited += other.waited;
        self.wait.add(&other.wait);
        self.sojourn.add(&other.sojourn);
    }

    fn write(&self, prefix: &str, thresholds: &[Span], rows: &mut Rows) {
        let mut push = |name: &str, unit, value| rows.push(&format!("{prefix}.{name}"), unit, value);
        push("arrivals", "1", Some(self.arrivals as f64));
        push("dropped", "1", Some(self.dropped as f64));
        push("drop_ratio", "1", ratio(self.dropped, self.arrivals));
        push("wait_ratio", "1", ratio(self.waited, self.begun));
        for (name, times) in [("wait", &self.wait), ("sojourn", &self.sojourn)] {
            push(&format!("{name}_mean"), "s", times.mean());
            for (at, threshold) in thresholds.iter().enumerate() {
                push(&format!("{name}_within.{}", seconds(*threshold)), "1", times.share_within(at));
            }
        }
    }
}

/// The meter of one station. Nothing before `since` counts.
#[derive(Clone, Debug)]
pub struct StationMeter {
    since: Time,
    last: Time,
    number: u32,
    busy: u32,
    number_ns: u128,
    waiting_ns: u128,
    busy_ns: u128,
    waiting_max: u32,
    /// Time with exactly k messages, for k up to the model's `states`.
    state_ns: Vec<u128>,
    busy_since: Option<Time>,
    busy_periods: u64,
    busy_period_ns: u128,
    /// By class; none where no message of it came.
    classes: Vec<Option<Box<ClassMeter>>>,
}

impl StationMeter {
    /// A meter that counts from `since` and keeps the times of the states 0 to `states`.
    pub fn new(since: Time, states: u32) -> StationMeter {
        StationMeter {
            since,
            last: since,
            number: 0,
            busy: 0,
            number_ns: 0,
            waiting_ns: 0,
            busy_ns: 0,
            waiting_max: 0,
            state_ns: vec![0; states as usize + 1],
            busy_since: None,
            busy_periods: 0,
            busy_period_ns: 0,
            classes: Vec::new(),
        }
    }

    /// The station holds `number` messages from `now` on, `busy` of them in service.
    pub fn change(&mut self, now: Time, number: u32, busy: u32) {
        self.advance(now);
        if self.number == 0 && number > 0 {
            self.busy_since = Some(now);
        } else if self.number > 0
            && number == 0
            && let Some(since) = self.busy_since.take()
            && since >= self.since
        {
            self.busy_periods += 1;
            self.busy_period_ns += u128::from(now.since(since).as_nanos());
        }
        self.number = number;
        self.busy = busy;
        if now >= self.since {
            self.waiting_max = self.waiting_max.max(number - busy);
        }
    }

    fn class(&mut self, class: u16, thresholds: usize) -> &mut ClassMeter {
        let at = usize::from(class);
        if at >= self.classes.len() {
            self.classes.resize_with(at + 1, || None);
        }
        self.classes[at].get_or_insert_with(|| Box::new(ClassMeter::new(class, thresholds)))
    }

    /// A message arrived, or was turned away.
    pub fn arrival(&mut self, now: Time, class: u16, turned_away: bool, thresholds: &[Span]) {
        if now >= self.since {
            let meter = self.class(class, thresholds.len());
            meter.arrivals += 1;
            meter.dropped += u64::from(turned_away);
        }
    }

    /// The service of a message that had arrived at `arrived` began.
    pub fn began(&mut self, now: Time, class: u16, arrived: Time, thresholds: &[Span]) {
        if arrived >= self.since {
            let wait = now.since(arrived);
            let meter = self.class(class, thresholds.len());
            meter.begun += 1;
            meter.waited += u64::from(!wait.is_zero());
            meter.wait.record(wait, thresholds);
        }
    }

    /// The service of a message that had arrived at `arrived` ended.
    pub fn ended(&mut self, now: Time, class: u16, arrived: Time, thresholds: &[Span]) {
        if arrived >= self.since {
            self.class(class, thresholds.len()).sojourn.record(now.since(arrived), thresholds);
        }
    }

    /// All classes together.
    fn total(&self, thresholds: usize) -> ClassMeter {
        let mut total = ClassMeter::new(0, thresholds);
        for meter in self.classes.iter().flatten() {
            total.add(meter);
        }
        total
    }

    /// The classes where there are several: one class alone is the station.
    fn several<'a>(&'a self, names: &'a [String]) -> impl Iterator<Item = (&'a str, &'a ClassMeter)> {
        let meters = self.classes.iter().filter_map(Option::as_deref);
        let several = meters.clone().count() > 1;
        meters
            .filter(move |_| several)
            .map(|meter| (names.get(usize::from(meter.class)).map_or("", String::as_str), meter))
    }

    /// The rows of latency: `wait` and `sojourn` of the station, and of `NODE/CLASS` where there are several classes.
    pub fn latency_rows(&self, node: &str, classes: &[String], thresholds: &[Span]) -> Vec<LatencyRow> {
        let total = self.total(thresholds.len());
        let all = std::iter::once((node.to_string(), &total));
        all.chain(self.several(classes).map(|(class, meter)| (format!("{node}/{class}"), meter)))
            .flat_map(|(name, meter)| [meter.wait.row("wait", name.clone()), meter.sojourn.row("sojourn", name)])
            .filter(|row| !row.histogram.is_empty())
            .collect()
    }

    /// Writes the measures of the station, which has so many servers if limited, and, where there are several, of its
    /// message classes.
    pub fn write(&self, node: &str, servers: Option<u32>, classes: &[String], thresholds: &[Span], rows: &mut Rows) {
        let prefix = format!("station.{node}");
        self.total(thresholds.len()).write(&prefix, thresholds, rows);
        for (class, meter) in self.several(classes) {
            meter.write(&format!("{prefix}.class.{class}"), thresholds, rows);
        }
        let mut push = |name: &str, unit, value| rows.push(&format!("{prefix}.{name}"), unit, value);
        push("number_mean", "1", self.mean_number());
        push("waiting_mean", "1", self.mean_waiting());
        push("waiting_max", "1", Some(f64::from(self.waiting_max)));
        push("busy_mean", "1", self.mean_busy());
        if let Some(servers) = servers {
            push("utilisation", "1", self.mean_busy().map(|busy| busy / f64::from(servers)));
        }
        push("busy_period_mean", "s", self.mean_busy_period());
        if self.state_ns.len() > 1 {
            for state in 0..self.state_ns.len() {
                push(&format!("p_number.{state}"), "1", self.share_of_state(state));
                push(&format!("p_number_from.{state}"), "1", self.share_from_state(state));
            }
        }
    }

    fn advance(&mut self, now: Time) {
        if now <= self.last {
            return;
        }
        let elapsed = u128::from(now.since(self.last).as_nanos());
        self.number_ns += u128::from(self.number) * elapsed;
        self.waiting_ns += u128::from(self.number - self.busy) * elapsed;
        self.busy_ns += u128::from(self.busy) * elapsed;
        if let Some(state) = self.state_ns.get_mut(self.number as usize) {
            *state += elapsed;
        }
        self.last = now;
    }

    /// Ends the measurement.
    pub fn finish(&mut self, now: Time) {
        self.advance(now);
    }

    /// Messages in the station now.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Servers busy now.
    pub fn busy(&self) -> u32 {
        self.busy
    }

    fn observed(&self) -> Option<f64> {
        let span = self.last.since(self.since);
        (span > Span::ZERO).then(|| span.as_nanos() as f64)
    }

    /// Mean number in the station.
    pub fn mean_number(&self) -> Option<f64> {
        self.observed().map(|time| self.number_ns as f64 / time)
    }

    /// Mean number waiting.
    pub fn mean_waiting(&self) -> Option<f64> {
        self.observed().map(|time| self.waiting_ns as f64 / time)
    }

    /// Mean number of servers busy (carried traffic in erlang).
    pub fn mean_busy(&self) -> Option<f64> {
        self.observed().map(|time| self.busy_ns as f64 / time)
    }

    /// Share of time with exactly `k` messages.
    pub fn share_of_state(&self, k: usize) -> Option<f64> {
        self.observed().map(|time| self.state_ns[k] as f64 / time)
    }

    /// Share of time with `k` messages or more.
    pub fn share_from_state(&self, k: usize) -> Option<f64> {
        let below: u128 = self.state_ns[..k].iter().sum();
        self.observed().map(|time| (time - below as f64).max(0.0) / time)
    }

    /// Mean length of a busy period (station not empty), seconds.
    pub fn mean_busy_period(&self) -> Option<f64> {
        (self.busy_periods > 0).then(|| self.busy_period_ns as f64 / self.busy_periods as f64 / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_are_weighted_by_time_and_start_at_the_warm_up() {
        let mut meter = StationMeter::new(Time::from_secs(10), 2);
        meter.change(Time::from_secs(5), 2, 1);
        meter.change(Time::from_secs(14), 1, 1);
        meter.change(Time::from_secs(16), 0, 0);
        meter.finish(Time::from_secs(20));
        assert_eq!(meter.mean_number(), Some(1.0));
        assert_eq!(meter.mean_waiting(), Some(0.4));
        assert_eq!(meter.mean_busy(), Some(0.6));
        assert_eq!(meter.share_of_state(0), Some(0.4));
        assert_eq!(meter.share_from_state(2), Some(0.4));
        assert_eq!(meter.mean_busy_period(), None, "it began before the warm-up");
    }
}
