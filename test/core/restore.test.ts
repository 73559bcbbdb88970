/** What a node had on disk when it starts: what does not hold any more is left out. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Logger } from '../../src/core/log/log.ts';
import { restoreHints, restoreMembers, restoreRecords } from '../../src/core/restore.ts';
import { openDataDirectory } from '../../src/core/store/data-directory.ts';
import type { DataDirectory } from '../../src/core/store/data-directory.ts';
import type { NodeId } from '../../src/model/names.ts';
import { stateOf } from '../../src/model/state-bytes.ts';
import { Trust } from '../../src/trust/trust.ts';
import { peer, record, root } from '../support/records.ts';

async function openData(prepare: (directory: string) => Promise<void> = async () => undefined): Promise<DataDirectory> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-restore-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await prepare(directory);
  const data = await openDataDirectory(directory);
  onTestFinished(() => data.close());
  return data;
}

function makeLog(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const note = (...words: unknown[]): void => void lines.push(words.map(String).at(-1) ?? '');
  return { log: { info: note, warn: note, error: note } as unknown as Logger, lines };
}

test('records come back; one that does not verify any more is left out and said', async () => {
  const data = await openData();
  const { log, lines } = makeLog();
  const forged = { ...record(2), envelope: { ...record(2).envelope, payload: record(1).envelope.payload } };
  await data.configuration.save([record(1), forged, record(3)]);
  expect(await restoreRecords(data, new Trust(root), log)).toEqual([record(1), record(3)]);
  expect(lines).toEqual(['a record on disk does not verify and was left out']);
});

test('a damaged copy of the configuration is said, and the one before is taken', async () => {
  const data = await openData();
  const { log, lines } = makeLog();
  await data.configuration.save([record(1)]);
  await data.configuration.save([record(1), record(2)]);
  await writeFile(join(data.dir, 'configuration.1'), 'not a copy');
  expect(await restoreRecords(data, new Trust(root), log)).toEqual([record(1)]);
  expect(lines).toEqual(['a damaged copy of the configuration was set aside']);
});

test('after a damage there are two copies again, so that another one loses nothing', async () => {
  const data = await openData();
  const { log } = makeLog();
  await data.configuration.save([record(1)]);
  await data.configuration.save([record(1)]);
  for (const file of ['configuration.0', 'configuration.1', 'configuration.0']) {
    await writeFile(join(data.dir, file), 'not a copy');
    expect(await restoreRecords(data, new Trust(root), log)).toEqual([record(1)]);
  }
});

test('when nothing is left of a damaged configuration, that is an alarm, and so is state without any; a fresh node has none', async () => {
  const lostOf = async (data: DataDirectory): Promise<string[]> => {
    const alarms: string[] = [];
    expect(await restoreRecords(data, new Trust(root), makeLog().log, ({ code }) => alarms.push(code))).toEqual([]);
    return alarms;
  };
  expect(await lostOf(await openData())).toEqual([]);
  const zeroed = async (dir: string): Promise<void> => {
    for (const copy of [0, 1]) await writeFile(join(dir, `configuration.${copy}`), Buffer.alloc(300));
  };
  expect(await lostOf(await openData(zeroed))).toEqual(['GOSSIP_E_DATA_CORRUPT']);
  const withState = await openData();
  await withState.checkpoints.save(record(1).deployment.module, { deployment: record(1).hash, stateEpoch: null, state: stateOf('kept') });
  expect(await lostOf(withState)).toEqual(['GOSSIP_E_DATA_CORRUPT']);
});

test('hints come back; what is none is left out', async () => {
  const hint = { ...peer(1), failures: 2, proven: true };
  const broken = [
    { ...hint, id: 'x' },
    { ...hint, address: 'x:1' },
    { ...hint, name: 'A\nB' },
    { ...hint, failures: 0.5 },
    { ...hint, proven: 1 },
    null,
  ];
  const data = await openData((directory) => writeFile(join(directory, 'hints.json'), JSON.stringify([...broken, hint])));
  expect(await restoreHints(data)).toEqual([hint]);
});

test.each(['not JSON', '{}', '7'])('a hints file with %s is no hints', async (text) => {
  const data = await openData((directory) => writeFile(join(directory, 'hints.json'), text));
  expect(await restoreHints(data)).toEqual([]);
});

test('those admitted before are members; what is no id is left out', async () => {
  const known = 'a'.repeat(64) as NodeId;
  const data = await openData((directory) => writeFile(join(directory, 'admissions.json'), JSON.stringify([known, 7, 'b'])));
  const members = await restoreMembers(data, { root }, peer(1).id, { log: makeLog().log, vouched: async () => false });
  expect([members.has(known), members.has(peer(2).id)]).toEqual([true, false]);
});
