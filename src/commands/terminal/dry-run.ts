/** `--dry-run`: what a deployment would change, for whom, and how long it would take; nothing is signed or sent. */
import type { JsonObject } from '../../sdk/json.ts';
import { toGossipError } from '../../model/errors.ts';
import { formatDuration } from '../../model/duration.ts';
import { gatherCluster } from '../../operator/client/nodes.ts';
import type { NodeAddress } from '../../operator/client/client.ts';
import type { CodeSource } from '../../operator/deploy/code-source.ts';
import { changeLines } from '../../operator/deploy/change-text.ts';
import { nextSequence } from '../../operator/deploy/deploy.ts';
import type { Draft } from '../../operator/deploy/deploy.ts';
import { audienceOf, forecast } from '../../operator/deploy/forecast.ts';
import type { Audience, Forecast } from '../../operator/deploy/forecast.ts';
import { highestSeen } from '../../operator/deploy/highest.ts';
import { placeText } from '../../operator/deploy/place.ts';
import type { Place } from '../../operator/deploy/place.ts';
import { findCode } from '../../operator/deploy/rollback.ts';
import { codeDifference } from '../../operator/difference/code-difference.ts';
import type { FileDifference } from '../../operator/difference/code-difference.ts';
import { settingsDifference } from '../../operator/difference/settings-difference.ts';
import { fileLines, settingLines } from '../../operator/render/difference-text.ts';
import { countOfNodes, namesOf } from '../../operator/render/names.ts';
import { reachable } from '../../operator/status/gather.ts';
import type { Records } from '../../operator/status/records.ts';
import type { Session } from '../../operator/settings/session.ts';
import { placeJson } from './deploying.ts';
import type { Speaker } from './speaker.ts';
import { startProgress } from './progress.ts';
import { drawLines } from './table.ts';

export interface Intended {
  readonly session: Session;
  readonly node: NodeAddress;
  readonly place: Place;
  readonly draft: Draft;
  /** The code of the draft; null for a removal. */
  readonly code: CodeSource | null;
  readonly remarks: readonly string[];
  readonly known: Records;
}

/** Says it on stderr, and gives what `--json` prints. `changes` is false where only the number would be new. */
export async function foretell(command: Speaker, intended: Intended) {
  const { session, node, place, draft, code, known } = intended;
  const progress = await startProgress('Looking ahead', command.json);
  const told = await lookAhead(intended).finally(() => progress.stop());
  const { audience, files, expected, settings } = told;
  const newest = known.newest(draft.module);
  const deployment = `d${nextSequence(known, highestSeen(session.cluster.directory))}`;
  const after = newest === undefined ? null : known.name(newest);
  const changes = draft.scrub || files === null || files.length > 0 || settings.length > 0 || newest === undefined;
  command.remark(`${placeText(place)}.`);
  for (const remark of intended.remarks) command.remark(remark);
  command.remark('Would make, and has not:');
  for (const line of changeLines(draft, deployment, known)) command.remark(`  ${line}`);
  command.show(drawLines([...settingLines(settings), ...fileText(files, after, deployment)]));
  command.remark(audienceText(audience));
  command.remark(expectedText(expected, draft.code === null));
  return {
    dryRun: true,
    changes,
    ...placeJson(place),
    deployment,
    module: draft.module,
    code: code?.reference.hash ?? null,
    version: code?.reference.version ?? null,
    files: code?.reference.files ?? 0,
    bytes: code?.reference.bytes ?? 0,
    after,
    node: node.name || node.address,
    settings: draft.settings ?? newest?.deployment.settings ?? {},
    changed: { files, settings },
    audience,
    expected,
  };
}

interface Ahead {
  readonly audience: Audience;
  /** Null where no node has the code of before any more. */
  readonly files: readonly FileDifference[] | null;
  readonly settings: ReturnType<typeof settingsDifference>;
  readonly expected: Forecast | null;
}

async function lookAhead({ session, node, place, draft, code, known }: Intended): Promise<Ahead> {
  const { sightings } = await gatherCluster(session.cluster, session.client);
  const newest = known.newest(draft.module)?.deployment;
  const before: JsonObject = newest?.settings ?? {};
  const audience = audienceOf(sightings, draft.module, (newest?.code ?? null) !== null);
  const files = await filesOf({ draft, code, known }, [node, ...reachable(sightings)], session);
  const codeBytes = files?.reduce((sum, { sizeAfter }) => sum + (sizeAfter ?? 0), 0) ?? code?.reference.bytes ?? 0;
  const expected = await forecast(
    { nodes: audience.nodes, intervalMs: place.intervalMs, codeBytes },
    session.cluster.root.root.rendezvous.length,
  );
  return { audience, files, settings: settingsDifference(before, draft.settings ?? before), expected };
}

async function filesOf(
  { draft, code, known }: Pick<Intended, 'draft' | 'code' | 'known'>,
  nodes: readonly NodeAddress[],
  { client }: Session,
): Promise<readonly FileDifference[] | null> {
  const newest = known.newest(draft.module);
  const before = newest?.deployment.code ?? null;
  try {
    const old = newest === undefined || before === null || before.hash === draft.code?.hash ? null : await findCode(newest, nodes, client);
    return before?.hash === draft.code?.hash ? [] : await codeDifference(old, code, { lines: false });
  } catch (thrown) {
    if (toGossipError(thrown).code === 'GOSSIP_E_CODE_ABSENT') return null;
    throw thrown;
  }
}

function fileText(files: readonly FileDifference[] | null, after: string | null, deployment: string) {
  if (files === null)
    return [{ text: `Files: no node has the code of ${after ?? 'before'} any more; nothing to compare with`, tone: 'warn' as const }];
  return fileLines(files, { deployment: after ?? 'nothing' }, { deployment });
}

function audienceText({ nodes, answered, without }: Audience): string {
  const told =
    answered === nodes ? `${countOfNodes(nodes)}, all of which answered` : `${countOfNodes(nodes)}, ${answered} of which answered`;
  return `For ${told}${without.length === 0 ? '' : `; not to run on ${namesOf(without)}`}.`;
}

function expectedText(expected: Forecast | null, isRemoval: boolean): string {
  if (expected === null) return 'How long it would take was not simulated: the cluster is too large for a quick look; see gossip simulate.';
  const { nodes, intervalMs, knownMs, runningMs } = expected;
  const time = (ms: number | null): string => (ms === null ? 'never' : `after ${formatDuration(ms)}`);
  return `Expected: known everywhere ${time(knownMs)}, ${isRemoval ? 'gone' : 'running'} everywhere ${time(runningMs)} (by the simulator: ${countOfNodes(nodes)} on machines that are idle and as fast as those it was measured on, rounds of ${formatDuration(intervalMs)}).`;
}
