//! Captures of the reference flows, read by tshark: every packet dissects, and what it counts and measures is what the
//! simulation counts. Without tshark these tests say so and pass, unless `PUSHSIM_TSHARK=required` is set.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use pushsim::measure::recording::Recording;
use pushsim::measure::results::HopRow;
use pushsim::report::capture::{Packet, Tap, packets, pcap, pcapng};
use pushsim::scenario::{Model, Selection, record};
use pushsim::wire::Transport;

use crate::flows::flow;
use crate::source::files;

/// What tshark prints for a capture.
fn tshark(file: &Path, arguments: &[&str]) -> Option<String> {
    let output = match Command::new("tshark").arg("-r").arg(file).args(arguments).output() {
        Ok(output) => output,
        Err(problem) => {
            let required = std::env::var("PUSHSIM_TSHARK").is_ok_and(|value| value == "required");
            assert!(!required, "tshark cannot be run: {problem}");
            eprintln!("skipped: tshark cannot be run: {problem}");
            return None;
        }
    };
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "tshark {arguments:?}: {problem}");
    Some(String::from_utf8(output.stdout).expect("tshark prints text"))
}

/// The fields that are asked for, in this order.
const FIELDS: [&str; 10] = [
    "frame.protocols",
    "udp.length",
    "tcp.len",
    "tcp.reassembled.length",
    "diameter.length",
    "_ws.malformed",
    "_ws.expert.severity",
    "_ws.expert.message",
    "sccp.parameter_length",
    "tcp.flags.push",
];

/// Severity of an expert's error.
const ERROR: u32 = 0x0080_0000;

/// What tshark finds in a capture.
#[derive(Default)]
struct Dissected {
    faults: Vec<String>,
    /// Messages of the layer above by transport, as octets of each, sorted.
    octets: BTreeMap<&'static str, Vec<u64>>,
    /// SIP messages inside others.
    embedded: u64,
    /// Messages by method or status, as the statistics count them.
    sip: BTreeMap<String, u64>,
}

fn dissect(file: &Path) -> Option<Dissected> {
    let mut arguments = vec!["-n", "-T", "fields", "-E", "separator=|", "-z", "sip,stat"];
    for field in FIELDS {
        arguments.extend(["-e", field]);
    }
    let text = tshark(file, &arguments)?;
    let (frames, statistics) = text.split_once("\n\n====").unwrap_or((&text, ""));
    let mut found = Dissected::default();
    for (number, line) in (1..).zip(frames.lines()) {
        let fields: Vec<&str> = line.split('|').collect();
        let value = |at: usize| fields[at].rsplit(',').next().and_then(|text| text.parse::<u64>().ok());
        let severe = fields[6].split(',').any(|text| text.parse::<u32>().is_ok_and(|severity| severity >= ERROR));
        if severe || !fields[5].is_empty() {
            found.faults.push(format!("packet {number}: {line}"));
        }
        found.embedded += fields[0].matches(":sip").count().saturating_sub(1) as u64;
        // The last segment of a message pushes it to the receiver.
        let ends = fields[9] == "1" && fields[0].rsplit(':').next().is_some_and(|last| last != "tcp");
        let envelope = if fields[0].contains(":gsmtap") { 16 } else { 0 };
        // Of the parameters of SCCP the last is the content.
        let (transport, octets) = match (value(1), value(2), value(3), value(4).or(value(8))) {
            (Some(udp), ..) => ("UDP", udp - 8 - envelope),
            (_, Some(tcp), whole, _) if tcp > 0 && ends => ("TCP", whole.unwrap_or(tcp)),
            (.., Some(chunk)) => ("SCTP", chunk),
            _ => continue,
        };
        found.octets.entry(transport).or_default().push(octets);
    }
    for octets in found.octets.values_mut() {
        octets.sort_unstable();
    }
    for line in statistics.lines() {
        if let Some((name, count)) = line.strip_suffix(" Packets").and_then(|line| line.split_once(':')) {
            let name = name.trim().trim_start_matches("SIP ");
            let count = count.trim().parse().expect("a number of packets");
            found.sip.insert(name.split(' ').next().unwrap_or(name).to_owned(), count);
        }
    }
    Some(found)
}

