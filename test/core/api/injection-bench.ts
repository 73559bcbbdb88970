/** The operators' door over a store of its own, with a core on paper behind it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Core } from '../../../src/core/core.ts';
import { Injection } from '../../../src/core/api/injection.ts';
import { ContentStore } from '../../../src/core/store/code/content-store.ts';
import type { VerifiedDeployment } from '../../../src/model/deployment.ts';
import type { ModuleName, NodeId } from '../../../src/model/names.ts';
import { encodeManifest } from '../../../src/trust/manifest.ts';
import type { Trust } from '../../../src/trust/trust.ts';
import { words } from '../../support/code.ts';
import type { Code } from '../../support/code.ts';
import { peer, root, verify } from '../../support/records.ts';

export type Outcome = Awaited<ReturnType<Core['inject']>>;

/** Two operators. */
export const [ada, bob] = [peer(1).id, peer(2).id];

export interface Bench {
  readonly store: ContentStore;
  readonly injection: Injection;
  readonly injected: VerifiedDeployment[];
  readonly announce: (record: VerifiedDeployment, of?: Code | null, by?: NodeId) => ReturnType<Injection['announce']>;
  readonly send: (of: Code) => Promise<void>;
}

interface BenchOptions {
  readonly highest?: number;
  readonly outcome?: Outcome;
  readonly trust?: Pick<Trust, 'verify' | 'root'>;
  readonly known?: boolean;
  readonly swept?: () => Promise<void>;
  /** Of a source in which a defence was taken out. */
  readonly Door?: typeof Injection;
  readonly Store?: typeof ContentStore;
}

export async function bench({
  highest = 0,
  outcome = 'applied',
  trust = { verify, root },
  known = false,
  swept = () => Promise.resolve(),
  Door = Injection,
  Store = ContentStore,
}: BenchOptions = {}): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-injection-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const store = await Store.open(directory, { quotaBytes: 50_000_000 });
  const injected: VerifiedDeployment[] = [];
  const core = {
    inject: async (one: VerifiedDeployment) => (injected.push(one), outcome),
    knows: () => known,
    node: {
      highestSequence: () => highest,
      configuration: {
        taken: ({ deployment }: Pick<VerifiedDeployment, 'deployment'>) => deployment.number.sequence <= highest,
        counts: ({ deployment }: Pick<VerifiedDeployment, 'deployment'>) => deployment.number.sequence < 2 ** 25,
        history: () => [],
        hasRoom: (module: ModuleName) => module !== 'onemore',
        has: () => false,
        get: () => undefined,
      },
    },
    swept,
    makeRoom: swept,
  };
  const injection = new Door({ store, trust, core });
  return {
    store,
    injection,
    injected,
    announce: ({ envelope }, of = words(), by = ada) => {
      const manifest: unknown = of && JSON.parse(Buffer.from(encodeManifest(of.manifest)).toString());
      return injection.announce(Buffer.from(JSON.stringify({ envelope, manifest })), by);
    },
    send: async (of) => {
      for (const [hash, blob] of of.blobs) await injection.take(of.reference.hash, hash, bytesOf(blob), ada);
    },
  };
}

export async function* bytesOf(blob: Uint8Array): AsyncGenerator<Uint8Array> {
  yield blob;
}
