//! The user plane at the end that takes: SEND, its response, REPORT.

use super::receiver::{Receivers, TakenContent, chosen_span};
use super::use_path::Way;
use super::{Line, SessionRequest, send_msrp};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::procedure::Meta;
use crate::protocol::msrp::Reception;
use crate::protocol::sip::offer_answer::opposite;
use crate::wire::msrp::{Chunk, FailureReport, Msrp, MsrpStart, Presentation, Report};
use crate::wire::sip::body::{Cpim, MediaLine, Setup, Stream};
use crate::wire::{ContentType, Token};

/// A stream that this end takes.
#[derive(Clone, Debug)]
pub(super) struct Inflow {
    /// What it answered.
    answer: Stream,
    /// The other end.
    remote: Token,
    reception: Reception,
    cpim: Option<Cpim>,
}

impl Inflow {
    // req: PUSH-R-8, PUSH-R-9
    pub(super) fn new(session: Token, relay: Option<Token>, offered: &Stream, limit: Option<u32>) -> Inflow {
        let setup = match offered.setup {
            Setup::Active => Setup::Passive,
            Setup::Passive => Setup::Active,
        };
        let direction = opposite(offered.direction);
        let answer = Stream { session, relay, setup, direction, max_size: limit, ..*offered };
        let reception = Reception::new(offered.accept, limit);
        Inflow { answer, remote: offered.session, reception, cpim: None }
    }

    /// The local end.
    pub(super) fn path(&self) -> Token {
        self.answer.session
    }

    /// Whether an offer speaks of this stream.
    pub(super) fn is_of(&self, offered: &Stream) -> bool {
        self.remote == offered.session
    }

    /// Its line of the answer.
    pub(super) fn description(inflow: Option<&Inflow>) -> MediaLine {
        inflow.map_or(MediaLine::Zero, |inflow| MediaLine::Stream(inflow.answer))
    }

    fn taken(&self, chunk: &Chunk, origin: super::Origin) -> TakenContent {
        let file = self.answer.file;
        let kind = if self.cpim.is_some() { ContentType::Cpim } else { chunk.kind };
        TakenContent {
            content: file.and_then(|file| file.selector.hash),
            name: file.and_then(|file| file.selector.name),
            cpim: self.cpim,
            kind,
            octets: chunk.total,
            presentation: chunk.presentation.unwrap_or(Presentation::Render),
            origin,
        }
    }
}

impl Receivers {
    /// An MSRP message arrived: whether it belongs to one of these sessions, and the content that is whole with it.
    // req: PUSH-R-11, PUSH-U-4
    pub fn on_msrp<U: Copy + From<SessionRequest>>(
        &mut self,
        ctx: &mut Context<'_>,
        line: &mut Line<'_, U>,
        message: &Msrp,
        meta: Meta,
    ) -> (bool, Option<TakenContent>) {
        if let Some(way) = self.use_paths.on_msrp(ctx, line, message) {
            if let Way::Known(relay) = way {
                self.go_on(ctx, line, relay);
            }
            return (true, None);
        }
        let local = message.to.next.session;
        let at = self.by_path.get(&local).copied();
        let Some(session) = at.and_then(|at| self.sessions.get_mut(at)) else { return (false, None) };
        let MsrpStart::Send(chunk) = &message.start else {
            ctx.observe(Fact::Stray);
            return (true, None);
        };
        session.heard = true;
        if ctx.now < session.ready_at {
            ctx.observe(Fact::SendTooEarly);
            answer_send(ctx, message, meta, 481);
            return (true, None);
        }
        let origin = session.origin;
        let inflow = session.inflows.iter_mut().flatten().find(|inflow| inflow.path() == local);
        let Some(inflow) = inflow else { return (false, None) };
        if let Some(cpim) = chunk.cpim {
            inflow.cpim = Some(cpim);
        }
        let verdict = inflow.reception.take(chunk);
        let answered = match chunk.failure_report {
            FailureReport::Yes => true,
            FailureReport::Partial => verdict.status != 200,
            FailureReport::No => false,
        };
        if answered {
            answer_send(ctx, message, meta, verdict.status);
        }
        if !verdict.complete {
            return (true, None);
        }
        let taken = inflow.taken(chunk, origin);
        if chunk.success_report {
            let report = Report { message: chunk.message, last: chunk.total, total: chunk.total, status: 200 };
            let transaction = line.token(ctx);
            let start = MsrpStart::Report(report);
            let report = Msrp { transaction, to: message.from, from: message.to, start };
            let meta = line.meta(origin);
            send_msrp(ctx, report, meta, false);
        }
        // What a server takes nobody sees yet.
        if ctx.shared.role(ctx.me).is_some() {
            return (true, Some(taken));
        }
        let shown_after = match taken.presentation {
            Presentation::Render => crate::kernel::Span::ZERO,
            Presentation::Attachment => chosen_span(ctx, line, &ctx.shared.session_profile(ctx.me).render_delay),
        };
        ctx.observe(Fact::ContentShown { began: origin.began, after: shown_after, class: origin.class });
        (true, Some(taken))
    }
}

/// Answers a SEND.
pub fn answer_send(ctx: &mut Context<'_>, message: &Msrp, meta: Meta, status: u16) {
    send_msrp(ctx, message.answer(MsrpStart::Response(status)), meta.response(), false);
}

/// An MSRP message arrived that belongs to no session: a SEND gets 481, a REPORT is lost evidence (RACE-18).
pub fn stray(ctx: &mut Context<'_>, message: &Msrp, meta: Meta) {
    match message.start {
        MsrpStart::Send(_) => {
            ctx.observe(Fact::SendWithoutSession);
            answer_send(ctx, message, meta, 481);
        }
        MsrpStart::Report(_) => ctx.observe(Fact::MediaReport { late: true }),
        MsrpStart::Response(_) | MsrpStart::Auth(_) | MsrpStart::Challenge(_) | MsrpStart::Grant(_) => {
            ctx.observe(Fact::Stray);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::EntityId;
    use crate::wire::ContentTypes;
    use crate::wire::sip::body::MediaDirection;

    // req-test: PUSH-R-5, PUSH-R-8, PUSH-R-9
    #[test]
    fn a_stream_is_answered_with_the_other_set_up_and_direction_and_the_limit_of_the_device() {
        let token = |counter| Token::new(EntityId(3), counter);
        let accept = ContentTypes::of(ContentType::Jpeg);
        let offered = Stream::of_messages(token(1), Setup::Active, MediaDirection::SendOnly, accept);
        let inflow = Inflow::new(token(2), Some(token(3)), &offered, Some(5000));
        let MediaLine::Stream(answer) = Inflow::description(Some(&inflow)) else { panic!("a stream") };
        assert_eq!((answer.setup, answer.direction), (Setup::Passive, MediaDirection::RecvOnly));
        assert_eq!((answer.max_size, answer.accept, answer.session), (Some(5000), accept, token(2)));
        assert_eq!(answer.relay, Some(token(3)));
        assert!(inflow.is_of(&offered));
    }
}
