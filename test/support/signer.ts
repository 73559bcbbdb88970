/** Programs that sign, as an operator's key in hardware is reached: one that does, and ones that do not. */
import { chmod, writeFile } from 'node:fs/promises';
import { toPem, toPublicPem } from '../../src/trust/keys.ts';
import type { HeldKey } from '../../src/trust/keys.ts';

const HEAD = `#!${process.execPath}
import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync, appendFileSync } from 'node:fs';
const [verb, ...rest] = process.argv.slice(2);
`;

/** `act` is JavaScript of a module that knows `verb`; what it prints is its answer. */
export async function writeProgram(path: string, act: string): Promise<string> {
  await writeFile(path, `${HEAD}${act}\n`);
  await chmod(path, 0o755);
  return path;
}

/** One that signs with `key`, and notes beside itself, in PATH.asked, what it was asked. `form`: of its answer, raw or in base64. */
export function writeSigner(path: string, key: HeldKey, { form = 'raw', shown = key }: { form?: 'raw' | 'base64'; shown?: HeldKey } = {}) {
  return writeProgram(
    path,
    `
appendFileSync(${JSON.stringify(`${path}.asked`)}, JSON.stringify([verb, ...rest]) + '\\n');
if (verb === 'public') process.stdout.write(${JSON.stringify(toPublicPem(shown))});
else if (verb === 'sign') {
  const signature = sign(null, readFileSync(0), createPrivateKey(${JSON.stringify(toPem(key))}));
  process.stdout.write(${form === 'raw' ? 'signature' : "signature.toString('base64') + '\\n'"});
} else process.exit(64);`,
  );
}
