/**
 * Machines within this one, each with a real systemd as its first process, a network card and a disk of its own: for what no process alone can show, such as a
 * reboot. They live in namespaces of one process; when it ends, nothing of them is left.
 */
import { execFile, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { until } from '../gossip.ts';

const BOOT = fileURLToPath(new URL('boot.sh', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SYSTEMD = '/lib/systemd/systemd';
const TARGETS = ['sysinit', 'basic', 'shutdown', 'network-online', 'multi-user'];
const JOURNAL = ['systemd-journald.service', 'systemd-journald.socket', 'systemd-journald-dev-log.socket'];
const COMMAND_MS = 120_000;

const run = promisify(execFile);

/** Why no machines can be had here; null: they can. */
export function whyNoMachines(): string | null {
  if (process.getuid?.() !== 0) return 'only root can make machines';
  if (!existsSync(SYSTEMD)) return 'there is no systemd here';
  if (cgroups() === null) return 'there is no writable cgroup2 here';
  const { status, stderr, error } = spawnSync('unshare', ['--mount', '--net', '--cgroup', 'ip', 'link', 'add', 'type', 'bridge'], {
    encoding: 'utf8',
  });
  return status === 0 ? null : `no network of machines can be made: ${error?.message ?? stderr.trim()}`;
}

function cgroups(): string | null {
  const line = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((each) => each.split(' ')[2] === 'cgroup2');
  const path = line?.split(' ')[1];
  if (path === undefined) return null;
  try {
    accessSync(path, constants.W_OK);
    return path;
  } catch {
    return null;
  }
}

/** A folder of units: those given, and what systemd needs of its own. */
function writeUnits(directory: string, units: Readonly<Record<string, string>>): void {
  mkdirSync(join(directory, 'multi-user.target.wants'), { recursive: true });
  mkdirSync(join(directory, 'sysinit.target.wants'));
  for (const target of TARGETS)
    writeFileSync(join(directory, `${target}.target`), `[Unit]\nDescription=${target}\nDefaultDependencies=no\n`);
  writeFileSync(join(directory, 'multi-user.target'), '[Unit]\nRequires=basic.target\nAfter=basic.target\n');
  for (const name of JOURNAL) {
    cpSync(join('/lib/systemd/system', name), join(directory, name));
    symlinkSync(`../${name}`, join(directory, 'sysinit.target.wants', name));
  }
  for (const [name, text] of Object.entries(units)) {
    writeFileSync(join(directory, name), text);
    symlinkSync(`../${name}`, join(directory, 'multi-user.target.wants', name));
  }
}

/** Where machines stand: one network, in which tests are at 10.9.255.254. */
export class Site {
  readonly #directory: string;
  readonly #holder: ChildProcess;
  readonly #machines: Machine[] = [];

  private constructor(directory: string, holder: ChildProcess) {
    this.#directory = directory;
    this.#holder = holder;
  }

  /** `units`: by name, started at every boot. */
  static async open(directory: string, units: Readonly<Record<string, string>>): Promise<Site> {
    writeUnits(join(directory, 'units'), units);
    mkdirSync(join(directory, 'disks'));
    const lines = [
      `mount -t tmpfs disks ${directory}/disks`,
      'ip link set lo up',
      'ip link add br0 type bridge',
      'ip addr add 10.9.255.254/16 dev br0',
      'ip link set br0 up',
      'echo up',
      'exec sleep infinity',
    ];
    const words = ['--mount', '--net', '--propagation', 'private', 'sh', '-ec', lines.join('\n')];
    const holder = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      holder.stdout?.once('data', () => resolve());
      holder.once('exit', () => reject(new Error('there is no network of machines')));
      holder.once('error', reject);
    });
    return new Site(directory, holder);
  }

  /** In front of a command that is to run in this network. */
  get through(): readonly string[] {
    return ['nsenter', '--target', String(this.#holder.pid), '--net'];
  }

  /** One that is off. With `diskMiB` its disk is so small. */
  machine(name: string, diskMiB?: number): Machine {
    const machine = new Machine({
      name,
      number: this.#machines.length + 1,
      directory: this.#directory,
      holder: this.#holder.pid as number,
      diskMiB,
    });
    this.#machines.push(machine);
    return machine;
  }

  async close(): Promise<void> {
    for (const machine of this.#machines) await machine.cut();
    this.#holder.kill('SIGKILL');
    for (const machine of this.#machines) machine.forget();
  }
}

interface Place {
  readonly name: string;
  readonly number: number;
  readonly directory: string;
  readonly holder: number;
  readonly diskMiB: number | undefined;
}

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Machine {
  readonly name: string;
  address: string;
  readonly #place: Place;
  readonly #cgroup: string;
  #boot: ChildProcess | null = null;
  #pid = 0;

  constructor(place: Place) {
    this.name = place.name;
    this.address = `10.9.0.${place.number}`;
    this.#place = place;
    this.#cgroup = join(cgroups() as string, `gossip-test-${place.holder}-${place.name}`);
  }

  /** Resolves when its systemd takes commands; units are still starting then. */
  async on(): Promise<void> {
    const { directory, name, holder, number, diskMiB } = this.#place;
    const disk = join(directory, 'disks', name);
    const site = ['--target', String(holder), '--mount', '--net'];
    const small = diskMiB === undefined ? '' : `mountpoint -q ${disk} || mount -t tmpfs -o size=${diskMiB}m disk ${disk}`;
    await run('nsenter', [...site, 'sh', '-ec', `mkdir -p ${disk}; ${small}`]);
    const boot = spawn('nsenter', [...site, BOOT, disk, name, this.#cgroup, ROOT, join(directory, 'units')], {
      stdio: 'ignore',
    });
    this.#boot = boot;
    this.#pid = await until(`${name} has a first process`, async () => {
      if (boot.exitCode !== null) throw new Error(`${name} does not boot`);
      return systemdBelow(boot.pid as number);
    });
    const net = ['--target', String(holder), '--net', 'ip', 'link'];
    await run('nsenter', [...net, 'add', `m${number}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(this.#pid)]);
    await run('nsenter', [...net, 'set', `m${number}`, 'master', 'br0', 'up']);
    await this.#within('ip', ['link', 'set', 'eth0', 'up']);
    await this.#within('ip', ['addr', 'add', `${this.address}/16`, 'dev', 'eth0']);
    await until(`${name} takes commands`, async () => (await this.run('systemctl', 'show', '--property=Version')).code === 0);
  }

  /** Its power is cut. */
  async cut(): Promise<void> {
    const boot = this.#boot;
    if (boot === null) return;
    this.#boot = null;
    const ended = new Promise((resolve) => boot.once('exit', resolve));
    if (this.#pid > 0) process.kill(this.#pid, 'SIGKILL');
    else boot.kill('SIGKILL');
    if (boot.exitCode === null && boot.signalCode === null) await ended;
    this.#pid = 0;
  }

  async move(address: string): Promise<void> {
    await this.#within('ip', ['addr', 'del', `${this.address}/16`, 'dev', 'eth0']);
    await this.#within('ip', ['addr', 'add', `${address}/16`, 'dev', 'eth0']);
    this.address = address;
  }

  /** A command of its root. */
  run(...words: readonly string[]): Promise<Said> {
    const all = ['--target', String(this.#pid), '--all', '--root', '--wd', ...words];
    return new Promise((resolve) => {
      execFile('nsenter', all, { timeout: COMMAND_MS, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      });
    });
  }

  /** A line of the shell, which must end well. */
  async shell(line: string): Promise<string> {
    const { code, stdout, stderr } = await this.run('sh', '-ec', line);
    if (code !== 0) throw new Error(`${this.name}: ${line}\n${stdout}${stderr}`);
    return stdout.trim();
  }

  /** Its cgroups, once nothing is in them any more. */
  forget(): void {
    if (existsSync(this.#cgroup)) removeGroups(this.#cgroup);
  }

  async #within(file: string, args: readonly string[]): Promise<void> {
    await run('nsenter', ['--target', String(this.#pid), '--net', file, ...args]);
  }
}

/** The child of `unshare`, once it has become systemd. */
function systemdBelow(pid: number): number | undefined {
  try {
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
    return child > 0 && readFileSync(`/proc/${child}/comm`, 'utf8').trim() === 'systemd' ? child : undefined;
  } catch {
    return undefined;
  }
}

function removeGroups(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) if (entry.isDirectory()) removeGroups(join(directory, entry.name));
  rmdirSync(directory);
}
