//! A node as a station: servers, a queue, service times per message class, and what happens when the queue is full.

use crate::kernel::{Distribution, EventHandle, Span, Time};
use std::collections::VecDeque;

/// The order in which waiting messages are served.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Discipline {
    /// In order of arrival (`fifo`).
    #[default]
    Fifo,
    /// The lowest priority number first; the one in service is not interrupted (`priority`).
    Priority,
    /// The lowest priority number first; it interrupts a less urgent one, which resumes later (`preemptive_priority`).
    PreemptivePriority,
}

/// What becomes of a message that finds the queue full.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Overflow {
    /// It is dropped (`drop`).
    #[default]
    Drop,
    /// A request is answered with 503, everything else is dropped (`503`).
    Reject {
        /// The Retry-After of the 503.
        retry_after: Option<Span>,
    },
}

/// The station of every instance of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct StationSpec {
    /// Servers of one instance; `None` is as many as needed.
    pub servers: Option<u32>,
    /// Messages that can wait beside those in service; `None` is no limit.
    pub queue: Option<u32>,
    /// Order of service.
    pub discipline: Discipline,
    /// What becomes of a message that finds the queue full.
    pub overflow: Overflow,
    /// Service time in seconds of a message class without an entry of its own.
    pub default_service: Distribution,
    /// Service time in seconds by message class: a SIP method (`MESSAGE`), `response`, `Diameter`, or the class of a
    /// workload for datagrams.
    pub service: Vec<(String, Distribution)>,
    /// Priority by message class, 0 the most urgent; a class without an entry has 9.
    pub priority: Vec<(String, u8)>,
}

/// Priorities are 0 to 9.
pub const PRIORITIES: usize = 10;

impl Default for StationSpec {
    /// One server that takes no time: no message ever waits.
    fn default() -> Self {
        StationSpec {
            servers: Some(1),
            queue: None,
            discipline: Discipline::Fifo,
            overflow: Overflow::Drop,
            default_service: Distribution::Constant(0.0),
            service: Vec::new(),
            priority: Vec::new(),
        }
    }
}

impl StationSpec {
    /// Whether service takes no time and nobody ever waits.
    pub fn is_instant(&self) -> bool {
        let zero = |distribution: &Distribution| *distribution == Distribution::Constant(0.0);
        zero(&self.default_service) && self.service.iter().all(|(_, distribution)| zero(distribution))
    }

    /// Service time of a message class.
    pub fn service_of(&self, class: &str) -> &Distribution {
        self.service.iter().find(|(name, _)| name == class).map_or(&self.default_service, |(_, service)| service)
    }

    /// Priority of a message class.
    pub fn priority_of(&self, class: &str) -> u8 {
        self.priority.iter().find(|(name, _)| name == class).map_or(9, |(_, priority)| *priority)
    }
}

/// A message at a station.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Job {
    /// What the world calls it.
    pub packet: u32,
    /// Service that it still needs.
    pub service: Span,
    /// When it arrived.
    pub arrived: Time,
    /// Message class by number.
    pub class: u16,
    /// Priority, 0 the most urgent.
    pub priority: u8,
    /// Whether its service has begun before.
    pub begun: bool,
}

#[derive(Clone, Copy, Debug)]
struct InService {
    job: Job,
    since: Time,
    done: EventHandle,
}

/// What a station does with an arrival.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    /// Its service begins now.
    Begins,
    /// It waits.
    Waits,
    /// It interrupts this one: cancel the end of service of the interrupted message, then begin.
    Interrupts(EventHandle),
    /// It finds no place.
    Full,
}

/// The state of one station.
#[derive(Clone, Debug)]
pub struct Station {
    servers: Option<u32>,
    queue: Option<u32>,
    discipline: Discipline,
    in_service: Vec<InService>,
    waiting: [VecDeque<Job>; PRIORITIES],
    waiting_count: u32,
}

impl Station {
    /// An empty station.
    pub fn new(spec: &StationSpec) -> Station {
        Station {
            servers: spec.servers,
            queue: spec.queue,
            discipline: spec.discipline,
            in_service: Vec::new(),
            waiting: std::array::from_fn(|_| VecDeque::new()),
            waiting_count: 0,
        }
    }

    /// Messages in the station.
    pub fn number(&self) -> u32 {
        self.in_service.len() as u32 + self.waiting_count
    }

    /// Messages in service.
    pub fn busy(&self) -> u32 {
        self.in_service.len() as u32
    }

