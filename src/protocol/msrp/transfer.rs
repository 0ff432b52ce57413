//! A file or message on its way out: chunks, their answers, REPORT, and when it counts as delivered.
//!
//! ```text
//! Binding ──200 to the first chunk──▶ Sending ──last chunk sent──▶ Waiting ──last answer or REPORT──▶ Complete
//!    └──────────4xx, time-out─────────────┴─────────────────────────┴──────────────────────────────▶ Failed
//! ```

use crate::wire::msrp::FailureReport;

/// What lets a sender take a file for delivered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum CloseOn {
    /// The 200 to the last SEND (`response`). Where SENDs are not answered, the REPORT.
    #[default]
    Response,
    /// The REPORT that Success-Report asks for (`report`).
    Report,
    /// Whichever comes first (`either`).
    Either,
}

/// What a sender asks to be told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Reports {
    /// Success-Report.
    pub success: bool,
    /// Failure-Report of every chunk but the first. The first binds the connection, so it is always answered: 481 and
    /// 506 say whether it did.
    pub failure: FailureReport,
    /// What counts as the end.
    pub close_on: CloseOn,
}

/// State of a transfer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TransferState {
    /// The first chunk is not answered.
    Binding,
    /// Chunks go out.
    Sending,
    /// The last chunk is out.
    Waiting,
    /// Delivered.
    Complete,
    /// Given up, with this status; 408 is a time-out.
    Failed(u16),
}

/// What happens to a transfer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransferInput {
    /// A SEND got this response.
    Response(u16),
    /// A REPORT came: status, and the last octet that it is about.
    Report(u16, u32),
    /// Nothing came for too long.
    Timeout,
}

/// Octets of one chunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Piece {
    /// Position of the first octet, from 1.
    pub first: u32,
    /// Octets.
    pub octets: u32,
    /// Whether it is the last.
    pub last: bool,
    /// Failure-Report.
    pub failure: FailureReport,
}

/// A transfer. Its owner takes the chunks from it and tells it what comes back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Transfer {
    state: TransferState,
    total: u32,
    /// Octets of a chunk.
    piece: u32,
    /// SENDs that may be unanswered.
    window: u32,
    reports: Reports,
    handed: u32,
    sent: u32,
    answered: u32,
    reported: bool,
}

impl Transfer {
    /// `total` octets in chunks of `piece`, or in one.
    pub fn new(total: u32, piece: Option<u32>, window: u32, reports: Reports) -> Transfer {
        Transfer {
            state: TransferState::Binding,
            total,
            piece: piece.unwrap_or(total).clamp(1, total.max(1)),
            window,
            reports,
            handed: 0,
            sent: 0,
            answered: 0,
            reported: false,
        }
    }

    /// The state.
    pub fn state(&self) -> TransferState {
        self.state
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        match self.state {
            TransferState::Binding | TransferState::Sending | TransferState::Waiting => false,
            TransferState::Complete | TransferState::Failed(_) => true,
        }
    }

    /// The next chunk to send now, if any.
    pub fn next_piece(&mut self) -> Option<Piece> {
        let may = match self.state {
            TransferState::Binding => self.sent == 0,
            TransferState::Sending => !self.is_answered() || self.sent - self.answered < self.window,
            TransferState::Waiting | TransferState::Complete | TransferState::Failed(_) => false,
        };
        if !may || self.handed == self.total {
            return None;
        }
        let octets = self.piece.min(self.total - self.handed);
        let failure = if self.sent == 0 { FailureReport::Yes } else { self.reports.failure };
        let piece = Piece { first: self.handed + 1, octets, last: self.handed + octets == self.total, failure };
        self.handed += octets;
        self.sent += 1;
        if piece.last && self.state == TransferState::Sending {
            self.state = TransferState::Waiting;
        }
        Some(piece)
    }

    /// Whether every SEND is answered.
    fn is_answered(&self) -> bool {
        self.reports.failure == FailureReport::Yes
    }

    /// Takes an input.
    // req: PUSH-U-6
    pub fn handle(&mut self, input: TransferInput) {
        match (self.state, input) {
            (TransferState::Complete | TransferState::Failed(_), _) => {}
            (_, TransferInput::Response(200)) => {
                self.answered += 1;
                if self.state == TransferState::Binding {
                    let all = self.handed == self.total;
                    self.state = if all { TransferState::Waiting } else { TransferState::Sending };
                }
                self.complete_if_told();
            }
            (_, TransferInput::Report(200, last)) => {
                self.reported |= last >= self.total;
                self.complete_if_told();
            }
            (_, TransferInput::Response(status) | TransferInput::Report(status, _)) => {
                self.state = TransferState::Failed(status);
            }
            (_, TransferInput::Timeout) => self.state = TransferState::Failed(408),
        }
    }

