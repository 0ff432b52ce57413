//! Placeholder of the layer measure.
