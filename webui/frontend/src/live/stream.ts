/** The server's stream of changes, kept open through every loss of the connection. */

import type { Change, FlowNode, Site } from "./site";

const REMEMBERED = 20; // happenings
const QUIET_MS = 4_500; // the server beats every 1.5 s: after two beats missed it is gone
const AGAIN_MS = 2_000;

/** Which stream: all of the site, or only hints that something of it is another now. */
export type Which = "events" | "hints";

/** What a page is told; `behind_ms` is how far its clock is behind the server's. */
export type News =
  | { kind: "site"; site: Site; behind_ms: number }
  | { kind: "hint"; hint: string }
  | { kind: "lost" };

export class Stream {
  #source: EventSource | null = null;
  #site: Site | null = null;
  /** The last event that was heard: after a loss only what was missed is told. */
  #last = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly which: Which,
    private readonly tell: (news: News) => void,
  ) {}

  /** Begin to listen; a stream that listens is left as it is. */
  open(): void {
    if (this.#source) return;
    const after_last = this.#last && `?after=${encodeURIComponent(this.#last)}`;
    const source = new EventSource(`/api/v1/${this.which}${after_last}`);
    source.addEventListener("hint", ({ lastEventId }) => {
      this.#openAgainIn(QUIET_MS);
      this.tell({ kind: "hint", hint: lastEventId });
    });
    source.addEventListener("state", (event) => this.#hear(event, JSON.parse(event.data) as Site));
    source.addEventListener("change", (event) => {
      if (this.#site) this.#hear(event, after(this.#site, JSON.parse(event.data) as Change));
    });
    source.onerror = () => this.#lose(source);
    this.#source = source;
    this.#openAgainIn(QUIET_MS);
  }

  /** Stop listening. */
  close(): void {
    this.#hangUp();
    this.#site = null;
    this.#last = "";
  }

  #hangUp(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #hear(event: MessageEvent, site: Site): void {
    this.#last = event.lastEventId;
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
      this.#hangUp();
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
