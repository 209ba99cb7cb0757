/** Where the viewer is: the path and query of the address, which links change without a load. */

class Router {
  path = $state(tidied());
  query = $state.raw(new URLSearchParams(location.search));
  /** Whether the viewer went here from another page of ours: then the focus follows. */
  moved = false;

  start(): void {
    addEventListener("popstate", () => {
      // A leap within a page, as to its content, tells of itself here too.
      this.moved ||= location.pathname !== this.path;
      this.#arrive();
    });
    document.addEventListener("click", (event) => this.#follow(event));
  }

  /** Go to another page; `replace` leaves no step back to this one. */
  go(address: string, { replace = false } = {}): void {
    if (replace) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    this.moved ||= !replace;
    this.#arrive();
    scrollTo(0, 0);
  }

  /** Change the query of this page, so that a reload and a step back show the same. */
  put(changes: Record<string, string | number | null>): void {
    const query = new URLSearchParams(this.query);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === "") query.delete(name);
      else query.set(name, String(value));
    }
    history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
    this.query = query;
  }

  #arrive(): void {
    this.path = tidied();
    this.query = new URLSearchParams(location.search);
  }

  /** Take a click on a link to one of our pages; what a browser treats specially is left to it. */
  #follow(event: MouseEvent): void {
    const link = (event.target as Element).closest("a");
    const special = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || special || event.button || event.defaultPrevented) return;
    if (link.origin !== location.origin || link.target || link.hasAttribute("download")) return;
    if (/^\/(api|static)\/|^\/metrics/.test(link.pathname) || link.hash) return;
    event.preventDefault();
    this.go(link.href);
  }
}

/** Return the path of the address, whose last slash goes: `/sessions/` is `/sessions`. */
function tidied(): string {
  const path = location.pathname.replace(/([^/])\/$/, "$1");
  if (path !== location.pathname) history.replaceState(null, "", path + location.search + location.hash);
  return path;
}

export const router = new Router();
