/** Completion for fish. */
import type { FlagChoice, Place } from './model.ts';

export function fishCompletion(places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quote(path));
  return `# Completion of gossip for fish: gossip completion fish | source
function __gossip_at
  set -l at ''
  for word in (commandline -opc)[2..]
    set -l longer (string trim "$at $word")
    contains -- $longer ${known.join(' ')}; and set at $longer
  end
  test "$at" = "$argv"
end
${places.flatMap(lines).join('\n')}
`;
}

function lines({ path, commands, flags }: Place): string[] {
  const when = `complete -c gossip -n ${quote(`__gossip_at ${path}`.trim())}`;
  return [
    ...commands.map(({ word, summary }) => `${when} -f -a ${quote(word)} -d ${quote(summary)}`),
    ...flags.map((flag) => `${when} ${flagOptions(flag)} -d ${quote(flag.summary)}`),
  ];
}

function flagOptions({ word, short, takesValue, values }: FlagChoice): string {
  const names = [...(short === null ? [] : [`-s ${short.slice(1)}`]), `-l ${word.slice(2)}`].join(' ');
  if (!takesValue) return names;
  return values.length > 0 ? `${names} -x -a ${quote(values.join(' '))}` : `${names} -r`;
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
