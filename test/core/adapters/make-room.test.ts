/** What gives way when the quota is full, on a real store. */
import { describe, expect, test } from 'vitest';
import { makeRoom } from '../../../src/core/adapters/make-room.ts';
import { ContentStore } from '../../../src/core/store/code/content-store.ts';
import { RESERVE } from '../../../src/core/store/code/quota.ts';
import { encodeManifest } from '../../../src/trust/manifest.ts';
import type { ContentHash } from '../../../src/model/names.ts';
import { code } from '../../support/code.ts';
import type { Code } from '../../support/code.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';

const KB = 1_000;
const version = (name: string, bytes = 347 * KB): Code => code({ 'index.mjs': Buffer.alloc(bytes, `${name}\n`) }, name);
const [d1, d2, d3, d4] = ['1.0.0', '2.0.0', '3.0.0', '4.0.0'].map((name) => version(name)) as [Code, Code, Code, Code];

/** A store of `quotaBytes`; `needed` runs, `spare` is kept for rollbacks. */
async function disk(quotaBytes: number) {
  const content = await ContentStore.open(await temporaryDirectory(), { quotaBytes: RESERVE * quotaBytes });
  let needed: readonly Code[] = [];
  let spare: readonly Code[] = [];
  const hashes = (codes: readonly Code[]): readonly ContentHash[] => codes.map(({ reference }) => reference.hash);
  const room = { content, quotaBytes, needed: () => hashes(needed), spare: () => hashes(spare) };
  return {
    content,
    /** As a node does: room, then the code, then it runs in the place of what ran. */
    deploy: async (next: Code, mustFit = false) => {
      await makeRoom(room, next.reference, mustFit);
      await content.putManifest(next.reference.hash, encodeManifest(next.manifest));
      for (const [hash, bytes] of next.blobs) await content.putBlob(hash, bytes, bytes.length);
      await content.checkout(next.reference.hash);
      spare = [...spare, ...needed];
      needed = [next];
    },
    kept: async () => {
      const all = [d1, d2, d3, d4];
      const has = await Promise.all(all.map(({ reference }) => content.has(reference.hash)));
      return all.filter((_, index) => has[index]).map(({ reference }) => reference.version);
    },
  };
}

describe('with a quota of 1.5 MB and code of 347 KB', () => {
  test('the oldest code gives way first, and every deployment gets in', async () => {
    const { deploy, kept } = await disk(1_500 * KB);
    await deploy(d1, true);
    await deploy(d2);
    expect(await kept()).toEqual(['1.0.0', '2.0.0']);
    await deploy(d3);
    await deploy(d4);
    // What runs, and what ran until a moment ago.
    expect(await kept()).toEqual(['3.0.0', '4.0.0']);
  });

  test('checkouts count, and those of code that no longer runs go with it', async () => {
    const { deploy, content } = await disk(1_500 * KB);
    await deploy(d1, true);
    const one = content.usedBytes;
    expect(one).toBeGreaterThan(2 * 347 * KB);
    for (const next of [d2, d3, d4]) await deploy(next);
    expect(content.usedBytes).toBeLessThanOrEqual(1_500 * KB);
  });
});

describe('where what runs fills the quota', () => {
  test('a repair gets in by the reserve', async () => {
    const { deploy, kept } = await disk(700 * KB);
    await deploy(d1, true);
    await deploy(d2);
    expect(await kept()).toEqual(['1.0.0', '2.0.0']);
  });

  test('the first deployment of a module is refused, with the numbers', async () => {
    const { deploy } = await disk(700 * KB);
    await deploy(d1, true);
    await expect(deploy(d2, true)).rejects.toMatchObject({
      code: 'GOSSIP_E_QUOTA',
      message: expect.stringMatching(/^the code needs 694000 bytes of disk; 69\d{4} of 700000 are used by code that runs/),
    });
  });

  test('not even a repair takes more than the reserve', async () => {
    const { deploy } = await disk(300 * KB);
    await expect(deploy(version('huge', 700 * KB))).rejects.toMatchObject({ code: 'GOSSIP_E_QUOTA' });
  });
});
