/** A module on a node as a row: what runs by the node's own report, and why it has not moved. */
import { compareNumbers } from '../../model/deployment-number.ts';
import type { Failure } from '../../model/errors.ts';
import type { ContentHash, ModuleName } from '../../model/names.ts';
import type { ModuleStatus, NodeStatus } from '../../api/status.ts';
import type { ModuleHealth } from './progress.ts';
import type { Records } from './records.ts';

export interface ModuleRow {
  readonly name: ModuleName;
  /** What the running instance is; null when none runs. */
  readonly deployment: string | null;
  readonly code: ContentHash | null;
  readonly version: string | null;
  readonly state: ModuleStatus['state'];
  readonly sinceMs: number;
  readonly restarts: number;
  readonly useful: boolean;
  readonly stateEpoch: number;
  readonly residentBytes: number | null;
  /** Share of one core; null where nobody tells. */
  readonly processor: number | null;
  readonly why?: Failure;
  /** What the node tells of the instance's health; nothing where it is of an older version. */
  readonly health?: ModuleHealth;
}

/** A module of which a node knows nothing. */
const UNHEARD: Omit<ModuleRow, 'name'> = {
  deployment: null,
  code: null,
  version: null,
  state: 'updating',
  sinceMs: 0,
  restarts: 0,
  useful: false,
  stateEpoch: 0,
  residentBytes: null,
  processor: null,
};

/** What the node says of itself; and where there is something newer that it cannot know of, just that (law 9). No row for what is removed everywhere. */
export function moduleRows({ modules }: NodeStatus, records: Records): ModuleRow[] {
  const told = new Map(modules.map((module) => [module.name, module]));
  const present = records.modules.filter((module) => records.newest(module)?.deployment.code);
  const names = new Set([...told.keys(), ...present]);
  return [...names].sort().map((name) => {
    const module = told.get(name);
    const row = module === undefined ? { name, ...UNHEARD } : moduleRow(module, records);
    const record = records.newest(name);
    const behind = record !== undefined && (module === undefined || compareNumbers(module.newestNumber, record.deployment.number) < 0);
    if (!behind || row.why !== undefined) return row;
    return { ...row, why: { code: 'GOSSIP_E_BUSY', message: `has not heard of ${records.name(record)} yet` } };
  });
}

function moduleRow(module: ModuleStatus, records: Records): ModuleRow {
  const { name, code, version, state, sinceMs, restarts, useful, stateEpoch, residentBytes, processor = null } = module;
  const { healthyMs, exchanges, errors, checkpoint, restoredFromMs } = module;
  const health = { healthyMs, exchanges, errors, checkpoint, restoredFromMs };
  const told = Object.values(health).some((each) => each !== undefined) ? { health } : {};
  const view = {
    ...told,
    name,
    deployment: nameOf(module, records),
    code,
    version,
    state,
    sinceMs,
    restarts,
    useful,
    stateEpoch,
    residentBytes,
    processor,
  };
  return module.why === null ? view : { ...view, why: module.why };
}

/** The node's own name of what it runs, unless the sequence is taken twice. */
function nameOf({ number, deployment }: ModuleStatus, records: Records): string | null {
  if (number === null) return deployment;
  const record = records.byNumber(number);
  return record === undefined ? deployment : records.name(record);
}
