//! Samples: inverse transforms of uniform draws.

use super::special::inverse_normal;
use super::{Distribution, Empirical, Erlang, HyperExponential, Shifted};
use crate::kernel::streams::Draw;
use crate::kernel::time::Span;

impl Distribution {
    /// A value of the distribution. Everything but a constant takes at least one number from `draw`.
    #[inline]
    pub fn sample(&self, draw: &mut Draw) -> f64 {
        match self {
            Distribution::Constant(value) => *value,
            Distribution::Exponential(p) => exponential(p.mean, draw),
            Distribution::Uniform(p) => p.low + (p.high - p.low) * draw.uniform(),
            Distribution::Erlang(p) => p.sample(draw),
            Distribution::HyperExponential(p) => p.sample(draw),
            Distribution::LogNormal(p) => libm::exp(p.mu + p.sigma * inverse_normal(draw.uniform())),
            Distribution::Weibull(p) => p.scale * libm::pow(-libm::log(draw.uniform()), 1.0 / p.shape),
            Distribution::Pareto(p) => p.minimum * libm::pow(draw.uniform(), -1.0 / p.shape),
            Distribution::Empirical(p) => p.sample(draw),
            Distribution::Shifted(p) => p.sample(draw),
        }
    }

    /// A sample in seconds as a span, rounded once to the nearest nanosecond. A constant does not ask for a draw.
    #[inline]
    pub fn span(&self, draw: impl FnOnce() -> Draw) -> Span {
        match self {
            Distribution::Constant(value) => Span::from_secs_f64(*value),
            sampled => Span::from_secs_f64(sampled.sample(&mut draw())),
        }
    }

    /// A sample as a whole number, rounded once to the nearest. A constant does not ask for a draw.
    #[inline]
    pub fn count(&self, draw: impl FnOnce() -> Draw) -> u64 {
        match self {
            Distribution::Constant(value) => libm::round(*value) as u64,
            sampled => libm::round(sampled.sample(&mut draw())) as u64,
        }
    }
}

#[inline]
fn exponential(mean: f64, draw: &mut Draw) -> f64 {
    -mean * libm::log(draw.uniform())
}

impl Erlang {
    /// Of a product of uniforms, sixteen at a time: no smaller than 2^-848, so it does not underflow.
    fn sample(&self, draw: &mut Draw) -> f64 {
        let mut logarithm = 0.0;
        let mut left = self.shape;
        while left > 0 {
            let factors = left.min(16);
            let product = (0..factors).fold(1.0, |product, _| product * draw.uniform());
            logarithm += libm::log(product);
            left -= factors;
        }
        -self.mean / f64::from(self.shape) * logarithm
    }
}

impl HyperExponential {
    fn sample(&self, draw: &mut Draw) -> f64 {
        let mut left = draw.uniform();
        let mut chosen = 0.0;
        for &(probability, mean) in &self.branches {
            if probability > 0.0 {
                chosen = mean;
            }
            if left < probability {
                break;
            }
            left -= probability;
        }
        exponential(chosen, draw)
    }
}

impl Empirical {
    fn sample(&self, draw: &mut Draw) -> f64 {
        let total = self.cumulative[self.cumulative.len() - 1].1;
        let at = total * draw.uniform();
        let chosen = self.cumulative.partition_point(|&(_, sum)| sum <= at);
        self.cumulative[chosen.min(self.cumulative.len() - 1)].0
    }
}

impl Shifted {
    fn sample(&self, draw: &mut Draw) -> f64 {
        (self.shift + self.inner.sample(draw)).min(self.cap)
    }
}
