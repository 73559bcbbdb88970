/** Follows a deployment to its end: what `--wait` and `gossip rollout` share. */
import { GossipError } from '../../model/errors.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { NodeAddress } from '../../operator/client/client.ts';
import type { Deployed } from '../../operator/deploy/deploy.ts';
import { formatDuration } from '../../model/duration.ts';
import { namesOf } from '../../operator/render/names.ts';
import type { Session } from '../../operator/settings/session.ts';
import { waitForConvergence } from '../../operator/status/await-rollout.ts';
import type { Convergence, Silent } from '../../operator/status/await-rollout.ts';
import type { Sighting } from '../../operator/status/gather.ts';
import { watchCluster } from '../../operator/status/watch.ts';
import { interruptible } from './interruptible.ts';
import { progressHead, progressText, startProgress } from './progress.ts';

/** How often `--wait` looks. */
const POLL_MS = 250;

export interface Waiting {
  readonly timeoutMs: number;
  /** Ends sooner where for so long nothing moved. */
  readonly stillMs?: number;
  /** How long every instance must have run in good health. */
  readonly settleMs: number;
  /** Whether it is enough that all nodes which answer run it. */
  readonly skipSilent: boolean;
}

/** What a command does besides, while it waits. */
export interface Watching {
  readonly onLook?: (sightings: readonly Sighting[]) => void;
  /** More to say of how far it is. */
  readonly more?: () => string;
}

/** With `--wait`, in `--json`: how many nodes run it after how long, and who else there is. */
export interface ConvergedJson {
  readonly outcome: Convergence['outcome'];
  /** Nodes that run it, or a newer one. */
  readonly nodes: number;
  readonly superseded: number;
  /** Nodes that answered and may not run the module. */
  readonly elsewhere: number;
  /** Nodes that answered. */
  readonly answered: number;
  readonly stragglers: Convergence['stragglers'];
  readonly silent: readonly Silent[];
  readonly calling: readonly Silent[];
  readonly gone: readonly Silent[];
  readonly remarks: readonly string[];
  readonly elapsedMs: number;
}

/** How a wait ended that did not end well; `--json` prints what was seen beside the error. */
export class NotConverged extends GossipError {
  readonly converged: ConvergedJson;
  /** What else the command has to say, for `--json`. */
  json: object = {};

  constructor(code: ErrorCode, message: string, advice: string | undefined, converged: ConvergedJson) {
    super(code, message, advice === undefined ? {} : { advice });
    this.converged = converged;
  }

  beside(json: object): this {
    this.json = { ...json, converged: this.converged };
    return this;
  }
}

/** Waits, or fails with the exit code that tells how it ended. */
export async function converge(
  session: Session,
  first: readonly NodeAddress[],
  deployed: Pick<Deployed, 'name' | 'record'>,
  waiting: Waiting,
  silent: boolean,
  onInterrupted: (converged: ConvergedJson) => void,
  watching: Watching = {},
): Promise<ConvergedJson> {
  const progress = await startProgress(`${deployed.name} spreads`, silent);
  let last: Convergence | null = null;
  const wait = async (signal: AbortSignal): Promise<Convergence> => {
    last = await waitForConvergence({
      record: deployed.record,
      look: watchCluster(session.cluster, session.client, deployed.record.deployment.module, first, signal),
      timeoutMs: waiting.timeoutMs,
      stillMs: waiting.stillMs,
      pollMs: POLL_MS,
      steadyMs: waiting.settleMs,
      skipSilent: waiting.skipSilent,
      signal,
      clock: { now: () => performance.now(), pause: (ms) => pause(ms, signal) },
      ...(watching.onLook && { onLook: watching.onLook }),
      onProgress: (seen) => progress.update(`${progressText(deployed, seen)}${watching.more?.() ?? ''}`),
    });
    // The exit code of an interrupt is that of its signal.
    signal.throwIfAborted();
    return last;
  };
  try {
    return ended(deployed, await interruptible(wait, () => onInterrupted(jsonOf(last))), waiting);
  } finally {
    progress.stop();
  }
}

