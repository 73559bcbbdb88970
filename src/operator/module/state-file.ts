/** A module's state in a file: a line of JSON that says whose it is, then the state itself, text or bytes, as `transferState` gave it. */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { GossipError } from '../../model/errors.ts';
import { contentHash, moduleName, peerFields } from '../../model/forms.ts';
import { issueText } from '../../model/issue-text.ts';
import type { ContentHash, ModuleName, Peer } from '../../model/names.ts';
import { isBytesState, stateBytes } from '../../model/state-bytes.ts';
import type { StateBytes } from '../../model/state-bytes.ts';
import { carry, MARK_BYTES } from '../../sdk/carried.ts';
import { MAX_STATE_BYTES } from '../../sdk/limits.ts';

/** Whose state it was. */
export interface StateOrigin {
  readonly module: ModuleName;
  /** That gave it, such as `d3`. */
  readonly deployment: string;
  readonly code: ContentHash;
  readonly node: Peer;
  /** When it came, by the operator's clock: ISO 8601. */
  readonly time: string;
}

export interface StateFile {
  /** Null for a file that holds a state and nothing else. */
  readonly origin: StateOrigin | null;
  readonly state: StateBytes;
}

/** The first line of the file. */
export interface StateHeader extends StateOrigin {
  readonly type: typeof TYPE;
  readonly form: 'text' | 'bytes';
  /** Length of the state, and its SHA-256 in hexadecimal digits: what was cut off or edited is found out. */
  readonly bytes: number;
  readonly sha256: string;
}

const TYPE = 'gossip/state/1';
const BEGINNING = Buffer.from('{"type":"gossip/state/');
const MAX_HEADER_BYTES = 4_096;
const NEWLINE = 0x0a;

/** Open: fields that a later version adds are ignored. */
const headerSchema = v.object({
  type: v.literal(TYPE),
  module: moduleName,
  deployment: v.pipe(v.string(), v.maxLength(100)),
  code: contentHash,
  node: v.object(peerFields),
  time: v.pipe(v.string(), v.maxLength(100)),
  form: v.picklist(['text', 'bytes']),
  bytes: v.number(),
  sha256: v.string(),
});

export function headerOf(origin: StateOrigin, state: StateBytes): StateHeader {
  const hash = createHash('sha256');
  for (const piece of bare(state)) hash.update(piece);
  return { type: TYPE, ...origin, form: isBytesState(state) ? 'bytes' : 'text', bytes: stateBytes(state), sha256: hash.digest('hex') };
}

export function encodeStateFile(header: StateHeader, state: StateBytes): readonly Uint8Array[] {
  return [Buffer.from(`${JSON.stringify(header)}\n`), ...bare(state)];
}

/**
 * What lies in the file `name`. A file without the first line is a state itself: text, or bytes where it is no UTF-8.
 * @throws GOSSIP_E_FILE for what was exported and is not whole, or is too large
 */
export function decodeStateFile(file: Buffer, name: string): StateFile {
  const begins = BEGINNING.equals(file.subarray(0, BEGINNING.length));
  const end = begins ? file.subarray(0, MAX_HEADER_BYTES).indexOf(NEWLINE) : -1;
  if (begins && end === -1) throw spoilt(name, 'its first line has no end');
  const content = file.subarray(end + 1);
  if (content.length > MAX_STATE_BYTES) throw spoilt(name, `a state of ${content.length} bytes, ${MAX_STATE_BYTES} are allowed`);
  if (!begins) return { origin: null, state: carried(content, isUtf8(content) ? 'text' : 'bytes') };
  const header = v.safeParse(headerSchema, jsonOrNull(file.subarray(0, end).toString()));
  if (!header.success) throw spoilt(name, `its first line is not that of this version: ${issueText(header.issues[0], 'it')}`);
  const { form, type: _, bytes, sha256, ...origin } = header.output;
  const state = carried(content, form);
  if (content.length !== bytes) throw spoilt(name, `it holds ${content.length} bytes of a state of ${bytes}`);
  if (headerOf(origin, state).sha256 !== sha256) throw spoilt(name, 'its state is not the one that was exported');
  return { origin, state };
}

function bare(state: StateBytes): StateBytes {
  const [first = new Uint8Array(), ...rest] = state;
  return isBytesState(state) ? [first.subarray(MARK_BYTES), ...rest] : state;
}

function carried(content: Uint8Array, form: StateHeader['form']): StateBytes {
  return form === 'bytes' ? [carry(new Uint8Array()), content] : [content];
}

function spoilt(name: string, why: string): GossipError {
  return new GossipError('GOSSIP_E_FILE', `${name} is no state: ${why}`, { advice: "Export it again: 'gossip module state export'." });
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
