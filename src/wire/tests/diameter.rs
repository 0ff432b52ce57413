//! Cx messages, read as trees of attribute-value pairs by a parser of its own.

use super::samples::{BOB, HSS, I, S, names, token};
use crate::wire::Message;
use crate::wire::diameter::{AssignmentType, Command, DiameterMessage, ResultCode};
use std::fmt::Write;

fn message(command: Command, result: Option<ResultCode>) -> DiameterMessage {
    let client = match command {
        Command::UserAuthorization | Command::LocationInfo => I,
        Command::ServerAssignment | Command::MultimediaAuth => S,
    };
    let (origin, destination) = if result.is_none() { (client, HSS) } else { (HSS, client) };
    DiameterMessage {
        command,
        result,
        transaction: token(client, 80),
        user: BOB,
        origin,
        destination,
        server: None,
        assignment: None,
    }
}

fn with_server(command: Command, result: Option<ResultCode>) -> DiameterMessage {
    let assignment = (command == Command::ServerAssignment).then_some(AssignmentType::Registration);
    DiameterMessage { server: Some(S), assignment, ..message(command, result) }
}

/// Every command as request and answer.
pub(super) fn samples() -> Vec<(&'static str, Message)> {
    let success = Some(ResultCode::Success);
    let samples = [
        ("uar", message(Command::UserAuthorization, None)),
        ("uaa_first", message(Command::UserAuthorization, Some(ResultCode::FirstRegistration))),
        ("uaa", with_server(Command::UserAuthorization, Some(ResultCode::SubsequentRegistration))),
        ("mar", with_server(Command::MultimediaAuth, None)),
        ("maa", message(Command::MultimediaAuth, success)),
        ("sar", with_server(Command::ServerAssignment, None)),
        ("saa", with_server(Command::ServerAssignment, success)),
        ("lir", message(Command::LocationInfo, None)),
        ("lia", with_server(Command::LocationInfo, success)),
        ("lia_unknown", message(Command::LocationInfo, Some(ResultCode::UserUnknown))),
    ];
    samples.map(|(name, message)| (name, Message::Diameter(message))).into()
}

fn number(octets: &[u8]) -> u32 {
    octets.iter().fold(0, |number, octet| number << 8 | u32::from(*octet))
}

/// Lists pairs, one a line; grouped ones are told by their code.
fn pairs(mut octets: &[u8], depth: usize, out: &mut String) {
    const GROUPED: [u32; 4] = [260, 297, 603, 612];
    while !octets.is_empty() {
        let (code, flags, length) = (number(&octets[..4]), octets[4], number(&octets[5..8]) as usize);
        let header = if flags & 0x80 != 0 { 12 } else { 8 };
        let data = &octets[header..length];
        write!(out, "{:depth$}{code} {flags:02x} {length}", "").unwrap();
        if GROUPED.contains(&code) {
            out.push('\n');
            pairs(data, depth + 2, out);
        } else if data.is_ascii() && data.iter().all(|octet| !octet.is_ascii_control()) {
            writeln!(out, " {}", std::str::from_utf8(data).unwrap()).unwrap();
        } else {
            writeln!(out, " {}", data.iter().map(|octet| format!("{octet:02x}")).collect::<String>()).unwrap();
        }
        let padded = length.next_multiple_of(4);
        assert!(octets[length..padded].iter().all(|octet| *octet == 0), "padding of {code}");
        octets = &octets[padded..];
    }
}

fn tree(message: &Message) -> String {
    let mut octets = Vec::new();
    message.write(&names(), &mut octets);
    assert_eq!(number(&octets[1..4]) as usize, octets.len(), "the length in the header");
    let mut out = format!(
        "version {} flags {:02x} command {} application {}\n",
        octets[0],
        octets[4],
        number(&octets[5..8]),
        number(&octets[8..12])
    );
    pairs(&octets[20..], 0, &mut out);
    out
}

#[test]
fn every_sample_is_the_recorded_tree() {
    let mut written = String::new();
    for (name, message) in samples() {
        writeln!(written, "{name}\n{}", tree(&message)).unwrap();
    }
    assert!(written == include_str!("golden/diameter.txt"), "now:\n{written}");
}
