/** SHA-256 of a text.  The browser's own is there over HTTPS only, and most sites have plain HTTP. */

const ROOT_BITS = 0x100000000;

/** Return the first 32 bits of the fractional parts of roots of the first primes. */
function fractions(count: number, power: number): number[] {
  const found: number[] = [];
  for (let prime = 2; found.length < count; prime++) {
    if (isPrime(prime)) found.push(((prime ** power % 1) * ROOT_BITS) | 0);
  }
  return found;
}

function isPrime(number: number): boolean {
  for (let by = 2; by * by <= number; by++) if (number % by === 0) return false;
  return true;
}

const ROUND = fractions(64, 1 / 3);
const BEGIN = fractions(8, 1 / 2);

const turned = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

/** Return the digest of a text in UTF-8, as 64 hexadecimal digits. */
export function digestOf(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const padded = new DataView(new ArrayBuffer(Math.ceil((bytes.length + 9) / 64) * 64));
  bytes.forEach((byte, at) => padded.setUint8(at, byte));
  padded.setUint8(bytes.length, 0x80);
  padded.setUint32(padded.byteLength - 8, Math.floor(bytes.length / 0x20000000));
  padded.setUint32(padded.byteLength - 4, bytes.length << 3);
  let state = BEGIN;
  for (let at = 0; at < padded.byteLength; at += 64) state = mixed(state, padded, at);
  return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function mixed(state: readonly number[], block: DataView, from: number): number[] {
  const words = Array.from({ length: 16 }, (_, at) => block.getInt32(from + 4 * at));
  for (let at = 16; at < 64; at++) {
    const [early, late] = [words[at - 15]!, words[at - 2]!];
    const low = turned(early, 7) ^ turned(early, 18) ^ (early >>> 3);
    const high = turned(late, 17) ^ turned(late, 19) ^ (late >>> 10);
    words[at] = (words[at - 16]! + low + words[at - 7]! + high) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state as [number, number, number, number, number, number, number, number];
  for (const [at, word] of words.entries()) {
    const big = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const first = (h + big + ((e & f) ^ (~e & g)) + ROUND[at]! + word) | 0;
    const second = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  return [a, b, c, d, e, f, g, h].map((word, at) => (word + state[at]!) | 0);
}
