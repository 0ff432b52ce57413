//! Placeholder of the layer report.
