/** The drawing of a chart by uPlot: what it is told, and in which colours. */

import type uPlot from "uplot";

import { colourOf, type Colour, type Series, type Span } from "./series";
import type { Clockwork } from "./ticks";

type Plot = typeof uPlot;

export interface Drawn {
  series: readonly Series[];
  clockwork: Clockwork;
  number(value: number, digits: number): string;
  colour(name: Colour | "line"): string;
  zone: string;
  /** The viewer has marked a span, or points at the time with this index. */
  onzoom(span: Span): void;
  onpoint(index: number | null): void;
}

const DASHES = [undefined, [8, 4], [2, 3], [10, 3, 2, 3]];
const FONT = "12px system-ui, sans-serif";

/** Return the columns in uPlot's order: each value, then the edges of its band. */
export function columns(times: readonly number[], series: readonly Series[]): uPlot.AlignedData {
  const values = series.flatMap((one) => [one.values, ...edges(one)]);
  return [[...times], ...values] as uPlot.AlignedData;
}

function edges(one: Series): (number | null)[][] {
  return one.low && one.high ? [one.low, one.high] : [];
}

/** Return how uPlot is to draw series. */
export function optionsOf(Plot: Plot, drawn: Drawn, width: number, height: number): uPlot.Options {
  const units = [...new Set(drawn.series.map((one) => one.unit))];
  const { lines, bands } = linesOf(Plot, drawn);
  return {
    width,
    height,
    legend: { show: false },
    padding: [12, units.length > 1 ? null : 12, null, null],
    tzDate: (time) => Plot.tzDate(new Date(time * 1000), drawn.zone),
    cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { size: 8 } },
    scales: { x: { time: true }, ...Object.fromEntries(units.map((unit) => [unit, yScale()])) },
    axes: [xAxis(drawn), ...units.map((unit, place) => yAxis(drawn, unit, place))],
    series: [{}, ...lines],
    bands,
    hooks: {
      setCursor: [(plot) => drawn.onpoint(plot.cursor.idx ?? null)],
      setSelect: [(plot) => marked(plot, drawn)],
    },
  };
}

/** A mark of a few pixels is a click that slipped. */
function marked(plot: uPlot, drawn: Drawn): void {
  const { left, width } = plot.select;
  if (width > 8) drawn.onzoom([plot.posToVal(left, "x"), plot.posToVal(left + width, "x")]);
  if (width > 0) plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

function linesOf(Plot: Plot, drawn: Drawn): { lines: uPlot.Series[]; bands: uPlot.Band[] } {
  const lines: uPlot.Series[] = [];
  const bands: uPlot.Band[] = [];
  let alike = 0; // lines side by side are told apart by their dashes, too
  for (const [place, one] of drawn.series.entries()) {
    const name = colourOf(one, place);
    const stroke = () => drawn.colour(name);
    const faint = () => faded(drawn.colour(name), one.as === "bars" ? 0.75 : 0.16);
    const path = pathOf(Plot, one);
    lines.push({
      label: one.name,
      scale: one.unit,
      stroke,
      width: one.as === "bars" ? 0 : 1.75,
      dash: one.as === undefined || one.as === "line" ? DASHES[alike++ % DASHES.length] : undefined,
      fill: one.as === "bars" || one.as === "area" ? faint : undefined,
      paths: path,
      points: { show: one.as !== "bars", filter: alone, size: 4 },
    });
    if (one.low && one.high) {
      const edge = { scale: one.unit, width: 0, points: { show: false }, paths: path };
      lines.push({ ...edge }, { ...edge });
      bands.push({ series: [lines.length, lines.length - 1], fill: faint });
    }
  }
  return { lines, bands };
}

function pathOf(Plot: Plot, one: Series): uPlot.Series.PathBuilder | undefined {
  if (one.as === "steps") return Plot.paths.stepped?.({ align: 1 });
  if (one.as === "bars") return Plot.paths.bars?.({ align: 1, size: [0.9, 60] });
  return undefined;
}

/** Return the values between two gaps: they have no line, and are drawn as points. */
function alone(plot: uPlot, place: number): number[] {
  const values = plot.data[place]!;
  const found: number[] = [];
  for (let index = 0; index < values.length; index++) {
    if (values[index] != null && values[index - 1] == null && values[index + 1] == null) {
      found.push(index);
    }
  }
  return found;
}

/** The scale of quantities that begin at 0 shows it; a flat line is not drawn at the very edge. */
function yScale(): uPlot.Scale {
  return {
    range: (_plot, least, most) => {
      if (least == null || most == null) return [0, 1];
      const bottom = Math.min(0, least);
      const room = (most - bottom) * 0.08;
      return [bottom - (bottom < 0 ? room : 0), Math.max(most + room, bottom + 1)];
    },
  };
}

function xAxis(drawn: Drawn): uPlot.Axis {
  return {
    ...lookOf(drawn),
    space: 84,
    size: 44,
    values: (_plot, times, _axis, _space, step_s) => drawn.clockwork.ticks(times, step_s),
  };
}

function yAxis(drawn: Drawn, unit: string, place: number): uPlot.Axis {
  return {
    ...lookOf(drawn),
    scale: unit,
    side: place === 0 ? 3 : 1,
    grid: place === 0 ? lookOf(drawn).grid : { show: false },
    size: (_plot, labels) => 16 + 7.5 * Math.max(4, ...(labels ?? []).map((one) => one.length)),
    values: (_plot, values, _axis, _space, step) => {
      const digits = [0, 1, 2].find((count) => Number.isInteger(step * 10 ** count)) ?? 3;
      return values.map((value) => `${drawn.number(value, digits)} ${unit}`);
    },
  };
}

function lookOf(drawn: Drawn): uPlot.Axis {
  const stroke = () => drawn.colour("line");
  return {
    font: FONT,
    stroke: () => drawn.colour("muted"),
    grid: { stroke, width: 1 },
    ticks: { stroke, width: 1, size: 4 },
  };
}

function faded(colour: string, share: number): string {
  return `color-mix(in srgb, ${colour} ${share * 100}%, transparent)`;
}
