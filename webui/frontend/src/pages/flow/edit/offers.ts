/** What could stand where somebody types in a flow file, by what is known of the flow. */

import type { Input, Picture, PictureNode, Scope } from "../types";
import type { Offer } from "./yaml/editor";
import type { Where } from "./yaml/where";

const TOP = ["flow", "format", "doc", "disabled", "vars", "connections", "nodes", "subflows", "tests"];
const WIRES = "from";

/** What there is to choose from. */
export interface Known {
  picture: Picture | null;
  /** The file that is edited. */
  file: string;
  /** Every type that a node can have. */
  types: readonly Offer[];
  /** The options of a type. */
  options?: (type: string) => Promise<readonly Offer[]>;
}

/** Return what fits; nothing where all that is known is that something has to stand there. */
export async function offersAt(where: Where, known: Known): Promise<Offer[]> {
  if (!where.path.length) return where.key === null ? TOP.map((text) => ({ text: `${text}: ` })) : [];
  const within = nodeAt(where, known);
  if (!within) return [];
  const { scope, name, rest } = within;
  const node = scope?.nodes.find((one) => one.name === name);
  if (!rest.length && where.key === "type") return [...known.types];
  if (!rest.length && where.key === null) {
    const options = node && known.options ? await known.options(node.type) : [];
    return [{ text: "type" }, { text: WIRES }, ...options].map((one) => ({ ...one, text: `${one.text}: ` }));
  }
  if (!scope || !known.picture) return [];
  if (!rest.length && where.key === WIRES) return refs(known.picture, scope, name, node?.inputs ?? []);
  if (rest.length !== 1 || rest[0] !== WIRES) return [];
  if (where.key === null) return (node?.inputs ?? []).map((input) => ({ text: `${input.name}: `, ...typed(known.picture!, input) }));
  return refs(known.picture, scope, name, (node?.inputs ?? []).filter((input) => input.name === where.key));
}

/** Return in which node one types, and the keys within it. */
function nodeAt(
  { path }: Where, { picture, file }: Known,
): { scope: Scope | undefined; name: string; rest: string[] } | undefined {
  const inside = path[0] === "subflows" && path[2] === "nodes";
  const [subflow, at] = inside ? [path[1]!, 3] : ["", 1];
  const name = path[at];
  if (name === undefined || (!inside && path[0] !== "nodes")) return undefined;
  const scope = picture?.scopes.find((one) => one.file === file && one.name === subflow);
  return { scope, name, rest: path.slice(at + 1) };
}

/** Return the outputs of other nodes, and what comes into a subflow, that fit one of some inputs. */
function refs(picture: Picture, scope: Scope, name: string, inputs: readonly Input[]): Offer[] {
  const wanted = inputs.map(({ type }) => type);
  const fits = (type: number | null): boolean =>
    type === null || !wanted.length || wanted.some((one) => one === null || picture.fits[type]?.includes(one));
  const of = (node: PictureNode): Offer[] =>
    node.outputs.filter(({ type }) => fits(type)).map((output) => ({
      text: node.outputs.length === 1 ? node.name : `${node.name}.${output.name}`,
      ...typed(picture, output),
    }));
  const entering = scope.ins.filter(({ type }) => fits(type)).map((one) => ({ text: `in.${one.name}`, ...typed(picture, one) }));
  return [...entering, ...scope.nodes.filter((node) => node.name !== name).flatMap(of)];
}

function typed(picture: Picture, { type }: { type: number | null }): { detail?: string } {
  const detail = type === null ? undefined : picture.types[type];
  return detail === undefined ? {} : { detail };
}
