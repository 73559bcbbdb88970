/** A node reads its words as the full program does, or leaves them to it. */
import { Flags, Parser } from '@oclif/core';
import { afterEach, expect, test, vi } from 'vitest';
import NodeRun from '../../src/commands/node/run.ts';
import { givenByTable } from '../../src/commands/terminal/flag-table.ts';
import { NODE_FLAGS } from '../../src/node/flags.ts';
import { readWords } from '../../src/node/words.ts';

afterEach(() => vi.unstubAllEnvs());

/** As the full program reads them. */
async function fullFlags(words: readonly string[]): Promise<object> {
  const { flags } = await Parser.parse([...words], { flags: { ...NodeRun.flags, json: Flags.boolean() }, strict: true });
  const { json: _, ...others } = givenByTable(flags) as { json?: boolean };
  return others;
}

function withEnvironment(environment: Readonly<Record<string, string>>): void {
  for (const { env } of Object.values(NODE_FLAGS)) if (env !== undefined) vi.stubEnv(env, environment[env]);
  for (const name of ['GOSSIP_CONTENT_TYPE', 'GOSSIP_DEBUG']) vi.stubEnv(name, environment[name]);
}

test.each<[string, string[], Record<string, string>]>([
  ['nothing', [], {}],
  ['every flag', ['--name', 'n1', '--data', '/d', '--listen', '10.0.0.7:1', '--advertise', '10.0.0.8:1', '--join', '@f'], {}],
  [
    'every other flag',
    [
      '--found',
      '--no-spare-host',
      '--direct',
      '10.0.0.0/8',
      '--interval',
      '1.5s',
      '--modules',
      'a,b',
      '--quota',
      '3',
      '--proxy',
      'http://x',
    ],
    {},
  ],
  ['metrics', ['--metrics', '127.0.0.1:0'], {}],
  ['metrics by the variable', [], { GOSSIP_METRICS: '/a/b,c.prom' }],
  ['the log', ['--log-level', 'warn', '--log-format', 'pretty', '--json'], {}],
  ['values behind =', ['--name=n1', '--join=-', '--data=a=b', '--peer=a,b'], {}],
  ['a token on standard input', ['--join', '-'], {}],
  ['peers, repeated and with commas', ['--peer', 'a, b', '--peer', 'c,'], {}],
  ['handlers, repeated, with commas and quotes', ['--on', "join,fail=/a b's,c", '--on=registry:x=/b'], {}],
  ['sources, repeated and in lines', ['--join-from', 'dns:a', '--join-from=file:/a,b\nexec:/c'], {}],
  ['sources by the variable', [], { GOSSIP_JOIN_FROM: 'dns:a:1\nsrv:b\n' }],
  ['proxies, repeated and in one word', ['--proxy', 'http://a:1,http://b:1', '--proxy=env'], {}],
  ['handlers in lines', ['--on', 'join=/a\n fail=/b\n'], {}],
  ['handlers by the variable', [], { GOSSIP_ON: 'join,leave=/a, b\nfail=/c\n' }],
  ['a switch given twice', ['--found', '--found', '--json', '--json'], {}],
  ['the largest quota', ['--quota', '8589934591'], {}],
  ['zeros', ['--quota', '007', '--interval', '20ms'], {}],
  [
    'variables',
    [],
    {
      GOSSIP_NAME: 'n1',
      GOSSIP_DATA: '/d',
      GOSSIP_LISTEN: '[::1]:1',
      GOSSIP_PEER: 'a, b',
      GOSSIP_INTERVAL: '2m',
      GOSSIP_QUOTA: '9',
      GOSSIP_LOG_LEVEL: 'debug',
    },
  ],
  ['empty variables', [], { GOSSIP_NAME: '', GOSSIP_PEER: '', GOSSIP_FOUND: '', GOSSIP_QUOTA: '' }],
  ['a flag above its variable', ['--name', 'n1', '--peer', 'c'], { GOSSIP_NAME: 'other', GOSSIP_PEER: 'a' }],
  ['a switch by its variable', [], { GOSSIP_FOUND: 'Yes' }],
  ['a switch not by its variable', [], { GOSSIP_FOUND: '0' }],
  ['a switch above its variable', ['--found'], { GOSSIP_FOUND: '0' }],
  ['a configuration file', ['--config', 'node.toml', '--check-config'], {}],
  ['a configuration file by the variable', [], { GOSSIP_CONFIG: '/etc/node.toml' }],
])('%s: as the full program does', async (_, words, environment) => {
  withEnvironment(environment);
  const read = readWords(words, process.env);
  expect(given(read?.flags)).toEqual(given(await fullFlags(words)));
  expect(read?.json).toBe(words.includes('--json'));
});

test.each<[string, string[], Record<string, string>]>([
  ['help', ['--help'], {}],
  ['help in short', ['-h'], {}],
  ['an unknown flag', ['--nmae', 'x'], {}],
  ['a missing value', ['--name'], {}],
  ['another flag for a value', ['--name', '--found'], {}],
  ['an empty value', ['--data', ''], {}],
  ['a value for a switch', ['--found=1'], {}],
  ['a word more', ['now'], {}],
  ['words behind --', ['--', '--name'], {}],
  ['a flag twice', ['--name', 'a', '--name', 'b'], {}],
  ['a bad name', ['--name', 'A B'], {}],
  ['a bad duration', ['--interval', '5'], {}],
  ['a duration too long', ['--interval', '2h'], {}],
  ['a bad number', ['--quota', '1.5'], {}],
  ['a number too small', ['--quota', '0'], {}],
  ['a number too large', ['--quota', '8589934592'], {}],
  ['a switch by a variable that is neither yes nor no', [], { GOSSIP_FOUND: 'ja' }],
  ['stack traces by a variable that is neither yes nor no', [], { GOSSIP_DEBUG: 'ja' }],
  ['a level that there is not', ['--log-level', 'loud'], {}],
  ['quotes in a list', ['--peer', '"a,b"'], {}],
  ['a flag in the place of a value', ['--data=--found'], {}],
  ['a bad variable', [], { GOSSIP_INTERVAL: 'often' }],
  ['JSON of everything', [], { GOSSIP_CONTENT_TYPE: 'json' }],
])('%s: left to the full program', (_, words, environment) => {
  withEnvironment(environment);
  expect(readWords(words, process.env)).toBeNull();
});

/** What is not given may be there as undefined; a switch that is not given is none. */
function given(flags: object | undefined): object {
  return Object.fromEntries(Object.entries(flags ?? {}).filter(([, value]) => value !== undefined && value !== false));
}
