/** One event and what followed from it, in a line that people can read. */
import { formatStamp } from '../../gossip/stamp.ts';
import type { GossipAnswer, GossipRequest } from '../../gossip/messages.ts';
import type { GossipEffect, GossipEvent, Note } from '../../gossip/protocol.ts';
import { deploymentName } from '../../model/deployment.ts';

export function eventLine(node: string, event: GossipEvent, effects: readonly GossipEffect[]): string {
  return `${node} ${describeEvent(event)}${effects.map((effect) => ` | ${describeEffect(effect)}`).join('')}`;
}

function describeEvent(event: GossipEvent): string {
  switch (event.type) {
    case 'start':
      return 'start';
    case 'request':
      return `request ${event.token} of ${shortId(event.from.id)}: ${describeRequest(event.message)}`;
    case 'answer':
      return `answer ${event.token}: ${describeAnswer(event.message)}`;
    case 'no-answer':
    case 'code-failed':
      return `${event.type} ${event.token} ${event.failure.code}`;
    case 'peer-met':
      return `peer-met ${shortId(event.peer.id)}`;
    case 'inject':
      return `inject ${event.token} ${deploymentName(event.record.deployment)} ${shortId(event.record.hash)}`;
    case 'persisted':
      return `persisted ${event.token} ${event.refusal?.code ?? 'durable'}`;
    case 'module-exchange':
      return `module-exchange ${event.token} ${event.module}/${event.generation} to ${shortId(event.to.id)} ${event.body.length}`;
    case 'delivered':
      return `delivered ${event.token} ${'body' in event.reply ? event.reply.body.length : event.reply.failure.code}`;
    case 'timer':
    case 'code-fetched':
      return `${event.type} ${event.token}`;
    case 'instance-failed':
      return `instance-failed ${event.module}/${event.generation} ${event.failure.code}`;
    case 'state-taken':
      return `state-taken ${event.module}/${event.generation} ${'state' in event.taken ? event.taken.state.length : event.taken.failure.code}`;
    case 'checkpoint-loaded':
      return `checkpoint-loaded ${event.module} ${event.checkpoint?.state.length ?? 'none'}`;
    case 'instance-loaded':
    case 'instance-accepted':
    case 'instance-active':
      return `${event.type} ${event.module}/${event.generation}`;
  }
}

function describeEffect(effect: GossipEffect): string {
  switch (effect.type) {
    case 'timer':
      return `timer ${effect.token} ${effect.at.toFixed(1)}`;
    case 'send':
      return `send ${effect.token} to ${shortId(effect.to.id)}: ${describeRequest(effect.message)}`;
    case 'respond':
      return `respond ${effect.token}: ${describeAnswer(effect.message)}`;
    case 'injected':
      return `injected ${effect.token} ${effect.answer.outcome}`;
    case 'persist-injection':
      return `persist-injection ${effect.token} ${deploymentName(effect.record.deployment)}`;
    case 'fetch-code':
      return `fetch-code ${effect.token} ${effect.code.version} from ${shortId(effect.from.id)}`;
    case 'note':
      return describeNote(effect.note);
    case 'persist-configuration':
    case 'persist-hints':
      return effect.type;
    case 'module-reply':
      return `module-reply ${effect.token} ${'body' in effect.reply ? 'body' : effect.reply.failure.code}`;
    case 'start-instance':
      return `start-instance ${effect.module}/${effect.generation} ${deploymentName(effect.record.deployment)}`;
    case 'persist-checkpoint':
    case 'drop-checkpoint':
    case 'load-checkpoint':
      return `${effect.type} ${effect.module}`;
    case 'take-state':
    case 'accept-state':
    case 'activate':
    case 'stop-instance':
    case 'deliver':
      return `${effect.type} ${effect.module}/${effect.generation}`;
  }
}

function describeRequest(message: GossipRequest): string {
  if (message.kind === 'exchange') return `${message.module} ${formatStamp(message.stamp)} ${message.digest}`;
  return `configuration ${message.digest} summary ${message.summary?.length ?? 'none'} records ${message.records.length}`;
}

function describeAnswer(message: GossipAnswer): string {
  if (message.kind === 'answer') return `answer ${message.digest} ${message.body.length}`;
  if (message.kind === 'mismatch') return `mismatch ${message.digest} records ${message.records.length}`;
  if (message.kind === 'unavailable') return `unavailable ${message.reason}`;
  return `configuration ${message.digest} records ${message.records.length} lacking ${message.lacking.length} fresh ${message.fresh}`;
}

function describeNote(note: Note): string {
  if (note.event !== 'module-state') return `note ${note.event}`;
  return `note ${note.module} ${note.state} ${note.deployment ?? 'none'}${note.why === null ? '' : ` ${note.why.code}`}`;
}

function shortId(id: string): string {
  return id.slice(0, 8);
}
