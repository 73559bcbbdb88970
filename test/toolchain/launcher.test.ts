/** The launcher, copied into a small installation of its own: whatever starts it, the program runs on Node 26 as if started directly. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/project.mjs';

const PROGRAM = `
const [what] = process.argv.slice(2);
if (what === 'serve') {
  let signals = 0;
  process.on('SIGTERM', () => { signals += 1; setTimeout(() => process.exit(signals), 200); });
  setInterval(() => {}, 1_000);
}
console.log(JSON.stringify({ version: process.version, args: process.argv.slice(2), pid: process.pid }));
if (what === 'exit') process.exitCode = 42;
if (what === 'die') process.kill(process.pid, 'SIGKILL');
`;

const NODE_PROGRAM = `console.log(JSON.stringify({ node: process.execArgv, arenas: process.env.MALLOC_ARENA_MAX }));`;

/** An installation, and a folder with no Node anywhere above it. */
let root = '';
let lonely = '';
let launcher = '';

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'gossip launcher '));
  cpSync(join(ROOT, 'bin'), join(root, 'bin'), { recursive: true });
  mkdirSync(join(root, 'dist'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'dist', 'cli.js'), PROGRAM);
  writeFileSync(join(root, 'dist', 'node-run.cjs'), NODE_PROGRAM);
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  launcher = join(root, 'bin', 'gossip');
  lonely = mkdtempSync(join(tmpdir(), 'gossip-launcher-'));
  cpSync(join(ROOT, 'bin'), join(lonely, 'bin'), { recursive: true });
});

afterAll(() => {
  for (const folder of [root, lonely]) rmSync(folder, { recursive: true, force: true });
});

