//! Recording of single messages for ladders and captures. A world is generic over its [`Recorder`]: without one it pays
//! nothing.

use crate::agents::{Meta, ReferencePoint};
use crate::kernel::{EntityId, Time};
use crate::wire::Message;

/// One message on one hop.
#[derive(Clone, Debug)]
pub struct Hop {
    /// When it was sent.
    pub sent_at: Time,
    /// When it arrives, `None` when it is lost.
    pub arrives_at: Option<Time>,
    /// Sender.
    pub from: EntityId,
    /// Receiver.
    pub to: EntityId,
    /// Reference point.
    pub reference_point: ReferencePoint,
    /// The message.
    pub message: Message,
    /// What travels with it.
    pub meta: Meta,
    /// 0 the first time.
    pub transmission: u16,
    /// Octets.
    pub octets: u64,
    /// Whether it went over TCP.
    pub tcp: bool,
}

/// Takes messages as they are sent.
pub trait Recorder {
    /// Whether [`Recorder::hop`] wants anything.
    const RECORDS: bool;

    /// A message was sent.
    fn hop(&mut self, hop: Hop);
}

/// Records nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTrace;

impl Recorder for NoTrace {
    const RECORDS: bool = false;

    fn hop(&mut self, _hop: Hop) {}
}

/// Keeps every message whose procedure began at or after an instant.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Set-up ends here.
    pub from: Time,
    /// The messages in the order sent.
    pub hops: Vec<Hop>,
}

impl Recorder for Trace {
    const RECORDS: bool = true;

    fn hop(&mut self, hop: Hop) {
        if hop.meta.began >= self.from {
            self.hops.push(hop);
        }
    }
}
