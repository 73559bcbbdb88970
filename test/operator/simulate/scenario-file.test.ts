/** Scenario files: what they can say, and where a wrong one is wrong. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../../scripts/project.mjs';
import { parseScenario, readScenario } from '../../../src/operator/simulate/scenario-file.ts';
import { DEFAULTS } from './runs.ts';

const DEPLOY = { at: '0s', do: 'deploy' };

function parse(value: unknown) {
  return parseScenario(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), 'x.json');
}

function scenario(changes: object) {
  return { type: 'gossip/scenario/1', nodes: 10, steps: [DEPLOY], ...changes };
}

test('everything that can be said becomes a plan, its steps in the order of their times', () => {
  const file = {
    type: 'gossip/scenario/1',
    about: 'everything',
    nodes: 10,
    rendezvous: 2,
    interval: '500ms',
    loss: '5%',
    churn: '1%/min',
    code: '5MB',
    bandwidth: '10Mbit',
    cores: 2,
    'nodes-per-machine': 5,
    modules: 'silent',
    limit: '5m',
    steps: [
      { at: '3s', do: 'heal' },
      { at: '1s', do: 'partition', nodes: '40%' },
      { at: '1s', do: 'deploy', node: 'node8' },
      { at: '2s', do: 'crash', nodes: ['node1', 'rendezvous2'] },
      { at: '4s', do: 'start' },
      { at: '5s', do: 'restart', nodes: 3 },
      { at: '6s', do: 'loss', share: '30%' },
      { at: '7s', do: 'deploy' },
    ],
  };
  expect(parse(file)).toEqual({
    nodes: 10,
    rendezvous: 2,
    intervalMs: 500,
    loss: 0.05,
    churnPerMinute: 0.01,
    codeBytes: 5_000_000,
    bitsPerSecond: 10_000_000,
    machines: { cores: 2, nodesPerMachine: 5 },
    modules: 'silent',
    limitMs: 300_000,
    steps: [
      { atMs: 1_000, do: 'partition', nodes: { share: 0.4 } },
      { atMs: 1_000, do: 'deploy', node: 'node8' },
      { atMs: 2_000, do: 'crash', nodes: { names: ['node1', 'rendezvous2'] } },
      { atMs: 3_000, do: 'heal' },
      { atMs: 4_000, do: 'start', nodes: { share: 1 } },
      { atMs: 5_000, do: 'restart', nodes: { count: 3 } },
      { atMs: 6_000, do: 'loss', share: 0.3 },
      { atMs: 7_000, do: 'deploy', node: 'rendezvous1' },
    ],
  });
});

test('what is not said is as for the flags, and the end some time after the last step', () => {
  expect(parse(scenario({ steps: [{ ...DEPLOY, at: '1m' }] }))).toEqual({
    ...DEFAULTS,
    nodes: 10,
    limitMs: 660_000,
    steps: [{ atMs: 60_000, do: 'deploy', node: 'rendezvous1' }],
  });
});

describe('a wrong file is refused with the place', () => {
  test.each<[string, unknown, RegExp]>([
    ['no JSON', '{\n"type": oops}', /^x\.json: the bytes are not JSON \(Unexpected token/],
    ['no object', [], /^x\.json: /],
    ['another type', scenario({ type: 'gossip/scenario/2' }), /^x\.json: type: must be "gossip\/scenario\/1"$/],
    ['an unknown field', scenario({ lost: '5%' }), /^x\.json: lost: /],
    ['a field twice', '{"type":"gossip/scenario/1","nodes":1,"nodes":2,"steps":[]}', /^x\.json: /],
    ['a reserved field', `{"__proto__":{}}`, /^x\.json: .*__proto__/],
    ['nodes of the wrong kind', scenario({ nodes: '10' }), /^x\.json: nodes: /],
    ['too many nodes', scenario({ nodes: 1e9 }), /^x\.json: nodes: must be a whole number from 1 to 20000$/],
    [
      'more rendezvous nodes than nodes',
      scenario({ rendezvous: 11 }),
      /^x\.json: rendezvous: 11 rendezvous nodes are more than all 10 nodes$/,
    ],
    ['a share beyond all', scenario({ loss: '140%' }), /^x\.json: loss: '140%' is not a share\. Write a percentage/],
    ['a duration without unit', scenario({ interval: '5' }), /^x\.json: interval: '5' is not a duration\./],
    ['no steps', scenario({ steps: [] }), /^x\.json: steps: must hold a step at least$/],
    ['no deployment', scenario({ steps: [{ at: '0s', do: 'heal' }] }), /^x\.json: steps: must hold a deploy/],
    ['an unknown step', scenario({ steps: [DEPLOY, { at: '1s', do: 'explode' }] }), /^x\.json: steps\.1\.do: .*deploy/],
    ['a step without time', scenario({ steps: [{ do: 'deploy' }] }), /^x\.json: steps\.0\.at: /],
    ['a field of another step', scenario({ steps: [{ ...DEPLOY, nodes: 1 }] }), /^x\.json: steps\.0\.nodes: /],
    [
      'no such node',
      scenario({ steps: [{ ...DEPLOY, node: 'node8' }] }),
      /steps\.0\.node: there is no 'node8', only .* and node1 to node7$/,
    ],
    ['no such nodes', scenario({ steps: [DEPLOY, { at: '1s', do: 'crash', nodes: ['n'] }] }), /steps\.1\.nodes: there is no 'n'/],
    ['a count of none', scenario({ steps: [DEPLOY, { at: '1s', do: 'crash', nodes: 0 }] }), /steps\.1\.nodes: must be names, a count/],
    ['loss beyond use', scenario({ steps: [DEPLOY, { at: '1s', do: 'loss', share: '95%' }] }), /steps\.1\.share: must be at most 90%$/],
    [
      'an end before the last step',
      scenario({ limit: '1s', steps: [{ ...DEPLOY, at: '2s' }] }),
      /^x\.json: limit: ends before the last step$/,
    ],
  ])('%s', (_, value, message) => {
    expect(() => parse(value)).toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_SCENARIO', exitCode: 2, message: expect.stringMatching(message) as string }) as Error,
    );
  });
});

test('a file that is not there is an error of its own', async () => {
  await expect(readScenario('/nowhere/x.json')).rejects.toMatchObject({ code: 'GOSSIP_E_FILE' });
});

test('the example of the guide is a scenario', async () => {
  const guide = await readFile(join(ROOT, 'docs/operators.md'), 'utf8');
  const [, example] = /```json\n(\{\n {2}"type": "gossip\/scenario\/1"[\s\S]*?)\n```/.exec(guide) ?? [];
  expect(parse(example ?? '').steps.map((step) => step.do)).toEqual(['partition', 'deploy', 'crash', 'heal', 'start', 'deploy']);
});
