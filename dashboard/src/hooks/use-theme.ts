import { useEffect, useSyncExternalStore } from 'react';
import { usePreferences } from '@/stores/preferences';

const DARK = '(prefers-color-scheme: dark)';

function subscribe(onChange: () => void): () => void {
  const query = window.matchMedia(DARK);
  query.addEventListener('change', onChange);
  return () => {
    query.removeEventListener('change', onChange);
  };
}

/** Sets the document's theme to the chosen one, or to the system's if "system" is chosen. */
export function useTheme(): void {
  const theme = usePreferences((preferences) => preferences.theme);
  const systemIsDark = useSyncExternalStore(subscribe, () => window.matchMedia(DARK).matches);
  const dark = theme === 'dark' || (theme === 'system' && systemIsDark);
  useEffect(() => {
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  }, [dark]);
}
