// Numbers and moments as people read them. An unknown value is a dash, never a zero.

export const UNKNOWN = "–";
const THIN = "\u202f";
const MINUS = "\u2212";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const clockTime = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const dayTime = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});
const fullTime = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "long", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit",
});

/** @param {number | null | undefined} value */
export const isKnown = (value) => typeof value === "number" && Number.isFinite(value);

const minus = (text) => text.replace("-", MINUS);

/** 12,345 */
export const count = (value) => (isKnown(value) ? whole.format(value) : UNKNOWN);

/** 0.031 with so many decimals. */
export const decimal = (value, digits = 2) =>
  (isKnown(value) ? minus(withoutNegativeZero(value, digits)) : UNKNOWN);

/** +0.031 or −0.031. */
export const signed = (value, digits = 2) => {
  if (!isKnown(value)) return UNKNOWN;
  const text = withoutNegativeZero(value, digits);
  return minus(text.startsWith("-") || Number(text) === 0 ? text : `+${text}`);
};

/** 0.314 as 31.4 %. */
export const percent = (share, digits = 0) =>
  (isKnown(share) ? `${decimal(share * 100, digits)}${THIN}%` : UNKNOWN);

/** A probability in whole percent, never rounded to certainty or impossibility. */
export const chance = (share) => {
  if (!isKnown(share)) return UNKNOWN;
  if (share > 0 && share < 0.01) return `under 1${THIN}%`;
  if (share > 0.99 && share < 1) return `over 99${THIN}%`;
  return percent(share);
};

/** A rate a second: small ones keep a decimal. */
export const rate = (value) => {
  if (!isKnown(value)) return UNKNOWN;
  return value >= 100 ? whole.format(value) : decimal(value, 1);
};

function withoutNegativeZero(value, digits) {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

/** @param {number} n @param {string} one @param {string} [many] */
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** Moments are milliseconds since 1970; `null` is unknown. */
export const iso = (at) => (isKnown(at) ? new Date(at).toISOString() : UNKNOWN);
export const time = (at) => (isKnown(at) ? clockTime.format(at) : UNKNOWN);
export const moment = (at) => (isKnown(at) ? fullTime.format(at) : UNKNOWN);
export const day = (at) => (isKnown(at) ? dayTime.format(at) : UNKNOWN);

/** A length of time in the largest units that say enough. */
export function span(milliseconds) {
  if (!isKnown(milliseconds)) return UNKNOWN;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 90) return plural(seconds, "second");
  if (seconds < 5400) return plural(Math.round(seconds / 60), "minute");
  if (seconds < 129600) return plural(Math.round(seconds / 3600), "hour");
  return plural(Math.round(seconds / 86400), "day");
}

/** How much faster a simulated clock runs, as what one second is worth. */
export const speed = (factor) => `one second here is ${span(factor * 1000)} for them`;
