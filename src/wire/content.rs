//! Content types as session descriptions, MSRP and device profiles name them.

use super::sink::Sink;

/// A type of content: what wraps messages, and formats that 3GPP TS 26.141 recommends for messaging.
// req: PUSH-U-2
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum ContentType {
    /// `message/cpim`, which wraps what users send each other.
    Cpim,
    /// `text/plain`
    Text,
    /// `image/jpeg`
    Jpeg,
    /// `image/gif`
    Gif,
    /// `audio/amr`
    Amr,
    /// `video/3gpp`
    Video,
    /// `application/smil`
    Smil,
    /// `application/octet-stream`
    Octets,
}

impl ContentType {
    /// All types, in the order of their numbers.
    pub const ALL: [ContentType; 8] = [
        ContentType::Cpim,
        ContentType::Text,
        ContentType::Jpeg,
        ContentType::Gif,
        ContentType::Amr,
        ContentType::Video,
        ContentType::Smil,
        ContentType::Octets,
    ];

    /// The name on the wire and in model files.
    pub const fn name(self) -> &'static str {
        match self {
            ContentType::Cpim => "message/cpim",
            ContentType::Text => "text/plain",
            ContentType::Jpeg => "image/jpeg",
            ContentType::Gif => "image/gif",
            ContentType::Amr => "audio/amr",
            ContentType::Video => "video/3gpp",
            ContentType::Smil => "application/smil",
            ContentType::Octets => "application/octet-stream",
        }
    }
}

/// A set of content types, as `a=accept-types` lists them (RFC 4975 section 8.6).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ContentTypes(pub u16);

impl ContentTypes {
    /// `*`: any type.
    pub const ANY: ContentTypes = ContentTypes(1 << 8);

    /// The set of one type.
    pub const fn of(kind: ContentType) -> ContentTypes {
        ContentTypes(1 << kind as u16)
    }

    /// Both sets together.
    pub const fn union(self, other: ContentTypes) -> ContentTypes {
        ContentTypes(self.0 | other.0)
    }

    /// Whether content of this type is accepted.
    pub const fn accepts(self, kind: ContentType) -> bool {
        self.0 & (ContentTypes::ANY.0 | 1 << kind as u16) != 0
    }

    /// What both sets accept. Where one of them has `*`, the types of the other.
    pub const fn common(self, other: ContentTypes) -> ContentTypes {
        match (self.0 & ContentTypes::ANY.0 != 0, other.0 & ContentTypes::ANY.0 != 0) {
            (true, true) => ContentTypes(self.0 | other.0),
            (true, false) => other,
            (false, true) => self,
            (false, false) => ContentTypes(self.0 & other.0),
        }
    }

    /// Whether nothing is accepted.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Writes the types with spaces between them, `*` last.
    pub(super) fn write(self, sink: &mut impl Sink) {
        let mut separator = "";
        for kind in ContentType::ALL {
            if self.0 & ContentTypes::of(kind).0 != 0 {
                sink.text(separator);
                sink.text(kind.name());
                separator = " ";
            }
        }
        if self.0 & ContentTypes::ANY.0 != 0 {
            sink.text(separator);
            sink.text("*");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_accepts_everything_and_gives_way_to_what_the_other_side_lists() {
        let cpim = ContentTypes::of(ContentType::Cpim);
        let any = cpim.union(ContentTypes::ANY);
        assert!(any.accepts(ContentType::Video) && !cpim.accepts(ContentType::Video));
        let pictures = ContentTypes::of(ContentType::Jpeg).union(ContentTypes::of(ContentType::Gif));
        assert_eq!(any.common(pictures), pictures);
        assert_eq!(pictures.common(cpim), ContentTypes::default());
        assert!(pictures.common(cpim).is_empty());
    }
}
