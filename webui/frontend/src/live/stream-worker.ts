/**
 * One stream for all tabs of a browser: a browser opens no more than six connections to one
 * server, and each stream holds one.  Its name is which stream.
 */

import { type News, Stream, type Which } from "./stream";

const watching = new Set<MessagePort>();
let last: News | null = null;

const stream = new Stream(self.name as Which, (news) => {
  last = news;
  for (const port of watching) port.postMessage(news);
});

function hear(port: MessagePort, wish: "watch" | "leave"): void {
  if (wish === "watch") {
    watching.add(port);
    if (last) port.postMessage(last);
    stream.open();
    return;
  }
  watching.delete(port);
  if (watching.size > 0) return;
  stream.close();
  last = null;
}

addEventListener("connect", (event) => {
  const port = (event as MessageEvent).ports[0]!;
  port.onmessage = ({ data }: MessageEvent<"watch" | "leave">) => hear(port, data);
});
