/** Bad input: what an operator types, and files of the operator that are damaged. Every answer is two lines or JSON, with a code. */
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { gossip, gossipHere } from '../support/gossip.ts';
import type { Printed, Ran } from '../support/gossip.ts';
import { TestLab } from '../support/lab.ts';
import { shippedModule } from '../support/modules.ts';

const TEST_MS = 240_000;
vi.setConfig({ testTimeout: TEST_MS, hookTimeout: TEST_MS });

// eslint-disable-next-line no-control-regex -- what a terminal obeys is exactly what is looked for
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
const TWO_LINES = /^Error: [^\n]+ \[(GOSSIP_E_[A-Z_]+)\]\n {2}[^\n]+\n$/;

let lab: TestLab;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-bad-operator-'));
  lab = await TestLab.up({ nodes: 1, rendezvous: 1 });
});
afterAll(async () => {
  await lab?.end();
  await rm(directory, { recursive: true, force: true });
});

interface Refusal {
  readonly code: string;
  readonly exit: number | null;
}

interface RefusedJson {
  readonly error: { readonly code: string; readonly message: string; readonly advice: string };
}

/** The refusal, which must be said in the one form for people and the other for programs, and no other word. */
async function refusal(args: readonly string[], home = lab.home): Promise<Refusal> {
  return sameRefusal(await gossipHere(args, home), await gossipHere<RefusedJson>([...args, '--json'], home));
}

function sameRefusal(people: Ran, programs: Ran<RefusedJson>): Refusal {
  expect(people.stdout).toBe('');
  expect(people.stderr).toMatch(TWO_LINES);
  expect(people.stderr).not.toMatch(CONTROL);
  expect(programs.stderr).toBe('');
  const { code, message, advice } = programs.json.error;
  expect(people.stderr).toBe(`Error: ${message} [${code}]\n  ${advice}\n`);
  expect(programs.code).toBe(people.code);
  return { code, exit: people.code };
}

describe('before anything was deployed', () => {
  it('status, history and config show say so, and are no errors', async () => {
    expect(await lab.status()).toMatchObject({
      newest: {},
      converged: null,
      nodes: [{ name: 'rendezvous1', reachable: true, modules: [] }],
    });
    expect(await lab.ask('history')).toEqual([]);
    expect(await lab.ask('config', 'show')).toEqual([]);
    expect((await lab.run('history')).stdout).toBe('Nothing was deployed yet.\n');
    expect((await lab.run('config', 'show')).stdout).toBe('Nothing was deployed yet.\n');
    expect((await lab.run('status')).stdout).toContain('newest: nothing deployed');
  });

  it('the first deployment can expect nothing but to be the first', async () => {
    expect(await refusal(['deploy', '--module', 'registry', '--expect', 'd1'])).toEqual({ code: 'GOSSIP_E_EXPECT', exit: 8 });
  });

  it.each([
    [['rollback', 'd1'], 'GOSSIP_E_DEPLOYMENT_UNKNOWN', 1],
    [['remove', 'registry'], 'GOSSIP_E_MODULE_UNKNOWN', 1],
    [['module', 'inspect', 'registry'], 'GOSSIP_E_MODULE_ABSENT', 1],
    [['history', '--module', 'registry'], 'GOSSIP_E_MODULE_UNKNOWN', 1],
  ])('%j is refused', async (args, code, exit) => {
    expect(await refusal(args)).toEqual({ code, exit });
  });
});

