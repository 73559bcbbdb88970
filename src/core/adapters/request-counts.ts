/** What became of the requests to one module, of applications, operators and other modules, since the start of the node. */
export interface RequestCounts {
  answered: number;
  failed: number;
  /** Of all of them together. */
  tookMs: number;
}

export function countRequest(counts: Map<string, RequestCounts>, module: string, isAnswered: boolean, tookMs: number): void {
  const of = counts.get(module) ?? { answered: 0, failed: 0, tookMs: 0 };
  of[isAnswered ? 'answered' : 'failed'] += 1;
  of.tookMs += tookMs;
  counts.set(module, of);
}
