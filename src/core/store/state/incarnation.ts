/** Counts the node's restarts. It never repeats a number, not even after damage: peers would take the new start for the old one. */
import { join } from 'node:path';
import type { FileSystem } from '../files/file-system.ts';
import { Copies } from '../files/copies.ts';
import type { CopiesRead } from '../files/copies.ts';

const MAX_BYTES = 32;
/** Of the clock since 1970, in which a lost count goes on: seconds would repeat where a node ends and starts within one. */
const TICK_MS = 10;
const COUNT = /^\d{1,15}$/;

/** The number of this start, which is durable before it is used. */
export async function nextIncarnation(directory: string, options: { readonly fileSystem?: FileSystem } = {}): Promise<number> {
  const copies = new Copies(join(directory, 'incarnation'), { maxBytes: MAX_BYTES, ...options });
  const next = after(await copies.read());
  await copies.write(Buffer.from(String(next)));
  return next;
}

function after({ bytes, damaged }: CopiesRead): number {
  const text = bytes === null ? '0' : Buffer.from(bytes).toString();
  const last = COUNT.test(text) ? Number(text) : 0;
  if (!damaged && text === String(last)) return last + 1;
  // What was set aside may have held one more than what is left. With nothing left, the time exceeds every honest count, and another start's: none takes so little.
  return last > 0 ? last + 2 : Math.floor(Date.now() / TICK_MS);
}
