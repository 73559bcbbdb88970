/** Files of keys, tokens, clusters and signed changes that are empty, cut, of another kind, no text, a directory, unreadable or endless: each is named, with what it is and what to do. */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peer } from '../support/records.ts';
import { gossip } from './command-line.ts';

const isRoot = process.getuid?.() === 0;
if (isRoot) process.stderr.write('skipped: root may read every file\n');

let directory: string;
const at = (name: string): string => join(directory, name);
const before = process.env['GOSSIP_HOME'];

/** What lies in the files, and how it is called where something else is wanted. */
const CONTENTS: Readonly<Record<string, string>> = {
  empty: 'it is empty',
  binary: 'it holds bytes that are no text',
  words: 'it holds something else',
  json: 'it holds JSON of another kind',
  'half.cluster': 'it is cut short or damaged',
  'half.key': 'it holds the beginning of a private key, and is cut short',
  'half.pub': 'it holds the beginning of a public key, and is cut short',
  'my.key': 'it holds a private key',
  'my.pub': 'it holds a public key',
  'prod.cluster': "it is a cluster file, which 'gossip cluster import' takes",
  'gossip.token': 'it holds a join token',
  'root.gossip': "it is a signed change of the root, which 'gossip config show' shows",
};

interface Reader {
  /** What the file should be. */
  readonly what: string;
  readonly args: (file: string) => readonly string[];
  /** Of what is in it. One that cannot be read at all is GOSSIP_E_FILE, whatever it should hold. */
  readonly code: string;
  /** Contents that are right, or are refused for another reason. */
  readonly apart: readonly string[];
}

const READERS: Readonly<Record<string, Reader>> = {
  'a cluster': {
    what: 'cluster file',
    args: (file) => ['cluster', 'import', file, '--name', 'other'],
    code: 'GOSSIP_E_FILE',
    apart: ['prod.cluster'],
  },
  'a token': {
    what: 'join token',
    args: (file) => ['cluster', 'import', at('prod.cluster'), '--name', 'other', '--join', `@${file}`],
    code: 'GOSSIP_E_TOKEN',
    apart: ['gossip.token'],
  },
  'a key of one’s own': {
    what: 'private key',
    args: (file) => ['cluster', 'import', at('prod.cluster'), '--name', 'other', '--key', file],
    code: 'GOSSIP_E_KEY',
    apart: ['my.key'],
  },
  'a key to sign with': {
    what: 'private key',
    args: (file) => ['config', 'sign', at('root.gossip'), '--key', file, '--output', at('signed')],
    code: 'GOSSIP_E_KEY',
    apart: ['my.key'],
  },
  'a public key': {
    what: 'public key',
    args: (file) => ['cluster', 'add-operator', 'carl', file, '--dry-run'],
    code: 'GOSSIP_E_KEY',
    apart: ['my.pub', 'my.key', 'half.key'],
  },
  'a signed file': {
    what: 'signed file',
    args: (file) => ['config', 'show', file],
    code: 'GOSSIP_E_CANONICAL',
    apart: ['root.gossip'],
  },
  'a backup': {
    what: 'backup',
    args: (file) => ['restore', file],
    code: 'GOSSIP_E_BACKUP',
    apart: [],
  },
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-wrong-'));
  process.env['GOSSIP_HOME'] = at('home');
  const { id, address } = peer(1);
  const ran = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await gossip(...args);
    if (exitCode !== 0) throw new Error(stderr);
    return stdout;
  };
  await ran('cluster', 'init', '--name', 'prod', '--rendezvous', `r1=${address}=${id}`);
  await writeFile(at('my.pub'), await ran('key', 'new', at('my.key')));
  await ran('cluster', 'export', at('prod.cluster'));
  await writeFile(at('gossip.token'), await ran('cluster', 'join-token'));
  for (const [name, from] of [
    ['half.cluster', 'prod.cluster'],
    ['half.key', 'my.key'],
    ['half.pub', 'my.pub'],
    ['half.token', 'gossip.token'],
  ] as const) {
    const whole = await readFile(at(from));
    await writeFile(at(name), whole.subarray(0, Math.floor(whole.length * 0.6)), { mode: 0o600 });
  }
  await writeFile(at('root.gossip'), '{"type":"gossip/root-file/1"}');
  await writeFile(at('empty'), ' \n');
  await writeFile(at('binary'), Buffer.from([0, 159, 146, 150, 10, 255, 1]));
  await writeFile(at('words'), 'hello, world\n');
  await writeFile(at('json'), '{"n":1}');
  await mkdir(at('directory'));
  await writeFile(at('closed'), 'hello');
  await chmod(at('closed'), 0);
});
afterAll(async () => {
  if (before === undefined) delete process.env['GOSSIP_HOME'];
  else process.env['GOSSIP_HOME'] = before;
  await rm(directory, { recursive: true, force: true });
});

/** The line of what happened, and that of what to do. */
async function refusal(args: readonly string[]): Promise<{ message: string; code: string; advice: string }> {
  const { exitCode, stdout, stderr } = await gossip(...args);
  expect([stdout, exitCode === 0]).toEqual(['', false]);
  const [, message = '', code = '', advice = ''] = /^Error: (.*) \[(GOSSIP_E_\w+)\]\n {2}(.*)\n$/.exec(stderr) ?? [];
  if (message === '') throw new Error(`no two lines: ${stderr}`);
  return { message, code, advice };
}

