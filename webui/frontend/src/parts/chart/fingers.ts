/** Two fingers on a chart: apart and together zoom, side by side moves. */

import type { Span } from "./series";

export interface Zoomed {
  get(): Span;
  set(span: Span): void;
}

/** Let two fingers on `area` move what is seen of it; returns what ends that. */
export function followFingers(area: HTMLElement, seen: Zoomed): () => void {
  const fingers = new Map<number, number>(); // where each is, as a share of the width
  let held: [number, number] | null = null; // the times under the two fingers

  const shareOf = (event: PointerEvent) => {
    const box = area.getBoundingClientRect();
    return (event.clientX - box.left) / box.width;
  };
  const places = (): [number, number] => {
    const [one = 0, other = 0] = [...fingers.values()];
    return [Math.min(one, other), Math.max(one, other)];
  };
  const timeAt = (share: number) => {
    const [from, until] = seen.get();
    return from + (until - from) * share;
  };

  const down = (event: PointerEvent) => {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, shareOf(event));
    const [left, right] = places();
    held = fingers.size === 2 && right > left ? [timeAt(left), timeAt(right)] : null;
  };
  const move = (event: PointerEvent) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, shareOf(event));
    const [left, right] = places();
    if (held === null || right - left < 0.02) return;
    const length = (held[1] - held[0]) / (right - left);
    const from = held[0] - left * length;
    seen.set([from, from + length]);
  };
  const up = (event: PointerEvent) => {
    fingers.delete(event.pointerId);
    held = null;
  };

  const told: [string, (event: PointerEvent) => void][] = [
    ["pointerdown", down],
    ["pointermove", move],
    ["pointerup", up],
    ["pointercancel", up],
  ];
  for (const [name, tell] of told) area.addEventListener(name, tell as EventListener);
  return () => {
    for (const [name, tell] of told) area.removeEventListener(name, tell as EventListener);
  };
}
