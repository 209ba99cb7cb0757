/** Files that the server makes: fetched, and saved under the name that it gives them. */

import { Problem, type Query, withQuery } from "../ask";

interface Said {
  detail: string;
  code: string;
}

/** Save a file; it throws a `Problem` when it is refused. */
export async function download(path: string, query: Query = {}): Promise<void> {
  const answer = await fetch(`/api/v1/${withQuery(path, query)}`).catch(() => {
    throw new Problem("the server does not answer");
  });
  if (!answer.ok) {
    const said = (await answer.json()) as Said;
    throw new Problem(said.detail, answer.status, said.code);
  }
  const link = document.createElement("a");
  link.download = nameOf(answer.headers.get("Content-Disposition") ?? "");
  link.href = URL.createObjectURL(await answer.blob());
  link.click();
  URL.revokeObjectURL(link.href);
}

function nameOf(disposition: string): string {
  const found = /filename\*=UTF-8''([^;]+)/.exec(disposition);
  return decodeURIComponent(found?.[1] ?? "file");
}