describe('a signed configuration file', () => {
  it('is written, shown, verified, countersigned and injected, and injecting it twice changes nothing', async () => {
    const file = join(directory, 'registry.gossip');
    const written = await lab.run('deploy', '--module', 'registry', '--write', file);
    expect(written).toMatchObject({ code: 0, stdout: expect.stringMatching(/^d1 {2}registry .* sha256:[0-9a-f]{64}\n$/) });
    expect((await lab.status()).newest).toEqual({});
    expect((await lab.run('config', 'show', file)).stdout).toMatch(/^d1 {2}registry /);
    expect((await lab.run('config', 'verify', file)).stdout).toMatch(/^Good: d1 of registry for 'lab', signed by 1 of 1 keys/);
    expect((await lab.run('config', 'sign', file)).stdout).toMatch(/^Signed by 1 of 1 keys: ready/);
    expect(await lab.ask('config', 'inject', file, '--wait')).toMatchObject({
      deployment: 'd1',
      outcome: 'applied',
      converged: { nodes: 1 },
    });
    expect(await lab.ask('config', 'inject', file)).toMatchObject({ deployment: 'd1', outcome: 'known' });
    expect(await lab.ask('history')).toHaveLength(1);
  });

  it('whose number another deployment of its module took meanwhile is refused, and nothing changes', async () => {
    const file = join(directory, 'late.gossip');
    await lab.ask('deploy', '--module', 'registry', '--write', file);
    await lab.ask('deploy', '--module', 'registry', '-m', 'first', '--wait');
    expect(await refusal(['config', 'inject', file])).toEqual({ code: 'GOSSIP_E_NUMBER_TAKEN', exit: 8 });
    expect(await lab.ask('history')).toMatchObject([
      { deployment: 'd2', module: 'registry', message: 'first' },
      { deployment: 'd1', module: 'registry' },
    ]);
  });

  it('that cannot be written, read or understood is refused', async () => {
    expect(await refusal(['deploy', '--module', 'registry', '--write', join(directory, 'no', 'where')])).toEqual({
      code: 'GOSSIP_E_FILE',
      exit: 1,
    });
    expect(await refusal(['config', 'inject', join(directory, 'absent')])).toEqual({ code: 'GOSSIP_E_FILE', exit: 1 });
    await writeFile(join(directory, 'text'), 'not a configuration file\n');
    for (const command of ['show', 'verify', 'sign', 'inject']) {
      expect([command, await refusal(['config', command, join(directory, 'text')])]).toEqual([
        command,
        { code: 'GOSSIP_E_CANONICAL', exit: 6 },
      ]);
    }
  });
});

