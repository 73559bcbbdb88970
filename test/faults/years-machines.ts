/** What happens to machines in years: rendezvous nodes move, die and are replaced, and one machine is stolen. */
import { expect } from 'vitest';
import { until } from '../support/gossip.ts';
import { WAIT_MS } from './fault.ts';
import { withDoor } from './kept-keys.ts';
import type { Machine } from './machines.ts';
import type { Years } from './years.ts';

export async function rendezvousMoved(years: Years, name: string): Promise<void> {
  const { lab, machines } = years;
  const address = await machines.move(name);
  await lab.ask('cluster', 'rendezvous', 'move', name, address);
  await machines.wake(name);
  await requireNamed(years, name);
}

/** Everything that it kept is lost, its key included. */
export async function diskDied(years: Years, name: string): Promise<void> {
  await years.machines.loseDisk(name);
  await replace(years, name);
}

/** One after the other, while a node sleeps to which then nobody is left whom the root named. */
export async function allReplaced(years: Years, names: readonly string[], sleeper: string): Promise<void> {
  const { machines } = years;
  await machines.sleep(sleeper);
  for (const name of names) {
    await machines.sleep(name, 'SIGKILL');
    await replace(years, name);
  }
  await machines.wake(sleeper);
  await years.allHold();
}

async function replace(years: Years, name: string): Promise<void> {
  const { lab, machines } = years;
  const next = await machines.make(name);
  await lab.ask('cluster', 'rendezvous', 'move', name, `${next.address}=${next.id}`);
  await machines.join(next);
  await requireNamed(years, name);
  // One that has just come does not say what is new: commands would be refused there.
  await lab.untilStatus('all hold the same configuration', ({ nodes }) => {
    const there = nodes.filter(({ reachable, outside }) => reachable && outside === null);
    return new Set(there.map(({ digest }) => digest)).size === 1;
  });
}

/** All hold a root that names this node where it is. */
async function requireNamed(years: Years, name: string): Promise<void> {
  const { id, address } = years.machines.machine(name);
  const { rendezvous } = await years.allHold();
  expect(rendezvous).toContainEqual({ name, id, address });
}

/** It sleeps when it is revoked, and wakes to nobody who speaks with it. */
export async function machineStolen(years: Years, name: string): Promise<void> {
  const { lab, machines } = years;
  const stolen = await machines.sleep(name);
  expect(await lab.ask('revoke', name)).toMatchObject({ kind: 'revoke', name, outcome: 'entered' });
  await years.update();
  await machines.wake(name);
  await until(
    'it says that it was revoked',
    async () => {
      const { nodes } = await lab.status();
      return nodes.find(({ id }) => id === stolen.id)?.outside?.code === 'GOSSIP_E_REVOKED';
    },
    { deadlineMs: WAIT_MS },
  );
  await requireShutOut(years, stolen);
  await machines.sleep(name, 'SIGKILL');
  machines.lose(name);
}

/** Whatever is written there stays there, and nothing that the others write comes: the one for good by the looks of every later chapter. */
async function requireShutOut(years: Years, stolen: Machine): Promise<void> {
  const { keys, machines } = years;
  await withDoor(stolen, (gossip) => gossip.module('registry').request({ op: 'set', key: 'by-the-stolen', value: 1 }));
  const others = machines.living.filter(({ id }) => id !== stolen.id);
  await keys.write('after-the-theft', others);
  await keys.allAt(others, 'after-the-theft');
  const at = await withDoor(stolen, (gossip) => gossip.module('registry').request({ op: 'list', prefix: 'after-the-theft' }));
  expect(at).toMatchObject({ entries: [] });
  const { nodes } = await years.lab.status();
  const hears = nodes.filter(({ id, view }) => id !== stolen.id && view?.some((other) => other === stolen.id) === true);
  expect(hears.map((node) => node.name)).toEqual([]);
}
