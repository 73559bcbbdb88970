/** What a node belongs to: the cluster's root, its own admission and its name, kept in `cluster.json`. */
import * as v from 'valibot';
import { GossipError } from '../../model/errors.ts';
import type { NodeId } from '../../model/names.ts';
import { nodeId, nodeName } from '../../model/forms.ts';
import { parseNodeName } from '../../model/names.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import { makeAdmission, verifyAdmission } from '../../trust/admission.ts';
import { extendRoot, firstHeld, stepsAfter } from '../../trust/next-root.ts';
import { trustRoot } from '../../trust/root.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import { parseToken } from '../../trust/token.ts';
import type { JoinToken } from '../../trust/token.ts';
import type { JsonFile } from '../store/files/json-file.ts';

export interface Enrollment {
  readonly root: TrustedRoot;
  /** Checked by every peer; see src/trust/admission.ts. Null: the node came without a token, and operators let it in by its id. */
  readonly admission: unknown;
  readonly name: string;
}

/** Open, and kept when the file is written again: another version of the program may have added fields. */
const schema = v.looseObject({
  root: v.unknown(),
  admission: v.unknown(),
  name: nodeName,
  steps: v.optional(v.array(v.unknown()), []),
  /** Whom the directory belongs to, where no admission says it. */
  node: v.optional(nodeId),
});

export interface JoinOptions {
  readonly id: NodeId;
  readonly token: string | undefined;
  /** In the place of a token: the root of the cluster, in which operators let the node in by its id. */
  readonly root?: TrustedRoot | undefined;
  /** The name that was asked for; a node keeps the name it had. */
  readonly name: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Reads what the data directory belongs to, or joins by the token or the root: the first time, and again when file or key were lost. */
export async function enroll(file: JsonFile, options: JoinOptions): Promise<Enrollment> {
  const token = options.token === undefined ? null : parseToken(options.token);
  const given = token?.root ?? options.root ?? null;
  const kept = await readBelonging(file, given !== null);
  if (kept && given && kept.root.cluster !== given.cluster) {
    const clusters = `${kept.root.root.name} (${kept.root.cluster.slice(0, 12)}), ${token === null ? '--root' : 'the token'} to ${given.root.name}`;
    throw new GossipError('GOSSIP_E_DATA_CLUSTER', `the data directory belongs to cluster ${clusters}`);
  }
  const mine = kept?.node === options.id ? kept : null;
  const own = mine && token && isFresh(token, mine, options.now) ? null : mine;
  if (!own && !given) throw kept ? otherKey(file) : await noCluster(file);
  const name = parseNodeName(options.name ?? kept?.name ?? options.id.slice(0, 12));
  const enrollment = own ? { root: own.root, admission: own.admission, name } : enter(given as TrustedRoot, token, options, name);
  if (own?.name === name) return enrollment;
  const { envelope, root: first } = firstHeld(enrollment.root);
  const steps = stepsAfter(enrollment.root, first.version);
  // What a node learns later lies with its configuration; by these alone its own admission is good.
  const before = mine === null ? {} : { ...mine.file, steps };
  const { admission } = enrollment;
  await file.save({
    ...before,
    root: envelope,
    admission,
    name,
    ...(admission === null && { node: options.id }),
    ...(steps.length > 0 && { steps }),
  });
  return enrollment;
}

interface Kept extends Enrollment {
  /** Whom the admission admits, or else the directory belongs to. */
  readonly node: NodeId | undefined;
  /** By which token: the id of its key; null: by none. */
  readonly token: string | null;
  /** The whole document. */
  readonly file: object;
}

/**
 * Nobody may ever have accepted the admission that is kept: its token has ended, was revoked, or is over by the clocks of others. Another token that holds takes its
 * place, whatever this node thinks of the one before; those who know the node ask for neither.
 */
function isFresh(token: JoinToken, kept: Kept, now: number): boolean {
  return token.secret.keyid !== kept.token && !isOver(token.expires, now);
}

function isOver(expires: number | null, now: number): boolean {
  return expires !== null && expires <= now;
}

/** Null when there is nothing, or nothing of use and `replaced` says that a token takes its place. */
async function readBelonging(file: JsonFile, replaced: boolean): Promise<Kept | null> {
  const { value, damaged } = await file.load();
  if (value === null && !damaged) return null;
  try {
    if (damaged) throw new GossipError('GOSSIP_E_DATA_CORRUPT', 'it is not JSON');
    const kept = v.parse(schema, value);
    const { root: envelope, admission, name } = kept;
    const root = extendRoot(trustRoot(envelope), kept.steps);
    const { node, token } = admission === null ? { node: kept.node, token: null } : verifyAdmission(admission, root, { now: null });
    return { root, admission, name, node, token, file: kept };
  } catch (cause) {
    if (!damaged) await file.setAside();
    if (replaced) return null;
    throw damagedFile(file, cause);
  }
}

const RESTORE = 'Restore the file, or join again with --join TOKEN: configuration, code and state are kept.';

function damagedFile({ path }: JsonFile, cause: unknown): GossipError {
  return new GossipError('GOSSIP_E_DATA_CORRUPT', `${path} is damaged and was set aside: ${safeText((cause as Error).message, MAX_TOLD)}`, {
    advice: RESTORE,
    cause,
  });
}

function otherKey({ path }: JsonFile): GossipError {
  return new GossipError('GOSSIP_E_DATA_CORRUPT', `${path} belongs to another node than identity.key`, {
    advice: 'Restore the key from the backup, or join as a new node with --join TOKEN.',
  });
}

/** Whoever is started again and again, as by a service manager, says the first cause each time and not only once. */
async function noCluster(file: JsonFile): Promise<GossipError> {
  const aside = await file.asideAt();
  if (aside !== null) {
    return new GossipError('GOSSIP_E_DATA_CORRUPT', `${file.path} was damaged, and lies at ${aside}`, { advice: RESTORE });
  }
  return new GossipError('GOSSIP_E_NO_CLUSTER', 'the data directory belongs to no cluster', {
    advice: 'Join one: --join TOKEN, or --root FILE.',
  });
}

function enter(root: TrustedRoot, token: JoinToken | null, options: JoinOptions, name: string): Enrollment {
  if (token === null) return { root, admission: null, name };
  if (isOver(token.expires, options.now)) {
    throw new GossipError('GOSSIP_E_TOKEN_EXPIRED', `the join token expired at ${new Date(token.expires ?? 0).toISOString()}`);
  }
  const admission = makeAdmission({ cluster: token.root.cluster, node: options.id }, token.delegation, token.secret);
  return { root, admission, name };
}
