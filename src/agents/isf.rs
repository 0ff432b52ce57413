//! Interworking Selection Function with an interworking function behind it: takes deferred messages from the PF and
//! hands them to a network without CPM; its report goes back by the PF.
//!
//! Where the network of the recipient has an SMSC, the message becomes a short message to the first terminal of the
//! user, and is delivered as far as the report goes when the SMSC has taken all of it: it asks for no delivery receipt.
//! Elsewhere the far side is a delay and a share of failures (`interworking_delay`, `interworking_failures`).

use super::census::Census;
use super::messaging::submit;
use super::observation::Fact;
use super::outbox::{Context, Input};
use super::procedure::{Meta, Procedure, Scope};
use super::proxy::{Owner, TokenCounter, refuse_statelessly, reply};
use super::timer::{MessagingTimer, TimerReason};
use super::transactions::{Expired, Received, ServerTx, Transactions};
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::{EntityId, EventHandle, Purpose, Span};
use crate::wire::sip::body::{Cpim, CpimContent, Disposition, DispositionRequest, Imdn};
use crate::wire::sip::{Body, Method, Party, Sip, SipMessage, Uri};
use crate::wire::smpp::{self, Smpp, SmppLine};
use crate::wire::sms::{ShortContent, TEXT_MAX};
use crate::wire::{Message, Token};

/// The SMSC has this long for its responses to all segments; SMPP 3.4 section 2.7 leaves the response timer open.
const RESPONSE_TIMEOUT: Span = Span::from_secs(120);

/// A message at the far side.
#[derive(Clone, Debug)]
struct Interworked {
    cpim: Cpim,
    class: u16,
    pf: EntityId,
    way: Way,
}

/// How a message reaches the far side.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// A delay is all that is known of it; the number of the draw that decides its outcome.
    Delay(u32),
    /// As a short message.
    ShortMessage {
        id: Token,
        /// Segments that the SMSC has not answered.
        unanswered: u8,
        /// Runs until all are answered.
        timer: EventHandle,
    },
}

/// One Interworking Selection Function.
#[derive(Clone, Debug, Default)]
pub struct Isf {
    transactions: Transactions<Owner<()>>,
    tokens: TokenCounter,
    far_side: Slab<Interworked>,
    by_short_message: Lookup<Token, u32>,
    numbers: u32,
}

