/** Fault 16 on a real disk that is full: a tmpfs of 256 KiB. Needs root to mount it. */
import { execFileSync } from 'node:child_process';
import { readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDataDirectory } from '../../../src/core/store/data-directory.ts';
import type { DataDirectory } from '../../../src/core/store/data-directory.ts';
import type { VerifiedDeployment } from '../../../src/model/deployment.ts';
import type { ModuleName, PayloadHash } from '../../../src/model/names.ts';
import { hashBytes } from '../../../src/trust/manifest.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { stateOf } from '../../../src/model/state-bytes.ts';

const COUNTER = 'counter' as ModuleName;
const record = (payload: string) => ({ envelope: { payload, payloadType: 't', signatures: [] } }) as unknown as VerifiedDeployment;
const checkpoint = (state: string) => ({ deployment: 'a'.repeat(64) as PayloadHash, stateEpoch: null, state: stateOf(state) });

/** Why the mount failed; null when it is there. */
function mountSmallDisk(dir: string): string | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'gossip-test', dir], { stdio: 'pipe' });
  } catch (thrown) {
    return String(thrown).replace(/\n[^]*/, '');
  }
  return null;
}

async function fill(dir: string): Promise<void> {
  const { bavail, bsize } = await statfs(dir);
  await writeFile(join(dir, 'filler'), Buffer.alloc(bavail * bsize));
}

async function expectOldState(data: DataDirectory): Promise<void> {
  expect(await data.configuration.load()).toEqual({ envelopes: [record('old').envelope], steps: [], notes: [], damaged: false });
  expect(await data.checkpoints.load(COUNTER)).toEqual(checkpoint('old'));
  expect(await data.cluster.load()).toEqual({ value: 'old', damaged: false });
}

test('on a full disk every store keeps the old state and says so; with room again all goes on', async ({ skip }) => {
  const dir = await temporaryDirectory();
  const why = mountSmallDisk(dir);
  if (why !== null) {
    process.stdout.write(`skipped: a tmpfs cannot be mounted here (${why})\n`);
    skip(why);
  }
  try {
    const losses: string[] = [];
    const data = await openDataDirectory(join(dir, 'data'), { onJournalLoss: ({ code }) => losses.push(code) });
    try {
      await fillAndUse(dir, data);
      expect(losses).toEqual(['GOSSIP_E_DISK']);
    } finally {
      await data.close();
    }
  } finally {
    execFileSync('umount', [dir]);
  }
});

async function fillAndUse(dir: string, data: DataDirectory): Promise<void> {
  for (const payload of ['older', 'old']) await data.configuration.save([record(payload)]);
  await data.checkpoints.save(COUNTER, checkpoint('old'));
  await data.cluster.save('old');
  await fill(dir);

  const large = 'x'.repeat(100_000);
  const blob = Buffer.from(large);
  const partial = await data.content.partial(hashBytes(blob), blob.length);
  for (const write of [
    () => data.configuration.save([record(large)]),
    () => data.checkpoints.save(COUNTER, checkpoint(large)),
    () => data.cluster.save(large),
    () => data.content.putBlob(hashBytes(blob), blob, blob.length),
    () => partial.append(blob),
  ]) {
    await expect(write()).rejects.toMatchObject({ code: 'GOSSIP_E_DISK', cause: { code: 'ENOSPC' } });
  }
  data.journal.append({ large });
  await data.journal.flush();
  await expectOldState(data);
  const all = await readdir(data.dir, { recursive: true });
  expect(all.filter((name) => name.endsWith('.tmp') || name.endsWith('.damaged'))).toEqual([]);

  await rm(join(dir, 'filler'));
  await data.configuration.save([record('new')]);
  await data.content.putBlob(hashBytes(blob), blob, blob.length);
  expect((await data.configuration.load()).envelopes).toEqual([record('new').envelope]);
}
