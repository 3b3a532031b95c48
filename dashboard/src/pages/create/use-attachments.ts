import { useEffect, useRef, useState } from 'react';
import { putFile } from '@/api/put-file';
import { canRepeat, chosen, problemOfUpload, type AttachedFile } from './attachments';

export interface Attachments {
  files: readonly AttachedFile[];
  /** The files of the last choice that do not fit, each with the reason. */
  leftOut: readonly string[];
  add: (files: readonly File[]) => void;
  repeat: (key: number) => void;
  remove: (key: number) => void;
  clear: () => void;
}

/** The files of the form. Each is uploaded once it is chosen; what is removed, or left with the page, is stopped. */
export function useAttachments(): Attachments {
  const [files, setFiles] = useState<readonly AttachedFile[]>([]);
  const [leftOut, setLeftOut] = useState<readonly string[]>([]);
  const underWay = useRef(new Map<number, AbortController>());
  const next = useRef(0);
  useEffect(() => {
    const uploads = underWay.current;
    return () => {
      for (const upload of uploads.values()) upload.abort();
    };
  }, []);

  function put(key: number, file: File) {
    const upload = new AbortController();
    underWay.current.set(key, upload);
    const become = (now: AttachedFile) => {
      setFiles((all) => all.map((each) => (each.key === key ? now : each)));
    };
    putFile(file, {
      signal: upload.signal,
      onProgress: (sent) => {
        become({ key, file, state: 'uploading', sent });
      },
    }).then(
      (id) => {
        become({ key, file, state: 'uploaded', id });
      },
      (error: unknown) => {
        become({ key, file, state: 'failed', problem: problemOfUpload(error), canRepeat: canRepeat(error) });
      },
    );
  }

  return {
    files,
    leftOut,
    add: (more) => {
      const { taken, leftOut: others } = chosen(
        files.map(({ file }) => file),
        more,
      );
      setLeftOut(others);
      const added = taken.map((file): AttachedFile => {
        return { key: next.current++, file, state: 'uploading', sent: 0 };
      });
      setFiles((all) => [...all, ...added]);
      for (const { key, file } of added) put(key, file);
    },
    repeat: (key) => {
      const file = files.find((each) => each.key === key)?.file;
      if (file === undefined) return;
      setFiles((all) =>
        all.map((each) => (each.key === key ? { key, file, state: 'uploading', sent: 0 } : each)),
      );
      put(key, file);
    },
    remove: (key) => {
      underWay.current.get(key)?.abort();
      setLeftOut([]);
      setFiles((all) => all.filter((each) => each.key !== key));
    },
    clear: () => {
      for (const upload of underWay.current.values()) upload.abort();
      setLeftOut([]);
      setFiles([]);
    },
  };
}
