/** A card, as the server tells it, and what people need to read of it. */

import { ask, type Paged } from "../../ask";
import { t } from "../../wording/wording.svelte";

export interface CardAnswer {
  token_id: string;
  uid: string | null;
  legacy_id: string;
  label: string;
  virtual: boolean;
  enabled: boolean;
  allowed: "accepted" | "disabled" | "not-yet-valid" | "expired" | "unknown";
  retired_at: string | null;
  valid_from: string | null;
  valid_until: string | null;
  driver: string | null;
  vehicle: string | null;
  cost_centre: string | null;
  max_energy_wh: number | null;
  max_duration_s: number | null;
  known_since: string | null;
  sessions: number;
  last_used_at: string | null;
  last_seen_at: string | null;
  open_session: string | null;
}

export interface EnrolmentAnswer {
  armed: boolean;
  label?: string;
  armed_at?: string;
  expires_at?: string;
  token?: CardAnswer;
}

export const pathOf = (card: CardAnswer): string => `tokens/${encodeURIComponent(card.token_id)}`;
export const hrefOf = (card: CardAnswer): string => `/cards/${encodeURIComponent(card.token_id)}`;

/** Return the number of a card as it stands on it, in pairs; Oppleo's where no other is known. */
export function numberOf(card: CardAnswer): string {
  if (card.virtual) return t("cards.virtual");
  return card.uid?.replace(/(..)(?=.)/g, "$1:") ?? card.legacy_id;
}

export type State = "accepted" | "disabled" | "not-yet-valid" | "expired" | "unknown" | "retired";

export function stateOf(card: CardAnswer): State {
  if (card.retired_at !== null) return "retired";
  return card.label ? card.allowed : "unknown";
}

/** Return how a state looks: good, worth a look, or neither. */
export function toneOf(state: State): "good" | "warn" | "" {
  if (state === "accepted") return "good";
  return state === "retired" ? "" : "warn";
}

/** What a card may be for, by name; those that are retired are left out. */
export interface Choices {
  drivers: string[];
  vehicles: string[];
  cost_centres: string[];
}

interface Named {
  name: string;
  retired_at: string | null;
}

export async function choices(): Promise<Choices> {
  const names = async (path: string) => {
    const found = await ask.get<Paged<Named>>(path);
    return found.items.filter((one) => one.retired_at === null).map((one) => one.name);
  };
  const [drivers, vehicles, cost_centres] = await Promise.all(
    ["drivers", "vehicles", "cost-centres"].map(names),
  );
  return { drivers: drivers!, vehicles: vehicles!, cost_centres: cost_centres! };
}

/** Return names to choose one from, or none; one that is set stays among them. */
export function toChoose(names: string[], now: string | null): { value: string; text: string }[] {
  const known = now === null || names.includes(now) ? names : [now, ...names];
  return [{ value: "", text: t("cards.nobody") }, ...known.map((name) => ({ value: name, text: name }))];
}
