/** What the page knows of the site, kept up to date while somebody looks at it. */

import type { Site } from "./api";
import { type News, Stream } from "./stream";

class Live {
  /** The site as last told; null before the first word. */
  site = $state.raw<Site | null>(null);
  /** False once the connection is lost, until the next word. */
  connected = $state(true);
  /** The server's time in ms, which moves on once a second. */
  now = $state(Date.now());

  #behind_ms = 0;

  /** Watch whenever the page is visible; return how to stop. */
  start(): () => void {
    const { watch, leave } = connect((news) => this.#hear(news));
    const look = () => (document.visibilityState === "visible" ? watch() : leave());
    const ticking = setInterval(() => this.#tick(), 1000);
    document.addEventListener("visibilitychange", look);
    addEventListener("pagehide", leave);
    addEventListener("pageshow", look);
    look();
    return () => {
      leave();
      clearInterval(ticking);
      document.removeEventListener("visibilitychange", look);
      removeEventListener("pagehide", leave);
      removeEventListener("pageshow", look);
    };
  }

  #hear(news: News): void {
    this.connected = news.kind === "site";
    if (news.kind === "lost") return;
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

/** Share one stream with the other tabs; where a browser cannot, have one of our own. */
function connect(tell: (news: News) => void): { watch: () => void; leave: () => void } {
  if (typeof SharedWorker === "undefined") {
    const stream = new Stream(tell);
    return { watch: () => stream.open(), leave: () => stream.close() };
  }
  const worker = new SharedWorker(new URL("./stream-worker.ts", import.meta.url), {
    type: "module",
  });
  worker.port.onmessage = ({ data }: MessageEvent<News>) => tell(data);
  return {
    watch: () => worker.port.postMessage("watch"),
    leave: () => worker.port.postMessage("leave"),
  };
}

export const live = new Live();
