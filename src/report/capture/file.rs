//! Capture files: pcap with nanoseconds, and pcapng with the names of nodes and a comment on every packet.

use std::borrow::Cow;
use std::time::Duration;

use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption};
use pcap_file::pcapng::blocks::name_resolution::{Ipv4Record, NameResolutionBlock, Record};
use pcap_file::{DataLink, Endianness, PcapResult, TsResolution};

use super::Packet;
use crate::measure::recording::LaneRow;

/// Seconds from 1970 to 2026-01-01T00:00:00Z, where virtual time starts.
const START: u64 = 1_767_225_600;
/// Longest packet that the file announces.
const SNAPLEN: u32 = 65_535;

fn timestamp(packet: &Packet) -> Duration {
    Duration::from_secs(START) + Duration::from_nanos(packet.at_ns)
}

/// A file in the classic format, with nanoseconds.
///
/// # Errors
///
/// When a timestamp exceeds what the format holds, in the year 2106.
pub fn pcap(packets: &[Packet]) -> PcapResult<Vec<u8>> {
    let header = PcapHeader {
        snaplen: SNAPLEN,
        datalink: DataLink::ETHERNET,
        ts_resolution: TsResolution::NanoSecond,
        endianness: Endianness::Little,
        ..PcapHeader::default()
    };
    let mut writer = PcapWriter::with_header(Vec::new(), header)?;
    for packet in packets {
        writer.write_packet(&PcapPacket::new(timestamp(packet), packet.frame.len() as u32, &packet.frame))?;
    }
    Ok(writer.into_writer())
}

/// A file in the newer format: nodes have their names, and every packet says what the simulation knows of it.
///
/// # Errors
///
/// Never in practice: it is written to memory.
pub fn pcapng(packets: &[Packet], lanes: &[LaneRow]) -> PcapResult<Vec<u8>> {
    let mut writer = PcapNgWriter::with_endianness(Vec::new(), Endianness::Little)?;
    writer.write_pcapng_block(InterfaceDescriptionBlock {
        linktype: DataLink::ETHERNET,
        snaplen: SNAPLEN,
        options: vec![InterfaceDescriptionOption::IfTsResol(9)],
    })?;
    let name = |lane: &LaneRow| {
        Record::Ipv4(Ipv4Record {
            ip_addr: Cow::Owned(lane.address.to_vec()),
            names: vec![Cow::Owned(lane.name.clone())],
        })
    };
    writer
        .write_pcapng_block(NameResolutionBlock { records: lanes.iter().map(name).collect(), options: Vec::new() })?;
    for packet in packets {
        writer.write_pcapng_block(EnhancedPacketBlock {
            interface_id: 0,
            timestamp: timestamp(packet),
            original_len: packet.frame.len() as u32,
            data: Cow::Borrowed(&packet.frame),
            options: vec![EnhancedPacketOption::Comment(Cow::Borrowed(&packet.comment))],
        })?;
    }
    Ok(writer.into_inner())
}
