//! A sender's session once it stands: which file is sent when, what the answer refused, re-INVITE, the linger timer,
//! BYE.

use super::policies::{FileOrder, Rezero};
use super::sender::{Content, Failure, SenderEvent, Senders, Session, State};
use super::{Line, SessionRequest, SessionWait, send_msrp};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::kernel::{Span, Time};
use crate::protocol::msrp::{Transfer, TransferInput, TransferState};
use crate::protocol::sip::{DialogId, Negotiation};
use crate::wire::msrp::{Chunk, Continuation, Msrp, MsrpPath, MsrpStart, MsrpUri};
use crate::wire::sip::body::{FileSelector, MediaDirection, MediaLine, Sdp, Setup, Stream, StreamFile};
use crate::wire::sip::{Body, SipMessage};
use crate::wire::{ContentTypes, Token};

/// Where an m-line stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum LineState {
    /// Offered, not answered.
    Offered,
    /// Accepted, not begun.
    Ready,
    /// Its file is on the way.
    Sending(Transfer),
    /// Its file is delivered or given up; the line is open.
    Finished,
    /// A re-INVITE that sets it to zero is not answered.
    Zeroing,
    /// Zero.
    Zero,
}

/// An m-line with its file.
#[derive(Clone, Debug)]
pub(super) struct FileLine {
    pub(super) content: Content,
    /// Message-ID of the file on the user plane, which is also its file-transfer-id.
    message: Token,
    local: MsrpUri,
    remote: Option<MsrpPath>,
    state: LineState,
    began: Time,
    /// The answer to its last SEND is due by then.
    due: Time,
}

impl FileLine {
    pub(super) fn offered<U: Copy + From<SessionRequest>>(
        ctx: &Context<'_>,
        line: &mut Line<'_, U>,
        content: Content,
    ) -> FileLine {
        FileLine {
            content,
            message: line.token(ctx),
            local: MsrpUri { session: line.token(ctx), setup: Setup::Active },
            remote: None,
            state: LineState::Offered,
            began: ctx.now,
            due: Time::MAX,
        }
    }

    /// The local end of its stream.
    pub(super) fn path(&self) -> Token {
        self.local.session
    }

    /// Whether its stream goes over a relay.
    fn is_relayed(&self) -> bool {
        self.remote.is_some_and(|path| path.end.is_some())
    }

    /// Whether its file is not settled.
    fn is_active(&self) -> bool {
        match self.state {
            LineState::Offered | LineState::Ready | LineState::Sending(_) => true,
            LineState::Finished | LineState::Zeroing | LineState::Zero => false,
        }
    }

    // req: PUSH-S-11, PUSH-S-12, PUSH-S-13
    fn description(&self) -> MediaLine {
        let content = self.content;
        let zero = match self.state {
            LineState::Zeroing | LineState::Zero => true,
            LineState::Offered | LineState::Ready | LineState::Sending(_) | LineState::Finished => false,
        };
        if zero {
            return MediaLine::Zero;
        }
        let selector = FileSelector {
            name: Some(content.name),
            kind: Some(content.kind),
            octets: Some(content.octets),
            hash: Some(content.id),
        };
        let file = StreamFile { selector, transfer: self.message, presentation: content.presentation };
        let accept = ContentTypes::of(content.kind);
        let stream = Stream::of_messages(self.local.session, self.local.setup, MediaDirection::SendOnly, accept);
        MediaLine::Stream(Stream { file: Some(file), ..stream })
    }
}

impl Session {
    /// The description of the session as it stands.
    pub(super) fn description(&self) -> Sdp {
        self.description_of(&self.files)
    }

    pub(super) fn description_of(&self, files: &[FileLine]) -> Sdp {
        let media = files.iter().map(FileLine::description).collect();
        Sdp { owner: self.me, session: self.sdp.0, version: self.sdp.1, media }
    }

    /// Contents that are neither delivered nor given up.
    pub(super) fn undelivered(&mut self) -> Vec<Content> {
        let active = self.files.iter().filter(|file| file.is_active()).map(|file| file.content);
        active.chain(self.waiting.drain(..)).collect()
    }

    /// There is something to send again, or the session is over.
    pub(super) fn end_idleness(&mut self, ctx: &mut Context<'_>) {
        if let Some(since) = self.idle_since.take() {
            ctx.observe(Fact::SessionIdle { span: ctx.now.since(since) });
        }
    }

    fn is_active(&self) -> bool {
        !self.waiting.is_empty() || self.files.iter().any(FileLine::is_active)
    }
}

