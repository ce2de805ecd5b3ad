// Every paragraph of this file declares one function or constant, which a script contains only if it is used.
// The names in snake case are those of the language of expressions.

// Where Math has something else in mind.

// pow is C99's: 1 to the power of anything, and -1 to an infinite power, are 1.
function pow(x, y) {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y);
}

// round returns the nearest integer, the even one where two are as near: 2⁵² has no room for a fraction.
function round(x) {
  const a = Math.abs(x);
  return a < 2 ** 52 ? copysign(a + 2 ** 52 - 2 ** 52, x) : x;
}

// sign is +0 for -0 too.
function sign(x) {
  return x > 0 ? 1 : x < 0 ? -1 : x === 0 ? 0 : x;
}

function copysign(a, x) {
  return x < 0 || Object.is(x, -0) ? -a : a;
}

// selected returns a derivative, null where it is 0 because the operand was not selected.
function selected(d) {
  return d === 0 ? null : d;
}

// The error function and its relatives.

const twoOverSqrtPi = 1.1283791670955126;

// erf is the series DLMF 7.6.2 for |x| < 1, all of one sign. The error is some 2⁻⁵², relatively.
function erf(x) {
  const a = Math.abs(x);
  if (a >= 1) return sign(x) * (1 - erfc(a));
  let sum = x;
  for (let n = 1, t = x; n < 20; n++) {
    t *= (2 * x * x) / (2 * n + 1);
    sum += t;
  }
  return twoOverSqrtPi * Math.exp(-x * x) * sum;
}

// erfc keeps its digits where it is small: some 2⁻⁵¹, relatively.
function erfc(x) {
  if (!(x >= 0.5)) return 1 - erf(x);
  if (x > 28) return 0;
  const h = Math.fround(x); // its square is exact
  return Math.exp(-h * h) * Math.exp((h - x) * (h + x)) * erfcxFraction(0, x);
}

function erfcx(x) {
  return erfcx_derivative(0, x);
}

// erfcx_derivative returns the n-th derivative of e^x²·erfc x by the recurrence of the repeated integrals of erfc,
// DLMF 7.18.7: upwards where it adds, by quotients downwards where it would cancel.
function erfcx_derivative(n, x) {
  let e;
  if (x === Infinity) return 0;
  if (x >= 2 || (n > 0 && x >= 0.5)) {
    e = erfcxFraction(n, x);
  } else {
    const h = Math.fround(x);
    e = (Math.abs(h) === Infinity ? Infinity : Math.exp(h * h) * Math.exp((x - h) * (x + h))) * erfc(x);
    for (let k = 1, before = 0; k <= n; k++) {
      const rest = k > 1 ? 2 * (k - 1) * before : twoOverSqrtPi;
      before = e;
      e = rest - 2 * x * e;
    }
  }
  return n % 2 === 1 ? -e : e;
}

// erfcxFraction is the n-th derivative without its sign, for x ≥ ½, by the continued fraction of Gautschi (1970).
function erfcxFraction(n, x) {
  const last = 3 * n + 20 + Math.trunc(200 / (x * x));
  let r = 1 / (x + Math.sqrt(x * x + 2 * (last + 1)));
  let e = twoOverSqrtPi;
  for (let k = last; k >= 0; k--) {
    r = 0.5 / (x + (k + 1) * r);
    if (k === 0) e *= r;
    else if (k <= n) e *= 2 * k * r;
  }
  return e;
}

// erfinv is Newton's method for erf from the first terms of its series, DLMF 7.17.2.
function erfinv(x) {
  const a = Math.abs(x);
  if (!(a <= 1)) return NaN;
  if (a > 0.5) return sign(x) * erfcinv(1 - a); // the difference is exact
  let y = (x / twoOverSqrtPi) * (2 + (Math.PI / 6) * x * x) * 0.5;
  for (let i = 0; i < 4; i++) y -= ((erf(y) - x) / twoOverSqrtPi) * Math.exp(y * y);
  return y;
}

// erfcinv is Newton's method for ln erfc, which is nearly a parabola, from an approximation by Winitzki (2008).
function erfcinv(x) {
  if (!(x >= 0 && x <= 2)) return NaN;
  if (x > 1) return -erfcinv(2 - x); // the difference is exact
  if (x === 0) return Infinity;
  if (x > 0.5) return erfinv(1 - x); // exact too
  const log = Math.log(x * (2 - x));
  const b = 2 / (Math.PI * 0.147) + log / 2;
  let y = Math.sqrt(Math.sqrt(b * b - log / 0.147) - b);
  for (let i = 0; i < 5; i++) {
    const e = erfcx(y);
    y += ((Math.log(e) - y * y - Math.log(x)) * e) / twoOverSqrtPi;
  }
  return y;
}

