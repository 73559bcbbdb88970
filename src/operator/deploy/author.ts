/** Who deploys, as the history shows it: `GOSSIP_AUTHOR`, or user and host. */
import { hostname, userInfo } from 'node:os';
import { MAX_AUTHOR_LENGTH } from '../../model/deployment.ts';
import { given } from '../../process/environment.ts';
import type { Environment } from '../../process/environment.ts';

export function author(environment: Environment = process.env): string {
  return cutTo(given('GOSSIP_AUTHOR', environment) ?? `${userName()}@${hostname()}`, MAX_AUTHOR_LENGTH);
}

/** Cut at whole characters, as a reader counts them; half of one is no text that can be signed. */
function cutTo(text: string, maxLength: number): string {
  let cut = '';
  for (const { segment } of new Intl.Segmenter().segment(text.toWellFormed())) {
    if (cut.length + segment.length > maxLength) break;
    cut += segment;
  }
  return cut;
}

/** A container may run a user that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid${process.getuid?.() ?? ''}`;
  }
}
