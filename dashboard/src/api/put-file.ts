import { answerOf, api } from './client';
import type { Attachment } from './types';

const TIMEOUT_MS = 15 * 60_000;
/** The header by which the local server lets bytes in; Amazon S3 has none of this name. */
const LOCAL_TOKEN = 'WaveCom-Upload-Token';

/** The media type of a file, by its ending; the API says which of them it takes. */
const TYPES: Record<string, string> = {
  pdf: 'application/pdf',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  ics: 'text/calendar',
  csv: 'text/csv',
  txt: 'text/plain',
  json: 'application/json',
  xml: 'application/xml',
  zip: 'application/zip',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

/** The bytes of a file could not be put. The message is for people. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
}

type Bytes = Uint8Array<ArrayBuffer>;

interface PutFileOptions {
  /** Called with the share that is sent, from 0 to 1. */
  onProgress: (sent: number) => void;
  signal: AbortSignal;
}

/**
 * Announces a file and puts its bytes where the API says; returns the id of the attachment. Throws `ApiError`,
 * `UnreachableError`, `UploadError`, and an `AbortError` once the signal says so.
 */
export async function putFile(file: File, { onProgress, signal }: PutFileOptions): Promise<string> {
  const octets = await bytesOf(file);
  const body = {
    filename: file.name,
    contentType: typeOf(file),
    size: octets.byteLength,
    sha256: await sha256Of(octets),
  };
  const { id, upload } = (await answerOf(api.POST('/api/attachments', { body, signal }))).data;
  if (upload === undefined) throw new UploadError('The API did not say where it goes');
  await put(octets, upload, { onProgress, signal });
  return id;
}

async function bytesOf(file: File): Promise<Bytes> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw new UploadError('It cannot be read any more; choose it again', { cause: error });
  }
}

function typeOf({ name, type }: File): string {
  const ending = name.split('.').at(-1)?.toLowerCase() ?? '';
  return TYPES[ending] ?? (type || 'application/octet-stream');
}

/** SHA-256 in hex. Browsers offer it in secure contexts only (W3C, Web Cryptography Level 2, section 10). */
async function sha256Of(octets: Bytes): Promise<string> {
  const { subtle } = crypto as { subtle?: SubtleCrypto };
  if (subtle === undefined) throw new UploadError('Files can be attached over HTTPS or on localhost only');
  const digest = new Uint8Array(await subtle.digest('SHA-256', octets));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Unlike `fetch`, XMLHttpRequest says how much of a body is sent. */
function put(
  octets: Bytes,
  { method, url, headers }: NonNullable<Attachment['upload']>,
  { onProgress, signal }: PutFileOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, LOCAL_TOKEN in headers ? atThisOrigin(url) : url);
    request.timeout = TIMEOUT_MS;
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => {
      onProgress(total === 0 ? 0 : loaded / total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new UploadError(`The storage refused it (${request.status})`));
    };
    request.onerror = request.ontimeout = () => {
      reject(new UploadError('No answer from the storage'));
    };
    request.onabort = () => {
      reject(new DOMException('The upload was stopped', 'AbortError'));
    };
    signal.addEventListener('abort', () => {
      request.abort();
    });
    if (signal.aborted) reject(new DOMException('The upload was stopped', 'AbortError'));
    else request.send(octets);
  });
}

/** The local server takes bytes under any of its names, and the page may send to its own only. */
function atThisOrigin(url: string): string {
  return window.location.origin + new URL(url).pathname;
}
