/** A cluster on machines of its own under a real systemd, as its unit file says: reboots, rotated logs, a full disk, other addresses, a node that stands still. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gossip, tidily, until, withDirectory } from '../support/gossip.ts';
import type { Printed } from '../support/gossip.ts';
import { hasDebian } from '../support/debian.ts';
import { Site, whyNoMachines } from '../support/machines/machines.ts';
import type { Machine } from '../support/machines/machines.ts';

const DEPLOY = new URL('../../deploy/systemd/', import.meta.url);
const UNIT = 'gossip-node.service';
/** How many, three or more; they take minutes, and so are made where they are asked for. */
const ASKED = process.env['GOSSIP_TEST_MACHINES'];
const COUNT = Math.max(3, Number(ASKED ?? 3));
const SMALL_DISK_MIB = 48;
const why =
  ASKED === undefined
    ? 'machines under systemd are made by: npm run machines'
    : hasDebian('systemd', 'dbus')
      ? whyNoMachines()
      : 'no systemd';
if (why !== null) process.stderr.write(`skipped: ${why}\n`);

/** What an administrator does once on each machine. */
async function install(machine: Machine, sysusers: string): Promise<void> {
  await machine.shell(`printf '%s' '${sysusers}' > /run/gossip.conf; systemd-sysusers /run/gossip.conf
    install -d -o gossip -g gossip -m 700 /var/lib/gossip; install -d /etc/gossip`);
}

async function configure(machine: Machine, more = ''): Promise<void> {
  const text = `name = "${machine.name}"\nlisten = "${machine.address}:7946"\njoin = "@join.token"\n${more}`;
  await machine.shell(`printf '%s' '${text}' > /etc/gossip/node.toml`);
}

async function show(machine: Machine, property: string): Promise<string> {
  return machine.shell(`systemctl show --value --property=${property} ${UNIT}`);
}

const isActive = async (machine: Machine): Promise<boolean> => (await machine.run('systemctl', 'is-active', UNIT)).code === 0;

test.skipIf(why !== null)(`${COUNT} machines under systemd live through what happens to machines`, { timeout: 900_000 }, () =>
  withDirectory(async (directory) => {
    expect(why).toBeNull();
    const sysusers = await readFile(new URL('gossip.sysusers', DEPLOY), 'utf8');
    const site = await Site.open(directory, { [UNIT]: await readFile(new URL(UNIT, DEPLOY), 'utf8') });
    await tidily(
      () => live(site, directory, sysusers),
      () => site.close(),
    );
  }),
);

