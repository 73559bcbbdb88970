/** Since when logs are wanted: for so long, by the node's own clock, or from a moment on. */
import { GossipError } from '../../model/errors.ts';
import { parseDuration } from '../../model/duration.ts';
import type { LogQuestion } from '../../api/logs.ts';

/** A date, or a date and a time: without a zone it is that of UTC, as the lines themselves are. */
const MOMENT = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

export function parseSince(text: string): Pick<LogQuestion, 'ageMs' | 'since'> {
  const [, date, time = '00:00', zone = 'Z'] = MOMENT.exec(text) ?? [];
  if (date === undefined) return { ageMs: parseDurationOrMoment(text), since: null };
  const since = Date.parse(`${date}T${time}${zone}`);
  if (Number.isNaN(since) || since < 0) throw new GossipError('GOSSIP_E_USAGE', `there is no moment '${text}'`);
  return { ageMs: null, since };
}

function parseDurationOrMoment(text: string): number {
  try {
    return parseDuration(text);
  } catch (cause) {
    const { message } = cause as Error;
    throw new GossipError(
      'GOSSIP_E_USAGE',
      message.endsWith('is not a duration') ? `'${text}' is neither a duration nor a moment` : message,
      {
        advice: 'Write a number and a unit, such as 10m or 24h, or a moment in UTC, such as 2026-01-31T12:00.',
        cause,
      },
    );
  }
}
