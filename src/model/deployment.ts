/** Deployments: the immutable, signed record of what a module must run, and the total order of their numbers (law 1). */
import * as v from 'valibot';
import type { JsonObject } from '../sdk/json.ts';
import type { Brand } from './brand.ts';
import { compareNumbers, compareText, MAX_SEQUENCE, MAX_TIME } from './deployment-number.ts';
import type { DeploymentNumber } from './deployment-number.ts';
import { clusterId, contentHash, moduleName, nodeId, payloadHash } from './forms.ts';
import type { ClusterId, ContentHash, ModuleName, PayloadHash } from './names.ts';

/** Of author and message, in UTF-16 code units. */
export const MAX_AUTHOR_LENGTH = 128;
export const MAX_MESSAGE_LENGTH = 1_024;

/** A code version and what the signature bounds of it. */
export interface CodeReference {
  readonly hash: ContentHash;
  /** Sum of the sizes of all files; a fetch stops one byte later. */
  readonly bytes: number;
  readonly files: number;
  /** The author's label from module.json. */
  readonly version: string;
}

export interface Deployment {
  readonly type: 'gossip/deployment/1';
  readonly cluster: ClusterId;
  /** Trust epoch of the root that the signatures answer to. A higher one outranks every number of a lower one. */
  readonly epoch: number;
  readonly number: DeploymentNumber;
  readonly module: ModuleName;
  /** The code to run, or null: a tombstone that removes the module (attack B6). */
  readonly code: CodeReference | null;
  readonly settings: JsonObject;
  /** Throws the old state away and opens a new state epoch (law 3). */
  readonly scrub: boolean;
  /** The deployment whose code and settings this one repeats. */
  readonly rollbackOf: PayloadHash | null;
  readonly author: string;
  readonly message: string;
}

/** A DSSE envelope: base64 payload and the signatures over its pre-authentication encoding. */
export interface Envelope {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** A deployment whose signatures met the root's threshold (law 2). Only src/trust makes one. */
export type VerifiedDeployment = Brand<
  { readonly envelope: Envelope; readonly hash: PayloadHash; readonly deployment: Deployment },
  'VerifiedDeployment'
>;

const count = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(max));
const text = (max: number) => v.pipe(v.string(), v.maxLength(max));

/** The closed form of a deployment's payload (attack C2). */
export const deploymentSchema = v.strictObject({
  type: v.literal('gossip/deployment/1'),
  cluster: clusterId,
  epoch: v.pipe(count(MAX_SEQUENCE), v.minValue(1)),
  number: v.strictObject({
    sequence: v.pipe(count(MAX_SEQUENCE), v.minValue(1)),
    time: count(MAX_TIME),
    origin: nodeId,
  }),
  module: moduleName,
  code: v.nullable(
    v.strictObject({
      hash: contentHash,
      bytes: count(1024 ** 3),
      files: count(10_000),
      version: text(64),
    }),
  ),
  settings: v.record(v.string(), v.unknown()),
  scrub: v.boolean(),
  rollbackOf: v.nullable(payloadHash),
  author: text(MAX_AUTHOR_LENGTH),
  message: text(MAX_MESSAGE_LENGTH),
});

/** Negative, zero or positive, as `a` is lower than, the same as or higher than `b`: (trust epoch, sequence, time, origin, payload hash). */
export function compareDeployments(a: VerifiedDeployment, b: VerifiedDeployment): number {
  const [one, other] = [a.deployment, b.deployment];
  return one.epoch - other.epoch || compareNumbers(one.number, other.number) || compareText(a.hash, b.hash);
}

/** `d3` */
export function deploymentName(deployment: Deployment): string {
  return `d${deployment.number.sequence}`;
}
