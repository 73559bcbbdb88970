import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigurationStore } from '../../../src/core/store/state/configuration-store.ts';
import type { Envelope, VerifiedDeployment } from '../../../src/model/deployment.ts';
import { flip } from './flip.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const envelope = (payload: string): Envelope => ({
  payload,
  payloadType: 'application/vnd.gossip+json',
  signatures: [{ keyid: 'k', sig: 's' }],
});
/** The store reads nothing of a record but its envelope. */
const record = (payload: string) => ({ envelope: envelope(payload) }) as VerifiedDeployment;

test('the envelopes of all records come back as they were signed', async () => {
  const dir = await temporaryDirectory();
  expect(await new ConfigurationStore(dir).load()).toEqual({ envelopes: [], steps: [], notes: [], damaged: false });
  const store = new ConfigurationStore(dir);
  await store.save([record('a')]);
  await store.save([record('a'), record('ü')]);
  expect(await new ConfigurationStore(dir).load()).toEqual({
    envelopes: [envelope('a'), envelope('ü')],
    steps: [],
    notes: [],
    damaged: false,
  });
  await store.save([]);
  expect(await new ConfigurationStore(dir).load()).toEqual({ envelopes: [], steps: [], notes: [], damaged: false });
});

test('Fault 18: any damage to the newest file yields the configuration before, and says so', async () => {
  const dir = await temporaryDirectory();
  const store = new ConfigurationStore(dir);
  await store.save([record('a')]);
  await store.save([record('a'), record('b')]);
  const path = join(dir, 'configuration.1');
  const whole = await readFile(path);
  const before = { envelopes: [envelope('a')], steps: [], notes: [], damaged: true };
  for (let at = 0; at < whole.length; at++) {
    const flipped = Buffer.from(whole);
    flip(flipped, at, 1);
    await writeFile(path, flipped);
    expect(await new ConfigurationStore(dir).load(), `byte ${at}`).toEqual(before);
    await writeFile(path, whole);
    await truncate(path, at);
    expect(await new ConfigurationStore(dir).load(), `${at} bytes`).toEqual(before);
  }
});

test('Fault 18: with both files zeroed the node starts empty, and says so', async () => {
  const dir = await temporaryDirectory();
  const store = new ConfigurationStore(dir);
  for (const payload of ['a', 'b']) await store.save([record(payload)]);
  for (const slot of [0, 1]) await writeFile(join(dir, `configuration.${slot}`), Buffer.alloc(300));
  expect(await new ConfigurationStore(dir).load()).toEqual({ envelopes: [], steps: [], notes: [], damaged: true });
});
