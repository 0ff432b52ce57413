//! Time averages and distributions of a station: number in system, waiting, servers busy, busy periods.

use crate::kernel::{Span, Time};

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
    /// Time with exactly k messages, for k up to the model's `states`.
    state_ns: Vec<u128>,
    busy_since: Option<Time>,
    busy_periods: u64,
    busy_period_ns: u128,
    /// Arrivals, those turned away included.
    pub arrivals: u64,
    /// Arrivals that were turned away.
    pub dropped: u64,
    /// Messages whose service began after a wait.
    pub waited: u64,
    /// Messages whose service began.
    pub begun: u64,
    /// Messages whose service ended.
    pub served: u64,
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
            state_ns: vec![0; states as usize + 1],
            busy_since: None,
            busy_periods: 0,
            busy_period_ns: 0,
            arrivals: 0,
            dropped: 0,
            waited: 0,
            begun: 0,
            served: 0,
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
