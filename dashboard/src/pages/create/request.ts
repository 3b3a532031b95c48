import type { CreateNotification } from '@/api/types';
import { fromLocalInput } from '@/lib/local-moment';
import type { Form } from './rules';

/** The request of a valid form, without empty fields; only an email carries attachments. */
export function requestOf(form: Form, attachments: readonly string[]): CreateNotification {
  return {
    type: form.type,
    recipient: form.recipient,
    message: form.message,
    priority: form.priority,
    maxRetries: form.maxRetries,
    ...(form.sender !== '' && { sender: form.sender }),
    ...(form.subject.trim() !== '' && { subject: form.subject }),
    ...(form.type === 'EMAIL' && attachments.length > 0 && { attachments: [...attachments] }),
    ...(form.scheduledAt !== '' && { scheduledAt: fromLocalInput(form.scheduledAt) }),
    ...(form.expiresAt !== '' && { expiresAt: fromLocalInput(form.expiresAt) }),
    ...(form.onUnknown !== '' && { onUnknown: form.onUnknown }),
    ...(form.metadata.trim() !== '' && { metadata: JSON.parse(form.metadata) as Record<string, unknown> }),
  };
}
