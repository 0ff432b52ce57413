//! Interworking Selection Function with an interworking function behind it: takes deferred messages from the PF and
//! hands them to a network without CPM. That far side is a delay and a share of failures (`interworking_delay`,
//! `interworking_failures`); its report goes back by the PF.

use super::census::Census;
use super::observation::Fact;
use super::outbox::{Context, Input, TimerReason};
use super::procedure::{Meta, Procedure, Scope};
use super::proxy::{Owner, TokenCounter, refuse_statelessly, reply};
use super::transactions::{Expired, Received, ServerTx, Transactions};
use crate::kernel::slab::Slab;
use crate::kernel::{EntityId, Purpose};
use crate::wire::Message;
use crate::wire::sip::body::{Cpim, CpimContent, Disposition, DispositionRequest, Imdn};
use crate::wire::sip::{Body, Method, Party, Sip, SipMessage, Uri};

/// A message at the far side.
#[derive(Clone, Debug)]
struct Interworked {
    cpim: Cpim,
    class: u16,
    pf: EntityId,
    number: u32,
}

/// One Interworking Selection Function.
#[derive(Clone, Debug, Default)]
pub struct Isf {
    transactions: Transactions<Owner<()>>,
    tokens: TokenCounter,
    far_side: Slab<Interworked>,
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
            Input::Timer { reason: TimerReason::FarSide, subject } => self.on_result(ctx, subject),
            Input::Timer { reason, subject } => match self.transactions.on_timer(ctx, reason, subject) {
                // A report that the PF does not take is lost.
                Expired::Request { .. } | Expired::Nothing => {}
            },
            // What was at the far side is not reported on any more.
            Input::Restart { .. } => *self = Isf { tokens: self.tokens, numbers: self.numbers, ..Isf::default() },
            Input::Message { .. } | Input::Overload { .. } | Input::Command(_) => ctx.observe(Fact::Stray),
        }
    }

    fn on_request(&mut self, ctx: &mut Context<'_>, pf: EntityId, tx: ServerTx, request: &Sip, meta: Meta) {
        let cpim = match (&request.body, request.method()) {
            (Body::Cpim(cpim), Method::Message) => *cpim,
            (_, _) => return reply(ctx, &mut self.transactions, &mut self.tokens, tx, 405),
        };
        reply(ctx, &mut self.transactions, &mut self.tokens, tx, 202);
        self.numbers += 1;
        let number = self.numbers;
        let scope = Scope::entity(ctx.me);
        let streams = &ctx.shared.streams;
        let draw = || streams.draw(scope.0, Purpose::Interworking, u64::from(number));
        let delay = ctx.policies().deferral.interworking_delay.span(draw);
        let at = self.far_side.insert(Interworked { cpim, class: meta.class, pf, number });
        ctx.set_timer(delay, TimerReason::FarSide, at);
    }

    /// The far side has delivered a message, or has failed to.
    fn on_result(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(Interworked { cpim, class, pf, number }) = self.far_side.remove(at) else { return };
        let failures = ctx.policies().deferral.interworking_failures;
        let scope = Scope::entity(ctx.me);
        let draw = || ctx.shared.streams.draw(scope.0, Purpose::InterworkingResult, u64::from(number));
        let failed = failures > 0.0 && draw().chance(failures);
        ctx.observe(Fact::InterworkingDone { delivered: !failed, class, began: cpim.sent_at });
        let (asked, disposition) = if failed {
            (cpim.dispositions.negative_delivery, Disposition::Failed)
        } else {
            (cpim.dispositions.positive_delivery, Disposition::Delivered)
        };
        if asked {
            self.report(ctx, pf, &cpim, class, disposition);
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
