/** The coded form of anything that a command throws, errors of the flag parser included. */
import { Errors } from '@oclif/core';
import { errorAbout, ERRORS, GossipError, toGossipError } from '../../model/errors.ts';
import { helpOf, nameOf, usageError } from './usage-error.ts';
import type { Typed } from './usage-error.ts';

/** Of errors that come before any command is found. */
const NO_COMMAND: Typed = { command: '', words: [], flags: {} };

/** The coded form of what a command threw; what the parser of flags refuses is a usage error. */
export function codedError(thrown: unknown, typed: Typed = NO_COMMAND): GossipError {
  if (thrown instanceof GossipError) return withItsHelp(withoutParsing(thrown, typed), typed);
  if (thrown instanceof Errors.CLIError) return usageError(thrown, typed);
  return toGossipError(thrown);
}

/** oclif writes `Parsing --flag` around the message of an error that a flag's own parser threw. */
function withoutParsing(error: GossipError, typed: Typed): GossipError {
  const [, flag, message] = /^Parsing --(\S+)\s+([\s\S]*?)\s*See more help with --help$/.exec(error.message) ?? [];
  if (flag === undefined || message === undefined) return error;
  return errorAbout(nameOf(flag, typed), new GossipError(error.code, message, { advice: error.advice, cause: error }));
}

/** A usage error that has no advice of its own points to the help of the command that was typed. */
function withItsHelp(error: GossipError, typed: Typed): GossipError {
  if (error.code !== 'GOSSIP_E_USAGE' || error.advice !== ERRORS.GOSSIP_E_USAGE.advice) return error;
  return new GossipError(error.code, error.message, { advice: helpOf(typed), cause: error });
}
