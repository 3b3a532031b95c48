/** An event as the feed has it; a webhook has no cursor. */
export function eventBody(number: number) {
  return {
    id: `evt_${number}`,
    type: 'notification.sent',
    timestamp: '2026-01-31T09:30:00.000Z',
    data: {
      notificationId: String(number).padStart(24, '0'),
      channel: 'EMAIL',
      status: 'SENT',
      sequence: 4,
      cause: null,
      provider: 'ses',
      template: null,
    },
    cursor: String(number + 1),
  };
}
