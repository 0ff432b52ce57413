//! Sessions that carry files and large messages: INVITE with an offer of MSRP streams, the user plane, re-INVITE, BYE
//! (seed 001 section 6.5). Any agent can have a [`Senders`] or [`Receivers`] beside its [`Transactions`]; what a
//! session asks of its agent is a [`Line`].
//!
//! | file | what it does |
//! |---|---|
//! | `policies` | choices about sessions, and what a device takes |
//! | `leg` | what both ends of a dialog do: re-INVITE, ACK, BYE, session timer |
//! | `sender` | the end that invites and sends: calls, forks, cancellation, late successes |
//! | `established` | its session once it stands: files, re-INVITE, linger timer, BYE |
//! | `receiver` | the end that is invited and takes: 488, 486, 180, 200, re-INVITE, BYE |
//! | `taking` | its user plane: SEND, REPORT |
//! | `use_path` | the path over an MSRP relay that it answers with, where its network has one |
//!
//! Preconditions and reliable provisional responses are not used for MSRP, so there is no PRACK and no UPDATE.

mod established;
mod leg;
pub mod policies;
mod receiver;
mod sender;
mod taking;
mod use_path;

pub use policies::{SessionPolicies, SessionProfile};
pub use receiver::{Invited, Receivers, TakenContent};
pub use sender::{Call, Content, Failure, SenderEvent, Senders};
pub use taking::{answer_send, stray};

use super::outbox::{Context, Outgoing};
use super::procedure::{Meta, Procedure, Scope};
use super::proxy::{Owner, TokenCounter};
use super::transactions::{ServerTx, Transactions, send_ack};
use crate::kernel::{EntityId, Time};
use crate::protocol::sip::{Dialog, DialogId};
use crate::wire::msrp::{Chunk, Continuation, FailureReport, Msrp, MsrpStart, MsrpUri};
use crate::wire::sip::body::Setup;
use crate::wire::sip::headers::{OptionTags, Product};
use crate::wire::sip::{Headers, Method, SipMessage};
use crate::wire::{ContentType, Message, Token};

/// What a session needs of the agent that has it. `U` is the agent's own kind of request.
#[derive(Debug)]
pub struct Line<'a, U> {
    /// The agent's transactions.
    pub transactions: &'a mut Transactions<Owner<U>>,
    /// Makes its identifiers.
    pub tokens: &'a mut TokenCounter,
    /// Counts the requests that it makes on behalf of the session's [`Origin`].
    pub numbers: &'a mut u32,
}

/// On whose account a session is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin {
    /// Who counts its requests.
    pub scope: Scope,
    /// What it is for.
    pub procedure: Procedure,
    /// Class for measurement.
    pub class: u16,
    /// When its procedure began.
    pub began: Time,
}

/// A request of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionRequest {
    /// The session, by its dialog at this end.
    pub session: DialogId,
    /// Which request.
    pub kind: RequestKind,
}

/// The kinds of request of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestKind {
    /// The INVITE of a sender.
    Invite,
    /// A re-INVITE, of either end.
    ReInvite,
    /// The BYE of either end.
    Bye,
    /// The BYE of a sender to a branch that it does not want.
    Release,
}

/// Why a session set a timer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum SessionWait {
    /// The INVITE has had no final response for too long, or its sender has no more patience.
    Patience,
    /// The session timer (RFC 4028).
    Interval,
    /// The linger timer (PUSH-S-20).
    Linger,
    /// A re-INVITE is tried again after 491.
    Glare,
    /// A SEND has no answer.
    Answer,
    /// No late success can come any more.
    Late,
    /// A receiver gives its final response.
    Decision,
    /// A 2xx waits for its ACK.
    Ack,
}

/// Which end of a session set a timer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SessionEnd {
    /// The sender.
    Sender,
    /// The receiver.
    Receiver,
}

impl<U: Copy + From<SessionRequest>> Line<'_, U> {
    fn token(&mut self, ctx: &Context<'_>) -> Token {
        self.tokens.next(ctx.me)
    }

    /// The number of the next request or draw of the session's origin.
    fn number(&mut self) -> u32 {
        *self.numbers += 1;
        *self.numbers
    }

    fn meta(&mut self, origin: Origin) -> Meta {
        Meta::new(origin.procedure, origin.class, origin.began, origin.scope, self.number())
    }

    /// Sends a request to `to` in a transaction of its own.
    fn send(
        &mut self,
        ctx: &mut Context<'_>,
        to: EntityId,
        request: SipMessage,
        meta: Meta,
        owner: SessionRequest,
    ) -> super::transactions::ClientTx {
        let branch = self.token(ctx);
        self.transactions.send(ctx, to, request, branch, meta, Owner::Own(U::from(owner)))
    }

    /// Sends the ACK of a 2xx: the `copy`-th.
    fn acknowledge(&mut self, ctx: &mut Context<'_>, dialog: &mut Dialog, cseq: u32, meta: Meta, copy: u16) {
        let mut ack = dialog.request(Method::Ack);
        ack.cseq = cseq;
        let branch = self.token(ctx);
        if let Some(hop) = dialog.first_hop() {
            send_ack(ctx, hop, ack, branch, Meta { copy, ..meta });
        }
    }

    /// Answers a request with a status and nothing else.
    pub fn reply(
        &mut self,
        ctx: &mut Context<'_>,
        tx: ServerTx,
        request: &SipMessage,
        status: u16,
        product: Option<Product>,
    ) {
        let tag = self.token(ctx);
        let mut response = SipMessage::response_to(request, status, Some(tag));
        response.headers.product = product;
        self.transactions.respond(ctx, tx, response);
    }
}

/// The headers that later requests of a dialog repeat of its first.
fn headers_in_dialog(first: &Headers) -> Headers {
    let secured = first.require.contains(OptionTags::SEC_AGREE);
    Headers {
        p_preferred_identity: first.p_preferred_identity,
        p_asserted_identity: first.p_asserted_identity,
        p_access_network_info: first.p_access_network_info,
        security_agreement: first.security_agreement,
        require: if secured { OptionTags::SEC_AGREE } else { OptionTags::default() },
        product: first.product,
        ..Headers::default()
    }
}

/// Opens a connection for a session in which nothing is to be sent: a SEND without content binds it (RFC 4975 section
/// 5.4).
pub fn bind(ctx: &mut Context<'_>, (from, to): (Token, Token), (transaction, message): (Token, Token), meta: Meta) {
    let chunk = Chunk {
        message,
        first: 1,
        octets: 0,
        total: 0,
        success_report: false,
        failure_report: FailureReport::Yes,
        kind: ContentType::Cpim,
        presentation: None,
        described: false,
        continuation: Continuation::Complete,
        cpim: None,
    };
    let end = |session, setup| MsrpUri { session, setup }.into();
    let (from, to) = (end(from, Setup::Active), end(to, Setup::Passive));
    send_msrp(ctx, Msrp { transaction, to, from, start: MsrpStart::Send(chunk) }, meta, true);
}

/// Sends an MSRP message to the next hop of its path, as the first of a connection where `opens` says.
pub(super) fn send_msrp(ctx: &mut Context<'_>, message: Msrp, meta: Meta, opens: bool) {
    let to = message.to.host();
    let message = Message::Msrp(Box::new(message));
    ctx.out.send(Outgoing { from: ctx.me, to, message, meta, transmission: 0, tcp: true, opens });
}
