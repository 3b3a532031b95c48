import { act, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { useConnection } from '@/stores/connection';
import { fakeApi } from '@/testing/api';
import { renderPart } from '@/testing/render';
import { ConnectionBanner } from './connection-banner';

const HEALTHY = { status: 'healthy', timestamp: '', services: {}, uptime: 1 };

afterEach(() => {
  vi.useRealTimers();
});

it('comes with the outage, says how old the figures are, and goes with the first answer', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true, now: Date.parse('2026-11-24T10:31:58Z') });
  let up = false;
  fakeApi({
    'GET /api/health': () => {
      if (!up) throw new TypeError('fetch failed');
      return Response.json(HEALTHY);
    },
  });
  renderPart(<ConnectionBanner />);
  useConnection.getState().answered();
  expect(screen.getByRole('alert')).toBeEmptyDOMElement();

  vi.setSystemTime(Date.parse('2026-11-24T10:32:05Z'));
  act(() => {
    useConnection.getState().lost();
  });
  expect(await screen.findByText('The API cannot be reached since 10:32:05')).toBeInTheDocument();
  expect(screen.getByText(/The data shown is from 10:31:58/)).toBeInTheDocument();

  await act(() => vi.advanceTimersByTimeAsync(7000));
  expect(screen.getByText(/since 10:32:05/)).toBeInTheDocument();

  up = true;
  await act(() => vi.advanceTimersByTimeAsync(4000));
  expect(screen.getByRole('alert')).toBeEmptyDOMElement();
});
