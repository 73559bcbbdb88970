/** What a message tells of the members: the news, and a few others in turn, so that whoever missed something hears of it in the end. */
import { ENOUGH } from './entry.ts';

interface Told {
  /** Messages that carried it since it last changed. */
  told: number;
}

/** Members that a message names although nothing is new of them. */
const REFRESHED = 6;

/** First what concerns the listener, so that it can refute, then what was told least: at most `max`, and of what was told often a few. */
export function choose<Entry extends Told>(entries: Iterable<Entry>, about: Entry | undefined, max: number): Entry[] {
  const least = leastTold(entries, about === undefined ? max : max - 1, about);
  const chosen = least.filter((entry, place) => place < REFRESHED || entry.told < ENOUGH);
  if (about !== undefined) chosen.unshift(about);
  for (const entry of chosen) entry.told++;
  return chosen;
}

/** In one pass, for it is done for every message; of those told equally often the older entries. */
function leastTold<Entry extends Told>(entries: Iterable<Entry>, count: number, except?: Entry): Entry[] {
  const least: Entry[] = [];
  for (const entry of entries) {
    if (entry === except) continue;
    let place = least.length;
    while (place > 0 && (least[place - 1] as Entry).told > entry.told) place -= 1;
    if (place >= count) continue;
    least.splice(place, 0, entry);
    if (least.length > count) least.pop();
  }
  return least;
}