    fn complete_if_told(&mut self) {
        let by_response = self.answered == self.sent && self.handed == self.total;
        let told = match self.reports.close_on {
            CloseOn::Response if self.is_answered() => by_response,
            CloseOn::Response | CloseOn::Either => by_response || self.reported,
            CloseOn::Report => self.reported,
        };
        if told {
            self.state = TransferState::Complete;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(transfer: &mut Transfer) -> Vec<(u32, u32, bool)> {
        std::iter::from_fn(|| transfer.next_piece()).map(|piece| (piece.first, piece.octets, piece.last)).collect()
    }

    #[test]
    fn a_file_in_one_chunk_is_delivered_by_its_200() {
        let mut transfer = Transfer::new(100_000, None, 16, Reports::default());
        assert_eq!(pieces(&mut transfer), [(1, 100_000, true)]);
        transfer.handle(TransferInput::Response(200));
        assert_eq!(transfer.state(), TransferState::Complete);
    }

    #[test]
    fn chunks_wait_for_the_first_answer_and_then_keep_to_the_window() {
        let mut transfer = Transfer::new(5 * 2048 + 1, Some(2048), 2, Reports::default());
        assert_eq!(pieces(&mut transfer), [(1, 2048, false)]);
        transfer.handle(TransferInput::Response(200));
        assert_eq!(pieces(&mut transfer), [(2049, 2048, false), (4097, 2048, false)]);
        transfer.handle(TransferInput::Response(200));
        assert_eq!(pieces(&mut transfer), [(6145, 2048, false)]);
        for _ in 0..2 {
            transfer.handle(TransferInput::Response(200));
        }
        assert_eq!(pieces(&mut transfer), [(8193, 2048, false), (10_241, 1, true)]);
        assert_eq!(transfer.state(), TransferState::Waiting);
        for _ in 0..2 {
            assert!(!transfer.is_over());
            transfer.handle(TransferInput::Response(200));
        }
        assert_eq!(transfer.state(), TransferState::Complete);
    }

    // req-test: PUSH-U-6
    #[test]
    fn the_end_is_the_last_answer_or_the_report_as_the_policy_says() {
        let ends = |close_on, inputs: &[TransferInput]| {
            let reports = Reports { success: true, failure: FailureReport::Yes, close_on };
            let mut transfer = Transfer::new(10, None, 1, reports);
            pieces(&mut transfer);
            inputs.iter().for_each(|input| transfer.handle(*input));
            transfer.state()
        };
        let (answer, report) = (TransferInput::Response(200), TransferInput::Report(200, 10));
        assert_eq!(ends(CloseOn::Response, &[answer]), TransferState::Complete);
        assert_eq!(ends(CloseOn::Response, &[report]), TransferState::Binding);
        assert_eq!(ends(CloseOn::Report, &[answer]), TransferState::Waiting);
        assert_eq!(ends(CloseOn::Report, &[answer, report]), TransferState::Complete);
        assert_eq!(ends(CloseOn::Either, &[report]), TransferState::Complete);
        assert_eq!(ends(CloseOn::Either, &[TransferInput::Report(413, 10), report]), TransferState::Failed(413));
        assert_eq!(ends(CloseOn::Response, &[TransferInput::Response(481)]), TransferState::Failed(481));
        assert_eq!(ends(CloseOn::Response, &[TransferInput::Timeout, answer]), TransferState::Failed(408));
    }

    #[test]
    fn without_answers_only_the_first_chunk_has_one_and_the_report_ends_it() {
        let reports = Reports { success: true, failure: FailureReport::No, close_on: CloseOn::Response };
        let mut transfer = Transfer::new(3 * 2048, Some(2048), 1, reports);
        let first = transfer.next_piece().expect("a chunk");
        assert_eq!(first.failure, FailureReport::Yes);
        transfer.handle(TransferInput::Response(200));
        assert_eq!(pieces(&mut transfer), [(2049, 2048, false), (4097, 2048, true)]);
        transfer.handle(TransferInput::Report(200, 3 * 2048));
        assert_eq!(transfer.state(), TransferState::Complete);
    }
}
