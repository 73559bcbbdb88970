/** The core's hosts of modules: real processes, on code checked out of a real store. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModuleHosts } from '../../../src/core/adapters/hosts.ts';
import { ContentStore } from '../../../src/core/store/code/content-store.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import { stateOf, textOf } from '../../../src/model/state-bytes.ts';
import type { Json } from '../../../src/sdk/index.ts';
import { NOBODY } from '../../../src/sdk/peer-choice.ts';
import { encodeManifest } from '../../../src/trust/manifest.ts';
import { useHosts } from '../../core/hosting/support.ts';
import { flip } from '../../core/store/flip.ts';
import { temporaryDirectory } from '../../core/store/temporary-directory.ts';
import { until } from '../../core/transport/fixtures.ts';
import { moduleCode } from '../../support/code.ts';
import { peer, record } from '../../support/records.ts';
import { hostContract } from './hosts.ts';
import { NOBODY_ELSE } from '../../support/uses.ts';

const workshop = useHosts();
const MODULE = 'probe' as ModuleName;
const DEADLINE_MS = 60_000;

hostContract(async () => {
  const directory = await temporaryDirectory();
  const content = await ContentStore.open(directory, { quotaBytes: 10_000_000 });
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const { hostProgram } = workshop;
  const hosts = new ModuleHosts({
    self: peer(1),
    incarnation: 1,
    intervalMs: 1_000,
    content,
    log: silent,
    logs: { append: () => undefined },
    peers: () => NOBODY,
    strain: () => 1,
    uses: NOBODY_ELSE,
    hostProgram,
  });
  return {
    hosts,
    order: async (source, condition) => {
      const code = moduleCode(MODULE, source);
      const { hash } = code.reference;
      if (condition !== 'absent') await content.putManifest(hash, encodeManifest(code.manifest));
      for (const [blob, bytes] of condition === 'absent' ? [] : code.blobs) {
        await content.putBlob(blob, bytes, bytes.length);
        if (condition === 'spoiled') await spoil(join(directory, 'blobs', blob.replace('sha256:', '')));
      }
      return { module: MODULE, generation: 1, record: record(1, { module: MODULE, code: code.reference }) };
    },
    message: (json) => Buffer.from(JSON.stringify(json)),
    said: (message) => JSON.parse(Buffer.from(message).toString()) as Json,
    state: (text) => stateOf(text),
    stated: (state) => textOf(state),
    kill: () => process.kill(hosts.host(MODULE, 1)?.pid as number, 'SIGKILL'),
    until: (holds) => until(holds, 'the host', DEADLINE_MS),
  };
});

async function spoil(path: string): Promise<void> {
  const bytes = await readFile(path);
  flip(bytes, 0, 1);
  await rm(path);
  await writeFile(path, bytes);
}
