import type { components } from './schema';

type Schemas = components['schemas'];

export type Notification = Schemas['NotificationShape'];
export type Attempt = Schemas['AttemptShape'];
export type AuditEntry = Schemas['AuditShape'];
export type NotificationDetail = Schemas['DetailShape'];
export type NotificationPage = Schemas['PageShape'];
export type CreateNotification = Schemas['CreateNotification'];
export type Statistics = Schemas['StatisticsShape'];
export type Minute = Schemas['MinuteShape'];
export type Minutes = Schemas['MinutesShape'];
export type Provider = Schemas['ProviderShape'];
export type DeadLetterGroup = Schemas['DeadLetterGroupShape'];
export type ReplayRequest = Schemas['ReplayDeadLetters'];
export type ReplayAnswer = Schemas['ReplayShape'];
export type ReplayResult = Schemas['ReplayResultShape'];
export type Policy = Schemas['PolicyShape'];
export type FieldError = Schemas['FieldErrorShape'];
export type ErrorEnvelope = Schemas['ErrorEnvelope'];

export type Status = Schemas['Status'];
export type Channel = Schemas['Channel'];
export type Priority = Schemas['Priority'];
export type OnUnknown = Schemas['OnUnknown'];
export type Cause = Schemas['Cause'];
export type Outcome = Schemas['Outcome'];
