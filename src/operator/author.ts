/** Who deploys, as the history shows it: `GOSSIP_AUTHOR`, or user and host. */
import { hostname, userInfo } from 'node:os';
import type { Environment } from './settings.ts';

const MAX_LENGTH = 128;

export function author(environment: Environment = process.env): string {
  return (environment['GOSSIP_AUTHOR'] ?? `${userName()}@${hostname()}`).slice(0, MAX_LENGTH);
}

/** A container may run a user that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid${process.getuid?.() ?? ''}`;
  }
}
