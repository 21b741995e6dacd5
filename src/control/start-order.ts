/**
 * What the parts of a start wait for, and what stands in for a part that is still to come.
 * Must not know: what the parts do.
 */
import type { PeerService } from '../transfer/service.js';
import type { DeferredHandler } from '../transport/deferred.js';

/** Something to wait for until somebody says that it is time. */
export class Gate {
  isOpen = false;
  open: () => void = () => {};
  readonly opened: Promise<void> = new Promise((resolve) => {
    this.open = () => {
      this.isOpen = true;
      resolve();
    };
  });
}

/** Hands queries on to a service that is still to come. */
export function whenThere(service: Promise<PeerService>): DeferredHandler {
  let there: PeerService | null = null;
  service.then(
    (started) => {
      there = started;
    },
    () => {},
  );
  return (query) => {
    if (there !== null) there.handle(query);
    else void service.then((started) => started.handle(query));
  };
}
