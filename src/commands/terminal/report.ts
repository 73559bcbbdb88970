/** How errors are shown: one line of what happened with its code, one of what to do. Stack traces only with GOSSIP_DEBUG. */
import { fileURLToPath } from 'node:url';
import { Errors } from '@oclif/core';
import { GossipError, toGossipError } from '../../model/errors.ts';
import { safeText } from '../../model/safe-text.ts';

/** Of the package; the same seen from sources and from the build. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The coded form of what a command threw; what the parser of flags refuses is a usage error. */
export function codedError(thrown: unknown): GossipError {
  if (thrown instanceof GossipError) return withoutParsing(thrown);
  if (thrown instanceof Errors.CLIError) return new GossipError('GOSSIP_E_USAGE', oneLine(thrown.message), { cause: thrown });
  return toGossipError(thrown);
}

export function errorLines(error: GossipError, thrown: unknown = error, debug = process.env['GOSSIP_DEBUG']): string[] {
  const lines = [`Error: ${safeText(error.message)} [${error.code}]`, `  ${safeText(withPlaces(error.advice))}`];
  if (debug !== undefined && debug !== '' && thrown instanceof Error)
    lines.push(...(thrown.stack ?? '').split('\n').map((line) => safeText(line)));
  return lines;
}

export function errorJson(error: GossipError): unknown {
  return { ...jsonBeside(error), error: { code: error.code, message: error.message, advice: withPlaces(error.advice) } };
}

/** The guides come with the program: a message that points to one says where it lies on this machine. */
function withPlaces(advice: string): string {
  return advice.replace(/(?<![\w/])docs\/[a-z-]+\.md\b/g, (guide) => `${ROOT}${guide}`);
}

/** What a command had done before it failed. */
function jsonBeside(error: GossipError): object {
  return 'json' in error && typeof error.json === 'object' && error.json !== null ? error.json : {};
}

/** oclif writes `Parsing --flag` around the message of an error that a flag's own parser threw. */
function withoutParsing(error: GossipError): GossipError {
  const [, flag, message] = /^Parsing (--\S+)\s+([\s\S]*?)\s*See more help with --help$/.exec(error.message) ?? [];
  if (flag === undefined || message === undefined) return error;
  return new GossipError(error.code, `${flag}: ${message}`, { advice: error.advice, cause: error });
}

function oneLine(message: string): string {
  return message
    .replace(/\s*See more help with --help\s*$/, '')
    .replace(/^Parsing (--\S+)\s+/, '$1: ')
    .replace(/^The following errors? occurred:\s+/, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
}
