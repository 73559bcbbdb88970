/** The shipped membership module, and updates of it: the same code under another version label. */
import { join } from 'node:path';
import { shippedModule } from '../../test/support/modules.ts';
import * as product from './product.ts';

export const MEMBERSHIP = 'membership';

export function membershipDirectory(): string {
  return shippedModule(MEMBERSHIP);
}

/** Written below `parent`; gives its directory. */
export function membershipUpdate(parent: string, version: string): Promise<string> {
  return product.writeUpdate(membershipDirectory(), join(parent, `${MEMBERSHIP}-${version}`), version);
}
