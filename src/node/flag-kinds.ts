/** What a flag of a node is: how it is given, and what help, the configuration file and a reload make of it. */

interface Said {
  readonly summary: string;
  /** The variable that stands in for the flag. */
  readonly env?: `GOSSIP_${string}`;
  /** What help calls the value. */
  readonly helpValue?: string;
  /** Stands on the command line alone, and in no configuration file. */
  readonly onlyTyped?: true;
  /** Whether a running node takes it over from its file at SIGHUP. */
  readonly reloads?: true;
}

/** Takes a value. What `parse` throws is a usage error of the flag. */
export interface TextFlag extends Said {
  readonly kind: 'text';
  readonly parse?: (text: string) => string | number;
  readonly options?: readonly string[];
  /** May be given several times, or once with what is between two: a comma, or where a value may hold one the end of a line. */
  readonly repeatable?: ',' | '\n';
  readonly default?: string | number;
  /** The default as help shows it. */
  readonly defaultHelp?: string;
  /** A configuration file may write a list for the commas. */
  readonly mayBeList?: true;
  /** A configuration file may write a table for texts of this form: its keys and values, with `=` between. */
  readonly mayBeTable?: true;
  /** The value with the file that it names, if it does, sought by `from`: a configuration file's relative paths are relative to the file. */
  readonly at?: (text: string, from: (path: string) => string) => string;
  /** The value for people, without what is secret of it. Default: as it is. */
  readonly show?: (value: string | number) => string;
}

/** Takes a whole number. */
export interface CountFlag extends Said {
  readonly kind: 'count';
  readonly min: number;
  readonly max: number;
}

/** Is there or not. */
export interface SwitchFlag extends Said {
  readonly kind: 'switch';
}

export type NodeFlag = TextFlag | CountFlag | SwitchFlag;
