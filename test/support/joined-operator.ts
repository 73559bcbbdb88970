/** A further operator of a lab: a key of his own, and a home into which the cluster was imported. */
import { createPublicKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKey, toPem } from '../../src/trust/keys.ts';
import { gossip, gossipHere } from './gossip.ts';
import type { Printed, Ran } from './gossip.ts';
import type { TestLab } from './lab.ts';

export interface Colleague {
  readonly name: string;
  readonly roles: readonly string[];
  /** Of his commands. */
  readonly home: string;
  /** Where the files lie that go from hand to hand. */
  readonly directory: string;
}

/** Resolves with the directory of the cluster in his home. */
export async function joinColleague(lab: TestLab, { name, roles, home, directory }: Colleague): Promise<string> {
  const { privateFile, publicFile } = await writeKeyPair(directory, name);
  await lab.ask('cluster', 'add-operator', name, publicFile, ...roles.flatMap((role) => ['--role', role]));
  const [exported, token] = [join(directory, `${name}.cluster`), join(directory, `${name}.token`)];
  await lab.ask('cluster', 'export', exported);
  await writeFile(token, (await lab.ask<{ token: string }>('cluster', 'join-token')).token, { mode: 0o600 });
  const words = ['cluster', 'import', exported, '--join', `@${token}`, '--key', privateFile, '--json'];
  const { code, json, stdout } = await gossipHere<{ directory: string }>(words, home, directory);
  if (code !== 0) throw new Error(`${name} cannot import the cluster: ${stdout}`);
  return json.directory;
}

/** A new key, as `gossip key new` writes it. */
export async function writeKeyPair(
  directory: string,
  name: string,
): Promise<{ readonly privateFile: string; readonly publicFile: string }> {
  const key = generateKey();
  const [privateFile, publicFile] = [join(directory, `${name}.key`), join(directory, `${name}.pub`)];
  await writeFile(privateFile, toPem(key), { mode: 0o600 });
  await writeFile(publicFile, createPublicKey(key.key).export({ format: 'pem', type: 'spki' }));
  return { privateFile, publicFile };
}

export interface Bob {
  readonly home: string;
  /** A command of his. */
  readonly run: (...args: readonly string[]) => Promise<Ran>;
  /** The same, which must succeed: its JSON. */
  readonly ask: (...args: readonly string[]) => Promise<Printed>;
}

/** A colleague with these roles, whose commands run where the files lie; his key is `bob.key` and `bob.pub` there. */
export async function colleague(lab: TestLab, directory: string, roles: readonly string[]): Promise<Bob> {
  const home = join(lab.home, 'bob');
  await joinColleague(lab, { name: 'bob', roles, home, directory });
  const run = (...args: readonly string[]): Promise<Ran> => gossip(args, { home, cwd: directory });
  const ask = async (...args: readonly string[]): Promise<Printed> => {
    const { code, json, stdout, stderr } = await run(...args, '--json');
    if (code !== 0) throw new Error(`gossip ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    return json;
  };
  return { home, run, ask };
}
