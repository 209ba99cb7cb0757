/** The icons of the page, drawn when it is built: one shape, as SVG and as PNG in the sizes asked for. */

import type { Plugin } from "vite";

const GROUND = "#0b6b57";
const SIDE = 32;
const CORNER = 8;
const BOLT: [number, number][] = [[18, 5], [8, 18], [15, 18], [14, 27], [24, 14], [17, 14]];
const SAMPLES = 4; // a pixel is the mean of 4 × 4 points
const PNGS = [
  { name: "icon-192.png", size: 192, corner: CORNER },
  { name: "icon-512.png", size: 512, corner: CORNER },
  // Whoever shows these cuts the corners as all others there.
  { name: "icon-square-512.png", size: 512, corner: 0 },
  { name: "icon-square-180.png", size: 180, corner: 0 },
];

export function icons(): Plugin {
  return {
    name: "icons",
    apply: "build",
    async generateBundle() {
      this.emitFile({ type: "asset", fileName: "icon.svg", source: svg() });
      for (const { name, size, corner } of PNGS) {
        this.emitFile({ type: "asset", fileName: name, source: await png(size, corner) });
      }
    },
  };
}

function svg(): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIDE} ${SIDE}">`,
    `<rect width="${SIDE}" height="${SIDE}" rx="${CORNER}" fill="${GROUND}"/>`,
    `<polygon points="${BOLT.join(" ")}" fill="#fff"/></svg>\n`,
  ].join("");
}

/** Return the shape as a PNG: red, green, blue and how opaque, a byte each. */
async function png(size: number, corner: number): Promise<Uint8Array> {
  const ground = [1, 3, 5].map((at) => parseInt(GROUND.slice(at, at + 2), 16));
  const lines = new Uint8Array(size * (1 + 4 * size)); // each begins with a byte: no filter
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const { inside, white } = covered(x, y, size, corner);
      const share = inside && white / inside;
      const colour = ground.map((part) => Math.round(part + (255 - part) * share));
      lines.set([...colour, Math.round(255 * inside)], y * (1 + 4 * size) + 1 + 4 * x);
    }
  }
  const head = new Uint8Array([...bytes(size), ...bytes(size), 8, 6, 0, 0, 0]);
  return join(
    new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", head),
    chunk("IDAT", await packed(lines)),
    chunk("IEND", new Uint8Array()),
  );
}

/** Return how much of a pixel lies in the square, and how much in the bolt. */
function covered(x: number, y: number, size: number, corner: number) {
  let [inside, white] = [0, 0];
  for (let sample = 0; sample < SAMPLES ** 2; sample += 1) {
    const px = ((x + ((sample % SAMPLES) + 0.5) / SAMPLES) * SIDE) / size;
    const py = ((y + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) * SIDE) / size;
    if (inSquare(px, py, corner)) inside += 1;
    if (inBolt(px, py)) white += 1;
  }
  return { inside: inside / SAMPLES ** 2, white: white / SAMPLES ** 2 };
}

function inSquare(x: number, y: number, corner: number): boolean {
  const over = (at: number) => Math.max(corner - at, at - (SIDE - corner), 0);
  return Math.hypot(over(x), over(y)) <= corner;
}

/** Whether a ray from the point to the right crosses the outline an odd number of times. */
function inBolt(x: number, y: number): boolean {
  const crossed = BOLT.filter(([ax, ay], index) => {
    const [bx, by] = BOLT[(index + 1) % BOLT.length]!;
    return ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax);
  });
  return crossed.length % 2 === 1;
}

async function packed(body: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([body]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Return a part of a PNG: its length, its name, its content and their check sum. */
function chunk(name: string, content: Uint8Array): Uint8Array {
  const named = join(new TextEncoder().encode(name), content);
  return join(bytes(content.length), named, bytes(checkSum(named)));
}

/** Return the CRC-32 of a chunk; PNG (third edition), annex D. */
function checkSum(of: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of of) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

function bytes(number: number): Uint8Array {
  return new Uint8Array([24, 16, 8, 0].map((shift) => (number >>> shift) & 255));
}

function join(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
