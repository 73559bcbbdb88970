/** An event of a node in words: `d2 of counter accepted, by rumor from node3`. */
import type { NodeEvent } from '../monitor/events.ts';
import type { Tone } from './cells.ts';
import { shortHash } from './cells.ts';
import { fieldWords } from '../../model/field-words.ts';
import type { JsonObject } from '../../sdk/json.ts';

/** Names of nodes by their ids, as far as they are known. */
export type NameOf = (id: string) => string | undefined;

const VIA: Readonly<Record<string, string>> = {
  injection: 'from an operator',
  exchange: 'with gossip of a module',
  rumor: 'by a rumor',
  backup: 'by backup gossip',
};
const STATE_TONES: Readonly<Record<string, Tone>> = { running: 'good', updating: 'dim', held: 'warn', failed: 'bad' };

export function eventTone({ event, level, fields }: NodeEvent): Tone | null {
  if (event === 'module-state') return STATE_TONES[wordOf(fields, 'state')] ?? null;
  if (level === 'error') return 'bad';
  return level === 'warn' ? 'warn' : null;
}

/** Not yet safe for a terminal: it holds words of nodes. */
export function eventText(told: NodeEvent, nameOf: NameOf): string {
  const { event, fields } = told;
  const word = (key: string): string => wordOf(fields, key);
  const of = [told.deployment, told.module].filter((part) => part !== null).join(' of ');
  const from = fields['from'];
  const who = typeof from === 'string' ? ` from ${nameOf(from) ?? shortHash(from)}` : '';
  // That something is under way is said by the state already.
  const code = word('code') === '' || word('state') === 'updating' ? '' : ` (${word('code')})`;
  const why = word('why') === '' ? '' : `: ${word('why')}${code}`;
  switch (event) {
    case 'deployment-accepted':
      return `${of} accepted, ${VIA[word('via')] ?? word('via')}${who}`;
    case 'code-fetched':
      return `code ${shortHash(word('code'))} of ${told.module ?? '?'} fetched${who}`;
    case 'module-state':
      return `${of} ${word('state')}${why}`;
    case 'receive-failed':
    case 'request-failed':
      return `${of} could not answer ${event === 'receive-failed' ? word('peer') || 'a peer' : 'an application'}${why}`;
    case 'state-dropped':
      return `state of ${told.module ?? '?'} dropped${why}`;
    case 'state-restored':
      return `${of} began with a checkpoint that was ${word('ageMs')} ms old`;
    case 'checkpoint':
      return why === '' ? `${of} gives its state again` : `no state can be taken of ${of}${why}`;
    case 'backup-rate':
      return `backup gossip is ${word('rate')}${why}`;
    case 'strain':
      return word('level') === '1' ? 'is behind no more' : `is behind: its rounds take ${word('level')} times as long`;
    case 'stale':
      return fields['stale'] === true ? 'stale: most rendezvous nodes have not confirmed what it holds' : 'is stale no more';
    case 'root-accepted':
      return `version ${word('version')} of the root holds${who}`;
    case 'note-accepted':
      return `${word('kind')} of ${word('name') || shortHash(word('subject'))} holds, by ${word('author')}`;
    case 'node-left':
      return `${word('peer')} has left`;
    case 'peer-met':
      return `${peerText(fields)} is met`;
    case 'peer-silent':
      return `${peerText(fields)} does not answer any more`;
    case 'peer-back':
      return `${peerText(fields)} answers again`;
    case 'ready':
      return `started (start ${word('incarnation')}) at ${word('address')}; hosts are isolated by ${word('isolation')}`;
    case 'alarm':
      return `alarm${why}`;
    default:
      return `${event}${fieldWords(fields)}`;
  }
}

/** A peer, or the number of those that are not named. */
function peerText(fields: JsonObject): string {
  const others = wordOf(fields, 'others');
  return others === '' ? wordOf(fields, 'peer') || '?' : `each of ${others} others`;
}

/** Text, and numbers as text; empty for what is not there. */
function wordOf(fields: JsonObject, key: string): string {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}
