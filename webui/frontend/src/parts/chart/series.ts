/** What a chart draws: columns of values over one column of times. */

export interface Series {
  name: string;
  /** Series of one unit share an axis; the second unit's is on the right. */
  unit: string;
  /** One value for each time; null where it is not known, which is drawn as a gap. */
  values: (number | null)[];
  /** The lowest and highest around each value, drawn as a band. */
  low?: (number | null)[];
  high?: (number | null)[];
  as?: "line" | "area" | "steps" | "bars";
  /** How many decimals its values have. */
  digits?: number;
  colour?: Colour;
}

/** Names of colours of the page, which day and night each have their own of. */
export type Colour = "accent" | "info-ink" | "warn" | "bad" | "muted";

export const COLOURS: readonly Colour[] = ["accent", "info-ink", "warn", "bad", "muted"];

export type Span = readonly [from: number, until: number];

/** Return the colour of a series: its own, or that of its place. */
export function colourOf(series: Series, place: number): Colour {
  return series.colour ?? COLOURS[place % COLOURS.length]!;
}

/** Return a span within `all`, as long as `span` if that fits, at least `shortest`. */
export function within(span: Span, all: Span, shortest: number): Span {
  const length = Math.min(all[1] - all[0], Math.max(shortest, span[1] - span[0]));
  const middle = (span[0] + span[1]) / 2;
  const from = Math.min(Math.max(all[0], middle - length / 2), all[1] - length);
  return [from, from + length];
}

/** Return the span `factor` times as long around the same place, which is a share of it. */
export function scaled(span: Span, factor: number, place = 0.5): Span {
  const length = span[1] - span[0];
  const at = span[0] + length * place;
  return [at - length * factor * place, at + length * factor * (1 - place)];
}

export function moved(span: Span, share: number): Span {
  const by = (span[1] - span[0]) * share;
  return [span[0] + by, span[1] + by];
}

/** Return the indices of the times in a span. */
export function indices(times: readonly number[], [from, until]: Span): [number, number] {
  return [firstFrom(times, from), firstFrom(times, until, true)];
}

/** Return the index of the first time at or after a moment, or after it. */
function firstFrom(times: readonly number[], moment: number, after = false): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const time = times[middle]!;
    if (time < moment || (after && time === moment)) low = middle + 1;
    else high = middle;
  }
  return low;
}