impl Senders {
    /// Adds content to a session that can take it; gives it back where the session is about to end (RACE-19).
    // req: PUSH-S-20
    pub fn add<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        session: DialogId,
        content: Content,
    ) -> Result<Vec<SenderEvent>, Content> {
        let mut events = Vec::new();
        let at = self.position(session).ok_or(content)?;
        let Some(session) = self.sessions.get_mut(at) else { return Err(content) };
        match session.state {
            State::Calling | State::Established => {}
            State::Cancelling | State::Ending | State::Over => {
                ctx.observe(Fact::SessionTooLate);
                return Err(content);
            }
        }
        session.waiting.push(content);
        ctx.observe(Fact::SessionReused);
        self.advance(ctx, line, at, &mut events);
        Ok(events)
    }

    /// Takes the answer to an offer of this end: which files are accepted.
    pub(super) fn apply_answer(&mut self, ctx: &mut Context<'_>, at: u32, body: &Body, events: &mut Vec<SenderEvent>) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let media = if let Body::Sdp(answer) = body { answer.media.as_slice() } else { &[] };
        for (at, file) in session.files.iter_mut().enumerate() {
            if file.state == LineState::Zeroing {
                file.state = LineState::Zero;
            }
            if file.state != LineState::Offered {
                continue;
            }
            let content = file.content;
            let failure = match media.get(at) {
                Some(MediaLine::Stream(stream)) => {
                    file.remote = Some(stream.path());
                    if stream.max_size.is_some_and(|limit| content.octets > limit) {
                        Some(Failure::UserPlane(413))
                    } else {
                        (!stream.accept.accepts(content.kind)).then_some(Failure::UserPlane(415))
                    }
                }
                Some(MediaLine::Zero) | None => Some(Failure::Refused),
            };
            file.state = match failure {
                None => LineState::Ready,
                Some(Failure::Refused) => LineState::Zero,
                Some(Failure::UserPlane(_) | Failure::Ended) => LineState::Finished,
            };
            if let Some(failure) = failure {
                ctx.observe(Fact::FileRefused { octets: content.octets });
                events.push(SenderEvent::Failed(content, failure));
            }
        }
    }

    /// Does what the session is ready for: sends files, offers and zeroes m-lines, lingers, ends.
    // req: PUSH-S-2, PUSH-S-18, PUSH-S-21, PUSH-S-24, PUSH-S-25
    pub(super) fn advance<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        at: u32,
        events: &mut Vec<SenderEvent>,
    ) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        if session.state != State::Established {
            return;
        }
        self.send_files(ctx, line, at);
        let policies = &ctx.shared.policies.session;
        let Some(session) = self.sessions.get_mut(at) else { return };
        if session.is_active() {
            session.end_idleness(ctx);
        } else if session.idle_since.is_none() {
            // The wait for further files begins with the end of the last.
            session.idle_since = Some(ctx.now);
            session.timers.cancel(ctx, SessionWait::Linger);
        }
        if !session.waiting.is_empty() {
            session.timers.cancel(ctx, SessionWait::Linger);
            return self.reinvite(ctx, line, at, policies.rezero_policy != Rezero::None);
        }
        let finished = session.files.iter().any(|file| file.state == LineState::Finished);
        if session.is_active() {
            match policies.rezero_policy {
                Rezero::Immediate if finished => self.reinvite(ctx, line, at, true),
                Rezero::Batched if finished && !session.timers.is_set(SessionWait::Linger) => {
                    session.timers.set(ctx, SessionWait::Linger, policies.linger_timer.max(Span::from_nanos(1)));
                }
                Rezero::Immediate | Rezero::Batched | Rezero::None => {}
            }
        } else if session.leg.as_ref().is_some_and(|leg| leg.negotiation == Negotiation::Stable) {
            // A session in which nothing could be sent is not worth keeping.
            if policies.bye_after_linger && !policies.linger_timer.is_zero() && session.connected {
                if !session.timers.is_set(SessionWait::Linger) {
                    session.timers.set(ctx, SessionWait::Linger, policies.linger_timer);
                }
            } else {
                self.bye(ctx, line, at, events);
            }
        }
    }

    /// The linger timer expired: BYE where nothing else is going on, else the delivered files are zeroed.
    pub(super) fn on_linger<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        at: u32,
        events: &mut Vec<SenderEvent>,
    ) {
        let Some(session) = self.sessions.get(at) else { return };
        if session.state != State::Established {
            return;
        }
        if session.is_active() {
            self.reinvite(ctx, line, at, true);
        } else {
            self.bye(ctx, line, at, events);
        }
    }

    /// The session timer is due.
    pub(super) fn on_interval<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        at: u32,
        events: &mut Vec<SenderEvent>,
    ) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let offer = session.description();
        let leg = session.leg.as_mut();
        if leg.is_some_and(|leg| leg.on_interval(ctx, line, &mut session.timers, offer)) {
            self.bye(ctx, line, at, events);
        }
    }

    /// Offers what waits, and sets delivered files to zero where `zero` says.
    fn reinvite<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        at: u32,
        zero: bool,
    ) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let stable = session.leg.as_ref().is_some_and(|leg| leg.negotiation == Negotiation::Stable);
        if !stable || session.timers.is_set(SessionWait::Glare) {
            return;
        }
        for file in &mut session.files {
            if zero && file.state == LineState::Finished {
                file.state = LineState::Zeroing;
            }
        }
        for content in std::mem::take(&mut session.waiting) {
            let file = FileLine::offered(ctx, line, content);
            self.by_path.insert(file.path(), at);
            // A line that is zero can be used again (RFC 3264 section 8.1).
            match session.files.iter_mut().find(|file| file.state == LineState::Zero) {
                Some(slot) => {
                    self.by_path.remove(&slot.path());
                    *slot = file;
                }
                None => session.files.push(file),
            }
        }
        session.sdp.1 += 1;
        let offer = session.description();
        if let Some(leg) = &mut session.leg {
            leg.reinvite(ctx, line, &mut session.timers, offer);
        }
    }

    /// A re-INVITE of this end has its final response.
    pub(super) fn on_reinvite_final<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        at: u32,
        response: &SipMessage,
        events: &mut Vec<SenderEvent>,
    ) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        let Some(leg) = &mut session.leg else { return };
        let status = response.status().unwrap_or(0);
        if status < 300 {
            leg.acknowledge_reinvite(ctx, line, response);
        }
        if !leg.awaits(response) || session.state != State::Established {
            return;
        }
        leg.negotiation.settle();
        session.timers.cancel(ctx, SessionWait::Patience);
        match status {
            200..300 => {
                leg.restart_interval(ctx, &mut session.timers, response.headers.session_expires, true);
                self.apply_answer(ctx, at, &response.body, events);
                self.advance(ctx, line, at, events);
            }
            491 => {
                leg.wait_after_glare(ctx, line, &mut session.timers);
                session.take_back_offer();
            }
            408 | 481 => self.bye(ctx, line, at, events),
            _ => {
                self.apply_answer(ctx, at, &Body::Empty, events);
                self.advance(ctx, line, at, events);
            }
        }
    }

    /// Ends the session.
    // req: PUSH-S-2, PUSH-S-21, PUSH-S-23
    pub(super) fn bye<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        at: u32,
        events: &mut Vec<SenderEvent>,
    ) {
        if self.sessions.get(at).is_none_or(|session| session.state != State::Established) {
            return;
        }
        self.fail_the_rest(ctx, at, events);
        let Some(session) = self.sessions.get_mut(at) else { return };
        session.timers.cancel_all(ctx);
        session.state = State::Ending;
        let sent = session.leg.as_mut().is_some_and(|leg| leg.bye(ctx, line));
        if !sent {
            self.finish(ctx, at, false);
        }
    }

    /// What is not delivered when the session ends has failed.
    pub(super) fn fail_the_rest(&mut self, ctx: &mut Context<'_>, at: u32, events: &mut Vec<SenderEvent>) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        for content in session.undelivered() {
            ctx.observe(Fact::FileFailed { status: None });
            events.push(SenderEvent::Failed(content, Failure::Ended));
        }
        for file in &mut session.files {
            if file.is_active() {
                file.state = LineState::Finished;
            }
        }
    }

    /// Begins what may be sent now.
    fn send_files<U: Copy + From<SessionRequest>>(&mut self, ctx: &mut Context<'_>, line: &mut Line<'_, U>, at: u32) {
        let policies = &ctx.shared.policies.session;
        let Some(session) = self.sessions.get_mut(at) else { return };
        for number in 0..session.files.len() {
            let sending = session.files.iter().any(|file| matches!(file.state, LineState::Sending(_)));
            if session.files[number].state != LineState::Ready
                || policies.file_order == FileOrder::Sequential && sending
            {
                continue;
            }
            let octets = session.files[number].content.octets;
            let reports = policies.reports(session.files[number].is_relayed());
            let transfer = Transfer::new(octets, policies.chunk_policy.octets(), policies.msrp_window, reports);
            session.files[number].state = LineState::Sending(transfer);
            session.files[number].began = ctx.now;
            let opens = !session.connected || policies.file_order == FileOrder::Parallel;
            session.connected = true;
            session.pump(ctx, line, number, opens);
        }
        session.watch_answers(ctx);
    }

    /// An MSRP message arrived: `None` where it belongs to no session here.
    pub fn on_msrp<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        message: &Msrp,
    ) -> Option<Vec<SenderEvent>> {
        let at = *self.by_path.get(&message.to.next.session)?;
        let mut events = Vec::new();
        let input = match message.start {
            MsrpStart::Response(status) => TransferInput::Response(status),
            MsrpStart::Report(report) => TransferInput::Report(report.status, report.last),
            MsrpStart::Send(_) | MsrpStart::Auth(_) | MsrpStart::Challenge(_) | MsrpStart::Grant(_) => {
                ctx.observe(Fact::Stray);
                return Some(events);
            }
        };
        let session = self.sessions.get_mut(at)?;
        let number = session.files.iter().position(|file| file.path() == message.to.next.session)?;
        if matches!(input, TransferInput::Report(..)) {
            ctx.observe(Fact::MediaReport { late: !matches!(session.files[number].state, LineState::Sending(_)) });
        }
        session.feed(ctx, number, input, &mut events);
        session.pump(ctx, line, number, false);
        session.watch_answers(ctx);
        self.advance(ctx, line, at, &mut events);
        Some(events)
    }

    /// The answer to a SEND may be overdue.
    pub(super) fn on_answer_wait<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        at: u32,
        events: &mut Vec<SenderEvent>,
    ) {
        let Some(session) = self.sessions.get_mut(at) else { return };
        for number in 0..session.files.len() {
            if session.files[number].due <= ctx.now {
                session.feed(ctx, number, TransferInput::Timeout, events);
            }
        }
        session.watch_answers(ctx);
        self.advance(ctx, line, at, events);
    }
}

