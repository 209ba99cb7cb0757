/** The one way to the server: JSON under `/api/v1`, and its refusals in one shape. */

import { wording } from "./wording/wording.svelte";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
/** Values of a query; what is null, undefined or empty is left out. */
export type Query = Record<string, string | number | boolean | null | undefined>;

/** What every list that pages on the server answers. */
export interface Paged<Item> {
  items: Item[];
  total: number;
}

/** Something the server refused; why, in the viewer's language. */
export class Problem extends Error {
  constructor(
    /** The same in the server's own words. */
    readonly detail: string,
    /** The HTTP status; 0 when the server did not answer at all. */
    readonly status = 0,
    /** The stable name of what is wrong. */
    readonly code = "no-answer",
    /** What is wrong with each field of the body, by its path. */
    readonly fields: Record<string, string> = {},
    /** After how many seconds another try makes sense. */
    readonly wait_s = 0,
  ) {
    super();
  }

  override get message(): string {
    return wording.said(this.detail);
  }
}

/** The viewer was asked to prove who they are, and would rather not. */
export class Cancelled extends Problem {}

/** What the shell lends: it knows who is signed in, and can ask for their password. */
export const gate = {
  /** The token that a request which changes something carries. */
  csrf: "",
  /** Ask for the password; false when the viewer cancels. */
  prove: async (): Promise<boolean> => false,
  /** Hear that nobody is signed in any more. */
  signedOut: (): void => undefined,
};

/** A problem as the server says it. */
interface Said {
  detail: string;
  code: string;
  errors?: { at: string; message: string }[];
  retry_after_s?: number;
}

async function request<T>(method: Method, path: string, body?: object): Promise<T> {
  const answer = await send(method, path, body);
  if (answer.status === 204) return undefined as T;
  const found: unknown = await answer.json().catch(() => {
    throw new Problem("the server does not answer");
  });
  if (answer.ok) return found as T;
  const problem = asProblem(answer.status, found);
  if (problem.code === "prove-yourself") {
    if (await gate.prove()) return request(method, path, body);
    throw new Cancelled(problem.detail, problem.status, problem.code);
  }
  if (problem.code === "sign-in") gate.signedOut();
  throw problem;
}

async function send(method: Method, path: string, body?: object): Promise<Response> {
  const headers: Record<string, string> = {};
  if (method !== "GET") headers["X-CSRF-Token"] = gate.csrf;
  if (method !== "GET") headers["Content-Type"] = "application/json";
  const told = method === "GET" ? null : JSON.stringify(body ?? {});
  try {
    return await fetch(`/api/v1/${path}`, { method, headers, body: told });
  } catch {
    throw new Problem("the server does not answer");
  }
}

function asProblem(status: number, found: unknown): Problem {
  const said = found as Said;
  const wrong = (said.errors ?? []).map(({ at, message }) => [at, wording.said(message)]);
  const fields = Object.fromEntries(wrong) as Record<string, string>;
  return new Problem(said.detail, status, said.code, fields, said.retry_after_s);
}

/** Return a path with its query: what a link or a download asks for. */
export function withQuery(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value != null && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}

/** Ask the server; paths are below `/api/v1/`. Each throws a `Problem` when it is refused. */
export const ask = {
  get: <T>(path: string, query?: Query) => request<T>("GET", withQuery(path, query)),
  post: <T>(path: string, body?: object) => request<T>("POST", path, body),
  put: <T>(path: string, body?: object) => request<T>("PUT", path, body),
  patch: <T>(path: string, body: object) => request<T>("PATCH", path, body),
  delete: <T>(path: string) => request<T>("DELETE", path),
};
