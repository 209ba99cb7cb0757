/** The columns of a graph as the server answers them, and as the charts draw them. */

import { ask } from "../../ask";
import type { MeterReading } from "../../live/payloads";
import type { Span } from "../../parts/chart/series";

export interface Silence {
  since: string;
  until: string | null;
  reason: string;
}

type Column = (number | null)[];

interface GraphAnswer {
  slot_s: number | null;
  times: number[];
  power_w: Column;
  min_w: Column;
  max_w: Column;
  register_wh: Column;
  energy_wh: Column;
  silences: Silence[];
}

interface PhasesAnswer {
  every_s: number | null;
  times: number[] | null;
  current_phases_a: Column[];
}

/** What is known of a time: power with its range, energy by steps, and the currents. */
export interface Drawn extends GraphAnswer {
  span: Span;
  phases: PhasesAnswer;
}

const POINTS = 2000;
const READINGS = 1000;

export interface MeterSpan {
  meter: string;
  first: string;
  newest: string;
}

export async function draw(meter: string, span: Span): Promise<Drawn> {
  const [since, until] = span.map((time) => new Date(time * 1000).toISOString());
  const query = { meter, since, until };
  const [graph, phases] = await Promise.all([
    ask.get<GraphAnswer>("usage/graph", { ...query, points: POINTS }),
    ask.get<PhasesAnswer>("usage/phases", { ...query, points: READINGS }),
  ]);
  return { ...graph, span, phases };
}

/** Return what is drawn with a reading that has just come, if it is a newer one. */
export function appended(drawn: Drawn, reading: MeterReading, span: Span): Drawn {
  const time = Date.parse(reading.time) / 1000;
  const last = drawn.times.at(-1);
  // Points that stand for a longer time are fetched anew when theirs is over.
  if (drawn.slot_s !== null || last === undefined || time <= last) return { ...drawn, span };
  const { phases } = drawn;
  const before_wh = drawn.register_wh.at(-1) ?? null;
  const risen_wh = before_wh === null ? 0 : Math.max(0, reading.energy_import_wh - before_wh);
  return {
    ...drawn,
    span,
    times: [...drawn.times, time],
    power_w: [...drawn.power_w, reading.power_w],
    min_w: [...drawn.min_w, reading.power_w],
    max_w: [...drawn.max_w, reading.power_w],
    register_wh: [...drawn.register_wh, reading.energy_import_wh],
    energy_wh: [...drawn.energy_wh.slice(0, -1), risen_wh, 0],
    phases:
      phases.times === null || phases.every_s !== null
        ? phases
        : {
            ...phases,
            times: [...phases.times, time],
            current_phases_a: phases.current_phases_a.map((column, phase) => [
              ...column,
              reading.current_phases_a[phase] ?? null,
            ]),
          },
  };
}
