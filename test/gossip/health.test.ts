import { expect, test } from 'vitest';
import { Health } from '../../src/gossip/health.ts';
import { Ports } from '../../src/gossip/ports.ts';
import { timingOf } from '../../src/gossip/timing.ts';
import type { ModuleName } from '../../src/model/names.ts';
import { peer, record } from '../support/records.ts';

const MODULE = 'membership' as ModuleName;
const FAILURE = { code: 'GOSSIP_E_MODULE_ANSWER', message: 'Error: no' } as const;

function instance() {
  const ports = new Ports(timingOf(1_000), () => 0.5);
  return { ports, health: new Health(MODULE, ports, { record: record(3, { module: MODULE }), state: null, restoredFromMs: null }) };
}

test('failures to answer are all counted, and told at once and then every ten seconds, with the number of those in between', () => {
  const { ports, health } = instance();
  const told: number[] = [];
  for (let at = 0; at <= 25_000; at += 100) {
    ports.begin(at);
    health.couldNotAnswer(peer(2), FAILURE);
    for (const effect of ports.end()) if (effect.type === 'note' && effect.note.event === 'receive-failed') told.push(effect.note.untold);
  }
  expect(told).toEqual([0, 99, 99]);
  expect(health.told.errors).toEqual({ count: 251, last: FAILURE });
});

test('what failed is told by its name, with the deployment: a message of a peer, and a request', () => {
  const notes = [peer(2), null].map((from) => {
    const { ports, health } = instance();
    ports.begin(0);
    health.couldNotAnswer(from, FAILURE);
    return ports.end();
  });
  const told = { module: MODULE, deployment: 'd3', failure: FAILURE, untold: 0 };
  expect(notes).toEqual([
    [{ type: 'note', note: { event: 'receive-failed', from: peer(2), ...told } }],
    [{ type: 'note', note: { event: 'request-failed', ...told } }],
  ]);
});

test('gossips in vain only when several exchanges failed in sequence and none matched for long', () => {
  const { ports, health } = instance();
  const fail = (times: number): void => Array.from({ length: times }, () => 'failed' as const).forEach((one) => health.exchanged(one));
  fail(10);
  expect(health.useful(5_000, true)).toBe(true);
  expect([health.useful(5_001, true), health.useful(5_001, false)]).toEqual([false, true]);
  ports.begin(6_000);
  health.exchanged('answered');
  fail(2);
  expect(health.useful(60_000, true)).toBe(true);
  fail(1);
  expect(health.useful(60_000, true)).toBe(false);
});
