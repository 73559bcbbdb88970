/**
 * What a message tells of many things: the news, each so many times, and a few others in turn, so that whoever missed something hears of it in the end. Rumor mongering
 * with a counter (Demers et al., 1987), what was told least going first (SWIM, Das, Gupta, Motivala, 2002, section 4.1).
 */

/** A thing that may be told. */
export interface Told {
  /** Messages that carried it since it last changed; set it to 0 with each change. */
  told: number;
}

/** What a message has room for, and whom it is for. */
export interface Telling<Entry> {
  /** What concerns the listener: it goes first, so that it can refute it. */
  readonly about?: Entry | undefined;
  readonly max: number;
  /** Messages that carry a piece of news; after that it is told now and then. Some multiple of log2 of how many nodes there may be. */
  readonly enough: number;
  /** Of what was told often, so many are told again. */
  readonly refreshed: number;
}

/** Counts what it chooses as told. */
export function chooseToTell<Entry extends Told>(entries: Iterable<Entry>, { about, max, enough, refreshed }: Telling<Entry>): Entry[] {
  const least = leastTold(entries, about === undefined ? max : max - 1, about);
  const chosen = least.filter((entry, place) => place < refreshed || entry.told < enough);
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
