/** The coded form of whatever a command threw, the parser of flags included. */
import { Errors } from '@oclif/core';
import { GossipError, toGossipError } from '../../model/errors.ts';

/** The coded form of what a command threw; what the parser of flags refuses is a usage error. */
export function codedError(thrown: unknown): GossipError {
  if (thrown instanceof GossipError) return withoutParsing(thrown);
  if (thrown instanceof Errors.CLIError) return new GossipError('GOSSIP_E_USAGE', oneLine(thrown.message), { cause: thrown });
  return toGossipError(thrown);
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
