// Numbers and times as the visitor's locale writes them, in the visitor's time zone.

export const NONE = "–";

const integerFormat = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const compactFormat = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const rateFormat = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const fixed = (digits, options) =>
  new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits, ...options });
const percentFormat = fixed(1, { style: "percent" });
const wholePercentFormat = fixed(0, { style: "percent" });
const sentimentFormat = fixed(2, { signDisplay: "exceptZero" });
const pointsFormat = fixed(1, { signDisplay: "exceptZero" });
const ratingFormat = fixed(2);

const time = (options) => new Intl.DateTimeFormat(undefined, options);
const clockFormat = time({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minuteFormat = time({ hour: "2-digit", minute: "2-digit" });
const dayFormat = time({ day: "numeric", month: "short" });
const dateFormat = time({ day: "numeric", month: "short", year: "numeric" });
const utcDateFormat = time({ day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const monthFormat = time({ month: "short", year: "numeric" });
const momentFormat = time({ day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
const zoneFormat = time({ timeZoneName: "short" });

const minus = (text) => text.replace("-", "\u2212");
const orNone = (format) => (value) => (value === null || value === undefined ? NONE : format(value));

export const integer = orNone((n) => integerFormat.format(n));
/** In full up to a million, then "1.4M": a figure that fits its tile. */
export const count = orNone((n) => (n < 1e6 ? integerFormat : compactFormat).format(n));
/** "1 record", "2 records". */
export const plural = (n, noun) => `${integer(n)} ${noun}${n === 1 ? "" : "s"}`;
/** Per second: a digit after the point while it is small. */
export const rate = orNone((n) => (n < 10 ? rateFormat : integerFormat).format(n));
export const percent = orNone((ratio) => percentFormat.format(ratio));
export const wholePercent = orNone((ratio) => wholePercentFormat.format(ratio));
export const sentiment = orNone((value) => minus(sentimentFormat.format(value)));
/** A difference of two ratios in percentage points. */
export const points = orNone((difference) => `${minus(pointsFormat.format(difference * 100))} pts`);
/** A number with so many digits, signed only below 0. */
export const decimal = (value, digits) => minus(fixed(digits).format(value));
export const rating = orNone((mean) => ratingFormat.format(mean));
/** An interval of a ratio, `[low, high]`, with one percent sign where the locale puts it at the end. */
export const interval = orNone(([low, high]) => {
  const from = percent(low);
  return `${from.replace(/\s*%$/, "")}\u2013${percent(high)}`;
});

/** How sure every interval here is, written as the visitor's locale writes the shares beside it. */
export const LEVEL = wholePercent(0.95);

/** An interval of a sentiment. */
export const sentiments = orNone(([low, high]) => `${sentiment(low)} to ${sentiment(high)}`);
/** An interval of a difference, in percentage points. */
export const pointsInterval = orNone(([low, high]) => `${points(low).replace(/ pts$/, "")} to ${points(high)}`);
/** A sentence of the API as the page writes its own figures: real minus signs, and the level in the locale's way. */
export const prose = orNone((text) => text.replace(/(?<![\w-])-(?=\d)/g, "\u2212").replaceAll("95 %", LEVEL));
/** A p-value: to two digits, and below a ten-thousandth only that it is. */
export const pValue = orNone((p) =>
  p < 0.0001 ? "p < 0.0001" : `p = ${p < 0.1 ? Number(p.toPrecision(2)) : p.toFixed(2)}`,
);

export const clock = orNone((ms) => clockFormat.format(ms));
export const minute = orNone((ms) => minuteFormat.format(ms));
export const day = orNone((ms) => dayFormat.format(ms));
export const date = orNone((ms) => dateFormat.format(ms));
/** The day of a daily bucket: those are cut at midnight UTC. */
export const utcDate = orNone((ms) => utcDateFormat.format(ms));
export const month = orNone((ms) => monthFormat.format(ms));
export const moment = orNone((ms) => momentFormat.format(ms));

/** Today's moments as a time of day, others with their date. */
export const when = orNone((ms) => {
  const sameDay = new Date(ms).toDateString() === new Date().toDateString();
  return sameDay ? clock(ms) : moment(ms);
});

/** The visitor's time zone, "CET". */
export function zone() {
  return zoneFormat.formatToParts(Date.now()).find((part) => part.type === "timeZoneName")?.value ?? "";
}

const UNITS = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
];

/** The largest whole unit: "3 min". */
export const duration = orNone((ms) => {
  const [size, unit] = UNITS.find(([unitMs]) => ms >= unitMs) ?? UNITS.at(-1);
  return `${integerFormat.format(Math.round(ms / size))} ${unit}`;
});

const WORDS = [
  [0.6, "very good"],
  [0.2, "mostly good"],
  [-0.2, "mixed"],
  [-0.6, "mostly bad"],
  [-Infinity, "very bad"],
];

/** A sentiment in words. */
export const mood = orNone((value) => WORDS.find(([least]) => value >= least)[1]);
