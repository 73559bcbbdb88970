/** Users without an entry in the passwd file, as in containers. */
import { homedir, userInfo } from 'node:os';

const NO_HOME = '/nonexistent';

/**
 * Libraries of the command line ask for the user's home and shell while they load, and throw where there are none. Such a user gets a home that is
 * not there: commands that need no settings run, and those that would write some name GOSSIP_HOME.
 */
export function standInForHome(): void {
  if (isUnknown(homedir)) process.env['HOME'] = NO_HOME;
  if (isUnknown(userInfo)) process.env['SHELL'] ??= '/bin/sh';
}

function isUnknown(ask: () => unknown): boolean {
  try {
    ask();
    return false;
  } catch {
    return true;
  }
}
