/** The core's disk: real files. */
import { mkdir } from 'node:fs/promises';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { Checkpoints } from '../../../src/core/adapters/checkpoints.ts';
import { diskOf } from '../../../src/core/adapters/disk.ts';
import { CheckpointStore } from '../../../src/core/store/state/checkpoint-store.ts';
import { ConfigurationStore } from '../../../src/core/store/state/configuration-store.ts';
import type { FileSystem } from '../../../src/core/store/files/file-system.ts';
import { JsonFile } from '../../../src/core/store/files/json-file.ts';
import { UnderWay } from '../../../src/core/adapters/under-way.ts';
import type { Hint } from '../../../src/gossip/protocol.ts';
import { stateOf, textOf } from '../../../src/model/state-bytes.ts';
import type { Disk } from '../../../src/runner/ports.ts';
import { temporaryDirectory } from '../../core/store/temporary-directory.ts';
import { until } from '../../core/transport/fixtures.ts';
import { record, verify } from '../../support/records.ts';
import { diskContract } from './disk.ts';

diskContract(async (module) => {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, 'state'));
  let full = false;
  let wall = 1_700_000_000_000;
  const open = (...args: Parameters<typeof fs.open>) =>
    full && args[1] === 'wx' ? Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })) : fs.open(...args);
  const fileSystem: FileSystem = { ...fs, open };
  const stores = () => ({
    configuration: new ConfigurationStore(directory, { fileSystem }),
    hints: new JsonFile(join(directory, 'hints.json'), { maxBytes: 1_000_000, durable: false, fileSystem }),
    store: new CheckpointStore(join(directory, 'state'), { fileSystem }),
  });
  const opened = (): Disk => {
    const { store, ...rest } = stores();
    const silent = { append: () => undefined, error: () => undefined };
    const checkpoints = new Checkpoints({ store, journal: silent, log: silent, clock: { wall: () => wall } });
    return diskOf({ ...rest, checkpoints, work: new UnderWay() });
  };
  return {
    disk: opened(),
    reopened: opened,
    checkpoint: (text) => ({ deployment: record(2).hash, stateEpoch: null, state: stateOf(text) }),
    said: ({ state }) => textOf(state),
    refuse: (refuses) => void (full = refuses),
    pass: async (ms) => void (wall += ms),
    until: (holds) => until(holds, 'the disk', 60_000),
    found: async () => {
      const { configuration, hints, store } = stores();
      const checkpoint = await store.load(module);
      return {
        records: (await configuration.load()).envelopes.map((envelope) => verify(envelope).hash),
        hints: ((await hints.load()).value ?? []) as Hint[],
        state: checkpoint && textOf(checkpoint.state),
      };
    },
  };
});
