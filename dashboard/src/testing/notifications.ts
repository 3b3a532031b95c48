import type { Notification } from '@/api/types';

export const ID = '507f1f77bcf86cd799439011';

export function aNotification(changes: Partial<Notification> = {}): Notification {
  return {
    _id: ID,
    type: 'EMAIL',
    recipient: 'user@example.com',
    subject: 'Your statement',
    message: 'It is ready.',
    status: 'SENT',
    priority: 'HIGH',
    retryCount: 0,
    maxRetries: 3,
    onUnknown: 'resend',
    createdAt: '2026-01-31T09:30:00.000Z',
    updatedAt: '2026-01-31T09:30:01.000Z',
    ...changes,
  };
}
