/** Keeps what is shown of the ledger up to date while somebody looks at it. */

import { onDestroy, untrack } from "svelte";

import { live } from "../../live/live.svelte";
import { happened } from "./session";

const WRITTEN_MS = 2000; // by then the ledger has what happened
const HINTED_MS = 5000; // for who is only told that something changed: so often at most

/** Call again whenever something has happened to a session; to be called in a component. */
export function whenHappened(call: () => void): void {
  let last: string | undefined;
  $effect(() => {
    const now = live.site === null ? undefined : happened();
    if (last === undefined || now === undefined || now === last) {
      last = now ?? last;
      return;
    }
    last = now;
    untrack(call);
    const later = setTimeout(call, WRITTEN_MS);
    return () => clearTimeout(later);
  });
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let first = true;
  $effect(() => {
    if (!live.hint) return;
    // The first one says how it is, and so does what was just loaded.
    if (!first) {
      waiting ??= setTimeout(() => {
        waiting = undefined;
        call();
      }, HINTED_MS);
    }
    first = false;
  });
  onDestroy(() => clearTimeout(waiting));
}
