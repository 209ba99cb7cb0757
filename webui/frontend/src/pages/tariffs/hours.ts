/** Off-peak hours, as the server tells them; and a week of cells that somebody paints. */

import { wording } from "../../wording/wording.svelte";

/** A part of a day, [from, to) in minutes. */
export type Span = [number, number];

export interface Rule {
  rule: string;
  kind: "list" | "easter" | "yearly" | "once";
}

export interface Holiday {
  day: string;
  name: string;
  rule: string;
}

export interface CalendarAnswer {
  name: string;
  node: string | null;
  /** The gates whose hours these are: several where they stand in a subflow with several uses. */
  counts_for: string[];
  file: string;
  revision: string | null;
  pending: boolean;
  timezone: string;
  week: Span[][];
  rules: Rule[];
  countries: { country: string; subdivision: string | null; names: string[] }[];
  holidays: Holiday[];
  open_now: boolean;
  until: string | null;
}

export interface GateAnswer {
  node: string;
  calendar: string;
  enabled: boolean;
  variable: string | null;
  editable: boolean;
  /** The gates that one switch throws together. */
  counts_for: string[];
}

export interface CalendarsAnswer {
  revision: string | null;
  items: CalendarAnswer[];
  gates: GateAnswer[];
}

export interface PaintedAnswer extends CalendarsAnswer {
  version: number | null;
  diff: string;
}

const DAY = 1440;
export const DAYS = [0, 1, 2, 3, 4, 5, 6];

/** How a cell is: in the off-peak hours, not in them, or partly. */
export type Cell = "open" | "shut" | "part";

/** Return the size of a cell in minutes that shows a week exactly, if one can. */
export function stepOf(week: Span[][]): number {
  return week.flat(2).every((minute) => minute % 30 === 0) ? 30 : 15;
}

export function cellsOf(day: Span[], step: number): Cell[] {
  return Array.from({ length: DAY / step }, (_, number) => {
    const start = number * step;
    const covered = day.reduce(
      (sum, [from, to]) => sum + Math.max(0, Math.min(to, start + step) - Math.max(from, start)),
      0,
    );
    return covered === step ? "open" : covered === 0 ? "shut" : "part";
  });
}

/** Return the spans of painted cells; a cell that is partly open and was let be counts as shut. */
export function spansOf(cells: Cell[], step: number): Span[] {
  const found: Span[] = [];
  cells.forEach((cell, number) => {
    if (cell !== "open") return;
    const last = found.at(-1);
    if (last && last[1] === number * step) last[1] += step;
    else found.push([number * step, (number + 1) * step]);
  });
  return found;
}

export function timeText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

/** Return the name of a weekday, Monday being 0. */
export function dayName(day: number, form: "short" | "long"): string {
  // The first of January 2024 was a Monday.
  return new Date(Date.UTC(2024, 0, 1 + day)).toLocaleDateString(wording.locale, {
    weekday: form,
    timeZone: "UTC",
  });
}

/** Return a day, given as `2026-04-06`, with its weekday. */
export function dateText(day: string): string {
  return new Date(`${day}T00:00Z`).toLocaleDateString(wording.locale, {
    weekday: "short",
    day: "numeric",
    month: "long",
    timeZone: "UTC",
  });
}

/** Return a day of every year, given as `12-31`. */
export function yearlyText(rule: string): string {
  return new Date(`2000-${rule}T00:00Z`).toLocaleDateString(wording.locale, {
    day: "numeric",
    month: "long",
    timeZone: "UTC",
  });
}
