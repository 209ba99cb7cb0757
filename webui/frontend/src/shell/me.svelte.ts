/** Who looks at this page, and what they may do here. */

import { ask, gate, Problem } from "../ask";
import { wording } from "../wording/wording.svelte";

export type Right =
  | "anyone"
  | "signed-in"
  | "look"
  | "own"
  | "charge"
  | "keep-books"
  | "edit"
  | "administer";
export type Role = "viewer" | "driver" | "operator" | "editor" | "admin";

/** What the server says of who asks; `demo`: simulated hardware, which is open to whoever asks. */
export interface Account {
  signed_in: boolean;
  demo: boolean;
  first_run: boolean;
  public_view: boolean;
  language: string;
  timezone: string;
  name: string;
  role: Role | null;
  driver: string | null;
  rights: Right[];
  csrf_token: string | null;
  sure_until: string | null;
  second_factor: boolean;
  second_factor_due: boolean;
  recovery_codes_left: number;
}

/** Tells the other tabs of this browser that somebody signed in or out. */
const tabs = new BroadcastChannel("account");

class Me {
  /** Null before the server has said. */
  account = $state.raw<Account | null>(null);
  /** Why the server would not say; empty when it did. */
  failure = $state("");

  start(): void {
    gate.signedOut = () => void this.load();
    tabs.onmessage = () => void this.load();
  }

  /** Ask who this is. */
  async load(): Promise<void> {
    try {
      this.is(await ask.get<Account>("account"));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.failure = problem.message;
    }
  }

  /** Take in who this is: an answer of the server. */
  is(account: Account): void {
    gate.csrf = account.csrf_token ?? "";
    this.failure = "";
    wording.zone = account.timezone;
    // Who asks the open demo counts as an administrator, but has no account to sign out of.
    this.account = { ...account, signed_in: account.signed_in && !account.demo };
  }

  /** Somebody else is signed in now, or nobody: all tabs ask who. */
  async changed(account?: Account): Promise<void> {
    tabs.postMessage("changed");
    if (account) this.is(account);
    else await this.load();
  }

  async signOut(): Promise<void> {
    await ask.post("sign-out");
    await this.changed();
  }

  /** Say whether the viewer may do what needs this right; who may look at all sees their own. */
  may(right: Right): boolean {
    const rights = this.account?.rights ?? [];
    return rights.includes(right) || (right === "own" && rights.includes("look"));
  }
}

export const me = new Me();
