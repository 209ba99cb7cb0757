/** What instruments are full at. */

import type { MeterReading } from "../../live/payloads";

/** What a fuse is usually made for, in ampere. */
const STEPS_A = [16, 20, 25, 32, 40, 63, 80];
const USUAL_V = 230;

export interface Scale {
  /** What a phase is full at. */
  full_a: number;
  full_w: number;
}

/** Return the limit of the installation where the flow says it; else the fuse that fits. */
export function scaleOf(reading: MeterReading | null, limit_a: number | null): Scale {
  const most_a = Math.max(0, ...(reading?.current_phases_a ?? []).map(Math.abs));
  const full_a = limit_a ?? STEPS_A.find((step) => step >= most_a) ?? most_a;
  const phases = reading?.power_phases_w.length || 3;
  return { full_a, full_w: full_a * USUAL_V * phases };
}
