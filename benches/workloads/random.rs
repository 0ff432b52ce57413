//! A fast generator for benchmarks (xoshiro256++, exponentials by ziggurat), so that they measure the engine.

const LAYERS: usize = 256;
const TAIL: f64 = 7.697_117_470_131_05;
const AREA: f64 = 3.949_659_822_581_572e-3;

/// The generator.
pub struct Random {
    state: [u64; 4],
    width: Box<[f64; LAYERS + 1]>,
    height: Box<[f64; LAYERS + 1]>,
}

impl Random {
    /// The generator of `seed`.
    pub fn new(seed: u64) -> Random {
        let mut x = seed;
        let state = std::array::from_fn(|_| {
            x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let z = (x ^ x >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^ z >> 31
        });
        let mut width = Box::new([0.0; LAYERS + 1]);
        width[0] = AREA / libm::exp(-TAIL);
        width[1] = TAIL;
        for layer in 2..LAYERS {
            let above = libm::exp(-width[layer - 1]) + AREA / width[layer - 1];
            width[layer] = -libm::log(above);
        }
        let height = Box::new(std::array::from_fn(|layer| libm::exp(-width[layer])));
        Random { state, width, height }
    }

    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c1, d1) = (c ^ a, d ^ b);
        self.state = [a ^ d1, b ^ c1, c1 ^ b << 17, d1.rotate_left(45)];
        result
    }

    /// A number from 0 to `n` - 1.
    #[inline]
    pub fn below(&mut self, n: u32) -> u32 {
        (((self.bits() >> 32) * u64::from(n)) >> 32) as u32
    }

    #[inline]
    fn uniform(&mut self) -> f64 {
        (self.bits() >> 11 | 1) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// An exponential of `mean`, rounded down.
    #[inline]
    pub fn exponential(&mut self, mean: f64) -> u64 {
        (self.standard_exponential() * mean) as u64
    }

    #[inline]
    fn standard_exponential(&mut self) -> f64 {
        loop {
            let bits = self.bits();
            let layer = bits as usize % LAYERS;
            let x = (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64) * self.width[layer];
            if x < self.width[layer + 1] {
                return x;
            }
            if layer == 0 {
                return TAIL - libm::log(self.uniform());
            }
            let y = self.height[layer] + self.uniform() * (self.height[layer + 1] - self.height[layer]);
            if y < libm::exp(-x) {
                return x;
            }
        }
    }
}
