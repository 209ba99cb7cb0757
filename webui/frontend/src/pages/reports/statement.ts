/** Statements as the server answers them. */

import { daysAfter, today } from "../../parts/zoned";
import type { Names } from "../sessions/session";

const MOST_MONTHS = 600;

export interface Line {
  session_id: string;
  label: string;
  vehicle: string | null;
  plate: string | null;
  started_at: string;
  ended_at: string;
  meter_start_wh: number | null;
  meter_end_wh: number | null;
  energy_wh: number | null;
  price_per_kwh: string | null;
  amount: string | null;
  reimbursable: string | null;
  remarks: string;
}

export interface Reconciliation {
  counted_wh: number;
  sessions_wh: number;
  others_wh: number;
  unfinished_wh: number;
  unattributed_wh: number;
}

export interface Preview {
  period: string;
  sessions: number;
  energy_wh: number;
  total: string;
  currency: string;
  reimbursable: string | null;
  reconciliation: Reconciliation | null;
  warnings: { code: string; count: number }[];
  facts: { what: string; value: string }[];
  lines: Line[];
  sums: { what: string; value: string; unit: string }[];
  notes: string[];
}

export interface Version {
  number: string;
  version: number;
  period: string;
  only_of: Record<string, string>;
  profile: string;
  sessions: number;
  energy_wh: number;
  total: string;
  currency: string;
  issued_at: string;
  issued_by: string;
  content_hash: string;
  ledger_hash: string;
  replaces: string | null;
  changed: string[];
  latest: boolean;
}

export interface WholeVersion extends Version {
  files: { name: string; sha256: string; verdict: "sound" | "altered" | "missing" }[];
  /** Where the driver or cost centre that it is of gets it; told to who keeps the books. */
  own_to: string | null;
}

export interface Month {
  period: string;
  sessions: number;
  energy_wh: number;
  amount: string;
  /** Sessions whose energy or cost is not known: they are not in the sums. */
  unknown: number;
}

/** Of whom a statement may be, and how: names in the address and in the query alike. */
export const ASKED = ["period", "card", "driver", "vehicle", "cost_centre", "point", "profile", "language"] as const;
export type Asked = Record<(typeof ASKED)[number], string | null>;

/** Return the months of which there may be a statement, this one first, by the clock of the site. */
export function monthsOf({ timezone, first_month }: Names): string[] {
  const found = [today(timezone).slice(0, 7)];
  while (first_month !== null && found.at(-1)! > first_month && found.length < MOST_MONTHS)
    found.push(daysAfter(`${found.at(-1)}-01`, -1).slice(0, 7));
  return found;
}

/** Return the month that somebody most likely wants: the last that is over, if there is one. */
export function usualMonth(names: Names): string {
  const [now = "", over = now] = monthsOf(names);
  return over;
}
