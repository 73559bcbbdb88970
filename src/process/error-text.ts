/** How errors are shown: one line of what happened with its code, one of what to do. Stack traces only with GOSSIP_DEBUG. */
import { fileURLToPath } from 'node:url';
import type { ErrorCode, GossipError } from '../model/errors.ts';
import { safeText } from '../model/safe-text.ts';
import { saysYes } from './environment.ts';

/** Of the package; the same seen from sources and from the build. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export function errorLines(error: GossipError, thrown: unknown = error, debug = process.env['GOSSIP_DEBUG'] ?? ''): string[] {
  const lines = [`Error: ${safeText(error.message)} [${error.code}]`, `  ${safeText(withPlaces(error.advice))}`];
  if (saysYes(debug) && thrown instanceof Error) lines.push(...(thrown.stack ?? '').split('\n').map((line) => safeText(line)));
  return lines;
}

/** What `--json` prints of an error; beside it stands what a command had done before it failed. */
export interface ErrorJson {
  readonly error: {
    /** One of those in docs/errors.md; it stays the same from version to version. */
    readonly code: ErrorCode;
    readonly message: string;
    /** Why a node or a module refused, in a word, where it gave one. */
    readonly reason?: string;
    /** What to do. */
    readonly advice: string;
  };
}

export function errorJson(error: GossipError): ErrorJson {
  const { code, message, advice, reason } = error;
  return { ...jsonBeside(error), error: { code, message, ...(reason !== undefined && { reason }), advice: withPlaces(advice) } };
}

/** The guides come with the program: a message that points to one says where it lies on this machine. */
function withPlaces(advice: string): string {
  return advice.replace(/(?<![\w/])docs\/[a-z-]+\.md\b/g, (guide) => `${ROOT}${guide}`);
}

/** What a command had done before it failed. */
function jsonBeside(error: GossipError): object {
  return 'json' in error && typeof error.json === 'object' && error.json !== null ? error.json : {};
}
