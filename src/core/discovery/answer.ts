/** What a source gave: addresses that may be tried, and what of it is none. Nothing of it is believed: who answers there must prove itself. */
import { addressForPeers, canonicalHost, formatAddress } from '../../model/address.ts';
import { failureOf } from '../../model/errors.ts';
import type { Address } from '../../model/names.ts';
import { MAX_ADDRESSES, MAX_SOURCE_LINES } from './limits.ts';

export interface SourceAnswer {
  /** At most 64, each once. */
  readonly addresses: readonly Address[];
  /** Why lines or records of it were left out, in words; at most 8. */
  readonly bad: readonly string[];
}

/** An address as a source writes it, or what hinders it from giving one; and where that stands. */
export type Found =
  | { readonly text: string; readonly port?: number; readonly place: string }
  | { readonly problem: string; readonly place: string };

/** `port`: of what names none. `inOrder`: in which they should be tried. */
export function answerOf(
  found: readonly Found[],
  port: number,
  inOrder: (addresses: readonly Address[]) => readonly Address[],
): SourceAnswer {
  const addresses = new Set<Address>();
  const bad: string[] = [];
  for (const each of found) {
    try {
      if ('problem' in each) bad.push(each.problem);
      else addresses.add(addressIn(each.text, each.port ?? port));
    } catch (thrown) {
      bad.push(`${each.place}: ${failureOf(thrown).message}`);
    }
  }
  const left = addresses.size - MAX_ADDRESSES;
  if (left > 0) bad.unshift(`${addresses.size} addresses: ${left} of them are left out`);
  const told =
    bad.length > MAX_SOURCE_LINES ? [...bad.slice(0, MAX_SOURCE_LINES - 1), `and ${bad.length - MAX_SOURCE_LINES + 1} more`] : bad;
  return { addresses: inOrder([...addresses]).slice(0, MAX_ADDRESSES), bad: told };
}

/** One address in each line; `#` begins a comment. */
export function foundInLines(text: string): Found[] {
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line, index) => ({ text: line.replace(/#.*/, '').trim(), place: `line ${index + 1}` }))
    .filter((line) => line.text !== '');
}

/** In random order, so that nodes with the same answer do not all call the same ones. */
export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function addressIn(text: string, port: number): Address {
  const bare = canonicalHost(text.replace(/^\[(.*)\]$/, '$1'));
  return addressForPeers(bare === null ? text : formatAddress(bare, port));
}
