/** Law 1: a node's deployment of a module never goes to a lower number: not in memory, not on disk, not in what runs. */
import { deploymentName } from '../../model/deployment.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName, PayloadHash } from '../../model/names.ts';
import type { Happening, NodeSight } from './happening.ts';
import { epochAfter, isLower, newestOf } from './order.ts';
import type { Newest } from './order.ts';
import { LawBroken } from './law.ts';
import type { Law } from './law.ts';

interface Seen {
  records: readonly VerifiedDeployment[];
  /** Highest that was known in this run of the node. */
  known: Newest;
  /** Highest that was durable. */
  durable: Newest;
  /** Highest that ran. */
  ran: Newest;
  /** Modules of which an instance ran since the node started: it knows by itself what that was. */
  readonly knowsItself: Set<ModuleName>;
  /** The disk lost what was durable: what ran is forgotten with the next start. */
  damaged: boolean;
  /** The checkpoints that tell what ran last were damaged. */
  forgetful: boolean;
}

/** `signed`: the records as the operator signed them; what a node makes of them is not believed. */
export class OnlyForward implements Law {
  readonly name = '1 (only forward)';
  readonly #signed: ReadonlyMap<PayloadHash, VerifiedDeployment>;
  readonly #seen = new Map<NodeSight, Seen>();

  constructor(signed: ReadonlyMap<PayloadHash, VerifiedDeployment>) {
    this.#signed = signed;
  }

  observe(happening: Happening): void {
    const { node } = happening;
    const seen = this.#of(node);
    if (happening.type === 'handled' && seen.records !== node.records) {
      seen.records = node.records;
      this.#rise(node, 'knows', seen.known, node.records);
    } else if (happening.type === 'persisted' || happening.type === 'up') {
      this.#rise(node, 'keeps', seen.durable, node.disk.records);
      if (happening.type === 'up') this.#forget(seen);
    } else if (happening.type === 'damaged') {
      seen.durable = this.#newestOf(node.disk.records);
      seen.damaged = true;
      // One that is down knows what it will find.
      if (!node.up) seen.known = new Map(seen.durable);
    } else if (happening.type === 'checkpoints-damaged') {
      seen.forgetful = true;
      // A node that is up reads them when it needs them.
      for (const module of seen.ran.keys()) if (!seen.knowsItself.has(module)) seen.ran.delete(module);
    } else if (happening.type === 'instance-active') {
      this.#rise(node, 'runs', seen.ran, [happening.instance.record]);
      seen.knowsItself.add(happening.instance.record.deployment.module);
    } else if (happening.type === 'down') {
      // A write that was under way may have reached the disk.
      this.#rise(node, 'keeps', seen.durable, node.disk.records);
      seen.known = new Map(seen.durable);
      seen.records = [];
      seen.knowsItself.clear();
      seen.ran = this.#remembered(node, seen.ran);
    }
  }

  /** Of each module the newest among `records` must not be lower than the highest before. */
  #rise(node: NodeSight, verb: string, before: Newest, records: readonly VerifiedDeployment[]): void {
    const now = this.#newestOf(records);
    for (const [module, highest] of before) {
      const present = now.get(module);
      if (present === undefined && verb === 'runs') continue;
      // A higher trust epoch outranks it, and need not name its module.
      if (present === undefined && highest.deployment.epoch < epochOf(node, verb)) continue;
      if (present === undefined || isLower(present, highest)) {
        const what = present === undefined ? 'nothing' : deploymentName(present.deployment);
        throw new LawBroken(this.name, `${node.peer.name} ${verb} ${what} of ${module} after ${deploymentName(highest.deployment)}`);
      }
    }
    for (const [module, record] of now) before.set(module, record);
  }

  /** A node whose disk was damaged starts from what is left of it, and goes forward from there. */
  #forget(seen: Seen): void {
    if (seen.damaged) seen.ran = new Map([...seen.ran].flatMap(([module, ran]) => lower(module, ran, seen.durable.get(module))));
    // What the last checkpoint cannot tell, the one before may: a deployment that did run, if not the last.
    if (seen.forgetful) seen.ran = new Map();
    seen.damaged = false;
    seen.forgetful = false;
  }

  /**
   * A node knows by its checkpoints what ran last. One that ends in the moment between an activation and the write that tells of it
   * may run what ran before, as if the newer deployment had not begun yet: its messages were stamped, and its state is gone.
   */
  #remembered({ disk }: NodeSight, ran: Newest): Newest {
    return new Map(
      [...ran].flatMap(([module, record]) => {
        const last = this.#signed.get(disk.checkpoint(module)?.deployment ?? record.hash);
        return last === undefined ? [] : [[module, isLower(last, record) ? last : record] as const];
      }),
    );
  }

  #newestOf(records: readonly VerifiedDeployment[]): Newest {
    return newestOf(records.map((record) => this.#signed.get(record.hash) ?? record));
  }

  #of(node: NodeSight): Seen {
    const seen = this.#seen.get(node) ?? {
      records: [],
      known: new Map(),
      durable: new Map(),
      ran: new Map(),
      knowsItself: new Set(),
      damaged: false,
      forgetful: false,
    };
    this.#seen.set(node, seen);
    return seen;
  }
}

function lower(module: ModuleName, ran: VerifiedDeployment, kept: VerifiedDeployment | undefined): [ModuleName, VerifiedDeployment][] {
  if (kept === undefined) return [];
  return [[module, isLower(kept, ran) ? kept : ran]];
}

/** Of the root that goes with what the node knows, or keeps. */
function epochOf({ root, disk }: NodeSight, verb: string): number {
  return verb === 'knows' && root !== null ? root.root.epoch : epochAfter(disk.steps);
}
