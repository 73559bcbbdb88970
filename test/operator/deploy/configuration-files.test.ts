import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModuleName } from '../../../src/model/names.ts';
import { codeInFile, countersignFile, packFile, verifyFile } from '../../../src/operator/deploy/configuration-files.ts';
import { readSignedFile } from '../../../src/operator/deploy/signed-files.ts';
import { prepare } from '../../../src/operator/deploy/deploy.ts';
import { decode } from '../../../src/trust/configuration-file.ts';
import type { ConfigurationFile } from '../../../src/trust/configuration-file.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import { makeRoot, trustRoot } from '../../../src/trust/root.ts';
import { peer } from '../../support/records.ts';
import { operatorKey, PaperDoor, paperCode, rendezvous, root, signing } from '../paper-node.ts';

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'gossip-files-'))));
afterEach(() => rm(directory, { recursive: true, force: true }));

const second = generateKey();
const twoOfTwo = trustRoot(
  makeRoot({
    name: 'two',
    created: 0,
    rootKeys: [operatorKey],
    deployKeys: [operatorKey, second],
    admitKeys: [operatorKey],
    thresholds: { deploy: 2 },
    rendezvous,
  }),
);
const code = paperCode('code');
const coded = (expected: string) => expect.objectContaining({ code: expected });

async function packed(trusted = root): Promise<Uint8Array> {
  const door = new PaperDoor();
  door.add(peer(1, 'rendezvous1'));
  const draft = { module: 'counter' as ModuleName, code: code.reference, scrub: false, rollbackOf: null, author: 'ada', message: '' };
  const { envelope } = await prepare({ ...signing, root: trusted }, door, peer(1, 'rendezvous1'), draft);
  return packFile(trusted, envelope, code);
}

async function deploymentIn(path: string): Promise<ConfigurationFile> {
  const signed = await readSignedFile(path);
  if (signed.kind !== 'deployment') throw new Error(`${path} is of a ${signed.kind}`);
  return signed.file;
}

describe('a configuration file', () => {
  it('brings deployment and code to an operator who has neither', async () => {
    const file = decode(await packed());
    const record = verifyFile(file, root);
    const source = codeInFile(file, record);
    expect(record.deployment.module).toBe('counter');
    expect(await source?.manifest()).toEqual(await code.manifest());
    expect(Buffer.from((await source?.blob((await code.manifest()).files[0]?.sha256 as never)) ?? []).toString()).toBe('code');
  });

  it('is refused whichever byte of it is changed', async () => {
    const bytes = await packed();
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => [at, verifyFile(decode(changed), root)]).toThrow(
        expect.objectContaining({ name: 'GossipError', exitCode: expect.any(Number) }),
      );
    }
  });

  it('of a cluster with another root is refused', async () => {
    const file = decode(await packed(twoOfTwo));
    expect(() => verifyFile(file, root)).toThrow(coded('GOSSIP_E_WRONG_CLUSTER'));
  });
});

it('a file of another kind is refused as that', async () => {
  const path = join(directory, 'prod.cluster');
  await writeFile(path, JSON.stringify({ type: 'gossip/cluster/1', name: 'prod' }, null, 2));
  await expect(readSignedFile(path)).rejects.toThrow(
    expect.objectContaining({
      code: 'GOSSIP_E_SCHEMA',
      message: `${path} is no signed file: it is a cluster file, which 'gossip cluster import' takes`,
    }),
  );
});

describe('countersigning', () => {
  it('completes a file that several operators must sign', async () => {
    const path = join(directory, 'counter.gossip');
    const output = join(directory, 'signed.gossip');
    await writeFile(path, await packed(twoOfTwo));
    const file = await deploymentIn(path);
    expect(() => verifyFile(file, twoOfTwo)).toThrow(coded('GOSSIP_E_THRESHOLD'));
    expect(
      await countersignFile({ name: 'paper', file: await deploymentIn(path), output: path, root: twoOfTwo, key: operatorKey }),
    ).toEqual({
      signatures: 1,
      threshold: 2,
      again: true,
    });
    expect(await countersignFile({ name: 'paper', file: await deploymentIn(path), output, root: twoOfTwo, key: second })).toEqual({
      signatures: 2,
      threshold: 2,
      again: false,
    });
    expect(verifyFile(await deploymentIn(output), twoOfTwo).envelope.signatures).toHaveLength(2);
  });

  it('refuses a key that may not sign, and leaves the file as it is', async () => {
    const path = join(directory, 'counter.gossip');
    const bytes = await packed(twoOfTwo);
    await writeFile(path, bytes);
    await expect(
      countersignFile({ name: 'paper', file: await deploymentIn(path), output: path, root: twoOfTwo, key: generateKey() }),
    ).rejects.toThrow(coded('GOSSIP_E_SIGNATURE'));
    await expect(countersignFile({ name: 'paper', file: await deploymentIn(path), output: path, root, key: operatorKey })).rejects.toThrow(
      coded('GOSSIP_E_WRONG_CLUSTER'),
    );
    expect(new Uint8Array(await readFile(path))).toEqual(new Uint8Array(bytes));
  });
});
