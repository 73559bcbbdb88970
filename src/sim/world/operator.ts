/** The operator of a simulated cluster: really signs, with a key that is always the same, so that a run depends on its seed alone. */
import type { Deployment, VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName, NodeId, PayloadHash, Peer } from '../../model/names.ts';
import type { JsonObject } from '../../sdk/index.ts';
import { makeVerifier, signDeployment } from '../../trust/deployment.ts';
import { fromSecret } from '../../trust/keys.ts';
import type { PrivateKey } from '../../trust/keys.ts';
import { makeRoot, trustRoot } from '../../trust/root.ts';
import { BEGINNING_MS } from '../../sdk/virtual/scheduler.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { Code } from './codes.ts';

/** PKCS#8 of the Ed25519 key whose 32 secret bytes are zero: known to everybody, for nothing but simulations. */
const KEY = 'MC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

export interface Order {
  readonly module: ModuleName;
  /** null removes the module. */
  readonly code: Code | null;
  readonly settings?: JsonObject;
  readonly scrub?: boolean;
  readonly rollbackOf?: PayloadHash;
}

export class Operator {
  readonly root: TrustedRoot;
  readonly verify: (envelope: unknown) => VerifiedDeployment;
  /** Everything that was ever signed, by payload hash: what may run at all (law 2). */
  readonly signed = new Map<PayloadHash, VerifiedDeployment>();
  readonly #key: PrivateKey = fromSecret(KEY);

  constructor(rendezvous: readonly Peer[]) {
    const keys = { rootKeys: [this.#key], deployKeys: [this.#key], admitKeys: [this.#key] };
    this.root = trustRoot(makeRoot({ name: 'simulated', created: BEGINNING_MS, ...keys, rendezvous }));
    this.verify = makeVerifier(this.root);
  }

  /** Signs a deployment with this number. */
  sign(
    { module, code, settings, scrub, rollbackOf }: Order,
    number: { sequence: number; time: number; origin: NodeId },
  ): VerifiedDeployment {
    const deployment: Deployment = {
      type: 'gossip/deployment/1',
      cluster: this.root.cluster,
      epoch: this.root.root.epoch,
      number,
      module,
      code: code === null ? null : code.reference,
      settings: settings ?? {},
      scrub: scrub ?? false,
      rollbackOf: rollbackOf ?? null,
      author: 'operator',
      message: '',
    };
    const record = this.verify(signDeployment(deployment, [this.#key]));
    this.signed.set(record.hash, record);
    return record;
  }
}
