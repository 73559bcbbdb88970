/** What a node tells of what it does, at its door and to programs for events: deployments, the state of its modules, and alarms. Nothing of it is secret on its machine. */
import type { Note } from '../../gossip/protocol.ts';
import { deploymentName } from '../../model/deployment.ts';
import type { JsonObject } from '../../sdk/json.ts';

/** Null for what concerns the node alone. */
export function nodeEvent(note: Note): JsonObject | null {
  switch (note.event) {
    case 'deployment-accepted': {
      const { module, code, message } = note.record.deployment;
      const version = code?.version ?? null;
      return { event: 'deployment', module, deployment: deploymentName(note.record.deployment), version, message, removed: code === null };
    }
    case 'module-state': {
      const { module, deployment, state, why } = note;
      return { event: 'module', module, deployment, state, why: why === null ? null : { code: why.code, message: why.message } };
    }
    case 'alarm':
      return { event: 'alarm', code: note.alarm.code, message: note.alarm.message };
    default:
      return null;
  }
}