/// Octets of each message that the tap sees, by transport, sorted.
fn octets(hops: &[&HopRow]) -> BTreeMap<&'static str, Vec<u64>> {
    let mut octets: BTreeMap<&'static str, Vec<u64>> = BTreeMap::new();
    for hop in hops {
        octets.entry(hop.carriage.transport.name()).or_default().push(hop.octets);
    }
    octets.values_mut().for_each(|octets| octets.sort_unstable());
    octets
}

/// SIP messages by method or status.
fn sip(hops: &[&HopRow]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for hop in hops.iter().filter(|hop| hop.protocol == "SIP") {
        let name = hop.message.split(' ').next().expect("a name");
        *counts.entry(name.to_owned()).or_default() += 1;
    }
    counts
}

fn recorded(model: &Model) -> Recording {
    record(model, 0, Selection::default().filter(model).expect("no choice"), true).1
}

/// Faults of the capture of a recording; `None` without tshark.
fn faults(name: &str, recording: &Recording, tap: Tap) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("flow.pcap");
    std::fs::write(&file, pcap(&packets(recording, tap)).expect("in memory")).expect("written");
    let mut found = dissect(&file)?;
    let seen = |hop: &&HopRow| tap == Tap::Sender || hop.arrives_ns.is_some();
    let hops: Vec<&HopRow> = recording.hops.iter().filter(seen).collect();
    let mut faults: Vec<String> = found.faults.iter().map(|fault| format!("{name}: {fault}")).collect();
    if found.octets != octets(&hops) {
        faults.push(format!("{name}: tshark has {:?}, the simulation {:?}", found.octets, octets(&hops)));
    }
    // The statistics count the REGISTER inside a third-party REGISTER like one of its own.
    if let Some(registers) = found.sip.get_mut("REGISTER") {
        *registers -= found.embedded;
    }
    if found.sip != sip(&hops) {
        faults.push(format!("{name}: tshark counts {:?}, the simulation {:?}", found.sip, sip(&hops)));
    }
    Some(faults)
}

#[test]
fn every_flow_dissects_with_the_counts_and_octets_of_the_simulation() {
    let mut all = Vec::new();
    for file in files("models/flows", ".toml") {
        let name = Path::new(&file.path).file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let Some(faults) = faults(&name, &recorded(&flow(&name, &[])), Tap::Sender) else { return };
        all.extend(faults);
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn a_tap_at_the_receiver_misses_what_is_lost_and_tcp_carries_sip_too() {
    let lossy = recorded(&flow("pager", &["access.lte.loss=60%", "trace.from=0s"]));
    assert!(lossy.hops.iter().any(|hop| hop.lost));
    let tcp = ["sip.access_transport=tcp", "sip.core_transport=tcp", "trace.from=0s"];
    let tcp = recorded(&flow("deferred-pager", &tcp));
    assert!(tcp.hops.iter().all(|hop| hop.carriage.transport != Transport::Udp));
    for (name, recording) in [("lossy", lossy), ("tcp", tcp)] {
        for tap in [Tap::Sender, Tap::Receiver] {
            let Some(faults) = faults(name, &recording, tap) else { return };
            assert!(faults.is_empty(), "{tap:?}: {}", faults.join("\n"));
        }
    }
}

#[test]
fn packets_carry_virtual_time_and_in_the_newer_format_names_and_comments() {
    let recording = recorded(&flow("register", &[]));
    let captured = packets(&recording, Tap::Sender);
    let times: Vec<u64> = captured.iter().map(|packet| packet.at_ns).collect();
    assert!(times.is_sorted() && times[0] == recording.hops[0].sent_ns);
    let first: &Packet = &captured[0];
    assert_eq!(first.comment, "registration: REGISTER from bob/1 to p, Gm");

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("flow.pcapng");
    std::fs::write(&file, pcapng(&captured, &recording.lanes).expect("in memory")).expect("written");
    let fields = ["-N", "n", "-T", "fields", "-e", "frame.time_epoch", "-e", "ip.src_host", "-e", "frame.comment"];
    let Some(text) = tshark(&file, &fields) else { return };
    let line = text.lines().next().expect("a packet");
    assert_eq!(line, format!("1767225601.000000000\tbob/1\t{}", first.comment));
}
