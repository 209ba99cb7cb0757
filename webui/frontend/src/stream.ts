/** The server's stream of changes, kept open through every loss of the connection. */

import type { Change, FlowNode, Site } from "./api";

const REMEMBERED = 20; // happenings
const QUIET_MS = 35_000; // the server beats every 15 s: after two beats missed it is gone
const AGAIN_MS = 5_000;

/** What a page is told; `behind_ms` is how far its clock is behind the server's. */
export type News =
  | { kind: "site"; site: Site; behind_ms: number }
  | { kind: "lost" };

export class Stream {
  #source: EventSource | null = null;
  #site: Site | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly tell: (news: News) => void) {}

  /** Begin to listen; a stream that listens is left as it is. */
  open(): void {
    if (this.#source) return;
    const source = new EventSource("/api/v1/events");
    source.addEventListener("state", (event) => this.#hear(JSON.parse(event.data) as Site));
    source.addEventListener("change", (event) => {
      if (this.#site) this.#hear(after(this.#site, JSON.parse(event.data) as Change));
    });
    source.onerror = () => this.#lose(source);
    this.#source = source;
    this.#openAgainIn(QUIET_MS);
  }

  /** Stop listening. */
  close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.#site = null;
  }

  #hear(site: Site): void {
    this.#site = site;
    this.#openAgainIn(QUIET_MS);
    this.tell({ kind: "site", site, behind_ms: Date.parse(site.now) - Date.now() });
  }

  #lose(source: EventSource): void {
    this.tell({ kind: "lost" });
    // A browser tries again by itself, but not after an answer such as 503.
    if (source.readyState === EventSource.CLOSED) this.#openAgainIn(AGAIN_MS);
  }

  #openAgainIn(delay_ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.tell({ kind: "lost" });
      this.close();
      this.open();
    }, delay_ms);
  }
}

/** Return the site as it is after a change. */
function after(site: Site, change: Change): Site {
  const changed = new Map<string, FlowNode>(change.nodes.map((node) => [node.id, node]));
  const known = new Set(site.nodes.map((node) => node.id));
  return {
    ...site,
    ...change,
    nodes: [
      ...site.nodes.map((node) => changed.get(node.id) ?? node),
      ...change.nodes.filter((node) => !known.has(node.id)),
    ],
    activity: [...site.activity, ...change.activity].slice(-REMEMBERED),
  };
}
