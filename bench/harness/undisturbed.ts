/** Repeats what other processes disturbed, and keeps the least disturbed of the attempts. */
import { between, isDisturbed, look } from './surroundings.ts';
import type { Surroundings } from './surroundings.ts';

/** What went on while one thing was measured; null where the system does not tell. */
export interface Watched {
  readonly what: string;
  readonly attempts: readonly (Surroundings | null)[];
  /** Which of them counts. */
  readonly kept: number;
  readonly disturbed: boolean;
}

/** A repeat that is disturbed, too, is repeated once more; then the machine is not to be had quiet. */
export const MAX_REPEATS = 2;

export interface Watching {
  readonly repeats: number;
  readonly say: (line: string) => void;
  readonly heard: (watched: Watched) => void;
  /** Tests put their own in its place. */
  readonly surroundings?: <Result>(act: () => Promise<Result>) => Promise<{ result: Result; seen: Surroundings | null }>;
}

export async function undisturbed<Result>(
  what: string,
  act: () => Promise<Result>,
  { repeats, say, heard, surroundings = watch }: Watching,
): Promise<Result> {
  const attempts: { readonly result: Result; readonly seen: Surroundings | null }[] = [];
  for (let left = repeats; ; left -= 1) {
    const attempt = await surroundings(act);
    attempts.push(attempt);
    if (attempt.seen === null || !isDisturbed(attempt.seen) || left <= 0) break;
    say(`${what}: disturbed (others took ${percent(disturbanceOf(attempt.seen))} of the machine), again`);
  }
  const least = Math.min(...attempts.map(({ seen }) => disturbanceOf(seen)));
  const kept = attempts.findIndex(({ seen }) => disturbanceOf(seen) === least);
  const { result, seen } = attempts[kept] as (typeof attempts)[number];
  heard({ what, attempts: attempts.map((attempt) => attempt.seen), kept, disturbed: seen !== null && isDisturbed(seen) });
  return result;
}

async function watch<Result>(act: () => Promise<Result>): Promise<{ result: Result; seen: Surroundings | null }> {
  const before = look();
  const result = await act();
  return { result, seen: between(before, look()) };
}

function disturbanceOf(seen: Surroundings | null): number {
  return seen === null ? 0 : seen.others + seen.stolen;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}
