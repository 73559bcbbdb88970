/** The name of a new module: what is none is refused with the reason, and with one that would do. */
import { GossipError } from '../../model/errors.ts';
import { isModuleName } from '../../model/names.ts';
import type { ModuleName } from '../../model/names.ts';
import { safeText } from '../../model/safe-text.ts';

const MAX_NAME = 40;
const ALLOWED = 'A name is a lower-case letter, then at most 39 lower-case letters (a to z), digits or dashes';

/** @throws GOSSIP_E_MODULE_NAME */
export function parseNewName(text: string): ModuleName {
  if (isModuleName(text)) return text;
  const suggestion = nearby(text);
  throw new GossipError('GOSSIP_E_MODULE_NAME', `'${safeText(text, MAX_NAME)}' is not a module name: ${reason(text)}`, {
    advice: suggestion === undefined ? `${ALLOWED}.` : `${ALLOWED}, such as '${suggestion}'.`,
  });
}

function reason(text: string): string {
  if (text === '') return 'it is empty';
  if (text === 'constructor') return 'every object of JavaScript has something of that name already';
  if (/^@[^/]*\//.test(text))
    return "modules have no scope, unlike packages of npm: the project's package may have one, in its package.json";
  if (/[/\\]/.test(text)) return 'it is a path: name the module, and say where to make it with --directory';
  if (!/^[a-z]/.test(text))
    return `it begins with ${/^[A-Z]/.test(text) ? 'a capital letter' : /^\d/.test(text) ? 'a digit' : 'no letter from a to z'}`;
  if (/[A-Z]/.test(text)) return 'it holds a capital letter';
  const strange = /[^a-z0-9-]/u.exec(text)?.[0];
  if (strange !== undefined) return `it holds '${safeText(strange)}'`;
  return `it has ${text.length} characters`;
}

/** The name that was probably meant; undefined where nothing is left of it. */
function nearby(text: string): ModuleName | undefined {
  const name = text
    .replace(/^@[^/]*\//, '')
    .replace(/^.*[/\\](?=[^/\\])/, '')
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, MAX_NAME)
    .replace(/-+$/, '');
  return isModuleName(name) ? name : undefined;
}