// The gamma function and its relatives. Near a root for x < 0 the error is some 2⁻⁵¹ of 1, not of the value.

// zetaTail are B₂ⱼ/(2j)! for j = 1, 2, ...
const zetaTail = [1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368e3, 1 / 747242496e2, -3617 / 1067062284288e4];

// zeta returns the sum of (q+k)⁻ˢ over k = 0, 1, ..., for an integer s ≥ 2 and q > 0, by Euler's and Maclaurin's formula,
// DLMF 25.11.43.
function zeta(s, q) {
  let sum = 0;
  for (; q < 10 + s; q++) sum += Math.pow(q, -s);
  let t = Math.pow(q, 1 - s);
  sum += t / (s - 1) + (0.5 * t) / q;
  t *= s / q / q;
  for (let j = 0; j < zetaTail.length; j++) {
    sum += zetaTail[j] * t;
    t *= ((s + 2 * j + 1) / q) * ((s + 2 * j + 2) / q);
  }
  return sum;
}

// lgamma is Stirling's series from 10 on, the series about 2 below; between them Γ(x+1) = x·Γ(x).
function lgamma(x) {
  const a = Math.abs(x);
  if (!(a < Infinity)) return a;
  if (x <= 0 && x === Math.floor(x)) return Infinity;
  if (a < 1e-18) return -Math.log(a);
  if (x < 0) return Math.log(Math.PI / Math.abs(a * sincosPi(a)[0])) - lgamma(a); // DLMF 5.5.3
  if (x < 0.5) return lgammaNear2(x) - Math.log(x) - Math.log1p(x);
  if (x < 1.5) return lgammaNear2(x - 1) - Math.log1p(x - 1);
  if (x >= 10) return (x - 0.5) * Math.log(x) - x + (0.9189385332046728 + stirlingRest(x));
  let p = 1;
  while (x > 2.5) {
    x -= 1;
    p *= x;
  }
  return lgammaNear2(x - 2) + Math.log(p);
}

// lgammaNear2 returns ln Γ(2+z) for |z| ≤ ½: DLMF 5.7.3.
function lgammaNear2(z) {
  let y = 0;
  for (let i = zetaFrom2.length - 1; i >= 0; i--) y = (y + zetaFrom2[i]) * z;
  return (y + 0.42278433509846714) * z;
}

// zetaFrom2 are (-1)ᵏ·(ζ(k)-1)/k for k = 2, 3, ...
const zetaFrom2 = Array.from({ length: 28 }, (_, i) => ((i % 2 === 0 ? 1 : -1) * zeta(i + 2, 2)) / (i + 2));

// stirlingRest returns ln Γ(x) - [(x-½)·ln x - x + ½·ln 2π] for x ≥ 10: DLMF 5.11.1.
function stirlingRest(x) {
  let y = 0;
  for (let i = stirlingTail.length - 1; i >= 0; i--) y = y / (x * x) + stirlingTail[i];
  return y / x;
}

const stirlingTail = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];

// digamma is the series about its root, DLMF 5.15.1, and the asymptotic one, DLMF 5.11.2.
function digamma(x) {
  if (x !== x || x === -Infinity) return NaN;
  if (x === Infinity) return x;
  if (x === 0) return -1 / x;
  if (x < 0 && x === Math.floor(x)) return NaN; // a pole with both signs
  if (x < 0) return digamma(1 - x) - Math.PI * cotPi(x); // DLMF 5.5.4
  const d = x - digammaRoot;
  let y = 0;
  if (Math.abs(d) < 0.3) {
    for (let i = digammaSeries.length - 1; i >= 0; i--) y = (y + digammaSeries[i]) * d;
    return y - 9.2412655217294275e-17; // the root is not a float64
  }
  for (; x < 10; x++) y -= 1 / x;
  let tail = 0;
  for (let i = digammaTail.length - 1; i >= 0; i--) tail = (tail + digammaTail[i]) / (x * x);
  return y + (Math.log(x) - 0.5 / x - tail);
}

const digammaRoot = 1.4616321449683623;

const digammaSeries = Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? 1 : -1) * zeta(i + 2, digammaRoot));

// digammaTail are B₂ₖ/2k for k = 1, 2, ...
const digammaTail = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160];

