//! Placeholder of the layer wire.
