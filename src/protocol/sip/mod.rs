//! SIP: transactions (RFC 3261 section 17, RFC 6026, RFC 4320), timers, dialogs, subscriptions.

pub mod timers;
