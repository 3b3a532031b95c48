import { ApiError, UnreachableError } from '@/api/errors';
import { UploadError } from '@/api/put-file';

/** The most files of a notification, and the most bytes of all together, as the API has them. */
export const FILES_MAX = 10;
export const BYTES_MAX = 10 * 1024 * 1024;

/** A file of the form. Its id is that of the attachment, once its bytes are put. */
export type AttachedFile = { key: number; file: File } & (
  | { state: 'uploading'; sent: number }
  | { state: 'uploaded'; id: string }
  | { state: 'failed'; problem: string; canRepeat: boolean }
);

export const sizeOf = (files: readonly { size: number }[]): number =>
  files.reduce((sum, { size }) => sum + size, 0);

/** The chosen files that still fit beside those that are there, and why the others do not. */
export function chosen(there: readonly File[], more: readonly File[]) {
  const taken: File[] = [];
  const leftOut: string[] = [];
  for (const file of more) {
    const all = [...there, ...taken, file];
    if (file.size === 0) leftOut.push(`${file.name} is empty`);
    else if (all.length > FILES_MAX)
      leftOut.push(`${file.name} is one too many: ${FILES_MAX} files are the most`);
    else if (sizeOf(all) > BYTES_MAX) leftOut.push(`${file.name} is too large: 10 MB together are the most`);
    else taken.push(file);
  }
  return { taken, leftOut };
}

const NAMES: Record<string, string> = { filename: 'Its name', contentType: 'Its type', size: 'Its size' };

/** Whether a file may be taken at another try; what the API refuses, it refuses again. */
export const canRepeat = (error: unknown): boolean => !(error instanceof ApiError && error.status === 422);

/** Why a file could not be uploaded, as a sentence. */
export function problemOfUpload(error: unknown): string {
  if (error instanceof ApiError) {
    const details = error.details.map(({ field, message }) => `${NAMES[field] ?? field} ${message}`);
    return details.join('; ') || error.message;
  }
  if (error instanceof UnreachableError) return 'No answer from the API';
  return error instanceof UploadError ? error.message : 'Error in the page';
}

/** Why the form cannot be sent yet because of its files; null if it can. */
export function reasonToWait(files: readonly AttachedFile[]): string | null {
  if (files.some(({ state }) => state === 'uploading')) return 'Files are being uploaded.';
  if (files.some(({ state }) => state === 'failed'))
    return 'Remove the files that were not uploaded, or try them again.';
  return null;
}

export const idsOf = (files: readonly AttachedFile[]): string[] =>
  files.flatMap((each) => (each.state === 'uploaded' ? [each.id] : []));

const FIELD = /^attachments(?:\[(\d+)\])?$/;

/** What the API says about the attachments of a notification: of each by its id, and of all together. */
export function problemsOfAttachments(error: unknown, ids: readonly string[]) {
  const byId = new Map<string, string>();
  const together: string[] = [];
  for (const { field, message } of error instanceof ApiError ? error.details : []) {
    const found = FIELD.exec(field);
    const id = found?.[1] === undefined ? undefined : ids[Number(found[1])];
    if (id !== undefined) byId.set(id, message);
    else if (found !== null) together.push(message);
  }
  return { byId, together: together.join('; ') || undefined };
}
