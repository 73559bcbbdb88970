/** One contract for modules: what a row says holds on a real host, in a `TestNetwork` and in the simulator. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { moduleSource, useHosts } from '../../core/hosting/support.ts';
import { HostStage } from './on-host.ts';
import { NetworkStage } from './on-network.ts';
import { SimulatorStage } from './on-simulator.ts';
import { ROWS } from './rows.ts';
import { USE_ROWS } from './use-rows.ts';
import type { Stage } from './stage.ts';

const workshop = useHosts();
const write = (members: Readonly<Record<string, string>>): Promise<string> => workshop.module(moduleSource({ ...members }));

/** A test runner takes an unhandled rejection for a failure of the test, which is what an author should see; here it is what is looked for. */
function collectUnhandled(into: string[]): void {
  const kept = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (error) => into.push(error instanceof Error ? String(error.stack) : String(error)));
  onTestFinished(() => {
    process.removeAllListeners('unhandledRejection');
    for (const listener of kept) process.on('unhandledRejection', listener);
  });
}

const STAGES: Readonly<Record<string, () => Stage>> = {
  'on a real host': () => new HostStage(workshop),
  'in a TestNetwork': () => new NetworkStage(write),
  'in the simulator': () => new SimulatorStage(write),
};

describe.each(Object.keys(STAGES))('%s', (place) => {
  const rows = [...ROWS, ...USE_ROWS].filter(({ notSimulated }) => place !== 'in the simulator' || notSimulated !== true);
  it.each(rows)('$name', { timeout: 30_000 }, async ({ play, expected }) => {
    const stage = (STAGES[place] as () => Stage)();
    if (!(stage instanceof HostStage)) collectUnhandled(stage.forgotten);
    expect(await play(stage)).toEqual(expected);
  });
});
