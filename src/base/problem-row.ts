/**
 * What a row of the tables of problem codes says. Must not know: the codes.
 */

/**
 * How far an error of a zone reaches, which counts where broken records are ignored: one record, which is left out;
 * nothing, so that its record can be served all the same; the zone, or all that follows in it. Or what validators make
 * of it: a zone is served with such an error, which is a warning unless zones are checked for it.
 */
export type Spoils = 'record' | 'nothing' | 'zone' | 'validation';

/** A row of the table. */
export type ProblemRow = {
  readonly severity: 'error' | 'warning';
  /** Of errors only; the zone if it is not said. */
  readonly spoils?: Spoils;
  readonly help: string;
};
