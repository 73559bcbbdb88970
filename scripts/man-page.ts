/** Man pages from the commands' own descriptions: one for each command, and gossip(1) which lists them. */
import type { Manifest } from '@oclif/core/interfaces';
import { EXIT_CODES } from './exit-codes.ts';
import { argument, literal, page, prose, section, seeAlso } from './mdoc.ts';
import type { Block } from './mdoc.ts';

type Described = Manifest['commands'][string];
type Flag = Described['flags'][string];
type Example = NonNullable<Described['examples']>[number];

/** All pages by file name. `schemas`: the names of those in docs/schemas. */
export function manPages(manifest: Manifest, released: string, schemas: ReadonlySet<string> = new Set()): Map<string, string> {
  const commands = Object.values(manifest.commands)
    .filter((command) => !command.hidden)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return new Map([
    ['gossip.1', overview(commands, released)],
    ...commands.map((command) => [`${pageName(command)}.1`, commandPage(command, released, schemas)] as const),
  ]);
}

function overview(commands: readonly Described[], released: string): string {
  const head = {
    name: 'gossip',
    manual: 1,
    summary: 'deploys, updates and repairs gossip applications across a fleet',
    released,
  } as const;
  return page(head, [
    '.Sh SYNOPSIS',
    '.Nm gossip',
    '.Ar command',
    '.Op Ar options',
    '.Sh DESCRIPTION',
    ...prose(
      'Runs modules on many nodes, carries their gossip, and replaces their code everywhere by gossip, without stopping ' +
        "anything, even after every module has failed. It is the daemon and the operator's tool in one.",
    ),
    '.Pp',
    'The commands are:',
    '.Bl -tag -width Ds',
    ...commands.flatMap((command) => [`.It Xr ${pageName(command)} 1`, ...prose(summaryOf(command))]),
    '.El',
    '.Sh ENVIRONMENT',
    '.Bl -tag -width GOSSIP_PASSPHRASE',
    '.It Ev GOSSIP_HOME',
    ...prose("Where the operator's settings and keys lie, in place of the platform's configuration directory."),
    '.It Ev GOSSIP_PASSPHRASE',
    ...prose("The passphrase of the operator's key."),
    '.It Ev GOSSIP_DEBUG',
    ...prose('When set, errors show where in the program they arose.'),
    '.El',
    '.Sh EXIT STATUS',
    '.Bl -tag -width Ds',
    ...EXIT_CODES.flatMap(({ code, means }) => [`.It ${code}`, ...prose(means)]),
    '.El',
    '.Sh DIAGNOSTICS',
    ...prose(
      'An error is one line of what happened, with a code that stays the same, and one of what to do. Every code is explained by gossip explain and in docs/errors.md, ' +
        "which lies with the operators' and the module authors' guide in the folder of the installed package.",
    ),
    ...seeAlso('gossip-config 5', 'gossip-module 7', 'gossip-protocol 7'),
  ]);
}

function commandPage(command: Described, released: string, schemas: ReadonlySet<string>): string {
  const flags = Object.values(command.flags).filter((flag) => !flag.hidden);
  const args = Object.values(command.args).filter((arg) => !arg.hidden);
  return page({ name: pageName(command), manual: 1, summary: summaryOf(command), released }, [
    '.Sh SYNOPSIS',
    `.Nm gossip ${argument(spaced(command))}`,
    ...args.map((arg) => (arg.required ? `.Ar ${argument(arg.name.toUpperCase())}` : `.Op Ar ${argument(arg.name.toUpperCase())}`)),
    ...flags.map((flag) => (flag.required ? `.${flagName(flag)}` : `.Op ${flagName(flag)}`)),
    ...section('DESCRIPTION', fill(command.description ?? `${summaryOf(command)}.`, command)),
    ...terms(
      'ARGUMENTS',
      args.map((arg) => [`Ar ${argument(arg.name.toUpperCase())}`, about(arg)]),
    ),
    ...terms(
      'OPTIONS',
      flags.map((flag) => [flagTerm(flag), flag.name === 'json' ? aboutJson(flag, command, schemas) : about(flag)]),
    ),
    ...exitStatus(command),
    ...examples(command),
    ...seeAlso('gossip 1', ...relatedTo(command)),
  ]);
}

