/** Completion for bash. */
import type { Place } from './model.ts';
import { quote } from './quote.ts';

export function bashCompletion(places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quote(` ${path}`));
  return `# Completion of gossip for bash: eval "$(gossip completion bash)"
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
    .map(({ word, short, values }) => {
      const pattern = [word, ...(short === null ? [] : [short])].map((flag) => quote(`${lead(path)} ${flag}`)).join(' | ');
      return `    ${pattern}) ${values.length > 0 ? reply(values) : ''} return ;;`;
    });
}

function wordCase({ path, commands, flags }: Place): string {
  return `    ${quote(lead(path))}) ${reply([...commands, ...flags].map(({ word }) => word))} ;;`;
}

function reply(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W ${quote(words.join(' '))} -- "$cur"));`;
}

function lead(path: string): string {
  return path === '' ? '' : ` ${path}`;
}
