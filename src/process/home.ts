/** Where an operator's settings lie, and by default the nodes of this machine beside them. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { given } from './environment.ts';
import type { Environment } from './environment.ts';

/** `GOSSIP_HOME`, or else the platform's directory for configuration. */
export function operatorHome(environment: Environment = process.env): string {
  const chosen = given('GOSSIP_HOME', environment);
  if (chosen !== undefined) return resolve(chosen);
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Preferences', 'gossip');
  const configuration = environment['XDG_CONFIG_HOME'];
  return join(configuration === undefined || configuration === '' ? join(homedir(), '.config') : configuration, 'gossip');
}
