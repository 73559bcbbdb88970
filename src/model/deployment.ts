/** Deployments: the immutable, signed record of what a module must run, and the total order of their numbers (law 1). */
import * as v from 'valibot';
import type { JsonObject } from '../sdk/json.ts';
import type { Brand } from './brand.ts';
import { CONTENT_HASH, isModuleName, NODE_ID } from './names.ts';
import type { ClusterId, ContentHash, ModuleName, NodeId, PayloadHash } from './names.ts';

/** Bound of a sequence: far above any honest use, far below the loss of integer precision (attack A13). */
export const MAX_SEQUENCE = 2 ** 40;
/** Latest time a number may carry: the year 2255; times are milliseconds since 1970. */
export const MAX_TIME = 2 ** 53 - 1;
/** Of author and message, in UTF-16 code units. */
export const MAX_AUTHOR_LENGTH = 128;
export const MAX_MESSAGE_LENGTH = 1_024;

export interface DeploymentNumber {
  /** One more than the highest that was known in the cluster. */
  readonly sequence: number;
  /** When it was made, in milliseconds since 1970 by the operator's clock. Shown, and breaks ties; safety never depends on it (law 7). */
  readonly time: number;
  /** The node at which it entered the cluster. */
  readonly origin: NodeId;
}

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
const hex = v.pipe(v.string(), v.regex(NODE_ID));

/** The closed form of a deployment's payload (attack C2). */
export const deploymentSchema = v.strictObject({
  type: v.literal('gossip/deployment/1'),
  cluster: hex,
  epoch: v.pipe(count(MAX_SEQUENCE), v.minValue(1)),
  number: v.strictObject({
    sequence: v.pipe(count(MAX_SEQUENCE), v.minValue(1)),
    time: count(MAX_TIME),
    origin: hex,
  }),
  module: v.pipe(v.string(), v.check(isModuleName)),
  code: v.nullable(
    v.strictObject({
      hash: v.pipe(v.string(), v.regex(CONTENT_HASH)),
      bytes: count(1024 ** 3),
      files: count(10_000),
      version: text(64),
    }),
  ),
  settings: v.record(v.string(), v.unknown()),
  scrub: v.boolean(),
  rollbackOf: v.nullable(hex),
  author: text(MAX_AUTHOR_LENGTH),
  message: text(MAX_MESSAGE_LENGTH),
});

/** Negative, zero or positive, as `a` is lower than, the same as or higher than `b`: (trust epoch, sequence, time, origin, payload hash). */
export function compareDeployments(a: VerifiedDeployment, b: VerifiedDeployment): number {
  return (
    a.deployment.epoch - b.deployment.epoch ||
    a.deployment.number.sequence - b.deployment.number.sequence ||
    a.deployment.number.time - b.deployment.number.time ||
    compareText(a.deployment.number.origin, b.deployment.number.origin) ||
    compareText(a.hash, b.hash)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `d3` */
export function deploymentName(deployment: Deployment): string {
  return `d${deployment.number.sequence}`;
}
