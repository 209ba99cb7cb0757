/** What values mean, in the words of the viewer. */

import { clock, energy, money, power, quantity } from "../../figures";
import { live } from "../../live/live.svelte";
import type { LedState } from "../../live/payloads";
import type { Happening, Level } from "../../live/site";
import { said, t, wording } from "../../wording/wording.svelte";
import type { Reason } from "./board.svelte";

/** What the payloads of happenings and levels hold between them. */
type Facts = Record<string, string & number & null>;

/** Say why something is so, in a sentence; times by the clock. */
export function reasonWords({ code, values }: Reason): string {
  const told = Object.entries(values).map(([name, value]) => [
    name,
    ["since", "until", "at"].includes(name)
      ? clock(String(value), live.now)
      : name === "text" && typeof value === "string" ? said(value) : value,
  ]);
  const known = Object.fromEntries(told) as Record<string, string | number>;
  const text = t(`dashboard.why-${code}`, known);
  // Of somebody else's session the server keeps its text to itself.
  return text.replace(/: \{text\}/, "");
}

/** Say what the LED shows, as in `blue, breathing`. */
export function ledWords({ red, green, blue, effect }: LedState): string {
  if (effect === "off" || red + green + blue === 0) return t("dashboard.effect-off");
  const most = Math.max(red, green, blue);
  const lit = [red, green, blue].map((share) => (share > most * 0.3 ? "1" : "0")).join("");
  const colours: Record<string, string> = {
    "100": "red",
    "110": "yellow",
    "010": "green",
    "011": "cyan",
    "001": "blue",
    "101": "purple",
  };
  return t(`dashboard.effect-${effect}`, { colour: t(`dashboard.colour-${colours[lit] ?? "white"}`) });
}

/** Say what happened, in a sentence; null for what nobody has to know. */
export function happeningWords({ node, type, value }: Happening): string | null {
  const facts = value as Facts;
  switch (type) {
    case "Authorised":
      return t("dashboard.accepted", { label: facts.label! });
    case "Rejected":
      return t("dashboard.rejected", { uid: facts.uid!, why: t(`dashboard.refused-${facts.reason}`) });
    case "CardEnrolled":
      return t("dashboard.enrolled", { label: facts.label! });
    case "SessionStarted":
      return t("dashboard.session-started", { label: facts.label! });
    case "SessionEnded":
      return t("dashboard.session-ended", { label: facts.label!, energy: energy(facts.energy_wh!) });
    case "ReportWritten":
      return t("dashboard.report-written", {
        period: facts.period!,
        total: money(facts.total!, facts.currency!),
      });
    case "Failure":
      return t("dashboard.failure", { node, message: said(facts.message!) });
    default:
      return null;
  }
}

/** Say what a level holds, in a few words: its figures by name where it is of no known kind. */
export function levelWords({ type, value }: Level): string {
  if (value === null) return t("shell.unknown");
  if (typeof value !== "object") return plain(value);
  const facts = value as Facts;
  switch (type) {
    case "MeterReading":
      return power(facts.power_w);
    case "EvseState":
      return t(`dashboard.signal-${facts.signal}`);
    case "SwitchState":
    case "SwitchRequest":
      return facts.on ? t("dashboard.on") : t("dashboard.off");
    case "OffPeak":
      return facts.now ? t("dashboard.off-peak") : t("dashboard.peak");
    case "SessionStatus":
      return facts.phase === "idle" ? t("dashboard.none") : energy(facts.energy_wh);
    case "PriceNow":
      return t("dashboard.price", { price: money(facts.per_kwh ?? null, facts.currency ?? null) });
    case "VehicleState":
      return facts.soc_percent == null ? t("shell.unknown") : quantity(facts.soc_percent, "%", 0);
    case "LedState":
      return ledWords(value as unknown as LedState);
    default:
      if (type.endsWith("Unknown")) return t("shell.unknown");
      return Object.entries(facts)
        .slice(0, 3)
        .map(([name, one]) => `${name.replaceAll("_", " ")} ${plain(one)}`)
        .join(", ");
  }
}

function plain(value: unknown): string {
  if (value === null) return t("shell.unknown");
  if (typeof value === "number") {
    return value.toLocaleString(wording.locale, { maximumFractionDigits: 2 });
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
