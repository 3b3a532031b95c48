import '@testing-library/jest-dom/vitest';
import { cleanup } from '@testing-library/react';
import { afterEach, beforeEach } from 'vitest';
import { useConnection } from '@/stores/connection';
import { usePreferences } from '@/stores/preferences';
import { useSession } from '@/stores/session';

// jsdom has none of these.
HTMLDialogElement.prototype.showModal = function () {
  this.open = true;
};
HTMLDialogElement.prototype.close = function () {
  this.open = false;
};

Blob.prototype.arrayBuffer = function () {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      resolve(reader.result as ArrayBuffer);
    };
    reader.onerror = () => {
      reject(reader.error ?? new Error('It cannot be read'));
    };
    reader.readAsArrayBuffer(this);
  });
};

beforeEach(() => {
  useConnection.setState(useConnection.getInitialState(), true);
  usePreferences.setState({ ...usePreferences.getInitialState(), timeZone: 'utc' }, true);
  useSession.setState(useSession.getInitialState(), true);
});

afterEach(() => {
  cleanup();
  sessionStorage.clear();
  localStorage.clear();
});
