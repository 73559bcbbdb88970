/** The modules that this node knows of, each with its update machine; passes instance events to the right one. */
import { compareDeployments } from '../model/deployment.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { ContentHash, ModuleName } from '../model/names.ts';
import type { Failure, GossipEvent, ModuleView } from './protocol.ts';
import { ModuleUpdate } from './update.ts';
import type { UpdateParts } from './update.ts';

/** Removed modules that a node goes on telling of: those removed last. */
const MAX_REMOVED_TOLD = 64;

export interface ModulesParts extends Omit<UpdateParts, 'runs'> {
  readonly runs: (module: ModuleName) => boolean;
}

type InstanceEvent = Extract<GossipEvent, { readonly module: ModuleName }>;

export class Modules {
  readonly #parts: ModulesParts;
  readonly #updates = new Map<ModuleName, ModuleUpdate>();

  constructor(parts: ModulesParts) {
    this.#parts = parts;
  }

  get(module: ModuleName): ModuleUpdate | undefined {
    return this.#updates.get(module);
  }

  /** Brings every module on its way: at the start of the core. Of those removed long ago it only sees to it that no state is left. */
  start(): void {
    const { configuration, ports } = this.#parts;
    const newest = [...configuration.modules()].flatMap((module) => configuration.newest(module) ?? []);
    const removed = newest.filter(isRemoval).toSorted((a, b) => compareDeployments(b, a));
    for (const { deployment } of removed.slice(MAX_REMOVED_TOLD)) ports.emit({ type: 'drop-checkpoint', module: deployment.module });
    this.changed([...newest.filter((record) => !isRemoval(record)), ...removed.slice(0, MAX_REMOVED_TOLD)]);
  }

  /** New records were accepted. */
  changed(records: readonly VerifiedDeployment[]): void {
    const byModule = new Map(records.map((record) => [record.deployment.module, record]));
    for (const record of byModule.values()) this.#updateOf(record).step();
    this.endUnwanted();
    this.#forgetRemoved();
    this.#parts.codes.keepOnly(new Set(this.codes()));
  }

  /** This node may run others than before. */
  chosen(): void {
    for (const update of this.#updates.values()) update.step();
    this.#parts.codes.keepOnly(new Set(this.codes()));
  }

  /** Those that the present trust epoch does not name, once all is known that it began with. */
  endUnwanted(): void {
    for (const update of this.#updates.values()) if (this.#parts.configuration.isUnwanted(update.name)) update.step();
  }

  /** A code came, or cannot be had for now. */
  codeReady(hash: ContentHash): void {
    for (const update of this.#updates.values()) if (update.codes().includes(hash)) update.step();
  }

  codeMissing(hash: ContentHash, failure: Failure): void {
    for (const update of this.#updates.values()) update.codeMissing(hash, failure);
  }

  /** Something happened to an instance. */
  handle(event: Exclude<InstanceEvent, { readonly type: 'module-exchange' | 'app-request' | 'module-publish' }>): void {
    const update = this.#updates.get(event.module);
    switch (event.type) {
      case 'instance-loaded':
        return update?.loaded(event.generation);
      case 'instance-accepted':
        return update?.accepted(event.generation);
      case 'instance-active':
        return update?.activated(event.generation);
      case 'instance-failed':
        return update?.failed(event.generation, event.failure);
      case 'state-taken':
        return update?.stateTaken(event.generation, event.taken);
      case 'checkpoint-loaded':
        return update?.checkpointLoaded(event.checkpoint, event.ageMs);
    }
  }

  /** What is wrong, in words; null when nothing is. */
  trouble(now: number, anyPeers: boolean): string | null {
    for (const update of this.#wanted()) {
      const trouble = update.standing.trouble(now, anyPeers);
      if (trouble !== null) return trouble;
    }
    return null;
  }

  views(now: number, anyPeers: boolean): ModuleView[] {
    return this.#wanted().map((update) => update.view(now, anyPeers));
  }

  codes(): ContentHash[] {
    return this.#wanted().flatMap((update) => update.codes());
  }

  #wanted(): ModuleUpdate[] {
    return [...this.#updates.values()].filter(({ name }) => !this.#parts.configuration.isUnwanted(name));
  }

  /** However many were removed, events and status cost no more (attack D12). What they are stands in the configuration. */
  #forgetRemoved(): void {
    const removed = [...this.#updates.keys()].flatMap((module) => this.#parts.configuration.newest(module) ?? []).filter(isRemoval);
    if (removed.length <= MAX_REMOVED_TOLD) return;
    const oldest = removed.toSorted((a, b) => compareDeployments(b, a)).slice(MAX_REMOVED_TOLD);
    for (const { deployment } of oldest) this.#updates.delete(deployment.module);
  }

  #updateOf(record: VerifiedDeployment): ModuleUpdate {
    const { module } = record.deployment;
    const update = this.#updates.get(module) ?? new ModuleUpdate(record, { ...this.#parts, runs: () => this.#parts.runs(module) });
    this.#updates.set(module, update);
    return update;
  }
}

function isRemoval({ deployment }: VerifiedDeployment): boolean {
  return deployment.code === null;
}
