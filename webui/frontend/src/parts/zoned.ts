/** Moments by the clock of the site, wherever the viewer is. */

import { wording } from "../wording/wording.svelte";

type Form = Intl.DateTimeFormatOptions;

const DAY_MS = 86_400_000;

function written(iso: string, zone: string, form: Form): string {
  return new Date(iso).toLocaleString(wording.locale, { ...form, timeZone: zone });
}

/** Return a day and a time: "15 Jan 2026, 13:00". */
export function moment(iso: string, zone: string): string {
  return written(iso, zone, { dateStyle: "medium", timeStyle: "short" });
}

/** Return a day and a time with its offset from UTC, for what has to be exact. */
export function stamp(iso: string, zone: string): string {
  const form: Form = { day: "numeric", month: "short", year: "numeric" };
  const time: Form = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
  return written(iso, zone, { ...form, ...time, timeZoneName: "shortOffset" });
}

/** Return a time of day. */
export function time(iso: string, zone: string): string {
  return written(iso, zone, { timeStyle: "short" });
}

/** Return a moment as a field for a date and a time wants it: "2026-01-15T13:00:00". */
export function field(iso: string, zone: string): string {
  const at = new Date(iso).toLocaleString("sv-SE", { timeZone: zone });
  return at.replace(" ", "T");
}

/** Return the moment that such a field names, in UTC; of an hour that comes twice, one of the two. */
export function instant(said: string, zone: string): string {
  const wall_ms = Date.parse(`${said}Z`);
  const ahead_ms = (at: number) => Date.parse(`${field(new Date(at).toISOString(), zone)}Z`) - at;
  return new Date(wall_ms - ahead_ms(wall_ms - ahead_ms(wall_ms))).toISOString();
}

/** Return the moments, in UTC, at which the clock showed what a field says: two in autumn, none in spring. */
export function moments(said: string, zone: string): string[] {
  const wanted = said.length === "2026-01-15T13:00".length ? `${said}:00` : said;
  const wall_ms = Date.parse(`${wanted}Z`);
  if (Number.isNaN(wall_ms)) return [];
  const ahead_ms = (at: number) => Date.parse(`${field(new Date(at).toISOString(), zone)}Z`) - at;
  const perhaps = new Set([-DAY_MS, DAY_MS].map((by) => wall_ms - ahead_ms(wall_ms + by)));
  const found = [...perhaps].sort((one, other) => one - other);
  return found.map((at) => new Date(at).toISOString()).filter((at) => field(at, zone) === wanted);
}

/** Return the day that it is, as "2026-01-15". */
export function today(zone: string): string {
  return new Date().toLocaleDateString("sv-SE", { timeZone: zone });
}

/** Return the day so many days after another. */
export function daysAfter(day: string, days: number): string {
  const at = new Date(`${day}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** Return a period as a person names it: a month, a year, or its first and last day. */
export function periodText(period: string): string {
  const [first = "", until] = period.split("_");
  const form = (day: string, how: Form) =>
    new Date(`${day}T12:00:00Z`).toLocaleDateString(wording.locale, { ...how, timeZone: "UTC" });
  if (until) {
    const days: Form = { dateStyle: "medium" };
    return `${form(first, days)} – ${form(daysAfter(until, -1), days)}`;
  }
  if (first.length === 4) return first;
  return form(`${first}-01`, { month: "long", year: "numeric" });
}

/** Return the name of a month such as "2026-01". */
export function monthName(period: string): string {
  const form: Form = { month: "long", timeZone: "UTC" };
  return new Date(`${period}-01T12:00:00Z`).toLocaleDateString(wording.locale, form);
}
