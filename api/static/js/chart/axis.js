// Where the marks of an axis go, and what stands beside them. Pure functions.

import * as format from "../core/format.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CLOCK_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * MINUTE);
const DAY_STEPS = [1, 2, 7, 14];
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60];

/**
 * Marks of a time axis on the visitor's own clock: whole minutes, hours, days or months.
 * @param {number} from ms
 * @param {number} to ms
 * @param {number} most how many labels have room
 * @returns {{ms: number, label: string}[]}
 */
export function timeTicks(from, to, most) {
  const room = (to - from) / Math.max(1, most);
  const clockStep = CLOCK_STEPS.find((step) => step >= room);
  if (clockStep) return clockTicks(from, to, clockStep);
  const days = DAY_STEPS.find((step) => step * DAY >= room);
  if (days) return calendarTicks(from, to, (date) => date.setDate(date.getDate() + days), format.day);
  const months = MONTH_STEPS.find((step) => step * 30 * DAY >= room) ?? 120;
  return calendarTicks(from, to, (date) => date.setMonth(date.getMonth() + months), format.month, true);
}

function clockTicks(from, to, step) {
  const offset = new Date(from).getTimezoneOffset() * MINUTE;
  const ticks = [];
  for (let ms = Math.ceil((from - offset) / step) * step + offset; ms <= to; ms += step) {
    const isMidnight = new Date(ms).getHours() === 0 && new Date(ms).getMinutes() === 0;
    ticks.push({ ms, label: isMidnight ? format.day(ms) : format.minute(ms) });
  }
  return ticks;
}

function calendarTicks(from, to, advance, label, fromMonthStart = false) {
  const date = new Date(from);
  date.setHours(0, 0, 0, 0);
  if (fromMonthStart) date.setDate(1);
  const ticks = [];
  for (; date.getTime() <= to; advance(date)) {
    if (date.getTime() >= from) ticks.push({ ms: date.getTime(), label: label(date.getTime()) });
  }
  return ticks;
}

/** The largest of 1, 2 or 5 times a power of ten that is not above `value`: a round mark on a count axis. */
export function roundBelow(value) {
  if (value < 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [5, 2, 1].map((factor) => factor * power).find((candidate) => candidate <= value);
}

/**
 * Lowest and highest value of a chart and its marks. Only a few domains exist, so that the line does not seem to move
 * while in truth the axis does.
 * @param {"sentiment" | "share"} metric
 * @param {number} lowest of the values drawn
 * @returns {{low: number, high: number, middle: number, ticks: number[], text: (value: number) => string}}
 */
export function valueAxis(metric, lowest) {
  if (metric === "share") {
    const low = lowest >= 0.5 ? 0.5 : 0;
    const ticks = low ? [0.5, 0.625, 0.75, 0.875, 1] : [0, 0.25, 0.5, 0.75, 1];
    const text = (value) => (low ? format.percent(value) : format.wholePercent(value));
    return { low, high: 1, middle: 0.5, ticks, text };
  }
  const low = lowest >= 0 ? 0 : -1;
  const ticks = low ? [-1, -0.5, 0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1];
  return { low, high: 1, middle: 0, ticks, text: format.sentiment };
}
