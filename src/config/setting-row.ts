/**
 * What a row of a table of settings says: kind of value, default, bounds, former names. Must not know: which settings
 * there are.
 */
import type { Environment } from './default-folders.js';

/** What is wrong with a text or an item, in words; `null` if nothing. */
type Check = (text: string) => string | null;

/** A default that depends on the machine or the user, and how the documentation says it. */
type Computed<T> = { readonly says: string; readonly of: (environment: Environment) => T };

/** A name that counts, too. `values` translates those texts that mean something else here. */
export type FormerName = {
  readonly name: string;
  readonly values?: Readonly<Record<string, string>>;
};

type Common = {
  /** One sentence, lower case, no full stop. */
  readonly help: string;
  readonly former?: readonly FormerName[];
  /** May change while the server runs. */
  readonly atRunTime?: true;
  /** Says which files are read, so it counts on the command line and in the environment only. */
  readonly startOnly?: true;
  /** The source of zones that it is about; where sources have instances, each can have it for itself. */
  readonly source?: 'bind' | 'tinydns';
  /** Has no effect unless that source is launched; `if any`: or nothing at all is. */
  readonly needsLaunch?: true | 'if any';
};

export type FlagRow = Common & { readonly kind: 'flag'; readonly default: boolean };

export type NumberRow = Common & {
  readonly kind: 'number';
  readonly default: number | Computed<number>;
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
  /** Whether decimals are allowed. */
  readonly fraction?: true;
};

export type TextRow = Common & {
  readonly kind: 'text';
  readonly default: string;
  readonly octetsMax?: number;
  readonly check?: Check;
  /** Never shown. */
  readonly secret?: true;
  /** Texts that stand for others. */
  readonly values?: Readonly<Record<string, string>>;
};

export type ChoiceRow = Common & {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly default: string;
};

export type PathRow = Common & {
  readonly kind: 'path';
  readonly default: string | Computed<string>;
};

/** Items stand between commas or blanks; paths between commas only. */
export type ListRow = Common & {
  readonly kind: 'list';
  readonly items: 'names' | 'paths' | 'addresses' | 'networks';
  readonly default: readonly string[];
  readonly check?: Check;
  /** No item may stand in it twice. */
  readonly distinct?: true;
};

export type SettingRow = FlagRow | NumberRow | TextRow | ChoiceRow | PathRow | ListRow;
