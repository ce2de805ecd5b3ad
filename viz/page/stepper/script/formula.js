"use strict";

// Formulas have {k} in the place of node k, and {dk} in the place of its δ.

// filled returns a formula with what text(k, isDelta) returns in the places of nodes.
function filled(formula, text) {
  return formula.replace(/\{(d?)(\d+)\}/g, (_, d, k) => text(Number(k), d === "d"));
}

// withNumbers returns a formula with numbers. One that is negative stands in parentheses unless nothing is before it
// that could be mistaken.
function withNumbers(formula, value, digits) {
  return formula.replace(/\{(\d+)\}/g, (place, k, at) => {
    const s = number(value(Number(k)), digits);
    if (!s.startsWith("-")) return s;
    const before = formula.slice(0, at);
    const after = formula.slice(at + place.length);
    const first = before === "" || before.endsWith("(") || before.endsWith(", ");
    return first && !/^[²³^⁻ˣ]/.test(after) ? s : "(" + s + ")";
  });
}

// isSum reports whether a formula needs parentheses as a factor.
function isSum(s) {
  if (s.startsWith("-")) return true;
  let depth = 0;
  for (let i = 0; i < s.length; i++) {
    if (s[i] === "(" || s[i] === "[") depth++;
    if (s[i] === ")" || s[i] === "]") depth--;
    if (depth === 0 && i > 0 && "+-?<>=".includes(s[i]) && s[i - 1] === " ") return true;
  }
  return false;
}

function asFactor(s) {
  return isSum(s) ? "(" + s + ")" : s;
}

// isolated returns a name as it stands among others: marks around one from right to left keep numbers and signs beside it
// in their order.
function isolated(name) {
  return /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u.test(name) ? "\u200e" + name + "\u200e" : name;
}

// listed joins names: a, b and c.
function listed(names) {
  if (names.length < 2) return names.join("");
  return names.slice(0, -1).join(", ") + " and " + names[names.length - 1];
}
