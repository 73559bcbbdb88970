/** A second operator with a home of his own, whose key the root names. */
import { createPublicKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKey, toPem } from '../../src/trust/keys.ts';
import { gossip } from './gossip.ts';
import type { Printed, Ran } from './gossip.ts';
import type { TestLab } from './lab.ts';

export interface Colleague {
  readonly home: string;
  /** A command of his. */
  readonly run: (...args: readonly string[]) => Promise<Ran>;
  /** The same, which must succeed: its JSON. */
  readonly ask: (...args: readonly string[]) => Promise<Printed>;
}

/** Bob, with these roles; his key lies in `bob.key` and `bob.pub` of the directory, where his commands run. */
export async function colleague(lab: TestLab, directory: string, roles: readonly string[]): Promise<Colleague> {
  const file = (name: string): string => join(directory, name);
  const home = join(lab.home, 'bob');
  const key = generateKey();
  await writeFile(file('bob.key'), toPem(key), { mode: 0o600 });
  await writeFile(file('bob.pub'), createPublicKey(key.key).export({ format: 'pem', type: 'spki' }));
  const run = (...args: readonly string[]): Promise<Ran> => gossip(args, { home, cwd: directory });
  const ask = async (...args: readonly string[]): Promise<Printed> => {
    const { code, json, stdout, stderr } = await run(...args, '--json');
    if (code !== 0) throw new Error(`gossip ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    return json;
  };
  await lab.ask('cluster', 'add-operator', 'bob', file('bob.pub'), ...roles.flatMap((role) => ['--role', role]));
  await lab.ask('cluster', 'export', file('lab.cluster'));
  await writeFile(file('token'), (await lab.ask<{ token: string }>('cluster', 'join-token')).token);
  await ask('cluster', 'import', file('lab.cluster'), '--join', `@${file('token')}`, '--key', file('bob.key'));
  return { home, run, ask };
}
