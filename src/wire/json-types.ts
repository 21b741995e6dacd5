/**
 * THE table of the JSON form of zones that the npm package dns-zonefile reads and writes: which RR types it has, under
 * which keys, and the names of their RDATA fields in the order of RFC 1035 §5.1. Must not know: JSON, zones.
 */
import {
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_DS,
  TYPE_MX,
  TYPE_NS,
  TYPE_PTR,
  TYPE_SOA,
  TYPE_SRV,
  TYPE_TXT,
} from './constants.js';
import { typeFromText } from './rrtypes.js';

/**
 * How a field is written: a word of a master file as a string; a number; the rest of a record's text as it stands in a
 * master file, quotes included; or the rest without its blanks.
 */
export type JsonFieldForm = 'word' | 'number' | 'text' | 'digits';

export type JsonField = { readonly name: string; readonly form: JsonFieldForm };

export type JsonType = {
  readonly type: number;
  /** Key of the list of its records; of the SOA the record itself. */
  readonly key: string;
  readonly fields: readonly JsonField[];
};

const HOST: readonly JsonField[] = [word('host')];
const IP: readonly JsonField[] = [word('ip')];

/** In the order in which dns-zonefile writes them. */
export const JSON_TYPES: readonly JsonType[] = [
  {
    type: TYPE_SOA,
    key: 'soa',
    fields: [
      word('mname'),
      word('rname'),
      number('serial'),
      number('refresh'),
      number('retry'),
      number('expire'),
      number('minimum'),
    ],
  },
  { type: TYPE_NS, key: 'ns', fields: HOST },
  { type: TYPE_MX, key: 'mx', fields: [number('preference'), ...HOST] },
  { type: TYPE_A, key: 'a', fields: IP },
  { type: TYPE_AAAA, key: 'aaaa', fields: IP },
  { type: TYPE_CNAME, key: 'cname', fields: [word('alias')] },
  { type: TYPE_PTR, key: 'ptr', fields: HOST },
  { type: TYPE_TXT, key: 'txt', fields: [text('txt')] },
  {
    type: TYPE_SRV,
    key: 'srv',
    fields: [number('priority'), number('weight'), number('port'), word('target')],
  },
  { type: typeFromText('SPF'), key: 'spf', fields: [text('data')] },
  {
    type: typeFromText('CAA'),
    key: 'caa',
    fields: [number('flags'), word('tag'), text('value')],
  },
  {
    type: TYPE_DS,
    key: 'ds',
    fields: [
      word('key_tag'),
      word('algorithm'),
      word('digest_type'),
      { name: 'digest', form: 'digits' },
    ],
  },
];

/** Members of a record that say nothing new: the owner name of a PTR once more, absolute. */
export const JSON_FULL_NAME = 'fullname';

function word(name: string): JsonField {
  return { name, form: 'word' };
}

function number(name: string): JsonField {
  return { name, form: 'number' };
}

function text(name: string): JsonField {
  return { name, form: 'text' };
}
