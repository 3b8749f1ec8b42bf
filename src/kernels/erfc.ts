/**
 * Complementary error function: erfc(x) = 2/√π · ∫ₓ^∞ e^(−t²) dt.
 *
 * For x ≥ 0 the smooth function (1 + 2x)·e^(x²)·erfc(x) is a Chebyshev series in t = (x − k)/(x + k), k = 3.75, which
 * maps 0 … ∞ to −1 … 1; for x < 0, erfc(x) = 2 − erfc(−x).
 *
 * Numerics  relative error at most (3 + 2x²)·2⁻⁵² for x ≥ 0, measured against a series in 200-bit integers; absolute
 *           error at most 4·2⁻⁵²
 * Source    method: Shepherd & Laframboise 1981 (Math. Comp. 36, 249); the coefficients are our own, computed in
 *           60 digits as the cosine sums of 400 samples
 */
export function erfc(x: number): number {
  const z = Math.abs(x);
  const t = (z - 3.75) / (z + 3.75);
  let [b0, b1, b2] = [0, 0, 0];
  for (let n = chebyshev.length - 1; n >= 0; n--) {
    b2 = b1; // Clenshaw's recurrence
    b1 = b0;
    b0 = chebyshev[n] + 2 * t * b1 - b2;
  }
  const tail = z > 27 ? 0 : (Math.exp(-z * z) * 0.5 * (b0 - b2)) / (1 + 2 * z); // e^(−27²) < 2⁻¹⁰⁵¹
  return x < 0 ? 2 - tail : tail;
}

const chebyshev = new Float64Array([
  2.3551578691348034, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189, -0.026658668435305753,
  0.009074997670705265, -0.002413163540417608, 0.0004907758365258086, -6.916973302501207e-5, 4.13902798607301e-6,
  7.74038306619849e-7, -2.1886401049234397e-7, 1.076499946567091e-8, 4.521959811218287e-9, -7.754400208831351e-10,
  -6.318088340886684e-11, 2.86879501093067e-11, 1.9455868545777347e-13, -9.65469674843344e-13, 3.25254814814874e-14,
  3.3478119482868056e-14, -1.864562880419313e-15, -1.2507950530688648e-15, 7.418235256624044e-17, 5.068148904796111e-17,
]);
