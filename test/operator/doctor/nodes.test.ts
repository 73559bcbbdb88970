/** What `gossip doctor` says of nodes, by what they answer. */
import { describe, expect, test } from 'vitest';
import type { NodeStatus } from '../../../src/api/status.ts';
import { GossipError } from '../../../src/model/errors.ts';
import { isolationFinding } from '../../../src/operator/doctor/machine.ts';
import { nodeFindings } from '../../../src/operator/doctor/nodes.ts';
import type { Sighting } from '../../../src/operator/status/gather.ts';
import { peer, record } from '../../support/records.ts';
import { moduleStatus, nodeStatus, rendezvous, root } from '../paper-node.ts';

const NOW = 1_700_000_000_000;
const failure = { code: 'GOSSIP_E_UNREACHABLE', message: 'nobody is there' } as const;
const [first, second] = rendezvous as [(typeof rendezvous)[0], (typeof rendezvous)[0]];
const node3 = peer(3, 'node3');

function answering(node: typeof first, changes: Partial<NodeStatus> = {}): Sighting {
  return { node, answer: { status: nodeStatus(node, [], { time: NOW, ...changes }) } };
}

function findings(sightings: readonly Sighting[], version = '0.1.0') {
  return nodeFindings({ cluster: { root }, sightings, version, now: NOW });
}

/** Without that two rendezvous nodes are few. */
const troubles = (sightings: readonly Sighting[], version?: string) =>
  findings(sightings, version).filter(({ level, about }) => level !== 'ok' && about !== 'rendezvous');

test('where all answer, nothing is wrong but that two rendezvous nodes are few', () => {
  expect(findings([answering(first), answering(second), answering(node3)]).map(({ about, level }) => [about, level])).toEqual([
    ['rendezvous1', 'ok'],
    ['rendezvous2', 'ok'],
    ['rendezvous', 'warning'],
    ['nodes', 'ok'],
  ]);
});

test('a rendezvous node that does not answer is a problem, with its reason and what to do', () => {
  const silent: Sighting = { node: second, answer: { error: new GossipError('GOSSIP_E_IDENTITY', 'another node answers there') } };
  expect(troubles([answering(first), silent])).toEqual([
    {
      about: 'rendezvous2',
      level: 'problem',
      code: 'GOSSIP_E_IDENTITY',
      message: 'another node answers there',
      remedy: expect.stringMatching(/^\S.+\.$/),
    },
  ]);
});

test('other nodes are missed where they are members, and not where they have left or are long gone', () => {
  const error = new GossipError('GOSSIP_E_TIMEOUT', 'late');
  const gone = (['left', 'gone', 'hearsay'] as const).map((belief, at): Sighting => ({ node: peer(10 + at), answer: { error }, belief }));
  expect(troubles([answering(first), answering(second), { node: node3, answer: { error } }, ...gone])).toMatchObject([
    { about: 'node3', level: 'problem', code: 'GOSSIP_E_TIMEOUT' },
  ]);
});

test('what came of its sources of addresses: one that fails, one where nobody is met, one that is well', () => {
  const source = { source: 'dns:a', askedMs: 1, addresses: 2, known: 1, met: 1, unmet: 0, failed: [], bad: [], error: null };
  const unmet = { ...failure, address: first.address };
  const joinFrom = [
    source,
    { ...source, source: 'srv:b', known: 0, met: 0, unmet: 2, failed: [unmet], bad: ['line 3: nonsense'] },
    { ...source, source: 'exec:/c', error: { code: 'GOSSIP_E_JOIN_FROM', message: 'ends with code 3' } as const },
    { ...source, source: 'file:/not-yet', askedMs: null },
  ];
  const told = findings([answering(first), answering(second), answering(node3, { joinFrom })]).filter(({ about }) => about === 'node3');
  expect(told.map(({ level, message, code }) => [level, message, code])).toEqual([
    ['ok', 'dns:a gives 2: 1 known to be alive, 1 met, 0 did not answer as a member', null],
    ['warning', 'srv:b: line 3: nonsense', null],
    ['warning', `srv:b gives 2, and no member was met there, such as ${first.address}: nobody is there`, 'GOSSIP_E_UNREACHABLE'],
    ['warning', 'exec:/c gives no addresses: ends with code 3', 'GOSSIP_E_JOIN_FROM'],
  ]);
});

