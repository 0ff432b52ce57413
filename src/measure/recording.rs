//! What a recorded run shows, as plain rows: the nodes and terminals that took part, the messages between them, and
//! notes of what happened at one of them. Ladders, diagrams and captures are made of these rows alone.

use super::results::HopRow;

/// A recorded run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// What the model says that it is.
    pub title: String,
    /// Who took part, in the order of first appearance.
    pub lanes: Vec<LaneRow>,
    /// Messages in the order sent.
    pub hops: Vec<HopRow>,
    /// Notes in the order of time.
    pub notes: Vec<NoteRow>,
}

/// A node instance or a terminal that took part.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneRow {
    /// Name, as in [`HopRow::from`].
    pub name: String,
    /// What it is: `P-CSCF`, `UE`.
    pub function: &'static str,
    /// Home network of a node, user of a terminal.
    pub group: Group,
    /// Its IPv4 address in a capture.
    pub address: [u8; 4],
}

/// What a lane belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Group {
    /// A node of this home network.
    Network(String),
    /// A terminal of a user.
    User {
        /// Name of the user.
        name: String,
        /// The user's home network.
        network: String,
    },
}

/// Something that happened at a node or a terminal.
#[derive(Clone, Debug, PartialEq)]
pub struct NoteRow {
    /// Nanoseconds since the start.
    pub at_ns: u64,
    /// Name of the lane.
    pub lane: String,
    /// What happened.
    pub text: String,
}
