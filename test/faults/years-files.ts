/** Two operators on two homes, of whom both must sign everything: what they do goes from hand to hand in files. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { joinColleague, writeKeyPair } from '../support/joined-operator.ts';
import { gossipHere } from '../support/gossip.ts';
import type { Printed } from '../support/gossip.ts';
import type { Years } from './years.ts';

interface Written {
  readonly complete: boolean;
  readonly deployment?: string;
}

/** Each writes what the other signs and injects. */
class TwoOperators {
  readonly #years: Years;
  readonly bobsHome: string;
  #files = 0;

  constructor(years: Years) {
    this.#years = years;
    this.bobsHome = join(years.directory, 'bob');
  }

  readonly ada = (...args: readonly string[]): Promise<Printed> => this.#ask(this.#years.lab.home, args);
  readonly bob = (...args: readonly string[]): Promise<Printed> => this.#ask(this.bobsHome, args);

  /** Ada writes it, and Bob signs and injects it. What was written of a deployment tells its name. */
  async both(...args: readonly string[]): Promise<Written> {
    const file = this.file();
    const written = (await this.ada(...args, '--write', file)) as unknown as Written;
    const signed = (await this.bob('config', 'sign', file)) as unknown as Written;
    if (written.complete || !signed.complete)
      throw new Error(`'gossip ${args.join(' ')}' was not to be complete with the second signature, and only then`);
    await this.bob('config', 'inject', file);
    return written;
  }

  file(): string {
    this.#files += 1;
    return join(this.#years.directory, `file${this.#files}`);
  }

  /** The ends of those who try it alone. */
  async alone(...args: readonly string[]): Promise<readonly (string | undefined)[]> {
    const ends: (string | undefined)[] = [];
    for (const home of [this.#years.lab.home, this.bobsHome]) {
      const { json } = await gossipHere<{ error?: { code: string } }>([...args, '--json'], home);
      ends.push(json.error?.code);
    }
    return ends;
  }

  async #ask(home: string, args: readonly string[]): Promise<Printed> {
    const { code, json, stdout, stderr } = await gossipHere([...args, '--json'], home, this.#years.directory);
    if (code !== 0) throw new Error(`gossip ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    return json;
  }
}

/** `moved`: a rendezvous node that gets another address by a file, too. */
export async function twoOperators(years: Years, moved: string): Promise<void> {
  const { directory, lab, machines } = years;
  const two = new TwoOperators(years);
  const bobs = await joinColleague(lab, { name: 'bob', roles: ['root', 'deploy'], home: two.bobsHome, directory });
  await two.both('cluster', 'set-threshold', 'root', '2');
  await two.both('cluster', 'set-threshold', 'deploy', '2');
  await years.allHold();
  expect(await two.alone('cluster', 'set-threshold', 'root', '1')).toEqual(['GOSSIP_E_THRESHOLD', 'GOSSIP_E_THRESHOLD']);
  expect(await two.alone('deploy', '--module', 'registry')).toEqual(['GOSSIP_E_THRESHOLD', 'GOSSIP_E_THRESHOLD']);

  // From now on this is how deployments go on.
  years.deploy = async (path) => (await two.both('deploy', path, '--no-check')).deployment ?? '';
  const before = await years.update();
  await years.update();
  await years.allRun('notebook', (await two.both('rollback', before)).deployment ?? '');

  await two.both('cluster', 'rotate-key', '--name', 'ada');
  await years.allHold();
  await two.ada('cluster', 'rotate-key');
  await bobsKeyIsLost(years, two, bobs);

  const address = await machines.move(moved);
  await two.both('cluster', 'rendezvous', 'move', moved, address);
  await machines.wake(moved);
  const { id } = machines.machine(moved);
  const shown = await years.allHold();
  expect(shown.rendezvous).toContainEqual({ name: moved, id, address });
  expect(shown.keys.map(({ name }) => name ?? '').toSorted()).toEqual(['ada', 'bob']);
}

/** There is a third one for as long as that takes: two of three can still sign. */
async function bobsKeyIsLost({ directory }: Years, two: TwoOperators, bobs: string): Promise<void> {
  const carol = await writeKeyPair(directory, 'carol');
  await two.both('cluster', 'add-operator', 'carol', carol.publicFile, '--role', 'root', '--role', 'deploy');
  await rm(join(bobs, 'operator.key'));
  const next = await writeKeyPair(directory, 'bob-next');
  const file = two.file();
  await two.ada('cluster', 'rotate-key', '--key', 'bob', '--to', next.publicFile, '--write', file);
  expect(await two.ada('config', 'sign', file, '--key', carol.privateFile)).toMatchObject({ complete: true });
  await two.ada('config', 'inject', file);
  const exported = two.file();
  await two.ada('cluster', 'export', exported);
  await two.bob('cluster', 'import', exported, '--key', next.privateFile);
  await two.both('cluster', 'remove-operator', 'carol');
}
