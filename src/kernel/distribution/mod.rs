//! Distributions: what a model file can say about a time, a size or a count.
//!
//! Samples are inverse transforms of named draws over `libm`, so that they are the same on every machine; they are
//! rounded once, to nanoseconds or to a whole number. Values are never negative.

mod error;
mod moments;
mod parameters;
mod sample;
mod special;
#[cfg(test)]
mod tests;

pub use error::DistributionError;
pub use parameters::Parameter;
pub use special::{inverse_normal, normal_below};

use error::{above_zero, not_negative};
use std::fmt;

/// A distribution of numbers from zero up, in the unit of whoever reads it (seconds, octets, messages).
///
/// Made by its constructors, which refuse parameters without meaning.
#[derive(Clone, PartialEq, Debug)]
pub enum Distribution {
    /// Always the same value. Draws nothing.
    Constant(f64),
    /// Memoryless.
    Exponential(Exponential),
    /// All values of an interval alike.
    Uniform(Uniform),
    /// The sum of some exponentials: less variable than one.
    Erlang(Erlang),
    /// One of several exponentials: more variable than one.
    HyperExponential(HyperExponential),
    /// The exponential of a normal: skewed, as latencies are.
    LogNormal(LogNormal),
    /// A power of an exponential.
    Weibull(Weibull),
    /// A power-law tail.
    Pareto(Pareto),
    /// Measured values, each with its weight.
    Empirical(Empirical),
    /// Another distribution moved up and held at a cap.
    Shifted(Shifted),
}

/// Parameters of [`Distribution::Exponential`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Exponential {
    mean: f64,
}

/// Parameters of [`Distribution::Uniform`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Uniform {
    low: f64,
    high: f64,
}

/// Parameters of [`Distribution::Erlang`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Erlang {
    shape: u32,
    mean: f64,
}

/// Parameters of [`Distribution::HyperExponential`]: the probability and the mean of each branch.
#[derive(Clone, PartialEq, Debug)]
pub struct HyperExponential {
    branches: Vec<(f64, f64)>,
}

/// Parameters of [`Distribution::LogNormal`]: mean and standard deviation of the logarithm.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LogNormal {
    mu: f64,
    sigma: f64,
}

/// Parameters of [`Distribution::Weibull`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Weibull {
    shape: f64,
    scale: f64,
}

/// Parameters of [`Distribution::Pareto`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pareto {
    minimum: f64,
    shape: f64,
}

/// Parameters of [`Distribution::Empirical`]: each value with the sum of the weights up to and with its own.
#[derive(Clone, PartialEq, Debug)]
pub struct Empirical {
    cumulative: Vec<(f64, f64)>,
}

/// Parameters of [`Distribution::Shifted`].
#[derive(Clone, PartialEq, Debug)]
pub struct Shifted {
    inner: Box<Distribution>,
    shift: f64,
    /// Infinite where there is none.
    cap: f64,
}

/// What the constructors return.
pub type Checked = Result<Distribution, DistributionError>;

/// An Erlang distribution has at most this shape: its draws fit one group of values.
pub const ERLANG_SHAPE_MAX: u32 = 32;
const PROBABILITY_SLACK: f64 = 1e-9;

impl Distribution {
    /// Always `value`, zero or more.
    pub fn constant(value: f64) -> Checked {
        Ok(Distribution::Constant(not_negative("value", value)?))
    }

    /// Exponential of `mean`, above zero.
    pub fn exponential(mean: f64) -> Checked {
        Ok(Distribution::Exponential(Exponential { mean: above_zero("mean", mean)? }))
    }

    /// Uniform from `low` to `high`; a constant when they are equal.
    pub fn uniform(low: f64, high: f64) -> Checked {
        let (low, high) = (not_negative("low", low)?, not_negative("high", high)?);
        if low > high {
            return Err(DistributionError::Order { low, high });
        }
        Ok(if low == high { Distribution::Constant(low) } else { Distribution::Uniform(Uniform { low, high }) })
    }

    /// Erlang: the sum of `shape` exponentials, 1 to [`ERLANG_SHAPE_MAX`], of `mean` together.
    pub fn erlang(shape: u32, mean: f64) -> Checked {
        if shape == 0 || shape > ERLANG_SHAPE_MAX {
            return Err(DistributionError::ErlangShape { shape });
        }
        Ok(Distribution::Erlang(Erlang { shape, mean: above_zero("mean", mean)? }))
    }

    /// With each probability an exponential of the mean beside it. The probabilities sum to 1 within 1e-9.
    pub fn hyper_exponential(branches: Vec<(f64, f64)>) -> Checked {
        let mut sum = 0.0;
        for &(probability, mean) in &branches {
            sum += not_negative("probability", probability)?;
            above_zero("mean", mean)?;
        }
        if libm::fabs(sum - 1.0) > PROBABILITY_SLACK {
            return Err(DistributionError::Sum { sum });
        }
        Ok(Distribution::HyperExponential(HyperExponential { branches }))
    }

