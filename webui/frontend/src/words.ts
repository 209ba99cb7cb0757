/** Every text that says what a value means, in one place. */

import type { Happening } from "./api";
import { energy, money } from "./figures";
import type { EvseSignal, LedState, Rejected, SessionPhase } from "./payloads";

interface Words {
  title: string;
  text: string;
}

/** What the payloads of the happenings below hold between them. */
interface Facts {
  currency: string;
  energy_wh: number | null;
  label: string;
  message: string;
  month: string;
  reason: Rejected["reason"];
  total: string;
  uid: string;
}

export const EVSE: Record<EvseSignal, Words> = {
  "access-off": {
    title: "Off",
    text: "The charger gives no access. Whether a car is plugged in cannot be told.",
  },
  standby: { title: "Free", text: "No car is plugged in." },
  connected: { title: "Car connected", text: "The car is plugged in and does not charge." },
  charging: { title: "Charging", text: "The car may draw power." },
  "charging-solar": { title: "Charging on sun", text: "The car takes what the panels have over." },
  waiting: { title: "Waiting", text: "Too little current or sun, or a delay that must pass." },
  error: { title: "Error", text: "The charger reports an error. Look at its own display." },
};

export const PHASE: Record<SessionPhase, Words> = {
  idle: { title: "No session", text: "Hold a card to the reader to start one." },
  waiting: { title: "Waiting", text: "The session is open. Something keeps the car from charging." },
  ready: { title: "Ready", text: "The session is open. The car does not charge." },
  charging: { title: "Charging", text: "The session is open and the car charges." },
};

const REFUSAL: Record<Rejected["reason"], string> = {
  unknown: "nobody knows it",
  disabled: "it is switched off",
  "not-yet-valid": "it is not valid yet",
  expired: "it is no longer valid",
  "other-session": "another card's session is open",
  "no-answer": "the ledger could not be asked",
};

/** What a reader of a session's figures has to know; what is unknown says so by itself. */
export const FLAG: Record<string, string> = {
  "late-start": "meter silent at first",
};

const EFFECT: Record<LedState["effect"], string> = {
  steady: "steady",
  breathe: "breathing",
  blink: "blinking",
  flash: "flashing",
  off: "off",
};

/** Say what the LED shows, as in `blue, breathing`. */
export function ledWords({ red, green, blue, effect }: LedState): string {
  if (effect === "off" || red + green + blue === 0) return "off";
  const most = Math.max(red, green, blue);
  const lit = (share: number) => share > most * 0.3;
  const colour =
    { "100": "red", "110": "yellow", "010": "green", "011": "cyan", "001": "blue", "101": "purple" }[
      [red, green, blue].map((share) => (lit(share) ? "1" : "0")).join("")
    ] ?? "white";
  return `${colour}, ${EFFECT[effect]}`;
}

/** Say what happened, in a sentence; null for what nobody has to know. */
export function happeningWords({ node, type, value }: Happening): string | null {
  const facts = value as Facts;
  switch (type) {
    case "Authorised":
      return `Card “${facts.label}” accepted`;
    case "Rejected":
      return `Card ${facts.uid} refused: ${REFUSAL[facts.reason]}`;
    case "SessionStarted":
      return `Session of “${facts.label}” started`;
    case "SessionEnded":
      return `Session of “${facts.label}” ended: ${energy(facts.energy_wh)}`;
    case "ReportWritten":
      return `Statement of ${facts.month} written: ${money(facts.total, facts.currency)}`;
    case "Failure":
      return `${node}: ${facts.message}`;
    default:
      return null;
  }
}
