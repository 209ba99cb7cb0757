/** What the dashboard shows besides the live state: why, what it costs, and what is ahead. */

import { ask, Problem } from "../../ask";
import type { FlowNode, Site } from "../../live/site";

export type PointState =
  | "free"
  | "connected"
  | "ready"
  | "waiting"
  | "charging"
  | "error"
  | "unknown";

/** Why something is so; times are ISO 8601. */
export interface Reason {
  code: string;
  values: Record<string, string | number>;
}

export interface Cost {
  amount: string | null;
  currency: string | null;
  per_kwh: string | null;
}

export interface OpenSession {
  session_id: string;
  label: string | null;
  phase: string;
  started_at: string | null;
  energy_wh: number | null;
  cost: Cost | null;
}

export type Role = "session" | "meter" | "evse" | "switch" | "gate" | "authorise" | "reader";

export interface Point {
  name: string;
  state: PointState;
  reasons: Reason[];
  session: OpenSession | null;
  others_session: boolean;
  limit_a: number | null;
  roles: Record<Role, string | null>;
}

interface Dashboard {
  now: string;
  ready: boolean;
  simulated: boolean;
  wh_per_km: number | null;
  points: Point[];
  nodes: FlowNode[];
}

export interface Span {
  since: string;
  until: string;
}

export interface Hours {
  point: string;
  timezone: string;
  ahead: Span[];
  week: { days: number[]; start: string; stop: string }[];
}

export interface Price extends Span {
  kind: string;
  per_kwh: string | null;
}

export interface Ahead extends Span {
  hours: Hours[];
  prices: { currency: string; parts: Price[] } | null;
}

const SOON_MS = 250; // what changes together is asked for once
const HINTED_MS = 1000; // of a hint nobody knows whether it is about anything that is shown
const SELDOM_MS = 10_000; // what a session costs
const AHEAD_MS = 600_000;

class Board {
  dashboard = $state.raw<Dashboard | null>(null);
  ahead = $state.raw<Ahead | null>(null);
  /** Why they cannot be had, in the server's words. */
  failure = $state("");
  #asked = 0;
  #soon: ReturnType<typeof setTimeout> | undefined;

  /** Keep it up to date; return how to stop. */
  start(): () => void {
    void this.load();
    void this.#look();
    const seldom = setInterval(() => void this.load(), SELDOM_MS);
    const rarely = setInterval(() => void this.#look(), AHEAD_MS);
    return () => {
      clearInterval(seldom);
      clearInterval(rarely);
      clearTimeout(this.#soon);
      this.#soon = undefined;
    };
  }

  /** Something has changed that may be a reason. */
  changed(): void {
    this.#loadIn(SOON_MS);
  }

  /** Something has changed, be it a reason or not. */
  hinted(): void {
    this.#loadIn(HINTED_MS);
  }

  #loadIn(delay_ms: number): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      void this.load();
    }, delay_ms);
  }

  async load(): Promise<void> {
    const turn = ++this.#asked;
    await this.#heard(async () => {
      const found = await ask.get<Dashboard>("dashboard");
      // An answer that was overtaken by a newer question is old.
      if (turn === this.#asked) this.dashboard = found;
    });
  }

  async #look(): Promise<void> {
    await this.#heard(async () => (this.ahead = await ask.get<Ahead>("ahead")));
  }

  async #heard(question: () => Promise<unknown>): Promise<void> {
    try {
      await question();
      this.failure = "";
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.failure = problem.message;
    }
  }
}

export const board = new Board();

/** Return what of the live state may be a reason: when it differs, the server is asked why. */
export function causes(site: Site): string {
  const said = site.nodes.map(({ id, faults, made_safe, levels }) => [
    id,
    faults.map((fault) => fault.code),
    made_safe,
    Object.values(levels)
      .filter(({ type }) => type !== "MeterReading")
      .map(({ type, value }) => [type, type === "SessionStatus" ? phase(value) : value]),
    Object.values(levels).map(({ type }) => type),
  ]);
  return JSON.stringify(said);
}

function phase(value: unknown): unknown {
  const { phase, session_id, label } = value as OpenSession;
  return [phase, session_id, label];
}
