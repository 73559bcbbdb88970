/** Completion for zsh. */
import type { Choice, FlagChoice, Place } from './model.ts';
import { quote, SEEN_NAMES } from './quote.ts';

export function zshCompletion(places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quote(` ${path}`));
  return `#compdef gossip
# Completion of gossip for zsh: eval "$(gossip completion zsh)", or as a file _gossip on your fpath.
${SEEN_NAMES}
_gossip() {
  local at='' word
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      (${known.join(' | ')}) at="$at $word" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${places.flatMap(valueCases).join('\n')}
  esac
  case "$at" in
${places.map(wordCase).join('\n')}
  esac
  _describe gossip found
  if [[ \${words[CURRENT]} != -* ]]; then
    case "$at" in
${places
  .filter(({ path, commands }) => path !== '' && commands.length === 0)
  .map(argumentCase)
  .join('\n')}
    esac
  fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _gossip "$@"; else compdef _gossip gossip; fi
`;
}

function valueCases({ path, flags }: Place): string[] {
  return flags.filter(({ takesValue }) => takesValue).map((flag) => `    (${patterns(path, flag)}) ${values(flag)}; return ;;`);
}

function patterns(path: string, { word, short }: FlagChoice): string {
  return [word, ...(short === null ? [] : [short])].map((flag) => quote(`${lead(path)} ${flag}`)).join(' | ');
}

function values({ values: fixed, names }: Pick<FlagChoice, 'values' | 'names'>): string {
  if (names !== null) return `compadd -- \${(f)"$(_gossip_seen ${names})"}`;
  return fixed.length === 0 ? '_files' : `compadd -- ${fixed.map(quote).join(' ')}`;
}

function argumentCase({ path, argument }: Place): string {
  return `      (${quote(lead(path))}) ${values(argument)} ;;`;
}

function wordCase({ path, commands, flags }: Place): string {
  return `    (${quote(lead(path))}) found=(${[...commands, ...flags].map(entry).join(' ')}) ;;`;
}

/** A colon parts the word from its summary. */
function entry({ word, summary }: Choice): string {
  return quote(`${word}:${summary.replaceAll(':', String.raw`\:`)}`);
}

function lead(path: string): string {
  return path === '' ? '' : ` ${path}`;
}
