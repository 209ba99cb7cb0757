/** What a kWh costs, as the server tells it. */

import { wording } from "../../wording/wording.svelte";
import type { Span } from "./hours";

export interface Part {
  name: string;
  per_kwh: string;
  off_peak_per_kwh: string | null;
}

export interface PriceAnswer {
  price_version_id: string;
  valid_from: string;
  valid_until: string | null;
  state: "past" | "now" | "coming";
  per_kwh: string;
  off_peak_per_kwh: string | null;
  currency: string;
  parts: Part[];
  vat_percent: string | null;
  source: string | null;
  week: Span[][] | null;
  sessions: number;
}

export interface Source {
  source: string;
  node: string;
  status: "ok" | "busy" | "warn" | "fault";
  text: string;
  prices: { since: string; until: string; per_kwh: string }[];
}

export interface PricesAnswer {
  items: PriceAnswer[];
  total: number;
  currency: string;
  timezone: string;
  calendars: string[];
  sources: Source[];
  open_sessions: number;
}

/** Return a price per kWh, with all the digits that it has. */
export function perKwh(amount: string, currency: string): string {
  return Number(amount).toLocaleString(wording.locale, {
    style: "currency",
    currency,
    minimumFractionDigits: 2,
    maximumFractionDigits: 6,
  });
}

/** Return a moment at the site: the day, and the time where it is not midnight. */
export function momentAt(iso: string, timeZone: string): string {
  const at = new Date(iso);
  const date = at.toLocaleDateString(wording.locale, { dateStyle: "medium", timeZone });
  const time = at.toLocaleTimeString(wording.locale, { timeStyle: "short", timeZone });
  return /^(00:00|24:00|12:00 ?am)$/i.test(time) ? date : `${date}, ${time}`;
}

/** Return the day of a moment at the site, as `2026-02-01`. */
export function dayAt(iso: string, timeZone: string): string {
  return new Date(iso).toLocaleDateString("sv", { timeZone });
}

/** Return the first day of the month at the site after this one, as `2026-02-01`. */
export function nextMonth(now: number, timeZone: string): string {
  const [year = 0, month = 0] = dayAt(new Date(now).toISOString(), timeZone).split("-").map(Number);
  return new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10);
}
