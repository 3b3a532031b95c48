/** The types of requests and answers that people use, by name; all others are in `components` of `schema.ts`. */

import type { components } from './schema.js';

type Schemas = components['schemas'];

export type AddSuppression = Schemas['AddSuppression'];
export type Attachment = Schemas['Attachment'];
export type BatchResult = Schemas['BatchResult'];
export type Category = Schemas['Category'];
export type Cause = Schemas['Cause'];
export type ChangeEndpoint = Schemas['ChangeEndpoint'];
export type Channel = Schemas['Channel'];
export type ChoosePreferences = Schemas['ChoosePreferences'];
export type CreateEndpoint = Schemas['CreateEndpoint'];
export type CreateNotification = Schemas['CreateNotification'];
export type CreateTemplate = Schemas['CreateTemplate'];
export type CreateVersion = Schemas['CreateVersion'];
export type DeadLetterGroups = Schemas['DeadLetterGroups'];
export type DeliveryStatus = Schemas['DeliveryStatus'];
export type Endpoint = Schemas['Endpoint'];
export type EventType = Schemas['EventType'];
export type FieldError = Schemas['FieldError'];
export type Notification = Schemas['Notification'];
export type NotificationDetail = Schemas['NotificationDetail'];
export type Preferences = Schemas['Preferences'];
export type PreviewTemplate = Schemas['PreviewTemplate'];
export type Priority = Schemas['Priority'];
export type PutCategory = Schemas['PutCategory'];
export type RecentMinutes = Schemas['RecentMinutes'];
export type RecoverEndpoint = Schemas['RecoverEndpoint'];
export type Replay = Schemas['Replay'];
export type ReplayDeadLetters = Schemas['ReplayDeadLetters'];
export type SendTest = Schemas['SendTest'];
export type SentTest = Schemas['SentTest'];
export type ShownWebhookDelivery = Schemas['ShownWebhookDelivery'];
export type StartedRecovery = Schemas['StartedRecovery'];
export type Statistics = Schemas['Statistics'];
export type Status = Schemas['Status'];
export type Suppression = Schemas['Suppression'];
export type Template = Schemas['Template'];
export type TemplatePreview = Schemas['TemplatePreview'];
export type TemplateVersion = Schemas['TemplateVersion'];
export type TemplateVersionSummary = Schemas['TemplateVersionSummary'];
export type VariantResults = Schemas['VariantResults'];
export type WebhookAttempt = Schemas['WebhookAttempt'];
export type WebhookDelivery = Schemas['WebhookDelivery'];
