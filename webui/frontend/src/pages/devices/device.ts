/** The hardware of the flow, as the server tells it. */

import type { Fault, Level } from "../../live/site";
import { t } from "../../wording/wording.svelte";

export interface Fact {
  name: string;
  value: string | number | boolean;
}

export interface Connection {
  name: string;
  type: string;
  simulated: boolean;
  open: boolean;
  place: string;
  devices: string[];
  facts: Fact[];
}

export const COUNTED = ["asked", "answered", "silent", "garbled", "late", "rested", "reopened"] as const;
export const PASSED_ON = ["received", "sent", "failed", "dropped"] as const;

export interface Device {
  id: string;
  type: string;
  connection: string | null;
  simulated: boolean;
  place: string;
  status: { level: string; text: string; since: string };
  faults: Fault[];
  levels: Record<string, Level>;
  counts: Record<(typeof PASSED_ON)[number], number>;
  made_safe: string | null;
  tally: Record<(typeof COUNTED)[number], number> | null;
  trial: "answers" | "tells" | null;
  facts: Fact[];
}

export interface Hardware {
  simulated: boolean;
  levers: boolean;
  connections: Connection[];
  devices: Device[];
}

export interface Frame {
  number: number;
  at: string;
  device: string;
  what: Record<string, unknown>;
}

export interface Frames {
  since: string;
  frames: Frame[];
}

export interface Verdict {
  device: string;
  verdict: "answers" | "told" | "bad";
  text: string;
}

/** Return what people call a type of device; its own name where the catalogue has none. */
export function kind(type: string): string {
  const said = t(`devices.type-${type}`);
  return said.startsWith("devices.") ? type : said;
}
