/** The operators' door: what is taken, what is refused, and what may not be thrown away meanwhile. */
import { expect, test, vi } from 'vitest';
import type { ContentHash } from '../../../src/model/names.ts';
import { encodeManifest } from '../../../src/trust/manifest.ts';
import { words } from '../../support/code.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import { makeNextRoot, nextRoot } from '../../../src/trust/next-root.ts';
import { Trust } from '../../../src/trust/trust.ts';
import { key, record, root } from '../../support/records.ts';
import { ada, bench, bytesOf } from './injection-bench.ts';
import type { Outcome } from './injection-bench.ts';

const code = words();

test('a deployment is acknowledged once its code is here, and not before', async () => {
  const { announce, send, injected } = await bench();
  const deployment = record(1, { code: code.reference });
  expect(await announce(deployment)).toEqual({ missing: [...code.blobs.keys()] });
  expect(injected).toEqual([]);
  await send(code);
  expect(await announce(deployment)).toEqual({ outcome: 'applied' });
  expect(injected).toEqual([deployment]);
});

test('a removal needs no code', async () => {
  const { announce } = await bench();
  expect(await announce(record(1, { code: null }), null)).toEqual({ outcome: 'applied' });
});

test.each([
  ['a number that is taken', { highest: 5 }, 5, 'GOSSIP_E_NUMBER_TAKEN'],
  ['a number that another record took meanwhile', { outcome: 'taken' as Outcome }, 1, 'GOSSIP_E_NUMBER_TAKEN'],
  ['a number far above all others (attack A15)', { highest: 5 }, 2 ** 25, 'GOSSIP_E_NUMBER'],
])('%s is refused', async (_, options, sequence, expected) => {
  const { announce } = await bench(options);
  await expect(announce(record(sequence, { code: null }), null)).rejects.toMatchObject({ code: expected });
});

test('one module more than a configuration holds is refused, and says so', async () => {
  const { announce } = await bench();
  await expect(announce(record(1, { module: 'onemore', code: null }), null)).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_LIMIT' });
});

test('a manifest other than the signed one is refused, and leaves nothing', async () => {
  const { announce, store } = await bench();
  await expect(announce(record(1, { code: code.reference }), words('2.0.0'))).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_MISMATCH' });
  expect(store.usedBytes).toBe(0);
});

test.each(['', '[]', '{"envelope":{}}', '{"envelope":{},"manifest":null,"more":1}'])(
  'a malformed announcement is refused: %s',
  async (text) => {
    const { injection } = await bench();
    await expect(injection.announce(Buffer.from(text), ada)).rejects.toMatchObject({
      code: expect.stringMatching(/^GOSSIP_E_(REQUEST|SCHEMA)/),
    });
  },
);

test('no blob is taken that no announced deployment lacks (law 2), nor a byte more than was signed', async () => {
  const { injection, announce, store } = await bench();
  const [[hash, blob]] = [...code.blobs] as [[ContentHash, Uint8Array]];
  await expect(injection.take(code.reference.hash, hash, bytesOf(blob), ada)).rejects.toMatchObject({ code: 'GOSSIP_E_NOT_FOUND' });
  await announce(record(1, { code: code.reference }));
  const longer = bytesOf(Buffer.concat([blob, Buffer.from(' ')]));
  await expect(injection.take(code.reference.hash, hash, longer, ada)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_MISMATCH' });
  expect(await store.missing(code.reference.hash)).toContain(hash);
});

test('an upload that goes on, or is none any more, costs no look at the whole code for each of its files', async () => {
  const { injection, announce, store } = await bench();
  await announce(record(1, { code: code.reference }));
  const looks = vi.spyOn(store, 'missing');
  for (let again = 0; again < 2; again += 1) {
    for (const [hash, blob] of code.blobs) {
      const range = { from: 0, to: blob.length - 1, size: blob.length };
      await injection.take(code.reference.hash, hash, bytesOf(blob), ada, range);
    }
  }
  expect(looks).not.toHaveBeenCalled();
  expect(await store.has(code.reference.hash)).toBe(true);
});

test('code that is on its way in is no garbage, also before any of it is here', async () => {
  const { injection, announce, send, store } = await bench();
  await announce(record(1, { code: code.reference }));
  expect(injection.announced()).toEqual([code.reference.hash]);
  await send(code);
  await store.keepOnly(new Set(injection.announced()));
  expect(await announce(record(1, { code: code.reference }))).toEqual({ outcome: 'applied' });
  expect(injection.announced()).toEqual([]);
});

test('of two deployments of the same code, the end of the first does not shut the door for the second', async () => {
  const { announce, send, injection } = await bench();
  const [first, second] = [record(1, { code: code.reference }), record(2, { code: code.reference })];
  await announce(first);
  expect(await announce(second)).toEqual({ missing: [...code.blobs.keys()] });
  await send(code);
  expect(await announce(first)).toEqual({ outcome: 'applied' });
  // The second operator was told before that the blobs are missing, and sends them now.
  await send(code);
  expect(await announce(second)).toEqual({ outcome: 'applied' });
  expect(injection.announced()).toEqual([]);
});

test('an announcement whose number was taken is forgotten', async () => {
  const { announce, injection, send } = await bench({ outcome: 'taken' });
  const deployment = record(1, { code: code.reference });
  await announce(deployment);
  await send(code);
  await expect(announce(deployment)).rejects.toMatchObject({ code: 'GOSSIP_E_NUMBER_TAKEN' });
  expect(injection.announced()).toEqual([]);
});

test('code that is just being thrown away is asked for again, instead of being taken for here', async () => {
  const sweep = Promise.withResolvers<void>();
  const { announce, injection, store } = await bench({ swept: () => sweep.promise });
  await store.putManifest(code.reference.hash, encodeManifest(code.manifest));
  for (const [hash, blob] of code.blobs) await store.putBlob(hash, blob, blob.length);
  // The sweep began when nobody wanted the code; the deployment that wants it comes before it ends.
  const announced = announce(record(1, { code: code.reference }));
  expect(injection.announced()).toEqual([code.reference.hash]);
  await store.keepOnly(new Set());
  sweep.resolve();
  expect(await announced).toEqual({ missing: [...code.blobs.keys()] });
});

test('of announcements that never complete, the oldest are forgotten', async () => {
  const { announce, injection } = await bench();
  for (let sequence = 1; sequence <= 40; sequence += 1) {
    const one = words(`1.0.${sequence}`);
    await announce(record(sequence, { code: one.reference }), one);
  }
  expect(injection.announced()).toHaveLength(32);
});

test('a new deployment by a key that the newest root names no more is refused; what is here already stays good', async () => {
  const taken = record(1, { code: null });
  const later = generateKey();
  const roles = { ...root.root.roles, deploy: { keys: [later.keyid], threshold: 1 } };
  const keys = { ...root.root.keys, [later.keyid]: { public: later.public } };
  const trust = new Trust(nextRoot(root, makeNextRoot(root, { created: 1, keys, roles }, [key])));
  const { announce } = await bench({ trust });
  await expect(announce(taken, null)).rejects.toMatchObject({ code: 'GOSSIP_E_SIGNATURE', message: expect.stringContaining('version 2') });
  expect(await (await bench({ trust, known: true })).announce(taken, null)).toEqual({ outcome: 'applied' });
});
