/** The operator of a simulated cluster: really signs, with a key that is always the same, so that a run depends on its seed alone. */
import type { Deployment, Envelope, VerifiedDeployment } from '../../model/deployment.ts';
import type { DeploymentNumber } from '../../model/deployment-number.ts';
import type { ModuleName, NodeId, PayloadHash, Peer } from '../../model/names.ts';
import type { JsonObject } from '../../sdk/index.ts';
import { makeVerifier, signDeployment } from '../../trust/deployment.ts';
import { extendRoot, makeNextRoot, nextRoot } from '../../trust/next-root.ts';
import { fromSecret } from '../../trust/keys.ts';
import type { PrivateKey } from '../../trust/keys.ts';
import { Trust } from '../../trust/trust.ts';
import type { Verify } from '../../trust/trust.ts';
import { makeRoot, trustRoot } from '../../trust/root.ts';
import { BEGINNING_MS } from '../../sdk/virtual/scheduler.ts';
import { signNote, verifyNote } from '../../trust/node-note.ts';
import type { NoteKind, VerifiedNote } from '../../trust/node-note.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { Code } from './codes.ts';

/** PKCS#8 of an Ed25519 key, up to its 32 secret bytes. */
const KEY_PREFIX = '302e020100300506032b657004220420';
const KEY_BYTES = 32;

/** The keys whose secret bytes are the number: known to everybody, for nothing but simulations. */
function keyOf(number: number): PrivateKey {
  const secret = Buffer.alloc(KEY_BYTES);
  secret.writeUInt32BE(number, KEY_BYTES - 4);
  return fromSecret(Buffer.concat([Buffer.from(KEY_PREFIX, 'hex'), secret]).toString('base64'));
}

export interface Order {
  readonly module: ModuleName;
  /** null removes the module. */
  readonly code: Code | null;
  readonly settings?: JsonObject;
  readonly scrub?: boolean;
  readonly rollbackOf?: PayloadHash;
}

export class Operator {
  /** Everything that was ever signed, by payload hash: what may run at all (law 2). */
  readonly signed = new Map<PayloadHash, VerifiedDeployment>();
  /** Every version of the root that was ever signed, in order. */
  readonly roots: TrustedRoot[];
  /** Hashes of every note about a node that was ever signed. */
  readonly noted = new Set<PayloadHash>();
  /** Shared by all nodes, for what they are depends on the root alone. */
  readonly #verifiers = new Map<PayloadHash, Verify>();
  readonly #extended = new Map<string, TrustedRoot>();
  #key = keyOf(0);
  #keys = 1;

  constructor(rendezvous: readonly Peer[]) {
    const keys = { rootKeys: [this.#key], deployKeys: [this.#key], admitKeys: [this.#key] };
    this.roots = [trustRoot(makeRoot({ name: 'simulated', created: BEGINNING_MS, ...keys, rendezvous }))];
  }

  get root(): TrustedRoot {
    return this.roots.at(-1) as TrustedRoot;
  }

  /** What a node that knows the first version begins with. */
  trust(): Trust {
    return new Trust(this.roots[0] as TrustedRoot, {
      verifierOf: (root) => this.#verifierOf(root),
      extend: (held, steps) => {
        const name = `${held.hash} ${steps.map((step) => (step as Envelope).payload).join(' ')}`;
        const known = this.#extended.get(name) ?? extendRoot(held, steps);
        this.#extended.set(name, known);
        return known;
      },
    });
  }

  /** Exchanges the operator's key in every role; with `raise` in a new trust epoch that begins with so many modules. The root is told to nobody yet. */
  rotate({ raise = false, modules = 0 } = {}): TrustedRoot {
    const [old, fresh] = [this.#key, keyOf(this.#keys)];
    const role = { keys: [fresh.keyid], threshold: 1 };
    const change = {
      created: BEGINNING_MS,
      epoch: this.root.root.epoch + (raise ? 1 : 0),
      ...(raise && { modules }),
      keys: { [fresh.keyid]: { public: fresh.public } },
      roles: { root: role, deploy: role, admit: role },
    };
    this.roots.push(nextRoot(this.root, makeNextRoot(this.root, change, [old, fresh])));
    this.#keys += 1;
    this.#key = fresh;
    return this.root;
  }

  /** Signs a note about a node. It is told to nobody yet. */
  note(kind: NoteKind, subject: NodeId, incarnation = 0): VerifiedNote {
    const { cluster, root } = this.root;
    const made = {
      cluster,
      epoch: root.epoch,
      kind,
      subject,
      incarnation,
      count: this.noted.size + 1,
      time: BEGINNING_MS,
      author: 'operator',
      name: '',
    };
    const note = verifyNote(signNote(made, [this.#key]), this.root);
    this.noted.add(note.hash);
    return note;
  }

  #verifierOf(root: TrustedRoot): Verify {
    const verify = this.#verifiers.get(root.hash) ?? makeVerifier(root);
    this.#verifiers.set(root.hash, verify);
    return verify;
  }

  /** Signs a deployment with this number. */
  sign(order: Order, number: DeploymentNumber): VerifiedDeployment {
    return this.#sign(order, number, this.#key, this.root);
  }

  /** Somebody has a copy of the key from now on, and signs with it as the operator does now. */
  steal(): (order: Order, number: DeploymentNumber) => VerifiedDeployment {
    const [key, root] = [this.#key, this.root];
    return (order, number) => this.#sign(order, number, key, root);
  }

  #sign(
    { module, code, settings, scrub, rollbackOf }: Order,
    number: DeploymentNumber,
    key: PrivateKey,
    root: TrustedRoot,
  ): VerifiedDeployment {
    const deployment: Deployment = {
      type: 'gossip/deployment/1',
      cluster: root.cluster,
      epoch: root.root.epoch,
      number,
      module,
      code: code === null ? null : code.reference,
      settings: settings ?? {},
      scrub: scrub ?? false,
      rollbackOf: rollbackOf ?? null,
      author: 'operator',
      message: '',
    };
    const record = this.#verifierOf(root)(signDeployment(deployment, [key]));
    this.signed.set(record.hash, record);
    return record;
  }
}
