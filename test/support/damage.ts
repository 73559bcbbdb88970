/** What may become of a file while its program does not look. */
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type Damage = (path: string) => Promise<void>;

export const cutOff: Damage = async (path) => truncate(path, Math.floor((await readFile(path)).length / 2));
export const emptied: Damage = (path) => truncate(path, 0);
export const zeroed: Damage = async (path) => writeFile(path, Buffer.alloc((await readFile(path)).length));
/** One bit in the middle; an empty file gets a byte. */
export const flipped: Damage = async (path) => {
  const whole = await readFile(path);
  const bytes = whole.length === 0 ? Buffer.alloc(1) : whole;
  const at = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(path, bytes);
};
export const lost: Damage = (path) => rm(path);

/** Files below a directory whose names match. */
export async function filesBelow(directory: string, pattern: RegExp): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && pattern.test(entry.name)).map((entry) => join(entry.parentPath, entry.name));
}
