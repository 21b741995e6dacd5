/**
 * From where and when zones are looked at: the address that asks and the time of asking, for zones that depend on them
 * (variants.ts), and what has been learnt from the address. One per reader, reused from packet to packet.
 * Must not know: messages, zones.
 */

/** Nobody in particular: a client of no location. */
export const NO_ADDRESS: Uint8Array = new Uint8Array(0);

const UNASKED = -1;

function systemClock(): number {
  return Math.floor(Date.now() / 1000);
}

export class Viewpoint {
  /** 4 or 16 octets, or none. */
  address: Uint8Array = NO_ADDRESS;
  /** Leading bits of the address that have decided what is seen; 0 if any address sees the same. */
  scopeBits = 0;
  private readonly clock: () => number;
  private seconds = UNASKED;

  /** @param clock whole seconds of Unix time */
  constructor(clock: () => number = systemClock) {
    this.clock = clock;
  }

  // === hot path

  /** A packet begins. `address` must stay as it is until the packet is answered. */
  begin(address: Uint8Array): void {
    this.address = address;
    this.scopeBits = 0;
    this.seconds = UNASKED;
  }

  /** Unix time, the same for the whole packet: the clock is read when it is first asked for. */
  now(): number {
    if (this.seconds === UNASKED) this.seconds = this.clock();
    return this.seconds;
  }
}