// polygamma returns the n-th derivative of digamma, DLMF 5.15.1 and 5.15.6.
function polygamma(n, x) {
  if (n === 0) return digamma(x);
  if (n > 170 || x !== x || x === -Infinity) return NaN;
  if (x === Infinity) return 0;
  if (x <= 0 && x === Math.floor(x)) return n % 2 === 1 ? Infinity : x === 0 ? -1 / x : NaN;
  if (x < 0) {
    const y = polygamma(n, 1 - x);
    return (n % 2 === 1 ? -y : y) - Math.pow(Math.PI, n + 1) * cotDerivative(n, cotPi(x));
  }
  let y = zeta(n + 1, x);
  for (let k = 2; k <= n; k++) y *= k;
  return n % 2 === 0 ? -y : y;
}

// cotPi returns cot πx for x < 0.
function cotPi(x) {
  let r = x % 1;
  if (r < -0.5) r++;
  const a = Math.abs(r);
  return a > 0.25 ? copysign(Math.tan(Math.PI * (0.5 - a)), r) : 1 / Math.tan(Math.PI * r);
}

// cotDerivative returns the n-th derivative of cot as a polynomial in c, its value: c' = -(1+c²).
function cotDerivative(n, c) {
  let p = [0, 1];
  for (; n > 0; n--) {
    const q = new Array(p.length + 1).fill(0);
    for (let k = 1; k < p.length; k++) {
      q[k - 1] -= k * p[k];
      q[k + 1] -= k * p[k];
    }
    p = q;
  }
  return p.reduceRight((y, a) => y * c + a, 0);
}

// lbeta returns ln B(a, b). The large terms of ln Γ(b) and ln Γ(a+b) are subtracted by hand, as in TOMS 708.
function lbeta(a, b) {
  if (a > b) [a, b] = [b, a];
  if (!(a >= 0 && b >= 0) || (a === 0 && b === Infinity)) return NaN;
  if (a === 0) return Infinity;
  if (b === Infinity) return -Infinity;
  let p = 1;
  for (; b < 10; b++) p *= 1 + a / b;
  const r = a / b;
  const rise = Math.log1p(r); // ln((a+b)/b)
  const shift = b * rise; // a little less than a
  const sum = stirlingRest(b) - (a + b < Infinity ? stirlingRest(a + b) : 0) + Math.log(p);
  if (a < 10) return lgamma(a) - a * (Math.log(b) + rise) + (a - shift) + (0.5 * rise + sum);
  return (a - 0.5) * (Math.log(r) - rise) - shift - 0.5 * Math.log(b) + (0.9189385332046728 + stirlingRest(a) + sum);
}

// digamma_difference returns ψ(a+b) - ψ(a): DLMF 5.5.2 and 5.11.2, the differences of their terms taken one by one.
function digamma_difference(a, b) {
  if (!(a >= 0 && b >= 0) || (a === b && (a === 0 || a === Infinity))) return NaN;
  if (b === Infinity || (a === 0 && b > 0)) return Infinity;
  if (a === Infinity || b === 0) return 0;
  let y = 0;
  for (; a < 10; a++) y += b / (a + b) / a;
  const c = a + b;
  const first = b / c / a; // 1/a - 1/c
  const d = first * (1 / a + 1 / c);
  let tail = 0;
  let power = d;
  let v = 1;
  for (const t of digammaTail) {
    tail += t * power;
    v /= c * c;
    power = power / (a * a) + v * d;
  }
  return y + (Math.log1p(b / a) + 0.5 * first + tail);
}

// sinc_derivative returns the n-th derivative of sin(πx)/(πx) by the recurrence x·f⁽ⁿ⁾ + n·f⁽ⁿ⁻¹⁾ = (sin πx)⁽ⁿ⁾/π, forwards
// for large x and backwards for small: Gautschi (1967).
function sinc_derivative(n, x) {
  const z = Math.abs(x);
  if (!(z < Infinity)) return z === Infinity ? 0 : z;
  const [s, c] = sincosPi(z);
  const waves = [s, c, -s, -c];
  let g = 0; // what the recurrence for small x begins with is forgotten on the way
  if (n === 0 && z < 1e-9) return 1;
  if (n === 0 || z > (n + 1) / Math.PI) {
    g = s / z;
    for (let k = 1; k <= n; k++) g = (waves[k % 4] - (k / Math.PI) * g) / z;
  } else {
    for (let k = 2 * n + 30; k > n; k--) g = (waves[k % 4] - z * g) * (Math.PI / k);
  }
  if (x < 0 && n % 2 === 1) g = -g;
  return n === 1 ? g : g * Math.pow(Math.PI, n - 1);
}

// sincosPi returns sin πx and cos πx for x ≥ 0, of an argument that is reduced without rounding.
function sincosPi(x) {
  x %= 2;
  const q = Math.round(2 * x);
  const r = Math.PI * (x - q / 2);
  const s = Math.sin(r);
  const c = Math.cos(r);
  return [[s, c], [c, -s], [0 - s, -c], [-c, s]][q % 4];
}
