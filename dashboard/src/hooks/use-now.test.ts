import { act, renderHook } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { useNow } from './use-now';

afterEach(() => {
  vi.useRealTimers();
});

it('moves every second, and not while the tab is hidden', () => {
  vi.useFakeTimers({ now: 1_000_000 });
  const { result, unmount } = renderHook(() => useNow());

  act(() => {
    vi.advanceTimersByTime(2000);
  });
  expect(result.current).toBe(1_002_000);

  const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  act(() => {
    vi.advanceTimersByTime(5000);
  });
  expect(result.current).toBe(1_002_000);

  visibility.mockReturnValue('visible');
  act(() => {
    document.dispatchEvent(new Event('visibilitychange'));
  });
  expect(result.current).toBe(1_007_000);
  unmount();
  expect(vi.getTimerCount()).toBe(0);
});
