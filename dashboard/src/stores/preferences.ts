import { create } from 'zustand';

export const THEMES = ['light', 'dark', 'system'] as const;
export type Theme = (typeof THEMES)[number];
export const TIME_ZONES = ['local', 'utc'] as const;
export type TimeZone = (typeof TIME_ZONES)[number];

const THEME_KEY = 'wavecom.theme'; // public/theme.js reads it too
const TIME_ZONE_KEY = 'wavecom.timeZone';

interface Preferences {
  theme: Theme;
  timeZone: TimeZone;
  setTheme: (theme: Theme) => void;
  setTimeZone: (timeZone: TimeZone) => void;
}

function stored<T extends string>(key: string, known: readonly T[], otherwise: T): T {
  try {
    const value = localStorage.getItem(key);
    return known.find((each) => each === value) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Without storage the choice lasts until the page is left.
  }
}

export const usePreferences = create<Preferences>((set) => ({
  theme: stored(THEME_KEY, THEMES, 'system'),
  timeZone: stored(TIME_ZONE_KEY, TIME_ZONES, 'local'),
  setTheme: (theme) => {
    store(THEME_KEY, theme);
    set({ theme });
  },
  setTimeZone: (timeZone) => {
    store(TIME_ZONE_KEY, timeZone);
    set({ timeZone });
  },
}));
