/** The last sessions of the ledger, asked for again when something happened to one. */

import { ask, Problem } from "./api";

export interface Session {
  session_id: string;
  label: string;
  started_at: string;
  ended_at: string | null;
  energy_wh: number | null;
  price_per_kwh: string | null;
  currency: string | null;
  amount: string | null;
  flags: string[];
}

class Ledger {
  /** The newest first; null before the first answer. */
  sessions = $state.raw<Session[] | null>(null);
  /** Why they cannot be had, in the server's words. */
  failure = $state("");

  async load(): Promise<void> {
    try {
      this.sessions = (await ask<{ sessions: Session[] }>("sessions?limit=10")).sessions;
      this.failure = "";
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.failure = problem.message;
    }
  }
}

export const ledger = new Ledger();
