/** The join tokens that were made here, by their fingerprints: a file beside the operator's keys. It holds no token, and whoever loses it loses a list. */
import { join } from 'node:path';
import * as v from 'valibot';
import { writeFileDurably } from '../../core/store/files/writer.ts';
import { MAX_TIME } from '../../model/deployment-number.ts';
import { GossipError } from '../../model/errors.ts';
import { keyId } from '../../model/forms.ts';
import { issueText } from '../../model/issue-text.ts';
import { readGivenText } from '../files/given-file.ts';
import { isThere } from '../files/is-there.ts';
import { lockPatiently } from '../files/one-writer.ts';
import type { OperatorCluster } from './clusters.ts';

const FILE = 'tokens.json';
/** Of more, those fall out that end first. Some 200 bytes each. */
const MAX_KEPT = 500;

const time = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_TIME));
/** Open: a later version may say more, and it is kept. */
const entrySchema = v.looseObject({
  /** The id of the delegated key. */
  fingerprint: keyId,
  /** Trust epoch: in a later one it admits nobody new. */
  epoch: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Milliseconds since 1970. */
  made: time,
  expires: time,
  /** When it was revoked from here. */
  revoked: v.optional(time),
});
const fileSchema = v.looseObject({ tokens: v.array(entrySchema) });

export type MadeToken = v.InferOutput<typeof entrySchema>;
type Place = Pick<OperatorCluster, 'directory'>;

/** In the order in which they were made. Throws `GOSSIP_E_FILE` where the file is damaged. */
export async function madeTokens(cluster: Place): Promise<readonly MadeToken[]> {
  return (await read(cluster)).tokens;
}

export function rememberToken(cluster: Place, token: MadeToken): Promise<void> {
  return change(cluster, (tokens) => {
    const all = [...tokens, token];
    if (all.length <= MAX_KEPT) return all;
    const first = all.reduce((low, each) => (each.expires < low.expires ? each : low));
    return all.filter((each) => each !== first);
  });
}

/** Where it was made here; of others nodes alone keep that. */
export function rememberRevoked(cluster: Place, fingerprint: string, revoked: number): Promise<void> {
  return change(cluster, (tokens) => tokens.map((each) => (each.fingerprint === fingerprint ? { ...each, revoked } : each)));
}

async function change(cluster: Place, act: (tokens: readonly MadeToken[]) => readonly MadeToken[]): Promise<void> {
  const advice = 'See that this directory can be written.';
  const unlock = await lockPatiently(cluster.directory, { what: 'the tokens that were made here', advice });
  try {
    const before = await read(cluster);
    const text = JSON.stringify({ ...before, tokens: act(before.tokens) }, null, 2);
    await writeFileDurably(join(cluster.directory, FILE), Buffer.from(`${text}\n`), { mode: 0o600 });
  } finally {
    unlock();
  }
}

async function read({ directory }: Place): Promise<v.InferOutput<typeof fileSchema>> {
  const path = join(directory, FILE);
  if (!(await isThere(path))) return { tokens: [] };
  const text = await readGivenText(path, 'tokens');
  try {
    const parsed = v.safeParse(fileSchema, JSON.parse(text));
    if (parsed.success) return parsed.output;
    throw new Error(issueText(parsed.issues[0], 'tokens'));
  } catch (cause) {
    throw new GossipError('GOSSIP_E_FILE', `${path} is damaged: ${(cause as Error).message}`, {
      cause,
      advice: 'Take it away: a list of tokens is lost with it, and no token.',
    });
  }
}
