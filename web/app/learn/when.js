// Moments to come, as a learner says them: today, tomorrow, on Thursday, in 12 days.

import { words } from "./words.js";

const DAY_MS = 86_400_000;
const weekday = new Intl.DateTimeFormat("en", { weekday: "long" });

const midnight = (at) => new Date(at).setHours(0, 0, 0, 0);

/**
 * @param {string} at a moment of the server
 * @param {string} now the server's own time: in a demonstration it runs ahead of this device's
 */
export function when(at, now) {
  const [then, from] = [Date.parse(at), Date.parse(now)];
  const days = Math.round((midnight(then) - midnight(from)) / DAY_MS);
  if (days <= 0) return words.today;
  if (days === 1) return words.tomorrow;
  const sameClock = Math.abs(Date.now() - from) < DAY_MS / 2;
  return days < 7 && sameClock ? words.onDay(weekday.format(then)) : words.inDays(days);
}

/** The first letter large, for the beginning of a line. */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
