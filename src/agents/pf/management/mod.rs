//! Management INVITEs: who is served when (policy `overlap`), 200, 480 and 488, the work on what they ask for, and the
//! end of their dialogs. The work is not tied to the dialog: ACK and BYE may come at any time after the 200
//! (CPM-PF-20n).
//!
//! ```text
//!                ┌─ nothing in service ────────────▶ serve
//! INVITE ────────┤              ┌─ decline480 ─────▶ 480
//!                └─ in service ─┼─ hold ───────────▶ (100 only) … its turn: serve
//!                               ├─ accept_ignore ──▶ 200 … its turn: serve
//!                               └─ merge ──────────▶ 200, serve beside the one in service
//! serve: nothing left ▶ 488 (or an empty success after a 200); else 200 ▶ work ▶ complete (policy `completion`)
//! ```

mod admission;
mod dialog_end;
mod work;

use super::Pf;
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::policies::RecipientListInvite;
use crate::agents::procedure::{Meta, Scope};
use crate::agents::transactions::ServerTx;
use crate::kernel::{EntityId, EventHandle, Time};
use crate::protocol::sip::{Dialog, SuccessResponse};
use crate::wire::sip::body::CpmAction;
use crate::wire::sip::headers::OptionTags;
use crate::wire::sip::{Body, FeatureTags, SipMessage, Uri};
use crate::wire::{Token, UserId};
use std::collections::VecDeque;

/// How far the work on a management INVITE is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Phase {
    /// Waits for its turn.
    Waiting,
    /// Its turn came; the deliveries have not begun.
    Serving,
    /// Delivers, or has delivered.
    Delivering,
}

/// A 200 that may have to be sent again.
#[derive(Clone, Debug)]
struct UnacknowledgedSuccess {
    machine: SuccessResponse,
    response: Box<SipMessage>,
    timer: EventHandle,
}

/// A management INVITE and the session that it set up.
#[derive(Clone, Debug)]
pub(in crate::agents::pf) struct Session {
    pub(in crate::agents::pf) user: UserId,
    pub(in crate::agents::pf) terminal: EntityId,
    /// The listed instructions; `None` is delivery of all.
    pub(in crate::agents::pf) listed: Option<Vec<(Token, CpmAction)>>,
    /// Claimed and not yet begun, in the order of work.
    pub(in crate::agents::pf) todo: VecDeque<(Token, CpmAction)>,
    /// Deliveries handed to outboxes and not yet answered.
    pub(in crate::agents::pf) outstanding: u32,
    /// Copies of deliveries to other clients, not yet answered.
    pub(in crate::agents::pf) copies: u32,
    /// Exchanges with the message store and the interworking selection under way.
    pub(in crate::agents::pf) exchanges: u32,
    /// A delivery failed: the other messages to deliver went back to the queue.
    pub(in crate::agents::pf) failed: bool,
    /// Messages that came while it was in service and that it delivered.
    pub(in crate::agents::pf) included: u32,
    /// Deliveries go to all clients of the user at once.
    pub(in crate::agents::pf) to_all: bool,
    /// The transaction of the INVITE; none of a push.
    tx: ServerTx,
    meta: Meta,
    arrived_at: Time,
    phase: Phase,
    /// It met another session in service.
    overlapped: bool,
    /// Complete in the sense of the policy.
    complete: bool,
    /// Its work has been reported.
    reported: bool,
    pub(in crate::agents::pf) delivered: u32,
    /// Messages deleted, stored or interworked.
    pub(in crate::agents::pf) handled: u32,
    pub(in crate::agents::pf) ignored: u32,
    left_behind: u32,
    success: Option<UnacknowledgedSuccess>,
    dialog: Option<Dialog>,
    /// The PF's end of its media plane, where clients set it up.
    media: Option<Token>,
    opened_at: Time,
    acked: bool,
    bye_received: bool,
    bye_sent: bool,
    guard: EventHandle,
}

/// Names a management INVITE for good: its sender and the sender's number of it.
pub(in crate::agents::pf) type SessionName = (Scope, u32);

