/** Completion for fish. */
import type { FlagChoice, Place } from './model.ts';
import { SEEN_FILE } from './seen.ts';

/** Reads the names of a kind that commands saw last; plain ones alone. */
const SEEN = `function __gossip_seen
  set -l home $GOSSIP_HOME
  test -n "$home"; or set home ${process.platform === 'darwin' ? '$HOME/Library/Preferences/gossip' : '(test -n "$XDG_CONFIG_HOME"; and echo $XDG_CONFIG_HOME; or echo $HOME/.config)/gossip'}
  sed -n 's/^'$argv[1]' \\([a-z0-9][a-z0-9.-]*\\)$/\\1/p' $home/${SEEN_FILE} 2>/dev/null
end`;

export function fishCompletion(places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quote(path));
  return `# Completion of gossip for fish: gossip completion fish | source
${SEEN}
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

function lines({ path, commands, flags, argument }: Place): string[] {
  const when = `complete -c gossip -n ${quote(`__gossip_at ${path}`.trim())}`;
  return [
    ...commands.map(({ word, summary }) => `${when} -f -a ${quote(word)} -d ${quote(summary)}`),
    ...(argument.names === null ? [] : [`${when} -f -a ${quote(`(__gossip_seen ${argument.names})`)}`]),
    ...(argument.values.length === 0 ? [] : [`${when} -f -a ${quote(argument.values.join(' '))}`]),
    ...flags.map((flag) => `${when} ${flagOptions(flag)} -d ${quote(flag.summary)}`),
  ];
}

function flagOptions({ word, short, takesValue, values, names: seen }: FlagChoice): string {
  const names = [...(short === null ? [] : [`-s ${short.slice(1)}`]), `-l ${word.slice(2)}`].join(' ');
  if (!takesValue) return names;
  if (seen !== null) return `${names} -x -a ${quote(`(__gossip_seen ${seen})`)}`;
  return values.length > 0 ? `${names} -x -a ${quote(values.join(' '))}` : `${names} -r`;
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
