/** Restores what a node has on disk when it starts; what no longer holds is left out and said, since peers have it. */
import * as v from 'valibot';
import type { Failure, Hint } from '../gossip/protocol.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import { toGossipError } from '../model/errors.ts';
import { peerFields } from '../model/forms.ts';
import type { NodeId } from '../model/names.ts';
import { NoteBook } from '../gossip/note-book.ts';
import { verifyNote } from '../trust/node-note.ts';
import type { Trust } from '../trust/trust.ts';
import { inSlices } from '../trust/slices.ts';
import { systemClock } from './adapters/clock.ts';
import type { Logger } from './log/log.ts';
import { Members } from './admission/members.ts';
import type { MembersOptions } from './admission/members.ts';
import type { DataDirectory } from './store/data-directory.ts';

/** Peers have it again; a node alone would look as if nothing had ever been deployed. */
function allLost(damaged: boolean): Failure {
  const what = damaged ? 'was damaged and set aside, and nothing is left of it' : 'is gone, though state of modules is there';
  const message = `the configuration on disk ${what}: only peers can bring it back. Without any, numbers of deployments may be used again: deploy with the home of the operator who did so before`;
  return { code: 'GOSSIP_E_DATA_CORRUPT', message };
}

/** The steps of the root first, for they say what records and notes count; the notes go into `book`. */
export async function restoreRecords(
  data: DataDirectory,
  trust: Trust,
  log: Logger,
  lost: (alarm: Failure) => void = () => undefined,
  book: NoteBook = new NoteBook(),
): Promise<VerifiedDeployment[]> {
  const { envelopes, steps, notes, damaged } = await data.configuration.load();
  try {
    trust.adopt(trust.reached(steps).root);
  } catch (error) {
    log.warn({ error: toGossipError(error).message }, 'steps of the root on disk do not verify and were left out');
  }
  if (damaged) log.warn('a damaged copy of the configuration was set aside');
  const readAll = async <T>(signed: readonly unknown[], what: string, verify: (envelope: unknown) => T): Promise<T[]> => {
    const verified = await inSlices(signed, (envelope) => {
      try {
        return [verify(envelope)];
      } catch (error) {
        log.warn({ error: toGossipError(error).message }, `a ${what} on disk does not verify and was left out`);
        return [];
      }
    });
    return verified.flat();
  };
  book.merge(await readAll(notes, 'note about a node', (envelope) => verifyNote(envelope, trust.root)));
  const records = await readAll(envelopes, 'record', trust.verify);
  // State is there only where something was deployed, whose record was written first (law 5).
  if (envelopes.length === 0 && (damaged || !(await data.checkpoints.isEmpty()))) {
    const alarm = allLost(damaged);
    log.error(alarm.message);
    lost(alarm);
  }
  // Two copies again: the next damage must not find the only one.
  if (damaged && records.length > 0)
    await data.configuration
      .save(records, trust.steps, book.envelopes)
      .catch((error: unknown) => log.warn({ error: toGossipError(error).message }, 'not saved again'));
  return records;
}

export async function restoreMembers(
  data: DataDirectory,
  trust: Pick<Trust, 'root'>,
  self: NodeId,
  { log, vouched, notes }: { log: Logger } & Pick<MembersOptions, 'vouched' | 'notes'>,
): Promise<Members> {
  const { value } = await data.admissions.load();
  const unsaved = (error: unknown): void => log.warn({ error: toGossipError(error).message }, 'admissions not saved');
  return new Members({
    trust,
    self,
    known: value,
    now: () => systemClock.wall(),
    vouched,
    ...(notes && { notes }),
    save: (list) => data.admissions.save(list).catch(unsaved),
  });
}

const hint = v.object({ ...peerFields, failures: v.pipe(v.number(), v.safeInteger()), proven: v.boolean() });

export async function restoreHints(data: DataDirectory): Promise<Hint[]> {
  const { value } = await data.hints.load();
  return Array.isArray(value) ? value.filter((each): each is Hint => v.is(hint, each)) : [];
}
