/** By what sessions can be filtered: names in the address and in the query alike. */

export const NAMES = [
  "text",
  "since",
  "until",
  "state",
  "card",
  "driver",
  "vehicle",
  "cost_centre",
  "point",
] as const;

export type Filter = (typeof NAMES)[number];
export const STATES = ["open", "closed", "void", "flagged"] as const;
