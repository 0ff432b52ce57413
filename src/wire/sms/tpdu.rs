//! User data of a segment with its header, and SMS-DELIVER around it (3GPP TS 23.040 section 9.2).

use super::{Coding, ShortMessage};
use crate::kernel::Time;
use crate::wire::names::Names;
use crate::wire::semi_octets;
use crate::wire::sink::{Counter, Sink, civil_date};

impl ShortMessage {
    /// Octets of the user data header, its length octet included.
    fn header_len(&self) -> u64 {
        let concatenation = if self.segments > 1 { 5 } else { 0 };
        match self.content.coding() {
            Coding::Text if self.segments == 1 => 0,
            Coding::Text => 1 + concatenation,
            Coding::Data { .. } => 7 + concatenation,
        }
    }

    /// Whether the user data begin with a header (TP-UDHI).
    pub(in crate::wire) fn has_header(&self) -> bool {
        self.header_len() > 0
    }

    /// TP-Data-Coding-Scheme: the default alphabet, or octets.
    pub(in crate::wire) fn data_coding(&self) -> u8 {
        match self.content.coding() {
            Coding::Text => 0x00,
            Coding::Data { .. } => 0xf5,
        }
    }

    /// TP-User-Data-Length (septets of text, octets of data), and octets of the user data.
    pub(in crate::wire) fn user_data_len(&self, names: &Names) -> (u8, u64) {
        let (share, _) = self.share(names);
        let header = self.header_len();
        match self.content.coding() {
            Coding::Text => {
                // The header takes whole septets, with fill bits behind it.
                let septets = (header * 8).div_ceil(7) + share;
                (septets as u8, (septets * 7).div_ceil(8))
            }
            Coding::Data { .. } => ((header + share) as u8, header + share),
        }
    }

    /// Writes the user data header.
    fn write_header(&self, sink: &mut impl Sink) {
        let header = self.header_len();
        if header > 0 {
            sink.bytes(&[(header - 1) as u8]);
        }
        if let Coding::Data { to, from } = self.content.coding() {
            let ([to0, to1], [from0, from1]) = (to.to_be_bytes(), from.to_be_bytes());
            sink.bytes(&[0x05, 0x04, to0, to1, from0, from1]);
        }
        if self.segments > 1 {
            sink.bytes(&[0x00, 0x03, self.id.raw() as u8, self.segments, self.segment]);
        }
    }

    /// This segment's part of the content.
    fn part(&self, names: &Names) -> Vec<u8> {
        let (share, before) = self.share(names);
        let mut whole = Vec::new();
        self.content.write(names, &mut whole);
        whole[before as usize..(before + share) as usize].to_vec()
    }

    /// Writes the user data: header, and this segment's part of the content.
    pub(in crate::wire) fn write_user_data(&self, names: &Names, sink: &mut impl Sink) {
        match self.content.coding() {
            Coding::Text => {
                let header = self.header_len() * 8;
                self.write_header(sink);
                sink.bytes(&septets(&self.part(names), (header.div_ceil(7) * 7 - header) as u32));
            }
            Coding::Data { .. } => self.write_unpacked(names, sink),
        }
    }

    /// Writes the user data with an octet for each character of text, as SMPP has them.
    pub(in crate::wire) fn write_unpacked(&self, names: &Names, sink: &mut impl Sink) {
        self.write_header(sink);
        if self.segments == 1 {
            self.content.write(names, sink);
        } else {
            sink.bytes(&self.part(names));
        }
    }

    /// Writes the segment as SMS-DELIVER.
    pub(in crate::wire) fn write_deliver(&self, names: &Names, sink: &mut impl Sink) {
        // TP-MTI deliver; TP-MMS says that no more wait; TP-UDHI.
        sink.bytes(&[0x04 | if self.has_header() { 0x40 } else { 0 }]);
        // TP-Originating-Address: twelve digits.
        sink.bytes(&[12, semi_octets::INTERNATIONAL]);
        sink.bytes(&semi_octets::number(names.is_terminal(self.from), self.from));
        sink.bytes(&[0x00, self.data_coding()]);
        sink.bytes(&time_stamp(self.at));
        sink.bytes(&[self.user_data_len(names).0]);
        self.write_user_data(names, sink);
    }

    /// Octets of the segment as SMS-DELIVER.
    pub(in crate::wire) fn deliver_len(&self, names: &Names) -> u64 {
        let mut counter = Counter::default();
        self.write_deliver(names, &mut counter);
        counter.0
    }
}

/// TP-Service-Centre-Time-Stamp, in UTC.
fn time_stamp(at: Time) -> [u8; 7] {
    let seconds = at.as_secs();
    let (year, month, day) = civil_date(seconds / 86_400);
    [year % 100, month, day, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60, 0].map(semi_octets::pair)
}

/// Packs characters of seven bits behind `fill` bits (TS 23.038 section 6.1.2.1). The characters used are those whose
/// code in the default alphabet is that of ASCII.
fn septets(text: &[u8], fill: u32) -> Vec<u8> {
    let bits = fill as usize + text.len() * 7;
    let mut octets = vec![0u8; bits.div_ceil(8)];
    for (at, character) in text.iter().enumerate() {
        let from = fill as usize + at * 7;
        let spread = u16::from(*character) << (from % 8);
        octets[from / 8] |= spread as u8;
        if let Some(next) = octets.get_mut(from / 8 + 1) {
            *next |= (spread >> 8) as u8;
        }
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_packed_as_in_the_examples_of_the_specification() {
        assert_eq!(septets(b"hellohello", 0), [0xe8, 0x32, 0x9b, 0xfd, 0x46, 0x97, 0xd9, 0xec, 0x37]);
        assert_eq!(septets(b"A", 1), [0x82]);
    }

    #[test]
    fn a_time_stamp_has_swapped_digits() {
        let at = Time::from_secs(58 * 86_400 + 13 * 3600 + 45 * 60 + 9);
        assert_eq!(time_stamp(at), [0x62, 0x20, 0x82, 0x31, 0x54, 0x90, 0x00]);
    }
}
