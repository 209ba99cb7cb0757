/** Parts of the page that are fetched when they are needed. */

const AGAIN_MS = 2000;

/** Fetch something, and again until the server answers: what is waited for comes in the end. */
export async function later<T>(fetched: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await fetched();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
