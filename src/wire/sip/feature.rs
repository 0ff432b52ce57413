//! Feature tags of the modelled clients (RFC 3840) and the Accept-Contact that selects by them (RFC 3841).

/// The CPM services and SIP Push as values of `+g.3gpp.icsi-ref`, the tag of the 2005 notification proposal, and the
/// application that uses push as a value of `+g.3gpp.iari-ref`. A set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct FeatureTags(pub u16);

impl FeatureTags {
    /// No tag.
    pub const NONE: FeatureTags = FeatureTags(0);
    /// `3gpp-service.ims.icsi.oma.cpm.msg`: pager messages.
    pub const MSG: FeatureTags = FeatureTags(1);
    /// `3gpp-service.ims.icsi.oma.cpm.largemsg`.
    pub const LARGE_MSG: FeatureTags = FeatureTags(1 << 1);
    /// `3gpp-service.ims.icsi.oma.cpm.deferred`.
    pub const DEFERRED: FeatureTags = FeatureTags(1 << 2);
    /// `3gpp-service.ims.icsi.oma.cpm.session`.
    pub const SESSION: FeatureTags = FeatureTags(1 << 3);
    /// `3gpp-service.ims.icsi.oma.cpm.filetransfer`.
    pub const FILE_TRANSFER: FeatureTags = FeatureTags(1 << 4);
    /// `3gpp-service.ims.icsi.oma.cpm.systemmsg`.
    pub const SYSTEM_MSG: FeatureTags = FeatureTags(1 << 5);
    /// `3gpp-service.ims.icsi.oma.push`: SIP Push (seed 001). No public source names the value; this one follows the
    /// pattern of the CPM services.
    pub const PUSH: FeatureTags = FeatureTags(1 << 6);
    /// `+g.oma.sip-im`, a tag of its own beside the ICSI values (seed 002).
    pub const OMA_SIP_IM: FeatureTags = FeatureTags(1 << 7);
    /// `+g.3gpp.iari-ref` with the application that push content is for.
    pub const PUSH_APPLICATION: FeatureTags = FeatureTags(1 << 8);

    /// The values of `+g.3gpp.icsi-ref` with their text, in the order written.
    pub const ICSI: [(FeatureTags, &'static str); 7] = [
        (FeatureTags::MSG, "urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg"),
        (FeatureTags::LARGE_MSG, "urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.largemsg"),
        (FeatureTags::DEFERRED, "urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.deferred"),
        (FeatureTags::SESSION, "urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"),
        (FeatureTags::FILE_TRANSFER, "urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer"),
        (FeatureTags::SYSTEM_MSG, "urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.systemmsg"),
        (FeatureTags::PUSH, "urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.push"),
    ];

    /// The names that model files use.
    pub const NAMES: [(FeatureTags, &'static str); 9] = [
        (FeatureTags::MSG, "msg"),
        (FeatureTags::LARGE_MSG, "largemsg"),
        (FeatureTags::DEFERRED, "deferred"),
        (FeatureTags::SESSION, "session"),
        (FeatureTags::FILE_TRANSFER, "filetransfer"),
        (FeatureTags::SYSTEM_MSG, "systemmsg"),
        (FeatureTags::OMA_SIP_IM, "oma_sip_im"),
        (FeatureTags::PUSH, "push"),
        (FeatureTags::PUSH_APPLICATION, "push_application"),
    ];

    /// Both sets together.
    pub const fn union(self, other: FeatureTags) -> FeatureTags {
        FeatureTags(self.0 | other.0)
    }

    /// The tags of this set that are not in `other`.
    pub const fn without(self, other: FeatureTags) -> FeatureTags {
        FeatureTags(self.0 & !other.0)
    }

    /// Whether every tag of `other` is in this set.
    pub const fn contains(self, other: FeatureTags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any tag of `other` is in this set.
    pub const fn intersects(self, other: FeatureTags) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is no tag.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The ICSI values only.
    pub const fn icsi(self) -> FeatureTags {
        FeatureTags(self.0 & 0x7f)
    }
}

/// One Accept-Contact header value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AcceptContact {
    /// The tags asked for.
    pub features: FeatureTags,
    /// `;require`.
    pub require: bool,
    /// `;explicit`.
    pub explicit: bool,
}
