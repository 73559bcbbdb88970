/** What a node says of the records that it has taken in. */
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { NodeId } from '../model/names.ts';
import { leapAlarm, twiceAlarm } from './alarms.ts';
import type { Merge } from './configuration.ts';
import { isSignedTwice } from './conflict.ts';
import type { Note } from './protocol.ts';

/** The way that a record came. */
export type Via = Extract<Note, { event: 'deployment-accepted' }>['via'];

export function mergeNotes({ applied, aside, conflicts }: Merge, via: Via, from: NodeId | null): Note[] {
  return [
    ...applied.map((record: VerifiedDeployment): Note => ({ event: 'deployment-accepted', record, via, from })),
    ...aside.map((record: VerifiedDeployment): Note => ({ event: 'alarm', alarm: leapAlarm(record) })),
    ...conflicts.flatMap((conflict): Note[] => {
      const said: Note = { event: 'conflict', ...conflict };
      return isSignedTwice(conflict) ? [said, { event: 'alarm', alarm: twiceAlarm(conflict) }] : [said];
    }),
  ];
}
