import { screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { fakeApi, ok } from '@/testing/api';
import { renderPart } from '@/testing/render';
import { OverviewPage } from './overview-page';

vi.mock('./throughput-chart', () => {
  throw new TypeError('Failed to fetch dynamically imported module');
});

it('says that the chart could not be loaded, and shows everything else', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined); // React tells of what a boundary caught
  fakeApi({
    'GET /api/notifications/stats/minutes': () =>
      ok({ minutes: [], processingTimeMs: { p50: 1, p95: 2, p99: 3 }, degradationLevel: 0 }),
  });

  renderPart(<OverviewPage />);

  expect(await screen.findByText('The chart could not be loaded')).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Reload' })).toBeInTheDocument();
  expect(screen.getByText('As a table')).toBeInTheDocument();
  expect(screen.queryByText('The page could not be shown')).not.toBeInTheDocument();
});