impl Session {
    /// A push of `ids`: work that no INVITE asked for, so there is nothing to answer and no dialog.
    pub(in crate::agents::pf) fn of_push(
        user: UserId,
        terminal: EntityId,
        to_all: bool,
        ids: Vec<Token>,
        meta: Meta,
    ) -> Session {
        Session {
            todo: ids.into_iter().map(|id| (id, CpmAction::Deliver)).collect(),
            to_all,
            phase: Phase::Delivering,
            reported: true,
            acked: true,
            bye_received: true,
            bye_sent: true,
            ..Session::waiting(user, terminal, ServerTx::NONE, meta, meta.began)
        }
    }

    /// A session of which nothing has been done.
    fn waiting(user: UserId, terminal: EntityId, tx: ServerTx, meta: Meta, arrived_at: Time) -> Session {
        Session {
            user,
            terminal,
            listed: None,
            todo: VecDeque::new(),
            outstanding: 0,
            copies: 0,
            exchanges: 0,
            failed: false,
            included: 0,
            to_all: false,
            tx,
            meta,
            arrived_at,
            phase: Phase::Waiting,
            overlapped: false,
            complete: false,
            reported: false,
            delivered: 0,
            handled: 0,
            ignored: 0,
            left_behind: 0,
            success: None,
            dialog: None,
            media: None,
            opened_at: arrived_at,
            acked: false,
            bye_received: false,
            bye_sent: false,
            guard: EventHandle::NONE,
        }
    }

    /// Whether no INVITE asked for it.
    pub(in crate::agents::pf) fn is_push(&self) -> bool {
        self.tx == ServerTx::NONE
    }

    pub(in crate::agents::pf) fn name(&self) -> SessionName {
        (self.meta.origin, self.meta.number)
    }

    /// When its dialog was opened, while it is open.
    pub(in crate::agents::pf) fn open_since(&self) -> Option<Time> {
        self.dialog.as_ref().map(|_| self.opened_at)
    }

    fn is_accepted(&self) -> bool {
        self.dialog.is_some() || self.bye_received
    }

    fn all_sent(&self) -> bool {
        self.phase >= Phase::Delivering && self.todo.is_empty()
    }

    fn all_answered(&self) -> bool {
        self.all_sent() && self.outstanding + self.copies + self.exchanges == 0
    }
}

impl Pf {
    // req: CPM-PF-10, CPM-PF-21
    pub(in crate::agents::pf) fn on_management_invite(
        &mut self,
        ctx: &mut Context<'_>,
        tx: ServerTx,
        request: &SipMessage,
        meta: Meta,
    ) {
        let asks_for_deferred =
            request.headers.accept_contact.is_some_and(|accept| accept.features.contains(FeatureTags::DEFERRED));
        let (Some(Uri::User(user)), Some(contact), true) =
            (request.headers.p_asserted_identity, request.contact.first(), asks_for_deferred)
        else {
            return self.refuse(ctx, tx, 404);
        };
        let Uri::Contact(terminal) = contact.uri else { return self.refuse(ctx, tx, 404) };
        self.adopt(ctx, user);
        // req: O-11
        let list_tag = request.headers.require.contains(OptionTags::RECIPIENT_LIST_INVITE);
        if list_tag && ctx.policies().deferral.recipient_list_invite == RecipientListInvite::Unsupported {
            return self.refuse(ctx, tx, 420);
        }
        let listed = instructions_of(&request.body);
        let ahead = self.user(user).deferred.as_ref().map_or(0, |deferred| deferred.managed.len());
        ctx.observe(Fact::PullArrived { user, ahead: ahead as u32 });
        let session = Session::waiting(user, terminal, tx, meta, ctx.now);
        let at = self.sessions.insert(Session { listed, overlapped: ahead > 0, ..session });
        self.admit(ctx, at, ahead > 0);
    }
}

/// The instructions that a management INVITE lists; `None` is delivery of all.
// req: CPM-C-6a, CPM-C-6i, CPM-C-6ii, CPM-C-6iii, CPM-C-6iv
fn instructions_of(body: &Body) -> Option<Vec<(Token, CpmAction)>> {
    if let Body::Management(management) = body { Some(management.entries.clone()) } else { None }
}
