/**
 * A node's disk at the level of the values that its stores keep: what was written and synced survives, what was still being
 * written may or may not, and a disk can be full, refuse, or lose what lies on it. (What happens to bytes, syncs and names
 * beneath is for the tests of the real stores.)
 */
import type { Checkpoint, Failure, Hint } from '../../gossip/protocol.ts';
import type { Envelope, VerifiedDeployment } from '../../model/deployment.ts';
import type { ContentHash, ModuleName } from '../../model/names.ts';
import { Copies } from './copies.ts';
import type { Random } from '../../sdk/virtual/random.ts';

/** The records, the steps of the root, and the notes about nodes. */
export interface KeptConfiguration {
  readonly records: readonly VerifiedDeployment[];
  readonly steps: readonly Envelope[];
  readonly notes: readonly Envelope[];
}

/** One thing that is written as one. */
export type Write =
  | ({ readonly file: 'configuration' } & KeptConfiguration)
  /** Not synced, for they are learnt again. */
  | { readonly file: 'hints'; readonly hints: readonly Hint[] }
  /** null throws the module's checkpoints away. */
  | { readonly file: 'checkpoint'; readonly module: ModuleName; readonly checkpoint: Checkpoint | null }
  | { readonly file: 'code'; readonly code: ContentHash };

/** 'full' takes nothing; 'failing' answers with an error, and what it was given may be there all the same. */
export type DiskCondition = 'sound' | 'full' | 'failing';

/** Told the failure, or null when it is durable (of hints: written). */
export type Written = (failure: Failure | null) => void;

/** From the first byte to the return of fsync. */
const WRITE_MS = { min: 0.5, max: 8 };

const REFUSALS = {
  full: { code: 'GOSSIP_E_DISK', message: 'the disk is full' },
  failing: { code: 'GOSSIP_E_DISK', message: 'the disk answers with an error' },
} as const satisfies Record<Exclude<DiskCondition, 'sound'>, Failure>;

interface UnderWay {
  readonly what: Write;
  readonly written: Written;
}

/** What a node would find if it started now. */
export class DiskContent {
  hints: readonly Hint[] = [];
  incarnation = 0;
  readonly codes = new Set<ContentHash>();
  /** Codes among them whose bytes are no longer theirs; whoever hashes them finds it out. */
  readonly spoiledCodes = new Set<ContentHash>();
  readonly configuration = new Copies<KeptConfiguration>();
  readonly checkpoints = new Map<ModuleName, Copies<Checkpoint>>();

  get records(): readonly VerifiedDeployment[] {
    return this.configuration.read()?.records ?? NO_RECORDS;
  }

  get steps(): readonly Envelope[] {
    return this.configuration.read()?.steps ?? NO_STEPS;
  }

  get notes(): readonly Envelope[] {
    return this.configuration.read()?.notes ?? NO_STEPS;
  }

  checkpoint(module: ModuleName): Checkpoint | null {
    return this.checkpoints.get(module)?.read() ?? null;
  }

  /** As a node opens its stores: damage is set aside, and the configuration has two copies again. */
  open(): void {
    for (const copies of this.checkpoints.values()) copies.open();
    const damaged = this.configuration.open();
    const kept = this.configuration.read();
    if (damaged && kept !== null) this.configuration.write(kept);
  }

  /** The bytes of a code are hashed, and thrown away when they are not what they were. */
  check(code: ContentHash): 'whole' | 'spoiled' | 'absent' {
    if (!this.codes.has(code)) return 'absent';
    if (!this.spoiledCodes.delete(code)) return 'whole';
    this.codes.delete(code);
    return 'spoiled';
  }
}

const NO_RECORDS: readonly VerifiedDeployment[] = [];
const NO_STEPS: readonly Envelope[] = [];

export class Disk {
  readonly content = new DiskContent();
  condition: DiskCondition = 'sound';
  readonly #random: Random;
  readonly #after: (delayMs: number, run: () => void) => void;
  /** What is being written to each file, and what waits for that: the next begins when the one before is done. */
  readonly #queues = new Map<string, UnderWay[]>();
  /** Hints as the last power cut would leave them. */
  #oldHints: readonly Hint[] = [];

  /** `after`: the virtual clock. */
  constructor(random: Random, after: (delayMs: number, run: () => void) => void) {
    this.#random = random;
    this.#after = after;
  }

  write(what: Write, written: Written): void {
    const file = fileOf(what);
    const queue = this.#queues.get(file);
    if (queue !== undefined) return void queue.push({ what, written });
    this.#queues.set(file, [{ what, written }]);
    this.#begin(file);
  }

  /** The process is gone: what it was writing may have reached the disk or not, and nobody will hear of it. */
  crash(): void {
    for (const [first] of this.#queues.values()) if (first !== undefined && this.#random.chance(0.5)) this.apply(first.what);
    this.#queues.clear();
  }

  /** The power is gone, and so may be what was not synced: of a file that was not, the old or nothing that can be read is left. */
  cutPower(): void {
    this.crash();
    this.content.hints = this.#random.pick([this.content.hints, this.#oldHints, []]) ?? [];
    this.#oldHints = this.content.hints;
  }

  /** Brings what was written into the files. */
  protected apply(what: Write): void {
    const { content } = this;
    if (what.file === 'configuration') content.configuration.write({ records: what.records, steps: what.steps, notes: what.notes });
    else if (what.file === 'code') content.codes.add(what.code);
    else if (what.file === 'hints') {
      this.#oldHints = content.hints;
      content.hints = what.hints;
    } else if (what.checkpoint === null) content.checkpoints.delete(what.module);
    else {
      const copies = content.checkpoints.get(what.module) ?? new Copies<Checkpoint>();
      content.checkpoints.set(what.module, copies);
      copies.write(what.checkpoint);
    }
  }

  #begin(file: string): void {
    const queue = this.#queues.get(file);
    const first = queue?.[0];
    if (queue === undefined || first === undefined) return void this.#queues.delete(file);
    this.#after(this.#random.between(WRITE_MS.min, WRITE_MS.max), () => {
      // A crash in between let all of it go.
      if (this.#queues.get(file) !== queue) return;
      queue.shift();
      const refusal = this.condition === 'sound' ? null : REFUSALS[this.condition];
      if (refusal === null || (this.condition === 'failing' && this.#random.chance(0.5))) this.apply(first.what);
      first.written(refusal);
      this.#begin(file);
    });
  }
}

function fileOf(what: Write): string {
  if (what.file === 'checkpoint') return `checkpoint of ${what.module}`;
  return what.file === 'code' ? what.code : what.file;
}
