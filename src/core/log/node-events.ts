/** What a node tells of what it does, at its door and to programs for events: deployments, the state of its modules, peers that leave, and alarms. Nothing of it is secret on its machine. */
import type { NodeEvent } from '../../api/node-events.ts';
import type { Note } from '../../gossip/protocol.ts';
import { deploymentName } from '../../model/deployment.ts';

/** Null for what concerns the node alone. */
export function nodeEvent(note: Note): NodeEvent | null {
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
    case 'node-left':
    case 'node-back': {
      const { id, name, address } = note.peer;
      return { event: note.event, peer: { id, name, address } };
    }
    case 'alarm':
      return { event: 'alarm', code: note.alarm.code, message: note.alarm.message };
    default:
      return null;
  }
}
