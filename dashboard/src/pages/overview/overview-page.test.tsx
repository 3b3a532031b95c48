import { act, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeApi, ok, refused, type Call } from '@/testing/api';
import { aNotification } from '@/testing/notifications';
import { renderPart } from '@/testing/render';
import { OverviewPage } from './overview-page';

const STATISTICS = {
  total: 1234,
  byStatus: { SENT: 1200, FAILED: 4, RETRYING: 3, QUEUED: 2 },
  byType: {},
  byPriority: {},
  queueDepth: { high_priority: 12_000, notifications: 2, retry: 3, notifications_dlq: 4 },
  averageProcessingTime: 187,
  successRate: 97.2,
};
const MINUTES = { minutes: [], processingTimeMs: { p50: 120, p95: 900, p99: 2500 }, degradationLevel: 3 };
const PROVIDER = {
  name: 'ses',
  type: 'EMAIL',
  weight: 10,
  effectiveWeight: 2.5,
  perSecond: 14,
  breaker: 'open',
  breakerOpenedAt: '2026-11-24T11:59:20.000Z',
  outcomes: { delivered: 60, transient: 40 },
  failureRate: 40,
  averageMs: 210,
  inSandbox: null,
  weightChanges: [{ factor: 0.25, reason: '40 % failing', at: '2026-11-24T11:59:30.000Z' }],
};
const HANDLERS = {
  'GET /api/notifications/stats/system': () => ok(STATISTICS),
  'GET /api/notifications/stats/minutes': () => ok(MINUTES),
  'GET /api/providers': () => ok([PROVIDER]),
  'GET /api/notifications': () => ok({ notifications: [aNotification()], pagination: {} }),
};

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true, now: Date.parse('2026-11-24T12:00:00Z') });
});

afterEach(() => {
  vi.useRealTimers();
});

function setVisibility(state: DocumentVisibilityState): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state);
  act(() => {
    document.dispatchEvent(new Event('visibilitychange'));
  });
}

const asked = (calls: Call[]) => calls.filter((call) => call.path.includes('stats/system')).length;

describe('the overview', () => {
  it('shows the figures against what raises an alarm', async () => {
    fakeApi(HANDLERS);

    renderPart(<OverviewPage />);

    expect(await screen.findByText('1,234')).toBeInTheDocument();
    expect(screen.getByText('97.2 % sent')).toBeInTheDocument();
    expect(await screen.findByText('Level 3 · High')).toBeInTheDocument();
    expect(screen.getByText('2.50 s')).toBeInTheDocument();
    expect(screen.getByText('Above 10,000')).toBeInTheDocument();
    expect(screen.getByText('Alarm above 100')).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'user@example.com' })).toBeInTheDocument();
  });

  it('shows a provider with its breaker, since when it is open, and why its weight has changed', async () => {
    fakeApi(HANDLERS);

    renderPart(<OverviewPage />);

    const card = within(await screen.findByRole('listitem', { name: 'ses' }));
    expect(card.getByText('Open')).toBeInTheDocument();
    expect(card.getByText('40 s ago')).toBeInTheDocument();
    expect(card.getByText('40 %')).toHaveClass('text-bad');
    expect(card.queryByText(/sandbox/)).not.toBeInTheDocument();
    expect(card.getByText(/Weight 2.5 of 10 · at most 14\/s · 40 % failing/)).toBeInTheDocument();
  });

  it('says of a provider that it is in its sandbox', async () => {
    fakeApi({ ...HANDLERS, 'GET /api/providers': () => ok([{ ...PROVIDER, inSandbox: true }]) });

    renderPart(<OverviewPage />);

    expect(await screen.findByText(/sends to verified recipients only/)).toBeInTheDocument();
  });

  it('tells a tenant why it sees no providers, and goes on with the rest', async () => {
    fakeApi({ ...HANDLERS, 'GET /api/providers': () => refused(403, 'FORBIDDEN') });

    renderPart(<OverviewPage />);

    expect(await screen.findByText(/only an operator’s key sees them/)).toBeInTheDocument();
    expect(screen.getByText('1,234')).toBeInTheDocument();
  });

  it('says so when the broker does not answer', async () => {
    fakeApi({
      ...HANDLERS,
      'GET /api/notifications/stats/system': () => ok({ ...STATISTICS, queueDepth: null }),
    });

    renderPart(<OverviewPage />);

    expect(await screen.findByText('The broker does not answer')).toBeInTheDocument();
  });

  it('refreshes every five seconds, and not while the tab is hidden', async () => {
    const calls = fakeApi(HANDLERS);
    renderPart(<OverviewPage />);
    await screen.findByText('1,234');

    await act(() => vi.advanceTimersByTimeAsync(5100));
    expect(asked(calls)).toBe(2);

    setVisibility('hidden');
    await act(() => vi.advanceTimersByTimeAsync(60_000));
    expect(asked(calls)).toBe(2);

    setVisibility('visible');
    await act(() => vi.advanceTimersByTimeAsync(5100));
    expect(asked(calls)).toBeGreaterThan(2);
  });

  it('keeps the last figures when a refresh fails, and waits as long as it is told to', async () => {
    const calls = fakeApi({
      ...HANDLERS,
      'GET /api/notifications/stats/system': (_, nth) =>
        nth === 1 ? ok(STATISTICS) : refused(503, 'OVERLOADED', [], { 'Retry-After': '30' }),
    });
    renderPart(<OverviewPage />);
    await screen.findByText('1,234');

    await act(() => vi.advanceTimersByTimeAsync(25_000));

    expect(asked(calls)).toBe(2);
    expect(screen.getByText('1,234')).toBeInTheDocument();
    expect(screen.getByText('The service is overloaded or a part of it is down')).toBeInTheDocument();
  });

  it('tells a high level by the refusal, since statistics are refused then', async () => {
    fakeApi({
      ...HANDLERS,
      'GET /api/notifications/stats/minutes': (_, nth) =>
        nth === 1 ? ok({ ...MINUTES, degradationLevel: 1 }) : refused(503, 'OVERLOADED'),
    });
    renderPart(<OverviewPage />);
    await screen.findByText('Level 1 · Normal');

    await act(() => vi.advanceTimersByTimeAsync(5100));

    expect(screen.getByText('Level 3 or 4 · Overloaded')).toBeInTheDocument();
    expect(screen.queryByText('Level 1 · Normal')).not.toBeInTheDocument();
  });

  it('keeps an error in its place until there is something to show', async () => {
    let release: (answer: Response) => void = () => undefined;
    fakeApi({
      ...HANDLERS,
      'GET /api/notifications/stats/system': (_, nth) => {
        if (nth === 1) throw new TypeError('fetch failed');
        return new Promise<Response>((resolve) => {
          release = resolve;
        });
      },
    });
    renderPart(<OverviewPage />);
    await screen.findByText('The statistics: no answer from the API');

    await act(() => vi.advanceTimersByTimeAsync(5100));
    expect(screen.getByText('The statistics: no answer from the API')).toBeInTheDocument();

    release(ok(STATISTICS));
    expect(await screen.findByText('1,234')).toBeInTheDocument();
    expect(screen.queryByText('The statistics: no answer from the API')).not.toBeInTheDocument();
  });
});
