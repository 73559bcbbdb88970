/** Whom a module may gossip with is told when it changes, and in a large cluster now and then. */
import { describe, expect, it } from 'vitest';
import { PeerLists } from '../../../src/core/hosting/peer-lists.ts';
import type { Peer } from '../../../src/model/names.ts';

const peer = (letter: string, port = 1): Peer => ({ id: letter.repeat(64), address: `127.0.0.1:${port}`, name: letter }) as Peer;
const [a, b, c, d] = [peer('a'), peer('b'), peer('c'), peer('d')];

const isNews = (lists: PeerLists, near: Peer[], others: Peer[] = []): boolean => lists.next({ near, others }) !== null;

describe('a list of peers', () => {
  it('is news at first, and not again in another order', () => {
    const lists = new PeerLists();
    expect(isNews(lists, [])).toBe(false);
    expect(isNews(lists, [a, b], [c, d])).toBe(true);
    for (let i = 0; i < 20; i++) expect(isNews(lists, [b, a], [d, c])).toBe(false);
  });

  it('is news at once where another one is near, or one has moved', () => {
    const lists = new PeerLists();
    isNews(lists, [a, b]);
    expect(isNews(lists, [a, c])).toBe(true);
    expect(isNews(lists, [a, peer('c', 2)])).toBe(true);
    expect(isNews(lists, [a])).toBe(true);
  });

  it('tells a module names and addresses, and how many of them are near', () => {
    const known = { ...b, failures: 3 };
    expect(new PeerLists().next({ near: [a], others: [known] })).toEqual({ near: 1, doubted: 0, peers: [a, b] });
  });

  it('is news every fifth time where others are drawn', () => {
    const lists = new PeerLists();
    isNews(lists, [a], [b]);
    const told = Array.from({ length: 20 }, (_, i) => isNews(lists, [a], [i % 2 === 0 ? c : d]));
    expect(told.filter(Boolean)).toHaveLength(4);
  });
});
