//! Multimedia messages between MMS server and terminal (OMA MMS encapsulation): binary PDUs and the HTTP that carries
//! them (reference point MM1).
//!
//! Not modelled: sending of MMs by terminals, and so no m-delivery-ind; MM4 between MMS servers and MM7 to value added
//! service providers. The code of X-Mms-Applic-ID is that of public code tables; 3GPP TS 23.140 was not available.

pub(super) mod field;
mod mm1;
mod pdu;

pub use mm1::{Mm1, Mm1Line};
pub use pdu::{MmStatus, NotificationInd, RetrieveConf};
