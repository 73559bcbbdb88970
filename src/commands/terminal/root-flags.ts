/** Arguments and flags of several commands that change the root. */
import { Flags } from '@oclif/core';
import { ROLES } from '../../trust/root.ts';
import type { RoleName } from '../../trust/root.ts';

/** Roles, one with each flag. */
export const rolesFlag = Flags.custom<RoleName>({
  options: ROLES,
  multiple: true,
  multipleNonGreedy: true,
  helpValue: ROLES.join('|'),
  parse: (text) => Promise.resolve(text as RoleName),
});
