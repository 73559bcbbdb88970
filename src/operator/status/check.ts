/** The status in one line and an exit code, as programs that watch over machines want it (Nagios and its kin). */
import type { GossipError } from '../../model/errors.ts';
import type { ModuleName } from '../../model/names.ts';
import { countOfNodes, namesOf } from '../render/names.ts';
import { problemsOf } from './problems.ts';
import type { Problem } from './problems.ts';
import { wilson } from './share.ts';
import type { ClusterStatus } from './status.ts';

export interface Check {
  /** 0: well. 1: something is wrong. 3: nobody answered. */
  readonly exitCode: 0 | 1 | 3;
  /** `GOSSIP OK - lab: 4 of 4 nodes answered; … | known=4 answered=4 problems=0` */
  readonly line: string;
  /** The same without what programs read of it. */
  readonly text: string;
  readonly problems: readonly Problem[];
}

/** Problems that are told in full. */
const MOST_TOLD = 3;
const WORDS = { 0: 'OK', 1: 'WARNING', 3: 'UNKNOWN' } as const;

/** With `module` of that alone. With `all`, who is gone counts as wrong, too; else it is only told. */
export function checkOf(status: ClusterStatus, { module, all = false }: { module?: ModuleName | undefined; all?: boolean } = {}): Check {
  const gone = status.gone.length === 0 ? [] : [`long gone: ${namesOf(status.gone)}`];
  const problems = problemsOf(status, module);
  const exitCode = problems.length > 0 || (all && gone.length > 0) ? 1 : 0;
  const told = problems.slice(0, MOST_TOLD).map(({ text }) => text);
  const more = problems.length > MOST_TOLD ? [`and ${problems.length - MOST_TOLD} more`] : [];
  const parts = [
    answeredText(status),
    ...told,
    ...more,
    ...gone,
    ...sampleText(status),
    ...wellText(status, module).map((text) => (exitCode === 0 ? text : `newest: ${text}`)),
  ];
  const counts = `known=${status.known} answered=${status.answered} problems=${problems.length}`;
  const text = `${status.name}: ${parts.join('; ')}`;
  return { exitCode, problems, text, line: lineOf(exitCode, text, counts) };
}

/** Nothing is known of the cluster, or of the one node that was to be asked. */
export function unknownCheck(error: GossipError): Check {
  const text = `${error.message} (${error.code})`;
  return { exitCode: 3, problems: [], text, line: lineOf(3, text) };
}

/** What follows a bar is numbers, to whoever reads it. */
function lineOf(exitCode: Check['exitCode'], text: string, counts?: string): string {
  return `GOSSIP ${WORDS[exitCode]} - ${text.replaceAll('|', '/')}${counts === undefined ? '' : ` | ${counts}`}`;
}

function answeredText({ answered, known, sample }: ClusterStatus): string {
  return sample === null ? `${answered} of ${countOfNodes(known)} answered` : `${answered} answered, of ${known} known`;
}

function sampleText({ sample }: ClusterStatus): string[] {
  if (sample === null) return [];
  const { drawn } = sample;
  return [
    `${drawn.length} were drawn at random: of all, what none of them shows is on at most ${(100 * wilson(0, drawn.length).high).toFixed(1)} %`,
  ];
}

function wellText({ newest }: ClusterStatus, only?: ModuleName): string[] {
  const running = Object.entries(newest).filter(([module, { code }]) => code !== null && (only === undefined || module === only));
  const texts = running.slice(0, MOST_TOLD).map(([module, { deployment }]) => `${module} ${deployment}`);
  const more = running.length > MOST_TOLD ? ` and ${running.length - MOST_TOLD} more` : '';
  return [texts.length === 0 ? 'nothing deployed' : `${texts.join(', ')}${more}`];
}
