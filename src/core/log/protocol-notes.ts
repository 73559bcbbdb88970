/** The protocol's notes as lines of the journal and the log. */
import type { Failure, Note } from '../../gossip/protocol.ts';
import { deploymentName } from '../../model/deployment.ts';
import type { JsonObject } from '../../sdk/json.ts';

export function journalEntry(note: Note): JsonObject & { readonly event: Note['event'] } {
  return { event: note.event, ...fieldsOf(note) };
}

function fieldsOf(note: Note): JsonObject {
  switch (note.event) {
    case 'deployment-accepted': {
      const { deployment, hash } = note.record;
      const code = deployment.code?.hash ?? null;
      return { deployment: deploymentName(deployment), module: deployment.module, code, hash, via: note.via, from: note.from };
    }
    case 'module-state':
      return { module: note.module, deployment: note.deployment, state: note.state, ...whyFields(note.why) };
    case 'root-accepted':
      return { version: note.version, epoch: note.epoch, from: note.from };
    case 'stale':
      return { stale: note.stale };
    case 'note-accepted': {
      const { kind, subject, name, author } = note.note.note;
      return { kind, subject, name, author, from: note.from };
    }
    case 'node-left':
    case 'node-back':
      return { peer: note.peer.name || note.peer.address, id: note.peer.id };
    case 'code-fetched':
      return { module: note.module, code: note.code.hash, from: note.from };
    case 'backup-rate':
      return { rate: note.rate, why: note.why };
    case 'strain':
      return { ...note.strain };
    case 'conflict':
      return { deployment: deploymentName(note.a.deployment), a: note.a.hash, b: note.b.hash };
    case 'alarm':
      return { code: note.alarm.code, why: note.alarm.message };
    case 'state-dropped':
      return { module: note.module, why: note.why };
    case 'state-restored':
      return { module: note.module, deployment: note.deployment, ageMs: note.ageMs };
    case 'checkpoint':
      return { module: note.module, deployment: note.deployment, ...whyFields(note.why) };
    case 'receive-failed': {
      const { module, deployment, from, failure, untold } = note;
      return { module, deployment, peer: from.name || from.address, from: from.id, ...whyFields(failure), untold };
    }
    case 'request-failed': {
      const { module, deployment, failure, untold } = note;
      return { module, deployment, ...whyFields(failure), untold };
    }
  }
}

/** What a person should see who reads errors alone: a module that fails is one, and so is a state that cannot be kept. */
export function levelOf(note: Note): 'info' | 'warn' | 'error' {
  switch (note.event) {
    case 'module-state':
      return note.state === 'failed' ? 'error' : note.state === 'held' ? 'warn' : 'info';
    case 'receive-failed':
    case 'request-failed':
      return 'error';
    case 'checkpoint':
      return note.why === null ? 'info' : 'error';
    case 'strain':
      return note.strain.level > 1 ? 'warn' : 'info';
    case 'stale':
      return note.stale ? 'warn' : 'info';
    case 'alarm':
      return 'warn';
    default:
      return 'info';
  }
}

function whyFields(why: Failure | null): JsonObject {
  return why ? { code: why.code, why: why.message } : {};
}
