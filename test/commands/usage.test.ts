/** Usage errors speak with one voice: which flag, what was given, what is right, and what may have been meant. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { gossip } from './command-line.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-usage-'));
  vi.stubEnv('GOSSIP_HOME', home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});

it.each([
  ['--nosuch', 'there is no flag --nosuch of gossip itself', 'See gossip --help.'],
  ['status --nosuch', 'there is no flag --nosuch', 'See gossip status --help.'],
  ['status --jsno', 'there is no flag --jsno', 'Did you mean --json?'],
  ['node run --intervall 5s', 'there is no flag --intervall', 'Did you mean --interval?'],
  ['deploy --set a=b', 'there is no flag --set', 'Did you mean --settings or --settle?'],
  ['deploy --es', 'there is no flag --es', 'See gossip deploy --help.'],
  ['deploy --yse', 'there is no flag --yse', 'Did you mean --yes?'],
  ['node run --jion=secret', 'there is no flag --jion', 'Did you mean --join?'],
  ['status -z', 'there is no flag -z', 'See gossip status --help.'],
  ['node run --name', '--name: its value is missing', 'See gossip node run --help.'],
  ['node run --log-level', '--log-level: its value is missing', 'Write one of trace, debug, info, warn, error, silent.'],
  ['node run --log-level wran', "--log-level: 'wran' is none of its values", 'Did you mean warn?'],
  ['node run --log-format xml', "--log-format: 'xml' is none of its values", 'Write one of json, pretty.'],
  ['node run --name a --name b', '--name is given more than once', 'See gossip node run --help.'],
  ['status --bogus', 'there is no flag --bogus', 'See gossip status --help.'],
  ['diff', 'DEPLOYMENT is missing', 'See gossip diff --help.'],
  ['settings set settle 99999999d', "settle: '99999999d' is longer than 24d20h", 'Write at most 24d20h.'],
  ['node run --found=1', '--found takes no value', 'See gossip node run --help.'],
  ['node run gossip-join-1.AAAA', 'unexpected argument: a join token', 'See gossip node run --help.'],
  ['node run --quota 1.5', "--quota: '1.5' is not a whole number", 'Write a whole number from 1 to 8589934591.'],
  ['node run --quota 8589934592', '--quota: 8589934592 is more than 8589934591', 'Write a whole number from 1 to 8589934591.'],
  ['node run --interval 5', "--interval: '5' is not a duration", 'Write a number and a unit: 200ms, 5s, 10m, 24h or 7d.'],
  ['node identity', '--data is missing', 'See gossip node identity --help.'],
  ['rollback', 'DEPLOYMENT is missing', 'See gossip rollback --help.'],
  ['completion fihs', "unexpected argument: 'fihs'", 'Did you mean fish?'],
  ['lab up --nodes many', "--nodes: 'many' is not a whole number", 'Write a whole number of at least 1.'],
  ['lab up --nodes 0', '--nodes: 0 is less than 1', 'Write a whole number of at least 1.'],
  ['lab up --help nodes', "there is no command 'lab up nodes'", 'See gossip --help.'],
  ['deploy --timeout 5s', '--timeout needs --wait', 'See gossip deploy --help.'],
  ['deploy --detailed-exitcode', '--detailed-exitcode needs --dry-run', 'See gossip deploy --help.'],
  ['deploy --dry-run --write secret', '--write and --dry-run exclude each other', 'Leave one of them out.'],
  ['deploy --signer=', '--signer is empty', 'See gossip deploy --help.'],
  ['logs --all --to a', '--all asks every node, and --to one: give one of the two', 'See gossip logs --help.'],
  ['statsu', "there is no command 'statsu'", "Did you mean 'gossip status'?"],
])('gossip %s', async (line, message, advice) => {
  const { exitCode, stderr } = await gossip(...line.split(' '));
  expect(stderr).toBe(`Error: ${message} [GOSSIP_E_USAGE]\n  ${advice}\n`);
  expect(exitCode).toBe(2);
});

it.each([
  ['--peer x', {}, "--peer: 'x' is not an address", 'GOSSIP_E_ADDRESS'],
  ['', { GOSSIP_PEER: 'x' }, "GOSSIP_PEER: 'x' is not an address", 'GOSSIP_E_ADDRESS'],
  ['--modules a,B', {}, "--modules: 'B' is not a module name", 'GOSSIP_E_MODULE_NAME'],
  ['--listen x', {}, "--listen: 'x' is not an address", 'GOSSIP_E_ADDRESS'],
  ['--advertise x', {}, "--advertise: 'x' is not an address", 'GOSSIP_E_ADDRESS'],
  ['', { GOSSIP_INTERVAL: '5' }, "GOSSIP_INTERVAL: '5' is not a duration", 'GOSSIP_E_USAGE'],
  ['', { GOSSIP_LOG_LEVEL: 'loud' }, "GOSSIP_LOG_LEVEL: 'loud' is none of its values", 'GOSSIP_E_USAGE'],
  ['', { GOSSIP_FOUND: 'ja' }, "GOSSIP_FOUND: 'ja' is neither yes nor no", 'GOSSIP_E_USAGE'],
  ['', { GOSSIP_DEBUG: 'ja' }, "GOSSIP_DEBUG: 'ja' is neither yes nor no", 'GOSSIP_E_USAGE'],
])('a value of gossip node run is refused under the name it was given by: %s %j', async (flags, environment, message, code) => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const { exitCode, stderr } = await gossip('node', 'run', ...flags.split(' ').filter((word) => word !== ''));
  expect(stderr).toContain(`Error: ${message}`);
  expect(stderr).toContain(`[${code}]`);
  expect(exitCode).toBe(2);
});

it('whoever has no node on this machine is told how to ask one elsewhere', async () => {
  for (const line of ['registry set greeting hello', 'call registry', 'watch registry']) {
    const { exitCode, stderr } = await gossip(...line.split(' '));
    expect([line, exitCode, stderr]).toEqual([
      line,
      3,
      expect.stringMatching(
        /has a door for applications.*\[GOSSIP_E_UNREACHABLE\]\n {2}Start one with 'gossip node run', .*with --to NODE\.\n$/,
      ),
    ]);
  }
});
