/** What a correction says, in words; and how it follows from the fields of its form. */

import { quantity } from "../../figures";
import { stamp } from "../../parts/zoned";
import { t } from "../../wording/wording.svelte";

type Value = string | number | boolean;

/** Return each thing that a correction changed: its name and what it is then. */
export function changesInWords(changes: Record<string, Value>, zone: string): string {
  return Object.entries(changes).map(([name, value]) => said(name, value, zone)).join("; ");
}

function said(name: string, value: Value, zone: string): string {
  if (name === "void") return t(value ? "sessions.made-void" : "sessions.made-not-void");
  let text = String(value);
  if (name.endsWith("_wh")) text = quantity(Number(value) / 1000, "kWh", 3);
  else if (name.endsWith("_at")) text = stamp(text, zone);
  else if (name === "odometer_km") text = quantity(Number(value), "km", 0);
  else if (text === "") text = t("sessions.nobody");
  return `${t(`sessions.field-${name}`)}: ${text}`;
}

/** Return a number of kWh, as a person writes it, in Wh; nothing where it is none. */
export function watt_hours(kwh: string): number | undefined {
  const found = /^(\d{1,9})(?:[.,](\d{1,3}))?$/.exec(kwh.trim());
  return found ? Number(found[1]) * 1000 + Number((found[2] ?? "").padEnd(3, "0")) : undefined;
}

/** Return Wh as a person writes kWh. */
export function kwhText(wh: number | null): string {
  return wh === null ? "" : (wh / 1000).toFixed(3);
}
