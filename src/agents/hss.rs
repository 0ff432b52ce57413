//! Home Subscriber Server: answers Cx queries (3GPP TS 29.228). It knows which S-CSCF serves a user and whether the
//! user is registered. The authentication vectors are taken as always valid; profile pushes (PPR) and network-initiated
//! de-registration (RTR) are not modelled.

use super::outbox::{Context, Input, Outgoing};
use crate::kernel::EntityId;
use crate::wire::diameter::{AssignmentType, Command, DiameterMessage, ResultCode};
use crate::wire::{Message, UserId};

/// What the HSS knows about a user's registration.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
enum UserState {
    /// No S-CSCF has the user.
    #[default]
    NotRegistered,
    /// An S-CSCF has the user, who is registered.
    Registered,
    /// An S-CSCF keeps the user, who is not registered.
    Unregistered,
}

/// One HSS instance.
#[derive(Clone, Debug, Default)]
pub struct Hss {
    users: Vec<UserState>,
}

impl Hss {
    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Message { from, message: Message::Diameter(query), meta, .. } => {
                let answer = self.answer(ctx, &query);
                let me = ctx.me;
                let message = Message::Diameter(answer);
                ctx.out.send(Outgoing {
                    from: me,
                    to: from,
                    message,
                    meta: meta.answer(),
                    transmission: 0,
                    tcp: true,
                    opens: false,
                });
            }
            Input::Message { .. } | Input::Overload { .. } | Input::Timer { .. } | Input::Command(_) => {
                ctx.observe(super::Fact::Stray);
            }
            // The subscriber data are on disk, and there is nothing else.
            Input::Restart { .. } => {}
        }
    }

    /// Marks a user as registered without signalling.
    pub fn preload(&mut self, user: UserId) {
        *self.state(user) = UserState::Registered;
    }

    fn state(&mut self, user: UserId) -> &mut UserState {
        if self.users.len() <= user.index() {
            self.users.resize(user.index() + 1, UserState::NotRegistered);
        }
        &mut self.users[user.index()]
    }

    fn answer(&mut self, ctx: &Context<'_>, query: &DiameterMessage) -> DiameterMessage {
        let serving = ctx.shared.s_cscf_of(query.user);
        let state = self.state(query.user);
        let (result, server) = match query.command {
            Command::UserAuthorization => match state {
                UserState::NotRegistered => (ResultCode::FirstRegistration, serving),
                UserState::Registered | UserState::Unregistered => (ResultCode::SubsequentRegistration, serving),
            },
            // Without an S-CSCF the I-CSCF picks one; the directory knows the one it would pick.
            Command::LocationInfo => match state {
                UserState::NotRegistered => (ResultCode::UnregisteredService, serving),
                UserState::Registered | UserState::Unregistered => (ResultCode::Success, serving),
            },
            Command::MultimediaAuth => (ResultCode::Success, None),
            Command::ServerAssignment => {
                *state = assigned(query.assignment);
                (ResultCode::Success, None)
            }
        };
        DiameterMessage {
            result: Some(result),
            origin: query.destination,
            destination: query.origin,
            server: server.filter(|_: &EntityId| query.command != Command::MultimediaAuth),
            ..*query
        }
    }
}

/// The state after a Server-Assignment. The S-CSCF keeps the profile of a user who leaves.
fn assigned(assignment: Option<AssignmentType>) -> UserState {
    match assignment {
        Some(AssignmentType::Registration | AssignmentType::ReRegistration) => UserState::Registered,
        Some(
            AssignmentType::UserDeregistration
            | AssignmentType::TimeoutDeregistration
            | AssignmentType::UnregisteredUser,
        )
        | None => UserState::Unregistered,
    }
}
