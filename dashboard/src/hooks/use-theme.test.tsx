import { act, renderHook } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { usePreferences } from '@/stores/preferences';
import { useTheme } from './use-theme';

function systemTheme(dark: boolean) {
  let listener: (() => void) | undefined;
  const query = {
    matches: dark,
    addEventListener: (_: string, added: () => void) => {
      listener = added;
    },
    removeEventListener: () => {
      listener = undefined;
    },
  };
  vi.stubGlobal('matchMedia', () => query);
  return (changed: boolean) => {
    query.matches = changed;
    act(() => listener?.());
  };
}

const shown = () => document.documentElement.dataset.theme;

it('follows the system, and a choice more than the system', () => {
  const change = systemTheme(true);
  renderHook(() => {
    useTheme();
  });
  expect(shown()).toBe('dark');

  change(false);
  expect(shown()).toBe('light');

  act(() => {
    usePreferences.getState().setTheme('dark');
  });
  expect(shown()).toBe('dark');
  expect(localStorage.getItem('wavecom.theme')).toBe('dark');
});
