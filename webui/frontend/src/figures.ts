/** Numbers and times as a person reads them, by the browser's own locale. */

export const UNKNOWN = "unknown";

const DAY_MS = 86_400_000;

function number(value: number, digits: number): string {
  return value.toLocaleString(undefined, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** Return a number with its unit; what is not known is never 0. */
export function quantity(value: number | null | undefined, unit: string, digits: number): string {
  return value == null ? UNKNOWN : `${number(value, digits)} ${unit}`;
}

export function power(watts: number | null | undefined): string {
  if (watts == null) return UNKNOWN;
  return Math.abs(watts) < 1000 ? quantity(watts, "W", 0) : quantity(watts / 1000, "kW", 2);
}

export function energy(watt_hours: number | null | undefined): string {
  return watt_hours == null ? UNKNOWN : quantity(watt_hours / 1000, "kWh", 2);
}

export function money(amount: string | null, currency: string | null): string {
  if (amount === null || currency === null) return UNKNOWN;
  return Number(amount).toLocaleString(undefined, { style: "currency", currency });
}

/** Return what energy costs to the cent, rounded half up as the ledger does, in whole numbers. */
export function cost(watt_hours: number, price_per_kwh: string): string {
  const [whole = "0", part = ""] = price_per_kwh.split(".");
  const scale = 10n ** BigInt(part.length);
  const thousandths = BigInt(watt_hours) * BigInt(whole + part); // of the currency, times scale
  const cents = (thousandths + 5n * scale) / (10n * scale);
  return `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;
}

/** Return the time of day, with the date when it is another day than `now`. */
export function clock(iso: string, now: number): string {
  const at = new Date(iso);
  const time = at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  if (at.toDateString() === new Date(now).toDateString()) return time;
  return `${at.toLocaleDateString(undefined, { day: "numeric", month: "short" })}, ${time}`;
}

/** Return a time to the second, for who points at it. */
export function exactly(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** Return how long ago something was, in one unit. */
export function age(iso: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds * 1000 < DAY_MS) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor((seconds * 1000) / DAY_MS)} d`;
}

/** Return how long something took, in hours and minutes. */
export function duration(from: string, to: string): string {
  const minutes = Math.round((Date.parse(to) - Date.parse(from)) / 60_000);
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours} h ${String(minutes % 60).padStart(2, "0")}` : `${minutes} min`;
}
