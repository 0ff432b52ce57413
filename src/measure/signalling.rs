//! Message counts by procedure, reference point, sender, receiver and message.

use super::results::SignallingRow;
use crate::agents::{Procedure, ReferencePoint};
use crate::kernel::lookup::Lookup;
use crate::wire::MessageKind;

/// What a message is counted under.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CountKey {
    /// Procedure.
    pub procedure: Procedure,
    /// Reference point.
    pub reference_point: ReferencePoint,
    /// Sending node by index in the model, `u16::MAX` for terminals.
    pub from: u16,
    /// Receiving node by index in the model, `u16::MAX` for terminals.
    pub to: u16,
    /// Message.
    pub kind: MessageKind,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    sent: u64,
    retransmitted: u64,
    octets: u64,
}

/// The counts of a run.
#[derive(Clone, Debug, Default)]
pub struct Signalling {
    index: Lookup<CountKey, u32>,
    rows: Vec<(CountKey, Counts)>,
}

impl Signalling {
    /// Counts one message of `octets`.
    pub fn count(&mut self, key: CountKey, octets: u64, retransmission: bool) {
        let at = match self.index.get(&key) {
            Some(&at) => at as usize,
            None => {
                self.rows.push((key, Counts::default()));
                let at = self.rows.len() - 1;
                self.index.insert(key, at as u32);
                at
            }
        };
        let counts = &mut self.rows[at].1;
        if retransmission {
            counts.retransmitted += 1;
        } else {
            counts.sent += 1;
        }
        counts.octets += octets;
    }

    /// The rows, sorted by their text columns.
    pub fn rows(&self, node_names: &[String]) -> Vec<SignallingRow> {
        let name = |index: u16| node_names.get(usize::from(index)).cloned().unwrap_or_else(|| "terminal".to_string());
        let mut rows: Vec<SignallingRow> = self
            .rows
            .iter()
            .map(|(key, counts)| SignallingRow {
                procedure: key.procedure.name(),
                reference_point: key.reference_point.name(),
                from: name(key.from),
                to: name(key.to),
                protocol: key.kind.protocol().name(),
                message: key.kind.to_string(),
                sent: counts.sent,
                retransmitted: counts.retransmitted,
                octets: counts.octets,
            })
            .collect();
        rows.sort();
        rows
    }
}
