/** A recovery as operators see it, before and after. */
import type { CodeReference, VerifiedDeployment } from '../../../model/deployment.ts';
import { deploymentName } from '../../../model/deployment.ts';
import type { Root } from '../../../trust/root.ts';
import type { Records } from '../../status/records.ts';
import type { Table } from '../../render/cells.ts';
import type { RecoveryPlan } from './recover.ts';
import { isSuspect } from './wanted.ts';
import type { Wanted } from './wanted.ts';

export interface ModulePlan {
  readonly module: string;
  /** The newest deployment now, and who signed it. */
  readonly from: string;
  readonly fromVersion: string | null;
  readonly fromSigners: readonly string[];
  /** The deployment whose code and settings go on; null: the module is removed. */
  readonly keeps: string | null;
  readonly version: string | null;
  readonly code: string | null;
  readonly signers: readonly string[];
  /** `kept`, or why it is thrown away. */
  readonly state: 'kept' | 'asked' | 'scrubbed' | 'removed';
  /** The stolen key alone has signed something of the module that is newer than what goes on: its code may have run. */
  readonly wasDeployedOver: boolean;
}

export interface PlanView {
  readonly epoch: number;
  readonly version: number;
  /** Keys that sign nothing any more. */
  readonly stolen: readonly { readonly keyid: string; readonly name: string | null }[];
  readonly exchangesOwn: boolean;
  readonly modules: readonly ModulePlan[];
  readonly undecided: readonly string[];
  /** Nodes that stay revoked, by name where they have one. */
  readonly revoked: readonly string[];
}

export function planView(plan: RecoveryPlan): PlanView {
  const { root } = plan.cluster.root;
  return {
    epoch: root.epoch + 1,
    version: root.version + 1,
    stolen: [...plan.stolen].map((keyid) => ({ keyid, name: root.keys[keyid]?.name ?? null })),
    exchangesOwn: plan.exchangesOwn,
    modules: plan.wanted.map((wanted) => modulePlan(wanted, plan, root)),
    undecided: plan.undecided,
    revoked: plan.notes.filter(({ note }) => note.kind === 'revoke').map(({ note }) => note.name || note.subject.slice(0, 12)),
  };
}

function modulePlan({ module, from, kept, stateless }: Wanted, { records, stolen }: RecoveryPlan, root: Root): ModulePlan {
  const code: CodeReference | null = kept?.deployment.code ?? null;
  const newer = newerThan(records, from, kept);
  return {
    module,
    from: records.name(from),
    fromVersion: from.deployment.code?.version ?? null,
    fromSigners: signersOf(from, root),
    keeps: kept === null || code === null ? null : records.name(kept),
    version: code?.version ?? null,
    code: code?.hash ?? null,
    signers: kept === null ? [] : signersOf(kept, root),
    state: stateless ?? 'kept',
    wasDeployedOver: newer.some((record) => isSuspect(record, stolen)),
  };
}

function newerThan(records: Records, from: VerifiedDeployment, kept: VerifiedDeployment | null): readonly VerifiedDeployment[] {
  const all = records.ofModule(from.deployment.module);
  return kept === null ? all : all.slice(0, all.indexOf(kept));
}

/** Keys by name where they have one. */
function signersOf({ envelope }: VerifiedDeployment, root: Root): string[] {
  return envelope.signatures.map(({ keyid }) => root.keys[keyid]?.name ?? keyid.slice(0, 12));
}

const STATES = { kept: 'kept', asked: 'thrown away', scrubbed: 'thrown away: it was scrubbed before', removed: 'removed' } as const;

/** `made`: the records of the new epoch, once there are any. */
export function planTable({ modules, undecided }: PlanView, made: readonly VerifiedDeployment[] = []): Table {
  const names = new Map<string, string>(made.map(({ deployment }) => [deployment.module, deploymentName(deployment)]));
  const rows = modules.map((each) => [
    { text: each.module },
    { text: `${each.from} ${each.fromVersion ?? 'removed'} by ${each.fromSigners.join(', ')}` },
    { text: names.get(each.module) ?? '->' },
    each.keeps === null
      ? { text: 'removed' }
      : {
          text: `code of ${each.keeps} ${each.version ?? ''} by ${each.signers.join(', ')}`,
          ...(each.keeps !== each.from && { tone: 'warn' as const }),
        },
    { text: STATES[each.state] },
  ]);
  const open = undecided.map((module) => [
    { text: module },
    { text: '' },
    { text: '->' },
    { text: '?', tone: 'bad' as const },
    { text: '' },
  ]);
  return { head: ['module', 'newest now', '', 'goes on', 'state'], rows: [...rows, ...open], spare: [] };
}

/** What the operator may not know. */
export function planRemarks({ modules, stolen, exchangesOwn, revoked }: PlanView): string[] {
  const over = modules.filter(({ wasDeployedOver, state }) => wasDeployedOver && state === 'kept').map(({ module }) => module);
  const named = stolen.map(({ keyid, name }) => name ?? keyid.slice(0, 12)).join(', ');
  return [
    `${named} ${stolen.length === 1 ? 'signs' : 'sign'} nothing any more${exchangesOwn ? '; a new key takes the place of yours' : ''}.`,
    ...(over.length === 0
      ? []
      : [
          `State is kept of ${over.join(', ')}, though deployments that do not go on may have run with it: where it may be spoilt, add --scrub MODULE.`,
        ]),
    ...(revoked.length === 0
      ? []
      : [`Revoked, and revoked they stay: ${revoked.join(', ')}. If the thief did that, 'gossip admit NODE' takes one back.`]),
  ];
}

/** What becomes of what, for whoever confirms it. */
export function planLines({ version, epoch, modules, ...view }: PlanView): string[] {
  const lines = modules.map(({ module, from, keeps, version: code, state }) =>
    keeps === null
      ? `${module}: ${from} -> removed`
      : `${module}: ${from} -> code of ${keeps} ${code ?? ''} under a new number, state ${STATES[state]}`,
  );
  return [
    `root ${version - 1} -> ${version}, trust epoch ${epoch - 1} -> ${epoch}`,
    ...lines,
    ...planRemarks({ version, epoch, modules, ...view }),
  ];
}
