/** Numbers and times as a person reads them: in the viewer's language, by the clock of the site. */

import { t, wording } from "./wording/wording.svelte";

const DAY_MS = 86_400_000;

export function number(value: number, digits: number): string {
  return value.toLocaleString(wording.locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** Return a number with its unit; what is not known is never 0. */
export function quantity(value: number | null | undefined, unit: string, digits: number): string {
  return value == null ? t("shell.unknown") : `${number(value, digits)} ${unit}`;
}

export function power(watts: number | null | undefined): string {
  if (watts == null) return t("shell.unknown");
  return Math.abs(watts) < 1000 ? quantity(watts, "W", 0) : quantity(watts / 1000, "kW", 2);
}

export function energy(watt_hours: number | null | undefined): string {
  return watt_hours == null ? t("shell.unknown") : quantity(watt_hours / 1000, "kWh", 2);
}

export function money(amount: string | null, currency: string | null): string {
  if (amount === null || currency === null) return t("shell.unknown");
  return Number(amount).toLocaleString(wording.locale, { style: "currency", currency });
}

/** Return what energy costs to the cent, rounded half up as the ledger does, in whole numbers. */
export function cost(watt_hours: number, price_per_kwh: string): string {
  const [whole = "0", part = ""] = price_per_kwh.split(".");
  const scale = 10n ** BigInt(part.length);
  const thousandths = BigInt(watt_hours) * BigInt(whole + part); // of the currency, times scale
  const cents = (thousandths + 5n * scale) / (10n * scale);
  return `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;
}

function written(at: string | number, form: Intl.DateTimeFormatOptions): string {
  return new Date(at).toLocaleString(wording.locale, { ...form, timeZone: wording.zone });
}

/** Return the time of day, with the date when it is another day than `now`. */
export function clock(iso: string, now: number): string {
  const time = written(iso, { hour: "2-digit", minute: "2-digit" });
  const date = (at: string | number) => written(at, { day: "numeric", month: "short", year: "numeric" });
  if (date(iso) === date(now)) return time;
  return `${written(iso, { day: "numeric", month: "short" })}, ${time}`;
}

/** Return a time to the second, for who points at it. */
export function exactly(iso: string): string {
  return written(iso, { dateStyle: "medium", timeStyle: "medium" });
}

/** Return how long ago something was, in one unit. */
export function age(iso: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000));
  if (seconds < 60) return t("shell.seconds", { count: seconds });
  if (seconds < 3600) return t("shell.minutes", { count: Math.floor(seconds / 60) });
  if (seconds * 1000 < DAY_MS) return t("shell.hours", { count: Math.floor(seconds / 3600) });
  return t("shell.days", { count: Math.floor((seconds * 1000) / DAY_MS) });
}

/** Return how long something took, in hours and minutes. */
export function duration(from: string, to: string): string {
  const minutes = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 60_000));
  const hours = Math.floor(minutes / 60);
  if (!hours) return t("shell.minutes", { count: minutes });
  return `${t("shell.hours", { count: hours })} ${String(minutes % 60).padStart(2, "0")}`;
}
