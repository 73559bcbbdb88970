/** Whom a module may gossip with is told when it changes, and in a large cluster now and then. */
import { describe, expect, it } from 'vitest';
import { PeerLists } from '../../../src/core/hosting/peer-lists.ts';
import type { Peer } from '../../../src/model/names.ts';

const peer = (letter: string, port = 1): Peer => ({ id: letter.repeat(64), address: `127.0.0.1:${port}`, name: letter }) as Peer;
const [a, b, c, d] = [peer('a'), peer('b'), peer('c'), peer('d')];

describe('a list of peers', () => {
  it('is news at first, and not again in another order', () => {
    const lists = new PeerLists();
    expect(lists.isNews({ near: [], others: [] })).toBe(false);
    expect(lists.isNews({ near: [a, b], others: [c, d] })).toBe(true);
    for (let i = 0; i < 20; i++) expect(lists.isNews({ near: [b, a], others: [d, c] })).toBe(false);
  });

  it('is news at once where another one is near, or one has moved', () => {
    const lists = new PeerLists();
    lists.isNews({ near: [a, b], others: [] });
    expect(lists.isNews({ near: [a, c], others: [] })).toBe(true);
    expect(lists.isNews({ near: [a, peer('c', 2)], others: [] })).toBe(true);
    expect(lists.isNews({ near: [a], others: [] })).toBe(true);
  });

  it('is news every fifth time where others are drawn', () => {
    const lists = new PeerLists();
    lists.isNews({ near: [a], others: [b] });
    const told = Array.from({ length: 20 }, (_, i) => lists.isNews({ near: [a], others: [i % 2 === 0 ? c : d] }));
    expect(told.filter(Boolean)).toHaveLength(4);
  });
});
