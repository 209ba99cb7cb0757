/** Where a viewer has to be first, or may be at all. */

import type { Account } from "./me.svelte";
import { pageAt } from "./pages";

interface Where {
  path: string;
  query: URLSearchParams;
}

/** Return the address to go to instead; nothing where the viewer is right. */
export function elsewhere(account: Account, { path, query }: Where, menu: string[]): string | undefined {
  if (account.first_run) return path === "/first-run" ? undefined : "/first-run";
  const known = account.signed_in || account.demo;
  if (path === "/first-run") return "/";
  if (path === "/sign-in") return known ? ours(query.get("next")) : undefined;
  // Who may see their own things only begins with the first of those.
  if (known) return path === "/" && !menu.includes("/") ? menu[0] : undefined;
  const page = pageAt(path)?.page;
  if (page?.name === "dashboard" && account.public_view) return undefined;
  return path === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(path)}`;
}

/** Return an address of this site; whoever made up a link gets the first page. */
function ours(address: string | null): string {
  return address !== null && /^\/[^/\\]/.test(address) ? address : "/";
}
