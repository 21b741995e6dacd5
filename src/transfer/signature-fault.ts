/**
 * What is wrong with the signature of a reply, in words that say which side must change (RFC 8945 §5.3). Must not know:
 * messages.
 */
import {
  TSIG_FAULT_TEXTS,
  type TsigFault,
  type TsigVerifier,
  tsigErrorText,
} from '../wire/tsig-stream.js';
import { fault, type TransferFault } from './transfer-faults.js';

export function signatureFault(verifier: TsigVerifier, wrong: TsigFault): TransferFault {
  const { peerError, peerSeconds } = verifier;
  if (wrong !== 'peer-error') return fault('signature', TSIG_FAULT_TEXTS[wrong]);
  const clock = peerSeconds === null ? '' : `, its clock is ${drift(peerSeconds)}`;
  return fault(
    'signature',
    `the primary refuses our signature: ${tsigErrorText(peerError)}${clock}`,
  );
}

function drift(peerSeconds: number): string {
  const ahead = Math.round(peerSeconds - Date.now() / 1000);
  return ahead < 0 ? `${-ahead} s behind ours` : `${ahead} s ahead of ours`;
}
