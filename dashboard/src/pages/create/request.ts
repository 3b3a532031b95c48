import type { CreateNotification } from '@/api/types';
import { fromLocalInput } from '@/lib/local-moment';
import type { FormOutput } from './rules';

/** The request that a valid form stands for; what was left empty is left out. */
export function requestOf(form: FormOutput): CreateNotification {
  return {
    type: form.type,
    recipient: form.recipient,
    message: form.message,
    priority: form.priority,
    maxRetries: form.maxRetries,
    ...(form.subject.trim() !== '' && { subject: form.subject }),
    ...(form.scheduledAt !== '' && { scheduledAt: fromLocalInput(form.scheduledAt) }),
    ...(form.expiresAt !== '' && { expiresAt: fromLocalInput(form.expiresAt) }),
    ...(form.onUnknown !== '' && { onUnknown: form.onUnknown }),
    ...(form.metadata !== null && { metadata: form.metadata }),
  };
}
