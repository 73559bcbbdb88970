/** Whoever asks for code that is on its way here waits for it, for a moment. */
import { describe, expect, it } from 'vitest';
import { IncomingCode, MOST_WAIT_MS, WAIT_MS } from '../../src/runner/incoming-code.ts';
import type { Willing } from '../../src/runner/incoming-code.ts';
import { code, peer } from '../support/records.ts';

const [{ hash }, { hash: other }] = [code('1'), code('2')];
const [source, asker] = [peer(1).id, peer(2).id];

function incoming() {
  const timers: { readonly ms: number; readonly run: () => void }[] = [];
  const coming = new IncomingCode((ms, run) => void timers.push({ ms, run }));
  const answered: string[] = [];
  const ask = (by = asker, wanted = hash, willing: Willing = { forMs: null }) => coming.wait(wanted, by, willing, () => answered.push(by));
  return { coming, timers, answered, ask };
}

describe('code that is on its way', () => {
  it('is waited for until it is here', () => {
    const { coming, answered, ask } = incoming();
    coming.began(hash, source);
    ask();
    expect(answered).toEqual([]);
    coming.ended(hash, true);
    expect(answered).toEqual([asker]);
  });

  it('is waited for while one source after the other fails, and no longer than a moment', () => {
    const { coming, answered, ask, timers } = incoming();
    coming.began(hash, source);
    ask();
    coming.ended(hash, false);
    expect(answered).toEqual([]);
    expect(timers.map(({ ms }) => ms)).toEqual([WAIT_MS]);
    for (const { run } of timers) run();
    expect(answered).toEqual([asker]);
    coming.began(hash, source);
    coming.ended(hash, true);
    expect(answered).toEqual([asker]);
  });

  it('is waited for as long as the asker would, who is told that it waits', () => {
    const { coming, ask, timers } = incoming();
    let told = 0;
    const waits = (): void => void (told += 1);
    ask(asker, hash, { forMs: 5_000, waits });
    coming.began(hash, source);
    ask(asker, hash, { forMs: 5_000, waits });
    ask(peer(3).id, hash, { forMs: 3_600_000, waits });
    ask(peer(4).id, hash, { forMs: null, waits });
    expect(timers.map(({ ms }) => ms)).toEqual([5_000, MOST_WAIT_MS, WAIT_MS]);
    // Not the first, who had nothing to wait for, nor the last, who would not understand it.
    expect(told).toBe(2);
  });

  it('holds up nobody where it is not on its way, or comes from the asker', () => {
    const { coming, answered, ask } = incoming();
    ask();
    coming.began(hash, source);
    ask(source);
    ask(asker, other);
    expect(answered).toEqual([asker, source, asker]);
  });

  it('holds up few questions of one asker, so that others find room', () => {
    const { coming, answered, ask } = incoming();
    coming.began(hash, source);
    for (let i = 0; i < 1_000; i++) ask();
    expect(answered).toHaveLength(1_000 - 4);
    ask(peer(3).id);
    expect(answered).toHaveLength(1_000 - 4);
  });

  it('holds up a bounded number', () => {
    const { coming, answered, ask } = incoming();
    coming.began(hash, source);
    for (let i = 0; i < 1_000; i++) ask(peer(i + 2).id);
    expect(answered).toHaveLength(1_000 - 64);
    coming.ended(hash, true);
    expect(answered).toHaveLength(1_000);
  });
});
