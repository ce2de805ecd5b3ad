"use strict";

// How numbers are written: in as few digits as they need, and with exactly the given number of significant digits if
// they need more, so that a reader sees which ones are rounded.

function number(v, digits) {
  if (v === 0) return "0";
  if (Number.isNaN(v)) return "NaN";
  if (!Number.isFinite(v)) return v > 0 ? "+Inf" : "-Inf";
  // 0.2·0.1 in binary differs from 0.02 in the seventeenth digit: up to the twelfth a number counts as exact.
  const exact = digits < 12 ? Number(v.toPrecision(12)) : v;
  const [mantissa, exponent] = exact.toExponential().split("e");
  if (mantissa.replace(/[-.]/g, "").length <= digits) {
    const e = Number(exponent);
    return e < -4 || e >= 6 ? mantissa + power(e) : String(exact);
  }
  const [m, x] = v.toExponential(digits - 1).split("e");
  const e = Number(x);
  if (e < -4 || e >= Math.max(digits, 6)) return m + power(e);
  return v.toFixed(Math.max(digits - 1 - e, 0));
}

function power(e) {
  const n = Math.abs(e);
  return "e" + (e < 0 ? "-" : "+") + (n < 10 ? "0" : "") + n;
}

// factor is number, in parentheses if it is negative: it can follow an operator.
function factor(v, digits) {
  const s = number(v, digits);
  return s.startsWith("-") ? "(" + s + ")" : s;
}

// inLine writes the lines of a tensor, such as the rows of a matrix, as one.
function inLine(lines) {
  return lines.length > 1 ? "[" + lines.join(" ") + "]" : lines[0];
}

// exact is a number as attributes carry it: to the last bit.
function exact(v) {
  return Object.is(v, -0) ? "-0" : String(v);
}
