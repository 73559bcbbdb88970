/** Logs of one node over breaks, and of many in one order; what is shown of them, and since when. */
import { expect, onTestFinished, test } from 'vitest';
import type { LogLine, LogQuestion, LogRecord } from '../../../src/api/logs.ts';
import { GossipError } from '../../../src/model/errors.ts';
import type { NodeId } from '../../../src/model/names.ts';
import type { NodeAddress } from '../../../src/operator/client/client.ts';
import { logsOf } from '../../../src/operator/logs/follow.ts';
import type { NodeLine } from '../../../src/operator/logs/follow.ts';
import { mergedLogs } from '../../../src/operator/logs/merge.ts';
import { parseSince } from '../../../src/operator/logs/since.ts';
import { logJson, logParts } from '../../../src/operator/render/log-text.ts';

const ALL: LogQuestion = { module: null, level: 'debug', ageMs: null, since: null, lines: 100, after: null, follow: false };

function node(name: string): NodeAddress {
  return { id: name.padEnd(64, '0') as NodeId, address: '127.0.0.1:1' as NodeAddress['address'], name };
}

function record(number: number, second = number, more: Partial<LogRecord> = {}): LogRecord {
  const time = new Date(1_800_000_000_000 + second * 1_000).toISOString();
  return { at: `1-${number}`, time, level: 'info', module: 'alpha', deployment: 'd1', text: `line ${number}`, ...more };
}

const said = (number: number, second = number): LogLine => ({ type: 'record', record: record(number, second) });
const unreachable = (): GossipError => new GossipError('GOSSIP_E_UNREACHABLE', 'it went away');

/** Nodes that answer each question by the next of their answers: lines, and the error that they break off with. */
function paper(answers: Readonly<Record<string, readonly (readonly (LogLine | GossipError)[])[]>>) {
  const asked: { readonly name: string; readonly question: LogQuestion }[] = [];
  const next = new Map<string, number>();
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const breaks: string[] = [];
  const silent: string[] = [];
  return {
    asked,
    breaks,
    silent,
    stop,
    with: {
      signal: stop.signal,
      onBreak: ({ name }: NodeAddress) => void breaks.push(name),
      onSilent: ({ name }: NodeAddress) => void silent.push(name),
      api: {
        async *logs({ name }: NodeAddress, question: LogQuestion): AsyncGenerator<LogLine> {
          const at = next.get(name) ?? 0;
          next.set(name, at + 1);
          asked.push({ name, question });
          for (const each of answers[name]?.[at] ?? [unreachable()]) {
            if (each instanceof GossipError) throw each;
            yield each;
          }
        },
      },
    },
  };
}

function textOf(line: NodeLine): string {
  return 'record' in line ? `${line.node.name} ${line.record.text}` : `${line.node.name} lost ${line.lost}`;
}

async function texts(lines: AsyncIterable<NodeLine>, most = Infinity): Promise<string[]> {
  const seen: string[] = [];
  for await (const line of lines) if (seen.push(textOf(line)) >= most) break;
  return seen;
}

test('a break in the middle is mended after the last record, and said once', async () => {
  const paperNode = paper({ a: [[said(1), said(2), unreachable()], [unreachable()], [{ type: 'lost', lost: 4 }, said(7)]] });
  expect(await texts(logsOf({ ...paperNode.with, node: node('a'), question: ALL }))).toEqual([
    'a line 1',
    'a line 2',
    'a lost 4',
    'a line 7',
  ]);
  expect(paperNode.asked.map(({ question }) => question.after)).toEqual([
    null,
    { incarnation: 1, number: 2 },
    { incarnation: 1, number: 2 },
  ]);
  expect(paperNode.breaks).toEqual(['a']);
});

test('whoever cannot be asked at first, refuses, or never comes to an end is an error', async () => {
  await expect(texts(logsOf({ ...paper({}).with, node: node('a'), question: ALL }))).rejects.toMatchObject({
    code: 'GOSSIP_E_UNREACHABLE',
  });
  const refusing = paper({ a: [[said(1), new GossipError('GOSSIP_E_MODULE_UNKNOWN', 'gone')]] });
  await expect(texts(logsOf({ ...refusing.with, node: node('a'), question: ALL }))).rejects.toMatchObject({
    code: 'GOSSIP_E_MODULE_UNKNOWN',
  });
  const breaking = paper({ a: [[said(1), unreachable()]] });
  await expect(texts(logsOf({ ...breaking.with, node: node('a'), question: ALL }))).rejects.toMatchObject({ code: 'GOSSIP_E_UNREACHABLE' });
});

