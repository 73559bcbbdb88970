/** What the page says of the whole cluster, in a line, and to whoever listens instead of looking. */
import type { ClusterEntry, ProblemEntry, SpreadEntry } from '../wire.ts';

export interface Verdict {
  readonly text: string;
  readonly tone: 'good' | 'warn' | 'bad' | 'dim';
}

export function verdictOf(cluster: ClusterEntry | null, problems: readonly ProblemEntry[]): Verdict {
  if (cluster === null || (cluster.lookedAt === null && cluster.error === null)) return { text: 'looking', tone: 'dim' };
  if (cluster.error !== null) return { text: 'unknown', tone: 'bad' };
  const wrong = problems.filter(({ kind }) => kind !== 'behind' && kind !== 'differ').length;
  if (wrong > 0) return { text: wrong === 1 ? '1 problem' : `${wrong} problems`, tone: 'bad' };
  if (problems.length > 0) return { text: 'updating', tone: 'warn' };
  if (cluster.newest.length === 0) return { text: 'nothing deployed', tone: 'dim' };
  return cluster.converged === false ? { text: 'updating', tone: 'warn' } : { text: 'all well', tone: 'good' };
}

/** `5 of 5 nodes answered; membership d3, counter d5` */
export function countsText({ known, answered, sample, newest, error }: ClusterEntry): string {
  if (error !== null) return error;
  const whom = known === 1 ? '1 node' : `${known} nodes`;
  const asked = sample === null ? `${answered} of ${whom} answered` : `${answered} answered, ${sample} drawn at random of ${whom}`;
  const some = newest.slice(0, 4).map(({ module, deployment }) => `${module} ${deployment}`);
  const more = newest.length > 4 ? ` and ${newest.length - 4} more` : '';
  return newest.length === 0 ? asked : `${asked}; ${some.join(', ')}${more}`;
}

/** The newest deployment that is on its way; null where none is. */
export function underWay(spreads: Iterable<SpreadEntry>): SpreadEntry | null {
  let found: SpreadEntry | null = null;
  const ofModule = new Map<string, SpreadEntry>();
  for (const spread of spreads) {
    const other = ofModule.get(spread.module);
    if (other === undefined || spread.place < other.place) ofModule.set(spread.module, spread);
  }
  for (const spread of ofModule.values()) {
    if (spread.counts.healthy < spread.nodes && (found === null || spread.place < found.place)) found = spread;
  }
  return found;
}

export function progressText({ deployment, module, nodes, counts, removes }: SpreadEntry): string {
  return `${deployment} of ${module}: ${removes ? counts.healthy : counts.running} of ${nodes} ${removes ? 'have removed it' : 'run it'}`;
}

/** `known 3, code 3, running 2, healthy 1 of 3 nodes` */
export function stagesText({ nodes, counts: { known, fetched, running, healthy } }: SpreadEntry): string {
  return `known ${known}, fetched ${fetched}, running ${running}, healthy ${healthy} of ${nodes === 1 ? '1 node' : `${nodes} nodes`}`;
}

/** What is told aloud: the verdict with the worst, and how far a deployment is. */
export function spokenText(cluster: ClusterEntry | null, problems: readonly ProblemEntry[], spreads: Iterable<SpreadEntry>): string {
  const { text } = verdictOf(cluster, problems);
  const way = underWay(spreads);
  const [worst] = problems.filter(({ kind }) => kind !== 'behind');
  return [text, ...(worst === undefined ? [] : [worst.text]), ...(way === null ? [] : [progressText(way)])].join('. ');
}
