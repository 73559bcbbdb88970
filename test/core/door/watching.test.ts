/** Those that watch, over real connections: fast ones, slow ones, those that take nothing at all, and too many. */
import { describe, expect, test } from 'vitest';
import { originOf } from '../../../src/core/door/origin.ts';
import type { NodeId } from '../../../src/model/names.ts';
import { eventually, get, Line, answerTo, paperDoor, post } from './support.ts';

const WATCH = '/v1/apps/registry/watch';

function numbersIn(text: string): number[] {
  return [...text.matchAll(/^data: (\d+)$/gm)].map(([, number]) => Number(number));
}

const watching = (text: string): boolean => text.includes('event: watching');

test('a watcher hears what is published, as it is published, and who it watches', async () => {
  const { path, publications } = await paperDoor();
  const line = new Line(path).say(get(WATCH));
  await line.until(watching);
  expect(line.text).toMatch(
    /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/event-stream\r\ncache-control: no-store\r\nconnection: close\r\n\r\nid: 7-0\nevent: watching\ndata: {"module":"registry","lost":0}\n\n$/i,
  );
  for (const text of ['1', '2', '3']) publications.publish('registry', { topic: 'a', text });
  publications.publish('other', { topic: 'a', text: '4' });
  await line.until((text) => text.endsWith('id: 7-3\ndata: 3\n\n'));
  expect(numbersIn(line.text)).toEqual([1, 2, 3]);
});

test('the topic is percent-encoded, and is where the topics begin that are wanted', async () => {
  const { path, publications } = await paperDoor();
  const line = new Line(path).say(get(`${WATCH}?topic=a%2Fb%20c+d`));
  await line.until(watching);
  for (const [at, topic] of ['a/b c de', 'a/b', 'a%2Fb%20c+d', 'a/b c d'].entries())
    publications.publish('registry', { topic, text: String(at) });
  await line.until((text) => text.includes('data: 3'));
  expect(numbersIn(line.text)).toEqual([0, 3]);
});

test('what nobody watches is not kept, and not remembered for whoever comes later', async () => {
  const { path, publications } = await paperDoor();
  publications.publish('registry', { topic: '', text: '1' });
  expect(publications.isWatched('registry')).toBe(false);
  const line = new Line(path).say(get(WATCH));
  await line.until(watching);
  publications.publish('registry', { topic: '', text: '2' });
  await line.until((text) => text.includes('data: 2'));
  expect(numbersIn(line.text)).toEqual([2]);
});

test('who comes back with its place misses nothing', async () => {
  const { path, publications } = await paperDoor();
  const first = new Line(path).say(get(WATCH));
  await first.until(watching);
  publications.publish('registry', { topic: '', text: '1' });
  await first.until((text) => text.includes('data: 1'));
  first.socket.destroy();
  for (const text of ['2', '3']) publications.publish('registry', { topic: '', text });
  const second = new Line(path).say(get(WATCH, 'last-event-id: 7-1\r\n'));
  await second.until((text) => text.includes('data: 3'));
  expect(second.text).toContain('data: {"module":"registry","lost":0}');
  expect(numbersIn(second.text)).toEqual([2, 3]);
});

test('who comes back too late, or from before a restart, is told so', async () => {
  const { path, publications } = await paperDoor({ limits: { keptEvents: 2 } });
  const holds = new Line(path).say(get(WATCH));
  await holds.until(watching);
  for (let number = 1; number <= 5; number += 1) publications.publish('registry', { topic: '', text: String(number) });
  const late = new Line(path).say(get(WATCH, 'last-event-id: 7-1\r\n'));
  await late.until((text) => text.includes('data: 5'));
  expect(late.text).toContain('event: lost\ndata: {"lost":2}\n');
  const older = new Line(path).say(get(WATCH, 'last-event-id: 6-4\r\n'));
  await older.until((text) => text.includes('data: 5'));
  expect(older.text).toContain('event: lost\ndata: {"lost":null}\n');
});

test('who comes with a place of another node, or of another module, is told that nobody knows what is lost', async () => {
  const ids = ['ab', 'cd'].map((id) => id.repeat(32) as NodeId);
  const doors = await Promise.all(ids.map((id) => paperDoor({ originOf: (stream) => originOf(id, 1, stream) })));
  for (const { path, publications } of doors) {
    const line = new Line(path).say(get(WATCH));
    await line.until(watching);
    for (const text of ['1', '2', '3']) publications.publish('registry', { topic: '', text });
    await line.until((text) => text.includes('data: 3'));
  }
  const [own, other] = ids.map((id) => originOf(id, 1, 'registry'));
  const lostOf = async (at: string, place: string) => {
    const line = new Line(doors[0]?.path ?? '').say(get(at, `last-event-id: ${place}\r\n`));
    return /^data: {"module":"\w+","lost":(\w+)}$/m.exec(await line.until(watching))?.[1];
  };
  expect(await lostOf(WATCH, `${own}-2`)).toBe('0');
  expect(await lostOf(WATCH, `${other}-2`)).toBe('null');
  expect(await lostOf(WATCH, '1-2')).toBe('null');
  const membership = new Line(doors[0]?.path ?? '').say(get('/v1/apps/membership/watch'));
  await membership.until(watching);
  doors[0]?.publications.publish('membership', { topic: '', text: '1' });
  expect(await lostOf('/v1/apps/membership/watch', `${own}-0`)).toBe('null');
  expect(new Set([originOf(ids[0] as NodeId, 1, 'registry'), originOf(ids[0] as NodeId, 2, 'registry'), own, other]).size).toBe(3);
});