async function live(site: Site, directory: string, sysusers: string): Promise<void> {
  const home = join(directory, 'home');
  await mkdir(home);
  const operator = async (...args: string[]) => gossip(args, { home, through: site.through });
  const machines = Array.from({ length: COUNT }, (_, index) =>
    site.machine(`m${index + 1}`, index === COUNT - 1 ? SMALL_DISK_MIB : undefined),
  );
  const [m1, m2] = machines as [Machine, Machine];
  const last = machines.at(-1) as Machine;
  for (const machine of machines) {
    await machine.on();
    await install(machine, sysusers);
    // Without a configuration there is nothing to start, and nothing fails.
    expect(await show(machine, 'ConditionResult')).toBe('no');
  }

  const ids = await Promise.all([m1, m2].map((each) => each.shell('runuser -u gossip -- gossip node identity --data /var/lib/gossip')));
  const rendezvous = [m1, m2].flatMap((each, index) => ['--rendezvous', `${each.name}=${each.address}:7946=${ids[index]}`]);
  await operator('cluster', 'init', '--name', 'machines', ...rendezvous);
  const token = (await operator('cluster', 'join-token', '--valid', '24h')).stdout.trim();
  for (const machine of machines) {
    await machine.shell(
      `printf '%s' '${token}' > /etc/gossip/join.token; chgrp gossip /etc/gossip/join.token; chmod 640 /etc/gossip/join.token`,
    );
    await configure(machine);
    // Ready, and as the first of them alone in the world: ready never means that it has met anybody.
    expect(await machine.run('systemctl', 'start', UNIT)).toMatchObject({ code: 0 });
    expect(await show(machine, 'StatusText')).toMatch(/^0 of 0 modules running, /);
  }

  const deployed = async () => (await operator('deploy', '--module', 'registry', '--yes', '--wait')).code;
  expect(await deployed()).toBe(0);
  const isWhole = async (): Promise<boolean> => {
    const { json } = await operator('status', '--json');
    const nodes = json['nodes'] as unknown as readonly Printed[];
    return nodes.length === COUNT && nodes.every((node) => (node['modules']?.[0]?.['state'] as unknown) === 'running');
  };
  await until('all nodes run it', isWhole);
  // The hardening of the unit leaves modules the best that this system has.
  const isolations = ((await operator('status', '--json')).json['nodes'] as unknown as readonly Printed[]).map((node) => node['isolation']);
  expect(isolations).toEqual(machines.map(() => 'own-root'));
  expect((await operator('registry', 'set', 'greeting', 'hello', '--to', 'm1')).code).toBe(0);
  const isKept = async () => (await operator('registry', 'get', 'greeting', '--to', last.name)).stdout.trim() === 'hello';
  await until('everybody has it', isKept);

  await rotated(m2);
  await stoodStill(m2);

  for (const [index, machine] of machines.entries()) {
    if (index % 2 === 1) await machine.shell('systemctl stop gossip-node');
    await machine.cut();
    await machine.on();
    await until(`${machine.name} is ready again`, () => isActive(machine));
    await until('all are there again', isWhole);
  }
  expect(await isKept()).toBe(true);

  // Nothing is left on the whole disk, and what happens then must neither be lost nor end the node.
  await last.run('sh', '-c', 'cat /dev/zero > /var/full');
  expect((await operator('registry', 'set', 'greeting', 'hello again', '--to', 'm1')).code).toBe(0);
  await operator('deploy', '--module', 'membership', '--yes', '--to', 'm1');
  const pid = await show(last, 'MainPID');
  await until(
    'it knows of the full disk',
    async () => (await operator('status')).stdout.includes('ENOSPC') || (await operator('status')).stdout.includes('GOSSIP_E_DISK'),
  );
  expect([await isActive(last), await show(last, 'MainPID')]).toEqual([true, pid]);
  await last.cut();
  await last.on();
  await last.shell('rm /var/full');
  await until('it is back', () => isActive(last));
  await until('all are as one again', async () => (await operator('rollout', '--json')).code === 0);

  for (const machine of [m2, last]) {
    await machine.move(machine.address.replace('10.9.0.', '10.9.1.'));
    await configure(machine);
    expect(await machine.run('systemctl', 'restart', UNIT)).toMatchObject({ code: 0 });
  }
  await until('the others find them at their new addresses', isWhole);

  for (const machine of machines) {
    expect(await machine.run('systemctl', 'stop', UNIT)).toMatchObject({ code: 0 });
    expect(await show(machine, 'Result')).toBe('success');
    expect(await machine.run('pgrep', '-u', 'gossip')).toMatchObject({ code: 1 });
  }
}

/** The log in a file, taken away by copying: nothing is lost, nothing is started again. */
async function rotated(machine: Machine): Promise<void> {
  await machine.shell(`mkdir -p /run/test-units/${UNIT}.d /var/log/gossip
    printf '[Service]\\nStandardError=append:/var/log/gossip/node.log\\nWatchdogSec=4\\n' > /run/test-units/${UNIT}.d/log.conf
    systemctl daemon-reload; systemctl restart ${UNIT}`);
  const pid = await show(machine, 'MainPID');
  await machine.shell(`cd /var/log/gossip; cp node.log node.log.1; truncate -s 0 node.log; systemctl reload ${UNIT}`);
  await until(
    'the new log goes on',
    async () => (await machine.run('grep', 'configuration read again', '/var/log/gossip/node.log')).code === 0,
  );
  await configure(machine, 'litsen = 1\n');
  expect(await machine.run('systemctl', 'reload', UNIT)).toMatchObject({ code: 1 });
  expect([await isActive(machine), await show(machine, 'MainPID')]).toEqual([true, pid]);
  await configure(machine);
  expect(await machine.run('systemctl', 'reload', UNIT)).toMatchObject({ code: 0 });
}

async function stoodStill(machine: Machine): Promise<void> {
  const before = Number(await show(machine, 'NRestarts'));
  await machine.shell(`systemctl kill --kill-whom=main --signal=STOP ${UNIT}`);
  await until(
    'the watchdog has it started again',
    async () => Number(await show(machine, 'NRestarts')) > before && (await isActive(machine)),
  );
}
