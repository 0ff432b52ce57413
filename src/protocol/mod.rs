//! Placeholder of the layer protocol.
