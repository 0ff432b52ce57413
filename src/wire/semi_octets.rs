//! Numbers in semi-octets (3GPP TS 23.040 section 9.1.2.3, TS 29.002): two digits per octet, the first in the low half.

use crate::kernel::EntityId;

/// Octets of a number with twelve digits.
pub(super) const NUMBER: usize = 6;
/// Octets of an IMSI: fifteen digits and a filler.
pub(super) const IMSI: usize = 8;

/// Type of number international, numbering plan E.164.
pub(super) const INTERNATIONAL: u8 = 0x91;

fn packed<const N: usize>(prefix: u64, number: u64, digits: u32) -> [u8; N] {
    let value = prefix * 10u64.pow(digits) + number;
    let places = N as u32 * 2;
    std::array::from_fn(|at| {
        let digit = |place: u32| (value / 10u64.pow(places - 1 - place) % 10) as u8;
        let place = at as u32 * 2;
        digit(place) | digit(place + 1) << 4
    })
}

/// The number of an entity: `4673` and eight digits for a terminal, as [`super::address::msisdn`] writes it, `4609` and
/// eight digits for a node.
pub(super) fn number(is_terminal: bool, entity: EntityId) -> [u8; NUMBER] {
    packed(if is_terminal { 4673 } else { 4609 }, u64::from(entity.0), 8)
}

/// The IMSI of a terminal: country 240, network 01, and ten digits.
pub(super) fn imsi(terminal: EntityId) -> [u8; IMSI] {
    // Sixteen digits whose last is replaced by the filler.
    let mut octets = packed::<IMSI>(24_001, u64::from(terminal.0) * 10, 11);
    octets[IMSI - 1] |= 0xf0;
    octets
}

/// A number of two digits as an octet, as time stamps have them.
pub(super) fn pair(number: u64) -> u8 {
    (number / 10 % 10) as u8 | ((number % 10) as u8) << 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_swapped_in_pairs() {
        assert_eq!(number(true, EntityId(12_345_678)), [0x64, 0x37, 0x21, 0x43, 0x65, 0x87]);
        assert_eq!(number(false, EntityId(3)), [0x64, 0x90, 0x00, 0x00, 0x00, 0x30]);
        assert_eq!(imsi(EntityId(7)), [0x42, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0xf7]);
        assert_eq!(pair(26), 0x62);
    }
}
