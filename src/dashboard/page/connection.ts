/** Follows the server: what it tells, and whether it is still there. */
import type { Told } from '../wire.ts';
import { part, setAttribute, setText } from './dom.ts';

export function follow(onTold: (told: Told) => void): void {
  const target = part('connection', HTMLElement);
  const show = (text: string, tone: string): void => {
    setText(target, text);
    setAttribute(target, 'class', tone);
  };
  const source = new EventSource('api/stream');
  source.addEventListener('open', () => show('live', 'good'));
  source.addEventListener('message', ({ data }) => onTold(JSON.parse(String(data)) as Told));
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) show("'gossip dashboard' has ended, or is open in four tabs already.", 'bad');
    else show('No connection, trying again; this is of before.', 'bad');
  });
}
