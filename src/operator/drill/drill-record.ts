/** How a drill is known by the history alone: its deployment says in whose place it stands, so that whoever comes after can mend it. */
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName, PayloadHash } from '../../model/names.ts';
import type { Draft } from '../deploy/deploy.ts';
import type { CodeSource } from '../deploy/code-source.ts';
import type { Records } from '../status/records.ts';
import { DRILL_VERSION } from './drill-code.ts';

/** The hash decides; the name is for people, and may name two. */
const MESSAGE = /^gossip drill: .*\(in place of (?<place>[0-9a-f]{64}), drill (?<run>[0-9a-f]{8})\)$/;

/** A module that a drill has broken, and what ran before. */
export interface Broken {
  readonly module: ModuleName;
  readonly drill: VerifiedDeployment;
  readonly before: VerifiedDeployment;
}

/** The deployment that breaks a module on purpose. It keeps settings and state, and is refused where anything was deployed since `before`. `run`: of this drill alone. */
export function drillDraft(before: VerifiedDeployment, name: string, code: CodeSource['reference'], author: string, run: string): Draft {
  const { module, settings } = before.deployment;
  return {
    module,
    code,
    settings,
    scrub: false,
    rollbackOf: null,
    author,
    message: `gossip drill: broken on purpose; mend it with 'gossip drill --heal' or 'gossip rollback ${name}' (in place of ${before.hash}, drill ${run})`,
    after: before.hash,
  };
}

/** The deployment in whose place a drill stands; null for what is no drill. Anybody who may deploy can write such a message: then it is as good as one. */
export function placeTaken(record: VerifiedDeployment): PayloadHash | null {
  return (told(record)?.['place'] as PayloadHash | undefined) ?? null;
}

/** Whether it is one of this drill: another one heals its own. */
export function isOfDrill(record: VerifiedDeployment, run: string): boolean {
  return told(record)?.['run'] === run;
}

function told({ deployment: { code, message } }: VerifiedDeployment): Readonly<Record<string, string>> | undefined {
  return code?.version === DRILL_VERSION ? MESSAGE.exec(message)?.groups : undefined;
}

/** The modules whose newest deployment is a drill, by name. Where one drill took the place of another, what ran before both counts. */
export function brokenModules(records: Records, only?: ModuleName): readonly Broken[] {
  return records.modules.flatMap((module) => {
    const drill = records.newest(module);
    if (drill === undefined || (only !== undefined && module !== only)) return [];
    const before = beforeDrill(drill, records);
    return before === null ? [] : [{ module, drill, before }];
  });
}

/** A chain of drills ends: each stands in the place of a lower one. */
function beforeDrill(drill: VerifiedDeployment, records: Records): VerifiedDeployment | null {
  let place = placeTaken(drill);
  let before: VerifiedDeployment | undefined;
  const met = new Set<PayloadHash>([drill.hash]);
  while (place !== null) {
    before = records.byHash(place);
    if (before === undefined || met.has(before.hash)) return null;
    if (before.deployment.module !== drill.deployment.module || before.deployment.code === null) return null;
    met.add(before.hash);
    place = placeTaken(before);
  }
  return before ?? null;
}
