//! What a workload or a step of the script asks of a push sender.

use crate::kernel::{EntityId, Span};
use crate::wire::msrp::Presentation;
use crate::wire::sip::FeatureTags;
use crate::wire::{ContentType, UserId};

/// The three kinds of push that the seeds name.
// req: PUSH-G-1, MT-1
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum PushClass {
    /// Broadcast content to whoever is registered (`generic`).
    #[default]
    Generic,
    /// Certified information such as configuration (`trusted`).
    Trusted,
    /// Content chosen by profile, interests and capabilities (`selective`).
    Selective,
}

/// The push classes by their names in files and results.
pub const PUSH_CLASSES: [(&str, PushClass); 3] =
    [("generic", PushClass::Generic), ("trusted", PushClass::Trusted), ("selective", PushClass::Selective)];

/// How the sender chooses a delivery method.
// req: PUSH-G-4, MT-2, MT-9
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum MethodChoice {
    /// A MESSAGE with the content in it (`message`).
    #[default]
    Message,
    /// A MESSAGE that says where the content is (`reference`).
    Reference,
    /// A NOTIFY to each terminal that has subscribed; without any, the content waits (`notify`).
    Notify,
    /// A session with the content on its user plane (`session`).
    Session,
    /// By size: a MESSAGE with the content while `size_limit` allows it, else a session (`by_size`).
    BySize,
    /// By size: a MESSAGE with the content while `size_limit` allows it, else one that says where it is
    /// (`by_size_reference`).
    BySizeReference,
}

/// Which terminals of a user a push goes to.
// req: MT-10
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Targets {
    /// All of them by one request to the address of record, which the S-CSCF forks (`all`).
    #[default]
    All,
    /// Each by a request of its own to its GRUU (`each`).
    Each,
    /// As many as this, the first ones, each by its GRUU (`first_k` with `k`).
    First(u8),
    /// One after the other, each by its GRUU, until one takes it (`first_available`).
    FirstAvailable,
    /// Each that is known to have the features that the push requires, by its GRUU (`capable`).
    Capable,
}

/// A set of interests, by position in the model's list of their names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Interests(pub u32);

impl Interests {
    /// Most interests of a model.
    pub const MAX: usize = 32;

    /// Whether it has all of `asked`.
    pub const fn contains(self, asked: Interests) -> bool {
        self.0 & asked.0 == asked.0
    }
}

/// What a push by session carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Media {
    /// Files, each of the size of the push (`files`).
    pub files: u32,
    /// Their type (`content_type`).
    pub kind: ContentType,
    /// How they are to be presented (`disposition`).
    pub presentation: Presentation,
    /// The invitation is given up when it is not answered by then (`cancel_after`).
    pub cancel_after: Option<Span>,
}

impl Default for Media {
    fn default() -> Self {
        Media { files: 1, kind: ContentType::Jpeg, presentation: Presentation::Attachment, cancel_after: None }
    }
}

/// Who a broadcast goes to: the users of a group, one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Audience {
    /// The first user.
    pub first: UserId,
    /// How many.
    pub users: u32,
    /// Time between two users.
    pub gap: Span,
}

/// What is asked of a push sender.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PushOrder {
    /// Instances of the push sender; one serves every so many-th user.
    pub senders: Vec<EntityId>,
    /// Class for measurement.
    pub class: u16,
    /// Kind of push.
    pub kind: PushClass,
    /// How the method is chosen.
    pub method: MethodChoice,
    /// Which terminals of each user.
    pub targets: Targets,
    /// Features that a terminal must have.
    pub require: FeatureTags,
    /// Interests that a user must have.
    pub interests: Interests,
    /// What it carries where it goes by session.
    pub media: Media,
    /// Whom a broadcast goes to; `None` where each push has a user of its own.
    pub audience: Option<Audience>,
}

impl PushOrder {
    /// The instance that pushes to a user.
    pub fn sender_of(&self, user: UserId) -> EntityId {
        self.senders[user.index() % self.senders.len()]
    }
}
