//! Basic encoding rules as far as MAP needs them: tag, length, content, built from the inside out.

/// An element with one octet of tag.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut octets = vec![tag];
    match content.len() {
        short @ 0..128 => octets.push(short as u8),
        middle @ 128..256 => octets.extend([0x81, middle as u8]),
        long => {
            octets.push(0x82);
            octets.extend((long as u16).to_be_bytes());
        }
    }
    octets.extend_from_slice(content);
    octets
}

/// An element that is made of others.
pub(super) fn group(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_the_short_form_up_to_127() {
        assert_eq!(element(4, &[7; 3]), [4, 3, 7, 7, 7]);
        assert_eq!(element(4, &[0; 127])[..2], [4, 127]);
        assert_eq!(element(4, &[0; 128])[..3], [4, 0x81, 128]);
        assert_eq!(element(4, &[0; 256])[..4], [4, 0x82, 1, 0]);
    }
}
