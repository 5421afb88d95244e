// Numbers as the page writes them; always with a point and, from 10,000 on, commas.
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** 12345 as 12,345. */
export const count = (n) => whole.format(n);

/** 3410176 as 3.41M. */
export const compact = (n) => short.format(n);

/** With so many digits behind the point. */
export const fixed = (n, digits) => n.toFixed(digits);

/** A speed: three digits are enough for anybody. */
export const rate = (n) => (n >= 100 ? whole.format(n) : n >= 10 ? n.toFixed(1) : n.toFixed(2));

/** Milliseconds, or seconds from one second on. */
export const duration = (ms) => (ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms)} ms`);

/** A part of one in percent. */
export const percent = (part) => `${Math.round(part * 100)} %`;

/** "1 token", "2 tokens". */
export const plural = (n, thing) => `${count(n)} ${thing}${n === 1 ? "" : "s"}`;
