/** The last sessions of the ledger, asked for again when something happened to one. */

import { ask, type Paged, Problem } from "../../ask";
import { me } from "../../shell/me.svelte";

const SHOWN = 5;

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
      this.sessions = await (me.may("look") ? last() : own());
      this.failure = "";
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.failure = problem.message;
    }
  }
}

async function last(): Promise<Session[]> {
  return (await ask.get<{ sessions: Session[] }>("sessions/latest", { limit: SHOWN })).sessions;
}

/** Ask for those that are the viewer's own. */
async function own(): Promise<Session[]> {
  const query = { limit: SHOWN, sort: "started_at", order: "desc" };
  return (await ask.get<Paged<Session>>("sessions", query)).items;
}

export const ledger = new Ledger();