test('one that is followed is asked again after its end, from where it had told all', async () => {
  const paperNode = paper({ a: [[said(1), { type: 'told', at: '1-5' }], [said(6)]] });
  expect(await texts(logsOf({ ...paperNode.with, node: node('a'), question: { ...ALL, follow: true } }), 2)).toEqual([
    'a line 1',
    'a line 6',
  ]);
  expect(paperNode.asked[1]?.question.after).toEqual({ incarnation: 1, number: 5 });
});

test('what many nodes have kept is told by time, each in its own order; whoever does not answer is named and holds nobody up', async () => {
  const paperNodes = paper({ a: [[said(1, 1), said(2, 9), said(3, 3)]], b: [[said(1, 2), { type: 'lost', lost: 1 }, said(2, 4)]] });
  const nodes = ['a', 'gone', 'b'].map(node);
  expect(await texts(mergedLogs({ ...paperNodes.with, nodes, question: ALL }))).toEqual([
    'a line 1',
    'b line 1',
    'b lost 1',
    'b line 2',
    'a line 2',
    'a line 3',
  ]);
  expect(paperNodes.silent).toEqual(['gone']);
});

test('what comes from many is told by time within its window, after all that they had kept', async () => {
  const paperNodes = paper({
    a: [[said(1, 1), { type: 'told', at: '1-1' }], [said(2, 12)]],
    b: [[{ type: 'told', at: '1-0' }], [said(1, 11), said(2, 13)]],
  });
  const nodes = ['a', 'b'].map(node);
  const lines = mergedLogs({ ...paperNodes.with, nodes, question: { ...ALL, follow: true } });
  expect(await texts(lines, 4)).toEqual(['a line 1', 'b line 1', 'a line 2', 'b line 2']);
  const followed = paperNodes.asked
    .filter(({ question }) => question.follow)
    .slice(0, 2)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  expect(followed.map(({ name, question }) => [name, question.after?.number])).toEqual([
    ['a', 1],
    ['b', 0],
  ]);
});

test('a line says when, where, who and how bad; what a hostile module says neither steers the terminal nor forges a line', () => {
  const hostile = record(1, 0, { level: 'error', text: 'x\u001b[2J\n12:00:00.000 forged', fields: { why: '\u202eabc', count: 2 } });
  const line = { node: node('node3'), record: hostile };
  const { before, level, after } = logParts(line, '2027-01-15');
  expect(`${before}${level}${after}`).toBe(
    '08:00:00.000 node3 alpha@d1 error x\\u001b[2J\\u000a12:00:00.000 forged why=\\u202eabc count=2',
  );
  expect(logParts(line, '2027-01-16').before).toBe('2027-01-15 08:00:00.000 node3 alpha@d1 ');
  expect(logParts({ ...line, record: record(1, 0, { module: null, deployment: null }) }, '2027-01-15').before).toBe(
    '08:00:00.000 node3 node ',
  );
  expect(logJson(line)).toEqual({
    time: hostile.time,
    node: 'node3',
    id: node('node3').id,
    module: 'alpha',
    deployment: 'd1',
    level: 'error',
    text: hostile.text,
    fields: hostile.fields,
    at: '1-1',
  });
  expect(logParts({ node: node('node3'), lost: 2 }, '').after).toBe('2 lines lost');
  expect(logJson({ node: node('node3'), lost: null })).toEqual({ node: 'node3', id: node('node3').id, lost: null });
});

test('since when: for so long, or from a moment on, in UTC where no zone is said', () => {
  const at = (text: string): number => Date.parse(text);
  expect(parseSince('10m')).toEqual({ ageMs: 600_000, since: null });
  expect(parseSince('2026-01-31')).toEqual({ ageMs: null, since: at('2026-01-31T00:00:00Z') });
  expect(parseSince('2026-01-31 12:30')).toEqual({ ageMs: null, since: at('2026-01-31T12:30:00Z') });
  expect(parseSince('2026-01-31T12:30:15.5Z')).toEqual({ ageMs: null, since: at('2026-01-31T12:30:15.5Z') });
  expect(parseSince('2026-01-31T12:30+02:00')).toEqual({ ageMs: null, since: at('2026-01-31T10:30:00Z') });
  for (const text of ['yesterday', '12:30', '2026-13-01', '2026-01-31T25:00', '-5m', '10', '1000000000d', '2026-01-31Z', '1969-01-01'])
    expect(() => parseSince(text)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_USAGE' }));
});
