//! What stands between a transport and a message that no transport carries by itself, so that dissectors know it.

use super::frame::Ends;
use crate::wire::Envelope;

/// A message in its envelope.
pub fn wrapped(envelope: Envelope, ends: Ends, content: &[u8]) -> Vec<u8> {
    match envelope {
        Envelope::None => content.to_vec(),
        Envelope::M3ua => m3ua(ends, &sccp(content)),
        Envelope::Gsmtap { uplink } => gsmtap(uplink, content),
    }
}

/// Subsystem number of a mobile switching centre (3GPP TS 23.003 section 8.2), which short message centres use too.
const MSC: u8 = 8;
/// Address indicator: a subsystem number, routing by it.
const BY_SUBSYSTEM: u8 = 0x42;

/// A connectionless message of SCCP (ITU-T Q.713): UDT, or LUDT where UDT is too short.
fn sccp(content: &[u8]) -> Vec<u8> {
    let address = [2, BY_SUBSYSTEM, MSC];
    let mut message = match u8::try_from(content.len()) {
        // UDT, class 0, pointers to called and calling address and to the data.
        Ok(octets) => [&[9, 0, 3, 5, 7], &address[..], &address[..], &[octets]].concat(),
        Err(_) => {
            // LUDT, class 0, 15 hops; pointers of two octets count from their second octet, the last is of no option.
            let pointers = [7, 0, 8, 0, 9, 0, 0, 0];
            let octets = (content.len() as u16).to_le_bytes();
            [&[0x13, 0, 15], &pointers[..], &address[..], &address[..], &octets].concat()
        }
    };
    message.extend_from_slice(content);
    message
}

/// A DATA message of M3UA (RFC 4666 section 3.3.1) from and to the point codes that the addresses end in.
fn m3ua(ends: Ends, sccp: &[u8]) -> Vec<u8> {
    let point_code = |address: [u8; 4]| u32::from_be_bytes(address) & 0x3fff;
    let data = 16 + sccp.len();
    let mut message = vec![1, 0, 1, 1];
    message.extend((8 + data.next_multiple_of(4) as u32).to_be_bytes());
    message.extend([0x02, 0x10]);
    message.extend((data as u16).to_be_bytes());
    message.extend(point_code(ends.from).to_be_bytes());
    message.extend(point_code(ends.to).to_be_bytes());
    // Service indicator SCCP, national network, priority 0, link 0.
    message.extend([3, 2, 0, 0]);
    message.extend(sccp);
    message.resize(8 + data.next_multiple_of(4), 0);
    message
}

/// GSMTAP version 2 with a message of layer 3.
fn gsmtap(uplink: bool, content: &[u8]) -> Vec<u8> {
    let channel = if uplink { 0x40 } else { 0 };
    let mut message = vec![2, 4, 2, 0, channel, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    message.extend_from_slice(content);
    message
}
