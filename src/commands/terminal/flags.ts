/** Flags that several commands share. */
import { Flags } from '@oclif/core';
import { GossipError } from '../../model/errors.ts';
import { parseCount } from '../../model/count.ts';
import { MAX_MESSAGE_LENGTH } from '../../model/deployment.ts';
import { parseModuleName } from '../../model/names.ts';
import type { ModuleName } from '../../model/names.ts';
import { checkClusterName } from '../../operator/settings/settings.ts';
import type { Waiting } from './waiting.ts';
import { formatDuration, MAX_TIMER_MS, parseDurationWithin } from '../../model/duration.ts';

/** Nobody knows beforehand how long a large cluster on slow machines takes: it is waited for as long as it goes on, up to an end that scripts can live with. */
const MOST_WAIT_MS = 600_000;
const STILL_MS = 120_000;
/** As it stands behind "How long it waits at most; ". */
export const DEFAULT_WAIT_TEXT = `by default ${formatDuration(STILL_MS)} after the last node came to know or to run it, and ${formatDuration(MOST_WAIT_MS)} in all`;
const DEFAULT_SETTLE_MS = 3_000;

/** A duration with its unit, in milliseconds: at least `minMs` (default 1), at most `maxMs` (default: what a timer can wait, 24 days). */
export const durationFlag = Flags.custom<number, { minMs?: number; maxMs?: number }>({
  parse: async (text, _, { minMs = 1, maxMs = MAX_TIMER_MS }) => parseDurationWithin(text, { minMs, maxMs }),
  helpValue: 'DURATION',
});

/** A whole number, from `min` (default 1) to `max`. */
export const countFlag = Flags.custom<number, { min?: number; max?: number }>({
  parse: async (text, _, { min = 1, max }) => parseCount(text, { min, ...(max !== undefined && { max }) }),
  helpValue: 'N',
});

export const moduleFlag = Flags.custom<ModuleName>({ parse: async (text) => parseModuleName(text), helpValue: 'NAME' });

export const clusterNameFlag = Flags.custom({ parse: async (text) => checkClusterName(text), helpValue: 'NAME' });

export const clusterFlag = Flags.string({
  summary: 'Cluster to work on, by its name in the settings; by default the one made or chosen last.',
  helpValue: 'NAME',
  env: 'GOSSIP_CLUSTER',
});

/** Of commands that watch. */
export const afterFlag = Flags.string({
  summary: 'Begin after the event of this id, which --json prints, as far as the node remembers.',
  helpValue: 'ID',
});

/** Of commands that tell a node something for all of them. */
export const entranceFlag = Flags.string({
  summary: 'Node to bring it to: a name, an id or host:port; by default a rendezvous node that answers.',
  helpValue: 'NODE',
  env: 'GOSSIP_TO',
});

/** Of every command that has its change confirmed: see `confirm`. */
export const yesFlag = Flags.boolean({
  char: 'y',
  summary: 'Do it without asking. Where no terminal is, nothing is changed without; clusters of this machine alone are never asked about.',
  env: 'GOSSIP_YES',
});

/** Of every command that signs: `BaseCommand` has the key's owner know of it. In its place there is GOSSIP_SIGNER, for commands without it, too. */
export const signerFlag = Flags.string({
  summary: "Program that signs in place of the operator's key, for keys in hardware; also by GOSSIP_SIGNER. See docs/operators.md.",
  helpValue: 'PROGRAM',
});

const toFlag = Flags.string({
  summary: 'Node to send it to: a name, an id or host:port; by default the first rendezvous node that answers.',
  helpValue: 'NODE',
  env: 'GOSSIP_TO',
});

/** In place of injecting at once. */
export const insteadFlags = {
  // Neither has a default of oclif's: it would count as given.
  'dry-run': Flags.boolean({
    summary: 'Only show what would change, for which nodes, and how long it would take by the simulator.',
    exclusive: ['wait', 'write'],
  }),
  'detailed-exitcode': Flags.boolean({
    summary: 'With --dry-run: exit code 9 where something would change, and 0 where nothing but the number would.',
    dependsOn: ['dry-run'],
  }),
  write: Flags.string({
    summary: 'Write the signed configuration file instead of injecting it: others may have to sign it first.',
    helpValue: 'FILE',
    exclusive: ['wait'],
  }),
};

/** The end of the usage of commands that deploy: oclif's own leaves a blank alternative where flags exclude each other. */
export const DEPLOYING_USAGE =
  '[-y] [--signer PROGRAM] [--wait [--timeout DURATION] [--settle DURATION] [--skip-silent] | --dry-run [--detailed-exitcode] | --write FILE]';

/** What a deployment must have shown to be called done. */
export const endFlags = {
  settle: durationFlag({
    summary: 'How long every instance must have been healthy before it counts; by default 3s.',
    minMs: 0,
    env: 'GOSSIP_SETTLE',
  }),
  'skip-silent': Flags.boolean({ summary: 'Wait only for the nodes that answer; those that do not are still named.' }),
};

/** Flags of every command that makes a deployment. */
export const deploymentFlags = {
  to: toFlag,
  cluster: clusterFlag,
  yes: yesFlag,
  signer: signerFlag,
  message: Flags.string({
    char: 'm',
    summary: `Why: shown in the history; at most ${MAX_MESSAGE_LENGTH} characters.`,
    helpValue: 'TEXT',
    default: '',
    defaultHelp: async () => undefined,
    parse: async (text) => {
      if (text.length <= MAX_MESSAGE_LENGTH) return text.toWellFormed();
      throw new GossipError('GOSSIP_E_USAGE', `${text.length} characters, and ${MAX_MESSAGE_LENGTH} at most are kept`, {
        advice: 'Shorten it, and link to the rest.',
      });
    },
  }),
  expect: Flags.string({
    summary: 'Refuse (exit code 8) unless this is the newest deployment of the module: guards against two operators at once.',
    helpValue: 'dN',
  }),
  // None has a default of oclif's: it would count as given, and --timeout alone would be taken.
  wait: Flags.boolean({
    summary: 'Wait until every node runs it (exit code 4 if not in time or unknown for some, 5 if it is stuck).',
  }),
  timeout: durationFlag({ summary: `How long --wait waits at most; ${DEFAULT_WAIT_TEXT}.`, dependsOn: ['wait'] }),
  ...endFlags,
};

export interface WaitFlags {
  readonly timeout: number | undefined;
  readonly settle: number | undefined;
  readonly 'skip-silent': boolean;
}

/** How a command waits for convergence; undefined not to wait. */
export function waitingOf(flags: WaitFlags & { readonly wait: true }): Waiting;
export function waitingOf(flags: WaitFlags & { readonly wait: boolean }): Waiting | undefined;
export function waitingOf(flags: WaitFlags & { readonly wait: boolean }): Waiting | undefined {
  if (!flags.wait) return undefined;
  const { timeout, settle = DEFAULT_SETTLE_MS, 'skip-silent': skipSilent } = flags;
  const most = timeout === undefined ? { timeoutMs: MOST_WAIT_MS, stillMs: STILL_MS } : { timeoutMs: timeout };
  return { ...most, settleMs: settle, skipSilent };
}
