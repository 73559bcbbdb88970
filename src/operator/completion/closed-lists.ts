/** Lists that are closed, and that commands take leniently: by a part of a word, or with a suggestion where it is wrong. So their framework does not know them. */
import { ERRORS } from '../../model/errors.ts';
import { OWN_KEYS } from '../settings/own-settings.ts';

/** What the first argument of a command may be, by the command's id. */
export const CLOSED_LISTS: Readonly<Record<string, readonly string[]>> = {
  explain: Object.keys(ERRORS),
  'settings:get': OWN_KEYS,
  'settings:set': OWN_KEYS,
  'settings:unset': OWN_KEYS,
};