/** Programs of that name on PATH, apart from npm's own. */
function findOlderNodes(): string[] {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .filter((path) => isExecutable(path) && Number(/^v(\d+)/.exec(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout)?.[1]) < 26)
    .map((path) => realpathSync(path))
    .filter((path, index, all) => all.indexOf(path) === index);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

interface Start {
  readonly name: string;
  readonly command: () => string[];
}

const starts: Start[] = [
  { name: 'by itself', command: () => [launcher] },
  { name: 'by Node 26', command: () => [process.execPath, launcher] },
  ...findOlderNodes().map((node) => ({ name: `by ${node}`, command: () => [node, launcher] })),
];

function run(command: string[], env: NodeJS.ProcessEnv = { ...process.env, XDG_CACHE_HOME: root }) {
  const [program = '', ...args] = command;
  return spawnSync(program, args, { env, encoding: 'utf8' });
}

describe.each(starts)('started $name', ({ command }) => {
  test('the program gets its arguments as they are, on Node 26', () => {
    const args = ['a b', '$HOME', '"', '', '--flag=*', "it's"];
    const { stdout, status } = run([...command(), ...args]);
    expect({ ...JSON.parse(stdout), pid: 0, status }).toEqual({ version: expect.stringMatching(/^v26\./), args, pid: 0, status: 0 });
  });

  test('a node is its own program, on little memory', () => {
    const { stdout } = run([...command(), 'node', 'run']);
    expect(JSON.parse(stdout)).toEqual({ node: ['--disable-sigusr1', '--max-semi-space-size=1', '--v8-pool-size=1'], arenas: '1' });
  });

  test('its exit code is passed on', () => {
    expect(run([...command(), 'exit']).status).toBe(42);
  });

  test('its death by a signal is passed on', () => {
    expect(run([...command(), 'die']).signal).toBe('SIGKILL');
  });

  test('a signal reaches it once', async () => {
    const [program = '', ...args] = command();
    const child = spawn(program, [...args, 'serve'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(createInterface(child.stdout), 'line');
      child.kill('SIGTERM');
      expect(await once(child, 'exit')).toEqual([1, null]);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('a signal that any process of this user may send opens no inspector', async () => {
    const [program = '', ...args] = command();
    const child = spawn(program, [...args, 'serve'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    try {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      const { pid } = JSON.parse(line) as { pid: number };
      process.kill(pid, 'SIGUSR1');
      process.kill(pid, 'SIGTERM');
      await once(child, 'close');
      expect(said).toBe('');
    } finally {
      child.kill('SIGKILL');
    }
  });
});

test('started by itself, the program takes the place of the launcher: one process, one id', async () => {
  const child = spawn(launcher, [], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  expect(JSON.parse(line)).toMatchObject({ pid: child.pid });
});

test('it needs no environment but PATH', () => {
  expect(run([launcher, 'exit'], { PATH: process.env['PATH'] }).status).toBe(42);
});

test.each(['/proc', '/proc/nowhere', '/nowhere', '/dev/null', '', 'relative'])('a home such as %j holds nothing up', (HOME) => {
  expect(run([launcher, 'exit'], { PATH: process.env['PATH'], HOME }).status).toBe(42);
});

test('it is found through links, relative ones too', () => {
  mkdirSync(join(root, 'elsewhere'), { recursive: true });
  symlinkSync('../bin/gossip', join(root, 'elsewhere', 'one'));
  symlinkSync(join(root, 'elsewhere', 'one'), join(root, 'elsewhere', 'two'));
  expect(run([join(root, 'elsewhere', 'two'), 'exit']).status).toBe(42);
});

describe('with a Node of its own that does not run here, such as one for another C library', () => {
  let broken = '';
  let tools = '';
  const own = `node-${process.platform}-${process.arch}`;
  const start = (path: string) => run([join(broken, 'bin', 'gossip'), 'exit'], { PATH: path });

  beforeAll(() => {
    broken = mkdtempSync(join(tmpdir(), 'gossip-launcher-'));
    cpSync(join(root, 'bin'), join(broken, 'bin'), { recursive: true });
    cpSync(join(root, 'dist'), join(broken, 'dist'), { recursive: true });
    writeFileSync(join(broken, 'package.json'), '{"type":"module"}');
    const binaries = join(broken, 'node_modules', own, 'bin');
    mkdirSync(binaries, { recursive: true });
    writeFileSync(join(broken, 'node_modules', own, 'package.json'), '{}');
    writeFileSync(join(binaries, 'node'), '#!/nowhere/ld-musl.so.1\n', { mode: 0o755 });
    tools = join(broken, 'tools');
    mkdirSync(tools);
    for (const tool of ['uname', 'dirname', 'readlink', 'sh'])
      symlinkSync(spawnSync('which', [tool], { encoding: 'utf8' }).stdout.trim(), join(tools, tool));
  });
  afterAll(() => rmSync(broken, { recursive: true, force: true }));

  test('the good one on PATH is taken', () => {
    expect(start([tools, dirname(process.execPath)].join(delimiter)).status).toBe(42);
  });

  test('and none on PATH, it says what does not run', () => {
    const { status, stderr } = start(tools);
    expect({ status, stderr }).toEqual({ status: 70, stderr: expect.stringContaining('does not run on this system') });
  });

  test.each(findOlderNodes())('and only %s on PATH, it says what does not run', (node) => {
    const { status, stderr } = start([tools, dirname(node)].join(delimiter));
    expect({ status, stderr }).toEqual({ status: 70, stderr: expect.stringContaining('does not run on this system') });
  });
});

describe('without what it needs it says so and exits with 70', () => {
  test('not built', () => {
    const bare = join(root, 'bare');
    cpSync(join(ROOT, 'bin'), join(bare, 'bin'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(bare, 'node_modules'));
    const { status, stderr } = run([join(bare, 'bin', 'gossip')]);
    expect({ status, stderr }).toEqual({
      status: 70,
      stderr: `gossip: the program is not built yet. Run 'npm run build' in ${realpathSync(bare)}.\n`,
    });
  });

  test('no Node at all', () => {
    const tools = join(lonely, 'tools');
    mkdirSync(tools);
    for (const tool of ['uname', 'dirname', 'readlink']) symlinkSync(join('/usr/bin', tool), join(tools, tool));
    const { status, stderr } = run([join(lonely, 'bin', 'gossip')], { PATH: tools });
    expect({ status, stderr }).toEqual({ status: 70, stderr: expect.stringContaining('needs version 26 or newer') });
  });

  test.each(findOlderNodes())('only %s', (node) => {
    const { status, stderr } = run([node, join(lonely, 'bin', 'gossip')]);
    expect({ status, stderr }).toEqual({
      status: 70,
      stderr: expect.stringMatching(/^gossip: it needs Node\.js 26 or newer, and this is v/),
    });
  });
});
