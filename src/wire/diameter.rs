//! Diameter Cx between CSCFs and HSS (3GPP TS 29.228, 29.229).

use super::id::{Token, UserId};
use crate::kernel::EntityId;

/// A Cx command.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Command {
    /// User-Authorization (UAR, UAA): may the user register, and which S-CSCF has it.
    UserAuthorization,
    /// Server-Assignment (SAR, SAA): the S-CSCF takes or gives up a user and gets the profile.
    ServerAssignment,
    /// Location-Info (LIR, LIA): which S-CSCF serves the user.
    LocationInfo,
    /// Multimedia-Auth (MAR, MAA): an authentication vector.
    MultimediaAuth,
}

/// Server-Assignment-Type of a SAR.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AssignmentType {
    /// First registration.
    Registration,
    /// Refresh.
    ReRegistration,
    /// The user's last binding was removed by a de-registration.
    UserDeregistration,
    /// The user's last binding expired.
    TimeoutDeregistration,
    /// A request came for a user who is not registered.
    UnregisteredUser,
}

/// Result-Code of an answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ResultCode {
    /// 2001 DIAMETER_SUCCESS.
    Success,
    /// 2001 as experimental first registration (DIAMETER_FIRST_REGISTRATION).
    FirstRegistration,
    /// 2002 DIAMETER_SUBSEQUENT_REGISTRATION.
    SubsequentRegistration,
    /// 2003 DIAMETER_UNREGISTERED_SERVICE.
    UnregisteredService,
    /// 5001 DIAMETER_ERROR_USER_UNKNOWN.
    UserUnknown,
    /// 5003 DIAMETER_ERROR_IDENTITY_NOT_REGISTERED.
    IdentityNotRegistered,
}

/// A Cx request or answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DiameterMessage {
    /// Command.
    pub command: Command,
    /// `None` in a request, the result in an answer.
    pub result: Option<ResultCode>,
    /// Identifies the transaction: written as Session-Id, Hop-by-Hop and End-to-End Identifier.
    pub transaction: Token,
    /// The user.
    pub user: UserId,
    /// The node that sends it (Origin-Host).
    pub origin: EntityId,
    /// The node that gets it (Destination-Host).
    pub destination: EntityId,
    /// Server-Name: the S-CSCF, in answers of UAR and LIR and in MAR and SAR.
    pub server: Option<EntityId>,
    /// Server-Assignment-Type of a SAR.
    pub assignment: Option<AssignmentType>,
}