/** `d2 is in force on all 10 nodes after 1.4s.`; no time where it was so from the start. */
export function convergedText(name: string, seen: ConvergedJson): string {
  const { nodes, superseded, elsewhere, answered, silent, calling, gone, remarks, elapsedMs } = seen;
  const others = `${superseded} ${superseded === 1 ? 'runs' : 'run'} a newer deployment that came meanwhile`;
  const which = elsewhere > 0 ? ' that may run it' : silent.length > 0 ? ' that answered' : '';
  const all = nodes === 1 ? `the one node${which}` : `all ${nodes} nodes${which}`;
  const parts = [
    // What was replaced is in force nowhere, however well it went.
    superseded === nodes && nodes > 0
      ? `${name} was replaced: ${all} ${nodes === 1 ? 'runs' : 'run'} a newer deployment that came meanwhile`
      : `${name} is in force on ${superseded === 0 ? all : `${nodes - superseded} of ${nodes} nodes${which}`}${elapsedMs < 1 ? '' : ` after ${formatDuration(elapsedMs)}`}`,
    superseded === 0 || superseded === nodes ? '' : others,
    elsewhere === 0 ? '' : `${elsewhere} of the ${answered} that answered may not run it`,
    silent.length === 0 ? '' : `no answer from ${namesOf(silent)}`,
    calling.length === 0 ? '' : `${namesOf(calling)} cannot be called, and know of it`,
    gone.length === 0 ? '' : `gone for long: ${namesOf(gone)}`,
    ...remarks,
  ];
  return `${parts.filter((part) => part !== '').join('; ')}.`;
}

function ended(deployed: Pick<Deployed, 'name' | 'record'>, end: Convergence, { skipSilent }: Waiting): ConvergedJson {
  const { name } = deployed;
  const json = jsonOf(end);
  const look = `Look again with 'gossip rollout ${name}'.`;
  const fail = (code: ErrorCode, message: string, advice?: string): never => {
    throw new NotConverged(code, message, advice, json);
  };
  switch (end.outcome) {
    case 'converged':
      return json;
    case 'halted':
      return fail('GOSSIP_E_HELD', progressText(deployed, end));
    case 'nowhere':
      return fail(
        'GOSSIP_E_HELD',
        `${name} runs nowhere: ${end.reachable === 1 ? 'the one node that answered may not' : `none of the ${end.reachable} nodes that answered may`} run it`,
        'Let nodes run it: gossip node run --modules (GOSSIP_MODULES).',
      );
    case 'silent':
      return fail(
        'GOSSIP_E_NOT_CONVERGED',
        `${progressHead(deployed, end)} ${end.done === 1 ? 'the one node' : `all ${end.done} nodes`} that answered; nobody can say what runs on ${namesOf(end.silent)}`,
        skipSilent ? look : `It goes on. ${look} --skip-silent is content with the nodes that answer.`,
      );
    case 'timeout':
    case 'interrupted':
      return fail('GOSSIP_E_NOT_CONVERGED', progressText(deployed, end), `It goes on. ${look}`);
  }
}

function jsonOf(end: Convergence | null): ConvergedJson {
  if (end === null) {
    const none = {
      nodes: 0,
      superseded: 0,
      elsewhere: 0,
      answered: 0,
      stragglers: [],
      silent: [],
      calling: [],
      gone: [],
      remarks: [],
      elapsedMs: 0,
    };
    return { outcome: 'interrupted', ...none };
  }
  const { outcome, done, superseded, elsewhere, reachable, stragglers, silent, calling, gone, remarks, elapsedMs } = end;
  const seen = { stragglers, silent, calling, gone, remarks, elapsedMs: Math.round(elapsedMs) };
  return { outcome, nodes: done, superseded, elsewhere, answered: reachable, ...seen };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
