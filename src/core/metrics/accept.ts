/** Which of the two formats whoever scrapes wants (RFC 9110 section 12.5.1): OpenMetrics where it is named at least as high as the older text. */
import type { Format } from './text.ts';

const OPENMETRICS = 'application/openmetrics-text';
const VERSION = '1.0.0';

export function formatFor(accept: string | undefined): Format {
  const ranges = (accept ?? '').split(',').map(parseRange);
  const openmetrics = Math.max(0, ...ranges.filter(isOpenMetrics).map(({ weight }) => weight));
  const text = Math.max(0, ...ranges.filter(({ type }) => type === 'text/plain').map(({ weight }) => weight));
  return openmetrics > 0 && openmetrics >= text ? 'openmetrics' : 'text';
}

interface Range {
  readonly type: string;
  readonly version: string | undefined;
  readonly weight: number;
}

function isOpenMetrics({ type, version = VERSION }: Range): boolean {
  return type === OPENMETRICS && version === VERSION;
}

/** What is no weight counts as none given. */
function parseRange(range: string): Range {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const given = new Map(parameters.map((parameter) => parameter.split('=', 2).map((part) => part.trim()) as [string, string]));
  const weight = Number(given.get('q') ?? 1);
  return { type, version: given.get('version')?.replaceAll('"', ''), weight: weight >= 0 && weight <= 1 ? weight : 1 };
}