describe('what is typed wrong', () => {
  it.each([
    [['frobnicate'], 'GOSSIP_E_USAGE', 2],
    [['lab', 'sideways'], 'GOSSIP_E_USAGE', 2],
    [['status', '--nosuch'], 'GOSSIP_E_USAGE', 2],
    [['--nosuch'], 'GOSSIP_E_USAGE', 2],
    [['rollback'], 'GOSSIP_E_USAGE', 2],
    [['history', 'extra'], 'GOSSIP_E_USAGE', 2],
    [['lab', 'up', '--nodes', 'many'], 'GOSSIP_E_USAGE', 2],
    [['lab', 'up', '--nodes', '0'], 'GOSSIP_E_USAGE', 2],
    [['deploy', '--module', 'registry', '--wait', '--timeout', '5'], 'GOSSIP_E_USAGE', 2],
    [['deploy', '--module', 'registry', '--timeout', '5s'], 'GOSSIP_E_USAGE', 2],
    [['deploy', '--module', 'registry', '--dry-run', '--write', 'x'], 'GOSSIP_E_USAGE', 2],
    [['deploy', '--module', 'registry', '--settings', '[1]'], 'GOSSIP_E_USAGE', 2],
    [['deploy', '--module', 'Registry'], 'GOSSIP_E_MODULE_NAME', 2],
    [['deploy', '--module', 'nosuch'], 'GOSSIP_E_CODE_PATH', 2],
    [['deploy', '--module', 'registry', '--to', 'nosuch'], 'GOSSIP_E_NODE_UNKNOWN', 1],
    [['call'], 'GOSSIP_E_USAGE', 2],
    [['call', 'No Module', '1', '--to', 'rendezvous1'], 'GOSSIP_E_MODULE_NAME', 2],
    [['call', 'registry', '{', '--all'], 'GOSSIP_E_USAGE', 2],
    [['call', 'registry', '1', '--to', 'nosuch'], 'GOSSIP_E_NODE_UNKNOWN', 1],
    [['call', 'registry', '1', '--to', ''], 'GOSSIP_E_USAGE', 2],
    [['call', 'registry', '1', '--to', 'rendezvous1', '--all'], 'GOSSIP_E_USAGE', 2],
    [['call', 'registry', '1', '--to', 'rendezvous1', '--data', '/tmp'], 'GOSSIP_E_USAGE', 2],
    [['call', 'registry', '1', '--all', '--timeout', '0s'], 'GOSSIP_E_USAGE', 2],
    [['call', 'registry', '1', '--cluster', 'lab'], 'GOSSIP_E_USAGE', 2],
    [['call', 'registry', '1', '--all', '--cluster', 'nosuch'], 'GOSSIP_E_NO_CLUSTER', 1],
    [['watch', 'registry', '--all'], 'GOSSIP_E_USAGE', 2],
    [['watch', 'registry', '--to', 'rendezvous1', '--after', 'yesterday'], 'GOSSIP_E_REQUEST', 1],
    [['registry', 'get'], 'GOSSIP_E_USAGE', 2],
    [['registry', 'get', 'absent', '--to', 'rendezvous1'], 'GOSSIP_E_NOT_FOUND', 1],
    [['registry', 'get', 'two words', '--to', 'rendezvous1'], 'GOSSIP_E_MODULE_REFUSED', 1],
    [['registry', 'get', 'a', '--to', 'rendezvous1', '--module', 'nosuch'], 'GOSSIP_E_MODULE_UNKNOWN', 1],
    [['registry', 'set', 'a', '--to', 'rendezvous1'], 'GOSSIP_E_USAGE', 2],
    [['registry', 'set', 'a', 'b', '--ttl', '10ms', '--to', 'rendezvous1'], 'GOSSIP_E_USAGE', 2],
    [['registry', 'set', 'a', '', '--to', 'rendezvous1'], 'GOSSIP_E_USAGE', 2],
    [['registry', 'set', 'a', '{', '--json-value', '--to', 'rendezvous1'], 'GOSSIP_E_USAGE', 2],
    [['registry', 'set', 'a', 'b', '--if-version', 'old', '--to', 'rendezvous1'], 'GOSSIP_E_MODULE_REFUSED', 1],
    [['registry', 'list', 'two words', '--to', 'rendezvous1'], 'GOSSIP_E_MODULE_REFUSED', 1],
    [['deploy', '--module', 'registry', '--to', '127.0.0.1:1'], 'GOSSIP_E_UNREACHABLE', 3],
    [['deploy', '--module', 'registry', '--expect', 'd99'], 'GOSSIP_E_EXPECT', 8],
    [['deploy', '--module', 'registry', '--expect', 'newest'], 'GOSSIP_E_DEPLOYMENT_NAME', 2],
    [['rollback', 'd99'], 'GOSSIP_E_DEPLOYMENT_UNKNOWN', 1],
    [['rollback', 'd1@nosuch'], 'GOSSIP_E_DEPLOYMENT_UNKNOWN', 1],
    [['rollback', 'one'], 'GOSSIP_E_DEPLOYMENT_NAME', 2],
    [['module', 'inspect', 'nosuch'], 'GOSSIP_E_MODULE_ABSENT', 1],
    [['remove', 'nosuch'], 'GOSSIP_E_MODULE_UNKNOWN', 1],
    [['module', 'settings'], 'GOSSIP_E_USAGE', 2],
    [['settings', 'registry', '--set', 'a=1'], 'GOSSIP_E_USAGE', 2],
    [['settings', 'set', 'nosuch', 'x'], 'GOSSIP_E_USAGE', 2],
    [['settings', 'set', 'settle', 'soon'], 'GOSSIP_E_USAGE', 2],
    [['settings', 'unset', 'cluster'], 'GOSSIP_E_USAGE', 2],
    [['module', 'settings', 'nosuch'], 'GOSSIP_E_MODULE_UNKNOWN', 1],
    [['module', 'settings', 'registry', '--wait'], 'GOSSIP_E_USAGE', 2],
    [['module', 'settings', 'registry', '--set', 'speed'], 'GOSSIP_E_USAGE', 2],
    [['module', 'settings', 'registry', '--set', 'speed=2'], 'GOSSIP_E_MODULE_SETTINGS', 2],
    [['module', 'settings', 'registry', '--set', 'a=1', '--settings', '{}'], 'GOSSIP_E_USAGE', 2],
    [['module', 'settings', 'registry', '--unset', 'speed'], 'GOSSIP_E_USAGE', 2],
    [['module', 'settings', 'registry', '--set', 'intervalMs=150', '--expect', 'd99'], 'GOSSIP_E_EXPECT', 8],
    [['status', 'nosuch'], 'GOSSIP_E_NODE_UNKNOWN', 1],
    [['status', '--cluster', 'nosuch'], 'GOSSIP_E_NO_CLUSTER', 1],
    [['cluster', 'use', 'nosuch'], 'GOSSIP_E_NO_CLUSTER', 1],
    [['cluster', 'init', '--name', 'lab', '--rendezvous', `a=127.0.0.1:1=${'a'.repeat(64)}`], 'GOSSIP_E_FILE', 1],
    [['lab', 'up'], 'GOSSIP_E_LAB', 1],
    [['lab', 'down', '--dir', '/nosuch'], 'GOSSIP_E_LAB', 1],
  ])('%j is refused', async (args, code, exit) => {
    expect(await refusal(args)).toEqual({ code, exit });
  });

  it.each([
    [['frobnicate'], 'GOSSIP_E_USAGE', 2],
    [['deploy', '--module', 'registry', '--expect', 'd99'], 'GOSSIP_E_EXPECT', 8],
  ])('%j is refused in the same words and with the same exit code by a process', async (args, code, exit) => {
    const { home } = lab;
    expect(sameRefusal(await gossip(args, { home }), await gossip([...args, '--json'], { home }))).toEqual({ code, exit });
  });

  it('deploys nothing', async () => {
    expect(await lab.ask('history')).toHaveLength(2);
  });
});

