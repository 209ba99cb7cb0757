/** What a chart says in words. */

import { t } from "../../wording/wording.svelte";
import type { Series } from "./series";

type Written = (value: number, digits: number) => string;

/** Return a value with its unit, and the range that it stands for. */
export function valueText(one: Series, index: number, number: Written): string {
  const value = one.values[index];
  if (value == null) return t("shell.unknown");
  const digits = one.digits ?? 0;
  const [low, high] = [one.low?.[index], one.high?.[index]];
  const range =
    low != null && high != null && low !== high
      ? ` (${number(low, digits)} – ${number(high, digits)})`
      : "";
  return `${number(value, digits)} ${one.unit}${range}`;
}
