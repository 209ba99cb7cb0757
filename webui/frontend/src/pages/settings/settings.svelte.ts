/** All settings as they stand in the files, and what the viewer would have otherwise. */

import { ask, Problem } from "../../ask";
import { asWords, type Choosable, type Value } from "../../parts/option";
import { wording } from "../../wording/wording.svelte";

export const SECTIONS = [
  "charge-point", "hardware", "network", "notifications", "storage", "flow",
] as const;
export type Section = (typeof SECTIONS)[number];

export interface Option extends Choosable {
  value: Value;
  variable: string | null;
  /** The parameter of the subflow that stands for it: each use has its own. */
  parameter: string | null;
  line: number | null;
  oppleo: string[];
}

export interface Part {
  id: string;
  part: "site" | "node" | "connection";
  /** Tells parts of the site apart; empty of the site as a whole. */
  group: string;
  type: string;
  section: Section;
  about: string;
  file: string;
  line: number;
  editable: boolean;
  /** The subflow that it stands in, what it is called there, and where that is used. */
  inside: { subflow: string; name: string; uses: string[] } | null;
  test: string | null;
  options: Option[];
}

interface Answer {
  parts: Part[];
  secrets: string[];
  elsewhere: { oppleo: string; page: string }[];
  start_needed: boolean;
}

export interface Preview {
  diff: string;
  restarts: string[];
  start_needed: boolean;
  findings: { severity: string; message: string }[];
}

export interface Saved extends Preview {
  version: number | null;
}

/** What the viewer would have otherwise; `was` is what stood there when they began. */
interface Wanted {
  part: Part;
  option: Option;
  was: Value;
  value: Value;
}

export const same = (one: Value, other: Value): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

export class Settings {
  answer = $state.raw<Answer | null>(null);
  wanted = $state.raw<Record<string, Wanted>>({});
  /** What is wrong with an option, by its place. */
  wrong = $state.raw<Record<string, string>>({});
  /** The options that somebody else has changed since the viewer began. */
  theirs = $state.raw<Record<string, Value>>({});

  changes = $derived(Object.entries(this.wanted));

  async load(): Promise<void> {
    const [answer] = await Promise.all([
      ask.get<Answer>("settings"),
      wording.learn("options", "names", "findings"),
    ]);
    this.answer = answer;
  }

  /** Return where each use of a subflow is given what it has of its own, by a parameter. */
  given({ inside }: Part, parameter: string): { part: Part; option: Option }[] {
    const parts = this.answer?.parts ?? [];
    const uses = (inside?.uses ?? []).map((use) =>
      parts.find(
        (one) => one.id === use || one.inside?.uses.some((outer) => `${outer}.${one.inside!.name}` === use),
      ),
    );
    return [...new Set(uses)].flatMap((part) => {
      const option = part?.options.find((one) => one.name === parameter);
      return part && option ? [{ part, option }] : [];
    });
  }

  at(part: Part, option: Option): string {
    return `${part.id}.${option.name}`;
  }

  /** Return what a field shows: what is wanted, else what stands in the file. */
  shown(part: Part, option: Option): Value {
    const wanted = this.wanted[this.at(part, option)];
    return wanted ? wanted.value : option.value;
  }

  set(part: Part, option: Option, value: Value): void {
    const at = this.at(part, option);
    const { [at]: before, ...others } = this.wanted;
    const was = before ? before.was : option.value;
    this.wanted = same(value, was) ? others : { ...others, [at]: { part, option, was, value } };
    this.forgive(at);
  }

  /** Say no more of an option what was wrong with it. */
  forgive(at: string): void {
    const { [at]: _wrong, ...wrong } = this.wrong;
    const { [at]: _theirs, ...theirs } = this.theirs;
    this.wrong = wrong;
    this.theirs = theirs;
  }

  discard(): void {
    this.wanted = {};
    this.wrong = {};
    this.theirs = {};
  }

  /** What somebody else has set stays. */
  takeTheirs(at: string): void {
    const { [at]: _mine, ...others } = this.wanted;
    this.wanted = others;
    this.forgive(at);
  }

  /** What the viewer has set takes the place of what somebody else has. */
  keepMine(at: string): void {
    const mine = this.wanted[at];
    const was = this.theirs[at];
    if (!mine || was === undefined) return;
    this.wanted = { ...this.wanted, [at]: { ...mine, was } };
    this.forgive(at);
  }

  preview = (): Promise<Preview> =>
    this.#asked(() => ask.post<Preview>("settings/preview", this.#body));

  async save(): Promise<Saved> {
    const saved = await this.#asked(() => ask.patch<Saved>("settings", this.#body));
    this.discard();
    await this.load();
    return saved;
  }

  get #body(): { changes: { part: string; option: string; was: Value; value: Value }[] } {
    const changes = Object.values(this.wanted).map(({ part, option, was, value }) => ({
      part: part.id, option: option.name, was, value,
    }));
    return { changes };
  }

  /** Ask, and take in what is wrong with which option. */
  async #asked<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (refused) {
      if (!(refused instanceof Problem)) throw refused;
      this.wrong = refused.fields;
      if (refused.code === "stale") await this.#learnTheirs(Object.keys(refused.fields));
      throw refused;
    }
  }

  async #learnTheirs(places: string[]): Promise<void> {
    await this.load();
    const theirs: Record<string, Value> = {};
    for (const part of this.answer?.parts ?? [])
      for (const option of part.options) {
        const at = this.at(part, option);
        if (places.includes(at)) theirs[at] = option.value;
      }
    this.theirs = theirs;
  }
}

/** Return the name of an option as a person reads it, within the part that it is of. */
export function labelOf(part: Part, option: Option): string {
  const within = part.group ? option.name.slice(part.group.length + 1) : option.name;
  return asWords(within);
}