impl Session {
    /// An offer of this end was not taken: what it would have changed is open again.
    fn take_back_offer(&mut self) {
        for file in &mut self.files {
            if file.state == LineState::Zeroing {
                file.state = LineState::Finished;
            }
        }
        // Before what has come since.
        let offered = self.files.iter().filter(|file| file.state == LineState::Offered);
        self.waiting.splice(..0, offered.map(|file| file.content));
        for file in &mut self.files {
            if file.state == LineState::Offered {
                file.state = LineState::Zero;
            }
        }
    }

    /// Tells a transfer what came back.
    fn feed(&mut self, ctx: &mut Context<'_>, number: usize, input: TransferInput, events: &mut Vec<SenderEvent>) {
        let class = self.origin.class;
        let file = &mut self.files[number];
        // Behind a relay the octets have another hop to go.
        let to_go = if file.is_relayed() { file.content.octets } else { 0 };
        let LineState::Sending(transfer) = &mut file.state else { return };
        transfer.handle(input);
        file.due = ctx.now + ctx.shared.policies.session.answer_wait(to_go);
        let state = transfer.state();
        match state {
            TransferState::Complete => {
                ctx.observe(Fact::FileDelivered { octets: file.content.octets, began: file.began, class });
                events.push(SenderEvent::Delivered(file.content));
            }
            TransferState::Failed(status) => {
                ctx.observe(Fact::FileFailed { status: Some(status) });
                events.push(SenderEvent::Failed(file.content, Failure::UserPlane(status)));
            }
            TransferState::Binding | TransferState::Sending | TransferState::Waiting => return,
        }
        file.state = LineState::Finished;
        file.due = Time::MAX;
    }