describe('what is printed', () => {
  it('holds nothing for a terminal when there is none, also with colours forced', async () => {
    const runs = [
      await lab.runWith({}, 'status'),
      await lab.run('history'),
      await lab.run('cluster', 'list'),
      await lab.run('deploy', '--module', 'registry', '--wait'),
      await lab.run('module', 'check', shippedModule('registry')),
      await lab.runWith({ env: { TERM: 'xterm-256color' } }, 'status'),
      await lab.runWith({ env: { TERM: 'xterm-256color' } }, '--help'),
    ];
    for (const { code, stdout, stderr } of runs) expect([code, CONTROL.test(stdout), CONTROL.test(stderr)]).toEqual([0, false, false]);
  });

  it('is for every command a help with examples', async () => {
    const { stdout } = await lab.run('completion', 'bash');
    expect(stdout).not.toMatch(CONTROL);
    for (const command of await commands()) {
      const help = await lab.run(...command.split(' '), '--help');
      expect([command, help.code, help.stderr]).toEqual([command, 0, '']);
      expect(help.stdout).toMatch(/\nUSAGE\n[^]*\nEXAMPLES\n/);
      expect(help.stdout).not.toMatch(CONTROL);
    }
  });
});

async function commands(): Promise<string[]> {
  const manifest = JSON.parse(await readFile(new URL('../../oclif.manifest.json', import.meta.url), 'utf8')) as { commands: Printed };
  return Object.keys(manifest.commands).map((id) => id.replaceAll(':', ' '));
}

