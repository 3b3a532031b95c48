import { act, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { MemoryRouter } from 'react-router';
import { expect, it } from 'vitest';
import { useAddress } from './use-address';

const at = (address: string) =>
  function Router({ children }: { children: ReactNode }) {
    return <MemoryRouter initialEntries={[address]}>{children}</MemoryRouter>;
  };

const setting = (name: string, value: string) => (before: URLSearchParams) => {
  const after = new URLSearchParams(before);
  after.set(name, value);
  return after;
};

it('keeps both of two changes made before the page is rendered again', () => {
  const { result } = renderHook(() => useAddress(), { wrapper: at('/notifications?limit=50') });

  act(() => {
    const [, change] = result.current;
    change(setting('status', 'FAILED'));
    change(setting('period', '1h'));
  });

  expect(result.current[0].toString()).toBe('limit=50&status=FAILED&period=1h');
});

it('builds on the address once it has been rendered', () => {
  const { result } = renderHook(() => useAddress(), { wrapper: at('/notifications') });

  act(() => {
    result.current[1](setting('status', 'FAILED'));
  });
  act(() => {
    result.current[1](() => new URLSearchParams());
  });
  act(() => {
    result.current[1](setting('type', 'SMS'));
  });

  expect(result.current[0].toString()).toBe('type=SMS');
});
