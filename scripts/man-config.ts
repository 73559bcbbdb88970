/** gossip-config(5): the node's configuration file, from the table of its flags. */
import { parseConfiguration } from '../src/node/config-file.ts';
import { NODE_FLAGS } from '../src/node/flags.ts';
import type { NodeFlag, TextFlag } from '../src/node/flag-kinds.ts';
import { argument, page, section, seeAlso } from './mdoc.ts';

/** A file that a node takes: a test reads it, and the same as JSON. */
export const EXAMPLE_TOML = `name = "node7"
data = "/var/lib/gossip"
listen = "10.0.0.7:7946"
join = "@gossip.token"
modules = ["membership", "registry"]
quota = 512
leave-on-stop = true

[log]
level = "warn"

[on]
"join,leave,fail" = "members.sh"
`;

export async function exampleJson(): Promise<string> {
  return JSON.stringify(await parseConfiguration('node.toml', EXAMPLE_TOML), null, 2);
}

export async function configPage(released: string): Promise<string> {
  const flags = Object.entries<NodeFlag>(NODE_FLAGS);
  const keys = flags.filter(([, { onlyTyped }]) => onlyTyped === undefined);
  const live = keys.filter(([, { reloads }]) => reloads === true).map(([name]) => name);
  const variables = flags.flatMap(([name, { env }]) => (env === undefined ? [] : [[env, name] as const]));
  return page({ name: 'gossip-config', manual: 5, summary: 'configuration file of a gossip node', released }, [
    ...section(
      'DESCRIPTION',
      'gossip node run --config FILE, or the variable GOSSIP_CONFIG, reads flags of the node from a file of its machine: TOML, or JSON. The extension .toml or .json says which; with neither, a brace ' +
        'at the beginning says JSON. The keys are the names of the flags of gossip node run without their dashes. This is not one of the signed files of gossip config.',
      'A table stands for what names begin with: level in the table log is the key log-level. Relative paths are relative to the file, wherever the node is started. A value that names a file that holds it, such as @gossip.token, keeps the secret out of this file.',
      'A key that there is not is refused, with the one that was probably meant; so are a key that is given twice and a value of another type. The error is GOSSIP_E_CONFIG, and names file, line and key.',
      'Nodes of a lab do not take GOSSIP_CONFIG.',
    ),
    ...section('KEYS', { terms: keys.map(([name, flag]) => [`Cm ${argument(name)}`, aboutKey(flag)] as const) }),
    ...section(
      'PRECEDENCE',
      'What is typed on the command line stands above its variable, that above the file, and the file above the default. An empty variable counts as not given.',
      'gossip node run --config FILE --check-config checks the file, and the files and programs that it names, and starts nothing. It prints what would be in force and where each value comes from, without secrets (--json for programs), and ends with 0, or with 2 where something is wrong.',
    ),
    ...section(
      'RELOADING',
      `At SIGHUP a node that has no terminal reads the file again. It takes over, without a restart: ${live.join(', ')}. The log says what changed, and which other keys differ now and need a restart. ` +
        'A proxy is for connections that are made from then on; the file behind an @ is read again, too. A module that is chosen no more ends, and keeps the state of its last checkpoint for when it is chosen again.',
      'A file that is wrong changes nothing: what was in force stays, and the log says why. Write the file aside and rename it, so that no half of it is read. A node without a configuration file does nothing at SIGHUP.',
    ),
    ...section(
      'ENVIRONMENT',
      {
        terms: [
          ...variables.map(([env, name]) => [`Ev ${env}`, `Stands in for --${name}.`] as const),
          [
            'Ev HTTPS_PROXY , ALL_PROXY , NO_PROXY',
            'Also in lower case. Unless direct is given, the networks of NO_PROXY are reached without the proxy. The others choose no proxy: a node that has none says that they are set, and not used.',
          ],
        ],
      },
      'A switch says 1, true, y or yes, or 0, false, n or no. Lists are written with commas between; of GOSSIP_ON each program stands on a line of its own.',
    ),
    ...section('FILES', { terms: [['Pa /etc/gossip/node.toml', 'A usual place. Nothing is read from it unless --config names it.']] }),
    ...section('EXAMPLES', 'In TOML:', { lines: EXAMPLE_TOML.trimEnd().split('\n') }, 'The same in JSON:', {
      lines: (await exampleJson()).split('\n'),
    }),
    ...seeAlso('gossip 1', 'gossip-node-log-level 1', 'gossip-node-run 1'),
  ]);
}

function aboutKey(flag: NodeFlag): string {
  const preset = flag.kind === 'text' ? (flag.defaultHelp ?? flag.default) : undefined;
  return [
    flag.summary,
    `Value: ${valueWords(flag)}.`,
    ...(preset === undefined ? [] : [`Default: ${preset}.`]),
    ...(flag.env === undefined ? [] : [`Variable: ${flag.env}.`]),
    flag.reloads === true ? 'Taken over at SIGHUP.' : 'A change needs a restart.',
  ].join(' ');
}

function valueWords(flag: NodeFlag): string {
  if (flag.kind === 'switch') return 'true or false';
  if (flag.kind === 'count') return `a whole number from ${flag.min} to ${flag.max}`;
  return textWords(flag);
}

function textWords({ options, repeatable, mayBeList, mayBeTable }: TextFlag): string {
  if (options !== undefined) return `one of ${options.join(', ')}`;
  const list = repeatable !== undefined || mayBeList === true ? ', or a list of texts' : '';
  return `a text${list}${mayBeTable === true ? ', or a table of EVENT = PROGRAM' : ''}`;
}
