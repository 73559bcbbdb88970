/** The small words, and the documents that the model describes. */
import { parseNodeStatus } from '../../../src/api/status.ts';
import type { NodeStatus } from '../../../src/api/status.ts';
import { parseModuleJson } from '../../../src/model/module-json.ts';
import { parseModuleName } from '../../../src/model/names.ts';
import type { ContentHash, ModuleName } from '../../../src/model/names.ts';
import * as paper from '../paper.ts';
import { bytesOf, jsonBytes, target, textOf, WORD_BYTES } from '../target.ts';
import type { Target } from '../target.ts';

const moduleJson = target({
  name: 'module.json',
  seeds: [
    jsonBytes({ name: 'membership', version: '1.0.0', entry: 'index.js', api: 1 }),
    jsonBytes({
      name: 'a-1',
      version: 'v1 (b)',
      entry: 'lib/index.mjs',
      api: 1,
      description: 'Ünïcode',
      limits: { heapMb: 64, residentMb: 256, logLinesPerSecond: 10 },
    }),
  ],
  codes: ['GOSSIP_E_MODULE_JSON'],
  parse: (input) => parseModuleJson(textOf(input)),
  roundTrip: { write: jsonBytes },
});

const hash = `sha256:${'ab'.repeat(32)}` as ContentHash;
const status: NodeStatus = {
  cluster: paper.root.cluster,
  epoch: 1,
  ...paper.peer,
  incarnation: 3,
  uptimeMs: 12_345,
  isolation: 'namespaces',
  version: '0.1.0',
  digest: 'A'.repeat(22),
  highestSequence: 4,
  backup: { rate: 'slow', why: 'all is well' },
  rendezvous: false,
  modules: [
    {
      name: 'membership' as ModuleName,
      state: 'held',
      deployment: 'd3',
      number: paper.deployment.number,
      code: hash,
      version: '1.0.0',
      newest: 'd4',
      newestNumber: paper.removal.number,
      why: { code: 'GOSSIP_E_MODULE_START', message: 'threw' },
      sinceMs: 100,
      restarts: 1,
      useful: true,
      pid: 77,
      residentBytes: 50_000_000,
      stateEpoch: 0,
      log: ['one line'],
    },
  ],
  peers: [{ ...paper.rendezvous, failures: 0, proven: true }],
  view: [paper.rendezvous.id],
  disk: { error: null, contentBytes: 1_000 },
  outgoing: { error: null },
  alarms: [],
};

const nodeStatus = target({
  name: 'node-status',
  seeds: [jsonBytes(status), jsonBytes({ ...status, modules: [], later: 'a field of a newer program' })],
  parse: (input) => parseNodeStatus(input),
  roundTrip: { write: jsonBytes },
});

const moduleName = target({
  name: 'module-name',
  maxBytes: WORD_BYTES,
  seeds: [bytesOf('membership'), bytesOf('a-1'), bytesOf('a'.repeat(40))],
  codes: ['GOSSIP_E_MODULE_NAME'],
  parse: (input) => parseModuleName(textOf(input)),
  roundTrip: { write: bytesOf, oneSpelling: true },
});

export const MODEL: readonly Target[] = [moduleJson, nodeStatus, moduleName];
