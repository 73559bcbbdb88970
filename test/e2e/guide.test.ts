/** What the operators' guide says for hard days is run as it stands there: only addresses, ids and directories are put in. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freePorts } from '../../src/lab/ports.ts';
import { joinColleague } from '../support/joined-operator.ts';
import { gossipHere, tidily, until, withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { shippedModule } from '../support/modules.ts';
import { stealHome } from '../support/stolen-home.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const GUIDE = await readFile(join(ROOT, 'docs/operators.md'), 'utf8');

interface Line {
  readonly command: string;
  /** What stands behind it, such as `on his machine`. */
  readonly where: string;
}

/** The commands of a section of the guide, in their order. */
function commandsOf(title: string): Line[] {
  const section = new RegExp(`^#+ ${RegExp.escape(title)}\\n(.*?)(?=^#)`, 'ms').exec(GUIDE.replace(/^# /gm, '\\# '))?.[1];
  if (section === undefined) throw new Error(`the guide has no section '${title}'`);
  const fences = [...section.matchAll(/^```\n(.*?)^```$/gms)].flatMap(([, fence = '']) => fence.trimEnd().split('\n'));
  const commands = fences.filter((line) => !line.startsWith('\\#'));
  return commands.map((line) => {
    const [command = '', where = ''] = line.split(/\s+# /);
    return { command, where };
  });
}

/** The machines that a section speaks of: each has its operator's home, and all see one directory. */
class Machines {
  readonly #lab: TestLab;
  readonly #directory: string;
  readonly #running: { readonly pid: number; readonly ended: Promise<unknown> }[] = [];

  constructor(lab: TestLab, directory: string) {
    this.#lab = lab;
    this.#directory = directory;
  }

  /** Runs a section; `put` puts in what only the reader knows, and `before` does what the guide says in words. */
  async follow(title: string, put: Readonly<Record<string, string>> = {}, before?: (command: string) => Promise<void>): Promise<number> {
    const lines = commandsOf(title);
    for (const { command, where } of lines) {
      const known = Object.entries(put).reduce((text, [from, to]) => text.replaceAll(from, to), command);
      await before?.(known);
      if (known.startsWith('gossip node run')) await this.#startNode(known);
      else this.#run(known, /\bhis\b/.test(where) ? join(this.#directory, 'his') : this.#lab.home);
    }
    return lines.length;
  }

  #run(command: string, home: string): void {
    const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
      cwd: this.#directory,
      env: environment(home),
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`'${command}' ended with ${status}: ${stdout}${stderr}`);
  }

  async #startNode(command: string): Promise<void> {
    const node = spawn('bash', ['-c', `exec ${command} --interval 300ms --json`], {
      cwd: this.#directory,
      env: environment(this.#lab.home),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#running.push({ pid: node.pid as number, ended: once(node, 'close') });
    const [first] = (await once(node.stdout, 'data')) as [Buffer];
    if (!String(first).includes('"ready"')) throw new Error(`'${command}' said ${String(first)}`);
  }

  async end(): Promise<void> {
    for (const { pid, ended } of this.#running) {
      process.kill(pid, 'SIGKILL');
      await ended;
    }
  }
}

function environment(home: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    GOSSIP_HOME: home,
    GOSSIP_SETTLE: '300ms',
    PATH: `${join(ROOT, 'bin')}:${dirname(process.execPath)}:${process.env['PATH']}`,
  };
}

function withMachines(act: (machines: Machines, lab: TestLab, directory: string) => Promise<void>): Promise<void> {
  return withDirectory((directory) =>
    withLab({ nodes: 3, rendezvous: 2, intervalMs: 300 }, async (lab) => {
      await mkdir(join(directory, 'his'));
      const machines = new Machines(lab, directory);
      await tidily(
        () => act(machines, lab, directory),
        () => machines.end(),
      );
    }),
  );
}

test('a new colleague deploys after what the guide says', async () => {
  await withMachines(async (machines, _, directory) => {
    expect(await machines.follow('A new colleague')).toBeGreaterThan(3);
    const deployed = await gossipHere<{ deployment: string }>(
      ['deploy', shippedModule('membership'), '--wait', '--json'],
      join(directory, 'his'),
    );
    expect(deployed.json).toMatchObject({ deployment: 'd1' });
  });
}, 360_000);

test('a rendezvous node that died is replaced by what the guide says', async () => {
  await withMachines(async (machines, lab, directory) => {
    await lab.kill('rendezvous2');
    const data = join(directory, 'new');
    const { id } = await lab.ask<{ id: string }>('node', 'identity', '--data', data);
    const [port] = await freePorts(1);
    const address = `127.0.0.1:${port}`;
    await machines.follow('A rendezvous node died', { '10.0.0.9:7946': address, '=ID': `=${id}`, '/var/lib/gossip': data });
    const status = await until('all have the new one', async () => {
      const seen = await lab.status();
      const found = seen.nodes.find((node) => node.id === id);
      return found?.reachable === true && seen.nodes.filter(({ reachable }) => reachable).length === 3 && found;
    });
    expect(status).toMatchObject({ name: 'rendezvous2', address });
  });
}, 360_000);

test('a stolen key is ended by what the guide says', async () => {
  await withMachines(async (machines, lab, directory) => {
    await lab.ask('deploy', shippedModule('registry'), '--wait');
    await stealHome(lab, join(directory, 'his'));
    const theft = await gossipHere(['deploy', shippedModule('membership'), '--wait', '--json'], join(directory, 'his'));
    expect(theft.code).toBe(0);
    expect(await machines.follow('A key was stolen', { d17: 'd1' })).toBe(5);
    await until('what the thief deployed is gone', async () => {
      const { nodes, newest } = await lab.status();
      const running = nodes.flatMap(({ modules }) => modules.filter(({ state }) => state === 'running').map(({ name }) => name));
      return newest['membership']?.code === null && running.join() === 'registry,registry,registry';
    });
    const again = await gossipHere<{ error: { code: string } }>(['deploy', shippedModule('aggregate'), '--json'], join(directory, 'his'));
    expect(again.json.error.code).toBe('GOSSIP_E_SIGNATURE');
  });
}, 360_000);

test('a lost key is exchanged by what the guide says, where another one may sign', async () => {
  await withMachines(async (machines, lab, directory) => {
    await lab.ask('cluster', 'rotate-key', '--name', 'ada');
    await joinColleague(lab, { name: 'bob', roles: ['root', 'deploy', 'admit'], home: join(directory, 'his'), directory });
    const lost = join(lab.directory, 'operator', 'operator.key');
    await rm(lost);
    expect((await lab.run('deploy', shippedModule('membership'), '--json')).code).not.toBe(0);
    expect(await machines.follow('Others can still sign the root')).toBe(4);
    expect(await lab.ask('deploy', shippedModule('membership'), '--wait')).toMatchObject({ deployment: 'd1' });
    const { keys } = await lab.ask<{ keys: { name: string; roles: string[] }[] }>('cluster', 'show');
    expect(keys.find(({ name }) => name === 'ada')?.roles).toEqual(['root', 'deploy', 'admit']);
  });
}, 360_000);

test('where too few are left to sign the root, the cluster is founded anew by what the guide says, with its state', async () => {
  await withMachines(async (machines, lab, directory) => {
    await lab.ask('deploy', shippedModule('registry'), '--wait');
    await lab.ask('call', 'registry', '{"op":"set","key":"greeting","value":"hello"}', '--to', 'rendezvous1');
    await joinColleague(lab, { name: 'bob', roles: ['deploy'], home: join(directory, 'his'), directory });
    await rm(join(lab.directory, 'operator', 'operator.key'));
    const anew = (name: string): string => join(directory, `${name}-anew`);
    const { id } = await lab.ask<{ id: string }>('node', 'identity', '--data', anew('rendezvous1'));
    const flags = '--data /var/lib/gossip2 --join @prod2.token --name';
    const put = {
      [`${flags} node1`]: flags.replace('/var/lib/gossip2', anew('node1')).concat(' node1'),
      '/var/lib/gossip2': anew('rendezvous1'),
      '10.0.0.1:7946=ID': `${lab.node('rendezvous1').address}=${id}`,
      '10.0.0.1:7946': lab.node('rendezvous1').address,
      '10.0.0.4:7946': lab.node('node1').address,
      './dist': shippedModule('registry'),
    };
    const stop = async (command: string): Promise<void> => {
      const name = /^gossip node run .*--name (\w+)/.exec(command)?.[1];
      if (name !== undefined) await lab.stop(name);
    };
    expect(await machines.follow('Too few root keys are left', put, stop)).toBe(8);
    const { nodes } = await lab.status();
    expect(nodes.map(({ name, reachable }) => `${name} ${reachable}`).toSorted()).toEqual(['node1 true', 'rendezvous1 true']);
    await until('node1 has what was there before', async () => {
      const { json } = await lab.run('call', 'registry', '{"op":"get","key":"greeting"}', '--to', 'node1', '--json');
      return JSON.stringify(json).includes('hello');
    });
  });
}, 360_000);

test('a stolen machine is shut out by what the guide says', async () => {
  await withMachines(async (machines, lab) => {
    expect(await machines.follow('A machine was stolen', { node7: 'node1' })).toBe(2);
    await until('it says that it was revoked', async () => {
      const { nodes } = await lab.status();
      return nodes.find(({ name }) => name === 'node1')?.outside?.code === 'GOSSIP_E_REVOKED';
    });
  });
}, 360_000);

test('a machine comes in by its id as the guide says', async () => {
  await withMachines(async (machines, lab, directory) => {
    const data = join(directory, 'new');
    const { id } = await lab.ask<{ id: string }>('node', 'identity', '--data', data);
    const [port] = await freePorts(1);
    await machines.follow('A machine by its id', {
      '10.0.0.9:7946': `127.0.0.1:${port}`,
      'admit ID': `admit ${id}`,
      '/var/lib/gossip': data,
    });
    const row = await until('it is in', async () => {
      const { nodes } = await lab.status();
      return nodes.find((node) => node.id === id && node.reachable && node.outside === null);
    });
    expect(row).toMatchObject({ name: 'node9' });
  });
}, 360_000);