describe('of a node that answers', () => {
  const held = moduleStatus(record(1), { state: 'held', why: { code: 'GOSSIP_E_MODULE_LOAD', message: 'it throws' } });
  test.each<[string, Partial<NodeStatus>, string, string | null, RegExp]>([
    [
      'nobody lets it in',
      { outside: { code: 'GOSSIP_E_TOKEN_EXPIRED', message: 'too late' } },
      'problem',
      'GOSSIP_E_TOKEN_EXPIRED',
      /^too late$/,
    ],
    ['none of its calls gets through', { outgoing: { error: failure } }, 'problem', 'GOSSIP_E_UNREACHABLE', /^nobody is there$/],
    ['others cannot call it', { incoming: { error: failure } }, 'problem', 'GOSSIP_E_UNREACHABLE', /^nobody is there$/],
    [
      'its disk refuses',
      { disk: { error: { code: 'GOSSIP_E_DISK', message: 'full' }, contentBytes: 0 } },
      'problem',
      'GOSSIP_E_DISK',
      /^full$/,
    ],
    ['it alarms', { alarms: [{ code: 'GOSSIP_E_ROOT_TWICE', message: 'two roots' }] }, 'problem', 'GOSSIP_E_ROOT_TWICE', /^two roots$/],
    ['a module is held', { modules: [held] }, 'problem', 'GOSSIP_E_MODULE_LOAD', /^membership is held: it throws$/],
    [
      'a module has failed',
      { modules: [{ ...held, state: 'failed' }] },
      'problem',
      'GOSSIP_E_MODULE_LOAD',
      /^membership has failed: it throws$/,
    ],
    ['its clock is ahead', { time: NOW + 120_000 }, 'warning', null, /^its clock is 2\.0m ahead of this machine's$|^its clock is 2m/],
    ['its clock is behind', { time: NOW - 3_600_000 }, 'warning', null, /behind this machine's$/],
    [
      'its code fills its quota',
      { disk: { error: null, contentBytes: 95, quotaBytes: 100 } },
      'warning',
      'GOSSIP_E_DISK',
      /^code takes 95 % of what it may$/,
    ],
    ['it runs another version', { version: '0.0.9' }, 'warning', null, /^runs version 0\.0\.9, and this program is 0\.1\.0$/],
    [
      'it has too much to do',
      { strain: { level: 4, lateMs: 900, timeouts: 2 } },
      'warning',
      null,
      /^is behind: its rounds take 4 times as long$/,
    ],
    ['its system allows no namespaces', { isolation: 'permission-model' }, 'warning', null, /^its system allows no namespaces/],
    ['it is stale', { freshness: { fresh: false, confirmedMs: null, tips: [] } }, 'warning', null, /^is stale/],
    [
      'it holds another root',
      { root: { version: 1, hash: 'f'.repeat(64) as never } },
      'problem',
      'GOSSIP_E_ROOT_TWICE',
      /^holds another version 1/,
    ],
  ])('%s', (_, changes, level, code, message) => {
    expect(troubles([answering(first, changes), answering(second)])).toEqual([
      { about: 'rendezvous1', level, code, message: expect.stringMatching(message), remedy: expect.stringMatching(/^\S.+\.$/) },
    ]);
    // The same of a node that is no rendezvous node.
    expect(troubles([answering(first), answering(second), answering(node3, changes)])).toMatchObject([{ about: 'node3', level, code }]);
  });

  test('a clock that is off by seconds is none that matters, and one that it does not tell is not judged', () => {
    expect(troubles([answering(first, { time: NOW + 20_000 }), answering(second, { time: undefined })])).toEqual([]);
  });
});

test('a machine without namespaces is warned of', () => {
  expect((['own-root', 'namespaces', 'permission-model'] as const).map((level) => isolationFinding(level).level)).toEqual([
    'ok',
    'ok',
    'warning',
  ]);
});
