/**
 * Entry of the thread that writes the file of a zone while another builds and checks the zone. Must not know: whether
 * the zone is good. What goes wrong with the file is told as a file that is not there.
 */
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { assert } from '../base/errors.js';
import { collectGarbageSoon } from '../base/garbage.js';
import { LOADER_NICE, ZONE_FILE_OCTETS_MAX } from '../base/limits.js';
import { SCRIBE_TEXT_OCTETS, ZONE_SEAL_OCTETS_MAX } from '../base/transfer-limits.js';
import { RecordText } from './record-text.js';
import type { ReceivedColumns, ScribeOrder, ScribeReport } from './scribe.js';
import { SealedFile, type WrittenFile } from './sealed-file.js';

const TEXT_OCTETS_MAX = ZONE_FILE_OCTETS_MAX - ZONE_SEAL_OCTETS_MAX;

const port = parentPort;
assert(port !== null, 'runs as a worker thread');
// On Linux this is the thread's own: while there are queries, they come first.
setPriority(LOADER_NICE);

/** The file that was written last, as long as nobody has said what becomes of it. */
let written: SealedFile | null = null;

port.on('message', (order: ScribeOrder) => {
  drop();
  if (order.kind !== 'write') return;
  const { id, path, origin, received } = order;
  const report: ScribeReport = { id, file: write(path, origin, received) };
  port.postMessage(report);
  collectGarbageSoon();
});

/** @returns null if it cannot be written: the receiver will find out itself why */
function write(path: string, origin: string, received: ReceivedColumns): WrittenFile | null {
  try {
    written = new SealedFile(path, origin);
    writeRecords(received, written);
    return written.finish();
  } catch {
    drop();
    return null;
  }
}

function writeRecords({ names, records }: ReceivedColumns, file: SealedFile): void {
  const { octets, offsets, lengths } = names;
  const { owner, type, ttl, rdata, length, arena } = records;
  const apex = octets.slice(offsets[0]!, offsets[0]! + lengths[0]!);
  const append = (text: Uint8Array) => file.append(text);
  const out = new RecordText(apex, SCRIBE_TEXT_OCTETS, TEXT_OCTETS_MAX, append);
  let last = -1;
  for (let i = 0; i < records.count; i++) {
    const name = owner[i]!;
    if (name !== last) out.writeOwner(octets, offsets[name]!, lengths[name]!);
    last = name;
    out.writeRecord(type[i]!, ttl[i]!, arena, rdata[i]!, length[i]!);
  }
  out.flush();
}

/** There is no such file any more, unless it has got another name. */
function drop(): void {
  written?.drop();
  written = null;
}
