//! Means and bounds, in closed form.

use super::special::{gamma_below, normal_below};
use super::{Distribution, Empirical, HyperExponential, LogNormal, Pareto, Weibull};

impl Distribution {
    /// The mean; infinite for a Pareto of shape 1 or less without a cap.
    pub fn mean(&self) -> f64 {
        match self {
            Distribution::Constant(value) => *value,
            Distribution::Exponential(p) => p.mean,
            Distribution::Uniform(p) => p.low + (p.high - p.low) / 2.0,
            Distribution::Erlang(p) => p.mean,
            Distribution::HyperExponential(p) => p.mean(),
            Distribution::LogNormal(p) => libm::exp(p.mu + p.sigma * p.sigma / 2.0),
            Distribution::Weibull(p) => p.mean(),
            Distribution::Pareto(p) => p.mean(),
            Distribution::Empirical(p) => p.mean_up_to(f64::INFINITY),
            Distribution::Shifted(p) if p.cap == f64::INFINITY => p.shift + p.inner.mean(),
            Distribution::Shifted(p) => p.shift + p.inner.mean_up_to(p.cap - p.shift),
        }
    }

    /// No sample is below this; some come as near as one likes.
    pub fn lower_bound(&self) -> f64 {
        match self {
            Distribution::Constant(value) => *value,
            Distribution::Exponential(_)
            | Distribution::Erlang(_)
            | Distribution::HyperExponential(_)
            | Distribution::LogNormal(_)
            | Distribution::Weibull(_) => 0.0,
            Distribution::Uniform(p) => p.low,
            Distribution::Pareto(p) => p.minimum,
            Distribution::Empirical(p) => p.lower_bound(),
            Distribution::Shifted(p) => (p.shift + p.inner.lower_bound()).min(p.cap),
        }
    }

    /// The mean of the samples when those above `cap`, which is finite and not negative, are held at it.
    fn mean_up_to(&self, cap: f64) -> f64 {
        match self {
            Distribution::Constant(value) => value.min(cap),
            Distribution::Exponential(p) => exponential_mean_up_to(p.mean, cap),
            Distribution::Uniform(p) if cap <= p.low => cap,
            Distribution::Uniform(p) if cap < p.high => cap - (cap - p.low) * (cap - p.low) / (p.high - p.low) / 2.0,
            Distribution::Uniform(_) => self.mean(),
            Distribution::Erlang(p) => {
                let shape = f64::from(p.shape);
                let at = cap * shape / p.mean;
                p.mean * gamma_below(shape + 1.0, at) + cap * (1.0 - gamma_below(shape, at))
            }
            Distribution::HyperExponential(p) => {
                p.branches.iter().map(|&(probability, mean)| probability * exponential_mean_up_to(mean, cap)).sum()
            }
            Distribution::LogNormal(p) => p.mean_up_to(cap),
            Distribution::Weibull(p) => p.mean_up_to(cap),
            Distribution::Pareto(p) => p.mean_up_to(cap),
            Distribution::Empirical(p) => p.mean_up_to(cap),
            Distribution::Shifted(p) if cap <= p.shift => cap,
            Distribution::Shifted(p) => p.shift + p.inner.mean_up_to(cap.min(p.cap) - p.shift),
        }
    }
}

fn exponential_mean_up_to(mean: f64, cap: f64) -> f64 {
    -mean * libm::expm1(-cap / mean)
}

impl HyperExponential {
    fn mean(&self) -> f64 {
        self.branches.iter().map(|&(probability, mean)| probability * mean).sum()
    }
}

impl LogNormal {
    fn mean_up_to(&self, cap: f64) -> f64 {
        if cap <= 0.0 {
            return 0.0;
        }
        let at = (libm::log(cap) - self.mu) / self.sigma;
        libm::exp(self.mu + self.sigma * self.sigma / 2.0) * normal_below(at - self.sigma) + cap * normal_below(-at)
    }
}

impl Weibull {
    fn mean(&self) -> f64 {
        self.scale * libm::tgamma(1.0 + 1.0 / self.shape)
    }

    fn mean_up_to(&self, cap: f64) -> f64 {
        let at = libm::pow(cap / self.scale, self.shape);
        self.mean() * gamma_below(1.0 + 1.0 / self.shape, at) + cap * libm::exp(-at)
    }
}

impl Pareto {
    fn mean(&self) -> f64 {
        if self.shape <= 1.0 { f64::INFINITY } else { self.minimum * self.shape / (self.shape - 1.0) }
    }

    fn mean_up_to(&self, cap: f64) -> f64 {
        if cap <= self.minimum {
            return cap;
        }
        let ratio = self.minimum / cap;
        if self.shape == 1.0 {
            return self.minimum * (1.0 - libm::log(ratio));
        }
        self.minimum * (self.shape - libm::pow(ratio, self.shape - 1.0)) / (self.shape - 1.0)
    }
}

impl Empirical {
    fn lower_bound(&self) -> f64 {
        let mut before = 0.0;
        let mut lowest = f64::INFINITY;
        for &(value, sum) in &self.cumulative {
            if sum > before {
                lowest = lowest.min(value);
            }
            before = sum;
        }
        lowest
    }

    fn mean_up_to(&self, cap: f64) -> f64 {
        let total = self.cumulative[self.cumulative.len() - 1].1;
        let mut before = 0.0;
        let mut mean = 0.0;
        for &(value, sum) in &self.cumulative {
            mean += value.min(cap) * (sum - before) / total;
            before = sum;
        }
        mean
    }
}
