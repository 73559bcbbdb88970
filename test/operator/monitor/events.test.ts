/** Which lines of a node's log are events, and how they are told. */
import { describe, expect, test } from 'vitest';
import type { LogRecord } from '../../../src/api/logs.ts';
import { journalEntry, levelOf } from '../../../src/core/log/protocol-notes.ts';
import type { Note } from '../../../src/gossip/protocol.ts';
import type { ModuleName, NodeId } from '../../../src/model/names.ts';
import { EVENT_KINDS, eventOf } from '../../../src/operator/monitor/events.ts';
import { eventText, eventTone } from '../../../src/operator/render/event-text.ts';
import { code, peer, record } from '../../support/records.ts';

const membership = 'membership' as ModuleName;
const [node1, node2] = [peer(1), peer(2)];
const nameOf = (id: string): string | undefined => (id === node1.id ? 'node1' : undefined);

/** A note as the node's log keeps it. */
function logged(note: Note): LogRecord {
  const { event, ...fields } = journalEntry(note);
  return { at: '1-1', time: '2026-01-31T12:00:00.000Z', level: levelOf(note), module: null, deployment: null, text: event, fields };
}

const busy = { code: 'GOSSIP_E_BUSY', message: 'starting d1' } as const;
const broken = { code: 'GOSSIP_E_MODULE_LOAD', message: 'it throws' } as const;
const NOTES: readonly (readonly [Note, string, string])[] = [
  [
    { event: 'deployment-accepted', record: record(2), via: 'rumor', from: node1.id },
    'deployment',
    'd2 of membership accepted, by a rumor from node1',
  ],
  [
    { event: 'deployment-accepted', record: record(2), via: 'injection', from: null },
    'deployment',
    'd2 of membership accepted, from an operator',
  ],
  [
    { event: 'code-fetched', module: membership, code: code('x'), from: node2.id },
    'code',
    `code 780000000000 of membership fetched from ${node2.id.slice(0, 12)}`,
  ],
  [{ event: 'module-state', module: membership, deployment: 'd1', state: 'running', why: null }, 'module', 'd1 of membership running'],
  [
    { event: 'module-state', module: membership, deployment: null, state: 'updating', why: busy },
    'module',
    'membership updating: starting d1',
  ],
  [
    { event: 'module-state', module: membership, deployment: 'd1', state: 'held', why: broken },
    'module',
    'd1 of membership held: it throws (GOSSIP_E_MODULE_LOAD)',
  ],
  [{ event: 'state-dropped', module: membership, why: 'scrub' }, 'state', 'state of membership dropped: scrub'],
  [
    { event: 'state-restored', module: membership, deployment: 'd1', ageMs: 12 },
    'state',
    'd1 of membership began with a checkpoint that was 12 ms old',
  ],
  [{ event: 'checkpoint', module: membership, deployment: 'd1', why: null }, 'state', 'd1 of membership gives its state again'],
  [{ event: 'backup-rate', rate: 'fast', why: 'it is silent' }, 'backup', 'backup gossip is fast: it is silent'],
  [{ event: 'stale', stale: true }, 'strain', 'stale: most rendezvous nodes have not confirmed what it holds'],
  [{ event: 'root-accepted', version: 3, epoch: 1, from: node1.id }, 'root', 'version 3 of the root holds from node1'],
  [{ event: 'node-left', peer: node2 }, 'peer', 'node2 has left'],
  [{ event: 'node-back', peer: node2 }, 'peer', 'node2 is back'],
  [{ event: 'alarm', alarm: { code: 'GOSSIP_E_IDENTITY', message: 'it runs twice' } }, 'alarm', 'alarm: it runs twice (GOSSIP_E_IDENTITY)'],
  [
    { event: 'receive-failed', module: membership, deployment: 'd1', from: node1, failure: broken, untold: 0 },
    'module',
    'd1 of membership could not answer node1: it throws (GOSSIP_E_MODULE_LOAD)',
  ],
];

test.each(NOTES)('%j is told as %s', (note, kind, text) => {
  const event = eventOf(logged(note));
  expect(event?.kind).toBe(kind);
  expect(event && eventText(event, nameOf)).toBe(text);
});

describe('what is no event', () => {
  const line = (more: Partial<LogRecord>): LogRecord => ({
    at: '1-1',
    time: '2026-01-31T12:00:00.000Z',
    level: 'info',
    module: null,
    deployment: null,
    text: 'anything',
    ...more,
  });

  test.each([
    ['what a module prints', line({ module: 'alpha', deployment: 'd1', level: 'error', text: 'alarm' })],
    ['what the node says in passing', line({ text: 'handler ended' })],
    ['a word that every object has', line({ text: 'constructor' })],
  ])('%s', (_, told) => expect(eventOf(told)).toBeNull());

  test('but a warning of the node without a kind is trouble', () => {
    const event = eventOf(line({ level: 'warn', text: 'the disk refuses', fields: { what: 'code' } }));
    expect(event).toMatchObject({ kind: 'trouble', module: null });
    expect(event && eventText(event, nameOf)).toBe('the disk refuses what=code');
    expect(event && eventTone(event)).toBe('warn');
  });

  test('and what an instance failed at stands in the log of its module, and is one', () => {
    expect(eventOf(line({ module: 'alpha', deployment: 'd1', level: 'error', text: 'receive-failed' }))).toMatchObject({
      kind: 'module',
      module: 'alpha',
      deployment: 'd1',
    });
  });
});

test('fields of a hostile node do no harm', () => {
  for (const event of ['deployment-accepted', 'module-state', 'backup-rate', 'note-accepted', 'code-fetched', 'alarm', 'strain']) {
    const told = eventOf({
      at: '1-1',
      time: '2026-01-31T12:00:00.000Z',
      level: 'info',
      module: null,
      deployment: null,
      text: event,
      fields: { from: {}, via: 7, why: [], module: null, deployment: 1, code: true, state: '__proto__' },
    });
    expect(told && typeof eventText(told, () => undefined)).toBe('string');
    expect(EVENT_KINDS).toContain(told?.kind);
  }
});

test('an id that nobody knows a name of is shortened', () => {
  const told = eventOf(logged({ event: 'root-accepted', version: 2, epoch: 1, from: 'f'.repeat(64) as NodeId }));
  expect(told && eventText(told, nameOf)).toBe('version 2 of the root holds from ffffffffffff');
});
