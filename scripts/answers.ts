/** What commands print with --json, from the types of their `run` and of their lines. */
import { join } from 'node:path';
import { API, SignatureKind, TypeFlags } from 'typescript/unstable/sync';
import type { Checker, Project, Type, TypeReference } from 'typescript/unstable/sync';
import { ROOT } from './project.mjs';
import { SchemaReader } from './type-schema.ts';
import type { Schema } from './type-schema.ts';

/** What one command prints. */
export interface Answer {
  /** Undefined where it prints lines alone. */
  readonly whole: Schema | undefined;
  /** Undefined where it prints no lines. */
  readonly line: Schema | undefined;
  readonly definitions: Record<string, Schema>;
  /** Places whose type says nothing. */
  readonly untold: readonly string[];
}

/** Of the commands by their ids, such as `cluster:list`. */
export function answersOf(ids: readonly string[]): Map<string, Answer> {
  const api = new API({ cwd: ROOT });
  try {
    const configFile = join(ROOT, 'tsconfig.build.json');
    const snapshot = api.updateSnapshot({ openProjects: [configFile] });
    const project = snapshot.getProject(configFile);
    if (project === undefined) throw new Error(`the compiler does not open ${configFile}`);
    return new Map(ids.map((id) => [id, answerOf(project, id)]));
  } finally {
    api.close();
  }
}

function answerOf(project: Project, id: string): Answer {
  const { checker } = project;
  const command = commandType(project, id);
  const reader = new SchemaReader(checker);
  const result = resultOf(checker, command);
  const wholeType = isNothing(result) ? declaredType(checker, command, 'jsonWhole') : result;
  const lineType = declaredType(checker, command, 'jsonLine');
  const whole = wholeType && reader.read(wholeType, `${id} `);
  const line = lineType && reader.read(lineType, `${id} line `);
  const definitions = reader.settle([whole, line].filter((each) => each !== undefined));
  return { whole, line, definitions, untold: reader.untold };
}

/** Of the class that the command's file exports. */
function commandType({ program, checker }: Project, id: string): Type {
  const path = join(ROOT, 'src', 'commands', `${id.replaceAll(':', '/')}.ts`);
  const file = program.getSourceFile(path);
  const module = file && checker.getSymbolAtLocation(file);
  const exported = module && checker.getExportsOfModule(module).find(({ name }) => name === 'default');
  if (exported === undefined) throw new Error(`${path} exports no command`);
  return checker.getDeclaredTypeOfSymbol(exported);
}

/** What the promise of `run` becomes. */
function resultOf(checker: Checker, command: Type): Type {
  const run = propertyType(checker, command, 'run');
  const [signature] = run === undefined ? [] : checker.getSignaturesOfType(run, SignatureKind.Call);
  const promise = signature && checker.getReturnTypeOfSignature(signature);
  const [result] = promise === undefined ? [] : checker.getTypeArguments(promise as TypeReference);
  if (result === undefined) throw new Error(`${checker.typeToString(command)}.run returns no promise`);
  return result;
}

/** Undefined where the command declares none. */
function declaredType(checker: Checker, command: Type, name: 'jsonLine' | 'jsonWhole'): Type | undefined {
  const type = propertyType(checker, command, name);
  return type === undefined || type.flags & TypeFlags.AnyOrUnknown ? undefined : type;
}

function propertyType(checker: Checker, type: Type, name: string): Type | undefined {
  const symbol = checker.getPropertyOfType(type, name);
  return symbol && checker.getTypeOfSymbol(symbol);
}

function isNothing({ flags }: Type): boolean {
  return (flags & (TypeFlags.Void | TypeFlags.Undefined | TypeFlags.Never)) !== 0;
}
