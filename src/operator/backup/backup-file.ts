/** The file of a backup: a form that is closed and checked from outside in, so that nothing of a hostile one comes near the home. */
import * as v from 'valibot';
import { GossipError } from '../../model/errors.ts';
import { clusterId, nodeName, peerFields } from '../../model/forms.ts';
import type { ClusterId, Peer } from '../../model/names.ts';
import { issueText } from '../../model/issue-text.ts';
import { contentsOf } from '../../trust/file-contents.ts';
import { hashBytes } from '../../trust/manifest.ts';
import { openBytes, sealBytes } from '../../trust/sealed-bytes.ts';

const TYPE = 'gossip/backup/1';
/** Whatever else, it is a backup of some version. */
const ANY_TYPE = /^gossip\/backup\/\d{1,9}$/;

/** A file of a cluster's directory: begins with a letter or digit, and has no separator, so that it names nothing outside. */
export const FILE_NAME = /^[a-z0-9][a-z0-9.-]{0,63}$/;
const CLUSTER_NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;
const OWN_KEY = /^[a-z][a-z-]{0,63}$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
/** A home of thousands of clusters; each file by itself is bounded where it is read. */
export const MOST_FILES = 256;
const MOST_CLUSTERS = 4_096;
const MOST_OWN = 64;
const MAX_TEXT = 4_096;
/** The latest time that can be told as a date. */
const LATEST_MS = 8.64e15;

/** What of a home is kept. Files are in base64. */
export interface BackupContent {
  readonly current: string | null;
  readonly own: Readonly<Record<string, string>>;
  readonly clusters: Record<string, BackedUp>;
}

interface BackedUp {
  readonly cluster: ClusterId;
  readonly nodes: readonly Peer[];
  readonly files: Readonly<Record<string, string>>;
}

const text = v.pipe(v.string(), v.maxLength(MAX_TEXT));
const clusterName = v.pipe(v.string(), v.regex(CLUSTER_NAME, 'is no name of a cluster'));
const base64 = v.pipe(v.string(), v.regex(BASE64, 'is not base64'));
const few = <T extends object>(most: number) => v.check<T, string>((value) => Object.keys(value).length <= most, `holds more than ${most}`);

const outerSchema = v.strictObject({
  type: v.literal(TYPE),
  /** Milliseconds since 1970. */
  created: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(LATEST_MS)),
  encrypted: v.boolean(),
  sha256: v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, 'is no hash')),
  content: base64,
});

const contentSchema: v.GenericSchema<unknown, BackupContent> = v.strictObject({
  current: v.nullable(clusterName),
  own: v.pipe(v.record(v.pipe(v.string(), v.regex(OWN_KEY, 'is no name of a setting')), text), few(MOST_OWN)),
  clusters: v.pipe(
    v.record(
      clusterName,
      v.strictObject({
        cluster: clusterId,
        nodes: v.pipe(v.array(v.strictObject({ ...peerFields, name: nodeName })), v.maxLength(MOST_CLUSTERS)),
        files: v.pipe(v.record(v.pipe(v.string(), v.regex(FILE_NAME, 'is no plain name of a file')), base64), few(MOST_FILES)),
      }),
    ),
    few(MOST_CLUSTERS),
  ),
});

/** `passphrase`: null leaves it readable for whoever has the file. */
export function encodeBackup(content: BackupContent, created: number, passphrase: string | null): Buffer {
  const plain = Buffer.from(JSON.stringify(content));
  const encrypted = passphrase !== null;
  const bytes = encrypted ? sealBytes(plain, passphrase, aboutOf(created)) : plain;
  const file = { type: TYPE, created, encrypted, sha256: hashBytes(bytes), content: bytes.toString('base64') };
  return Buffer.from(`${JSON.stringify(file)}\n`);
}

export interface Backup {
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly encrypted: boolean;
  readonly content: BackupContent;
}

/**
 * `passphrase` is asked for only where the file is encrypted and whole.
 * @throws GOSSIP_E_BACKUP for what is none, damaged or of a newer version; GOSSIP_E_PASSPHRASE
 */
export async function decodeBackup(file: Uint8Array, path: string, passphrase: () => Promise<string>): Promise<Backup> {
  const { created, encrypted, sha256, content } = outerOf(file, path);
  const bytes = Buffer.from(content, 'base64');
  if (hashBytes(bytes) !== sha256) throw new GossipError('GOSSIP_E_BACKUP', `${path} is damaged: its content does not match its checksum`);
  const plain = encrypted ? openBytes(bytes, await passphrase(), aboutOf(created)) : bytes;
  const value = json(plain);
  if (value === null) throw new GossipError('GOSSIP_E_BACKUP', `${path} is damaged: what it holds cannot be read`);
  const parsed = v.safeParse(contentSchema, value);
  if (!parsed.success) throw notWhole(path, parsed.issues[0]);
  return { created, encrypted, content: parsed.output };
}

function outerOf(file: Uint8Array, path: string): v.InferOutput<typeof outerSchema> {
  const value = json(file);
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (typeof type !== 'string' || !ANY_TYPE.test(type))
    throw new GossipError('GOSSIP_E_BACKUP', `${path} is no backup: ${contentsOf(file)}`);
  if (type !== TYPE) {
    throw new GossipError('GOSSIP_E_BACKUP', `${path} was written by a newer version of the program (${type})`, {
      advice: 'Restore it with that version, or a later one.',
    });
  }
  const parsed = v.safeParse(outerSchema, value);
  if (parsed.success) return parsed.output;
  throw notWhole(path, parsed.issues[0]);
}

function notWhole(path: string, issue: v.BaseIssue<unknown>): GossipError {
  return new GossipError('GOSSIP_E_BACKUP', `${path} is no whole backup: ${issueText(issue, 'what it holds')}`);
}

/** Null for what is no JSON: no schema takes it. */
function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return null;
  }
}

/** Sealed with the content, so that neither can be exchanged. */
function aboutOf(created: number): Buffer {
  return Buffer.from(`${TYPE} ${created}`);
}
