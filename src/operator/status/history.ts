/** Who deployed what, when, why and from where. */
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { DeploymentNumber } from '../../model/deployment-number.ts';
import type { ContentHash, ModuleName } from '../../model/names.ts';
import type { JsonObject } from '../../sdk/json.ts';
import type { Records } from './records.ts';

export interface HistoryEntry {
  readonly deployment: string;
  readonly number: DeploymentNumber;
  readonly module: ModuleName;
  /** Null when the deployment removes the module. */
  readonly code: ContentHash | null;
  readonly version: string | null;
  readonly settings: JsonObject;
  readonly author: string;
  /** Name of the node it entered at; the begin of its id where nobody knows a name. */
  readonly enteredAt: string;
  readonly message: string;
  /** The deployment whose code and settings it repeats. */
  readonly rollbackOf: string | null;
  readonly scrub: boolean;
  /** When it was made by its operator's clock, ISO 8601. */
  readonly issued: string;
  /** When the next deployment of the module was made; null for the newest. */
  readonly superseded: string | null;
}

/** Newest first; of all modules or of one. */
export function historyOf(records: Records, module?: ModuleName): readonly HistoryEntry[] {
  const chosen = module === undefined ? records.all : records.ofModule(module);
  return chosen.map((record) => entryOf(record, records));
}

/** One of them. */
export function entryOf(record: VerifiedDeployment, records: Records): HistoryEntry {
  const { number, module, code, settings, author, message, rollbackOf, scrub } = record.deployment;
  const source = rollbackOf === null ? undefined : records.byHash(rollbackOf);
  return {
    deployment: records.name(record),
    number,
    module,
    code: code?.hash ?? null,
    version: code?.version ?? null,
    settings,
    author,
    enteredAt: records.origin(record),
    message,
    // Older records fall out of the configuration; then the hash is all that is left.
    rollbackOf: source === undefined ? rollbackOf : records.name(source),
    scrub,
    issued: isoTime(number.time),
    superseded: supersededAt(record, records),
  };
}

function supersededAt(record: VerifiedDeployment, records: Records): string | null {
  const ofModule = records.ofModule(record.deployment.module);
  const next = ofModule[ofModule.indexOf(record) - 1];
  return next === undefined ? null : isoTime(next.deployment.number.time);
}

/** Times come from operators' clocks and may lie beyond what a date can say. */
export function isoTime(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? `${time} ms` : date.toISOString();
}
