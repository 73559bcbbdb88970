/** A node says that nobody lets it in, or that nobody can call it. */
import { expect, test } from 'vitest';
import { Acceptance } from '../../../src/core/admission/acceptance.ts';
import { peer } from '../../support/records.ts';

function told() {
  const lines: unknown[] = [];
  const log = { info: (_: unknown, line?: string) => void lines.push(line), warn: (_: unknown, line?: string) => void lines.push(line) };
  const clock = { now: 0 };
  return { acceptance: new Acceptance(peer(1).address, log, () => clock.now), lines, clock };
}

const expired = { code: 'GOSSIP_E_TOKEN_EXPIRED', message: 'the token has expired' } as const;

test('one refusal of a newcomer tells that it is outside, and why; the log says it once, and once that it is in', () => {
  const { acceptance, lines } = told();
  expect(acceptance.outside).toBeNull();
  for (let time = 0; time < 5; time += 1) acceptance.refused(peer(2), expired);
  expect([acceptance.outside, lines]).toEqual([expired, ['this node is not let in']]);
  acceptance.letIn();
  expect([acceptance.outside, lines.length]).toEqual([null, 2]);
});

test('who was let in before is outside only when all refuse; that a member is busy is no refusal', () => {
  const { acceptance } = told();
  acceptance.refused(peer(2), { code: 'GOSSIP_E_BUSY', message: 'starting' });
  expect(acceptance.outside).toBeNull();
  acceptance.letIn();
  for (let time = 0; time < 7; time += 1) acceptance.refused(peer(2), expired);
  expect(acceptance.outside).toBeNull();
  acceptance.refused(peer(3), expired);
  expect(acceptance.outside).toEqual(expired);
});

test('nobody can call: told while some tried and none could, with how many; the log says it once', () => {
  const { acceptance, lines, clock } = told();
  acceptance.said(peer(2).id, undefined);
  expect(acceptance.incoming).toBeNull();
  for (const number of [2, 3, 3]) acceptance.said(peer(number).id, 'no');
  const message = `others cannot call ${peer(1).address}: 2 tried`;
  expect([acceptance.incoming, lines]).toEqual([{ code: 'GOSSIP_E_UNREACHABLE', message }, ['others cannot call this node']]);
  acceptance.said(peer(4).id, 'yes');
  expect([acceptance.incoming, lines.length]).toEqual([null, 2]);
  clock.now += 3_600_000;
  acceptance.said(peer(2).id, 'no');
  expect(acceptance.incoming?.message).toMatch(/1 tried/);
});