    /// Log-normal of `mean`, above zero, and coefficient of variation `cv`; a constant when `cv` is zero.
    pub fn log_normal(mean: f64, cv: f64) -> Checked {
        let (mean, cv) = (above_zero("mean", mean)?, not_negative("cv", cv)?);
        let variance = libm::log1p(cv * cv);
        Distribution::log_normal_of_median(mean * libm::exp(-variance / 2.0), variance.sqrt())
    }

    /// Log-normal of `median`, above zero, whose logarithm has the standard deviation `sigma`; a constant when that is
    /// zero.
    pub fn log_normal_of_median(median: f64, sigma: f64) -> Checked {
        let (median, sigma) = (above_zero("median", median)?, not_negative("sigma", sigma)?);
        if sigma == 0.0 {
            return Ok(Distribution::Constant(median));
        }
        Ok(Distribution::LogNormal(LogNormal { mu: libm::log(median), sigma }))
    }

    /// Weibull of `shape` (0.1 to 100; below 1 the hazard falls) and `mean`, above zero.
    pub fn weibull(shape: f64, mean: f64) -> Checked {
        if !(0.1..=100.0).contains(&shape) {
            return Err(DistributionError::WeibullShape { shape });
        }
        let scale = above_zero("mean", mean)? / libm::tgamma(1.0 + 1.0 / shape);
        Ok(Distribution::Weibull(Weibull { shape, scale }))
    }

    /// Pareto from `minimum` up, of tail exponent `shape`; at 1 and below its mean is infinite.
    pub fn pareto(minimum: f64, shape: f64) -> Checked {
        let (minimum, shape) = (above_zero("minimum", minimum)?, above_zero("shape", shape)?);
        Ok(Distribution::Pareto(Pareto { minimum, shape }))
    }

    /// The given values and no others, each as often as its weight says. Weights need not sum to anything.
    pub fn empirical(weighted: &[(f64, f64)]) -> Checked {
        let mut sum = 0.0;
        let mut cumulative = Vec::with_capacity(weighted.len());
        for &(value, weight) in weighted {
            sum += not_negative("weight", weight)?;
            cumulative.push((not_negative("value", value)?, sum));
        }
        above_zero("sum of weights", sum)?;
        if let &[(value, _)] = weighted {
            return Ok(Distribution::Constant(value));
        }
        Ok(Distribution::Empirical(Empirical { cumulative }))
    }

    /// `inner` plus `shift`, held at `cap`: what would be above the cap is at the cap.
    pub fn shifted(inner: Distribution, shift: f64, cap: Option<f64>) -> Checked {
        let shift = not_negative("shift", shift)?;
        let cap = match cap {
            Some(cap) => not_negative("cap", cap)?,
            None => f64::INFINITY,
        };
        if cap < shift {
            return Err(DistributionError::Order { low: shift, high: cap });
        }
        if let Distribution::Constant(value) = inner {
            return Ok(Distribution::Constant((value + shift).min(cap)));
        }
        Ok(Distribution::Shifted(Shifted { inner: Box::new(inner), shift, cap }))
    }

    /// Whether every sample is the same, so that none draws.
    pub fn is_constant(&self) -> bool {
        matches!(self, Distribution::Constant(_))
    }
}

impl Default for Distribution {
    /// Always zero.
    fn default() -> Self {
        Distribution::Constant(0.0)
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Distribution::Constant(value) => write!(f, "{value}"),
            Distribution::Exponential(p) => write!(f, "exponential(mean {})", p.mean),
            Distribution::Uniform(p) => write!(f, "uniform({} to {})", p.low, p.high),
            Distribution::Erlang(p) => write!(f, "erlang(shape {}, mean {})", p.shape, p.mean),
            Distribution::HyperExponential(p) => write!(f, "hyper-exponential({} branches)", p.branches.len()),
            Distribution::LogNormal(p) => write!(f, "log-normal(median {}, sigma {})", libm::exp(p.mu), p.sigma),
            Distribution::Weibull(p) => write!(f, "weibull(shape {}, scale {})", p.shape, p.scale),
            Distribution::Pareto(p) => write!(f, "pareto(minimum {}, shape {})", p.minimum, p.shape),
            Distribution::Empirical(p) => write!(f, "empirical({} values)", p.cumulative.len()),
            Distribution::Shifted(p) if p.cap.is_finite() => write!(f, "{} + {} up to {}", p.shift, p.inner, p.cap),
            Distribution::Shifted(p) => write!(f, "{} + {}", p.shift, p.inner),
        }
    }
}
