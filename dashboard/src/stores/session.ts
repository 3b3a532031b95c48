import { create } from 'zustand';

const STORAGE_KEY = 'wavecom.apiKey';

interface Session {
  /** The API key, kept in this tab's session storage and nowhere else. */
  apiKey: string | null;
  /** The API answered 401: to no key, or to this one. */
  refused: 'missing' | 'invalid' | null;
  setApiKey: (apiKey: string) => void;
  forgetApiKey: () => void;
  refuse: () => void;
}

function stored(): string | null {
  try {
    return sessionStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}

export const useSession = create<Session>((set) => ({
  apiKey: stored(),
  refused: null,
  setApiKey: (apiKey) => {
    try {
      sessionStorage.setItem(STORAGE_KEY, apiKey);
    } catch {
      // Without storage the key lasts until the page is left.
    }
    set({ apiKey, refused: null });
  },
  forgetApiKey: () => {
    try {
      sessionStorage.removeItem(STORAGE_KEY);
    } catch {
      // Nothing was stored either.
    }
    set({ apiKey: null, refused: null });
  },
  refuse: () => {
    set((session) => ({ refused: session.apiKey === null ? 'missing' : 'invalid' }));
  },
}));