    /// Sends the chunks of a file that may go out now.
    // req: PUSH-S-17
    fn pump<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        number: usize,
        mut opens: bool,
    ) {
        let policies = &ctx.shared.policies.session;
        let origin = self.origin;
        let file = &mut self.files[number];
        let (content, Some(remote)) = (file.content, file.remote) else { return };
        let reports = policies.reports(file.is_relayed());
        let LineState::Sending(transfer) = &mut file.state else { return };
        while let Some(piece) = transfer.next_piece() {
            let chunk = Chunk {
                message: file.message,
                first: piece.first,
                octets: piece.octets,
                total: content.octets,
                success_report: reports.success,
                failure_report: piece.failure,
                kind: content.kind,
                presentation: Some(content.presentation),
                described: content.described,
                cpim: content.cpim.filter(|_| piece.first == 1),
                continuation: if piece.last { Continuation::Complete } else { Continuation::More },
            };
            let transaction = line.token(ctx);
            let message = Msrp { transaction, to: remote, from: file.local.into(), start: MsrpStart::Send(chunk) };
            let meta = line.meta(origin);
            send_msrp(ctx, message, meta, std::mem::take(&mut opens));
            file.due = ctx.now + policies.answer_wait(piece.octets);
        }
    }

    /// Sets the timer for the answer that is due first.
    fn watch_answers(&mut self, ctx: &mut Context<'_>) {
        let due = self.files.iter().map(|file| file.due).min().filter(|due| *due < Time::MAX);
        match due {
            None => self.timers.cancel(ctx, SessionWait::Answer),
            Some(_) if self.timers.is_set(SessionWait::Answer) => {}
            Some(due) => self.timers.set(ctx, SessionWait::Answer, due.since(ctx.now).max(Span::from_nanos(1))),
        }
    }
}
