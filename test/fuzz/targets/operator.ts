/** What operators type, and the files that their commands keep. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Lab } from '../../../src/lab/lab.ts';
import { formatDuration, parseDuration } from '../../../src/model/duration.ts';
import { Records } from '../../../src/operator/status/records.ts';
import { checkClusterName, openSettings } from '../../../src/operator/settings/settings.ts';
import { parseModuleSettings } from '../../../src/operator/deploy/settings-text.ts';
import { canonicalBytes } from '../../../src/trust/canonical.ts';
import * as paper from '../paper.ts';
import { bytesOf, jsonBytes, target, textOf, WORD_BYTES } from '../target.ts';
import type { Target } from '../target.ts';

const duration = target({
  name: 'duration',
  maxBytes: WORD_BYTES,
  seeds: ['200ms', '1.5s', '24h', '7d', '10m', '36500d'].map(bytesOf),
  codes: ['GOSSIP_E_USAGE'],
  parse: (input) => {
    const ms = parseDuration(textOf(input));
    if (!Number.isSafeInteger(ms) || ms < 0) throw new Error(`${ms} milliseconds`);
    formatDuration(ms);
    return ms;
  },
});

const records = Records.of([paper.record, paper.removalRecord], new Map([[paper.rendezvous.id, 'rendezvous1']]));

const deploymentName = target({
  name: 'deployment-name',
  maxBytes: WORD_BYTES,
  seeds: ['d3', 'd4@rendezvous1', `d3@${paper.rendezvous.id.slice(0, 8)}`].map(bytesOf),
  codes: ['GOSSIP_E_DEPLOYMENT_NAME', 'GOSSIP_E_DEPLOYMENT_UNKNOWN', 'GOSSIP_E_DEPLOYMENT_AMBIGUOUS'],
  parse: (input) => records.find(textOf(input)),
  roundTrip: { write: (record) => bytesOf(records.name(record)) },
});

const clusterName = target({
  name: 'cluster-name',
  maxBytes: WORD_BYTES,
  seeds: ['paper', 'eu-1.prod'].map(bytesOf),
  codes: ['GOSSIP_E_USAGE'],
  parse: (input) => checkClusterName(textOf(input)),
  roundTrip: { write: bytesOf, oneSpelling: true },
});

const moduleSettings = target({
  name: 'module-settings',
  seeds: [jsonBytes({ interval: 1_000, names: ['a'], deep: { er: {} } }), bytesOf('{}')],
  codes: ['GOSSIP_E_USAGE', 'GOSSIP_E_CANONICAL'],
  // `@FILE` names a file of the operator's own. What is taken can be signed, or is refused then: JSON can say "\ud800".
  parse: async (input) => canonicalBytes(await parseModuleSettings(textOf(input).replace(/^@+/, ''))),
  roundTrip: { write: (signed) => signed },
});

const entry = { cluster: paper.root.cluster, directory: '/home/ada/paper', nodes: [paper.peer] };

const settings = target({
  name: 'settings.json',
  seeds: [jsonBytes({ current: 'paper', clusters: { paper: entry } }), jsonBytes({ current: null, clusters: {} }), bytesOf('{}')],
  codes: ['GOSSIP_E_FILE'],
  parse: (input) =>
    inDirectory(async (home) => {
      writeFileSync(join(home, 'settings.json'), input);
      const opened = openSettings({ GOSSIP_HOME: home });
      // Compared as the file says it: what lies in the home is said relative to it.
      const clusters = Object.entries(opened.clusters()).map(([name, one]) => [name, { ...one, directory: relative(home, one.directory) }]);
      return { current: opened.current(), clusters: Object.fromEntries(clusters) as unknown };
    }),
  roundTrip: { write: jsonBytes },
});

const process = { pid: 4_711, started: '123456' };
const nodes = [
  { ...paper.peer, directory: '/tmp/lab/node1', process },
  { ...paper.rendezvous, directory: '/tmp/lab/rendezvous1', process: null },
];

const lab = target({
  name: 'lab.json',
  seeds: [jsonBytes({ cluster: 'lab', intervalMs: 200, nodes })],
  codes: ['GOSSIP_E_LAB'],
  parse: (input) =>
    inDirectory(async (directory) => {
      writeFileSync(join(directory, 'lab.json'), input);
      const opened = await Lab.open(directory);
      // Where it lies is told by the place of the file.
      const nodesHere = opened.nodes.map((node) => ({ ...node, directory: relative(directory, node.directory) }));
      return { cluster: opened.cluster, intervalMs: opened.intervalMs, nodes: nodesHere };
    }),
  roundTrip: { write: jsonBytes },
});

async function inDirectory<T>(act: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'gossip-fuzz-'));
  try {
    return await act(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export const OPERATOR: readonly Target[] = [duration, deploymentName, clusterName, moduleSettings, settings, lab];
