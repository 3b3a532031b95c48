import type { ChangeEndpoint, CreateEndpoint, Endpoint, EventType } from '@/api/types';

/** An endpoint while it is written. */
export interface Draft {
  url: string;
  description: string;
  types: EventType[];
  /** A line each, `Name: value`. */
  headers: string;
  /** Whether the headers that it has are taken away. */
  clearHeaders: boolean;
  metadata: boolean;
}

export const EMPTY: Draft = {
  url: '',
  description: '',
  types: [
    'notification.sent',
    'notification.delivered',
    'notification.undelivered',
    'notification.failed',
    'notification.expired',
    'notification.cancelled',
  ],
  headers: '',
  clearHeaders: false,
  metadata: false,
};

export const draftOf = ({ url, description, types, metadata }: Endpoint): Draft => ({
  ...EMPTY,
  url,
  description: description ?? '',
  types,
  metadata,
});

const LINE = /^\s*([^:\s]+)\s*:\s*(.*\S)\s*$/;

const linesOf = (text: string) => text.split('\n').filter((line) => line.trim() !== '');

/** The error of headers; undefined if there is none. The API checks what names and values may be. */
export function problemOfHeaders(text: string): string | undefined {
  const wrong = linesOf(text).find((line) => !LINE.test(line));
  return wrong === undefined ? undefined : `must be lines such as Authorization: Bearer …, unlike “${wrong}”`;
}

function headersOf(text: string): Record<string, string> {
  return Object.fromEntries(
    linesOf(text).flatMap((line) => {
      const [, name, value] = LINE.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The request that makes an endpoint, without what is empty. */
export function creationOf({ url, description, types, headers, metadata }: Draft): CreateEndpoint {
  return {
    url: url.trim(),
    types,
    ...(description.trim() !== '' && { description: description.trim() }),
    ...(headers.trim() !== '' && { headers: headersOf(headers) }),
    metadata,
  };
}

/**
 * The request that changes an endpoint. Its headers stay as they are, unless others are given or they are cleared; an
 * empty description removes the one that it has.
 */
export function changeOf(draft: Draft): ChangeEndpoint {
  return { description: null, ...creationOf(draft), ...(draft.clearHeaders && { headers: {} }) };
}
