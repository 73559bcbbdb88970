/** Whoever asks for code that is on its way here waits for it, for a moment. */
import { describe, expect, it } from 'vitest';
import { IncomingCode, WAIT_MS } from '../../src/runner/incoming-code.ts';
import { code, peer } from '../support/records.ts';

const [{ hash }, { hash: other }] = [code('1'), code('2')];
const [source, asker] = [peer(1).id, peer(2).id];

function incoming() {
  const timers: { readonly ms: number; readonly run: () => void }[] = [];
  const coming = new IncomingCode((ms, run) => void timers.push({ ms, run }));
  const answered: string[] = [];
  return { coming, timers, answered, ask: (by = asker, wanted = hash) => coming.wait(wanted, by, () => answered.push(by)) };
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

  it('holds up nobody where it is not on its way, or comes from the asker', () => {
    const { coming, answered, ask } = incoming();
    ask();
    coming.began(hash, source);
    ask(source);
    ask(asker, other);
    expect(answered).toEqual([asker, source, asker]);
  });

  it('holds up a bounded number', () => {
    const { coming, answered, ask } = incoming();
    coming.began(hash, source);
    for (let i = 0; i < 1_000; i++) ask();
    expect(answered).toHaveLength(1_000 - 64);
    coming.ended(hash, true);
    expect(answered).toHaveLength(1_000);
  });
});
