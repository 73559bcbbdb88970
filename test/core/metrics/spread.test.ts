/** How long deployments take to here. */
import { expect, test } from 'vitest';
import { Spread } from '../../../src/core/metrics/spread.ts';
import type { Note } from '../../../src/gossip/protocol.ts';
import type { VerifiedDeployment } from '../../../src/model/deployment.ts';
import { record } from '../../support/records.ts';

const accepted = (told: VerifiedDeployment): Note => ({ event: 'deployment-accepted', record: told, via: 'rumor', from: null });
const runs = (deployment: string): Note => ({
  event: 'module-state',
  module: 'membership' as never,
  deployment,
  state: 'running',
  why: null,
});

function spreadAt(): { readonly spread: Spread; readonly at: (wall: number, note: Note) => void; readonly told: () => unknown } {
  let wall = 1_000_000;
  const spread = new Spread(() => wall);
  return {
    spread,
    at: (time, note) => {
      wall = time;
      spread.noted(note);
    },
    told: () => {
      const { knownMs, runningMs } = spread.of('membership' as never) ?? {};
      return { knownMs, runningMs, known: spread.known.sumMs, running: spread.running.sumMs };
    },
  };
}

test('from its making until it is known, and until it runs; once', () => {
  const { at, told } = spreadAt();
  at(1_002_000, accepted(record(1, { time: 1_001_500 })));
  at(1_004_000, runs('d1'));
  at(1_009_000, runs('d1'));
  expect(told()).toEqual({ knownMs: 500, runningMs: 2_500, known: 500, running: 2_500 });
});

test('of what was made before the start of the node nothing is told, nor of what an older one does', () => {
  const { at, told } = spreadAt();
  at(1_002_000, accepted(record(1, { time: 999_999 })));
  at(1_002_500, runs('d1'));
  expect(told()).toEqual({ known: 0, running: 0 });
  at(1_003_000, accepted(record(3, { time: 1_002_000 })));
  at(1_003_500, accepted(record(2, { time: 1_001_000 })));
  at(1_004_000, runs('d2'));
  expect(told()).toEqual({ knownMs: 1_000, runningMs: null, known: 1_000, running: 0 });
});

test('nothing comes before it was made, whatever the clocks say', () => {
  const { at, told } = spreadAt();
  at(1_002_000, accepted(record(1, { time: 1_900_000 })));
  expect(told()).toMatchObject({ knownMs: 0 });
});
