/** Short words about what was just done, which go by themselves; what failed stays until read. */

import { Cancelled, Problem } from "../ask";

const SHOWN_MS = 6000;

export interface Toast {
  id: number;
  kind: "good" | "bad";
  text: string;
}

class Toasts {
  shown = $state.raw<Toast[]>([]);
  /** The dialogs that are open, the topmost last: what is not in that cannot be heard or pressed. */
  #dialogs = $state.raw<string[]>([]);
  #last = 0;

  /** Where they are said: in the topmost dialog; empty: on the page. */
  get place(): string {
    return this.#dialogs.at(-1) ?? "";
  }

  /** Say them in a dialog from now on, until what this returns is called. */
  within(dialog: string): () => void {
    this.#dialogs = [...this.#dialogs, dialog];
    return () => (this.#dialogs = this.#dialogs.filter((one) => one !== dialog));
  }

  good(text: string): void {
    const id = this.#add("good", text);
    setTimeout(() => this.drop(id), SHOWN_MS);
  }

  bad(text: string): void {
    this.#add("bad", text);
  }

  /** Say that the server did not answer; the shell says for how long. */
  #unheard(text: string): void {
    const id = this.#add("bad", text);
    setTimeout(() => this.drop(id), SHOWN_MS);
  }

  drop(id: number): void {
    this.shown = this.shown.filter((one) => one.id !== id);
  }

  /** Do something, and say what the server refused; return whether it was done. */
  async watch(deed: () => Promise<unknown>, done = ""): Promise<boolean> {
    try {
      await deed();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === 0) this.#unheard(problem.message);
      else if (!(problem instanceof Cancelled)) this.bad(problem.message);
      return false;
    }
    if (done) this.good(done);
    return true;
  }

  #add(kind: Toast["kind"], text: string): number {
    this.#last += 1;
    this.shown = [...this.shown.filter((one) => one.text !== text), { id: this.#last, kind, text }];
    return this.#last;
  }
}

export const toasts = new Toasts();
