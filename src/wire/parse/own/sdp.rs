//! Session descriptions with MSRP streams, and the MSRP URIs in them.

use super::address::{leading_token, token};
use super::{Reader, foreign};
use crate::wire::content::{ContentType, ContentTypes};
use crate::wire::id::Token;
use crate::wire::msrp::{MsrpPath, MsrpUri, Presentation};
use crate::wire::parse::fault::Fault;
use crate::wire::parse::sdp::{MediaText, SdpText};
use crate::wire::sip::body::{FileSelector, MediaDirection, MediaLine, Sdp, Setup, Stream, StreamFile};

const PART: &str = "SDP";

impl Reader<'_> {
    pub(super) fn sdp(&self, octets: &[u8]) -> Result<Sdp, Fault> {
        let text = SdpText::parse(octets)?;
        let media = text.media.iter().map(media_line).collect::<Option<Vec<_>>>();
        Ok(Sdp {
            owner: self.host(text.origin.address.2).ok_or(foreign(PART))?,
            session: Token::from_raw(text.origin.session).ok_or(foreign(PART))?,
            version: text.origin.version.try_into().map_err(|_| foreign(PART))?,
            media: media.ok_or(foreign(PART))?,
        })
    }
}

fn media_line(media: &MediaText<'_>) -> Option<MediaLine> {
    if media.port == 0 {
        return Some(MediaLine::Zero);
    }
    let directions = [
        ("sendrecv", MediaDirection::SendRecv),
        ("sendonly", MediaDirection::SendOnly),
        ("recvonly", MediaDirection::RecvOnly),
        ("inactive", MediaDirection::Inactive),
    ];
    let MsrpPath { next, end } = msrp_path(media.attribute("path")??)?;
    let MsrpUri { session, setup } = end.unwrap_or(next);
    let max_size = match media.attribute("max-size") {
        Some(octets) => Some(octets?.parse().ok()?),
        None => None,
    };
    let file = match media.attribute("file-selector") {
        Some(selector) => Some(StreamFile {
            selector: file_selector(selector?)?,
            transfer: token(media.attribute("file-transfer-id")??)?,
            presentation: presentation(media.attribute("file-disposition")??)?,
        }),
        None => None,
    };
    Some(MediaLine::Stream(Stream {
        session,
        relay: end.map(|_| next.session),
        setup,
        direction: directions.into_iter().find(|(name, _)| media.attribute(name).is_some())?.1,
        accept: content_types(media.attribute("accept-types")??)?,
        max_size,
        file,
    }))
}

/// A path: an end, or a relay and an end.
pub(super) fn msrp_path(text: &str) -> Option<MsrpPath> {
    let (next, end) = text.split_once(' ').map_or((text, None), |(next, end)| (next, Some(end)));
    let end = match end {
        Some(end) => Some(msrp_uri(end)?),
        None => None,
    };
    Some(MsrpPath { next: msrp_uri(next)?, end })
}

/// The session id that a relay has given out: the one URI of a Use-Path.
pub(super) fn use_path(text: &str) -> Option<Token> {
    Some(msrp_uri(text)?.session)
}

/// The end of a session that a URI names. Whoever opens the connection writes the discard port.
fn msrp_uri(text: &str) -> Option<MsrpUri> {
    let (authority, path) = text.strip_prefix("msrp://")?.split_once('/')?;
    let setup = if authority.ends_with(":9") { Setup::Active } else { Setup::Passive };
    Some(MsrpUri { session: leading_token(path)?, setup })
}

pub(super) fn presentation(text: &str) -> Option<Presentation> {
    match text {
        "render" => Some(Presentation::Render),
        "attachment" => Some(Presentation::Attachment),
        _ => None,
    }
}

pub(super) fn content_type(text: &str) -> Option<ContentType> {
    ContentType::ALL.into_iter().find(|kind| kind.name() == text)
}

fn content_types(text: &str) -> Option<ContentTypes> {
    let kind = |name| if name == "*" { Some(ContentTypes::ANY) } else { content_type(name).map(ContentTypes::of) };
    text.split(' ').try_fold(ContentTypes::default(), |types, name| Some(types.union(kind(name)?)))
}

fn file_selector(text: &str) -> Option<FileSelector> {
    let mut selector = FileSelector::default();
    for word in text.split(' ') {
        let (name, value) = word.split_once(':')?;
        match name {
            "name" => selector.name = Some(leading_token(value.strip_prefix("\"content-")?)?),
            "type" => selector.kind = Some(content_type(value)?),
            "size" => selector.octets = Some(value.parse().ok()?),
            "hash" => selector.hash = Some(digest(value)?),
            _ => return None,
        }
    }
    Some(selector)
}

/// The content whose digest a text is: its first eight octets.
fn digest(text: &str) -> Option<Token> {
    let octets = text.strip_prefix("sha-1:")?.split(':').take(8);
    let number = octets.map(|octet| u64::from_str_radix(octet, 16).ok().filter(|octet| *octet < 256));
    Token::from_raw(number.collect::<Option<Vec<_>>>()?.into_iter().fold(0, |number, octet| number << 8 | octet))
}
