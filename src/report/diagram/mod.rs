//! Sequence diagrams of a recorded run: one lane per node or terminal, lanes of one network side by side, messages and
//! notes in the order of time.

pub mod mermaid;
pub mod svg;

use crate::measure::recording::{Group, LaneRow, Recording};
use crate::measure::results::HopRow;
use crate::wire::Protocol;
use crate::wire::sip::reason_phrase;

/// A silence that is longer is shown as such, in nanoseconds.
const SILENCE: u64 = 1_000_000_000;

/// What a diagram shows, laid out: lanes from left to right, rows from top to bottom.
#[derive(Debug)]
pub struct Diagram<'a> {
    /// Title.
    pub title: &'a str,
    /// Neighbouring lanes of one network or user.
    pub groups: Vec<LaneGroup<'a>>,
    /// Lanes.
    pub lanes: Vec<&'a LaneRow>,
    /// Rows.
    pub rows: Vec<Row<'a>>,
}

/// Neighbouring lanes that belong together.
#[derive(Debug)]
pub struct LaneGroup<'a> {
    /// What they belong to.
    pub group: &'a Group,
    /// Index of the first lane.
    pub first: usize,
    /// Number of lanes.
    pub lanes: usize,
}

/// A row.
#[derive(Debug)]
pub enum Row<'a> {
    /// Nothing happens for so many nanoseconds.
    Silence(u64),
    /// A message.
    Message {
        /// Number of the message in the diagram, from 1.
        number: usize,
        /// The message.
        hop: &'a HopRow,
        /// Lane of its sender.
        from: usize,
        /// Lane of its receiver.
        to: usize,
    },
    /// A note.
    Note {
        /// Nanoseconds since the start.
        at_ns: u64,
        /// Lane.
        lane: usize,
        /// What it says.
        text: &'a str,
    },
}

impl<'a> Diagram<'a> {
    /// Lays out a recording.
    pub fn new(recording: &'a Recording) -> Diagram<'a> {
        let (groups, lanes) = arrange(&recording.lanes);
        let rows = rows(recording, &lanes);
        Diagram { title: &recording.title, groups, lanes, rows }
    }
}

/// Networks in the order in which they appear, with users on the outside: on the left the one who begins, or those of
/// the first of several networks, and all others on the right.
fn arrange(lanes: &[LaneRow]) -> (Vec<LaneGroup<'_>>, Vec<&LaneRow>) {
    let mut found: Vec<&Group> = Vec::new();
    for lane in lanes {
        if !found.contains(&&lane.group) {
            found.push(&lane.group);
        }
    }
    let (networks, users): (Vec<&Group>, Vec<&Group>) =
        found.iter().partition(|group| matches!(group, Group::Network(_)));
    let is_left = |group: &&Group| match (group, &networks[..]) {
        (Group::User { network, .. }, [Group::Network(first), _, ..]) => network == first,
        (Group::User { .. } | Group::Network(_), _) => found.first() == Some(group),
    };
    let (left, right): (Vec<&Group>, Vec<&Group>) = users.into_iter().partition(is_left);
    let (mut groups, mut arranged) = (Vec::new(), Vec::new());
    for group in left.into_iter().chain(networks).chain(right) {
        let first = arranged.len();
        arranged.extend(lanes.iter().filter(|lane| lane.group == *group));
        groups.push(LaneGroup { group, first, lanes: arranged.len() - first });
    }
    (groups, arranged)
}

/// Messages and notes by time: a note before what is sent at that instant, since it tells what led to it.
fn rows<'a>(recording: &'a Recording, lanes: &[&LaneRow]) -> Vec<Row<'a>> {
    let lane = |name: &str| lanes.iter().position(|lane| lane.name == name);
    let mut notes = recording.notes.iter().peekable();
    let mut rows = Vec::new();
    let mut last: Option<u64> = None;
    let mut push = |rows: &mut Vec<Row<'a>>, at: u64, row: Row<'a>| {
        match last.and_then(|last| at.checked_sub(last)) {
            Some(silence) if silence > SILENCE => rows.push(Row::Silence(silence)),
            Some(_) | None => {}
        }
        last = Some(at);
        rows.push(row);
    };
    for (at, hop) in recording.hops.iter().enumerate() {
        while let Some(note) = notes.next_if(|note| note.at_ns <= hop.sent_ns) {
            if let Some(lane) = lane(&note.lane) {
                push(&mut rows, note.at_ns, Row::Note { at_ns: note.at_ns, lane, text: &note.text });
            }
        }
        if let (Some(from), Some(to)) = (lane(&hop.from), lane(&hop.to)) {
            push(&mut rows, hop.sent_ns, Row::Message { number: at + 1, hop, from, to });
        }
    }
    for note in notes {
        if let Some(lane) = lane(&note.lane) {
            push(&mut rows, note.at_ns, Row::Note { at_ns: note.at_ns, lane, text: &note.text });
        }
    }
    rows
}

