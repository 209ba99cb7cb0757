// Shows a page of ours where the charge point does not answer.  It keeps that page and nothing else:
// what the charge point said before is never shown as if it were so now.

const [NAME, FILES] = ["away-of-this-build", ["its-files"]];
const PAGE = "/static/away.html";
const PATIENCE_MS = 4000; // who waits longer should be told that there is no answer yet

addEventListener("install", (event) => {
  skipWaiting(); // the newest build wins at once
  event.waitUntil(caches.open(NAME).then((kept) => kept.addAll(FILES)));
});

addEventListener("activate", (event) => event.waitUntil(take()));

async function take() {
  const older = (await caches.keys()).filter((name) => name !== NAME);
  await Promise.all(older.map((name) => caches.delete(name)));
  await clients.claim();
}

addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  const isPage = event.request.mode === "navigate" && !/^\/(api|static)\/|^\/metrics/.test(pathname);
  if (isPage) event.respondWith(inTime(event.request).catch(() => caches.match(PAGE)));
  else if (FILES.includes(pathname)) {
    event.respondWith(fetch(event.request).catch(() => caches.match(pathname)));
  }
});

function inTime(request) {
  const late = new Promise((_, refuse) => setTimeout(refuse, PATIENCE_MS));
  return Promise.race([fetch(request), late]);
}
