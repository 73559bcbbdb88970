/** Completion for bash. */
import type { Place } from './model.ts';
import { quote, SEEN_NAMES } from './quote.ts';
import type { NameKind } from './seen.ts';

export function bashCompletion(places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quote(` ${path}`));
  return `# Completion of gossip for bash: eval "$(gossip completion bash)"
${SEEN_NAMES}
_gossip() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in
      ${known.join(' | ')}) at="$at $word" ;;
    esac
  done
  COMPREPLY=()
  case "$at $prev" in
${places.flatMap(valueCases).join('\n')}
  esac
  case "$at" in
${places.map(wordCase).join('\n')}
  esac
}
complete -o default -F _gossip gossip
`;
}

/** After a flag that takes a value: the fixed values, or nothing, whereupon bash offers files. */
function valueCases({ path, flags }: Place): string[] {
  return flags
    .filter(({ takesValue }) => takesValue)
    .map(({ word, short, values, names }) => {
      const pattern = [word, ...(short === null ? [] : [short])].map((flag) => quote(`${lead(path)} ${flag}`)).join(' | ');
      return `    ${pattern}) ${answer(values, names)} return ;;`;
    });
}

/** Flags only once a dash is typed: without it bash would insert their two dashes where a file or a name is wanted. */
function wordCase({ path, commands, flags, argument }: Place): string {
  const words = commands.length > 0 ? reply(commands.map(({ word }) => word)) : answer(argument.values, argument.names);
  return `    ${quote(lead(path))}) if [[ $cur == -* ]]; then ${reply(flags.map(({ word }) => word))} else ${words} :; fi ;;`;
}

/** Nothing where files are wanted, whereupon bash offers them. */
function answer(values: readonly string[], names: NameKind | null): string {
  if (names !== null) return `COMPREPLY=($(compgen -W "$(_gossip_seen ${names})" -- "$cur"));`;
  return values.length > 0 ? reply(values) : '';
}

function reply(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W ${quote(words.join(' '))} -- "$cur"));`;
}

function lead(path: string): string {
  return path === '' ? '' : ` ${path}`;
}
