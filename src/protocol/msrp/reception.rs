//! A file or message on its way in: what each SEND is answered with, and when all of it is there.

use crate::wire::ContentTypes;
use crate::wire::msrp::{Chunk, Continuation};

/// What a SEND leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Status of the response.
    pub status: u16,
    /// Whether the message is complete with it.
    pub complete: bool,
}

/// One stream at the end that receives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Reception {
    /// Types that are taken.
    accept: ContentTypes,
    /// Largest message that is taken, octets.
    limit: Option<u32>,
    received: u32,
    /// The sender was told to stop, or gave up.
    stopped: bool,
}

impl Reception {
    /// Ready to receive.
    pub fn new(accept: ContentTypes, limit: Option<u32>) -> Reception {
        Reception { accept, limit, received: 0, stopped: false }
    }

    /// Octets of the message under way.
    pub fn received(&self) -> u32 {
        self.received
    }

    /// Takes a chunk. Chunks may come in any order: what counts is how many octets are there.
    pub fn take(&mut self, chunk: &Chunk) -> Verdict {
        let refuse = |status| Verdict { status, complete: false };
        if chunk.octets == 0 {
            return refuse(200);
        }
        if !self.accept.accepts(chunk.kind) {
            return refuse(415);
        }
        if self.stopped || self.limit.is_some_and(|limit| chunk.total > limit) {
            self.stopped = true;
            return refuse(413);
        }
        if chunk.continuation == Continuation::Aborted {
            self.stopped = true;
            return refuse(200);
        }
        self.received = self.received.saturating_add(chunk.octets);
        Verdict { status: 200, complete: self.received >= chunk.total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::EntityId;
    use crate::wire::msrp::FailureReport;
    use crate::wire::{ContentType, Token};

    fn chunk(first: u32, octets: u32, total: u32) -> Chunk {
        Chunk {
            message: Token::new(EntityId(1), 1),
            first,
            octets,
            total,
            success_report: false,
            failure_report: FailureReport::Yes,
            kind: ContentType::Jpeg,
            presentation: None,
            described: false,
            cpim: None,
            continuation: if first + octets > total { Continuation::Complete } else { Continuation::More },
        }
    }

    fn statuses(limit: Option<u32>, accept: ContentType, chunks: &[Chunk]) -> Vec<(u16, bool)> {
        let mut reception = Reception::new(ContentTypes::of(accept), limit);
        let verdicts = chunks.iter().map(|chunk| reception.take(chunk));
        verdicts.map(|verdict| (verdict.status, verdict.complete)).collect()
    }

    #[test]
    fn a_message_is_complete_when_its_octets_are_there_in_any_order() {
        let chunks = [chunk(1, 0, 0), chunk(1, 2048, 4000), chunk(2049, 1952, 4000)];
        assert_eq!(statuses(None, ContentType::Jpeg, &chunks), [(200, false), (200, false), (200, true)]);
        let chunks = [chunk(2049, 1952, 4000), chunk(1, 2048, 4000)];
        assert_eq!(statuses(None, ContentType::Jpeg, &chunks), [(200, false), (200, true)]);
    }

    // req-test: PUSH-R-9
    #[test]
    fn what_is_too_large_is_stopped_and_what_is_of_another_type_refused() {
        let chunks = [chunk(1, 2048, 4000), chunk(2049, 1952, 4000)];
        assert_eq!(statuses(Some(3999), ContentType::Jpeg, &chunks), [(413, false), (413, false)]);
        assert_eq!(statuses(None, ContentType::Gif, &chunks[..1]), [(415, false)]);
    }

    #[test]
    fn an_aborted_message_is_never_complete() {
        let aborted = Chunk { continuation: Continuation::Aborted, ..chunk(2049, 1952, 4000) };
        let chunks = [chunk(1, 2048, 4000), aborted];
        assert_eq!(statuses(None, ContentType::Jpeg, &chunks), [(200, false), (200, false)]);
    }
}
