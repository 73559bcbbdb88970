/** `gossip simulate` in this process: what it prints, writes and refuses. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gossip } from './command-line.ts';

const SMALL = ['simulate', '--nodes', '8', '--rendezvous', '2', '--interval', '200ms', '--code', '10KB', '--seeds', '2'];
const ONE = SMALL.slice(0, -2);
const DEPLOY = { at: '0s', do: 'deploy' };

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-simulate-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function scenarioFile(content: object): Promise<string> {
  const path = join(directory, 'scenario.json');
  await writeFile(path, JSON.stringify({ type: 'gossip/scenario/1', nodes: 8, rendezvous: 2, interval: '200ms', ...content }));
  return path;
}

test('it prints a curve, the milestones and the load', async () => {
  const { exitCode, stdout, stderr } = await gossip(...SMALL);
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^8 nodes \(2 rendezvous\), a round each 200ms, code of 10 KB\n2 runs \(seeds 1–2\)/);
  expect(stdout).toMatch(/^100 % ┤.*█$/m);
  expect(stdout).toMatch(/^nodes +know it after +rounds +run it after +in rounds\n50 % .*\n90 % .*\n99 % .*\n100 % .*\n/m);
  expect(stdout).toMatch(/^other nodes .*\nrendezvous nodes .*\n$/m);
});

test('for programs it is the whole report, the same each time', async () => {
  const [first, again] = [await gossip(...SMALL, '--json'), await gossip(...SMALL, '--json')];
  expect(again).toEqual(first);
  const reached = { runs: 2, ms: expect.objectContaining({ p50: expect.any(Number) as number }) as object };
  const milestones = [50, 90, 99, 100].map((percent) => ({ percent, known: reached, running: reached }));
  expect(JSON.parse(first.stdout)).toMatchObject({
    plan: { nodes: 8, rendezvous: 2, intervalMs: 200, codeBytes: 10_000, modules: 'membership' },
    seeds: [1, 2],
    interrupted: false,
    deployments: [{ milestones }],
    load: { nodes: { sentMessages: { mean: {}, busiest: {} } }, rendezvous: { receivedBytes: { mean: {} } } },
    runs: [
      { seed: 1, complete: true },
      { seed: 2, complete: true },
    ],
  });
});

test('with dead modules the cores carry it', async () => {
  const { exitCode, stdout } = await gossip(...SMALL, '--dead-modules');
  expect([exitCode, stdout.split('\n')[0]]).toEqual([
    0,
    '8 nodes (2 rendezvous), a round each 200ms, code of 10 KB, modules gossip nothing',
  ]);
  expect(stdout).not.toContain('never');
});

test('a picture is drawn where it is wanted, and nothing else is left there', async () => {
  const folder = join(directory, 'pictures');
  await mkdir(folder);
  const picture = join(folder, 'spread.svg');
  const { exitCode, stdout } = await gossip(...SMALL, '--svg', picture);
  expect([exitCode, stdout.trimEnd().split('\n').at(-1)]).toEqual([0, `Drawn to ${picture}.`]);
  expect(await readFile(picture, 'utf8')).toMatch(/^<\?xml version="1\.0"[\s\S]*<polyline [\s\S]*<\/svg>\n$/);
  expect(await readdir(folder)).toEqual(['spread.svg']);
});

describe('a replay', () => {
  test('shows every event, twice the same', async () => {
    const [first, again] = [await gossip(...ONE, '--replay', '3'), await gossip(...ONE, '--replay', '3')];
    expect(again).toEqual(first);
    const lines = first.stdout.trimEnd().split('\n');
    expect(lines.slice(0, -1).every((line, index) => line.startsWith(`${index + 1} `))).toBe(true);
    expect(lines.at(-1)).toMatch(new RegExp(`^${lines.length - 1} events, fingerprint [0-9a-f]{16}$`));
  });

  test('is the run that the report names by its fingerprint', async () => {
    const report = JSON.parse((await gossip(...SMALL, '--json')).stdout) as { runs: { fingerprint: string }[] };
    const replayed = JSON.parse((await gossip(...ONE, '--replay', '2', '--json')).stdout) as { fingerprint: string; trace: string[] };
    expect(replayed.fingerprint).toBe(report.runs[1]?.fingerprint);
    expect(replayed.trace[0]).toMatch(/^1 \d+\.\d{3} /);
  });
});

describe('a scenario', () => {
  test('is played as its file says, each deployment with its own curve', async () => {
    const path = await scenarioFile({ steps: [DEPLOY, { at: '1s', do: 'crash', nodes: ['node1'] }, { ...DEPLOY, at: '2s' }] });
    const { exitCode, stdout } = await gossip('simulate', '--scenario', path, '--seeds', '1');
    expect(exitCode).toBe(0);
    expect(stdout.match(/^Deployment \d, at .*$/gm)).toHaveLength(2);
    expect(stdout).toContain('Nodes were down in the end: up to 1, in 1 run (seed 1).');
  });

  test('that is wrong is refused with the place', async () => {
    const path = await scenarioFile({ steps: [DEPLOY, { at: '1s', do: 'crash', nodes: '140%' }] });
    const { exitCode, stdout, stderr } = await gossip('simulate', '--scenario', path);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^Error: .*scenario\.json: steps\.1\.nodes: .* \[GOSSIP_E_SCENARIO\]\n {2}Fix /);
  });

  test('that is not there is refused', async () => {
    const { exitCode, stderr } = await gossip('simulate', '--scenario', join(directory, 'none.json'));
    expect([exitCode, stderr.includes('[GOSSIP_E_FILE]')]).toEqual([1, true]);
  });
});

describe('a wrong flag is refused, with the code and what to do', () => {
  test.each([
    [['--nodes', '0'], /--nodes: 0 is less than 1/],
    [['--nodes', 'many'], /--nodes/],
    [['--nodes', '5', '--rendezvous', '6'], /--rendezvous: 6 rendezvous nodes are more than all 5 nodes/],
    [['--loss', '140%'], /--loss: '140%' is not a share/],
    [['--loss', '95%'], /--loss: at most 90%/],
    [['--interval', '0s'], /--interval/],
    [['--churn', '1%'], /--churn: '1%' is not a churn/],
    [['--code', '5'], /--code: '5' is not a size/],
    [['--code', '1GB'], /--code: code has at most/],
    [['--bandwidth', 'fast'], /--bandwidth: 'fast' is not a bandwidth/],
    [['--seeds', '0'], /--seeds/],
    [['--replay', '-1'], /--replay/],
    [['--replay', '1', '--seeds', '2'], /--replay|--seeds/],
    [['--replay', '1', '--svg', 'x.svg'], /--svg/],
    [['--scenario', 'x.json', '--nodes', '5'], /--nodes/],
    [['--settings', '{}'], /--settings|--module/],
    [['--module', '.', '--dead-modules'], /--dead-modules|--module/],
    [['--module', '.', '--settings', '[]'], /settings are a JSON object/],
  ])('%j', async (flags, message) => {
    const { exitCode, stdout, stderr } = await gossip('simulate', ...flags);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^Error: .* \[GOSSIP_E_USAGE\]\n {2}\S.*\n$/);
    expect(stderr).toMatch(message);
  });

  test.each([
    ['a folder that is not there', () => join(directory, 'nowhere', 'x.svg')],
    ['a folder', () => directory],
  ])('a picture in place of %s, before anything runs', async (_, path) => {
    const { exitCode, stderr } = await gossip('simulate', '--nodes', '20000', '--svg', path());
    expect([exitCode, stderr.includes(`cannot write ${path()}`)]).toEqual([1, true]);
  });
});
