/** Which benches are meant. */
import type { Bench } from './bench.ts';

export interface Choice {
  /** Names with commas between them; undefined: all that are not apart. */
  readonly only: string | undefined;
  /** Those that are apart, too. */
  readonly apart: boolean;
}

/** In the order of `all`, whatever that of the names; a text that says what is wrong with them. */
export function chosen(all: readonly Bench[], { only, apart }: Choice): readonly Bench[] | string {
  const known = all.map(({ name }) => name);
  const names = only?.split(',').map((name) => name.trim());
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown === '') return `--only takes names with commas between them, not '${only}'`;
  if (unknown !== undefined) return `no bench '${unknown}': choose from ${known.join(', ')}`;
  const isNamed = ({ name, isApart }: Bench): boolean => (names === undefined ? isApart !== true : names.includes(name));
  return all.filter((bench) => isNamed(bench) || (apart && bench.isApart === true));
}