/// The protocols whose messages go by their own names in specifications.
const SELF_EVIDENT: [Protocol; 4] = [Protocol::Sip, Protocol::Diameter, Protocol::Datagram, Protocol::Sms];
/// The protocols whose responses have the phrases of SIP, which took them over from HTTP.
const WITH_PHRASES: [Protocol; 5] = [Protocol::Sip, Protocol::Msrp, Protocol::Http, Protocol::Xcap, Protocol::Mms];

/// The name of a message as specifications draw it: `200 OK (MESSAGE)`, `MSRP SEND`, `HTTP 200 OK`.
fn name_in_specs(hop: &HopRow) -> String {
    let is_of = |protocols: &[Protocol]| protocols.iter().any(|protocol| protocol.name() == hop.protocol);
    let (first, rest) = hop.message.split_once(' ').unwrap_or((&hop.message, ""));
    let status = first.parse::<u16>().ok().filter(|status| (100..700).contains(status));
    let named = match status.filter(|_| is_of(&WITH_PHRASES)) {
        Some(code) if rest.is_empty() => format!("{code} {}", reason_phrase(code)),
        Some(code) => format!("{code} {} ({rest})", reason_phrase(code)),
        None => hop.message.clone(),
    };
    if is_of(&SELF_EVIDENT) { named } else { format!("{} {named}", hop.protocol) }
}

/// What sets a transmission apart from a first one that leaves at once and arrives.
fn remark(hop: &HopRow) -> Option<String> {
    let again = (hop.transmission > 0).then(|| match hop.timer {
        Some(timer) => format!("retransmission {}, {timer}", hop.transmission),
        None => format!("retransmission {}", hop.transmission),
    });
    let set_up = hop.set_up.is_some().then(|| "after TCP set-up".to_owned());
    let lost = hop.lost.then(|| "lost".to_owned());
    let remarks: Vec<String> = [again, set_up, lost].into_iter().flatten().collect();
    (!remarks.is_empty()).then(|| remarks.join("; "))
}

/// An instant in seconds with microseconds.
fn instant(ns: u64) -> String {
    format!("{}.{:06}", ns / 1_000_000_000, ns % 1_000_000_000 / 1_000)
}

/// A length of time for a person.
fn duration(ns: u64) -> String {
    let millis = (ns + 500_000) / 1_000_000;
    match (millis / 1_000, millis % 1_000) {
        (seconds @ 0..120, millis) => format!("{seconds}.{millis:03} s"),
        (seconds @ 120..7_200, _) => format!("{} min {} s", seconds / 60, seconds % 60),
        (seconds, _) => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

impl LaneGroup<'_> {
    /// What stands over the lanes.
    fn label(&self) -> String {
        match self.group {
            Group::Network(name) => format!("network {name}"),
            Group::User { name, .. } => format!("user {name}"),
        }
    }
}