test('a slow watcher loses events and is told how many; a fast one beside it loses none, and the node keeps no more for it', async () => {
  const { path, publications, heldBytes } = await paperDoor({ limits: { keptEvents: 100, keptBytes: 1_000_000 } });
  const [slow, fast] = [new Line(path).say(get(WATCH)), new Line(path).say(get(WATCH))];
  await Promise.all([slow.until(watching), fast.until(watching)]);
  slow.socket.pause();
  const padding = ' '.repeat(8_000);
  let held = 0;
  for (let number = 1; number <= 2_000; number += 1) {
    publications.publish('registry', { topic: '', text: `${number}${padding}` });
    if (number % 20 === 0) await fast.until((text) => text.includes(`id: 7-${number}\n`));
    held = Math.max(held, heldBytes());
  }
  expect([...fast.text.matchAll(/^data: (\d+) /gm)]).toHaveLength(2_000);
  expect(fast.text).not.toContain('event: lost');
  // One slice of 64 KiB with one event more, for each of the two.
  expect(held).toBeLessThan(2 * 80 * 1024);
  slow.socket.resume();
  await slow.until((text) => text.includes('id: 7-2000\n'));
  const had = [...slow.text.matchAll(/^data: (\d+) /gm)].map(([, number]) => Number(number));
  const lost = [...slow.text.matchAll(/^data: {"lost":(\d+)}$/gm)].reduce((sum, [, number]) => sum + Number(number), 0);
  expect(lost).toBeGreaterThan(0);
  expect(had.length + lost).toBe(2_000);
  expect(had).toEqual(had.toSorted((a, b) => a - b));
});

test('requests are answered while somebody who watches reads nothing', async () => {
  const { path, publications } = await paperDoor();
  const stuck = new Line(path).say(get(WATCH));
  await stuck.until(watching);
  stuck.socket.pause();
  for (let number = 1; number <= 500; number += 1) publications.publish('registry', { topic: '', text: `"${'x'.repeat(10_000)}"` });
  expect(await answerTo(path, post('/v1/apps/registry/request', '1'))).toEqual({ status: 200, code: '' });
});

describe('bounds', () => {
  test('so many may watch; one who goes makes room', async () => {
    const { path } = await paperDoor({ limits: { maxWatchers: 2 } });
    const lines = [new Line(path).say(get(WATCH)), new Line(path).say(get('/v1/apps/events'))];
    for (const line of lines) await line.until(watching);
    const late = await new Line(path).say(get(WATCH)).until((text) => text.includes('\r\n\r\n'));
    expect(late).toMatch(/^HTTP\/1\.1 503 [^]*GOSSIP_E_BUSY/);
    lines[0]?.socket.destroy();
    let third = new Line(path).say(get(WATCH));
    await eventually(() => {
      if (third.text.startsWith('HTTP/1.1 503')) third = new Line(path).say(get(WATCH));
      return watching(third.text);
    });
  });

  test('a thousand watchers all hear the same, from one copy', async () => {
    const { path, publications } = await paperDoor();
    const lines: Line[] = [];
    for (let count = 0; count < 1_000; count += 100) {
      const more = Array.from({ length: 100 }, () => new Line(path).say(get(WATCH)));
      for (const line of more) await line.until(watching);
      lines.push(...more);
    }
    for (let number = 1; number <= 200; number += 1) publications.publish('registry', { topic: '', text: String(number) });
    for (const line of lines) await line.until((text) => text.includes('data: 200\n'));
    expect(lines.every(({ text }) => numbersIn(text).length === 200)).toBe(true);
  });

  test('whoever speaks where he watches is left', async () => {
    const { path } = await paperDoor();
    const line = new Line(path).say(get(WATCH));
    await line.until(watching);
    line.say(get(WATCH).repeat(100));
    await eventually(() => line.ended);
    expect(line.text.split('HTTP/1.1')).toHaveLength(2);
  });
});

test('the stream of a module that is gone is closed with a reason', async () => {
  const { path, publications } = await paperDoor();
  const line = new Line(path).say(get(WATCH));
  await line.until(watching);
  publications.publish('registry', { topic: '', text: '1' });
  publications.close('registry', 'the module was removed');
  await eventually(() => line.ended);
  expect(line.text).toMatch(/data: 1\n\nevent: closed\ndata: {"why":"the module was removed"}\n\n$/);
});

test('a stream that begins anew continues no old place by mistake', async () => {
  const { path, publications } = await paperDoor();
  const first = new Line(path).say(get(WATCH));
  await first.until(watching);
  for (const text of ['1', '2']) publications.publish('registry', { topic: '', text });
  await first.until((text) => text.includes('data: 2'));
  publications.close('registry', 'removed');
  const second = new Line(path).say(get(WATCH, 'last-event-id: 7-1\r\n'));
  await second.until((text) => text.includes('event: lost'));
  expect(second.text).toContain('data: {"lost":null}');
});
