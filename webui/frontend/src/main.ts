import "./page.css";

import { mount } from "svelte";

import { proof } from "./parts/proof.svelte";
import App from "./shell/App.svelte";
import { me } from "./shell/me.svelte";
import { router } from "./shell/router.svelte";
import { theme } from "./shell/theme.svelte";
import { wording } from "./wording/wording.svelte";

theme.start();
proof.start();
router.start();
me.start();
wording.mark();
await Promise.all([wording.load("shell"), me.load()]);
if (me.account) await wording.suggest(me.account.language);
mount(App, { target: document.getElementById("page")! });

// An app on its own has no browser around it that tries again.  Where the connection is not
// trusted there is no such worker, and where a browser refuses it the app goes without.
if (matchMedia("(display-mode: standalone)").matches && "serviceWorker" in navigator) {
  navigator.serviceWorker.register("/service-worker.js", { updateViaCache: "none" }).catch(() => {});
}
