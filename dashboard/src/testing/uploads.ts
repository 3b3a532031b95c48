import { vi } from 'vitest';
import { act } from '@testing-library/react';

/** A request of XMLHttpRequest that waits for its test to answer it. */
export class FakeUpload {
  method = '';
  url = '';
  status = 0;
  timeout = 0;
  body: unknown = null;
  isAborted = false;
  readonly headers: Record<string, string> = {};
  readonly upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;

  open(method: string, url: string) {
    this.method = method;
    this.url = url;
  }

  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }

  send(body: unknown) {
    this.body = body;
  }

  abort() {
    this.isAborted = true;
    this.onabort?.();
  }

  async progress(loaded: number, total: number) {
    await act(async () => {
      await Promise.resolve();
      this.upload.onprogress?.({ loaded, total });
    });
  }

  async answer(status: number) {
    await act(async () => {
      await Promise.resolve();
      this.status = status;
      this.onload?.();
    });
  }

  async fail() {
    await act(async () => {
      await Promise.resolve();
      this.onerror?.();
    });
  }
}

/** Stands in for the storage: keeps the uploads that were sent, in their order. */
export function fakeStorage(): FakeUpload[] {
  const uploads: FakeUpload[] = [];
  vi.stubGlobal(
    'XMLHttpRequest',
    class extends FakeUpload {
      override send(body: unknown) {
        super.send(body);
        uploads.push(this);
      }
    },
  );
  return uploads;
}
