//! The average of a count over time.

use crate::kernel::Time;

/// A count that changes in steps: its value, its integral over time, and its maximum. Nothing before `since` counts.
#[derive(Clone, Copy, Debug)]
pub struct TimeAverage {
    value: u64,
    maximum: u64,
    integral: u128,
    since: Time,
    last: Time,
}

impl TimeAverage {
    /// Zero; measured from `since` on.
    pub fn new(since: Time) -> TimeAverage {
        TimeAverage { value: 0, maximum: 0, integral: 0, since, last: since }
    }

    /// It has this value from `now` on.
    pub fn set(&mut self, now: Time, value: u64) {
        self.advance(now);
        self.value = value;
        // What holds at the start of the measurement counts, what was higher before it does not.
        self.maximum = if now <= self.since { value } else { self.maximum.max(value) };
    }

    /// Takes the time up to `now` into account.
    pub fn advance(&mut self, now: Time) {
        self.integral += u128::from(self.value) * u128::from(now.since(self.last).as_nanos());
        self.last = self.last.max(now);
    }

    /// The value now.
    pub fn value(&self) -> u64 {
        self.value
    }

    /// Highest value.
    pub fn maximum(&self) -> u64 {
        self.maximum
    }

    /// Mean over the time that was taken into account.
    pub fn mean(&self) -> Option<f64> {
        let observed = self.last.since(self.since).as_nanos();
        (observed > 0).then(|| self.integral as f64 / observed as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_time_from_the_start_of_the_measurement_counts() {
        let mut average = TimeAverage::new(Time::from_secs(10));
        average.set(Time::from_secs(2), 9);
        average.set(Time::from_secs(5), 4);
        average.set(Time::from_secs(15), 0);
        average.advance(Time::from_secs(20));
        assert_eq!((average.mean(), average.maximum(), average.value()), (Some(2.0), 4, 0));
    }
}
