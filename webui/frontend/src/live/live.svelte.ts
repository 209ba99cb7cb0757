/** What the page knows of the site, kept up to date while somebody looks at it. */

import type { Site } from "./site";
import { type News, Stream, type Which } from "./stream";

const BEAT_MS = 2000;
const PATIENCE_MS = 2500; // with the beat before it: within five seconds

class Live {
  /** The site as last told; null before the first word, and for who may not look. */
  site = $state.raw<Site | null>(null);
  /** False once the connection is lost, until the next word. */
  connected = $state(true);
  /** For who may not look at the site: another whenever something of it is another. */
  hint = $state("");
  /** The server's time in ms, which moves on once a second. */
  now = $state(Date.now());

  #behind_ms = 0;

  /** Watch whenever the page is visible; return how to stop. */
  watch(which: Which): () => void {
    const { watch, leave } = connect(which, (news) => this.#hear(news));
    const ticking = setInterval(() => this.#tick(), 1000);
    const unseen = whenever(watch, leave);
    return () => {
      unseen();
      leave();
      clearInterval(ticking);
      this.site = null;
      this.hint = "";
    };
  }

  /** Only notice whether the server answers, for who has not signed in. */
  beat(): () => void {
    let beating: ReturnType<typeof setInterval> | undefined;
    const rest = () => clearInterval(beating);
    const unseen = whenever(() => {
      rest();
      beating = setInterval(() => {
        this.#tick();
        void answers().then((does) => (this.connected = does));
      }, BEAT_MS);
    }, rest);
    return () => {
      unseen();
      rest();
    };
  }

  #hear(news: News): void {
    this.connected = news.kind !== "lost";
    if (news.kind === "hint") this.hint = news.hint;
    if (news.kind !== "site") return;
    // A newer server brings a newer page.
    if (this.site && this.site.version !== news.site.version) location.reload();
    this.#behind_ms = news.behind_ms;
    this.site = news.site;
    this.#tick();
  }

  #tick(): void {
    this.now = Date.now() + this.#behind_ms;
  }
}

/** Do one thing while the page is seen and another when it is not; return how to stop that. */
function whenever(seen: () => void, unseen: () => void): () => void {
  const look = () => (document.visibilityState === "visible" ? seen() : unseen());
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", unseen);
  addEventListener("pageshow", look);
  look();
  return () => {
    document.removeEventListener("visibilitychange", look);
    removeEventListener("pagehide", unseen);
    removeEventListener("pageshow", look);
  };
}

async function answers(): Promise<boolean> {
  try {
    await fetch("/live", { signal: AbortSignal.timeout(PATIENCE_MS) });
    return true;
  } catch {
    return false;
  }
}

/** Share one stream with the other tabs; where a browser cannot, have one of our own. */
function connect(which: Which, tell: (news: News) => void): { watch: () => void; leave: () => void } {
  if (typeof SharedWorker === "undefined") {
    const stream = new Stream(which, tell);
    return { watch: () => stream.open(), leave: () => stream.close() };
  }
  const worker = new SharedWorker(new URL("./stream-worker.ts", import.meta.url), {
    type: "module",
    name: which,
  });
  worker.port.onmessage = ({ data }: MessageEvent<News>) => tell(data);
  return {
    watch: () => worker.port.postMessage("watch"),
    leave: () => worker.port.postMessage("leave"),
  };
}

export const live = new Live();
