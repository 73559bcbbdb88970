/** What the settings say of each flag, and whether it is on at a node. */
import { asInteger, asObject, BadInput } from 'gossip/sdk';
import type { Json } from 'gossip/sdk';

/** With names of this length, the reports of a thousand nodes fit into one message. */
const MAX_FLAGS = 16;
const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** Name of a flag, and at how many of a hundred nodes it is on. */
export type Flags = ReadonlyMap<string, number>;

/** `{ "new-checkout": 25, "dark-mode": true }`: a percentage, or all or nothing. */
export function parseFlags(value: Json | undefined): Flags {
  const entries = Object.entries(asObject(value ?? {}, 'settings.flags'));
  if (entries.length > MAX_FLAGS) throw new BadInput(`settings.flags has ${entries.length} flags, more than ${MAX_FLAGS}`);
  return new Map(entries.map(([name, share]) => [parseName(name), parseShare(name, share)]));
}

/** By the flag and the node alone, so that no node has to ask: and a node where 25 % switched it on keeps it at 50 %. */
export function isOn(name: string, share: number, nodeId: string): boolean {
  return place(`${name} ${nodeId}`) < share;
}

export function parseName(name: string): string {
  if (NAME.test(name)) return name;
  throw new BadInput('a flag has a lower-case letter, then at most 31 letters, digits or dashes');
}

function parseShare(name: string, share: Json): number {
  if (typeof share === 'boolean') return share ? 100 : 0;
  return asInteger(share, `settings.flags.${name}`, { max: 100 });
}

/** A number from 0 to 99, spread evenly (FNV-1a, and a last mix of its bits). */
function place(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) >>> 0) % 100;
}
