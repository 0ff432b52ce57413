//! Why an agent sets a timer: shared machinery has reasons of its own, every other belongs to one kind of agent.

use super::session::{SessionEnd, SessionWait};
use crate::protocol::sip::Timer;

/// Why an agent set a timer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TimerReason {
    /// A transaction.
    Transaction(TransactionTimer),
    /// Timer C of a proxied INVITE.
    ProxyInvite,
    /// A Diameter query has no answer.
    Query,
    /// A 2xx to an INVITE waits for its ACK.
    SuccessResponse,
    /// A subscription is due for refresh.
    Subscription,
    /// A subscription expires at its notifier.
    SubscriptionExpiry,
    /// A response waits for the time that its sender takes to answer.
    Answer,
    /// A management session has heard no BYE for too long, or its INVITE no final response.
    SessionGuard,
    /// A fetch of content has no answer.
    Fetch,
    /// A session that carries files.
    Session(SessionEnd, SessionWait),
    /// A subscription to do-not-disturb rules is due for refresh, is tried again, or expires at its notifier.
    RuleSubscription,
    /// An XCAP request has no answer, or is sent again.
    Xcap,
    /// Of an S-CSCF.
    SCscf(SCscfTimer),
    /// Of a terminal.
    Terminal(TerminalTimer),
    /// Of a Participating Function.
    Pf(PfTimer),
    /// Of a Push Sender.
    PushSender(PushSenderTimer),
    /// Of a node of mail, multimedia or short messages.
    Messaging(MessagingTimer),
    /// Of an MSRP relay.
    MsrpRelay(MsrpRelayTimer),
}

/// A timer of the transaction layer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TransactionTimer {
    /// A client transaction.
    Client(Timer),
    /// A server transaction.
    Server(Timer),
}

/// A timer of an S-CSCF.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SCscfTimer {
    /// A binding expires.
    BindingExpiry,
    /// A reg-event notification was held back by the rate limit.
    NotifyRate,
    /// An application server has neither answered a request nor sent it back.
    ApplicationServer,
}

/// A timer of a terminal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TerminalTimer {
    /// A registration is due for refresh.
    Refresh,
    /// A registration that failed is tried again.
    RegistrationRetry,
    /// A user reacts to a notification.
    Think,
    /// A management INVITE is tried again.
    PullRetry,
    /// A terminal fetches an MM, or has not got it in time.
    MmRetrieval,
    /// A session with a mailbox waits.
    Mailbox,
    /// An MSRP relay has not answered, or the path that it gave is due for refresh.
    UsePath,
}

/// A timer of a Participating Function.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PfTimer {
    /// A management INVITE has been worked off up to its first delivery.
    PullService,
    /// What was notified waits for a pull no longer.
    PushFallback,
    /// A deferred message of a user expires.
    MessageExpiry,
    /// Clients of a user are told again.
    Renotify,
    /// A message store has not answered for too long.
    Handover,
    /// Disposition notifications about one message have been collected.
    ReportsCollected,
    /// It is asked again whether a user may be disturbed.
    RulePoll,
}

/// A timer of a Push Sender.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PushSenderTimer {
    /// The next user of a broadcast has a turn.
    Pace,
    /// The evidence of a delivery has not come.
    Evidence,
    /// The first notification of a user's registrations has not come.
    Discovery,
}

/// A timer of a node of mail, multimedia or short messages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MessagingTimer {
    /// A mail waits for a reply or for its next attempt.
    Mail,
    /// An MM is due at its server: to notify again, or to expire.
    Mm,
    /// A short message waits in its service centre, or for an acknowledgement.
    ShortMessage,
    /// A terminal has been paged for too long.
    Paging,
    /// The far side of an interworking has a result.
    FarSide,
}

/// A timer of an MSRP relay.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MsrpRelayTimer {
    /// The next hop has not answered a SEND.
    Hop,
    /// A path that was given to a client expires.
    PathExpiry,
}

impl TimerReason {
    /// The number of the reason in the fingerprint of a run: permanent.
    pub fn number(self) -> u64 {
        match self {
            TimerReason::Transaction(TransactionTimer::Client(timer)) => 0x100 | timer as u64,
            TimerReason::Transaction(TransactionTimer::Server(timer)) => 0x200 | timer as u64,
            TimerReason::Session(SessionEnd::Sender, wait) => 0x300 | wait as u64,
            TimerReason::Session(SessionEnd::Receiver, wait) => 0x400 | wait as u64,
            TimerReason::ProxyInvite => 1,
            TimerReason::Query => 2,
            TimerReason::SuccessResponse => 3,
            // One number for both: no agent has a refresh and an expiry of one subscription.
            TimerReason::Subscription | TimerReason::SubscriptionExpiry => 8,
            TimerReason::Answer => 11,
            TimerReason::SessionGuard => 13,
            TimerReason::Fetch => 20,
            TimerReason::RuleSubscription => 40,
            TimerReason::Xcap => 42,
            TimerReason::SCscf(timer) => match timer {
                SCscfTimer::BindingExpiry => 6,
                SCscfTimer::NotifyRate => 7,
                SCscfTimer::ApplicationServer => 43,
            },
            TimerReason::Terminal(timer) => match timer {
                TerminalTimer::Refresh => 4,
                TerminalTimer::RegistrationRetry => 5,
                TerminalTimer::Think => 9,
                TerminalTimer::PullRetry => 10,
                TerminalTimer::MmRetrieval => 48,
                TerminalTimer::Mailbox => 49,
                TerminalTimer::UsePath => 53,
            },
            TimerReason::Pf(timer) => match timer {
                PfTimer::PullService => 12,
                PfTimer::MessageExpiry => 14,
                PfTimer::Renotify => 15,
                PfTimer::Handover => 16,
                PfTimer::ReportsCollected => 17,
                PfTimer::RulePoll => 41,
                PfTimer::PushFallback => 44,
            },
            TimerReason::PushSender(timer) => match timer {
                PushSenderTimer::Evidence => 21,
                PushSenderTimer::Discovery => 22,
                PushSenderTimer::Pace => 23,
            },
            TimerReason::Messaging(timer) => match timer {
                MessagingTimer::FarSide => 18,
                MessagingTimer::Mm => 45,
                MessagingTimer::ShortMessage => 46,
                MessagingTimer::Paging => 47,
                MessagingTimer::Mail => 50,
            },
            TimerReason::MsrpRelay(timer) => match timer {
                MsrpRelayTimer::Hop => 51,
                MsrpRelayTimer::PathExpiry => 52,
            },
        }
    }
}

/// A group of reasons is a reason.
macro_rules! groups {
    ($($timer:ident => $group:ident),+ $(,)?) => {
        $(impl From<$timer> for TimerReason {
            fn from(timer: $timer) -> TimerReason {
                TimerReason::$group(timer)
            }
        })+
    };
}

groups! {
    TransactionTimer => Transaction,
    SCscfTimer => SCscf,
    TerminalTimer => Terminal,
    PfTimer => Pf,
    PushSenderTimer => PushSender,
    MessagingTimer => Messaging,
    MsrpRelayTimer => MsrpRelay,
}
