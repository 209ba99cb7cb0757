/** Sessions as the server answers them. */

import { ask } from "../../ask";
import { live } from "../../live/live.svelte";
import type { SessionStatus } from "../../live/payloads";

export interface Session {
  session_id: string;
  label: string;
  started_at: string;
  ended_at: string | null;
  energy_wh: number | null;
  price_per_kwh: string | null;
  currency: string | null;
  amount: string | null;
  flags: string[];
  driver: string | null;
  vehicle: string | null;
  plate: string | null;
  cost_centre: string | null;
  point: string;
  void: boolean;
}

export interface Slice {
  since: string;
  until: string;
  energy_wh: number;
  tariff: string;
  price_per_kwh: string | null;
  estimated: boolean;
}

export interface Correction {
  at: string;
  who: string;
  why: string;
  changes: Record<string, string | number | boolean>;
}

export interface WholeSession extends Session {
  token_id: string;
  meter_start_wh: number | null;
  meter_start_quality: string;
  meter_end_wh: number | null;
  meter_serial: string | null;
  settled_at: string | null;
  reason: string | null;
  trigger: string;
  odometer_km: number | null;
  slices: Slice[];
  corrections: Correction[];
  original: WholeSession | null;
}

/** What sessions and statements can be of. */
export interface Names {
  cards: string[];
  drivers: string[];
  vehicles: string[];
  cost_centres: string[];
  points: string[];
  profiles: string[];
  languages: string[];
  timezone: string;
  currency: string | null;
  only_driver: string | null;
  /** The month of the first session or reading, as 2026-01. */
  first_month: string | null;
}

export const namesOf = () => ask.get<Names>("sessions/names");

/** Return what the flow says of the sessions that are under way now. */
export function underWay(): SessionStatus[] {
  const nodes = live.site?.nodes ?? [];
  const levels = nodes.flatMap((node) => Object.values(node.levels));
  return levels.filter((one) => one.type === "SessionStatus").map((one) => one.value as SessionStatus);
}

/** Return a text that is another once a session has begun, goes on or has ended. */
export function happened(): string {
  return underWay().map((one) => `${one.session_id} ${one.phase}`).join();
}

/** Return what is known of the energy of a session by now. */
export function energyOf(session: Session): number | null {
  if (session.ended_at !== null) return session.energy_wh;
  const now = underWay().find((one) => one.session_id === session.session_id);
  return now?.energy_wh ?? session.energy_wh;
}
