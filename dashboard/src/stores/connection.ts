import { create } from 'zustand';

interface Connection {
  /** The time of the last good answer, in milliseconds since 1970. */
  lastAnswerAt: number | null;
  /** The time since which there has been no answer; null while the API can be reached. */
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
