import { Paperclip, X } from 'lucide-react';
import { useId, useRef } from 'react';
import { counted, fileSize } from '@/lib/numbers';
import { Button } from '@/ui/button';
import { BYTES_MAX, FILES_MAX, sizeOf, type AttachedFile } from './attachments';
import type { Attachments } from './use-attachments';

interface AttachmentsFieldProps {
  attachments: Attachments;
  /** What the API says about the files of the notification: of each by its id, and of all together. */
  problems: { byId: ReadonlyMap<string, string>; together: string | undefined };
}

/** Files to choose or drop, and what has become of each. */
export function AttachmentsField({ attachments, problems }: AttachmentsFieldProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const { files, leftOut } = attachments;
  const uploaded = files.filter(({ state }) => state === 'uploaded').length;
  const wrong = [...leftOut, ...(problems.together === undefined ? [] : [problems.together])].join('; ');
  return (
    <div className="space-y-1.5">
      <div className="flex items-baseline justify-between gap-4">
        <label htmlFor={id} className="text-sm font-medium">
          Attachments (optional)
        </label>
        {files.length > 0 && (
          <span className="text-xs text-muted tabular-nums">
            {files.length} of {FILES_MAX}, {fileSize(sizeOf(files.map(({ file }) => file)))}
          </span>
        )}
      </div>
      <div className="relative rounded-lg border border-dashed border-control px-3 py-4 text-center text-sm hover:bg-raised has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent">
        <Paperclip aria-hidden className="mr-1.5 inline size-4 text-muted" />
        Choose files, or drop them here
        {/* It covers the whole box, so that the browser itself takes what is dropped there. */}
        <input
          ref={input}
          id={id}
          type="file"
          multiple
          aria-describedby={wrong === '' ? `${id}-hint` : `${id}-hint ${id}-error`}
          onChange={(event) => {
            attachments.add(Array.from(event.target.files ?? []));
            event.target.value = ''; // the same file can be chosen again
          }}
          className="absolute inset-0 size-full cursor-pointer opacity-0"
        />
      </div>
      {wrong !== '' && (
        <p id={`${id}-error`} role="alert" className="text-sm break-words text-bad">
          {wrong}
        </p>
      )}
      <p id={`${id}-hint`} className="text-sm text-muted">
        {FILES_MAX} files at the most, {fileSize(BYTES_MAX)} together.
      </p>
      {files.length > 0 && (
        <ul aria-label="Attachments" className="divide-y divide-line rounded-lg border border-line">
          {files.map((each) => (
            <FileRow
              key={each.key}
              attached={each}
              problem={each.state === 'uploaded' ? problems.byId.get(each.id) : undefined}
              onRepeat={() => {
                attachments.repeat(each.key);
              }}
              onRemove={() => {
                attachments.remove(each.key);
                input.current?.focus(); // its button is gone
              }}
            />
          ))}
        </ul>
      )}
      <p role="status" className="sr-only">
        {files.length > 0 && `${uploaded} of ${counted(files.length, 'file')} uploaded`}
      </p>
    </div>
  );
}

interface FileRowProps {
  attached: AttachedFile;
  problem: string | undefined;
  onRepeat: () => void;
  onRemove: () => void;
}

function FileRow({ attached, problem, onRepeat, onRemove }: FileRowProps) {
  const { name, size } = attached.file;
  const wrong = attached.state === 'failed' ? attached.problem : problem;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-sm">
      <div className="min-w-0 flex-1">
        <p className="break-words">
          {name}{' '}
          <span className="text-xs whitespace-nowrap text-muted">
            {fileSize(size)}
            {attached.state === 'uploaded' && ', uploaded'}
          </span>
        </p>
        {attached.state === 'uploading' && (
          <progress aria-label={`Upload of ${name}`} max={1} value={attached.sent} className="meter mt-1.5" />
        )}
      </div>
      <Button variant="quiet" aria-label={`Remove ${name}`} className="px-2.5" onClick={onRemove}>
        <X aria-hidden className="size-4" />
      </Button>
      {wrong !== undefined && (
        <div className="flex basis-full items-center justify-between gap-3">
          <p role="alert" className="min-w-0 break-words text-bad">
            {wrong}
          </p>
          {attached.state === 'failed' && attached.canRepeat && (
            <Button
              variant="quiet"
              aria-label={`Try again with ${name}`}
              className="shrink-0"
              onClick={onRepeat}
            >
              Try again
            </Button>
          )}
        </div>
      )}
    </li>
  );
}
