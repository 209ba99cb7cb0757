/** Whom and what sessions are for, as the server tells it. */

export const KINDS = ["drivers", "vehicles", "cost-centres"] as const;
export type Kind = (typeof KINDS)[number];

export interface PersonAnswer {
  name: string;
  retired_at: string | null;
  former: string[];
  cards: number;
  sessions: number;
  plate: string | null;
  make: string | null;
  model: string | null;
  vin: string | null;
  odometer_km: number | null;
  odometer_at: string | null;
  nodes: string[];
  /** Where their own statements go; told to who keeps the books. */
  email: string | null;
}

/** Return where one is; a slash in a name stays one. */
export function pathOf(kind: Kind, name: string): string {
  return `${kind}/${encodeURIComponent(name).replaceAll("%2F", "/")}`;
}
