//! Named random streams.
