/** A flag's value for people: without what is secret of it, and in the form in which it is written. */
import type { FlagName } from './file-flags.ts';
import { NODE_FLAGS } from './flags.ts';
import type { NodeFlags } from './flags.ts';

/** Undefined where nobody said anything and the flag has no default of its own. */
export function shown(flags: NodeFlags, name: FlagName): string | number | boolean | readonly string[] | undefined {
  const [flag, value] = [NODE_FLAGS[name], flags[name]];
  if (value === undefined || value === false) return flag.kind === 'switch' ? false : undefined;
  if (flag.kind === 'text' && flag.show !== undefined) {
    const { show } = flag;
    return Array.isArray(value) ? value.map((each: string) => show(each)) : show(value as string | number);
  }
  return value;
}
