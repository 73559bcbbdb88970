/** A host is told how far its node is behind in steps of a half, and once: each thing told costs it a wake. */
import { expect, it } from 'vitest';
import type { HostProcess } from '../../../src/core/hosting/process/process.ts';
import { SurroundingsOfHost } from '../../../src/core/hosting/surroundings.ts';

function surroundings(): { told: unknown[]; process: { congested: boolean }; around: SurroundingsOfHost } {
  const told: unknown[] = [];
  const process = { congested: false, send: (header: unknown) => told.push(header) };
  return { told, process, around: new SurroundingsOfHost(process as unknown as HostProcess) };
}

it('tells the strain where the step is another one', () => {
  const { told, around } = surroundings();
  for (const level of [1, 1.2, 1.6, 1.7, 2.2, 7.8, 8, 1]) around.setStrain(level);
  expect(told).toEqual([1.5, 2, 8, 1].map((level) => ({ type: 'strain', level })));
});

it('tells it later to a host that reads too slowly', () => {
  const { told, process, around } = surroundings();
  process.congested = true;
  around.setStrain(4);
  process.congested = false;
  around.setStrain(4);
  expect(told).toEqual([{ type: 'strain', level: 4 }]);
});
