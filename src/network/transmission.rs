//! What happens to a message on a link: loss, waiting for the sender's turn at the rate, latency; on the access also
//! the radio's idle state. Over TCP a lost segment comes late instead of never.

use super::access::AccessSpec;
use super::link::LinkSpec;
use crate::kernel::lookup::Lookup;
use crate::kernel::{Distribution, Draw, Span, Time};

/// The outcome of a transmission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transmission {
    /// It arrives after this.
    Arrives(Span),
    /// It is lost.
    Lost,
}

/// Draws of one transmission over one link, made only when something is random.
pub struct Draws<F: FnMut() -> Draw> {
    make: F,
    draw: Option<Draw>,
}

impl<F: FnMut() -> Draw> Draws<F> {
    /// Draws that `make` begins.
    pub fn new(make: F) -> Self {
        Draws { make, draw: None }
    }

    fn get(&mut self) -> &mut Draw {
        if self.draw.is_none() {
            self.draw = Some((self.make)());
        }
        self.draw.as_mut().expect("the draw was just made")
    }

    /// A time from `distribution` in seconds; a constant draws nothing.
    pub fn span(&mut self, distribution: &Distribution) -> Span {
        match distribution {
            Distribution::Constant(seconds) => Span::from_secs_f64(*seconds),
            _ => Span::from_secs_f64(distribution.sample(self.get())),
        }
    }

    /// Goes on with this value of the draw, unless it was taken.
    pub fn skip_up_to(&mut self, value: u32) {
        self.get().skip_up_to(value);
    }

    fn chance(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.get().chance(probability)
    }
}

/// Most losses in a row of one TCP segment that are followed; the time-out has grown a millionfold by then.
const TCP_LOSSES_MAX: u32 = 20;

/// When the sender side of each rate-limited link direction is free.
#[derive(Clone, Debug, Default)]
pub struct SenderQueues {
    free_at: Lookup<(u32, u32), Time>,
}

impl SenderQueues {
    /// Waiting and sending time of `octets` at `rate` octets per second, for a sender and link direction.
    fn occupy(&mut self, now: Time, sender: u32, direction: u32, octets: u64, rate: f64) -> Span {
        let sending = Span::from_secs_f64(octets as f64 / rate);
        let begins = self.free_at.get(&(sender, direction)).copied().unwrap_or(Time::ZERO).max(now);
        let ends = begins.saturating_add(sending);
        self.free_at.insert((sender, direction), ends);
        ends.since(now)
    }
}

/// What a transmission is about.
#[derive(Clone, Copy, Debug)]
pub struct Parcel {
    /// Now.
    pub now: Time,
    /// Who sends on this link.
    pub sender: u32,
    /// Octets.
    pub octets: u64,
    /// First time-out of TCP when it goes over TCP.
    pub tcp_rto: Option<Span>,
}

/// Sends over a link between nodes. `direction` tells the directions of all links apart.
pub fn over_link<F: FnMut() -> Draw>(
    spec: &LinkSpec,
    direction: u32,
    queues: &mut SenderQueues,
    parcel: Parcel,
    draws: &mut Draws<F>,
) -> Transmission {
    let sending =
        spec.rate.map_or(Span::ZERO, |rate| queues.occupy(parcel.now, parcel.sender, direction, parcel.octets, rate));
    let Some(repeat) = losses(spec.loss, parcel.tcp_rto, draws) else { return Transmission::Lost };
    let latency = draws.span(&spec.latency).max(Span::from_nanos(1));
    Transmission::Arrives(sending.saturating_add(repeat).saturating_add(latency))
}

/// Radio state of a terminal: since when its connection is, or will be, without traffic.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Radio {
    last_traffic: Time,
}

/// Sends over an access, uplink or downlink.
pub fn over_access<F: FnMut() -> Draw>(
    spec: &AccessSpec,
    radio: &mut Radio,
    uplink: bool,
    queues: &mut SenderQueues,
    parcel: Parcel,
    draws: &mut Draws<F>,
) -> Transmission {
    let wake_up = wake_up(spec, radio, uplink, parcel.now, draws);
    let sending = spec.rate.map_or(Span::ZERO, |rate| {
        queues.occupy(parcel.now, parcel.sender, u32::MAX - u32::from(uplink), parcel.octets, rate)
    });
    let Some(repeat) = losses(spec.loss, parcel.tcp_rto, draws) else { return Transmission::Lost };
    let latency = draws.span(&spec.latency).max(Span::from_nanos(1));
    Transmission::Arrives(wake_up.saturating_add(sending).saturating_add(repeat).saturating_add(latency))
}

/// Extra delay of a terminal that is idle or still waking; the radio has traffic from its end on.
fn wake_up<F: FnMut() -> Draw>(
    spec: &AccessSpec,
    radio: &mut Radio,
    uplink: bool,
    now: Time,
    draws: &mut Draws<F>,
) -> Span {
    let Some(idle_after) = spec.idle_after else { return Span::ZERO };
    let delay = if radio.last_traffic > now {
        radio.last_traffic.since(now)
    } else if now.since(radio.last_traffic) > idle_after {
        draws.span(if uplink { &spec.promotion } else { &spec.paging })
    } else {
        Span::ZERO
    };
    radio.last_traffic = radio.last_traffic.max(now.saturating_add(delay));
    delay
}

/// Extra delay by losses; `None` when a datagram is lost.
fn losses<F: FnMut() -> Draw>(loss: f64, tcp_rto: Option<Span>, draws: &mut Draws<F>) -> Option<Span> {
    if !draws.chance(loss) {
        return Some(Span::ZERO);
    }
    let rto = tcp_rto?;
    let mut delay = rto;
    for lost in 1..TCP_LOSSES_MAX {
        if !draws.chance(loss) {
            break;
        }
        delay = delay.saturating_add(rto * (1 << lost));
    }
    Some(delay)
}
