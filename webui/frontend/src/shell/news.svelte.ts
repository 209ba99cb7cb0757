/** What was told and this viewer has not read yet; what is new is shown as it comes. */

import { ask, type Paged, Problem } from "../ask";
import type { Site } from "../live/site";
import { toasts } from "../parts/toasts.svelte";
import { keep, kept } from "./kept";

export interface Notice {
  id: string;
  node: string;
  at: string;
  event: string;
  priority: number;
  title: string;
  text: string;
  result: string;
  error: string;
  tries: number;
}

const KEPT = "read-until";
const LOOKED_AT = 20;
const WRITTEN_MS = 1200; // by then it stands in the ledger
/** Several people may be told the same; it is news once. */
const BY_PAGE = "page";

class News {
  /** The moment up to which this viewer has read; what is later is unread. */
  until = $state(kept(KEPT) ?? "");
  unread = $state(0);
  /** Changes whenever something new was told. */
  newest = $state("");
  #soon: ReturnType<typeof setTimeout> | undefined;

  /** Something happened of which there may be news. */
  changed(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.look(), this.newest ? WRITTEN_MS : 0);
  }

  isNew(notice: Notice): boolean {
    return this.until !== "" && Date.parse(notice.at) > Date.parse(this.until);
  }

  /** All that was told so far is read. */
  read(): void {
    if (!this.newest) return;
    this.until = this.newest;
    keep(KEPT, this.until);
    this.unread = 0;
  }

  async look(): Promise<void> {
    let items: Notice[];
    try {
      const query = { limit: LOOKED_AT, node: BY_PAGE };
      ({ items } = await ask.get<Paged<Notice>>("notifications", query));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return; // the bell is of no use where there is no ledger, and no reason to complain
    }
    const first = items[0];
    if (!first) return;
    // Who comes for the first time has missed nothing.
    if (!this.until) keep(KEPT, (this.until = first.at));
    if (this.newest) this.#show(items.filter((one) => Date.parse(one.at) > Date.parse(this.newest)));
    this.newest = first.at;
    this.unread = items.filter((one) => this.isNew(one)).length;
  }

  #show(fresh: Notice[]): void {
    for (const one of [...fresh].reverse()) {
      if (one.priority > 0) toasts.bad(one.title);
      else toasts.good(one.title);
    }
  }
}

export const news = new News();

/** Return what of the live state may be news: when it differs, there may be some. */
export function happened(site: Site): string {
  const faults = site.nodes.flatMap((node) => node.faults.map((fault) => node.id + fault.code + fault.since));
  return JSON.stringify([faults, site.activity.at(-1)?.at]);
}