describe("the operator's files", () => {
  /** A copy of the operator's settings and keys with one file damaged. */
  async function withDamaged(file: string, damage: (path: string) => Promise<void>): Promise<string> {
    const home = await mkdtemp(join(directory, 'home-'));
    await cp(join(lab.home, 'settings.json'), join(home, 'settings.json'));
    await cp(join(lab.home, 'labs', 'lab', 'operator'), join(home, 'labs', 'lab', 'operator'), { recursive: true });
    await damage(join(home, file));
    return home;
  }

  const cut = (path: string): Promise<void> => truncate(path, 40);
  const lost = (path: string): Promise<void> => rm(path);
  const changed = async (path: string): Promise<void> => {
    const text = await readFile(path, 'utf8');
    const at = Math.floor(text.length / 2);
    await writeFile(path, `${text.slice(0, at)}${text.charAt(at) === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`);
  };

  it.each([
    ['labs/lab/operator/operator.key', 'cut off', cut, ['GOSSIP_E_KEY']],
    ['labs/lab/operator/operator.key', 'lost', lost, ['GOSSIP_E_KEY']],
    // It may still be a key, but is none that the root names.
    ['labs/lab/operator/operator.key', 'changed', changed, ['GOSSIP_E_KEY', 'GOSSIP_E_SIGNATURE', 'GOSSIP_E_THRESHOLD']],
    ['labs/lab/operator/identity.key', 'cut off', cut, ['GOSSIP_E_KEY']],
    ['labs/lab/operator/identity.key', 'changed', changed, ['GOSSIP_E_KEY', 'GOSSIP_E_NOT_ADMITTED']],
    ['labs/lab/operator/root.json', 'cut off', cut, ['GOSSIP_E_KEY']],
    [
      'labs/lab/operator/root.json',
      'changed',
      changed,
      ['GOSSIP_E_SIGNATURE', 'GOSSIP_E_THRESHOLD', 'GOSSIP_E_CANONICAL', 'GOSSIP_E_SCHEMA', 'GOSSIP_E_WRONG_CLUSTER'],
    ],
  ])('%s %s: deploying is refused with exit code 6', async (file, _, damage, codes) => {
    const { code, exit } = await refusal(['deploy', '--module', 'registry', '--to', 'rendezvous1'], await withDamaged(file, damage));
    expect(exit).toBe(6);
    expect(codes).toContain(code);
  });

  it.each([
    ['cut off', cut],
    ['of another form', (path: string) => writeFile(path, '{"current": 7}')],
  ])('settings.json %s: every command says so, and the file stays as it is', async (_, damage) => {
    const home = await withDamaged('settings.json', damage);
    const before = await readFile(join(home, 'settings.json'), 'utf8');
    expect(await refusal(['status'], home)).toEqual({ code: 'GOSSIP_E_FILE', exit: 1 });
    expect(await refusal(['cluster', 'list'], home)).toEqual({ code: 'GOSSIP_E_FILE', exit: 1 });
    expect(await readFile(join(home, 'settings.json'), 'utf8')).toBe(before);
  });
});

describe('when no node can be reached', () => {
  const asking = (file: string): readonly (readonly string[])[] => [
    ['status'],
    ['status', 'rendezvous1'],
    ['history'],
    ['config', 'show'],
    ['config', 'inject', file],
    ['deploy', '--module', 'registry'],
    ['deploy', '--module', 'registry', '--dry-run'],
    ['deploy', '--module', 'registry', '--write', join(directory, 'unreached')],
    ['rollback', 'd1'],
    ['remove', 'registry'],
    ['module', 'inspect', 'registry'],
  ];

  it('because all are stopped, every command that asks one ends with exit code 3', async () => {
    const file = join(directory, 'offline.gossip');
    await lab.ask('deploy', '--module', 'registry', '--write', file);
    await lab.stop('rendezvous1');
    for (const args of asking(file)) expect([args, await refusal(args)]).toEqual([args, { code: 'GOSSIP_E_UNREACHABLE', exit: 3 }]);
    expect((await lab.run('config', 'verify', file)).code).toBe(0);
    expect((await lab.run('cluster', 'join-token')).code).toBe(0);
    await lab.start('rendezvous1');
    expect((await lab.converged()).nodes).toMatchObject([{ incarnation: 2 }]);
  });

  it('because the only one is frozen, commands end too, and it takes up its work again', async () => {
    await lab.signal('rendezvous1', 'SIGSTOP');
    try {
      for (const args of [['status'], ['deploy', '--module', 'registry', '--to', 'rendezvous1']])
        expect((await lab.run(...args)).code).toBe(3);
    } finally {
      await lab.signal('rendezvous1', 'SIGCONT');
    }
    await lab.ask('deploy', '--module', 'registry', '--wait');
  });
});
