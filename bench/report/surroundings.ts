/** What else ran on the machine, in words: for every reader who would take a disturbed figure for the program's. */
import { percent } from '../harness/undisturbed.ts';
import type { Watched } from '../harness/undisturbed.ts';
import type { Section } from '../harness/run.ts';

export function surroundingsLines({ loadBefore, watched, quick }: Pick<Section, 'loadBefore' | 'watched' | 'quick'>): string[] {
  const load = loadBefore.map((value) => value.toFixed(2)).join(', ');
  const seen = watched.flatMap(({ attempts, kept }) => attempts[kept] ?? []);
  const others = seen.map((each) => each.others);
  const worst = Math.max(0, ...others);
  const mean = others.reduce((sum, share) => sum + share, 0) / Math.max(1, others.length);
  const during =
    others.length === 0 ? 'nothing was watched' : `others took ${percent(mean)} of the machine meanwhile, ${percent(worst)} at most`;
  const kinds = Map.groupBy(watched, ({ what }) => what.replace(/ \d+$/, ''));
  return [
    `Load average before: ${load}; ${during}.`,
    ...[...kinds].filter(([, all]) => all.some(isWorthTelling)).map(([what, all]) => kindLine(what, all, quick)),
  ];
}

function isWorthTelling({ attempts, disturbed }: Watched): boolean {
  return disturbed || attempts.length > 1;
}

/** Samples of one kind, one or a hundred, in one line. */
function kindLine(what: string, all: readonly Watched[], quick: boolean): string {
  const disturbed = all.filter((one) => one.disturbed);
  const repeated = all.filter(({ attempts }) => attempts.length > 1);
  const shares = disturbed.flatMap(({ attempts, kept }) => {
    const seen = attempts[kept];
    return seen === null || seen === undefined ? [] : [seen.others + seen.stolen];
  });
  const of = all.length === 1 ? '' : `, ${disturbed.length} of ${all.length}`;
  return [
    disturbed.length === 0
      ? `Quiet in the end: ${what}`
      : `Disturbed: ${what}${of}, by ${range(shares)} of the machine${busiestText(disturbed)}`,
    ...(repeated.length === 0
      ? []
      : [
          `${repeated.length} measured again, up to ${Math.max(...repeated.map(({ attempts }) => attempts.length))} times in all; the least disturbed counts`,
        ]),
    ...(quick && disturbed.length > 0 ? ['--quick repeats nothing'] : []),
  ]
    .join('; ')
    .concat('.');
}

function range(shares: readonly number[]): string {
  const [least, most] = [percent(Math.min(...shares)), percent(Math.max(...shares))];
  return least === most ? least : `${least} to ${most}`;
}

/** The program that took most, of the sample that was disturbed most. */
function busiestText(disturbed: readonly Watched[]): string {
  const names = disturbed.flatMap(({ attempts, kept }) => attempts[kept]?.busiest ?? []);
  const [first] = names.toSorted((a, b) => b.share - a.share);
  return first === undefined ? '' : `, most of it ${first.name}`;
}

export function machineLine({ machine, date }: Pick<Section, 'machine' | 'date'>): string {
  const { processors, model, memoryBytes, system, node, commit } = machine;
  return `${date.slice(0, 10)}, commit ${commit}, Node ${node}, ${processors} × ${model}, ${Math.round(memoryBytes / 2 ** 30)} GiB, ${system}`;
}
