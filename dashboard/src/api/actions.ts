import { useConnection } from '@/stores/connection';
import { answerOf, api, reach } from './client';
import { UnreachableError } from './errors';
import type {
  ChangeEndpoint,
  CreateEndpoint,
  CreateNotification,
  CreateTemplate,
  CreateVersion,
  Endpoint,
  Notification,
  Policy,
  Preferences,
  PutCategory,
  PutSender,
  RecoverEndpoint,
  Recovery,
  ReplayAnswer,
  ReplayRequest,
  Sender,
  SendTest,
  SetPolicy,
  Template,
  TemplateVersion,
} from './types';

const idempotent = (key: string) => ({ header: { 'idempotency-key': key } });
const ofOne = (id: string) => ({ path: { notification_id: id } });

/** Creates a notification; asked again with the same key, the API gives the first answer again. */
export async function createNotification(body: CreateNotification, key: string): Promise<Notification> {
  return (await answerOf(api.POST('/api/notifications', { body, params: idempotent(key) }))).data;
}

export async function cancelNotification(id: string): Promise<Notification> {
  return (await answerOf(api.POST('/api/notifications/{notification_id}/cancel', { params: ofOne(id) })))
    .data;
}

export async function retryNotification(id: string): Promise<Notification> {
  return (await answerOf(api.POST('/api/notifications/{notification_id}/retry', { params: ofOne(id) }))).data;
}

/** Replays dead letters, or says what a replay would do. The same key replays none of them a second time. */
export async function replayDeadLetters(body: ReplayRequest, key: string): Promise<ReplayAnswer> {
  return (await answerOf(api.POST('/api/dlq/replay', { body, params: idempotent(key) }))).data;
}

export async function setPolicy(body: SetPolicy): Promise<Policy> {
  return (await answerOf(api.PUT('/api/policy', { body }))).data;
}

const ofTemplate = (id: string) => ({ path: { template_id: id } });

export async function createTemplate(body: CreateTemplate): Promise<Template> {
  return (await answerOf(api.POST('/api/templates', { body }))).data;
}

export async function createVersion(id: string, body: CreateVersion): Promise<TemplateVersion> {
  return (await answerOf(api.POST('/api/templates/{template_id}/versions', { params: ofTemplate(id), body })))
    .data;
}

export async function publishVersion(id: string, number: number): Promise<Template> {
  return (
    await answerOf(
      api.POST('/api/templates/{template_id}/versions/{number}/publish', {
        params: { path: { template_id: id, number } },
      }),
    )
  ).data;
}

/** Makes one notification of a version, and returns it. */
export async function sendTest(id: string, body: SendTest): Promise<Notification> {
  return (
    await answerOf(api.POST('/api/templates/{template_id}/test-send', { params: ofTemplate(id), body }))
  ).data;
}

export async function rollBackTemplate(id: string): Promise<Template> {
  return (await answerOf(api.POST('/api/templates/{template_id}/rollback', { params: ofTemplate(id) }))).data;
}

export async function archiveTemplate(id: string): Promise<Template> {
  return (await answerOf(api.DELETE('/api/templates/{template_id}', { params: ofTemplate(id) }))).data;
}

const ofSender = (id: string) => ({ path: { sender_id: id } });

/** Makes a sender, or puts this one in place of the one with its id. */
export async function putSender(id: string, body: PutSender): Promise<Sender> {
  return (await answerOf(api.PUT('/api/senders/{sender_id}', { params: ofSender(id), body }))).data;
}

export async function removeSender(id: string): Promise<void> {
  await answerOf(api.DELETE('/api/senders/{sender_id}', { params: ofSender(id) }));
}

const ofCategory = (id: string) => ({ path: { category_id: id } });

/** Makes a category, or puts this one in place of the one with its id. */
export async function putCategory(id: string, body: PutCategory): Promise<void> {
  await answerOf(api.PUT('/api/categories/{category_id}', { params: ofCategory(id), body }));
}

export async function removeCategory(id: string): Promise<void> {
  await answerOf(api.DELETE('/api/categories/{category_id}', { params: ofCategory(id) }));
}

/** Lets a recipient leave a category, or get it again. */
export async function choosePreference(
  { type, recipient }: Preferences,
  category: string,
  subscribed: boolean,
): Promise<void> {
  await answerOf(
    api.PUT('/api/preferences', { body: { type, recipient, categories: { [category]: subscribed } } }),
  );
}

const ofEndpoint = (id: string) => ({ path: { endpoint_id: id } });

/** Makes an endpoint, and returns it with the secret that no other answer has. */
export async function createEndpoint(body: CreateEndpoint): Promise<Endpoint> {
  return (await answerOf(api.POST('/api/webhooks', { body }))).data;
}

export async function changeEndpoint(id: string, body: ChangeEndpoint): Promise<Endpoint> {
  return (await answerOf(api.PATCH('/api/webhooks/{endpoint_id}', { params: ofEndpoint(id), body }))).data;
}

export async function removeEndpoint(id: string): Promise<void> {
  await answerOf(api.DELETE('/api/webhooks/{endpoint_id}', { params: ofEndpoint(id) }));
}

/** Gives an endpoint a new secret, and returns it with that. */
export async function rotateSecret(id: string): Promise<Endpoint> {
  return (await answerOf(api.POST('/api/webhooks/{endpoint_id}/rotate', { params: ofEndpoint(id) }))).data;
}

/** Sends a test to an endpoint, and returns the id of its event. */
export async function testEndpoint(id: string): Promise<string> {
  return (await answerOf(api.POST('/api/webhooks/{endpoint_id}/test', { params: ofEndpoint(id) }))).data
    .eventId;
}

/** Begins to deliver what failed or was missed, or counts it only. */
export async function recoverEndpoint(id: string, body: RecoverEndpoint): Promise<Recovery> {
  return (await answerOf(api.POST('/api/webhooks/{endpoint_id}/recover', { params: ofEndpoint(id), body })))
    .data;
}

export async function retryDelivery(id: string, eventId: string): Promise<void> {
  await answerOf(
    api.POST('/api/webhooks/{endpoint_id}/deliveries/{event_id}/retry', {
      params: { path: { endpoint_id: id, event_id: eventId } },
    }),
  );
}

/** Asks whether the API answers, well or not, and lets the connection store know. Throws `UnreachableError`. */
export async function checkConnection(): Promise<void> {
  const { data, error } = await reach(api.GET('/api/health'));
  // 503 has the same body as 200: a dependency is down, but the API is there to say so.
  if (data === undefined && !('services' in (error as object))) throw new UnreachableError(error);
  useConnection.getState().reached();
}
