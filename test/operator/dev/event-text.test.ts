/** Each event as its author reads it. */
import { expect, test } from 'vitest';
import { eventLines } from '../../../src/operator/dev/event-text.ts';
import type { DevEvent } from '../../../src/operator/dev/events.ts';

const now = new Date(2026, 10, 29, 12, 3, 4);
const lines = (event: DevEvent): string[] => eventLines(event, { bin: 'gossip', cluster: 'dev-counter', output: 'dist', now });
const deployment = { deployment: 'd3', module: 'counter', version: '1.0.0', code: `sha256:${'12ab'.repeat(16)}` };

test('one line for a deployment that runs', () => {
  expect(lines({ event: 'running', ...deployment, nodes: 3, of: 3, elapsedMs: 640, sinceSaveMs: 900 })).toEqual([
    '12:03:04 d3 counter 1.0.0 sha256:12ab12ab12ab… runs on 3 of 3 nodes after 640ms',
  ]);
});

test('nodes that share a reason share a line; where the state is to blame, what throws it away is told', () => {
  const why = 'TypeError: no such form (at src/index.ts:28:31) (GOSSIP_E_MODULE_STATE)';
  const code = 'GOSSIP_E_MODULE_STATE';
  const stragglers = [
    { node: 'node1', why, code },
    { node: 'node2', why, code },
    { node: 'rendezvous1', why: 'still at work\nwith two lines', code: null },
  ];
  expect(lines({ event: 'stuck', ...deployment, nodes: 0, of: 3, stragglers })).toEqual([
    '12:03:04 d3 counter 1.0.0 sha256:12ab12ab12ab… runs on 0 of 3 nodes',
    `  node1, node2: ${why}`,
    '  rendezvous1: still at work',
    '  with two lines',
    '  To throw the state away: gossip deploy dist --cluster dev-counter --scrub',
  ]);
  expect(lines({ event: 'stuck', ...deployment, nodes: 2, of: 3, stragglers: stragglers.slice(2) })).toHaveLength(3);
});

test('a build that went well and said nothing is not told; one that failed is, with what it printed', () => {
  expect(lines({ event: 'built', ok: true, elapsedMs: 40, output: '' })).toEqual([]);
  expect(lines({ event: 'built', ok: true, elapsedMs: 40, output: 'a warning' })).toEqual(['12:03:04 the build says:', '  a warning']);
  expect(lines({ event: 'built', ok: false, elapsedMs: 40, output: 'line 1\nline 2' })).toEqual([
    '12:03:04 the build failed after 40ms; what runs goes on:',
    '  line 1',
    '  line 2',
  ]);
  expect(lines({ event: 'built', ok: false, elapsedMs: 40, output: '' })).toEqual([
    '12:03:04 the build failed after 40ms; what runs goes on',
  ]);
});

test('where debuggers find the module, and how they are told', () => {
  expect(lines({ event: 'inspector', node: 'node1', module: 'counter', url: 'ws://127.0.0.1:9229/12ab' })).toEqual([
    '12:03:04 debuggers find counter on node1 at ws://127.0.0.1:9229/12ab, after each save again',
    '  Chrome: chrome://inspect; VS Code: "type": "node", "request": "attach", "port": 9229, "restart": true',
  ]);
});