impl Isf {
    /// What is open.
    pub fn census(&self) -> Census {
        Census {
            transactions: self.transactions.open() as u64,
            queries: self.far_side.len() as u64,
            ..Census::default()
        }
    }

    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Message { from, message: Message::Sip(message), meta, tcp } => {
                match self.transactions.receive(ctx, from, message, meta, tcp) {
                    Received::Request { tx, request } => self.on_request(ctx, from, tx, &request, meta),
                    Received::Ack(_) | Received::Response { .. } | Received::Nothing => {}
                }
            }
            Input::Overload { from, message: Message::Sip(request), meta, retry_after } => {
                refuse_statelessly(ctx, from, &request, meta, retry_after);
            }
            Input::Message { message: Message::Smpp(response), .. } => self.on_response(ctx, &response),
            Input::Timer { reason: TimerReason::Messaging(MessagingTimer::FarSide), subject } => {
                self.on_far_side(ctx, subject);
            }
            Input::Timer { reason: TimerReason::Transaction(timer), subject } => {
                match self.transactions.on_timer(ctx, timer, subject) {
                    // A report that the PF does not take is lost.
                    Expired::Request { .. } | Expired::Nothing => {}
                }
            }
            // What was at the far side is not reported on any more.
            Input::Restart { .. } => *self = Isf { tokens: self.tokens, numbers: self.numbers, ..Isf::default() },
            Input::Message { .. } | Input::Overload { .. } | Input::Timer { .. } | Input::Command(_) => {
                ctx.observe(Fact::Stray);
            }
        }
    }

    fn on_request(&mut self, ctx: &mut Context<'_>, pf: EntityId, tx: ServerTx, request: &Sip, meta: Meta) {
        let cpim = match (&request.body, request.method()) {
            (Body::Cpim(cpim), Method::Message) => *cpim,
            (_, _) => return reply(ctx, &mut self.transactions, &mut self.tokens, tx, 405),
        };
        reply(ctx, &mut self.transactions, &mut self.tokens, tx, 202);
        let (terminal, terminals) = ctx.shared.names.terminals_of(cpim.to);
        if terminals > 0 && ctx.shared.smsc_of(terminal).is_some() {
            self.submit(ctx, pf, terminal, cpim, meta);
        } else {
            self.begin_delay(ctx, pf, cpim, meta);
        }
    }

    /// The far side is a delay.
    fn begin_delay(&mut self, ctx: &mut Context<'_>, pf: EntityId, cpim: Cpim, meta: Meta) {
        self.numbers += 1;
        let number = self.numbers;
        let scope = Scope::entity(ctx.me);
        let streams = &ctx.shared.streams;
        let draw = || streams.draw(scope.0, Purpose::Interworking, u64::from(number));
        let delay = ctx.policies().deferral.interworking_delay.span(draw);
        let at = self.far_side.insert(Interworked { cpim, class: meta.class, pf, way: Way::Delay(number) });
        ctx.set_timer(delay, MessagingTimer::FarSide, at);
    }

    // req: CPM-PF-14
    /// The far side is a network of short messages. A text that no number of segments holds cannot go there.
    fn submit(&mut self, ctx: &mut Context<'_>, pf: EntityId, terminal: EntityId, cpim: Cpim, meta: Meta) {
        let content = match cpim.content {
            CpimContent::Text(octets) if octets <= TEXT_MAX => ShortContent::Text(octets),
            CpimContent::Text(_) | CpimContent::Imdn(_) => return self.on_result(ctx, pf, &cpim, meta.class, true),
        };
        let id = self.tokens.next(ctx.me);
        let way = Way::ShortMessage { id, unanswered: content.segments(&ctx.shared.names), timer: EventHandle::NONE };
        let at = self.far_side.insert(Interworked { cpim, class: meta.class, pf, way });
        self.by_short_message.insert(id, at);
        let started = ctx.set_timer(RESPONSE_TIMEOUT, MessagingTimer::FarSide, at);
        if let Some(Interworked { way: Way::ShortMessage { timer, .. }, .. }) = self.far_side.get_mut(at) {
            *timer = started;
        }
        submit(ctx, id, terminal, content, meta.next_hop());
    }

    /// The SMSC answers a segment. One that answers too late, or after a restart, finds nobody waiting.
    fn on_response(&mut self, ctx: &mut Context<'_>, response: &Smpp) {
        let Some(&at) = self.by_short_message.get(&response.message.id) else { return };
        let Some(Interworked { way: Way::ShortMessage { unanswered, timer, .. }, .. }) = self.far_side.get_mut(at)
        else {
            return;
        };
        let failed = match response.line {
            SmppLine::Response(status) => status != smpp::OK,
            SmppLine::Submit => return ctx.observe(Fact::Stray),
        };
        *unanswered -= 1;
        if *unanswered == 0 || failed {
            ctx.cancel_timer(timer);
            self.end(ctx, at, failed);
        }
    }

    /// The delay is over, or the SMSC has not answered in time.
    fn on_far_side(&mut self, ctx: &mut Context<'_>, at: u32) {
        let failed = match self.far_side.get(at).map(|interworked| interworked.way) {
            Some(Way::Delay(number)) => {
                let failures = ctx.policies().deferral.interworking_failures;
                let scope = Scope::entity(ctx.me);
                let draw = || ctx.shared.streams.draw(scope.0, Purpose::InterworkingResult, u64::from(number));
                failures > 0.0 && draw().chance(failures)
            }
            Some(Way::ShortMessage { .. }) => true,
            None => return,
        };
        self.end(ctx, at, failed);
    }

    fn end(&mut self, ctx: &mut Context<'_>, at: u32, failed: bool) {
        let Some(Interworked { cpim, class, pf, way }) = self.far_side.remove(at) else { return };
        if let Way::ShortMessage { id, .. } = way {
            self.by_short_message.remove(&id);
        }
        self.on_result(ctx, pf, &cpim, class, failed);
    }

    /// The far side has delivered a message, or has failed to.
    fn on_result(&mut self, ctx: &mut Context<'_>, pf: EntityId, cpim: &Cpim, class: u16, failed: bool) {
        ctx.observe(Fact::InterworkingDone { delivered: !failed, class, began: cpim.sent_at });
        let (asked, disposition) = if failed {
            (cpim.dispositions.negative_delivery, Disposition::Failed)
        } else {
            (cpim.dispositions.positive_delivery, Disposition::Delivered)
        };
        if asked {
            self.report(ctx, pf, cpim, class, disposition);
        }
    }

    fn report(&mut self, ctx: &mut Context<'_>, pf: EntityId, about: &Cpim, class: u16, disposition: Disposition) {
        let imdn = Imdn { about: about.message_id, sent_at: about.sent_at, disposition };
        let cpim = Cpim {
            from: about.to,
            to: about.from,
            message_id: self.tokens.next(ctx.me),
            sent_at: ctx.now,
            dispositions: DispositionRequest::default(),
            content: CpimContent::Imdn(imdn),
        };
        let from = Party { uri: Uri::User(about.to), tag: Some(self.tokens.next(ctx.me)) };
        let uri = Uri::User(about.from);
        let call_id = self.tokens.next(ctx.me);
        let mut request = SipMessage::request(Method::Message, uri, from, Party { uri, tag: None }, call_id, 1);
        request.headers.p_asserted_identity = Some(Uri::User(about.to));
        request.body = Body::Cpim(cpim);
        self.numbers += 1;
        let meta = Meta::new(Procedure::Interworking, class, ctx.now, Scope::entity(ctx.me), self.numbers);
        let branch = self.tokens.next(ctx.me);
        self.transactions.send(ctx, pf, request, branch, meta, Owner::Own(()));
    }
}