describe.each(Object.entries(READERS))('%s', (_, { what, args, code, apart }) => {
  const contents = Object.entries(CONTENTS).filter(([name]) => !apart.includes(name));
  it.each(contents)('is no file that is %s', async (name, is) => {
    const { message, code: told } = await refusal(args(at(name)));
    // A document that says itself what it is, is read as that.
    const expected = what === 'signed file' && name === 'prod.cluster' ? 'GOSSIP_E_SCHEMA' : code;
    expect([message, told]).toEqual([expect.stringContaining(`${at(name)} is no ${what}: ${is}`), expected]);
  });

  it('is no directory, none that is not there, and nothing without an end', async () => {
    for (const [name, says] of [
      [at('directory'), 'is a directory, and should be'],
      [at('nowhere'), 'there is no file'],
      [join(at('words'), 'below'), 'there is no file'],
    ] as const) {
      const { message, code: told, advice } = await refusal(args(name));
      expect([message.includes(name) && message.includes(says), told, advice.startsWith('Give the path of')]).toEqual([
        true,
        'GOSSIP_E_FILE',
        true,
      ]);
    }
    expect((await refusal(args('/dev/zero'))).message).toMatch(/\/dev\/zero holds more than \d+ bytes/);
  });

  it.skipIf(isRoot)('is none that may not be read', async () => {
    const { message, code: told } = await refusal(args(at('closed')));
    expect([message.endsWith(`you may not read ${at('closed')}`), told]).toEqual([true, 'GOSSIP_E_FILE']);
  });
});

it('a file that is not there ends every command with one code, but a node that cannot know what it is told to do', async () => {
  const nowhere = at('nowhere');
  const lines = [
    ['restore', nowhere],
    ['config', 'inject', nowhere],
    ['config', 'show', nowhere],
    ['config', 'verify', nowhere],
    ['config', 'sign', nowhere, '--output', at('signed')],
    ['cluster', 'import', nowhere],
    ['cluster', 'import', at('prod.cluster'), '--name', 'other', '--key', nowhere],
    ['cluster', 'import', at('prod.cluster'), '--name', 'other', '--join', `@${nowhere}`],
    ['cluster', 'init', '--name', 'new', '--rendezvous', `r1=${peer(1).address}=${peer(1).id}`, '--deployer', nowhere],
    ['cluster', 'add-operator', 'carl', nowhere, '--dry-run'],
    ['cluster', 'rotate-key', '--to', nowhere, '--key', 'operator', '--dry-run'],
    ['key', 'show', nowhere],
    ['settings', 'set', 'key-file', nowhere],
    ['deploy', '--module', 'registry', '--settings', `@${nowhere}`],
    ['simulate', '--scenario', nowhere],
    ['call', 'registry', '--bytes', nowhere],
  ];
  const ended: unknown[] = [];
  for (const line of lines) {
    const { exitCode, stderr } = await gossip(...line);
    ended.push([line.slice(0, 2).join(' '), exitCode, /GOSSIP_E_\w+/.exec(stderr)?.[0], stderr.includes(`there is no file ${nowhere}`)]);
  }
  expect(ended).toEqual(lines.map((line) => [line.slice(0, 2).join(' '), 1, 'GOSSIP_E_FILE', true]));
  expect((await refusal(['node', 'run', '--config', nowhere])).code).toBe('GOSSIP_E_CONFIG');
});

it('a key that signs in the place of a cluster’s own is refused before anything is made with it', async () => {
  process.env['GOSSIP_KEY_FILE'] = at('words');
  try {
    for (const line of [
      ['cluster', 'import', at('prod.cluster'), '--name', 'signed'],
      ['cluster', 'init', '--name', 'signed', '--rendezvous', `r1=${peer(1).address}=${peer(1).id}`],
    ]) {
      expect(await refusal(line)).toMatchObject({
        code: 'GOSSIP_E_KEY',
        message: `GOSSIP_KEY_FILE: ${at('words')} is no private key: it holds something else`,
      });
    }
  } finally {
    delete process.env['GOSSIP_KEY_FILE'];
  }
  expect(await gossip('cluster', 'list')).toMatchObject({ stdout: expect.not.stringContaining('signed') });
});

it('a token that is cut short is refused by the name of its file, and by standard input alike', async () => {
  const { message, advice } = await refusal(['cluster', 'import', at('prod.cluster'), '--name', 'other', '--join', `@${at('half.token')}`]);
  expect(message).toBe(`--join: ${at('half.token')}: the join token cannot be used: it is damaged or cut short`);
  expect(advice).toContain('copy it whole');
});

it('the files of one’s own home are named where they are damaged, with the way back', async () => {
  for (const [name, damage, says] of [
    ['root.json', '', 'is damaged: it is empty'],
    ['root.json', '{"payload":', 'is damaged: it is cut short or damaged'],
    ['root.json', '{"payload":1}', 'root.json: '],
    ['identity.key', 'x', 'identity.key: this is not a private key in PEM'],
    ['operator.key', '', 'is no private key: it is empty'],
    ['root-steps.json', '[', 'holds no steps of the root: it is cut short or damaged'],
    ['admission.json', '\0', 'is damaged: it holds bytes that are no text'],
  ] as const) {
    const path = join(at('home'), 'clusters', 'prod', name);
    const whole = await readFile(path).catch(() => null);
    await writeFile(path, damage);
    const { message, advice } = await refusal(['cluster', 'join-token']);
    expect([name, message.includes(path), message.includes(says), advice.length > 0]).toEqual([name, true, true, true]);
    await (whole === null ? rm(path) : writeFile(path, whole));
  }
});
