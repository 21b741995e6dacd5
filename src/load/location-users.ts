/**
 * Tables of client locations that are published, and who uses them: a table stays as long as a zone's version wants it
 * or new versions may. Must not know: what is in a table.
 */
import { NO_LOCATIONS, type RowId, type ZoneRows } from './zone-rows.js';

/** Where tables are published. */
export type LocationPublisher = {
  /** Takes in a table of client locations (index/locations.ts). @returns its number */
  addLocations(table: SharedArrayBuffer): number;
  removeLocations(locations: number): unknown;
};

export class LocationUsers {
  private readonly publisher: LocationPublisher;
  private readonly rows: ZoneRows;
  /** By number of a table: zones that use it, and one more while new versions may. */
  private readonly users = new Map<number, number>();

  constructor(publisher: LocationPublisher, rows: ZoneRows) {
    this.publisher = publisher;
    this.rows = rows;
  }

  /** Publishes a table for versions to come. @returns its number */
  hold(table: SharedArrayBuffer): number {
    const locations = this.publisher.addLocations(table);
    this.users.set(locations, 1);
    return locations;
  }

  /** One user less; the table goes with the last. */
  release(locations: number): void {
    if (locations === NO_LOCATIONS) return;
    const left = (this.users.get(locations) ?? 0) - 1;
    this.users.set(locations, left);
    if (left > 0) return;
    this.users.delete(locations);
    this.publisher.removeLocations(locations);
  }

  /** Counts the table that a row's version wants, and no longer the one that its former version did. */
  use(row: RowId, locations: number): void {
    const former = this.rows.locations[row]!;
    if (locations !== NO_LOCATIONS) {
      this.users.set(locations, (this.users.get(locations) ?? 0) + 1);
    }
    this.rows.locations[row] = locations;
    this.release(former);
  }
}
