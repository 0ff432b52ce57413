//! Datagrams and plain SIP transactions: how many, how they ended, how often requests and responses were sent. An item
//! counts if it began after the warm-up.

use super::rows::Rows;
use crate::kernel::Time;
use crate::kernel::lookup::Lookup;

/// Counts of a workload.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainCounts {
    started: u64,
    done: u64,
    succeeded: u64,
    /// Items done in the time of measurement, whenever they began; of these, with success.
    finished: [u64; 2],
    failed: u64,
    /// Requests that arrived at the sink, copies included.
    requests_received: u64,
    requests_sent: u64,
    responses_sent: u64,
    no_ack: u64,
    ghosts: u64,
}

/// A transaction without a final response.
#[derive(Clone, Copy, Debug)]
struct Open {
    began: Time,
    at_sink: bool,
    responded: bool,
}

/// What a response is to its transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Response {
    /// Its first.
    pub first: bool,
    /// Its final one, for the first time.
    pub last: bool,
}

/// The counts of all plain workloads of a run.
#[derive(Clone, Debug)]
pub struct PlainMeter {
    warm_up: Time,
    counts: Vec<PlainCounts>,
    open: Lookup<(u16, u32), Open>,
}

impl PlainMeter {
    /// Nothing so far, for this many workloads.
    pub fn new(warm_up: Time, workloads: usize) -> PlainMeter {
        PlainMeter { warm_up, counts: vec![PlainCounts::default(); workloads], open: Lookup::default() }
    }

    fn change(&mut self, workload: u16, began: Time, change: impl FnOnce(&mut PlainCounts)) {
        if began >= self.warm_up
            && let Some(counts) = self.counts.get_mut(usize::from(workload))
        {
            change(counts);
        }
    }

    /// A source sent a request, for the first time or again.
    pub fn request_sent(&mut self, workload: u16, began: Time) {
        self.change(workload, began, |counts| counts.requests_sent += 1);
    }

    /// A request arrived at its sink, a copy or not.
    pub fn request_received(&mut self, workload: u16, began: Time) {
        self.change(workload, began, |counts| counts.requests_received += 1);
    }

    /// A response left its sink, for the first time or again.
    pub fn response_sent(&mut self, workload: u16, began: Time) {
        self.change(workload, began, |counts| counts.responses_sent += 1);
    }

    /// A source began an item.
    pub fn started(&mut self, now: Time, workload: u16, number: u32, transaction: bool) {
        if transaction {
            self.open.insert((workload, number), Open { began: now, at_sink: false, responded: false });
        }
        self.change(workload, now, |counts| counts.started += 1);
    }

    /// A datagram reached its sink.
    pub fn datagram_done(&mut self, now: Time, workload: u16, began: Time) {
        self.change(workload, began, |counts| counts.done += 1);
        self.change(workload, now, |counts| counts.finished[0] += 1);
    }

    /// A sink took the request of a transaction.
    pub fn at_sink(&mut self, workload: u16, number: u32) {
        if let Some(open) = self.open.get_mut(&(workload, number)) {
            open.at_sink = true;
        }
    }

    /// A source has a response.
    pub fn answered(&mut self, now: Time, workload: u16, number: u32, status: u16) -> Response {
        // A 2xx that comes again belongs to a transaction that is over.
        let Some(open) = self.open.get_mut(&(workload, number)) else { return Response::default() };
        let first = !std::mem::replace(&mut open.responded, true);
        let (began, last) = (open.began, status >= 200);
        if last {
            self.open.remove(&(workload, number));
            self.change(workload, began, |counts| {
                counts.done += 1;
                counts.succeeded += u64::from(status < 300);
            });
            self.change(workload, now, |counts| {
                counts.finished[0] += 1;
                counts.finished[1] += u64::from(status < 300);
            });
        }
        Response { first, last }
    }

    /// A source gave up waiting for a final response.
    pub fn failed(&mut self, workload: u16, number: u32) {
        let Some(open) = self.open.remove(&(workload, number)) else { return };
        self.change(workload, open.began, |counts| {
            counts.failed += 1;
            counts.ghosts += u64::from(open.at_sink);
        });
    }

    /// A sink gave up waiting for the ACK of its 2xx.
    pub fn no_ack(&mut self, workload: u16, began: Time) {
        self.change(workload, began, |counts| counts.no_ack += 1);
    }

    /// Writes the measures of a workload that has this name. `span` is the time of measurement in seconds.
    pub fn write(&self, at: usize, class: &str, span: f64, rows: &mut Rows) {
        let counts = &self.counts[at];
        let name = |measure: &str| format!("plain.{class}.{measure}");
        rows.count(&name("started"), counts.started);
        rows.count(&name("done"), counts.done);
        rows.count(&name("failed"), counts.failed);
        rows.ratio(&name("done_ratio"), counts.done, counts.started);
        rows.ratio(&name("failed_ratio"), counts.failed, counts.started);
        rows.push(&name("throughput"), "1/s", (span > 0.0).then(|| counts.finished[0] as f64 / span));
        if counts.requests_sent > 0 {
            let refused = counts.done - counts.succeeded;
            rows.count(&name("succeeded"), counts.succeeded);
            rows.ratio(&name("succeeded_ratio"), counts.succeeded, counts.started);
            rows.count(&name("refused"), refused);
            rows.ratio(&name("refused_ratio"), refused, counts.started);
            rows.push(&name("goodput"), "1/s", (span > 0.0).then(|| counts.finished[1] as f64 / span));
            rows.ratio(&name("requests_per_item"), counts.requests_sent, counts.started);
            rows.ratio(&name("requests_received_per_item"), counts.requests_received, counts.started);
            rows.ratio(&name("responses_per_item"), counts.responses_sent, counts.started);
            rows.count(&name("ghosts"), counts.ghosts);
            rows.ratio(&name("ghost_ratio"), counts.ghosts, counts.started);
            rows.count(&name("no_ack"), counts.no_ack);
            rows.ratio(&name("no_ack_ratio"), counts.no_ack, counts.started);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_success_is_no_response_of_its_own() {
        let mut meter = PlainMeter::new(Time::ZERO, 1);
        meter.started(Time::ZERO, 0, 7, true);
        assert_eq!(meter.answered(Time::ZERO, 0, 7, 180), Response { first: true, last: false });
        assert_eq!(meter.answered(Time::ZERO, 0, 7, 200), Response { first: false, last: true });
        assert_eq!(meter.answered(Time::ZERO, 0, 7, 200), Response::default());
        assert_eq!((meter.counts[0].done, meter.counts[0].succeeded), (1, 1));
    }

    #[test]
    fn an_item_of_the_warm_up_never_counts() {
        let mut meter = PlainMeter::new(Time::from_secs(10), 1);
        meter.started(Time::from_secs(9), 0, 1, true);
        meter.at_sink(0, 1);
        meter.failed(0, 1);
        assert_eq!((meter.counts[0].started, meter.counts[0].failed, meter.counts[0].ghosts), (0, 0, 0));
    }
}
