/** What a form tells its fields. */

import { getContext, setContext } from "svelte";

interface FormState {
  /** What is wrong with a field, in the server's words; empty when nothing is. */
  errorOf: (name: string) => string;
}

const KEY = Symbol("form");

export function shareForm(state: FormState): void {
  setContext(KEY, state);
}

/** Return what is wrong with a field of the form around it. */
export function errorOf(name: string): string {
  return getContext<FormState | undefined>(KEY)?.errorOf(name) ?? "";
}
