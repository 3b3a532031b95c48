import type { Delivery, Endpoint } from '@/api/types';

export const ENDPOINT_ID = 'ep_507f1f77bcf86cd799439011';
export const EVENT_ID = 'evt_507f1f77bcf86cd799439011_2';

export function anEndpoint(changes: Partial<Endpoint> = {}): Endpoint {
  return {
    id: ENDPOINT_ID,
    url: 'https://api.bank.example/wavecom',
    types: ['notification.sent', 'notification.failed'],
    description: 'The ledger of payments',
    headers: [],
    metadata: false,
    enabled: true,
    disabledReason: null,
    failingSince: null,
    oldSecretUntil: null,
    recovering: false,
    createdAt: '2026-01-31T09:30:00.000Z',
    updatedAt: '2026-01-31T09:30:00.000Z',
    ...changes,
  };
}

export function aDelivery(changes: Partial<Delivery> = {}): Delivery {
  return {
    eventId: EVENT_ID,
    eventType: 'notification.sent',
    status: 'succeeded',
    attemptCount: 1,
    attempts: [{ at: '2026-01-31T09:30:01.000Z', durationMs: 84, status: 204, answer: '', error: null }],
    createdAt: '2026-01-31T09:30:00.000Z',
    nextAttemptAt: null,
    ...changes,
  };
}
