/** The basic types as parts of schemas: every border uses these, and what passes has the branded type. */
import * as v from 'valibot';
import { isAddress, isContentHash, isModuleName, isNodeId, isNodeName } from './names.ts';
import type { ClusterId, PayloadHash } from './names.ts';

const word = <Word extends string>(is: (text: string) => text is Word, message: string) => v.pipe(v.string(message), v.guard(is, message));

export const nodeId = word(isNodeId, 'not a node id');
export const clusterId = word((text): text is ClusterId => isNodeId(text), 'not a cluster id');
export const payloadHash = word((text): text is PayloadHash => isNodeId(text), 'not a hash of 64 hex digits');
/** SHA-256 of a key. */
export const keyId = v.pipe(v.string('not a key id'), v.check(isNodeId, 'not a key id'));
export const contentHash = word(isContentHash, 'not a content hash');
export const moduleName = word(isModuleName, 'not a module name');
export const nodeName = v.pipe(v.string('not a node name'), v.check(isNodeName, 'not a node name'));
export const address = word(isAddress, 'not a literal IP address and a port');

/** The fields of another node, for an object that is closed or open. Its name may be unknown. */
export const peerFields = { id: nodeId, address, name: v.union([v.literal(''), nodeName], 'not a node name') };
