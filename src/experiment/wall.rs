//! Wall-clock facts about an execution, for `timing.csv` alone: they are outside the promise of equal bytes.
#![allow(clippy::disallowed_types)] // The one place that may look at a clock on the wall.

use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Measures how long something takes.
#[derive(Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts it.
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// Nanoseconds since its start.
    pub fn elapsed_ns(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Facts that hold for one start of the tool.
#[derive(Debug)]
pub struct Execution {
    stopwatch: Stopwatch,
    started: String,
    jobs: usize,
    command_line: String,
}

impl Execution {
    /// Starts the clock.
    pub fn start(jobs: usize, command_line: String) -> Execution {
        Execution { stopwatch: Stopwatch::start(), started: utc_now(), jobs, command_line }
    }

    /// Rows of `timing.csv` without point and replication: figure, unit, value.
    pub fn rows(&self) -> Vec<(&'static str, &'static str, String)> {
        vec![
            ("command_line", "", self.command_line.clone()),
            ("source_revision", "", source_revision()),
            ("host", "", host()),
            ("platform", "", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
            ("jobs", "1", self.jobs.to_string()),
            ("started", "UTC", self.started.clone()),
            ("finished", "UTC", utc_now()),
            ("elapsed", "s", format!("{:.3}", self.stopwatch.elapsed_ns() as f64 / 1e9)),
        ]
    }
}

/// The revision of the repository that the tool is started in, with a mark when files are changed.
fn source_revision() -> String {
    let output = Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=40"]).output();
    match output {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Ok(_) | Err(_) => "unknown".to_owned(),
    }
}

fn host() -> String {
    let from_kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    from_kernel
        .or_else(|| std::env::var("HOSTNAME").ok())
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .map_or_else(|| "unknown".to_owned(), |name| name.trim().to_owned())
}

fn utc_now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    utc(seconds)
}

/// A Unix time as `YYYY-MM-DDThh:mm:ssZ`.
fn utc(unix_seconds: u64) -> String {
    let (days, second) = (unix_seconds / 86_400, unix_seconds % 86_400);
    // Years are counted from March, so that a leap day ends one; 719468 days lie between 0000-03-01 and 1970-01-01.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(utc(1_767_225_599), "2025-12-31T23:59:59Z");
    }
}
