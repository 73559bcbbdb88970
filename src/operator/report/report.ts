/** What whoever looks into a defect must know: versions, what is wrong, the state of every node, what was deployed, and what was logged of late. */
import { arch, availableParallelism, freemem, loadavg, platform, release, totalmem } from 'node:os';
import type { LogQuestion } from '../../api/logs.ts';
import { toGossipError } from '../../model/errors.ts';
import type { GossipError } from '../../model/errors.ts';
import type { Finding } from '../doctor/finding.ts';
import { logAccess } from '../logs/access.ts';
import { mergedLogs } from '../logs/merge.ts';
import { logJson } from '../render/log-text.ts';
import { historyOf } from '../status/history.ts';
import { survey } from '../status/survey.ts';
import type { Survey } from '../status/survey.ts';
import type { Session } from '../settings/session.ts';
import { redacted } from './redact.ts';

const REPORT_TYPE = 'gossip/report/1';

/** Of each node: warnings and errors of a day, and whatever it said last. */
const LINES = { warnings: 500, last: 200 } as const;
const DAY_MS = 86_400_000;

export interface ReportOptions {
  /** Of this program. */
  readonly version: string;
  readonly now: Date;
  readonly findings: readonly Finding[];
  /** Null where there is no cluster, or nobody answers: then the findings say why. */
  readonly session: Session | null;
  /** Whether logs are asked for: it takes a key that may observe or deploy. */
  readonly logs: boolean;
  readonly signal: AbortSignal;
}

/** All of it, without secrets. A part that cannot be had is there with its error. */
export async function makeReport({ version, now, findings, session, logs, signal }: ReportOptions): Promise<object> {
  const report = {
    type: REPORT_TYPE,
    time: now.toISOString(),
    program: { version, node: process.version, modules: process.versions.modules },
    machine: {
      platform: platform(),
      release: release(),
      arch: arch(),
      processors: availableParallelism(),
      memoryBytes: totalmem(),
      freeBytes: freemem(),
      load: loadavg(),
    },
    findings,
    ...(session === null ? NOTHING : await sessionParts(session, logs, signal)),
  };
  return redacted(report) as object;
}

const NOTHING = { cluster: null, logs: null };

async function sessionParts(session: Session, logs: boolean, signal: AbortSignal): Promise<object> {
  const seen = await survey(session.cluster, session.client).catch(errorOf);
  if ('error' in seen) return { ...NOTHING, cluster: seen };
  return { cluster: clusterPart(session, seen), logs: logs ? await logPart(session, seen, signal).catch(errorOf) : null };
}

function clusterPart({ cluster }: Session, { sightings, records, disbelieved, unasked }: Survey): object {
  const { root } = cluster;
  return {
    name: cluster.name,
    root: {
      cluster: root.cluster,
      version: root.root.version,
      epoch: root.root.epoch,
      roles: root.root.roles,
      rendezvous: root.root.rendezvous,
    },
    nodes: sightings.map(({ node, answer, belief }) => ({
      ...node,
      belief: belief ?? 'member',
      ...('status' in answer ? { status: answer.status } : { error: { code: answer.error.code, message: answer.error.message } }),
    })),
    unasked,
    disbelieved,
    history: historyOf(records),
  };
}

async function logPart(session: Session, { sightings }: Survey, signal: AbortSignal): Promise<object> {
  const nodes = sightings.flatMap(({ node, answer }) => ('status' in answer ? [node] : []));
  const api = await logAccess(session);
  const silent: object[] = [];
  const read = async (question: Pick<LogQuestion, 'level' | 'ageMs' | 'lines'>): Promise<readonly object[]> => {
    const lines: object[] = [];
    const asked = { module: null, since: null, after: null, follow: false, ...question };
    const onSilent = ({ name }: { readonly name: string }, why: Error): void => void silent.push({ node: name, why: why.message });
    for await (const line of mergedLogs({ api, nodes, question: asked, signal, onBreak: () => undefined, onSilent }))
      lines.push(logJson(line));
    return lines;
  };
  const warnings = await read({ level: 'warn', ageMs: DAY_MS, lines: LINES.warnings });
  return { warnings, last: await read({ level: 'info', ageMs: null, lines: LINES.last }), silent };
}

function errorOf(thrown: unknown): { readonly error: Pick<GossipError, 'code' | 'message'> } {
  const { code, message } = toGossipError(thrown);
  return { error: { code, message } };
}
