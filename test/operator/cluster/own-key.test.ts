/** The files of an operator's own key, while it is exchanged. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { oldKey, requireOwnFile, takePlace } from '../../../src/operator/cluster/own-key.ts';
import type { OperatorCluster } from '../../../src/operator/cluster/clusters.ts';
import { generateKey, toPem } from '../../../src/trust/keys.ts';

let directory: string;
const never = { passphrase: () => Promise.reject(new Error('asked for a passphrase')) };
const at = (name: string): string => join(directory, name);
const put = (name: string, key: ReturnType<typeof generateKey>) => writeFile(at(name), toPem(key), { mode: 0o600 });
const text = (name: string) => readFile(at(name), 'utf8');
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'gossip-own-key-'))));
afterEach(() => rm(directory, { recursive: true, force: true }));

it('every key that was exchanged is kept: the last as operator.key.old, those before it numbered', async () => {
  const keys = Array.from({ length: 4 }, () => generateKey());
  const [first, ...next] = keys as [ReturnType<typeof generateKey>, ...ReturnType<typeof generateKey>[]];
  await put('operator.key', first);
  for (const key of next) {
    await put('operator.key.next', key);
    expect(await takePlace({ directory })).toBe(at('operator.key.old'));
  }
  const files = ['operator.key', 'operator.key.old', 'operator.key.old.1', 'operator.key.old.2'];
  expect((await readdir(directory)).toSorted()).toEqual(files);
  const [now, last, one, two] = await Promise.all(files.map(text));
  expect([one, two, last, now]).toEqual(keys.map((key) => toPem(key)));
  expect((await oldKey({ directory } as OperatorCluster, never))?.keyid).toBe(keys[2]?.keyid);
});

it('a number is taken once, whatever else lies there', async () => {
  for (const name of ['operator.key', 'operator.key.old', 'operator.key.old.7', 'operator.key.old.mine']) await put(name, generateKey());
  await put('operator.key.next', generateKey());
  const [before, seventh] = [await text('operator.key.old'), await text('operator.key.old.7')];
  await takePlace({ directory });
  expect([await text('operator.key.old.8'), await text('operator.key.old.7')]).toEqual([before, seventh]);
});

it('an exchange that broke off in between loses no key either', async () => {
  const next = generateKey();
  await put('operator.key.next', next);
  await put('operator.key.old', generateKey());
  const old = await text('operator.key.old');
  await takePlace({ directory });
  expect([await text('operator.key'), await text('operator.key.old')]).toEqual([toPem(next), old]);
});

it.each([
  ['rotate-key', /^Name the new one: 'gossip cluster rotate-key --key NAME --to NEW.pub'/],
  ['recover', /^Have it dropped with another root key: 'gossip cluster recover --drop NAME'/],
] as const)('a key that lies elsewhere is not exchanged by %s, which says what to do instead', (command, advice) => {
  expect(() => requireOwnFile(never, command)).not.toThrow();
  for (const [instead, message] of [
    [{ file: '/run/ci.key' }, 'the key in /run/ci.key signs here'],
    [{ program: 'hsm' }, 'the signer hsm signs here'],
  ] as const) {
    expect(() => requireOwnFile({ ...never, instead: () => instead }, command)).toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_USAGE', message: expect.stringContaining(message), advice: expect.stringMatching(advice) }),
    );
  }
});
