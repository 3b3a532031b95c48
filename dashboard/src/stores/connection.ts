import { create } from 'zustand';

interface Connection {
  /** When the last good answer came, in milliseconds since 1970. */
  lastAnswerAt: number | null;
  /** Since when there has been no answer at all; null while the API can be reached. */
  lostAt: number | null;
  answered: () => void;
  reached: () => void;
  lost: () => void;
}

export const useConnection = create<Connection>((set) => ({
  lastAnswerAt: null,
  lostAt: null,
  answered: () => {
    set({ lastAnswerAt: Date.now(), lostAt: null });
  },
  reached: () => {
    set({ lostAt: null });
  },
  lost: () => {
    set((connection) => ({ lostAt: connection.lostAt ?? Date.now() }));
  },
}));
