//! What the world schedules.

use crate::agents::TimerReason;
use crate::agents::outbox::Command;
use crate::kernel::EntityId;

/// The commands that are given at a time to come. Events wait in great number, so they are kept small.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// [`Command::PowerOn`].
    PowerOn,
    /// [`Command::WatchRules`].
    WatchRules,
    /// [`Command::Start`].
    Start {
        /// Workload by index.
        workload: u16,
        /// Number of the item in its workload.
        number: u32,
    },
}

impl From<Act> for Command {
    fn from(act: Act) -> Command {
        match act {
            Act::PowerOn => Command::PowerOn,
            Act::WatchRules => Command::WatchRules,
            Act::Start { workload, number } => Command::Start { workload, number },
        }
    }
}

/// An event of the world.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// A packet reaches the end of a link.
    Arrive {
        /// The packet.
        packet: u32,
    },
    /// A station has served a packet.
    Served {
        /// The station.
        entity: EntityId,
        /// The packet.
        packet: u32,
    },
    /// A timer of an agent fires.
    Timer {
        /// Whose.
        entity: EntityId,
        /// Why.
        reason: TimerReason,
        /// What it is about.
        subject: u32,
    },
    /// A user or source acts.
    Act {
        /// Who.
        entity: EntityId,
        /// What.
        act: Act,
    },
    /// A step of the script is due.
    Step {
        /// The step.
        step: u32,
    },
    /// A workload has an arrival.
    Arrival {
        /// The workload.
        workload: u16,
    },
    /// An on or off period of a terminal begins.
    Availability {
        /// The terminal.
        terminal: EntityId,
        /// Which.
        on: bool,
        /// Number of the period that ends.
        number: u32,
    },
    /// A terminal loses or regains features.
    Capability {
        /// The terminal.
        terminal: EntityId,
        /// Whether it has them from now on.
        present: bool,
        /// Number of the period that ends.
        number: u32,
    },
    /// A user sets or clears do-not-disturb.
    DoNotDisturb {
        /// The user's first terminal.
        terminal: EntityId,
        /// Which.
        is_set: bool,
        /// Number of the period that begins.
        number: u32,
    },
    /// Something fails or works again.
    Fault {
        /// The fault of the model.
        fault: u16,
        /// Number of the failure.
        number: u32,
        /// Whether it begins.
        begins: bool,
    },
    /// A sample of the timeline is due.
    Sample,
}

const _: () = assert!(size_of::<Event>() == 16, "every pending event costs its octets");
