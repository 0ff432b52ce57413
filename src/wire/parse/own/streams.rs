//! The m-lines of a session description.

use super::address::leading_token;
use crate::wire::content::{ContentType, ContentTypes};
use crate::wire::id::Token;
use crate::wire::msrp::Presentation;
use crate::wire::parse::sdp::MediaText;
use crate::wire::sip::body::{FileSelector, MediaDirection, MediaLine, Setup, Stream, StreamFile};

/// The m-line that `media` is, if it is one of ours.
pub(super) fn media_line(media: &MediaText<'_>) -> Option<MediaLine> {
    if media.port == 0 {
        return Some(MediaLine::Zero);
    }
    let value = |name| media.attribute(name).flatten();
    let directions = [
        ("sendrecv", MediaDirection::SendRecv),
        ("sendonly", MediaDirection::SendOnly),
        ("recvonly", MediaDirection::RecvOnly),
        ("inactive", MediaDirection::Inactive),
    ];
    let (_, direction) = directions.into_iter().find(|(name, _)| media.attribute(name).is_some())?;
    let max_size = match value("max-size") {
        Some(octets) => Some(octets.parse().ok()?),
        None => None,
    };
    let file = match value("file-selector") {
        Some(selector) => Some(StreamFile {
            selector: file_selector(selector)?,
            transfer: leading_token(value("file-transfer-id")?)?,
            presentation: match value("file-disposition")? {
                "render" => Presentation::Render,
                "attachment" => Presentation::Attachment,
                _ => return None,
            },
        }),
        None => None,
    };
    Some(MediaLine::Stream(Stream {
        session: leading_token(value("path")?.rsplit_once('/')?.1)?,
        setup: match value("setup")? {
            "active" => Setup::Active,
            "passive" => Setup::Passive,
            _ => return None,
        },
        direction,
        accept: content_types(value("accept-types")?)?,
        max_size,
        file,
    }))
}

fn content_type(name: &str) -> Option<ContentType> {
    ContentType::ALL.into_iter().find(|kind| kind.name() == name)
}

fn content_types(list: &str) -> Option<ContentTypes> {
    list.split(' ').try_fold(ContentTypes::default(), |types, name| {
        let kind = if name == "*" { ContentTypes::ANY } else { ContentTypes::of(content_type(name)?) };
        Some(types.union(kind))
    })
}

fn file_selector(text: &str) -> Option<FileSelector> {
    let mut selector = FileSelector::default();
    for part in text.split(' ').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once(':')?;
        match key {
            "name" => selector.name = Some(leading_token(value.strip_prefix("\"content-")?)?),
            "type" => selector.kind = Some(content_type(value)?),
            "size" => selector.octets = Some(value.parse().ok()?),
            // The first eight octets of the digest are the number of the content.
            "hash" => {
                let digits: String = value.strip_prefix("sha-1:")?.split(':').take(8).collect();
                selector.hash = Some(Token::from_raw(u64::from_str_radix(&digits, 16).ok()?)?);
            }
            _ => return None,
        }
    }
    Some(selector)
}
