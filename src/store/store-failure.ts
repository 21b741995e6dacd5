/**
 * What a store says when it cannot be used. Must not know: what was tried.
 */
import { statfsSync } from 'node:fs';
import { errorText, ServerError } from '../base/errors.js';
import { STORE_FREE_OCTETS_MIN } from '../base/transfer-limits.js';

export function noStore(folder: string): ServerError {
  return new ServerError('STORE_ABSENT', `there is no store in ${folder}`);
}

/**
 * @param what could not be done
 * @returns STORE_FULL if the disk is the reason, else `code`
 */
export function failure(folder: string, error: unknown, code: string, what: string): ServerError {
  const text = `${what}, ${folder}: ${errorText(error)}`;
  return isFullDisk(folder, errorText(error))
    ? new ServerError('STORE_FULL', `the disk is full: ${text}`, error)
    : new ServerError(code, text, error);
}

/** LMDB says "Input/output error" of a write that the disk took only a part of. */
function isFullDisk(folder: string, text: string): boolean {
  if (/ENOSPC|EDQUOT|No space left|Disk quota/.test(text)) return true;
  return text.includes('Input/output error') && freeOctets(folder) < STORE_FREE_OCTETS_MIN;
}

function freeOctets(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