/** Where its form is said. */
function aboutJson(flag: Flag, { id }: Described, schemas: ReadonlySet<string>): string {
  const name = id.replaceAll(':', '-');
  const [whole, line] = [schemas.has(name), schemas.has(`${name}.line`)];
  const forms = [
    whole ? `The form is that of docs/schemas/${name}.schema.json in the package.` : '',
    line ? `Each line${whole ? ', where it prints many,' : ''} has the form of docs/schemas/${name}.line.schema.json in the package.` : '',
  ];
  return [about(flag), ...forms].filter((text) => text !== '').join(' ');
}

/** Those that not every command has. */
function exitStatus({ id }: Described): string[] {
  const own = EXIT_CODES.filter(({ only }) => only?.includes(id));
  if (own.length === 0) return [];
  const terms = own.flatMap(({ code, means }) => [`.It ${code}`, ...prose(means)]);
  return ['.Sh EXIT STATUS', ...prose('Besides those of every command, which gossip 1 lists:'), '.Bl -tag -width Ds', ...terms, '.El'];
}

function examples(command: Described): string[] {
  const lines = (command.examples ?? []).flatMap((example, index) => exampleLines(example, command, index));
  return lines.length === 0 ? [] : ['.Sh EXAMPLES', ...lines];
}

/** Pages of other sections that tell what the command is about. */
function relatedTo({ id }: Described): string[] {
  if (id === 'node:run') return ['gossip-config 5'];
  return id.startsWith('module:') ? ['gossip-module 7'] : [];
}

function terms(title: string, entries: readonly (readonly [string, string])[]): string[] {
  return section(title, ...(entries.length === 0 ? [] : [{ terms: entries } satisfies Block]));
}

function flagTerm(flag: Flag): string {
  return flag.char === undefined ? flagName(flag) : `Fl ${flag.char} , ${flagName(flag)}`;
}

function flagName(flag: Flag): string {
  const name = flag.type === 'boolean' && flag.allowNo ? `[no-]${flag.name}` : flag.name;
  return flag.type === 'option' ? `Fl -${name} Ar ${argument(flag.helpValue?.toString() ?? flag.name.toUpperCase())}` : `Fl -${name}`;
}

/** Meaning, choices, default and relations of a flag or an argument. */
function about(input: Flag | Described['args'][string]): string {
  const flag = 'type' in input && (input.type === 'option' || input.type === 'boolean') ? input : undefined;
  return [
    ended(flag?.summary ?? input.description ?? ''),
    flag?.summary === undefined ? '' : ended(flag.description ?? ''),
    'options' in input && input.options ? `One of: ${input.options.join(', ')}.` : '',
    'multiple' in input && input.multiple ? 'May be given several times.' : '',
    (typeof input.default === 'string' && input.default !== '') || typeof input.default === 'number' ? `Default: ${input.default}.` : '',
    flag?.env === undefined ? '' : `Environment: ${flag.env}.`,
    flag?.exclusive === undefined ? '' : `Not with ${flag.exclusive.map((name) => `--${name}`).join(', ')}.`,
    flag?.dependsOn === undefined ? '' : `Only with ${flag.dependsOn.map((name) => `--${name}`).join(', ')}.`,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

/** What the example does, then what to type. An example that is text alone has both: what is typed begins with the program's name. */
function exampleLines(example: Example, command: Described, index: number): string[] {
  const text = typeof example === 'string' ? example.split('\n') : [example.description, ...example.command.split('\n')];
  const lines = text.map((line) => fill(line, command).trim().replace(/^\$ /, '')).filter((line) => line !== '');
  const typed = typeof example === 'string' ? lines.filter((line) => /\bgossip /.test(line)) : lines.slice(1);
  const words = lines.filter((line) => !typed.includes(line));
  return [...(words.length > 0 ? [...(index > 0 ? ['.Pp'] : []), ...prose(`${words.join(' ')}:`)] : []), ...literal(typed)];
}

function summaryOf(command: Described): string {
  return headline(fill(command.summary ?? command.description ?? command.id, command));
}

/** The first line, without its full stop. */
function headline(text: string): string {
  return (text.trim().split('\n')[0] ?? '').replace(/\.$/, '');
}

function ended(text: string): string {
  return text === '' || /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
}

function pageName(command: Described): string {
  return `gossip-${command.id.replaceAll(':', '-')}`;
}

function spaced(command: Described): string {
  return command.id.replaceAll(':', ' ');
}

/** oclif's templates. */
function fill(text: string, command: Described): string {
  return text.replaceAll(/<%= *config\.bin *%>/g, 'gossip').replaceAll(/<%= *command\.id *%>/g, spaced(command));
}
