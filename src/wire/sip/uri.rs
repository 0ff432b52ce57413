//! The URIs that the modelled messages carry.

use crate::kernel::EntityId;
use crate::wire::id::{NetworkId, UserId};

/// A SIP URI by what it names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Uri {
    /// The public user identity of a user: `sip:+4670…@home.example`.
    User(UserId),
    /// The domain of a home network, as a registrar is addressed: `sip:home.example`.
    Domain(NetworkId),
    /// The address that a terminal registers: `sip:+4670…@10.x.y.z:5060`.
    Contact(EntityId),
    /// The public GRUU of a terminal (RFC 5627): the public user identity with `;gr=` and the instance.
    PublicGruu(EntityId),
    /// A temporary GRUU of a terminal: the registration that it came with is its second part.
    TemporaryGruu(EntityId, u32),
    /// A node: `sip:s1.home.example`.
    Node(EntityId),
    /// The CPMDeferredMsgMgmtURI.
    DeferredManagement(ManagementUri),
}

/// The two forms of the CPMDeferredMsgMgmtURI that the CR to OMA CPM argues about (POL-URI).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ManagementUri {
    /// Provisioned and opaque: it names the function in a home network.
    Opaque(NetworkId),
    /// `CPMDeferredMsgMgmt@hostname`: it names one PF instance.
    Hostname(EntityId),
}
