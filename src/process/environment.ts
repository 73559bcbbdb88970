/** Environment variables as commands read them: an empty one counts as not given. */
import { GossipError } from '../model/errors.ts';
import { safeText } from '../model/safe-text.ts';

/** Variables of a process, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;
export type Variable = `GOSSIP_${string}`;

/** As oclif reads them, too. */
const YES: readonly string[] = ['1', 'true', 'y', 'yes'];
const NO: readonly string[] = ['0', 'false', 'n', 'no'];

export function given(name: Variable, environment: Environment = process.env): string | undefined {
  const value = environment[name];
  return value === '' ? undefined : value;
}

/** A variable that says yes or no; undefined when it is not given. A word that is neither is refused: it must not silently mean no. */
export function givenSwitch(name: Variable, environment: Environment = process.env): boolean | undefined {
  const text = given(name, environment);
  if (text === undefined) return undefined;
  if (saysYes(text)) return true;
  if (NO.includes(text.toLowerCase())) return false;
  throw new GossipError('GOSSIP_E_USAGE', `${name}: '${safeText(text, 40)}' is neither yes nor no`, {
    advice: `Write ${YES.join(', ')}, or ${NO.join(', ')}.`,
  });
}

export function saysYes(text: string): boolean {
  return YES.includes(text.toLowerCase());
}

/** How a user knows a value: by the flag that gave it, or by the variable that stood in for the flag. */
export function nameOfValue(
  flag: string,
  env: string | undefined,
  words: readonly string[],
  environment: Environment = process.env,
): string {
  return env !== undefined && !wasTyped(flag, words) && (environment[env] ?? '') !== '' ? env : `--${flag}`;
}

/** Whether the flag stands among the words of the command line. */
export function wasTyped(flag: string, words: readonly string[]): boolean {
  return words.some((word) => word === `--${flag}` || word.startsWith(`--${flag}=`));
}
