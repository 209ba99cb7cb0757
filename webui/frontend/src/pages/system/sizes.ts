/** Sizes and times as a person reads them. */

import { quantity } from "../../figures";
import { t } from "../../wording/wording.svelte";

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function bytes(count: number | null | undefined): string {
  if (count == null) return t("shell.unknown");
  let [value, unit] = [count, 0];
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return quantity(value, UNITS[unit]!, unit > 1 && value < 100 ? 1 : 0);
}

export function milliseconds(seconds: number): string {
  return quantity(seconds * 1000, "ms", seconds < 0.01 ? 1 : 0);
}
