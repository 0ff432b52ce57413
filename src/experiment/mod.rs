//! Placeholder of the layer experiment.
