/** The basic types of the system: ids, hashes, names and addresses, each parsed once at the border. */
import { isPeerAddress, isPeerId } from '../sdk/peer-form.ts';
import { GossipError } from './errors.ts';
import type { Brand } from './brand.ts';

/** SHA-256 of a node's public key (SPKI, DER), 64 hex digits. */
export type NodeId = Brand<string, 'NodeId'>;
/** SHA-256 of root version 1, 64 hex digits. */
export type ClusterId = Brand<string, 'ClusterId'>;
/** `sha256:` and 64 hex digits: of a manifest (a code version) or of a blob. */
export type ContentHash = Brand<string, 'ContentHash'>;
/** SHA-256 of a signed payload's bytes, 64 hex digits. */
export type PayloadHash = Brand<string, 'PayloadHash'>;
/** `^[a-z][a-z0-9-]{0,39}$` */
export type ModuleName = Brand<string, 'ModuleName'>;
/** `host:port` with a literal IP address, IPv6 in brackets. */
export type Address = Brand<string, 'Address'>;

const CONTENT_HASH = /^sha256:[0-9a-f]{64}$/;
const MODULE_NAME = /^[a-z][a-z0-9-]{0,39}$/;
const NODE_NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;

export function isNodeId(text: string): text is NodeId {
  return isPeerId(text);
}
export function isContentHash(text: string): text is ContentHash {
  return CONTENT_HASH.test(text);
}
export function isModuleName(text: string): text is ModuleName {
  return MODULE_NAME.test(text) && text !== 'constructor';
}
export function isAddress(text: string): text is Address {
  return isPeerAddress(text);
}
export function isNodeName(text: string): boolean {
  return NODE_NAME.test(text);
}

export function parseModuleName(text: string): ModuleName {
  if (isModuleName(text)) return text;
  throw new GossipError('GOSSIP_E_MODULE_NAME', `'${text}' is not a module name`);
}

export function parseNodeName(text: string): string {
  if (isNodeName(text)) return text;
  throw new GossipError('GOSSIP_E_NODE_NAME', `'${text}' is not a node name`);
}

/** Another node: who it is and where it listens. */
export interface Peer {
  readonly id: NodeId;
  readonly address: Address;
  /** The node's own name, for people; empty when unknown. */
  readonly name: string;
}