    /// Takes an arrival. Where it [`Admission::Begins`] or [`Admission::Interrupts`], the caller schedules the end of
    /// service and tells it by [`Station::begin`].
    pub fn arrive(&mut self, now: Time, job: Job) -> Admission {
        if self.servers.is_none_or(|servers| self.busy() < servers) {
            return Admission::Begins;
        }
        if self.discipline == Discipline::PreemptivePriority
            && let Some(handle) = self.interrupt(now, job.priority)
        {
            return Admission::Interrupts(handle);
        }
        if self.queue.is_some_and(|places| self.waiting_count >= places) {
            return Admission::Full;
        }
        self.wait(job, false);
        Admission::Waits
    }

    fn wait(&mut self, job: Job, in_front: bool) {
        let level = match self.discipline {
            Discipline::Fifo => 0,
            Discipline::Priority | Discipline::PreemptivePriority => usize::from(job.priority).min(PRIORITIES - 1),
        };
        if in_front {
            self.waiting[level].push_front(job);
        } else {
            self.waiting[level].push_back(job);
        }
        self.waiting_count += 1;
    }

    /// Puts back the least urgent message in service, the last begun of them, if it is less urgent than `priority`.
    fn interrupt(&mut self, now: Time, priority: u8) -> Option<EventHandle> {
        let at = (0..self.in_service.len())
            .max_by_key(|at| (self.in_service[*at].job.priority, self.in_service[*at].since, *at))
            .filter(|at| self.in_service[*at].job.priority > priority)?;
        let interrupted = self.in_service.remove(at);
        let served = now.since(interrupted.since);
        let job = Job { service: interrupted.job.service.saturating_sub(served), ..interrupted.job };
        self.wait(job, true);
        Some(interrupted.done)
    }

    /// The service of `job` begins now and ends with the event `done`.
    pub fn begin(&mut self, now: Time, job: Job, done: EventHandle) {
        self.in_service.push(InService { job: Job { begun: true, ..job }, since: now, done });
    }

    /// Empties the station: the messages that were in it, and the ends of service that will not come.
    pub fn clear(&mut self) -> (Vec<Job>, Vec<EventHandle>) {
        let ends = self.in_service.iter().map(|serving| serving.done).collect();
        let serving = self.in_service.drain(..).map(|serving| serving.job);
        let jobs = serving.chain(self.waiting.iter_mut().flat_map(|queue| queue.drain(..))).collect();
        self.waiting_count = 0;
        (jobs, ends)
    }

    /// The service of `packet` ends: the job, and the one whose service begins now, if any waits.
    pub fn end(&mut self, packet: u32) -> Option<(Job, Option<Job>)> {
        let at = self.in_service.iter().position(|serving| serving.job.packet == packet)?;
        let ended = self.in_service.remove(at);
        let next = self.waiting.iter_mut().find_map(VecDeque::pop_front);
        if next.is_some() {
            self.waiting_count -= 1;
        }
        Some((ended.job, next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(packet: u32, priority: u8) -> Job {
        Job { packet, service: Span::from_secs(10), arrived: Time::ZERO, class: 0, priority, begun: false }
    }

    fn station(discipline: Discipline, queue: Option<u32>) -> Station {
        Station::new(&StationSpec { discipline, queue, ..StationSpec::default() })
    }

    #[test]
    fn a_full_queue_turns_away() {
        let mut station = station(Discipline::Fifo, Some(1));
        assert_eq!(station.arrive(Time::ZERO, job(1, 0)), Admission::Begins);
        station.begin(Time::ZERO, job(1, 0), EventHandle::NONE);
        assert_eq!(station.arrive(Time::ZERO, job(2, 0)), Admission::Waits);
        assert_eq!(station.arrive(Time::ZERO, job(3, 0)), Admission::Full);
        let (ended, next) = station.end(1).expect("in service");
        assert_eq!((ended.packet, next.map(|job| job.packet)), (1, Some(2)));
    }

    #[test]
    fn priority_takes_the_urgent_first_without_interruption() {
        let mut station = station(Discipline::Priority, None);
        station.begin(Time::ZERO, job(1, 9), EventHandle::NONE);
        assert_eq!(station.arrive(Time::ZERO, job(2, 9)), Admission::Waits);
        assert_eq!(station.arrive(Time::ZERO, job(3, 0)), Admission::Waits);
        assert_eq!(station.end(1).and_then(|(_, next)| next).map(|job| job.packet), Some(3));
    }

    #[test]
    fn an_interrupted_message_resumes_where_it_was() {
        let mut station = station(Discipline::PreemptivePriority, None);
        station.begin(Time::ZERO, job(1, 9), EventHandle::NONE);
        assert!(matches!(station.arrive(Time::from_secs(4), job(2, 0)), Admission::Interrupts(_)));
        station.begin(Time::from_secs(4), job(2, 0), EventHandle::NONE);
        let (_, resumed) = station.end(2).expect("in service");
        let resumed = resumed.expect("the interrupted one waits");
        assert_eq!((resumed.packet, resumed.service, resumed.begun), (1, Span::from_secs(6), true));
    }
}
